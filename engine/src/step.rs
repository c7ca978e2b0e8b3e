//! What goes into a step and what comes out.

use crate::command::{Done, Rejection, Request};
use crate::engine::GivenBack;
use crate::fetch::Held;
use crate::outbox::Outgoing;
use crate::run::{ManualAnswer, Plan, Report};
use crate::trust::door::Verified;
use crate::trust::refusal::Refusal;
use schema::id::{LinkId, ObjectId, Position, SpaceId};
#[cfg(feature = "measure")]
use schema::latest::Event;
use schema::latest::{Block, EnvelopeKind, Piece};
use schema::name::Name;
use schema::v1::model::Package;

/// The two clocks, as arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Now {
    /// Milliseconds since 1970; may jump; never an ordering.
    pub wall_ms: u64,
    /// Milliseconds since any moment; never falls while a process lives.
    pub monotonic_ms: u64,
}

/// Something that happened outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// Somebody asks for something. The answer comes back under `reply`.
    Asked {
        /// What.
        request: Request,
        /// Chosen by the runtime, to find the one who asked.
        reply: u64,
    },
    /// An envelope came and passed the door.
    Arrived(Box<Verified>),
    /// An envelope came and did not.
    Refused {
        /// Why.
        reason: Refusal,
        /// Its bytes.
        bytes: Vec<u8>,
    },
    /// The carrier reached a peer, for the first time or again.
    Connected(SpaceId),
    /// The carrier to a peer takes no larger envelopes than this.
    Carries {
        /// The peer.
        peer: SpaceId,
        /// Bytes of the largest envelope.
        envelope_bytes_max: usize,
    },
    /// A deployment ended.
    Ended {
        /// Which.
        deployment: Position,
        /// How.
        report: Report,
    },
    /// A deployment came to a manual step, and waits for a person.
    Awaits {
        /// Which deployment.
        deployment: Position,
        /// Which step.
        step: Name,
    },
    /// The store told what it holds of an object.
    Holds {
        /// The object.
        object: ObjectId,
        /// How much of it.
        held: Held,
    },
    /// The store told why an object does not come from the feed where it takes it.
    Lacks {
        /// The object.
        object: ObjectId,
        /// Why, and where it was looked for, in words for people.
        why: String,
    },
    /// The store read a piece that a peer asked for.
    Read {
        /// For whom.
        link: LinkId,
        /// The piece.
        piece: Piece,
    },
    /// Events for a peer that nothing decided. Only measurements of the road have these.
    #[cfg(feature = "measure")]
    Written {
        /// On which link.
        link: LinkId,
        /// The events; each becomes one entry.
        events: Vec<Event>,
    },
}

/// Something to be done outside. None is handed out before the block of its step is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Answer the one who asked.
    Reply {
        /// Who.
        reply: u64,
        /// What.
        answer: Result<Done, Rejection>,
    },
    /// Read these entries, seal them, send them.
    Publish {
        /// The link.
        link: LinkId,
        /// Which entries.
        run: Outgoing,
    },
    /// Send this envelope.
    Send {
        /// To whom.
        peer: SpaceId,
        /// What it holds: a carrier may treat kinds differently.
        kind: EnvelopeKind,
        /// The envelope.
        bytes: Vec<u8>,
    },
    /// Run a deployment.
    Run(Plan),
    /// End a deployment that runs; its report tells how it went.
    Cancel(Position),
    /// Tell a deployment that waits for a person how the manual step went.
    AnswerManual {
        /// Which deployment.
        deployment: Position,
        /// What the person said.
        answer: ManualAnswer,
    },
    /// Tell what the store holds of an object.
    Look {
        /// The object.
        object: ObjectId,
        /// Its size in bytes.
        size: u64,
        /// As what packages releases name it: what a feed may have it as.
        called: Vec<Package>,
    },
    /// Store a piece; tell then what the store holds.
    Store(Piece),
    /// Forget what the store holds of an unfinished object; tell then what it holds.
    Discard {
        /// The object.
        object: ObjectId,
        /// Its size in bytes.
        size: u64,
    },
    /// Read a piece that a peer may have.
    ReadPiece {
        /// For whom.
        link: LinkId,
        /// The object.
        object: ObjectId,
        /// Where the piece begins.
        offset: u64,
    },
    /// Read these entries of a peer and give them back to it.
    GiveBack(GivenBack),
    /// Tell the operator.
    Alarm(String),
}

/// What one step gives.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stepped {
    /// What must be durable before anything else happens.
    pub block: Option<Block>,
    /// What is done then, in this order.
    pub effects: Vec<Effect>,
    /// When what is true has to be told anew from the log, because entries in it were written by
    /// somebody else: what came in and was not taken yet. It is for the step after.
    pub rest: Option<Vec<Input>>,
}
