//! People and their tokens: quick edits of the configuration, and tokens that are made and revoked.

use crate::command::Rejection;
use crate::decide::configuration::changes;
use crate::decide::{Draft, Given};
use crate::state::State;
use schema::hash::Hash;
use schema::id::{CommandId, TokenId};
use schema::latest::{Actor, Event};
use schema::limits::TOKENS_OF_ONE_MAX;
use schema::name::Name;
use schema::v1::event::{
    ConfigurationApplied, Definition, Kind, TokenCreated, TokenRevoked, TokenScope, User,
};

/// Defines a person as they are now. The same again changes nothing.
///
/// # Errors
/// When the configuration would contradict itself.
pub fn put(state: &State, actor: &Actor, user: &User) -> Result<Vec<Draft>, Rejection> {
    let mut wanted = without(state, &user.name);
    wanted.push(Definition::User(user.clone()));
    configured(state, actor, &wanted)
}

/// Removes a person, and with them all that their tokens were worth. Who is not there is removed
/// already.
///
/// # Errors
/// When the configuration would contradict itself.
pub fn remove(state: &State, actor: &Actor, name: &Name) -> Result<Vec<Draft>, Rejection> {
    configured(state, actor, &without(state, name))
}

fn without(state: &State, name: &Name) -> Vec<Definition> {
    let key = (Kind::User, name.to_string());
    let rest = state.configuration.all().filter(|(known, _)| **known != key);
    rest.map(|(_, definition)| definition.clone()).collect()
}

fn configured(
    state: &State,
    actor: &Actor,
    wanted: &[Definition],
) -> Result<Vec<Draft>, Rejection> {
    let changes = changes(state, wanted)?;
    if changes.is_empty() {
        return Ok(Vec::new());
    }
    let event = Event::ConfigurationApplied(ConfigurationApplied { changes });
    Ok(vec![Draft::internal(actor.clone(), event)])
}

/// A token that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted<'a> {
    /// For whom.
    pub user: &'a Name,
    /// What it is called.
    pub name: &'a Name,
    /// H(token).
    pub hash: &'a Hash,
    /// What it leaves of the person's roles.
    pub scope: &'a TokenScope,
    /// From when on it is worth nothing.
    pub expires_ms: Option<u64>,
}

/// Makes a token. Its id is that of the command.
///
/// # Errors
/// When the person is not known, has one of this name or too many, or the token would be over
/// before it began.
pub fn create(
    given: Given<'_>,
    actor: &Actor,
    command: CommandId,
    wanted: &Wanted<'_>,
) -> Result<Vec<Draft>, Rejection> {
    let (state, now_ms, user, name) = (given.state, given.wall_ms, wanted.user, wanted.name);
    if state.configuration.user(user).is_none() {
        return Err(Rejection::not_found(
            format!("there is no user {user}"),
            "`interspace user list` shows all; `interspace user create` makes one",
        ));
    }
    if wanted.expires_ms.is_some_and(|at| at <= now_ms) {
        return Err(Rejection::invalid(
            "the token would have expired already",
            "let it live longer",
        ));
    }
    if state.tokens.good(user, now_ms).any(|token| token.name == *name) {
        return Err(Rejection::conflict(
            format!("{user} has a token called {name} already"),
            "revoke it first: `interspace token revoke`; or choose another name",
        ));
    }
    if state.tokens.good(user, now_ms).count() >= TOKENS_OF_ONE_MAX {
        return Err(Rejection::conflict(
            format!("{user} has {TOKENS_OF_ONE_MAX} tokens, and that is the most"),
            "revoke those that nobody uses: `interspace token list`",
        ));
    }
    let event = TokenCreated {
        id: TokenId(command.0),
        user: user.clone(),
        name: name.clone(),
        hash: *wanted.hash,
        scope: Box::new(wanted.scope.clone()),
        expires_ms: wanted.expires_ms,
    };
    Ok(vec![Draft::internal(actor.clone(), Event::TokenCreated(event))])
}

/// Revokes a token. One that is revoked stays so.
///
/// # Errors
/// When there is none.
pub fn revoke(state: &State, actor: &Actor, id: &TokenId) -> Result<Vec<Draft>, Rejection> {
    match state.tokens.get(id) {
        Some(token) if token.revoked => Ok(Vec::new()),
        Some(_) => {
            let event = Event::TokenRevoked(TokenRevoked { id: *id });
            Ok(vec![Draft::internal(actor.clone(), event)])
        }
        None => Err(Rejection::not_found(
            format!("there is no token {id}"),
            "`interspace token list` shows all tokens",
        )),
    }
}
