//! The route that writes a whole log down, one block after the other, while the space goes on.

use super::{Context, blocking};
use crate::gate::Entered;
use crate::port::Trouble;
use crate::problem::Problem;
use axum::body::Body;
use axum::extract::{Extension, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use schema::id::{Incarnation, Position, SpaceId};
use schema::latest::{ArchiveHead, ArchivedBlock};
use std::io::Error;
use tokio::sync::mpsc::{Sender, channel};
use tokio_stream::wrappers::ReceiverStream;

/// Lines that wait for whoever reads slowly.
const LINES: usize = 4;

type Line = Result<String, Error>;

pub(super) async fn archive(
    State(context): State<Context>,
    Extension(entered): Extension<Entered>,
) -> Result<Response, Problem> {
    let (entering, id) = (context.clone(), entered.space);
    let head = blocking(move || {
        let head = entering.look(&id, move |engine, _| {
            let (size, root, _) = engine.checkpoint();
            let incarnation = engine.state().incarnation.unwrap_or(Incarnation([0; 16]));
            ArchiveHead { space: id, incarnation, size, root }
        })?;
        Ok(head)
    })
    .await?;
    let (sender, lines) = channel::<Line>(LINES);
    tokio::task::spawn_blocking(move || {
        if let Err(why) = write(&context, &id, &head, &sender) {
            tracing::warn!(%why, "an archive was not finished");
            // What was begun ends without its end, so that nobody takes it for whole.
            let _ = sender.blocking_send(Err(Error::other(why)));
        }
    });
    let kind = [(header::CONTENT_TYPE, "application/jsonl")];
    Ok((kind, Body::from_stream(ReceiverStream::new(lines))).into_response())
}

/// Hands out the lines of an archive. The log only grows, so that what it was when the first line
/// was made stays where it is.
fn write(
    context: &Context,
    space: &SpaceId,
    head: &ArchiveHead,
    lines: &Sender<Line>,
) -> Result<(), String> {
    let mut line = head.write();
    let mut next = Position(1);
    loop {
        line.push('\n');
        if lines.blocking_send(Ok(std::mem::take(&mut line))).is_err() {
            // Nobody reads any more.
            return Ok(());
        }
        if next.0 > head.size {
            return Ok(());
        }
        let read = context.node.blocks(space, next, Position(head.size));
        for (first, bytes) in read.map_err(said)? {
            if !line.is_empty() {
                line.push('\n');
            }
            line.push_str(&ArchivedBlock::write(first, &bytes).map_err(|why| why.to_string())?);
            next = after(first, &bytes).ok_or("a block is damaged")?;
        }
        if line.is_empty() {
            return Err(format!("the log ends before Position {next}"));
        }
    }
}

fn said(trouble: Trouble) -> String {
    match trouble {
        Trouble::Closed(why) | Trouble::Failed(why) | Trouble::Conflict(why) => why,
    }
}

/// The Position after a block, as its head says: format 1, first u64, count u32.
fn after(first: Position, bytes: &[u8]) -> Option<Position> {
    let count = u32::from_be_bytes(*bytes.get(9..)?.first_chunk()?);
    (count > 0).then(|| Position(first.0 + u64::from(count)))
}
