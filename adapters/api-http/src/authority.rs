//! Who asks: the token decides, and nothing else that a request says.

use crate::port::{Node, Trouble};
use crate::problem::Problem;
use axum::http::{HeaderMap, header};
use engine::decide::configuration::OPERATOR;
use schema::hash::{Domain, Hash, hash};
use schema::id::SpaceId;
use schema::name::Name;

/// Somebody with a valid token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Who {
    pub(crate) name: Name,
    /// The only space in which this token is worth anything; none for the operator.
    space: Option<SpaceId>,
}

impl Who {
    /// Lets through who may act in `space`.
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

/// The bearer of a request's token.
pub(crate) fn bearer(headers: &HeaderMap, node: &dyn Node) -> Result<Who, Problem> {
    identify(borne(headers)?, node)
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

/// Whose token has this hash.
pub(crate) fn identify(token: Hash, node: &dyn Node) -> Result<Who, Problem> {
    // What is compared are hashes of 256 random bits; the time it takes tells nothing of them.
    if token == node.operator() {
        let name = OPERATOR.parse().map_err(|_| Problem::unauthorized("no operator"))?;
        return Ok(Who { name, space: None });
    }
    for (space, _) in node.spaces() {
        // A space that is closed knows nobody; that locks nobody out of the others.
        if let Ok(Some(name)) = person(node, space, token) {
            return Ok(Who { name, space: Some(space) });
        }
    }
    Err(Problem::unauthorized("the token is not known"))
}

fn person(node: &dyn Node, space: SpaceId, token: Hash) -> Result<Option<Name>, Trouble> {
    let (sender, receiver) = std::sync::mpsc::sync_channel(1);
    node.look(
        &space,
        Box::new(move |engine, _| {
            let _ = sender.send(engine.state().configuration.person(&token).cloned());
        }),
    )?;
    Ok(receiver.recv().ok().flatten())
}
