//! The dress of every page: its head, what stands above and below, and pages that say no.

use super::assets::{LIVE, STYLE};
use super::moment::{Clock, precise};
use super::sheet::Sheet;
use super::text::{space_path, visible};
use crate::problem::Problem;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use maud::{DOCTYPE, Markup, html};
use schema::id::SpaceId;

/// What every page of somebody who is signed in says above.
#[derive(Debug, Clone)]
pub(super) struct Above {
    /// Who is signed in.
    pub(super) who: String,
    /// The space that is looked at.
    pub(super) space: Option<(String, SpaceId)>,
}

/// A page.
pub(super) fn page(title: &str, above: Option<&Above>, main: &Markup) -> Markup {
    let live = LIVE.path();
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                title { (visible(title)) " · Interspace" }
                link rel="icon" href="data:,";
                link rel="stylesheet" href=(STYLE.path());
                script type="module" src=(live) {}
            }
            body {
                a .skip href="#main" { "Skip to what matters" }
                (top(above))
                main #main tabindex="-1" { (main) }
            }
        }
    }
}

fn top(above: Option<&Above>) -> Markup {
    html! {
        header .top {
            nav aria-label="Spaces" {
                a .brand href="/" {
                    svg viewBox="0 0 32 32" width="24" height="24"
                        aria-hidden="true" focusable="false" {
                        circle class="near" cx="10" cy="16" r="6.5" {}
                        circle class="far" cx="22" cy="16" r="6.5" {}
                    }
                    "Interspace"
                }
                @if let Some((name, id)) = above.and_then(|above| above.space.as_ref()) {
                    a .here href=(space_path(name, id)) { bdi { (visible(name)) } }
                }
            }
            @if let Some(above) = above {
                form .out method="post" action="/sign-out" {
                    span { "Signed in as " b { bdi { (visible(&above.who)) } } }
                    button type="submit" { "Sign out" }
                }
            }
        }
    }
}

/// What a live page shows: a heading, how live it is, and its sheet.
pub(super) fn live(heading: &Markup, events: &str, sheet: &Sheet, clock: Clock) -> Markup {
    html! {
        div .title {
            (heading)
            p #state .state data-state="still" {
                span .dot aria-hidden="true" {}
                span #state-words {
                    "as of "
                    time datetime=(crate::shape::time(clock.now_ms)) { (precise(clock.now_ms)) }
                }
            }
        }
        p #said .aside role="status" aria-live="polite" {}
        div #live data-events=(events) data-now=(clock.now_ms) { (maud::PreEscaped(&sheet.whole)) }
    }
}

/// A page that says no, and what to do.
pub(super) fn problem(problem: &Problem, above: Option<&Above>) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let heading = match status {
        StatusCode::UNAUTHORIZED => "Not signed in",
        StatusCode::FORBIDDEN => "Not yours to see",
        StatusCode::NOT_FOUND => "Nothing here",
        StatusCode::SERVICE_UNAVAILABLE => "Not open",
        _ => "This did not work",
    };
    let main = html! {
        div .alone {
            h1 { (heading) }
            p .what { (sentence(&problem.title)) }
            p { (sentence(&problem.hint)) }
            p { a href="/" { "All spaces" } }
        }
    };
    (status, page(heading, above, &main)).into_response_html()
}

/// What a problem says, as a sentence.
fn sentence(text: &str) -> String {
    let shown = visible(text);
    let mut chars = shown.chars();
    let first: String = chars.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}.", chars.as_str())
}

/// Markup as an answer.
pub(super) trait IntoHtml {
    /// The answer.
    fn into_response_html(self) -> Response;
}

impl IntoHtml for (StatusCode, Markup) {
    fn into_response_html(self) -> Response {
        let mut response = (self.0, self.1.into_string()).into_response();
        let html = HeaderValue::from_static("text/html; charset=utf-8");
        response.headers_mut().insert(header::CONTENT_TYPE, html);
        response
    }
}
