//! What must be true of every world after each step, each in a file of its own.

pub mod acknowledged;
pub mod answered;
pub mod arrival;
pub mod audit;
pub mod contradiction;
pub mod drain;
pub mod gates;
pub mod lives;
pub mod once;
pub mod order;
pub mod prefix;
pub mod receipts;
pub mod secrets;
pub mod strangers;
pub mod views;

use crate::world::World;
use engine::run::Plan;
use schema::id::{CommandId, EntryId, LinkId, Position, SpaceId};
use schema::latest::Record;
use std::collections::BTreeMap;

/// Nothing wrong, or what is wrong.
pub type Check = Result<(), String>;

/// A record as a device holds it.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// On which site's device.
    pub site: usize,
    /// The space of that site.
    pub space: SpaceId,
    /// Where.
    pub position: Position,
    /// What.
    pub record: &'a Record,
}

/// A command that was done, as a person was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// By which site.
    pub site: usize,
    /// The number of the wish behind the command: asking again does not make it another.
    pub wish: usize,
    /// The id of the command.
    pub command: CommandId,
    /// The entries that it wrote.
    pub entries: Vec<EntryId>,
}

/// One thing that must be true. It is told what happens, and answers what is wrong.
pub trait Invariant {
    /// Its name, for `--break` and for people.
    fn name(&self) -> &'static str;

    /// What it has seen happen, and how often: what never happens is not looked at.
    fn met(&self) -> BTreeMap<&'static str, u64> {
        BTreeMap::new()
    }

    /// A site starts from its device: what was known of its log is forgotten, and all of its
    /// records are shown again.
    fn reread(&mut self, _site: usize) {}

    /// A log lost its end: what stood behind the first `kept` records is gone. `anew` tells that
    /// its operator lets it live on as another life; else nobody may know yet. Its records are
    /// shown again afterwards.
    fn cut_off(&mut self, _site: usize, _kept: u64, _anew: bool) {}

    /// A site trusts a space that keeps to no rule.
    fn trusted_liar(&mut self, _space: SpaceId, _link: LinkId) {}

    /// A space may pass on what others signed.
    fn relays(&mut self, _space: SpaceId) {}

    /// Somebody wrote an entry in the name of a space, with a key that was stolen.
    fn forged(&mut self, _entry: &[u8]) {}

    /// A record became durable.
    ///
    /// # Errors
    /// What is wrong.
    fn record(&mut self, _seen: &Seen<'_>) -> Check {
        Ok(())
    }

    /// A person was told that a command was done.
    ///
    /// # Errors
    /// What is wrong.
    fn told(&mut self, _told: &Told) -> Check {
        Ok(())
    }

    /// A deployment was handed to a runner.
    ///
    /// # Errors
    /// What is wrong.
    fn ran(&mut self, _world: &World, _site: usize, _plan: &Plan) -> Check {
        Ok(())
    }

    /// The world had come to rest once, and then a fresh release went its way.
    fn released_afresh(&mut self) {}

    /// A secret was given a value.
    fn hides(&mut self, _secret: &str) {}

    /// A site sent an envelope.
    ///
    /// # Errors
    /// What is wrong.
    fn sent(&mut self, _site: usize, _envelope: &[u8]) -> Check {
        Ok(())
    }

    /// An operator was told.
    ///
    /// # Errors
    /// What is wrong.
    fn alarmed(&mut self, _world: &World, _site: usize, _what: &str) -> Check {
        Ok(())
    }

    /// A site took a turn, and its records were shown.
    ///
    /// # Errors
    /// What is wrong.
    fn turned(&mut self, _world: &World, _site: usize) -> Check {
        Ok(())
    }

    /// A site is looked at thoroughly: before a crash, after a start, from time to time, at the
    /// end.
    ///
    /// # Errors
    /// What is wrong.
    fn examined(&mut self, _world: &World, _site: usize) -> Check {
        Ok(())
    }

    /// The world was healed and had time to come to rest.
    ///
    /// # Errors
    /// What is wrong.
    fn rested(&mut self, _world: &World) -> Check {
        Ok(())
    }
}

/// All of them, in the order in which they look.
#[must_use]
pub fn all() -> Vec<Box<dyn Invariant>> {
    vec![
        Box::new(prefix::Prefix::default()),
        Box::new(once::Once::default()),
        Box::new(answered::Answered::default()),
        Box::new(acknowledged::Acknowledged::default()),
        Box::new(contradiction::Contradiction::default()),
        Box::new(lives::Lives::default()),
        Box::new(strangers::Strangers::default()),
        Box::new(order::Order::default()),
        Box::new(gates::Gates::default()),
        Box::new(receipts::Receipts::default()),
        Box::new(secrets::Secrets::default()),
        Box::new(views::Views),
        Box::new(audit::Audit::default()),
        Box::new(drain::Drain::default()),
        Box::new(arrival::Arrival::default()),
    ]
}

/// Names of all, with what each says.
pub const NAMES: [(&str, &str); 15] = [
    (
        "prefix",
        "what is mirrored is a prefix of what its origin made durable for the link, byte for byte",
    ),
    ("once", "nothing takes effect twice"),
    ("answered", "nothing that was answered to a person is lost after a crash"),
    ("acknowledged", "what counts as acknowledged never exceeds what is durable at the recipient"),
    ("contradiction", "honest spaces never contradict themselves, and alarm nobody"),
    ("lives", "a log that lost its end writes and publishes nothing before it lives on"),
    (
        "strangers",
        "a hostile space changes nothing of others, is given nothing, and is frozen with a proof",
    ),
    ("order", "no release goes past a phase that is not finished"),
    ("gates", "nothing is deployed or promoted past a gate that is shut"),
    ("receipts", "a receipt says what the runner did"),
    ("secrets", "a secret is nowhere in the clear, and with those alone for whom it is meant"),
    ("views", "everything rebuilt from the log equals what lives"),
    ("audit", "every log verifies, from its bytes"),
    ("drain", "when the network heals everything arrives, ends and agrees"),
    (
        "arrival",
        "then a fresh release reaches every target by itself, and its source has the proof",
    ),
];
