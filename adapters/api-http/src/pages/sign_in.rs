//! Signing in with a token or with a link that is good once, and signing out.

use super::dress::{IntoHtml as _, page, problem};
use super::session::{NoRoom, SESSION};
use super::{Pages, blocking};
use crate::authority::{borne, hashed, identify};
use crate::problem::Problem;
use axum::Json;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use maud::{Markup, html};
use serde::{Deserialize, Serialize};
use std::time::Instant;

/// A link that signs in once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Where it leads, behind the address of the node.
    pub path: String,
    /// For how long it is good, in seconds.
    pub seconds: u64,
}

/// The form.
#[derive(Deserialize)]
pub(super) struct Filled {
    token: String,
    #[serde(default)]
    next: String,
}

/// `GET /sign-in`: the form.
pub(super) async fn form() -> Response {
    (StatusCode::OK, form_page("", None)).into_response_html()
}

/// The form, for who wants to see `next`, with what was wrong before.
pub(super) fn form_page(next: &str, wrong: Option<&str>) -> Markup {
    let main = html! {
        div .alone {
            h1 { "Sign in" }
            @if let Some(wrong) = wrong { p .what role="alert" { (wrong) } }
            form .sign-in method="post" action="/sign-in" {
                label for="token" { "Token" }
                input #token name="token" type="password" autocomplete="current-password" required
                    spellcheck="false" aria-describedby="where";
                p #where .note {
                    "It is in a file of the node's folder: " code { "tokens/operator.token" }
                    ", or "
                    code { "tokens/" } " in the folder of each space."
                }
                @if !next.is_empty() { input type="hidden" name="next" value=(next); }
                button type="submit" { "Sign in" }
            }
            p .note { "Or let the command line write a link that is good once: "
                code { "interspace open" } }
        }
    };
    page("Sign in", None, &main)
}

/// `POST /sign-in`: a token for a session.
pub(super) async fn sign_in(
    State(pages): State<Pages>,
    headers: HeaderMap,
    form: Result<Form<Filled>, FormRejection>,
) -> Response {
    if let Err(refused) = same_origin(&headers, &pages) {
        return problem(&refused, None);
    }
    let Ok(Form(filled)) = form else {
        let said = form_page("", Some("That was not the form."));
        return (StatusCode::UNPROCESSABLE_ENTITY, said).into_response_html();
    };
    let (token, node) = (hashed(&filled.token), pages.node.clone());
    let next = filled.next;
    let refused = match blocking(move || Ok(identify(token, &*node))).await {
        Ok(Ok(_)) => None,
        Ok(Err(unknown)) => Some(pages.throttle.failed(unknown, Instant::now())),
        Err(failed) => Some(failed),
    };
    if let Some(refused) = refused {
        if refused.status != StatusCode::UNAUTHORIZED.as_u16() {
            return problem(&refused, None);
        }
        let said = form_page(&next, Some("This token is not known."));
        return (StatusCode::UNAUTHORIZED, said).into_response_html();
    }
    // Only a path of ours: `//host` and `/\host` are addresses of others.
    let ours = next.starts_with("/spaces/") && !next.contains('\\');
    let next =
        if ours && next.chars().all(|c| c.is_ascii_graphic()) { next } else { "/".to_owned() };
    end(&headers, &pages);
    with_session(&pages, token, || Redirect::to(&next).into_response())
}

/// `GET /sign-in/{code}`: a code for a session, once.
pub(super) async fn follow(
    State(pages): State<Pages>,
    method: Method,
    headers: HeaderMap,
    Path(code): Path<String>,
) -> Response {
    // Who only wants to know what is behind a link does not use it up.
    let ahead = ["sec-purpose", "purpose"].iter().any(|name| headers.contains_key(*name));
    if method != Method::GET || ahead {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let token = pages.sessions.redeem(&code, Instant::now());
    let known = token.map(|token| {
        let node = pages.node.clone();
        blocking(move || Ok((token, identify(token, &*node)?)))
    });
    let known = match known {
        Some(known) => known.await.ok(),
        None => None,
    };
    let Some((token, who)) = known else {
        let said = "This link was used already, or is too old. Ask for another: interspace open";
        return (StatusCode::UNAUTHORIZED, form_page("", Some(said))).into_response_html();
    };
    end(&headers, &pages);
    // No redirect: a browser that came here from elsewhere would not send the cookie along.
    let main = html! {
        meta http-equiv="refresh" content="0; url=/";
        div .alone {
            h1 { "Signed in as " bdi { (who.name) } }
            p { a href="/" { "Go on to the dashboard" } }
        }
    };
    with_session(&pages, token, || {
        (StatusCode::OK, page("Signed in", None, &main)).into_response_html()
    })
}

/// `POST /sign-out`.
pub(super) async fn sign_out(State(pages): State<Pages>, headers: HeaderMap) -> Response {
    if let Err(refused) = same_origin(&headers, &pages) {
        return problem(&refused, None);
    }
    end(&headers, &pages);
    let mut response = Redirect::to("/sign-in").into_response();
    let gone = format!("{}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0", pages.cookie_name());
    set_cookie(&mut response, &gone);
    response
}

/// `POST /v1/sign-in-links`: a link for the bearer of the token.
pub(super) async fn link(
    State(pages): State<Pages>,
    headers: HeaderMap,
) -> Result<Json<Link>, Problem> {
    let token = borne(&headers)?;
    let code = pages.sessions.code(token, Instant::now()).map_err(|why| no_room(&why))?;
    let seconds = super::session::CODE.as_secs();
    Ok(Json(Link { path: format!("/sign-in/{code}"), seconds }))
}

/// Ends the session of a request, if it has one: a browser has one at a time.
fn end(headers: &HeaderMap, pages: &Pages) {
    if let Some(secret) = cookie(headers, pages) {
        pages.sessions.close(&secret);
    }
}

/// The secret of a request's session.
pub(super) fn cookie(headers: &HeaderMap, pages: &Pages) -> Option<String> {
    let name = pages.cookie_name();
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs =
        all.flat_map(|all| all.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, secret)| secret.to_owned())
}

fn with_session(pages: &Pages, token: [u8; 32], answer: impl FnOnce() -> Response) -> Response {
    match pages.sessions.open(token, Instant::now()) {
        Ok(secret) => {
            let (name, seconds) = (pages.cookie_name(), SESSION.as_secs());
            let cookie =
                format!("{name}={secret}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}");
            let mut response = answer();
            set_cookie(&mut response, &cookie);
            response
        }
        Err(why) => problem(&no_room(&why), None),
    }
}

fn set_cookie(response: &mut Response, cookie: &str) {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}

fn no_room(why: &NoRoom) -> Problem {
    let title = match why {
        NoRoom::Full => "too many are signed in",
        NoRoom::NoRandom => "the system has no random bytes",
    };
    let hint = "sign out elsewhere, or try again later";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", title, hint)
}

/// Lets through only what a page of this very node sends. Other ports of this machine are the same
/// site to a browser, and another origin.
fn same_origin(headers: &HeaderMap, pages: &Pages) -> Result<(), Problem> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let (address, port) = (pages.address, pages.address.port());
    let own = match text("sec-fetch-site") {
        Some(site) => site == "same-origin",
        None => text("origin").is_some_and(|origin| {
            origin == format!("http://{address}") || origin == format!("http://localhost:{port}")
        }),
    };
    if own {
        return Ok(());
    }
    let hint = "open the sign-in page of this node and use its form";
    Err(Problem::forbidden("the form was sent from somewhere else", hint))
}
