//! Audit: a log verified from its bytes alone: leaves, tree, checkpoints, signatures, and mirrored
//! entries by the headers of the envelopes that brought them.

use crate::log::tree::Tree;
use crate::trust::certificate::Keys;
use schema::hash::{Hash, chain_next, chain_start};
use schema::id::{Incarnation, LinkId, LinkSeq, Position, SpaceId};
use schema::latest::{
    Block, Certificate, Checkpoint, Document, EnvelopeHeader, Event, Evidence, Mirrored, Record,
};
use schema::v1::block::Damage;
use schema::v1::envelope::signed_bytes;
use schema::v1::event::{IncarnationDeclared, PeerStated};
use std::collections::BTreeMap;

/// What an intact log says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intact {
    /// The space.
    pub space: SpaceId,
    /// The name that it gives itself.
    pub name: String,
    /// The incarnation of the log.
    pub incarnation: Incarnation,
    /// Records.
    pub size: u64,
    /// Own entries, mirrored entries, and envelopes that prove them.
    pub counts: (u64, u64, u64),
    /// The root over all of them.
    pub root: Hash,
    /// When the newest checkpoint was signed, milliseconds since 1970.
    pub time_ms: u64,
}

/// Verifies a log block by block.
#[derive(Debug, Default)]
pub struct Verifier {
    tree: Tree,
    keys: Option<Keys>,
    incarnation: Option<Incarnation>,
    peers: BTreeMap<LinkId, Keys>,
    chains: BTreeMap<(LinkId, Incarnation), Chain>,
    /// The life of each peer's log that is followed.
    followed: BTreeMap<LinkId, Incarnation>,
    /// What came back of a life of this log whose end was lost: the last entry, and c there.
    recovered: BTreeMap<(LinkId, Incarnation), (u64, Hash)>,
    counts: (u64, u64, u64),
    /// The newest checkpoint: root and time.
    newest: Option<(Hash, u64)>,
    /// The root at the end of each block, for who knows what it was.
    roots: BTreeMap<u64, Hash>,
}

/// One direction of a link, as far as it was verified.
#[derive(Debug)]
struct Chain {
    hashes: Vec<Hash>,
    /// Up to here envelopes prove the entries.
    proven: u64,
}

/// The certificate with which a log begins.
#[must_use]
pub fn certificate_of(block: &Block) -> Option<Keys> {
    let (Record::Own(own), _) = block.records.first()? else {
        return None;
    };
    let Ok(Event::SpaceCreated(created)) = own.entry.event() else {
        return None;
    };
    Keys::verify(&Certificate::read(&created.certificate).ok()?).ok()
}

fn damage(position: Position, what: impl Into<String>) -> Damage {
    Damage { position, what: what.into() }
}

impl Verifier {
    /// A verifier at the beginning of a log.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Records verified so far.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.tree.size()
    }

    /// The root that the log had when it had this many records; none if no block ended there.
    #[must_use]
    pub fn root_at(&self, size: u64) -> Option<Hash> {
        self.roots.get(&size).copied()
    }

    /// Verifies the next block from its bytes.
    ///
    /// # Errors
    /// [`Damage`] with the first Position that cannot be trusted.
    pub fn block(&mut self, first: Position, bytes: &[u8]) -> Result<(), Damage> {
        let next = Position(self.tree.size() + 1);
        if first != next {
            return Err(damage(next, "the record is missing"));
        }
        let block = Block::read(bytes, first)?;
        if self.keys.is_none() {
            let keys = certificate_of(&block);
            self.keys = Some(keys.ok_or_else(|| {
                damage(first, "the log does not begin with the certificate of a space")
            })?);
        }
        let mut open = None;
        for ((record, leaf), position) in block.records.iter().zip((first.0..).map(Position)) {
            self.tree.push(*leaf);
            match record {
                Record::Own(own) => {
                    open = None;
                    self.counts.0 += 1;
                    let event =
                        own.entry.event().map_err(|why| damage(position, why.to_string()))?;
                    self.learn(position, &event)?;
                }
                Record::Evidence(evidence) => {
                    self.counts.2 += 1;
                    open = Some(self.evidence(position, evidence)?);
                }
                Record::Mirrored(mirrored) => {
                    self.counts.1 += 1;
                    let header = open
                        .as_ref()
                        .ok_or_else(|| damage(position, "no envelope proves the mirrored entry"))?;
                    self.mirrored(position, mirrored, header)?;
                }
            }
        }
        self.checkpoint(&block)
    }

    /// The end of the log.
    ///
    /// # Errors
    /// When it is empty, or an envelope's last entries are missing.
    pub fn finish(self) -> Result<Intact, Damage> {
        let end = Position(self.tree.size() + 1);
        let (Some(keys), Some(incarnation), Some((root, time_ms))) =
            (self.keys, self.incarnation, self.newest)
        else {
            return Err(damage(end, "the log is empty"));
        };
        Ok(Intact {
            space: keys.space(),
            name: keys.name().to_string(),
            incarnation,
            size: self.tree.size(),
            counts: self.counts,
            root,
            time_ms,
        })
    }

    /// What later records are verified with.
    fn learn(&mut self, position: Position, event: &Event) -> Result<(), Damage> {
        if let Event::SpaceCreated(created) = event {
            if position != Position(1) {
                return Err(damage(position, "a space begins only once"));
            }
            self.incarnation = Some(created.incarnation);
        }
        if let Event::IncarnationDeclared(declared) = event {
            self.declared(position, declared)?;
        }
        if let Event::KeysStated(stated) = event {
            let newer = Document::read(&stated.statement)
                .ok()
                .and_then(|document| self.keys.as_ref()?.continued(&[document]).ok())
                .ok_or_else(|| damage(position, "the key statement is not believed"))?;
            self.keys = Some(newer);
        }
        if let Event::PeerStated(stated) = event {
            self.peer_stated(position, stated)?;
        }
        if let Event::PeerTrusted(trusted) = event {
            let keys = Certificate::read(&trusted.certificate)
                .ok()
                .and_then(|certificate| Keys::verify(&certificate).ok())
                .filter(|keys| keys.space() == trusted.peer)
                .ok_or_else(|| damage(position, "the certificate of a peer is not believed"))?;
            self.peers.insert(trusted.link, keys);
        }
        Ok(())
    }

    /// Another life of this log: it names what the one before had.
    fn declared(
        &mut self,
        position: Position,
        declared: &IncarnationDeclared,
    ) -> Result<(), Damage> {
        let kept = declared.size + 1 == position.0
            && self.roots.get(&declared.size) == Some(&declared.root)
            && self.incarnation == Some(declared.predecessor);
        if !kept {
            return Err(damage(position, "the log does not live on from what it had"));
        }
        self.incarnation = Some(declared.incarnation);
        for link in &declared.links {
            let life = (link.link, declared.predecessor);
            self.recovered.insert(life, (link.at.0, link.chain));
        }
        Ok(())
    }

    /// A peer's newer keys, and where on its link the entries end that it wrote itself.
    fn peer_stated(&mut self, position: Position, stated: &PeerStated) -> Result<(), Damage> {
        let documents: Result<Vec<Document>, _> =
            stated.statements.iter().map(|json| Document::read(json)).collect();
        let known = self.peers.iter_mut().find(|(_, keys)| keys.space() == stated.peer);
        let newer = known.and_then(|(link, keys)| {
            *keys = keys.continued(&documents.ok()?).ok()?;
            Some((*link, keys.newest_revoking() > 0))
        });
        let (link, revokes) = newer
            .ok_or_else(|| damage(position, "the key statements of a peer are not believed"))?;
        let Some(cut) = &stated.cut else { return Ok(()) };
        if !revokes {
            return Err(damage(position, "entries are left out though no key was revoked"));
        }
        if let Some(chain) = self.chains.get_mut(&(link, cut.incarnation)) {
            let stays = usize::try_from(cut.at.0).unwrap_or(usize::MAX).saturating_add(1);
            chain.hashes.truncate(stays);
            chain.proven = chain.proven.min(cut.at.0);
        }
        Ok(())
    }

    /// The signature of an envelope whose entries follow, and its place in the chain.
    fn evidence(
        &mut self,
        position: Position,
        evidence: &Evidence,
    ) -> Result<EnvelopeHeader, Damage> {
        let header = EnvelopeHeader::read(&evidence.header)
            .map_err(|why| damage(position, why.to_string()))?;
        if self.keys.as_ref().is_some_and(|keys| keys.space() == header.origin) {
            self.own_evidence(position, evidence, &header)?;
            return Ok(header);
        }
        let peer =
            self.peers.get(&header.link).filter(|keys| keys.space() == header.origin).ok_or_else(
                || damage(position, "the envelope is of no peer that was trusted then"),
            )?;
        let message = signed_bytes(&evidence.header, &evidence.body_hash);
        // At the time it came, this was the newest key: one that was replaced signs nothing new.
        let signed = header.origin_key == peer.newest().number
            && peer
                .signing(header.origin_key)
                .is_some_and(|key| key.verifies(&message, &evidence.signature));
        let mine = self.keys.as_ref().is_some_and(|keys| keys.space() == header.recipient);
        if !signed || !mine {
            return Err(damage(
                position,
                "the envelope is not signed by its origin for this space",
            ));
        }
        let followed = self.followed.insert(header.link, header.incarnation);
        if followed.is_some_and(|before| before != header.incarnation)
            && self.chains.contains_key(&(header.link, header.incarnation))
        {
            return Err(damage(position, "the envelope is of a life of its origin that is over"));
        }
        let start =
            chain_start(&header.origin, &header.recipient, &header.link, &header.incarnation);
        let chain = self
            .chains
            .entry((header.link, header.incarnation))
            .or_insert_with(|| Chain { hashes: vec![start], proven: 0 });
        // The envelope before it must be told to its end, and this one must bring something: a
        // proof that was used once cannot cover for entries that nobody signed.
        let here = chain.hashes.len() as u64;
        if here <= chain.proven || header.last().0 < here {
            return Err(damage(position, "the envelope proves nothing that follows"));
        }
        let before = usize::try_from(header.first.0 - 1).ok();
        if before.and_then(|at| chain.hashes.get(at)) != Some(&header.chain_before) {
            return Err(damage(position, "the envelope does not continue the chain of its link"));
        }
        chain.proven = header.last().0;
        Ok(header)
    }

    /// The signature of an envelope of this space that a peer gave back.
    fn own_evidence(
        &self,
        position: Position,
        evidence: &Evidence,
        header: &EnvelopeHeader,
    ) -> Result<(), Damage> {
        let message = signed_bytes(&evidence.header, &evidence.body_hash);
        let key = self.keys.as_ref().and_then(|keys| keys.signing(header.origin_key));
        let signed = key.is_some_and(|key| key.verifies(&message, &evidence.signature));
        let peer = self.peers.get(&header.link).map(Keys::space) == Some(header.recipient);
        let lost = self.recovered.get(&(header.link, header.incarnation));
        let range = header.first.0..=header.last().0;
        if signed && peer && lost.is_some_and(|(at, _)| range.contains(&(at + 1))) {
            Ok(())
        } else {
            Err(damage(position, "the envelope is none that this space lost"))
        }
    }

    /// One entry of this space that a peer gave back: the next that was lost.
    fn own_again(
        &mut self,
        position: Position,
        mirrored: &Mirrored,
        header: &EnvelopeHeader,
    ) -> Result<(), Damage> {
        let life = (header.link, header.incarnation);
        let same = mirrored.link == life.0 && mirrored.link_incarnation == life.1;
        let lost = self.recovered.get_mut(&life).filter(|_| same);
        let Some((at, chain)) = lost.filter(|(at, _)| mirrored.link_seq.0 == *at + 1) else {
            return Err(damage(position, "the entry is not the next that was lost"));
        };
        let (id, number) = (&mirrored.id, mirrored.link_seq);
        *chain = chain_next(chain, number, &id.incarnation, id.position, &mirrored.commit());
        *at = number.0;
        if number == header.last() && *chain != header.chain_after {
            return Err(damage(position, "the entries are not those that were signed"));
        }
        Ok(())
    }

    /// One mirrored entry: the next of its link, and the last one as the envelope says.
    fn mirrored(
        &mut self,
        position: Position,
        mirrored: &Mirrored,
        header: &EnvelopeHeader,
    ) -> Result<(), Damage> {
        if self.keys.as_ref().is_some_and(|keys| keys.space() == mirrored.id.origin) {
            return self.own_again(position, mirrored, header);
        }
        let of_the_envelope = mirrored.link == header.link
            && mirrored.id.origin == header.origin
            && mirrored.link_incarnation == header.incarnation
            && mirrored.link_seq <= header.last();
        let chain = self.chains.get_mut(&(header.link, header.incarnation));
        let Some(chain) = chain.filter(|_| of_the_envelope) else {
            return Err(damage(position, "the mirrored entry is not of the envelope before it"));
        };
        let number = LinkSeq(chain.hashes.len() as u64);
        if mirrored.link_seq != number {
            return Err(damage(position, "the mirrored entry is not the next of its link"));
        }
        let last = chain.hashes.last().copied().unwrap_or_default();
        let (incarnation, place) = (&mirrored.id.incarnation, mirrored.id.position);
        let next = chain_next(&last, number, incarnation, place, &mirrored.commit());
        chain.hashes.push(next);
        if number == header.last() && next != header.chain_after {
            return Err(damage(position, "the mirrored entries are not those that were signed"));
        }
        Ok(())
    }

    /// The checkpoint behind a block: size, root, signature; and no envelope is left half told.
    fn checkpoint(&mut self, block: &Block) -> Result<(), Damage> {
        let last = Position(self.tree.size());
        let Checkpoint { size, root, time_ms, key, signature } = &block.checkpoint;
        if *size != self.tree.size() || *root != self.tree.root() {
            return Err(damage(block.first, "the block does not give the root of its checkpoint"));
        }
        let (Some(keys), Some(incarnation)) = (&self.keys, &self.incarnation) else {
            return Err(damage(last, "the log does not begin with the certificate of a space"));
        };
        let note = Checkpoint::note(&keys.space(), incarnation, *size, root, *time_ms);
        let signed = *key == keys.newest().number
            && keys.signing(*key).is_some_and(|key| key.verifies(note.as_bytes(), signature));
        if !signed {
            return Err(damage(last, "the checkpoint behind it is not signed by the space"));
        }
        let whole = self.chains.values().all(|chain| chain.hashes.len() as u64 > chain.proven);
        if !whole {
            return Err(damage(last, "entries of an envelope are missing behind it"));
        }
        self.newest = Some((*root, *time_ms));
        self.roots.insert(*size, *root);
        Ok(())
    }
}
