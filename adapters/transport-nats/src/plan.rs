//! What the operator of a server needs so that some spaces can meet there, and nothing else can
//! happen.
//!
//! ```text
//! account of a space   its user; imports what it needs from the store, and the signals to it
//!      |  services: store an envelope, look at a consumer, pull, acknowledge
//! account of the store the streams and consumers of all spaces; the operator's user
//! ```
//!
//! A user never sits in the account that has the streams. Permissions say under which subjects one
//! may publish, and no server looks at the subject for the *answer*: a badly formed pull whose
//! answer is to go to `$JS.API.STREAM.DELETE.x` deletes a stream, because the answer is published
//! in the same account and has no body. Between accounts the server puts a subject of its own
//! there.

mod apply;
mod configuration;
mod permissions;

pub use apply::apply;
pub use permissions::Permissions;
pub(crate) use permissions::{STORE, covers};

use crate::layout::{consumer_of, stream_of};
use crate::login::Login;
use crate::subject::{Class, consumer, stream, subject};
use async_nats::jetstream::consumer::IntoConsumerConfig as _;
use schema::id::SpaceId;
use schema::name::Name;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use thiserror::Error;

/// A server, its users, and who may send to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    spaces: BTreeMap<SpaceId, PlannedSpace>,
    /// The smaller id first.
    links: BTreeSet<(SpaceId, SpaceId)>,
    operator: Login,
    files: ServerFiles,
}

/// One space at the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedSpace {
    /// What the plan calls it, for comments alone.
    pub name: Name,
    /// Who it is to the server.
    pub login: Login,
}

/// Files and folders of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerFiles {
    /// Where JetStream stores.
    pub store: PathBuf,
    /// The server's certificate.
    pub certificate: PathBuf,
    /// The key of the certificate.
    pub key: PathBuf,
    /// Authorities of which clients must show a certificate; none if they need not.
    pub clients: Option<PathBuf>,
}

/// A request to the server that makes a stream or a consumer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Making {
    /// The stream, or the consumer and its stream, in words.
    pub what: String,
    /// The subject to send it to.
    pub subject: String,
    /// Its body.
    pub body: serde_json::Value,
}

/// A plan that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BadPlan {
    /// One space twice.
    #[error("the space {0} is in the plan more than once")]
    Twice(Name),
    /// One login for two.
    #[error("{0} and {1} have the same login: each needs one of its own")]
    SharedLogin(String, String),
    /// A link to itself.
    #[error("a link of {0} with itself")]
    Self_(Name),
    /// A space without a link needs no server.
    #[error("the space {0} has no link")]
    Alone(Name),
    /// A path that a configuration cannot hold.
    #[error("the path {0:?} holds a control character or is not UTF-8")]
    Path(PathBuf),
}

impl Plan {
    /// A plan for these spaces, the pairs of them that have a link, and the operator who makes
    /// streams and consumers.
    ///
    /// # Errors
    /// [`BadPlan`], with the first thing that is wrong.
    pub fn new(
        spaces: Vec<(SpaceId, PlannedSpace)>,
        links: &[(SpaceId, SpaceId)],
        operator: Login,
        files: ServerFiles,
    ) -> Result<Self, BadPlan> {
        let mut logins = BTreeMap::from([(operator.clone(), "the operator".to_owned())]);
        let mut known = BTreeMap::new();
        for (id, space) in spaces {
            let name = space.name.clone();
            if let Some(other) = logins.insert(space.login.clone(), name.to_string()) {
                return Err(BadPlan::SharedLogin(other, name.to_string()));
            }
            if known.insert(id, space).is_some() {
                return Err(BadPlan::Twice(name));
            }
        }
        let links = links.iter().map(|(a, b)| (*a.min(b), *a.max(b))).collect();
        let plan = Self { spaces: known, links, operator, files };
        for (id, space) in &plan.spaces {
            if plan.links.contains(&(*id, *id)) {
                return Err(BadPlan::Self_(space.name.clone()));
            }
            if plan.peers(id).is_empty() {
                return Err(BadPlan::Alone(space.name.clone()));
            }
        }
        configuration::checked(&plan.files)?;
        Ok(plan)
    }

    /// The spaces that a space has a link with, in the order of their ids.
    #[must_use]
    pub fn peers(&self, space: &SpaceId) -> Vec<SpaceId> {
        self.spaces.keys().filter(|other| self.linked(space, other)).copied().collect()
    }

    fn linked(&self, a: &SpaceId, b: &SpaceId) -> bool {
        self.links.contains(&(*a.min(b), *a.max(b)))
    }

    /// What each space may do, in the order of their ids.
    #[must_use]
    pub fn users(&self) -> Vec<(SpaceId, PlannedSpace, Permissions)> {
        let user = |(id, space): (&SpaceId, &PlannedSpace)| {
            (*id, space.clone(), Permissions::of(id, &self.peers(id)))
        };
        self.spaces.iter().map(user).collect()
    }

    /// The configuration of the server: a file that its own file includes.
    #[must_use]
    pub fn configuration(&self) -> String {
        configuration::text(self)
    }

    /// What makes the streams and consumers, in the order in which it must be sent. Sending it
    /// again changes nothing.
    #[must_use]
    pub fn makings(&self) -> Vec<Making> {
        let mut makings = Vec::new();
        for from in self.spaces.keys() {
            let name = stream(from);
            makings.push(Making {
                what: format!("the stream {name}"),
                subject: format!("$JS.API.STREAM.CREATE.{name}"),
                body: serde_json::json!(stream_of(from)),
            });
            for to in self.peers(from) {
                makings.extend(Class::STORED.map(|class| making_of_consumer(from, &to, class)));
            }
        }
        makings
    }
}

fn making_of_consumer(from: &SpaceId, to: &SpaceId, class: Class) -> Making {
    let (of, name) = (stream(from), consumer(to, class));
    let config = consumer_of(from, to, class).into_consumer_config();
    Making {
        what: format!("the consumer {name} of the stream {of}"),
        subject: format!("$JS.API.CONSUMER.CREATE.{of}.{name}.{}", subject(from, to, class)),
        body: serde_json::json!({ "stream_name": of, "config": config }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nkeys::KeyPair;

    fn login() -> Login {
        KeyPair::new_user().public_key().parse().unwrap()
    }

    fn files() -> ServerFiles {
        ServerFiles {
            store: "/s".into(),
            certificate: "/c".into(),
            key: "/k".into(),
            clients: None,
        }
    }

    fn space(n: u8, name: &str) -> (SpaceId, PlannedSpace) {
        (SpaceId([n; 32]), PlannedSpace { name: name.parse().unwrap(), login: login() })
    }

    #[test]
    fn a_plan_that_cannot_be_is_refused() {
        let (a, b, c) = (space(1, "A"), space(2, "B"), space(3, "C"));
        let plan = |spaces: &[&(SpaceId, PlannedSpace)], links: &[(SpaceId, SpaceId)]| {
            Plan::new(spaces.iter().copied().cloned().collect(), links, login(), files())
        };
        let ab = (a.0, b.0);
        assert!(plan(&[&a, &b], &[ab]).is_ok());
        assert_eq!(plan(&[&a, &b, &c], &[ab]), Err(BadPlan::Alone(c.1.name.clone())));
        assert_eq!(plan(&[&a, &b], &[ab, (a.0, a.0)]), Err(BadPlan::Self_(a.1.name.clone())));
        let again = (a.0, PlannedSpace { login: login(), ..a.1.clone() });
        assert_eq!(plan(&[&a, &b, &again], &[ab]), Err(BadPlan::Twice(a.1.name.clone())));
        let thief = (c.0, PlannedSpace { login: a.1.login.clone(), ..c.1.clone() });
        assert!(matches!(plan(&[&a, &b, &thief], &[ab]), Err(BadPlan::SharedLogin(..))));
        let files = ServerFiles { store: "/s\n} }".into(), ..files() };
        let odd = Plan::new(vec![a, b], &[ab], login(), files);
        assert!(matches!(odd, Err(BadPlan::Path(_))));
    }

    #[test]
    fn the_order_in_which_a_plan_is_written_changes_nothing() {
        let (a, b, c) = (space(1, "A"), space(2, "B"), space(3, "C"));
        let operator = login();
        let plan = |spaces, links: &[(SpaceId, SpaceId)]| {
            Plan::new(spaces, links, operator.clone(), files()).unwrap()
        };
        let (ab, ca) = ((a.0, b.0), (c.0, a.0));
        let one = plan(vec![a.clone(), b.clone(), c.clone()], &[ab, ca]);
        let other = plan(vec![c, b, a], &[(ca.1, ca.0), (ab.1, ab.0), ab]);
        assert_eq!(one.configuration(), other.configuration());
        assert_eq!(one.makings(), other.makings());
    }
}
