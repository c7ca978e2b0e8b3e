//! What an open page is told: server-sent events with the parts that changed.

use super::board::Shown;
use super::page::{Viewer, Wanted};
use super::session::Found;
use super::{Pages, session};
use crate::authority::identify;
use crate::gate::{Entered, may};
use crate::problem::Problem;
use axum::Extension;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use engine::decide::permission::Permission;
use engine::decide::rights::{Object, Rights};
use schema::id::SpaceId;
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;

/// Interval of comments while there is nothing to tell; also of looking whether the token that
/// began the session still opens the space.
const ALIVE: Duration = Duration::from_secs(15);

/// Open pages of one session that are told, at the most: one person takes the room of no other.
const OF_ONE_MAX: usize = 16;

/// How soon a browser comes back, in milliseconds.
const RETRY: Duration = Duration::from_secs(1);

/// Somebody who is told.
struct Listener {
    pages: Pages,
    space: SpaceId,
    rights: Rights,
    found: Found,
    shown: Shown,
    sender: mpsc::Sender<Result<Event, Infallible>>,
    _permit: OwnedSemaphorePermit,
}

/// `GET /spaces/{space}/events`: the whole sheet at once, then what changes. The id of each event
/// is the Position that it shows: who comes back, with or without `Last-Event-ID`, is told the
/// newest state first, so that nothing is missed and nothing is told that is over.
pub(super) async fn events(
    State(pages): State<Pages>,
    Extension(entered): Extension<Entered>,
    headers: HeaderMap,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    let page = wanted.page()?;
    let found = session(&pages, &headers)?;
    let Entered { who, space, rights, .. } = entered;
    let (node, object, whose) = (pages.node.clone(), page.object(), who.clone());
    let see = move || may(&*node, &whose, &space, Permission::See, &object);
    super::blocking(see).await?;
    let busy = || {
        let (title, hint) = ("too many pages are open", "close some of them");
        Problem::new(axum::http::StatusCode::SERVICE_UNAVAILABLE, "busy", title, hint)
    };
    if found.listeners > OF_ONE_MAX {
        return Err(busy());
    }
    let permit = pages.streams.clone().try_acquire_owned().map_err(|_| busy())?;
    let viewer = Viewer { rights: rights.clone(), actor: who.actor() };
    let shown = pages.boards.watch(space, page, viewer)?;
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(Listener { pages, space, rights, found, shown, sender, _permit: permit }.tell());
    let alive = KeepAlive::new().interval(ALIVE);
    let mut response = Sse::new(ReceiverStream::new(receiver)).keep_alive(alive).into_response();
    let headers = response.headers_mut();
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    Ok(response)
}

impl Listener {
    /// Tells until there is nobody to tell, nothing to tell of, or no right to be told.
    async fn tell(mut self) {
        let hello = Event::default().comment("open").retry(RETRY);
        let mut stop = self.pages.stop.clone();
        let until = tokio::time::Instant::from_std(self.found.until);
        let mut check = tokio::time::interval_at(tokio::time::Instant::now() + ALIVE, ALIVE);
        let mut before = None;
        if !self.give(hello).await {
            return;
        }
        loop {
            let sheet = self.shown.borrow_and_update().clone();
            if let Some(sheet) = sheet {
                if let Some(told) = sheet.since(before.as_deref()) {
                    let event =
                        Event::default().id(sheet.size.to_string()).event("show").data(told);
                    if !self.give(event).await {
                        return;
                    }
                }
                before = Some(sheet);
            }
            let goes_on = tokio::select! {
                changed = self.shown.changed() => changed.is_ok(),
                // Nothing is ever sent there: it ends when the session is signed out.
                _ = self.found.open.changed() => false,
                () = stopped(&mut stop) => false,
                () = tokio::time::sleep_until(until) => false,
                () = self.sender.closed() => false,
                _ = check.tick() => self.still_may().await && self.alive().await,
            };
            if !goes_on {
                return;
            }
        }
    }

    /// Hands an event on. Who does not take it until the next one would be due is gone: nobody who
    /// only holds a connection keeps a stream beyond its sign-in.
    async fn give(&self, event: Event) -> bool {
        let given = tokio::time::timeout(ALIVE, self.sender.send(Ok(event))).await;
        matches!(given, Ok(Ok(())))
    }

    /// Says that the node is there, and what its clock says: a page cannot see comments, and one
    /// that hears nothing must not look live.
    async fn alive(&self) -> bool {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let now_ms = now.unwrap_or_default().as_millis().to_string();
        let event = Event::default().comment("alive").event("alive").data(now_ms);
        self.give(event).await
    }

    /// Whether the token that began the session still opens the same of the space.
    async fn still_may(&self) -> bool {
        let (pages, token, space) = (self.pages.clone(), self.found.token, self.space);
        let now = move || {
            let who = identify(token, &*pages.node)?;
            who.may_enter(&space)?;
            may(&*pages.node, &who, &space, Permission::See, &Object::SOMETHING)
        };
        super::blocking(now).await.is_ok_and(|now| now == self.rights)
    }
}

/// Waits until the node stops; a sender that is gone is a stop as well.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}
