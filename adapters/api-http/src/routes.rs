//! The routes: what is asked becomes commands and looks, what comes back becomes JSON.

mod compare;
mod courier;
mod explanation;
mod export;
mod invitations;
mod keys;
mod people;
mod reading;
mod restraints;
mod secrets;
mod writing;

use crate::authority::{Who, borne};
use crate::gate::{Asked, Gate, Gated, Keeper, Route};
use crate::port::{Node, Trouble};
use crate::problem::Problem;
use crate::throttle::Throttle;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use engine::decide::permission::Permission;
use engine::engine::Engine;
use engine::step::Now;
use schema::hash::Hash;
use schema::id::SpaceId;
use schema::limits::PART_BYTES_MAX;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::watch;
use tower_http::limit::RequestBodyLimitLayer;

/// Largest body of a request that is not a package, in bytes.
const BODY_BYTES_MAX: usize = 2 * 1024 * 1024;

/// What every route has.
#[derive(Clone)]
pub(crate) struct Context {
    node: Arc<dyn Node>,
    address: SocketAddr,
    throttle: Throttle,
}

/// The routes whose bodies are bounded.
fn bounded() -> Gated<Context> {
    use Permission::{Audit, Carry, Configure, People, See, Trust};
    let (get, put, post, delete) = (Method::GET, Method::PUT, Method::POST, Method::DELETE);
    Gated::new()
        .at(get.clone(), "/v1/spaces", Gate::Known, reading::spaces)
        .at(post.clone(), "/v1/spaces", Gate::Operator, writing::found)
        .at(get.clone(), "/v1/spaces/{space}", Gate::Some(See), reading::space)
        .at(get.clone(), "/v1/spaces/{space}/certificate", Gate::All(Audit), reading::certificate)
        .at(get.clone(), "/v1/spaces/{space}/certificate/x509", Gate::Custodian, keys::x509)
        .at(get.clone(), "/v1/spaces/{space}/keys", Gate::Custodian, keys::show)
        .at(post.clone(), "/v1/spaces/{space}/keys", Gate::Custodian, keys::ask)
        .at(post.clone(), "/v1/spaces/{space}/recover", Gate::Custodian, keys::recover)
        .at(
            get.clone(),
            "/v1/spaces/{space}/configuration",
            Gate::All(Configure),
            reading::configuration,
        )
        .at(put.clone(), "/v1/spaces/{space}/configuration", Gate::All(Configure), writing::apply)
        // What each command needs is decided where it is decided.
        .at(post.clone(), "/v1/spaces/{space}/commands", Gate::Some(See), writing::ask)
        .at(get.clone(), "/v1/spaces/{space}/dashboard", Gate::Some(See), reading::dashboard)
        .at(get.clone(), "/v1/spaces/{space}/links", Gate::All(Audit), reading::links)
        .at(post.clone(), "/v1/spaces/{space}/links", Gate::All(Trust), invitations::accept)
        .at(
            get.clone(),
            "/v1/spaces/{space}/invitations",
            Gate::All(Audit),
            invitations::invitations,
        )
        .at(post.clone(), "/v1/spaces/{space}/invitations", Gate::All(Trust), invitations::invite)
        .at(
            delete.clone(),
            "/v1/spaces/{space}/invitations/{invitation}",
            Gate::All(Trust),
            invitations::uninvite,
        )
        .at(get.clone(), "/v1/spaces/{space}/packages", Gate::Some(See), reading::packages)
        .at(get.clone(), "/v1/spaces/{space}/releases", Gate::Some(See), reading::releases)
        .at(get.clone(), "/v1/spaces/{space}/compare", Gate::Some(See), compare::compare_two)
        .at(get.clone(), "/v1/spaces/{space}/explain", Gate::Some(See), explanation::show)
        .at(get.clone(), "/v1/spaces/{space}/freezes", Gate::Some(See), restraints::freezes)
        .at(get.clone(), "/v1/spaces/{space}/policy", Gate::Some(See), restraints::policy)
        .at(get.clone(), "/v1/spaces/{space}/inbox", Gate::Some(See), reading::inbox)
        .at(get.clone(), "/v1/spaces/{space}/deployments", Gate::Some(See), reading::deployments)
        .at(
            get.clone(),
            "/v1/spaces/{space}/deployments/{deployment}/output",
            Gate::Some(See),
            reading::output,
        )
        .at(get.clone(), "/v1/spaces/{space}/journey", Gate::Some(See), reading::journey)
        .at(get.clone(), "/v1/spaces/{space}/audit/verify", Gate::All(Audit), reading::verify)
        .at(get.clone(), "/v1/spaces/{space}/audit/export", Gate::All(Audit), export::archive)
        .at(get.clone(), "/v1/spaces/{space}/audit/trail", Gate::Some(Audit), reading::trail)
        .at(get.clone(), "/v1/spaces/{space}/users", Gate::All(Audit), people::users)
        .at(get.clone(), "/v1/spaces/{space}/courier", Gate::Some(Carry), courier::here)
        .at(get.clone(), "/v1/spaces/{space}/courier/{peer}", Gate::Some(Carry), courier::plan)
        .at(
            get.clone(),
            "/v1/spaces/{space}/courier/{peer}/signals",
            Gate::Some(Carry),
            courier::signals,
        )
        .at(
            get.clone(),
            "/v1/spaces/{space}/courier/{peer}/entries",
            Gate::Some(Carry),
            courier::entries,
        )
        .at(
            get.clone(),
            "/v1/spaces/{space}/courier/{peer}/packages/{object}",
            Gate::Some(Carry),
            courier::pieces,
        )
        .at(put.clone(), "/v1/spaces/{space}/users/{user}", Gate::All(People), people::put)
        .at(delete.clone(), "/v1/spaces/{space}/users/{user}", Gate::All(People), people::remove)
        .at(get.clone(), "/v1/spaces/{space}/secrets", Gate::Some(See), secrets::show)
        .at(put, "/v1/spaces/{space}/secrets/{project}/{name}", Gate::Some(Configure), secrets::set)
        .at(
            delete.clone(),
            "/v1/spaces/{space}/secrets/{project}/{name}",
            Gate::Some(Configure),
            secrets::unset,
        )
        .at(get, "/v1/spaces/{space}/tokens", Gate::Some(See), people::tokens)
        .at(post, "/v1/spaces/{space}/tokens", Gate::Some(See), people::create)
        .at(delete, "/v1/spaces/{space}/tokens/{token}", Gate::Some(See), people::revoke)
}

/// The routes that take packages, of any size.
fn packages() -> Gated<Context> {
    Gated::new().at(
        Method::PUT,
        "/v1/spaces/{space}/packages/{id}/{version}",
        Gate::Some(Permission::Push),
        writing::push,
    )
}

/// The routes that take parts of an export.
fn parts() -> Gated<Context> {
    let carry = Gate::Some(Permission::Carry);
    Gated::new().at(Method::PUT, "/v1/spaces/{space}/courier", carry, courier::import)
}

/// What is registered here.
pub(crate) fn table() -> Vec<Route> {
    let mut all = bounded().table();
    all.extend(packages().table());
    all.extend(parts().table());
    all
}

/// All routes over `node`, which listens on `address` until `stop`.
pub(crate) fn all(node: Arc<dyn Node>, address: SocketAddr, stop: watch::Receiver<bool>) -> Router {
    let throttle = Throttle::default();
    let pages = crate::pages::routes(Arc::clone(&node), address, throttle.clone(), stop);
    let context = Context { node, address, throttle };
    let bounded = bounded().over(&context).layer(RequestBodyLimitLayer::new(BODY_BYTES_MAX));
    let packages = packages().over(&context).layer(DefaultBodyLimit::disable());
    let parts = parts().over(&context).layer(DefaultBodyLimit::max(PART_BYTES_MAX));
    bounded
        .merge(packages)
        .merge(parts)
        .merge(crate::observability::routes(Arc::clone(&context.node)))
        .fallback(|| async {
            Problem::not_found(
                "there is no such address here",
                "see the list of routes in the docs",
            )
        })
        .with_state(context.clone())
        .merge(pages)
        .layer(from_fn(crate::pages::nowhere))
        .layer(from_fn_with_state(context, guard))
}

/// Lets through only requests for this very address: a name that somebody else points at loopback
/// does not reach the interface.
async fn guard(State(context): State<Context>, request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let expected = context.address.to_string();
    let local = format!("localhost:{}", context.address.port());
    if host.is_some_and(|host| host == expected || host == local) {
        next.run(request).await
    } else {
        let title = "the request is for another host";
        Problem::new(StatusCode::MISDIRECTED_REQUEST, "denied", title, "use the node's own address")
            .into_response()
    }
}

type Answer<T> = Result<Json<T>, Problem>;

/// Runs something that blocks on a thread that may.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|failed| {
        tracing::error!(%failed, "a request failed");
        let title = "the request failed inside the node";
        let hint = "the node's output says more; this is a mistake of ours";
        Err(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "failed", title, hint))
    })
}

impl Keeper for Context {
    fn node(&self) -> &Arc<dyn Node> {
        &self.node
    }

    fn token(&self, headers: &HeaderMap) -> Result<Hash, Problem> {
        borne(headers)
    }

    fn throttle(&self) -> &Throttle {
        &self.throttle
    }

    fn refuse(&self, _: &Asked, problem: Problem, _: Option<&Who>) -> Response {
        problem.into_response()
    }
}

impl Context {
    /// What `look` sees between two turns of a space.
    fn look<T: Send + 'static>(
        &self,
        space: &SpaceId,
        look: impl FnOnce(&Engine, Now) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let (sender, receiver) = std::sync::mpsc::sync_channel(1);
        self.node.look(
            space,
            Box::new(move |engine, now| {
                let _ = sender.send(look(engine, now));
            }),
        )?;
        let gone = || Trouble::Closed("the node stops".to_owned()).into();
        receiver.recv().map_err(|_| gone())
    }
}
