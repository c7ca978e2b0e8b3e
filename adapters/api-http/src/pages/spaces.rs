//! The list of spaces, for those who may enter more than one.

use super::dress::{self, Above, IntoHtml as _, page};
use super::text::{space_path, visible};
use super::{Pages, blocking};
use crate::authority::Who;
use crate::port::Trouble;
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use engine::trust::certificate::fingerprint;
use engine::trust::fingerprint::words;
use maud::{Markup, html};
use schema::id::SpaceId;
use schema::name::Name;

/// `GET /`: the spaces, or the only one.
pub(super) async fn list(State(pages): State<Pages>, Extension(who): Extension<Who>) -> Response {
    let listed = blocking(move || {
        let mut spaces = pages.node.spaces();
        spaces.retain(|(id, _)| who.may_enter(id).is_ok());
        let state = |(id, name): (SpaceId, Name)| {
            let entries = entries(&pages, &id);
            (id, name, entries)
        };
        let spaces: Vec<_> = spaces.into_iter().map(state).collect();
        Ok((who.name.to_string(), spaces))
    });
    match listed.await {
        Ok((_, spaces)) if spaces.len() == 1 => {
            let only = spaces.first().map(|(id, name, _)| space_path(name.as_str(), id));
            Redirect::to(&only.unwrap_or_default()).into_response()
        }
        Ok((who, spaces)) => {
            let above = Above { who, space: None };
            (StatusCode::OK, page("Spaces", Some(&above), &write(&spaces))).into_response_html()
        }
        Err(problem) => dress::problem(&problem, None),
    }
}

/// The size of a space's log, or why it is closed.
fn entries(pages: &Pages, space: &SpaceId) -> Result<u64, String> {
    let (sender, receiver) = std::sync::mpsc::sync_channel(1);
    let looked = pages.node.look(
        space,
        Box::new(move |engine, _| {
            let _ = sender.send(engine.checkpoint().0);
        }),
    );
    match looked {
        Ok(()) => receiver.recv().map_err(|_| "the node stops".to_owned()),
        Err(Trouble::Closed(why) | Trouble::Failed(why) | Trouble::Conflict(why)) => Err(why),
    }
}

fn write(spaces: &[(SpaceId, Name, Result<u64, String>)]) -> Markup {
    html! {
        h1 { "Spaces" }
        @if spaces.is_empty() {
            div .empty {
                p { b { "This node has no spaces yet." } }
                pre { "interspace space create NAME" }
            }
        }
        ul .spaces {
            @for (id, name, entries) in spaces { li {
                a href=(space_path(name.as_str(), id)) { bdi { (visible(name.as_str())) } }
                @match entries {
                    Ok(count) => p { (count) " entries in its log" },
                    Err(why) => p .silent { b { "closed: " } bdi { (visible(why)) } }
                }
                p .id { (fingerprint(id)) }
                p .id { (words(id)) }
            } }
        }
    }
}
