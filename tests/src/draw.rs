//! Values of every type of the protocol, drawn from a seed: the same every time.

mod configuration;
mod deployment;
mod gate;
mod invitation;
mod model;

use engine::entropy::Entropy;
use schema::id::{
    CommandId, DocumentId, EntryId, Incarnation, LinkId, LinkSeq, ObjectId, Position, SpaceId,
    TokenId,
};
use schema::latest::{
    Ack, Actor, AtRest, Audience, Beat, Carried, EnvelopeHeader, Event, Evidence, HandedSecret,
    Header, KeptSecret, Mark, Piece, Reclaim, Returned, Want,
};
use schema::limits::PIECE_BYTES_MAX;
use schema::name::{Name, PackageName, Text, Version};
use schema::v1::event::{
    Assignment, Commitment, Cut, GrantsChanged, GrantsPublished, IncarnationBegan,
    IncarnationDeclared, Kept, KeysStated, LinkContradicted, LinkOffered, LinkRevoked,
    PackagePushed, PastLife, PeerStated, PeerTrusted, Role, SecretSet, SecretUnset, SecretsKept,
    SpaceCreated, TokenCreated, TokenRevoked, TokenScope,
};
use schema::v1::model::{Disclosure, Grant, ProjectId, ReleaseId};

/// Letters of drawn names; some take more than one byte.
const LETTERS: [char; 12] = ['a', 'b', 'Z', '0', '7', '-', '_', '.', 'ü', '本', '/', 'x'];

/// Draws values.
#[derive(Debug)]
pub struct Draw(Entropy);

impl Draw {
    /// A draw that begins at `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut bytes = [0xd4; 32];
        bytes[..8].copy_from_slice(&seed.to_be_bytes());
        Self(Entropy::from_seed(bytes))
    }

    /// Random bytes.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        self.0.bytes()
    }

    /// A number of any length: short ones are as likely as long ones.
    pub fn number(&mut self) -> u64 {
        let shift = u32::from(self.bytes::<1>()[0] % 64);
        u64::from_be_bytes(self.bytes()) >> shift
    }

    /// A number below `bound`, which is not zero.
    pub fn below(&mut self, bound: usize) -> usize {
        let drawn = u64::from_be_bytes(self.bytes()) % bound as u64;
        usize::try_from(drawn).expect("below a usize")
    }

    /// Whether.
    pub fn coin(&mut self) -> bool {
        self.below(2) == 0
    }

    /// At most `most` values.
    pub fn list<T>(&mut self, most: usize, mut one: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let count = self.below(most + 1);
        (0..count).map(|_| one(self)).collect()
    }

    fn maybe<T>(&mut self, one: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.coin().then(|| one(self))
    }

    /// Any bytes, at most `most`.
    pub fn blob(&mut self, most: usize) -> Vec<u8> {
        self.list(most, |draw| draw.bytes::<1>()[0])
    }

    /// A text, at most 300 letters.
    pub fn text(&mut self) -> Text {
        let text: String = self.list(300, Self::letter).into_iter().collect();
        text.parse().expect("a short text")
    }

    fn letter(&mut self) -> char {
        LETTERS[self.below(LETTERS.len())]
    }

    /// A name.
    pub fn name(&mut self) -> Name {
        let text: String = self.list(20, Self::letter).into_iter().collect();
        format!("n{text}").parse().expect("a name")
    }

    /// A version.
    pub fn version(&mut self) -> Version {
        let (a, b, c) = (self.below(20), self.below(300), self.below(5));
        format!("{a}.{b}.{c}-rc{c}").parse().expect("a version")
    }

    fn package_name(&mut self) -> PackageName {
        format!("p{}", self.below(1000)).parse().expect("an id")
    }

    /// The id of a space.
    pub fn space(&mut self) -> SpaceId {
        SpaceId(self.bytes())
    }

    /// A release.
    pub fn release(&mut self) -> ReleaseId {
        let project = ProjectId { space: self.space(), name: self.name() };
        let version = self.version();
        ReleaseId { project, version }
    }

    fn at_rest(&mut self) -> AtRest {
        let (key, nonce) = (u32::from_be_bytes(self.bytes()), self.bytes());
        AtRest { key, nonce, sealed: self.blob(60) }
    }

    fn kept_secret(&mut self) -> KeptSecret {
        let from = EntryId {
            origin: self.space(),
            incarnation: Incarnation(self.bytes()),
            position: Position(self.number()),
        };
        KeptSecret { from, sealed: self.at_rest() }
    }

    fn handed_secret(&mut self) -> HandedSecret {
        HandedSecret {
            index: u32::from_be_bytes(self.bytes()),
            recipient: self.space(),
            key: u32::from_be_bytes(self.bytes()),
            encapsulation: self.bytes(),
            sealed: self.blob(60),
        }
    }

    fn secret_event(&mut self, kind: u16) -> Event {
        match kind {
            16 => {
                let (project, name, scope) = (self.name(), self.name(), self.applies());
                Event::SecretSet(SecretSet { project, name, scope, sealed: self.at_rest() })
            }
            17 => Event::SecretUnset(SecretUnset {
                project: self.name(),
                name: self.name(),
                scope: self.applies(),
            }),
            _ => Event::SecretsKept(SecretsKept {
                bundle: DocumentId(self.bytes()),
                release: self.release(),
                secrets: self.list(3, Self::kept_secret),
            }),
        }
    }

    fn grant(&mut self) -> Grant {
        match self.below(6) {
            0 => Grant::AcceptReleases(self.name()),
            1 => Grant::AcceptResults,
            2 => Grant::SendResults(Disclosure::Status),
            3 => Grant::SendResults(Disclosure::Summary),
            4 => Grant::Relay,
            _ => Grant::SendResults(Disclosure::Full),
        }
    }

    fn role(&mut self) -> Role {
        Role::ALL[self.below(Role::ALL.len())]
    }

    fn assignment(&mut self) -> Assignment {
        Assignment { role: self.role(), project: self.pattern(), environment: self.pattern() }
    }

    fn token_event(&mut self, kind: u16) -> Event {
        let id = TokenId(self.bytes());
        if kind == 14 {
            return Event::TokenRevoked(TokenRevoked { id });
        }
        let roles = self.list(3, Self::role);
        Event::TokenCreated(TokenCreated {
            id,
            user: self.name(),
            name: self.name(),
            hash: self.bytes(),
            scope: Box::new(TokenScope {
                roles,
                project: self.pattern(),
                environment: self.pattern(),
            }),
            expires_ms: self.coin().then(|| self.number()),
        })
    }

    /// An event of the kind with this number.
    ///
    /// # Panics
    /// When there is none.
    pub fn event(&mut self, kind: u16) -> Event {
        match kind {
            1..=5 | 9 | 28 => self.trust_event(kind),
            6..=7 => self.key_event(kind),
            11..=12 => self.life_event(kind),
            10 => self.configuration_event(),
            13 | 14 => self.token_event(kind),
            20 => Event::PackagePushed(PackagePushed { package: self.package() }),
            21 | 36 => self.release_event(kind),
            16 | 17 | 29 => self.secret_event(kind),
            22..=27 => self.promotion_event(kind),
            30..=35 => self.deployment_event(kind),
            43..=49 => self.gate_event(kind),
            _ => self.invitation_event(kind),
        }
    }

    fn trust_event(&mut self, kind: u16) -> Event {
        match kind {
            1 => Event::SpaceCreated(SpaceCreated {
                certificate: self.text().to_string(),
                incarnation: Incarnation(self.bytes()),
            }),
            2 => Event::LinkOffered(LinkOffered { offer: self.text().to_string() }),
            3 => Event::PeerTrusted(PeerTrusted {
                peer: self.space(),
                name: self.name(),
                link: LinkId(self.bytes()),
                certificate: self.text().to_string(),
                grants: self.list(4, Self::grant),
            }),
            4 => Event::GrantsChanged(GrantsChanged {
                link: LinkId(self.bytes()),
                grants: self.list(4, Self::grant),
                from: LinkSeq(self.number()),
                sending_from: LinkSeq(self.number()),
            }),
            9 => Event::LinkRevoked(LinkRevoked {
                link: LinkId(self.bytes()),
                received: LinkSeq(self.number()),
                sent: LinkSeq(self.number()),
            }),
            28 => Event::GrantsPublished(GrantsPublished { grants: self.list(4, Self::grant) }),
            _ => Event::LinkContradicted(LinkContradicted {
                link: LinkId(self.bytes()),
                at: LinkSeq(self.number()),
                header: self.blob(330),
                body_hash: self.bytes(),
                signature: self.bytes(),
                entries: self.list(3, |draw| Commitment {
                    incarnation: Incarnation(draw.bytes()),
                    position: Position(draw.number()),
                    commit: draw.bytes(),
                }),
            }),
        }
    }

    fn key_event(&mut self, kind: u16) -> Event {
        match kind {
            6 => Event::KeysStated(KeysStated { statement: self.text().to_string() }),
            _ => Event::PeerStated(PeerStated {
                peer: self.space(),
                statements: self.list(3, |draw| draw.text().to_string()),
                cut: self.maybe(Self::cut),
            }),
        }
    }

    fn life_event(&mut self, kind: u16) -> Event {
        let incarnation = Incarnation(self.bytes());
        match kind {
            11 => Event::IncarnationDeclared(IncarnationDeclared {
                incarnation,
                predecessor: Incarnation(self.bytes()),
                size: self.number(),
                root: self.bytes(),
                links: self.list(3, |draw| Kept {
                    link: LinkId(draw.bytes()),
                    at: LinkSeq(draw.number()),
                    chain: draw.bytes(),
                }),
            }),
            _ => Event::IncarnationBegan(IncarnationBegan {
                incarnation,
                lives: self.list(3, |draw| PastLife {
                    incarnation: Incarnation(draw.bytes()),
                    at: LinkSeq(draw.number()),
                    chain: draw.bytes(),
                }),
                size: self.number(),
                root: self.bytes(),
            }),
        }
    }

    /// Where somebody else's entries begin.
    pub fn cut(&mut self) -> Cut {
        Cut {
            incarnation: Incarnation(self.bytes()),
            at: LinkSeq(self.number()),
            chain: self.bytes(),
        }
    }

    /// What is written before a payload.
    pub fn header(&mut self) -> Header {
        let causation = self.maybe(|draw| EntryId {
            origin: draw.space(),
            incarnation: Incarnation(draw.bytes()),
            position: Position(draw.number()),
        });
        let actor = match self.below(3) {
            0 => Actor::Policy,
            1 => Actor::Person(self.name()),
            _ => Actor::Space(self.space()),
        };
        let audience =
            if self.coin() { Audience::Internal } else { Audience::Link(LinkId(self.bytes())) };
        Header {
            kind: 0,
            version: 0,
            flags: 0,
            time_ms: self.number(),
            command: CommandId(self.bytes()),
            correlation: CommandId(self.bytes()),
            causation,
            actor,
            audience,
        }
    }

    /// A mark.
    pub fn mark(&mut self) -> Mark {
        let (start, count) = (self.bytes(), self.number());
        Mark { start, count }
    }

    /// A beat.
    pub fn beat(&mut self) -> Beat {
        Beat {
            mark: self.mark(),
            echo: self.mark(),
            interval_ms: u32::from_be_bytes(self.bytes()),
            time_ms: self.number(),
        }
    }

    /// An ack that says nothing impossible.
    pub fn ack(&mut self) -> Ack {
        let acknowledged = self.below(1 << 20) as u64;
        let mut end = acknowledged;
        let ranges = self.list(5, |draw| {
            let first = end + 2 + draw.below(100) as u64;
            end = first + draw.below(100) as u64;
            (LinkSeq(first), LinkSeq(end))
        });
        Ack {
            incarnation: Incarnation(self.bytes()),
            acknowledged: LinkSeq(acknowledged),
            chain: self.bytes(),
            applied: LinkSeq(acknowledged.saturating_sub(self.below(3) as u64)),
            ranges,
            credit_bytes: self.number(),
            credit_envelopes: u32::from_be_bytes(self.bytes()),
            schema: 1,
            echo: self.mark(),
        }
    }

    /// A want.
    pub fn want(&mut self) -> Want {
        let object = ObjectId(self.bytes());
        let mut offsets = self.list(15, |draw| draw.below(1000) as u64 * PIECE_BYTES_MAX as u64);
        offsets.push(0);
        Want { object, offsets }
    }

    /// A reclaim.
    pub fn reclaim(&mut self) -> Reclaim {
        Reclaim { incarnation: Incarnation(self.bytes()), after: LinkSeq(self.number()) }
    }

    /// An answer to a reclaim, with a run of one to three entries that nobody signed.
    pub fn returned(&mut self) -> Returned {
        let evidence = Evidence {
            header: self.bytes::<{ EnvelopeHeader::LENGTH }>().to_vec(),
            body_hash: self.bytes(),
            signature: self.bytes(),
        };
        let mut entries = self.list(2, Self::carried);
        entries.push(self.carried());
        let incarnation = Incarnation(self.bytes());
        Returned { incarnation, newest: LinkSeq(self.number()), run: Some((evidence, entries)) }
    }

    fn carried(&mut self) -> Carried {
        Carried {
            incarnation: Incarnation(self.bytes()),
            position: Position(self.number()),
            salt: self.bytes(),
            entry: self.blob(40),
        }
    }

    /// A piece of a small object.
    pub fn piece(&mut self) -> Piece {
        let bytes = self.blob(300);
        Piece { object: ObjectId(self.bytes()), total: bytes.len() as u64, offset: 0, bytes }
    }
}
