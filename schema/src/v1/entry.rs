//! An entry: a fixed header and an opaque payload, written once and never encoded again.
//!
//! ```text
//! kind            u16     which event; see `event`
//! version         u16     of the payload's form
//! flags           u16     bit 0: must understand
//! time            u64     milliseconds since 1970, the writer's clock; never an ordering
//! command         16      the command that caused it
//! correlation     16      the command that began the whole story
//! causation       u8 0 | u8 1, origin 32, incarnation 16, position u64
//! actor           u8 0 policy | u8 1, u32 length, name of a person | u8 2, space 32
//! audience        u8 0 internal | u8 1, link 32
//! payload         u32 length, bytes (bincode)
//! ```

use crate::bytes::{Malformed, Reader, Writer};
use crate::hash::{Hash, commit};
use crate::id::{CommandId, EntryId, Incarnation, LinkId, Position, SpaceId};
use crate::limits::{ENTRY_BYTES_MAX, NAME_BYTES_MAX};
use crate::name::Name;
use crate::v1::event::Event;
use std::sync::Arc;

const WHAT: &str = "entry";

/// Bit 0 of the flags: a reader that does not know the kind must not fold past it.
pub const MUST_UNDERSTAND: u16 = 1;

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// This space's own policy.
    Policy,
    /// A person, by the name that their token stands for.
    Person(Name),
    /// A space as a whole: how an actor is named towards others at level *status*.
    Space(SpaceId),
}

/// Who may see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// This space alone; it never crosses a link.
    Internal,
    /// The peer on this link.
    Link(LinkId),
}

/// What is written before the payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Which event.
    pub kind: u16,
    /// The version of the payload's form.
    pub version: u16,
    /// See [`MUST_UNDERSTAND`].
    pub flags: u16,
    /// Milliseconds since 1970 by the writer's clock.
    pub time_ms: u64,
    /// The command that caused it.
    pub command: CommandId,
    /// The command that began the whole story, over all spaces.
    pub correlation: CommandId,
    /// The entry that caused it, if one did.
    pub causation: Option<EntryId>,
    /// Who did it.
    pub actor: Actor,
    /// Who may see it.
    pub audience: Audience,
}

/// The exact bytes of one event with what their header says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    bytes: Arc<[u8]>,
    header: Header,
    payload_at: usize,
}

impl Entry {
    /// Writes an entry. The kind, version and flags of `header` are those of the event and are set
    /// here.
    ///
    /// # Errors
    /// When it would be larger than [`ENTRY_BYTES_MAX`].
    pub fn write(mut header: Header, event: &Event) -> Result<Self, Malformed> {
        let (kind, version, flags, payload) = event.encode();
        (header.kind, header.version, header.flags) = (kind, version, flags);
        let mut out = Writer::new();
        out.u16(kind).u16(version).u16(flags).u64(header.time_ms);
        out.fixed(&header.command.0).fixed(&header.correlation.0);
        match &header.causation {
            None => out.u8(0),
            Some(id) => out.u8(1).fixed(&id.origin.0).fixed(&id.incarnation.0).u64(id.position.0),
        };
        match &header.actor {
            Actor::Policy => out.u8(0),
            Actor::Person(name) => out.u8(1).variable(name.as_str().as_bytes()),
            Actor::Space(space) => out.u8(2).fixed(&space.0),
        };
        match &header.audience {
            Audience::Internal => out.u8(0),
            Audience::Link(link) => out.u8(1).fixed(&link.0),
        };
        out.variable(&payload);
        let bytes = out.finish();
        if bytes.len() > ENTRY_BYTES_MAX {
            return Err(Malformed::new("entry: too large"));
        }
        let payload_at = bytes.len() - payload.len();
        Ok(Self { bytes: bytes.into(), header, payload_at })
    }

    /// Reads an entry and keeps its bytes. The payload is not looked at.
    ///
    /// # Errors
    /// When the bytes do not have the form above, to the last one.
    pub fn read(bytes: &[u8]) -> Result<Self, Malformed> {
        if bytes.len() > ENTRY_BYTES_MAX {
            return Err(Malformed::new("entry: too large"));
        }
        let mut input = Reader::new(bytes, WHAT);
        let (kind, version, flags, time_ms) =
            (input.u16()?, input.u16()?, input.u16()?, input.u64()?);
        let command = CommandId(input.array()?);
        let correlation = CommandId(input.array()?);
        let causation = match input.u8()? {
            0 => None,
            1 => Some(EntryId {
                origin: SpaceId(input.array()?),
                incarnation: Incarnation(input.array()?),
                position: Position(input.u64()?),
            }),
            _ => return Err(Malformed::new("entry: causation")),
        };
        let actor = match input.u8()? {
            0 => Actor::Policy,
            1 => {
                let name = std::str::from_utf8(input.variable(NAME_BYTES_MAX)?).ok();
                let name = name.and_then(|name| name.parse().ok());
                Actor::Person(name.ok_or(Malformed::new("entry: actor"))?)
            }
            2 => Actor::Space(SpaceId(input.array()?)),
            _ => return Err(Malformed::new("entry: actor")),
        };
        let audience = match input.u8()? {
            0 => Audience::Internal,
            1 => Audience::Link(LinkId(input.array()?)),
            _ => return Err(Malformed::new("entry: audience")),
        };
        let payload = input.variable(ENTRY_BYTES_MAX)?;
        let payload_at = bytes.len() - payload.len();
        input.finish()?;
        let header = Header {
            kind,
            version,
            flags,
            time_ms,
            command,
            correlation,
            causation,
            actor,
            audience,
        };
        Ok(Self { bytes: bytes.into(), header, payload_at })
    }

    /// What is written before the payload.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The bytes as they were first written: these are hashed, stored, sent and verified.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes of the event.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.bytes[self.payload_at..]
    }

    /// The event, lifted to its latest form; a kind or version that this build does not know is
    /// [`Event::Unknown`].
    ///
    /// # Errors
    /// When the payload is not exactly the bytes of such an event.
    pub fn event(&self) -> Result<Event, Malformed> {
        Event::decode(&self.header, self.payload())
    }

    /// The commitment to this entry under its salt.
    #[must_use]
    pub fn commit(&self, salt: &[u8; 16]) -> Hash {
        commit(salt, &self.bytes)
    }
}
