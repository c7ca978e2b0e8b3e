//! Keys: which statements there are, which keys are kept, and who knows of them.

use crate::custody::{Held, Since};
use crate::shape::time;
use engine::engine::Engine;
use schema::id::SpaceId;
use schema::v1::model::HexHash;
use serde::{Deserialize, Serialize};

/// What is asked about keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", tag = "do")]
pub enum Ask {
    /// Make fresh keys, and the statement that names them.
    Request {
        /// Keys that are revoked by it.
        revoke: Vec<Revoke>,
    },
    /// Go on under the keys of a statement that the root key signed.
    Install {
        /// The statement.
        statement: String,
    },
    /// Only say how a revocation would divide the log.
    Divide {
        /// Where.
        since: Since,
    },
}

/// A key to be revoked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revoke {
    /// The number of its statement.
    pub key: u32,
    /// Records that stay: entries up to this Position are the space's own.
    pub size: u64,
}

/// A statement that the root key has not signed yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requested {
    /// Its number.
    pub number: u32,
    /// The statement.
    pub statement: String,
}

/// The keys of a space.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keys {
    /// The space.
    pub space: SpaceId,
    /// The name that it gives itself.
    pub name: String,
    /// The number of the statement in use.
    pub number: u32,
    /// Records in its log.
    pub entries: u64,
    /// Whether its root key is in its folder.
    pub root_here: bool,
    /// Whether its key files are closed with a passphrase.
    pub protected: bool,
    /// All statements, by number.
    pub statements: Vec<Statement>,
    /// Its peers.
    pub peers: Vec<Peer>,
    /// What keeps the keys of earlier statements from being forgotten; none when none are kept.
    pub kept_because: Option<String>,
}

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// Its number.
    pub number: u32,
    /// When it was made.
    pub since: String,
    /// The key that signs.
    pub signing: HexHash,
    /// The key that peers seal to.
    pub sealing: HexHash,
    /// Whether it is the one in use.
    pub in_use: bool,
    /// Whether its secret keys are kept here.
    pub kept: bool,
    /// Whether it was revoked, and since when.
    pub revoked: Option<Revoked>,
}

/// A revocation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revoked {
    /// The number of the statement that revokes it.
    pub by: u32,
    /// Records that stay: entries up to this Position are the space's own.
    pub size: u64,
}

/// A peer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peer {
    /// The name that it has here.
    pub peer: String,
    /// The statement that it seals to; none before it was heard since the node started.
    pub seals_to: Option<u32>,
}

/// Shows the keys of a space.
#[must_use]
pub fn show(engine: &Engine, held: &Held) -> Keys {
    let (state, number) = (engine.state(), engine.identity().number());
    let statements = (1..=number).filter_map(|number| statement(engine, held, number)).collect();
    let peers: Vec<Peer> = engine
        .traffic()
        .values()
        .map(|traffic| Peer {
            peer: state.name_of(&traffic.peer),
            seals_to: Some(traffic.knows).filter(|knows| *knows > 0),
        })
        .collect();
    let older = held.numbers.iter().any(|known| *known < number);
    let late: Vec<&str> = peers
        .iter()
        .filter(|peer| peer.seals_to.is_none_or(|knows| knows < number))
        .map(|peer| peer.peer.as_str())
        .collect();
    // What is under way may hold a secret that is sealed to an old key.
    let coming = engine.traffic().values().filter(|traffic| !traffic.is_complete());
    let coming: Vec<String> = coming.map(|traffic| state.name_of(&traffic.peer)).collect();
    let kept_because = older.then(|| match late.as_slice() {
        [] if !coming.is_empty() => {
            format!("not everything is here yet that was sent by: {}", coming.join(", "))
        }
        [] => "they are forgotten within seconds: every peer seals to the newest".to_owned(),
        late => format!("not known to seal to the newest yet: {}", late.join(", ")),
    });
    Keys {
        space: state.me(),
        name: engine.identity().name().to_string(),
        number,
        entries: engine.checkpoint().0,
        root_here: held.root,
        protected: held.protected,
        statements,
        peers,
        kept_because,
    }
}

fn statement(engine: &Engine, held: &Held, number: u32) -> Option<Statement> {
    let keys = engine.state().keys.as_ref()?;
    let statement = keys.statement(number)?;
    let newer = (number + 1..=keys.newest().number).filter_map(|by| keys.statement(by));
    let revoked = newer.flat_map(|by| by.revoked.iter().map(move |revoked| (by.number, revoked)));
    // The earliest place counts: what one revocation took away no other brings back.
    let revoked = revoked
        .filter(|(_, revoked)| revoked.key == number)
        .min_by_key(|(_, revoked)| revoked.size)
        .map(|(by, revoked)| Revoked { by, size: revoked.size });
    Some(Statement {
        number,
        since: time(statement.time_ms),
        signing: statement.signing,
        sealing: statement.sealing,
        in_use: number == engine.identity().number(),
        kept: held.numbers.contains(&number),
        revoked,
    })
}
