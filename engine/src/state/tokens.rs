//! API tokens: whose each is, what it leaves of their roles, and until when.

use crate::state::At;
use crate::state::State;
use schema::hash::Hash;
use schema::id::TokenId;
use schema::latest::Actor;
use schema::name::Name;
use schema::v1::event::{Change, ConfigurationApplied, Kind, TokenCreated, TokenScope};
use std::collections::BTreeMap;

/// One token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Whose.
    pub user: Name,
    /// What it is called.
    pub name: Name,
    /// H(token).
    pub hash: Hash,
    /// What it leaves of the person's roles.
    pub scope: TokenScope,
    /// When it was made, milliseconds since 1970.
    pub created_ms: u64,
    /// Who made it.
    pub created_by: Actor,
    /// From when on it is worth nothing; none if it never expires.
    pub expires_ms: Option<u64>,
    /// Whether it was revoked, or its person was.
    pub revoked: bool,
}

impl Token {
    /// Whether it is good at `now_ms`.
    #[must_use]
    pub fn is_good(&self, now_ms: u64) -> bool {
        !self.revoked && !self.is_expired(now_ms)
    }

    /// Whether its time is over at `now_ms`.
    #[must_use]
    pub fn is_expired(&self, now_ms: u64) -> bool {
        self.expires_ms.is_some_and(|at| at <= now_ms)
    }
}

/// All tokens that there ever were.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tokens(BTreeMap<TokenId, Token>);

impl Tokens {
    /// One token.
    #[must_use]
    pub fn get(&self, id: &TokenId) -> Option<&Token> {
        self.0.get(id)
    }

    /// Every token, also those that are over.
    pub fn all(&self) -> impl Iterator<Item = (&TokenId, &Token)> {
        self.0.iter()
    }

    /// The tokens of a person that are good at `now_ms`.
    pub fn good(&self, user: &Name, now_ms: u64) -> impl Iterator<Item = &Token> {
        self.0.values().filter(move |token| token.user == *user && token.is_good(now_ms))
    }

    pub(super) fn created(&mut self, at: &At<'_>, event: &TokenCreated) {
        let token = Token {
            user: event.user.clone(),
            name: event.name.clone(),
            hash: event.hash,
            scope: (*event.scope).clone(),
            created_ms: at.header.time_ms,
            created_by: at.header.actor.clone(),
            expires_ms: event.expires_ms,
            revoked: false,
        };
        self.0.insert(event.id, token);
    }

    pub(super) fn revoked(&mut self, id: &TokenId) {
        if let Some(token) = self.0.get_mut(id) {
            token.revoked = true;
        }
    }

    /// Who is removed takes their tokens along: another person of that name gets none of them.
    pub(super) fn configured(&mut self, event: &ConfigurationApplied) {
        for change in &event.changes {
            let Change::Remove(Kind::User, removed) = change else {
                continue;
            };
            for token in self.0.values_mut().filter(|token| token.user.as_str() == removed) {
                token.revoked = true;
            }
        }
    }
}

/// Who bears a token, as far as a space knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bearer {
    /// A person with their own login.
    Person(Name),
    /// A person through an API token.
    Token(Name, TokenId),
    /// An API token whose time is over.
    Expired,
    /// An API token that was revoked.
    Revoked,
}

impl State {
    /// Who bears the token with this hash at `now_ms`; none if it is not known here. The
    /// comparison is of hashes of 256 random bits, so that its time tells nothing.
    #[must_use]
    pub fn bearer(&self, hash: &Hash, now_ms: u64) -> Option<Bearer> {
        if let Some(name) = self.configuration.person(hash) {
            return Some(Bearer::Person(name.clone()));
        }
        let (id, token) = self.tokens.all().find(|(_, token)| token.hash == *hash)?;
        Some(match (token.revoked, token.is_expired(now_ms)) {
            (true, _) => Bearer::Revoked,
            (false, true) => Bearer::Expired,
            (false, false) => Bearer::Token(token.user.clone(), *id),
        })
    }
}
