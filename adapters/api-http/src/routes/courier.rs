//! Routes for what is carried by hand: what goes out comes in a few megabytes at a time, as
//! envelopes each behind its length; what comes in is one part of an export.

use super::{Answer, Context, blocking};
use crate::gate::Entered;
use crate::port::Lend;
use crate::problem::Problem;
use crate::shape::courier::{Here, Plan, Taken, show};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Extension, Path, Query, State};
use engine::engine::Engine;
use engine::trust::refusal::Refusal;
use schema::bytes::Writer;
use schema::id::{LinkSeq, ObjectId, SpaceId};
use schema::latest::{EnvelopeHeader, EnvelopeKind, Part};
use schema::limits::PIECE_BYTES_MAX;
use schema::name::Name;
use serde::Deserialize;
use std::time::{Duration, Instant};

/// Pieces of an object that are handed out at once.
const PIECES_MAX: u64 = 32;

/// How long the store is waited for before the next piece is brought all the same.
const STORE_PATIENCE: Duration = Duration::from_secs(10);

/// How often one looks whether it is done.
const STORE_LOOK: Duration = Duration::from_millis(1);

/// From where on.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct After {
    #[serde(default)]
    after: u64,
}

fn frames(envelopes: &[Vec<u8>]) -> Vec<u8> {
    let mut out = Writer::new();
    for envelope in envelopes {
        out.variable(envelope);
    }
    out.finish()
}

fn unknown(peer: &Name) -> Problem {
    Problem::not_found(
        format!("no space is called {peer} here, or nothing goes to it"),
        "`interspace link list` shows the spaces that are known, and what is wrong with them",
    )
}

/// The peer of this name, and what there is for it.
fn planned(context: &Context, space: &SpaceId, peer: Name) -> Result<(SpaceId, Plan), Problem> {
    let name = peer.clone();
    let found = context.look(space, move |engine, _| {
        let (id, _) = engine.state().links.named(&name)?;
        Some((id, show(engine.state().me(), id, &engine.lendable(&id)?)))
    })?;
    found.ok_or_else(|| unknown(&peer))
}

pub(super) async fn here(Extension(entered): Extension<Entered>) -> Json<Here> {
    Json(Here { space: entered.space })
}

pub(super) async fn plan(
    State(context): State<Context>,
    Extension(entered): Extension<Entered>,
    Path((_, peer)): Path<(String, Name)>,
) -> Answer<Plan> {
    blocking(move || Ok(planned(&context, &entered.space, peer)?.1)).await.map(Json)
}

pub(super) async fn signals(
    State(context): State<Context>,
    Extension(entered): Extension<Entered>,
    Path((_, peer)): Path<(String, Name)>,
) -> Result<Vec<u8>, Problem> {
    blocking(move || {
        let (peer, _) = planned(&context, &entered.space, peer)?;
        Ok(frames(&context.node.lend(&entered.space, &peer, Lend::Signals)?))
    })
    .await
}

pub(super) async fn entries(
    State(context): State<Context>,
    Extension(entered): Extension<Entered>,
    Path((_, peer)): Path<(String, Name)>,
    Query(from): Query<After>,
) -> Result<Vec<u8>, Problem> {
    blocking(move || {
        let (peer, _) = planned(&context, &entered.space, peer)?;
        let what = Lend::Entries(LinkSeq(from.after));
        Ok(frames(&context.node.lend(&entered.space, &peer, what)?))
    })
    .await
}

/// Pieces from one of this number on.
pub(super) async fn pieces(
    State(context): State<Context>,
    Extension(entered): Extension<Entered>,
    Path((_, peer, object)): Path<(String, Name, ObjectId)>,
    Query(from): Query<After>,
) -> Result<Vec<u8>, Problem> {
    blocking(move || {
        let (peer, _) = planned(&context, &entered.space, peer)?;
        let mut lent = Vec::new();
        for number in from.after..from.after.saturating_add(PIECES_MAX) {
            let offset = number.saturating_mul(PIECE_BYTES_MAX as u64);
            let Some(piece) = context.node.piece(&entered.space, object, offset)? else { break };
            let last = piece.offset + piece.bytes.len() as u64 >= piece.total;
            lent.extend(context.node.lend(&entered.space, &peer, Lend::Piece(piece))?);
            if last {
                break;
            }
        }
        Ok(frames(&lent))
    })
    .await
}

pub(super) async fn import(
    State(context): State<Context>,
    Extension(entered): Extension<Entered>,
    body: Bytes,
) -> Answer<Taken> {
    blocking(move || {
        let part = Part::read(&body).map_err(|flaw| {
            let hint = "copy it again from where it was made; nothing of it was taken";
            Problem::not_verified(flaw.to_string(), hint)
        })?;
        take(&context, entered.space, part)
    })
    .await
    .map(Json)
}

/// Takes one part: key statements first, because what follows may be signed by the keys in them;
/// then everything else in one turn, or, of pieces, one after the other.
fn take(context: &Context, space: SpaceId, part: Part) -> Result<Taken, Problem> {
    let from = part.head.from;
    if part.head.to != space {
        return Err(Problem::not_verified(
            "the part is for another space".to_owned(),
            "`interspace courier inspect` shows for which; choose that one with --space",
        ));
    }
    let before = received(context, space, from)?.0;
    let kind = |bytes: &[u8]| EnvelopeHeader::of_envelope(bytes).map(|header| header.kind).ok();
    let count = part.envelopes.len();
    let (keys, rest): (Vec<_>, Vec<_>) =
        part.envelopes.into_iter().partition(|bytes| kind(bytes) == Some(EnvelopeKind::Keys));
    let (pieces, rest): (Vec<_>, Vec<_>) =
        rest.into_iter().partition(|bytes| kind(bytes) == Some(EnvelopeKind::Piece));
    let mut refused = Vec::new();
    for batch in [keys, rest] {
        if !batch.is_empty() {
            refused.extend(context.node.take(&space, batch)?);
        }
    }
    for piece in pieces {
        wait_for_store(context, space, from)?;
        refused.extend(context.node.take(&space, vec![piece])?);
    }
    wait_for_store(context, space, from)?;
    let (now, missing, packages_missing, name) = received(context, space, from)?;
    let waiting = context.look(&space, move |engine, _| engine.awaits(&from))?;
    let mut taken = Taken {
        from: name,
        envelopes: count,
        new: now.saturating_sub(before),
        received: now,
        missing,
        packages_missing,
        waiting,
        ..Taken::default()
    };
    for reason in refused.into_iter().flatten() {
        *taken.refused.entry(Refusal::code(reason).to_owned()).or_default() += 1;
    }
    Ok(taken)
}

/// What of a peer is here, what is missing, and its name.
#[expect(clippy::type_complexity, reason = "one look, four answers")]
fn received(
    context: &Context,
    space: SpaceId,
    from: SpaceId,
) -> Result<(u64, Vec<(u64, u64)>, usize, String), Problem> {
    let look = move |engine: &Engine, now| {
        let link = engine.links(now).into_iter().find(|link| link.peer == from)?;
        let packages = engine.fetches().lacking(&from).count();
        Some((link.received, link.missing, packages, engine.state().name_of(&from)))
    };
    context.look(&space, look)?.ok_or_else(|| {
        Problem::not_verified(
            "the part is from a space that is not trusted here".to_owned(),
            "import its certificate first: `interspace certificate import FILE`",
        )
    })
}

/// Waits until the store has answered for what was brought: a piece that comes sooner may find no
/// place and would have to be brought again.
fn wait_for_store(context: &Context, space: SpaceId, from: SpaceId) -> Result<(), Problem> {
    let until = Instant::now() + STORE_PATIENCE;
    while context.look(&space, move |engine, _| engine.fetches().is_storing(&from))? {
        if Instant::now() >= until {
            break;
        }
        std::thread::sleep(STORE_LOOK);
    }
    Ok(())
}
