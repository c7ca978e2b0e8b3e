//! Gates: each route states who may pass it where it is registered, and there is no other way to
//! register one.

use crate::authority::{Who, identify};
use crate::port::{Node, Trouble};
use crate::problem::Problem;
use crate::routes::blocking;
use crate::throttle::Throttle;
use axum::Router;
use axum::extract::{RawPathParams, Request, State};
use axum::handler::Handler;
use axum::http::{HeaderMap, Method, Uri};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::{MethodFilter, MethodRouter, on};
use engine::decide::permission::{Permission, require};
use engine::decide::rights::{Object, Rights};
use schema::hash::Hash;
use schema::id::SpaceId;
use schema::name::Name;
use std::sync::Arc;
use std::time::Instant;

/// Who may pass a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// Anybody: it tells nothing of a space, or decides by itself who is told what.
    Anybody,
    /// Whoever has a role in some space of this node.
    Known,
    /// The operator of this node.
    Operator,
    /// The operator of this node, in the space of the path, whether it is open or closed.
    Custodian,
    /// Whoever has this permission for something in the space of the path. What is beyond their
    /// reach the route leaves out, or the engine declines.
    Some(Permission),
    /// Whoever has this permission for all of the space of the path.
    All(Permission),
}

/// A route as it is registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path, with its parameters in braces.
    pub path: &'static str,
    /// Who may pass.
    pub gate: Gate,
}

/// Who passed a gate of a space, and what they may do there: all that a route knows of them.
#[derive(Debug, Clone)]
pub(crate) struct Entered {
    pub(crate) who: Who,
    pub(crate) space: SpaceId,
    pub(crate) name: Name,
    pub(crate) rights: Rights,
}

/// What stands behind a group of routes.
pub(crate) trait Keeper: Clone + Send + Sync + 'static {
    /// The node.
    fn node(&self) -> &Arc<dyn Node>;

    /// The hash of the token behind a request.
    fn token(&self, headers: &HeaderMap) -> Result<Hash, Problem>;

    /// What counts tokens that are not known.
    fn throttle(&self) -> &Throttle;

    /// Says no, to somebody if they are known.
    fn refuse(&self, asked: &Asked, problem: Problem, who: Option<&Who>) -> Response;
}

/// A request as far as a refusal looks at it.
pub(crate) struct Asked {
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
}

type Bind<K> = Box<dyn FnOnce(&K) -> MethodRouter<K>>;

/// Routes, each behind its gate.
pub(crate) struct Gated<K> {
    routes: Vec<(Route, Bind<K>)>,
}

impl<K: Keeper> Gated<K> {
    pub(crate) const fn new() -> Self {
        Self { routes: Vec::new() }
    }

    /// Adds a route behind its gate.
    pub(crate) fn at<H, T>(
        mut self,
        method: Method,
        path: &'static str,
        gate: Gate,
        handler: H,
    ) -> Self
    where
        H: Handler<T, K>,
        T: 'static,
    {
        let filter = MethodFilter::try_from(method.clone()).unwrap_or(MethodFilter::GET);
        let bind = move |keeper: &K| {
            let watch = from_fn_with_state((keeper.clone(), gate), pass::<K>);
            on(filter, handler).route_layer(watch)
        };
        self.routes.push((Route { method, path, gate }, Box::new(bind)));
        self
    }

    /// What was registered.
    pub(crate) fn table(&self) -> Vec<Route> {
        self.routes.iter().map(|(route, _)| route.clone()).collect()
    }

    /// The routes over what stands behind them.
    pub(crate) fn over(self, keeper: &K) -> Router<K> {
        let add = |router: Router<K>, (route, bind): (Route, Bind<K>)| {
            router.route(route.path, bind(keeper))
        };
        self.routes.into_iter().fold(Router::new(), add)
    }
}

/// Every route of a node, with who may pass it.
#[must_use]
pub fn table() -> Vec<Route> {
    let mut all = crate::routes::table();
    all.extend(crate::observability::table());
    all.extend(crate::pages::table());
    all
}

/// Lets a request through to its route, or says why not.
async fn pass<K: Keeper>(
    State((keeper, gate)): State<(K, Gate)>,
    params: RawPathParams,
    mut request: Request,
    next: Next,
) -> Response {
    if gate == Gate::Anybody {
        return next.run(request).await;
    }
    let named = params.iter().find(|(key, _)| *key == "space").map(|(_, name)| name.to_owned());
    let asked = Asked { uri: request.uri().clone(), headers: request.headers().clone() };
    let (inside, headers) = (keeper.clone(), asked.headers.clone());
    let passed = blocking(move || Ok(judge(&inside, gate, named.as_deref(), &headers))).await;
    match passed {
        Ok(Ok((who, entered))) => {
            request.extensions_mut().insert(who);
            if let Some(entered) = entered {
                request.extensions_mut().insert(entered);
            }
            next.run(request).await
        }
        Ok(Err(refused)) => keeper.refuse(&asked, refused.problem, refused.who.as_ref()),
        Err(problem) => keeper.refuse(&asked, problem, None),
    }
}

/// Why a request does not pass, and whose it was, if that is known.
struct Refused {
    problem: Problem,
    who: Option<Who>,
}

/// Who passes, and into which space; or why not, and who it was. Blocks.
fn judge<K: Keeper>(
    keeper: &K,
    gate: Gate,
    named: Option<&str>,
    headers: &HeaderMap,
) -> Result<(Who, Option<Entered>), Box<Refused>> {
    let node = &**keeper.node();
    let nobody = |problem| Box::new(Refused { problem, who: None });
    let token = keeper.token(headers).map_err(nobody)?;
    let who = identify(token, node);
    let who = who.map_err(|why| nobody(keeper.throttle().failed(why, Instant::now())))?;
    let judged = match gate {
        Gate::Anybody => Ok(None),
        Gate::Operator => who.must_operate().map(|()| None),
        Gate::Custodian => who.must_operate().and_then(|()| {
            let (space, name) = find(node, &who, named.unwrap_or_default())?;
            Ok(Some(Entered { who: who.clone(), space, name, rights: Rights::whole() }))
        }),
        Gate::Known => known(node, &who).map(|()| None),
        Gate::Some(permission) => {
            enter(node, &who, named, permission, &Object::SOMETHING).map(Some)
        }
        Gate::All(permission) => enter(node, &who, named, permission, &Object::SPACE).map(Some),
    };
    match judged {
        Ok(entered) => Ok((who, entered)),
        Err(problem) => Err(Box::new(Refused { problem, who: Some(who) })),
    }
}

/// Lets through who has a role in the space in which their token is worth something.
fn known(node: &dyn Node, who: &Who) -> Result<(), Problem> {
    match who.space {
        None => Ok(()),
        Some(space) => may(node, who, &space, Permission::See, &Object::SOMETHING).map(|_| ()),
    }
}

fn enter(
    node: &dyn Node,
    who: &Who,
    named: Option<&str>,
    permission: Permission,
    object: &Object,
) -> Result<Entered, Problem> {
    let (space, name) = find(node, who, named.unwrap_or_default())?;
    let rights = may(node, who, &space, permission, object)?;
    Ok(Entered { who: who.clone(), space, name, rights })
}

/// The space that a path names, by name or id, for somebody who may enter it.
fn find(node: &dyn Node, who: &Who, named: &str) -> Result<(SpaceId, Name), Problem> {
    let spaces = node.spaces();
    let found = spaces.iter().find(|(id, name)| name.as_str() == named || id.to_string() == named);
    let Some((id, name)) = found else {
        let may_enter = spaces.iter().filter(|(id, _)| who.may_enter(id).is_ok());
        let names: Vec<&str> = may_enter.map(|(_, name)| name.as_str()).collect();
        let hint = if names.is_empty() {
            "this node has no spaces yet: `interspace space create NAME`".to_owned()
        } else {
            format!("the spaces of this node are: {}", names.join(", "))
        };
        return Err(Problem::not_found(format!("there is no space {named} here"), &hint));
    };
    who.may_enter(id)?;
    Ok((*id, name.clone()))
}

/// What somebody may do in a space, if that is enough.
pub(crate) fn may(
    node: &dyn Node,
    who: &Who,
    space: &SpaceId,
    permission: Permission,
    object: &Object,
) -> Result<Rights, Problem> {
    // No space is asked about its operator: one that hangs or is closed must not keep them out.
    if who.space.is_none() {
        return Ok(Rights::whole());
    }
    let (sender, receiver) = std::sync::mpsc::sync_channel(1);
    let (who, object) = (who.clone(), object.clone());
    node.look(
        space,
        Box::new(move |engine, now| {
            let (state, actor) = (engine.state(), who.actor());
            let rights = Rights::of(state, &actor, who.token.as_ref(), now.wall_ms);
            let enough = require(state, &rights, &actor, permission, &object);
            let _ = sender.send(enough.map(|()| rights));
        }),
    )?;
    let gone = |_| Problem::from(Trouble::Closed("the node stops".to_owned()));
    Ok(receiver.recv().map_err(gone)??)
}
