//! The live pages of a node: complete without a script, kept up to date with one.

mod assets;
mod board;
mod cell;
mod dashboard;
mod dress;
mod events;
mod freshness;
mod journey;
mod lane;
mod links;
mod mark;
mod moment;
mod page;
mod pipeline;
mod receipt;
mod releases;
mod session;
mod sheet;
pub mod sign_in;
mod spaces;
mod text;
mod way;

use crate::authority::{Who, borne};
use crate::gate::{Asked, Entered, Gate, Gated, Keeper, Route};
use crate::port::Node;
use crate::problem::Problem;
use crate::routes::blocking;
use crate::throttle::Throttle;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Router};
use board::Boards;
use dress::{Above, IntoHtml as _};
use engine::decide::permission::Permission;
use maud::html;
use moment::Clock;
use page::{Page, Viewer, Wanted};
use schema::hash::Hash;
use session::{Found, Sessions};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::{Semaphore, watch};
use tower_http::limit::RequestBodyLimitLayer;

/// Largest body of a form, in bytes.
const FORM_BYTES_MAX: usize = 8 * 1024;

/// Open pages that are told of changes, at the most.
const STREAMS_MAX: usize = 512;

/// What every page has.
#[derive(Clone)]
pub(crate) struct Pages {
    node: Arc<dyn Node>,
    address: SocketAddr,
    sessions: Arc<Sessions>,
    boards: Boards,
    streams: Arc<Semaphore>,
    throttle: Throttle,
    stop: watch::Receiver<bool>,
}

/// The pages, each behind its gate. Who signs in proves who they are on the way.
fn gated() -> Gated<Pages> {
    let (get, post, see) = (Method::GET, Method::POST, Gate::Some(Permission::See));
    Gated::new()
        .at(get.clone(), "/", Gate::Known, spaces::list)
        .at(get.clone(), "/spaces/{space}", see, dashboard)
        .at(get.clone(), "/spaces/{space}/", see, dashboard)
        .at(get.clone(), "/spaces/{space}/journey", see, part)
        .at(get.clone(), "/spaces/{space}/cell", see, part)
        .at(get.clone(), "/spaces/{space}/events", see, events::events)
        .at(get.clone(), "/sign-in", Gate::Anybody, sign_in::form)
        .at(post.clone(), "/sign-in", Gate::Anybody, sign_in::sign_in)
        .at(get.clone(), "/sign-in/{code}", Gate::Anybody, sign_in::follow)
        .at(post.clone(), "/sign-out", Gate::Anybody, sign_in::sign_out)
        .at(post, "/v1/sign-in-links", Gate::Known, sign_in::link)
        .at(get, "/assets/{file}", Gate::Anybody, assets::serve)
}

/// What is registered here.
pub(crate) fn table() -> Vec<Route> {
    gated().table()
}

/// The pages over `node`, which listens on `address` until `stop`.
pub(crate) fn routes(
    node: Arc<dyn Node>,
    address: SocketAddr,
    throttle: Throttle,
    stop: watch::Receiver<bool>,
) -> Router {
    let boards = Boards::new(Arc::clone(&node));
    let streams = Arc::new(Semaphore::new(STREAMS_MAX));
    let pages = Pages { node, address, sessions: Arc::default(), boards, streams, throttle, stop };
    gated()
        .over(&pages)
        .layer(RequestBodyLimitLayer::new(FORM_BYTES_MAX))
        .layer(from_fn(close_off))
        .with_state(pages)
}

impl Keeper for Pages {
    fn node(&self) -> &Arc<dyn Node> {
        &self.node
    }

    /// A browser has a session; the command line asks for a link with its token.
    fn token(&self, headers: &HeaderMap) -> Result<Hash, Problem> {
        if headers.contains_key(header::AUTHORIZATION) {
            return borne(headers);
        }
        session(self, headers).map(|found| found.token)
    }

    fn throttle(&self) -> &Throttle {
        &self.throttle
    }

    fn refuse(&self, asked: &Asked, problem: Problem, who: Option<&Who>) -> Response {
        if asked.headers.contains_key(header::AUTHORIZATION)
            || asked.uri.path() == "/v1/sign-in-links"
        {
            return problem.into_response();
        }
        if problem.status == StatusCode::UNAUTHORIZED.as_u16() {
            let next = asked.uri.path_and_query().map_or("/", |path| path.as_str());
            let next = if next == "/" { "" } else { next };
            let form = sign_in::form_page(next, None);
            return (StatusCode::UNAUTHORIZED, form).into_response_html();
        }
        let above = who.map(|who| Above { who: who.name.to_string(), space: None });
        dress::problem(&problem, above.as_ref())
    }
}

/// An address that leads nowhere, for somebody who reads.
pub(crate) async fn nowhere(request: Request, next: Next) -> Response {
    let reads = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    let reads = reads.is_some_and(|accept| accept.contains("text/html"));
    let response = next.run(request).await;
    if !reads || response.status() != StatusCode::NOT_FOUND || is_html(&response) {
        return response;
    }
    let missing = Problem::not_found("there is no such page here", "begin at the list of spaces");
    let mut response = dress::problem(&missing, None);
    harden(&mut response);
    response
}

fn is_html(response: &Response) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

/// What a browser may do with a page: show it, style it, keep it live, and nothing else.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; \
    connect-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; \
    base-uri 'none'";

async fn close_off(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    harden(&mut response);
    response
}

fn harden(response: &mut Response) {
    let headers = response.headers_mut();
    let mut set = |name: &'static str, value: &'static str| {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    };
    set("content-security-policy", POLICY);
    set("x-content-type-options", "nosniff");
    set("referrer-policy", "no-referrer");
    set("cross-origin-opener-policy", "same-origin");
    set("cross-origin-resource-policy", "same-origin");
    set("permissions-policy", "camera=(), geolocation=(), microphone=()");
    let kept = headers
        .get(header::CACHE_CONTROL)
        .is_some_and(|kept| kept.as_bytes().starts_with(b"public"));
    if !kept {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

impl Pages {
    /// Browsers keep cookies of all ports of a machine together: the port makes the name another.
    fn cookie_name(&self) -> String {
        format!("interspace-{}", self.address.port())
    }
}

/// The session of a request.
fn session(pages: &Pages, headers: &HeaderMap) -> Result<Found, Problem> {
    sign_in::cookie(headers, pages)
        .and_then(|secret| pages.sessions.find(&secret, Instant::now()))
        .ok_or_else(|| Problem::unauthorized("nobody is signed in"))
}

/// `GET /spaces/{space}/`.
async fn dashboard(State(pages): State<Pages>, Extension(entered): Extension<Entered>) -> Response {
    show(pages, entered, Ok(Page::Dashboard)).await
}

/// `GET /spaces/{space}/journey` and `/cell`.
async fn part(
    State(pages): State<Pages>,
    Extension(entered): Extension<Entered>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Response {
    let unclear = |_| Problem::not_found("there is no such page here", "begin at the dashboard");
    let page = wanted.map_err(unclear).and_then(|Query(wanted)| wanted.page());
    show(pages, entered, page).await
}

/// A live page, or a page that says why not.
async fn show(pages: Pages, entered: Entered, page: Result<Page, Problem>) -> Response {
    let space = Some((entered.name.to_string(), entered.space));
    let above = Above { who: entered.who.name.to_string(), space };
    let inside = above.clone();
    match blocking(move || write(&pages, &entered, &inside, page?)).await {
        Ok(written) => (StatusCode::OK, written).into_response_html(),
        Err(problem) => dress::problem(&problem, Some(&above)),
    }
}

/// The page as somebody may see it.
fn write(
    pages: &Pages,
    entered: &Entered,
    above: &Above,
    page: Page,
) -> Result<maud::Markup, Problem> {
    let (id, name) = (entered.space, entered.name.as_str());
    let viewer = Viewer { rights: entered.rights.clone(), actor: entered.who.actor() };
    let clock = |now_ms| Clock { now_ms, counts: true };
    let (title, sheet, clock) = page.write(&*pages.node, &id, &viewer, clock)?;
    let events = format!("{}events?{}", text::space_path(name, &id), page.query());
    let heading = html! { h1 { bdi { (text::visible(&title)) } } };
    let main = dress::live(&heading, &events, &sheet, clock);
    Ok(dress::page(&title, Some(above), &main))
}
