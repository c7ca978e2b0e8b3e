//! Routes about people and their tokens.

use super::writing::{ask_as, body, own_id, unique_id};
use super::{Answer, Context, blocking};
use crate::authority::hashed;
use crate::gate::Entered;
use crate::problem::Problem;
use crate::shape::person::{self, Changed, Made, Making, Roles, Token, User};
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use engine::command::Command;
use engine::decide::permission::Permission;
use engine::decide::rights::Object;
use schema::id::{CommandId, TokenId, base32};
use schema::name::Name;
use schema::v1::event::User as Definition;

pub(super) async fn users(
    State(context): State<Context>,
    Extension(entered): Extension<Entered>,
) -> Answer<Vec<User>> {
    blocking(move || context.look(&entered.space, |engine, now| person::users(engine, now.wall_ms)))
        .await
        .map(Json)
}

pub(super) async fn put(
    State(context): State<Context>,
    Extension(entered): Extension<Entered>,
    Path((_, name)): Path<(String, Name)>,
    json: Result<Json<Roles>, JsonRejection>,
) -> Answer<Changed> {
    let Roles { roles } = body(json)?;
    blocking(move || {
        let Entered { who, space, .. } = entered;
        let tokens = context.node.tokens(&space, std::slice::from_ref(&name))?;
        let token = tokens.into_iter().map(|(_, token)| token).next().ok_or_else(no_token)?;
        let user = Definition { name, token, roles };
        let id = unique_id(&user, &[]);
        let did = ask_as(&context, &space, who, id, Command::PutUser { user })?;
        Ok(Changed { changed: !did.positions.is_empty() })
    })
    .await
    .map(Json)
}

fn no_token() -> Problem {
    let (title, hint) = ("the node made no token", "this is a mistake of ours");
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "failed", title, hint)
}

pub(super) async fn remove(
    State(context): State<Context>,
    Extension(entered): Extension<Entered>,
    Path((_, name)): Path<(String, Name)>,
) -> Answer<Changed> {
    blocking(move || {
        let Entered { who, space, .. } = entered;
        let command = Command::RemoveUser { name: name.clone() };
        let did = ask_as(&context, &space, who, unique_id(&name, &[]), command)?;
        // Also where it was done before: the file may have stayed.
        context.node.forget(&space, &[name])?;
        Ok(Changed { changed: !did.positions.is_empty() })
    })
    .await
    .map(Json)
}

/// Everybody's for who audits the space; their own for everybody else.
pub(super) async fn tokens(
    State(context): State<Context>,
    Extension(entered): Extension<Entered>,
) -> Answer<Vec<Token>> {
    blocking(move || {
        let Entered { who, space, rights, .. } = entered;
        let all = rights.may(Permission::Audit, &Object::SPACE);
        context.look(&space, move |engine, now| {
            person::tokens(engine, now.wall_ms, |token| all || token.user == who.name)
        })
    })
    .await
    .map(Json)
}

pub(super) async fn create(
    State(context): State<Context>,
    Extension(entered): Extension<Entered>,
    json: Result<Json<Making>, JsonRejection>,
) -> Answer<Made> {
    let Making { id, user, name, scope, seconds } = body(json)?;
    blocking(move || {
        let Entered { who, space, .. } = entered;
        let token = draw()?;
        let now_ms = context.look(&space, |_, now| now.wall_ms)?;
        let expires_ms = seconds.map(|all| now_ms.saturating_add(all.saturating_mul(1000)));
        let (hash, scope) = (hashed(&token), Box::new(scope));
        let command = Command::CreateToken { user, name, hash, scope, expires_ms };
        let made = TokenId(own_id(&who, id).0);
        let did = ask_as(&context, &space, who, id, command)?;
        let known = context.look(&space, move |engine, _| {
            engine.state().tokens.get(&made).map(|known| known.expires_ms)
        })?;
        // What the same command made before was said then, and nobody knows it any more.
        let token = (!did.repeated).then_some(token);
        let expires_at = known.flatten().map(crate::shape::time);
        Ok(Made { id: made, token, expires_at })
    })
    .await
    .map(Json)
}

pub(super) async fn revoke(
    State(context): State<Context>,
    Extension(entered): Extension<Entered>,
    Path((_, token)): Path<(String, TokenId)>,
) -> Answer<Changed> {
    blocking(move || {
        let Entered { who, space, .. } = entered;
        let id = CommandId::of(&[b"revoke", &token.0]);
        let did = ask_as(&context, &space, who, id, Command::RevokeToken { token })?;
        Ok(Changed { changed: !did.positions.is_empty() && !did.repeated })
    })
    .await
    .map(Json)
}

/// A new token: 256 random bits behind a prefix that scanners for secrets know.
fn draw() -> Result<String, Problem> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|_| {
        let (title, hint) = ("the system has no random bytes", "nothing was made; try again");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "failed", title, hint)
    })?;
    Ok(format!("isp_{}", base32(&bytes)))
}
