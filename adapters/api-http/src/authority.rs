//! Who asks: the token decides, and nothing else that a request says.

use crate::port::{Node, Trouble};
use crate::problem::Problem;
use axum::http::{HeaderMap, header};
use engine::decide::configuration::OPERATOR;
use engine::state::tokens::Bearer;
use schema::hash::{Domain, Hash, hash};
use schema::id::{SpaceId, TokenId};
use schema::latest::Actor;
use schema::name::Name;

/// Somebody with a valid token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Who {
    pub(crate) name: Name,
    /// The API token through which they ask; none for their own login.
    pub(crate) token: Option<TokenId>,
    /// The only space in which this token is worth anything; none for the operator.
    pub(crate) space: Option<SpaceId>,
}

impl Who {
    /// The actor of what they do.
    pub(crate) fn actor(&self) -> Actor {
        Actor::Person(self.name.clone())
    }

    /// Lets through who is known in `space`.
    pub(crate) fn may_enter(&self, space: &SpaceId) -> Result<(), Problem> {
        match self.space {
            Some(own) if own != *space => Err(Problem::forbidden(
                format!("{} is not known in this space", self.name),
                "use the token of a person of this space, or the operator's",
            )),
            Some(_) | None => Ok(()),
        }
    }

    /// Lets through the operator of the node.
    pub(crate) fn must_operate(&self) -> Result<(), Problem> {
        if self.space.is_none() {
            return Ok(());
        }
        let title = format!("{} does not operate this node", self.name);
        Err(Problem::forbidden(title, "use the operator's token: tokens/operator.token"))
    }
}

/// The hash of the token that a request bears.
pub(crate) fn borne(headers: &HeaderMap) -> Result<Hash, Problem> {
    let token = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "))
        .ok_or_else(|| Problem::unauthorized("a token is needed"))?;
    Ok(hashed(token))
}

/// The hash of a token, which is all that anybody keeps of it.
pub(crate) fn hashed(token: &str) -> Hash {
    hash(Domain::Token, &[token.trim().as_bytes()])
}

/// Why it is not known whose a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unidentified {
    /// It never was anybody's here.
    Unknown,
    /// It was somebody's, and is worth nothing any more. Said only to who has it: nobody finds out
    /// by guessing that there was one.
    Over(&'static str),
}

impl From<Unidentified> for Problem {
    fn from(why: Unidentified) -> Self {
        match why {
            Unidentified::Unknown => Self::unauthorized("the token is not known"),
            Unidentified::Over(title) => {
                let hint = "make a new one: `interspace token create`".to_owned();
                Self { hint, ..Self::unauthorized(title) }
            }
        }
    }
}

/// Whose token has this hash. Blocks.
pub(crate) fn identify(token: Hash, node: &dyn Node) -> Result<Who, Unidentified> {
    // What is compared are hashes of 256 random bits; the time it takes tells nothing of them.
    if token == node.operator() {
        let name = OPERATOR.parse().map_err(|_| Unidentified::Unknown)?;
        return Ok(Who { name, token: None, space: None });
    }
    for (space, _) in node.spaces() {
        // A space that is closed knows nobody; that locks nobody out of the others.
        let (name, token) = match bearer(node, space, token) {
            Ok(Some(Bearer::Person(name))) => (name, None),
            Ok(Some(Bearer::Token(name, token))) => (name, Some(token)),
            Ok(Some(Bearer::Expired)) => return Err(Unidentified::Over("the token has expired")),
            Ok(Some(Bearer::Revoked)) => return Err(Unidentified::Over("the token was revoked")),
            Ok(None) | Err(_) => continue,
        };
        return Ok(Who { name, token, space: Some(space) });
    }
    Err(Unidentified::Unknown)
}

fn bearer(node: &dyn Node, space: SpaceId, token: Hash) -> Result<Option<Bearer>, Trouble> {
    let (sender, receiver) = std::sync::mpsc::sync_channel(1);
    node.look(
        &space,
        Box::new(move |engine, now| {
            let _ = sender.send(engine.state().bearer(&token, now.wall_ms));
        }),
    )?;
    Ok(receiver.recv().ok().flatten())
}
