//! A space that keeps to no rule: real keys, real seals, and whatever it likes to say.

use engine::entropy::Entropy;
use engine::trust::certificate::Keys;
use engine::trust::epoch::{Direction, begin};
use engine::trust::identity::{Identity, Pair, Secrets, Seeds, continue_statements, found};
use engine::trust::seal::{Head, Run, Sealer};
use engine::trust::signature::SecretKey;
use schema::bytes::Writer;
use schema::hash::{Hash, chain_next, chain_start};
use schema::id::{CommandId, Incarnation, LinkId, LinkSeq, Position, SpaceId};
use schema::latest::{
    Actor, Audience, Carried, Certificate, Document, Entry, Envelope, EnvelopeKind, Event, Header,
    Kind,
};
use schema::v1::envelope::{body_hash, signed_bytes};
use serde::Serialize;
use std::collections::BTreeMap;

/// What a stranger's clock says; nobody orders by it.
const TIME_MS: u64 = 1_767_225_600_000;

/// One link of a stranger, as it likes to remember it.
#[derive(Debug, Clone)]
pub struct Line {
    /// The link.
    pub link: LinkId,
    /// What it said so far.
    pub said: Vec<Carried>,
    /// c(0), c(1), ...
    pub chain: Vec<Hash>,
    keys: Keys,
}

/// A peer with real keys that signs what it likes.
#[derive(Debug)]
pub struct Stranger {
    seeds: Seeds,
    identity: Identity,
    certificate: Certificate,
    offer: Hash,
    incarnation: Incarnation,
    entropy: Entropy,
    sealer: Sealer,
    lines: BTreeMap<SpaceId, Line>,
}

impl Stranger {
    /// A stranger in which everything follows from `seed`.
    ///
    /// # Panics
    /// When `called` is no name.
    #[must_use]
    pub fn new(called: &str, seed: u64) -> Self {
        let mut bytes = [0x5e; 32];
        bytes[..8].copy_from_slice(&seed.to_be_bytes());
        let mut entropy = Entropy::from_seed(bytes);
        let [root, signing, sealing] = [(); 3].map(|()| entropy.bytes());
        // It keeps nothing at rest.
        let seeds = Seeds { root, signing, sealing, at_rest: [0; 32] };
        let name = called.parse().expect("a name");
        let mut certificate = found(&name, &seeds, entropy.bytes(), TIME_MS);
        let keys = Keys::verify(&certificate).expect("just made");
        let identity = Identity::new(&keys, &seeds).expect("made of these keys");
        let offer = entropy.bytes();
        certificate.documents.push(identity.offer(offer));
        Self {
            seeds,
            identity,
            certificate,
            offer,
            incarnation: Incarnation(entropy.bytes()),
            entropy,
            sealer: Sealer::default(),
            lines: BTreeMap::new(),
        }
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> SpaceId {
        self.identity.space()
    }

    /// Its keys' seeds.
    #[must_use]
    pub const fn seeds(&self) -> &Seeds {
        &self.seeds
    }

    /// Who signs.
    #[must_use]
    pub const fn identity(&self) -> &Identity {
        &self.identity
    }

    /// What others import.
    #[must_use]
    pub const fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The incarnation of the log that it pretends to have.
    #[must_use]
    pub const fn incarnation(&self) -> Incarnation {
        self.incarnation
    }

    /// The same space under new keys.
    ///
    /// # Panics
    /// Never: the statement is of these very keys.
    #[must_use]
    pub fn rotated(&self) -> Self {
        self.rotated_again(self)
    }

    /// The same space under keys that follow on those of `before`.
    ///
    /// # Panics
    /// Never: the statement is of these very keys.
    #[must_use]
    pub fn rotated_again(&self, before: &Self) -> Self {
        let keys = Keys::verify(&before.certificate).expect("its own");
        let number = keys.newest().number;
        let mut entropy = Entropy::from_seed([u8::try_from(number).expect("a few"); 32]);
        let pair = Pair::draw(&mut entropy);
        let old = Pair { signing: before.seeds.signing, sealing: before.seeds.sealing };
        let root = &self.seeds.root;
        let statement = continue_statements(&keys, root, Some(&old), &pair, Vec::new(), TIME_MS);
        let newer = keys.continued(&[statement]).expect("it continues them");
        let mut seeds = self.seeds.clone();
        (seeds.signing, seeds.sealing) = (pair.signing, pair.sealing);
        let secrets = Secrets::default().with(number + 1, pair);
        Self {
            seeds,
            identity: Identity::of(&newer, secrets),
            certificate: newer.certificate(),
            offer: self.offer,
            incarnation: self.incarnation,
            entropy,
            sealer: Sealer::default(),
            lines: self.lines.clone(),
        }
    }

    /// Begins another life of its log, as if it had lost the last one.
    pub fn reborn(&mut self) {
        self.incarnation = Incarnation(self.entropy.bytes());
        let me = self.id();
        for (peer, line) in &mut self.lines {
            line.said.clear();
            line.chain = vec![chain_start(&me, peer, &line.link, &self.incarnation)];
        }
    }

    /// Takes the certificate of a peer; the id of the link follows from both offers.
    ///
    /// # Panics
    /// When the certificate is not believed or holds no offer.
    pub fn trust(&mut self, certificate: &Certificate) -> LinkId {
        let keys = Keys::verify(certificate).expect("a certificate to be believed");
        let peer = keys.space();
        let theirs = keys.offer().expect("with an offer");
        let me = self.id();
        let link = LinkId::between((&me, &self.offer), (&peer, theirs));
        let chain = vec![chain_start(&me, &peer, &link, &self.incarnation)];
        let said = Vec::new();
        let line = Line { link, said, chain, keys };
        self.lines.insert(peer, line);
        link
    }

    /// The link to `peer`.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn line(&self, peer: &SpaceId) -> &Line {
        self.lines.get(peer).expect("a peer that was trusted")
    }

    /// The header that an honest entry for `peer` would have.
    #[must_use]
    pub fn header(&mut self, peer: &SpaceId) -> Header {
        let command = CommandId(self.entropy.bytes());
        Header {
            kind: 0,
            version: 0,
            flags: 0,
            time_ms: TIME_MS,
            command,
            correlation: command,
            causation: None,
            actor: Actor::Policy,
            audience: Audience::Link(self.line(peer).link),
        }
    }

    /// The bytes of an entry for `peer`.
    ///
    /// # Panics
    /// When it would be too large.
    #[must_use]
    pub fn entry(&mut self, peer: &SpaceId, event: &Event) -> Vec<u8> {
        let header = self.header(peer);
        let entry = Entry::write(header, event).expect("an entry of a lawful size");
        entry.bytes().to_vec()
    }

    /// A signed document.
    pub fn document<T: Serialize>(&self, kind: Kind, payload: &T) -> Document {
        self.identity.document(kind, payload)
    }

    /// Signs anything at all.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        SecretKey::from_seed(&self.seeds.signing).sign(message)
    }

    /// Adds an entry to what was said to `peer`, under the next number; it is sent with
    /// [`Self::envelope`].
    pub fn say(&mut self, peer: &SpaceId, entry: Vec<u8>) -> LinkSeq {
        let salt = self.entropy.bytes();
        let incarnation = self.incarnation;
        let line = self.lines.get_mut(peer).expect("a peer that was trusted");
        let number = LinkSeq(line.said.len() as u64 + 1);
        let carried = Carried { incarnation, position: Position(number.0 + 2), salt, entry };
        let last = line.chain.last().expect("c(0)");
        let next =
            chain_next(last, number, &carried.incarnation, carried.position, &carried.commit());
        line.chain.push(next);
        line.said.push(carried);
        number
    }

    /// Forgets what it said to `peer` after `number`, to tell it differently.
    pub fn forget_after(&mut self, peer: &SpaceId, number: LinkSeq) {
        let line = self.lines.get_mut(peer).expect("a peer that was trusted");
        let kept = usize::try_from(number.0).expect("small");
        line.said.truncate(kept);
        line.chain.truncate(kept + 1);
    }

    /// What an honest header would say about its own side.
    #[must_use]
    pub fn head(&self, peer: &SpaceId) -> Head {
        let line = self.line(peer);
        Head {
            incarnation: self.incarnation,
            newest: LinkSeq(line.said.len() as u64),
            chain: *line.chain.last().expect("c(0)"),
            oldest: LinkSeq(1),
            checkpoint: (line.said.len() as u64 + 2, [0x77; 32], TIME_MS),
        }
    }

    /// The envelope of what was said to `peer` from `first` to `last`.
    #[must_use]
    pub fn envelope(&mut self, peer: &SpaceId, first: u64, last: u64) -> Vec<u8> {
        let line = self.line(peer);
        let (from, to) =
            (usize::try_from(first).expect("small"), usize::try_from(last).expect("small"));
        let run = Run {
            first: LinkSeq(first),
            chain_before: line.chain[from - 1],
            chain_after: line.chain[to],
            entries: line.said[from - 1..to].to_vec(),
        };
        self.run(peer, &run)
    }

    /// An envelope of any run, whether its chain is right or not.
    #[must_use]
    pub fn run(&mut self, peer: &SpaceId, run: &Run) -> Vec<u8> {
        let head = self.head(peer);
        let line = self.lines.get(peer).expect("a peer that was trusted");
        let sealed = self.sealer.entries(
            &self.identity,
            &line.keys,
            line.link,
            &head,
            run,
            &mut self.entropy,
        );
        sealed.expect("a key that can be sealed to")
    }

    /// Says one entry and gives the envelope that carries it.
    #[must_use]
    pub fn tell(&mut self, peer: &SpaceId, entry: Vec<u8>) -> Vec<u8> {
        let number = self.say(peer, entry);
        self.envelope(peer, number.0, number.0)
    }

    /// An envelope of `kind` with any body.
    #[must_use]
    pub fn signal(&mut self, peer: &SpaceId, kind: EnvelopeKind, body: &[u8]) -> Vec<u8> {
        let head = self.head(peer);
        let mut written = Writer::new();
        written.fixed(body);
        let line = self.lines.get(peer).expect("a peer that was trusted");
        let sealed = self.sealer.signal(
            &self.identity,
            &line.keys,
            line.link,
            &head,
            kind,
            written,
            &mut self.entropy,
        );
        sealed.expect("a key that can be sealed to")
    }

    /// Changes the header of an envelope and signs it again; the seal stays what it was.
    ///
    /// # Panics
    /// When `bytes` is no envelope.
    #[must_use]
    pub fn altered(&self, bytes: &[u8], change: impl FnOnce(&mut Envelope)) -> Vec<u8> {
        let mut envelope = Envelope::read(bytes).expect("an envelope");
        change(&mut envelope);
        envelope.header_bytes = envelope.header.write();
        self.signed(envelope)
    }

    /// Signs an envelope as it is.
    #[must_use]
    pub fn signed(&self, mut envelope: Envelope) -> Vec<u8> {
        let hash = body_hash(&envelope.body);
        envelope.signature = self.sign(&signed_bytes(&envelope.header_bytes, &hash));
        envelope.write()
    }

    /// The encapsulation of an epoch that goes another way: what a seal for somebody else names.
    ///
    /// # Panics
    /// When the key of `peer` cannot be sealed to.
    #[must_use]
    pub fn other_epoch(&mut self, peer: &SpaceId, link: LinkId) -> [u8; 32] {
        let direction = Direction { origin: self.id(), recipient: *peer, link };
        let public = self.line(peer).keys.newest().sealing.0;
        let begun = begin(&direction, &public, &mut self.entropy);
        begun.expect("a key that can be sealed to").0
    }
}
