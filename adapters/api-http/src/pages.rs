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

use crate::authority::{Who, identify};
use crate::port::Node;
use crate::problem::Problem;
use crate::routes::blocking;
use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::{get, post};
use board::Boards;
use dress::{Above, IntoHtml as _};
use maud::html;
use moment::Clock;
use page::{Page, Wanted};
use schema::id::SpaceId;
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
    stop: watch::Receiver<bool>,
}

/// The pages over `node`, which listens on `address` until `stop`.
pub(crate) fn routes(
    node: Arc<dyn Node>,
    address: SocketAddr,
    stop: watch::Receiver<bool>,
) -> Router {
    let boards = Boards::new(Arc::clone(&node));
    let streams = Arc::new(Semaphore::new(STREAMS_MAX));
    let pages = Pages { node, address, sessions: Arc::default(), boards, streams, stop };
    Router::new()
        .route("/", get(spaces::list))
        .route("/spaces/{space}", get(dashboard))
        .route("/spaces/{space}/", get(dashboard))
        .route("/spaces/{space}/journey", get(part))
        .route("/spaces/{space}/cell", get(part))
        .route("/spaces/{space}/events", get(events::events))
        .route("/sign-in", get(sign_in::form).post(sign_in::sign_in))
        .route("/sign-in/{code}", get(sign_in::follow))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/v1/sign-in-links", post(sign_in::link))
        .route("/assets/{file}", get(assets::serve))
        .layer(RequestBodyLimitLayer::new(FORM_BYTES_MAX))
        .layer(from_fn(close_off))
        .with_state(pages)
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

    /// The space that a path names, for somebody who may enter it.
    fn space(&self, who: &Who, space: &str) -> Result<(SpaceId, String), Problem> {
        let spaces = self.node.spaces();
        let mut named = spaces.into_iter();
        let found = named.find(|(id, name)| name.as_str() == space || id.to_string() == space);
        let missing = || {
            Problem::not_found("there is no such space here", "the list of spaces shows them all")
        };
        let (id, name) = found.ok_or_else(missing)?;
        who.may_enter(&id)?;
        Ok((id, name.to_string()))
    }
}

/// Who is signed in.
fn signed_in(pages: &Pages, headers: &HeaderMap) -> Result<(Found, Who), Problem> {
    let found = sign_in::cookie(headers, pages)
        .and_then(|secret| pages.sessions.find(&secret, Instant::now()))
        .ok_or_else(|| Problem::unauthorized("nobody is signed in"))?;
    let who = identify(found.token, &*pages.node)?;
    Ok((found, who))
}

/// `GET /spaces/{space}/`.
async fn dashboard(
    State(pages): State<Pages>,
    headers: HeaderMap,
    Path(space): Path<String>,
    uri: Uri,
) -> Response {
    show(pages, headers, space, uri, Ok(Page::Dashboard)).await
}

/// `GET /spaces/{space}/journey` and `/cell`.
async fn part(
    State(pages): State<Pages>,
    headers: HeaderMap,
    Path(space): Path<String>,
    uri: Uri,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Response {
    let unclear = |_| Problem::not_found("there is no such page here", "begin at the dashboard");
    let page = wanted.map_err(unclear).and_then(|Query(wanted)| wanted.page());
    show(pages, headers, space, uri, page).await
}

/// A live page, or a page that says why not.
async fn show(
    pages: Pages,
    headers: HeaderMap,
    space: String,
    uri: Uri,
    page: Result<Page, Problem>,
) -> Response {
    let written = blocking(move || Ok(write(&pages, &headers, &space, page))).await;
    match written {
        Ok((_, Ok(written))) => (StatusCode::OK, written).into_response_html(),
        Ok((_, Err(problem))) if problem.status == StatusCode::UNAUTHORIZED.as_u16() => {
            let next = uri.path_and_query().map_or("/", |path| path.as_str());
            (StatusCode::UNAUTHORIZED, sign_in::form_page(next, None)).into_response_html()
        }
        Ok((above, Err(problem))) => dress::problem(&problem, above.as_ref()),
        Err(problem) => dress::problem(&problem, None),
    }
}

/// The page, and what stands above it also when there is none.
fn write(
    pages: &Pages,
    headers: &HeaderMap,
    space: &str,
    page: Result<Page, Problem>,
) -> (Option<Above>, Result<maud::Markup, Problem>) {
    let who = match signed_in(pages, headers) {
        Ok((_, who)) => who,
        Err(problem) => return (None, Err(problem)),
    };
    let mut above = Above { who: who.name.to_string(), space: None };
    let written = pages.space(&who, space).and_then(|(id, name)| {
        above.space = Some((name.clone(), id));
        let page = page?;
        let (title, sheet, clock) =
            page.write(&*pages.node, &id, |now_ms| Clock { now_ms, counts: true })?;
        let events = format!("{}events?{}", text::space_path(&name, &id), page.query());
        let heading = html! { h1 { bdi { (text::visible(&title)) } } };
        let main = dress::live(&heading, &events, &sheet, clock);
        Ok(dress::page(&title, Some(&above), &main))
    });
    (Some(above), written)
}
