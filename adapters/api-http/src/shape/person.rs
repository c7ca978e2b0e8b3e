//! People with their roles, and API tokens.

use engine::engine::Engine;
use engine::state::tokens::Token as Known;
use schema::id::{CommandId, TokenId, base32};
use schema::latest::Actor;
use schema::name::Name;
use schema::v1::event::{Assignment, Pattern, TokenScope};
use serde::{Deserialize, Serialize};

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The name.
    pub name: String,
    /// What they may do, and where.
    pub roles: Vec<Assignment>,
    /// Their API tokens, also those that are over.
    pub tokens: Vec<Token>,
}

/// An API token, without what it takes to use it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// Its id.
    pub id: TokenId,
    /// Whose.
    pub user: String,
    /// What it is called.
    pub name: String,
    /// The beginning of its hash.
    pub hash: String,
    /// What it leaves of the person's roles.
    pub scope: TokenScope,
    /// When it was made.
    pub created_at: String,
    /// Who made it.
    pub created_by: Option<String>,
    /// From when on it is worth nothing; none if it never expires.
    pub expires_at: Option<String>,
    /// `good`, `expired` or `revoked`.
    pub state: String,
}

/// The roles that a person shall have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Roles {
    /// All of them; others are taken away.
    pub roles: Vec<Assignment>,
}

/// What a change of a person did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// Whether it was different before.
    pub changed: bool,
}

/// A token that shall be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Making {
    /// The same id again makes no second token.
    pub id: CommandId,
    /// For whom.
    pub user: Name,
    /// What it is called.
    pub name: Name,
    /// What it leaves of the person's roles.
    pub scope: TokenScope,
    /// For how long it is good, in seconds; none: for ever.
    pub seconds: Option<u64>,
}

/// A token that was made.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// Its id.
    pub id: TokenId,
    /// What to bear. It is said this once; none when the same command had made it before.
    pub token: Option<String>,
    /// From when on it is worth nothing; none if it never expires.
    pub expires_at: Option<String>,
}

impl std::fmt::Debug for Made {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Made({})", self.id)
    }
}

/// Shows all people.
#[must_use]
pub fn users(engine: &Engine, now_ms: u64) -> Vec<User> {
    let known = &engine.state().configuration;
    let user = |name: &Name| {
        let roles = known.user(name).map(|user| user.roles.clone()).unwrap_or_default();
        let tokens = tokens(engine, now_ms, |token| token.user == *name);
        User { name: name.to_string(), roles, tokens }
    };
    known.users().map(user).collect()
}

/// Shows the tokens that are `wanted`, the newest first.
#[must_use]
pub fn tokens(engine: &Engine, now_ms: u64, wanted: impl Fn(&Known) -> bool) -> Vec<Token> {
    let all = engine.state().tokens.all().filter(|(_, token)| wanted(token));
    let mut all: Vec<_> = all.collect();
    all.sort_by_key(|(id, token)| (std::cmp::Reverse(token.created_ms), **id));
    all.into_iter().map(|(id, token)| show(id, token, now_ms)).collect()
}

fn show(id: &TokenId, token: &Known, now_ms: u64) -> Token {
    let state = match (token.revoked, token.is_expired(now_ms)) {
        (true, _) => "revoked",
        (false, true) => "expired",
        (false, false) => "good",
    };
    Token {
        id: *id,
        user: token.user.to_string(),
        name: token.name.to_string(),
        hash: base32(&token.hash[..5]),
        scope: token.scope.clone(),
        created_at: super::time(token.created_ms),
        created_by: match &token.created_by {
            Actor::Person(name) => Some(name.to_string()),
            Actor::Policy | Actor::Space(_) => None,
        },
        expires_at: token.expires_ms.map(super::time),
        state: state.to_owned(),
    }
}

/// An assignment in words: the role, and where it holds unless that is everywhere.
#[must_use]
pub fn words(assigned: &Assignment) -> String {
    let mut words = assigned.role.as_str().to_owned();
    let mut add = |joint: &str, pattern: &Pattern| {
        if !pattern.is_all() {
            words.push_str(&format!(" {joint} {pattern}"));
        }
    };
    add("of", &assigned.project);
    add("in", &assigned.environment);
    words
}
