//! Routes about tokens that link two spaces.

use super::writing::{ask_as, body};
use super::{Answer, Context, blocking};
use crate::gate::Entered;
use crate::problem::Problem;
use crate::shape::invitation::{self, Accepted, Accepting, Ended, Invitation, Made, Making};
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use engine::command::Command;
use engine::trust::certificate::Keys;
use engine::trust::invitation::id_of;
use schema::id::{CommandId, InvitationId};
use schema::latest::{Certificate, Invitation as Token};

pub(super) async fn invitations(
    State(context): State<Context>,
    Extension(entered): Extension<Entered>,
) -> Answer<Vec<Invitation>> {
    blocking(move || context.look(&entered.space, invitation::show)).await.map(Json)
}

pub(super) async fn invite(
    State(context): State<Context>,
    Extension(entered): Extension<Entered>,
    json: Result<Json<Making>, JsonRejection>,
) -> Answer<Made> {
    let Making { id, guest, name, grants, seconds } = body(json)?;
    blocking(move || {
        let Entered { who, space, .. } = entered;
        let secret = draw()?;
        let now_ms = context.look(&space, |_, now| now.wall_ms)?;
        let ends_ms = now_ms.saturating_add(seconds.saturating_mul(1000));
        let (invitation, grants) = (id_of(&secret), grants.into());
        let command = Command::Invite { invitation, guest, name, grants, ends_ms };
        let did = ask_as(&context, &space, who, id, command)?;
        // What the same command made before was said then, and nobody knows it any more.
        let secret = (!did.repeated).then_some(secret);
        context.look(&space, move |engine, _| invitation::made(engine, secret))
    })
    .await
    .map(Json)
}

pub(super) async fn uninvite(
    State(context): State<Context>,
    Extension(entered): Extension<Entered>,
    Path((_, invitation)): Path<(String, InvitationId)>,
) -> Answer<Ended> {
    blocking(move || {
        let Entered { who, space, .. } = entered;
        let id = CommandId::of(&[b"uninvite", &invitation.0]);
        let did = ask_as(&context, &space, who, id, Command::Uninvite { invitation })?;
        Ok(Ended { changed: !did.positions.is_empty() && !did.repeated })
    })
    .await
    .map(Json)
}

pub(super) async fn accept(
    State(context): State<Context>,
    Extension(entered): Extension<Entered>,
    json: Result<Json<Accepting>, JsonRejection>,
) -> Answer<Accepted> {
    let Accepting { id, token, name, grants } = body(json)?;
    blocking(move || {
        let Entered { who, space, .. } = entered;
        let token = Token::read(&token).map_err(|why| {
            let title = format!("this is not a whole invitation: {why}");
            Problem::invalid(title, "copy all of it again, from isp-invite-1- to its end")
        })?;
        let invitation = id_of(&token.secret);
        let inviter = Certificate::read(&token.certificate).ok();
        let inviter = inviter.and_then(|certificate| Keys::verify(&certificate).ok());
        let command = Command::Join { invitation: Box::new(token), name, grants: grants.into() };
        let did = ask_as(&context, &space, who, id, command)?;
        let changed = !did.positions.is_empty() && !did.repeated;
        // Who it is, the certificate in the token says and nothing else: it is what was trusted.
        let inviter = inviter.map(|keys| keys.space());
        let found = context.look(&space, move |engine, _| {
            invitation::accepted(engine, (&inviter?, &invitation), changed)
        })?;
        // It may have been ended by now.
        found.ok_or_else(|| {
            let title = "the link of this invitation was ended";
            Problem::not_found(title, "`interspace link list` shows all links")
        })
    })
    .await
    .map(Json)
}

/// A new secret: 256 random bits.
fn draw() -> Result<[u8; 32], Problem> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|_| {
        let (title, hint) = ("the system has no random bytes", "nothing was made; try again");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "failed", title, hint)
    })?;
    Ok(bytes)
}
