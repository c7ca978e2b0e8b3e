//! The proof of a contradiction, found in the log of whom it was told to.
//!
//! A log is read twice: once for the contradiction that the space noted, which comes last, and once
//! for what the peer said before. Neither reading keeps more of the log than a few hundred entries.

use crate::trust::certificate::{Keys, fingerprint};
use crate::trust::proof::of_runs;
use schema::id::{LinkId, LinkSeq};
use schema::latest::{
    Block, Certificate, Commitment, Document, EnvelopeHeader, Event, Evidence, Mirrored, Proof,
    Record, SignedRun,
};
use schema::limits::ENVELOPE_ENTRIES_MAX;
use schema::v1::event::{LinkContradicted, PeerStated, PeerTrusted};
use std::collections::{BTreeMap, VecDeque};

/// The first reading: who the peer is, and what the space noted of it.
#[derive(Debug)]
pub struct Noted {
    peer: String,
    links: BTreeMap<LinkId, Keys>,
    newest: Option<LinkContradicted>,
}

impl Noted {
    /// Looks for a peer by its name in the log, its fingerprint or its id.
    #[must_use]
    pub fn of(peer: &str) -> Self {
        Self { peer: peer.to_owned(), links: BTreeMap::new(), newest: None }
    }

    /// Reads the next block.
    pub fn block(&mut self, block: &Block) {
        for (record, _) in &block.records {
            let Record::Own(own) = record else { continue };
            match own.entry.event() {
                Ok(Event::PeerTrusted(trusted)) => self.trusted(&trusted),
                Ok(Event::PeerStated(stated)) => self.stated(&stated),
                Ok(Event::LinkContradicted(noted)) if self.links.contains_key(&noted.link) => {
                    self.newest = Some(noted);
                }
                Ok(_) | Err(_) => {}
            }
        }
    }

    fn trusted(&mut self, trusted: &PeerTrusted) {
        let plain = |text: &str| text.split_whitespace().collect::<String>().to_lowercase();
        let called = trusted.name.as_str() == self.peer
            || plain(&fingerprint(&trusted.peer)) == plain(&self.peer);
        let certificate = Certificate::read(&trusted.certificate).ok().filter(|_| called);
        let keys = certificate.and_then(|certificate| Keys::verify(&certificate).ok());
        self.links.extend(keys.map(|keys| (trusted.link, keys)));
    }

    fn stated(&mut self, stated: &PeerStated) {
        let documents: Vec<Document> =
            stated.statements.iter().filter_map(|json| Document::read(json).ok()).collect();
        for keys in self.links.values_mut().filter(|keys| keys.space() == stated.peer) {
            if let Ok(newer) = keys.continued(&documents) {
                *keys = newer;
            }
        }
    }

    /// Whether the peer was ever trusted.
    #[must_use]
    pub fn is_known(&self) -> bool {
        !self.links.is_empty()
    }

    /// The second reading, when the peer contradicted itself; of several times the last.
    #[must_use]
    pub fn told(self) -> Option<Told> {
        let noted = self.newest?;
        let keys = self.links.get(&noted.link)?.clone();
        let other = EnvelopeHeader::read(&noted.header).ok()?;
        Some(Told { noted, keys, other, recent: VecDeque::new(), open: None, run: None })
    }
}

/// The second reading: the envelope that says what the other one contradicts.
#[derive(Debug)]
pub struct Told {
    noted: LinkContradicted,
    keys: Keys,
    other: EnvelopeHeader,
    /// The newest entries of the link: as many as one envelope may hold, and some more.
    recent: VecDeque<(LinkSeq, Commitment)>,
    /// An envelope that speaks of the number, while its entries are read.
    open: Option<(EnvelopeHeader, Evidence)>,
    run: Option<SignedRun>,
}

impl Told {
    /// Reads the next block.
    pub fn block(&mut self, block: &Block) {
        for (record, _) in &block.records {
            match record {
                Record::Own(_) => {}
                Record::Evidence(evidence) => self.evidence(evidence),
                Record::Mirrored(mirrored) => self.mirrored(mirrored),
            }
        }
    }

    fn evidence(&mut self, evidence: &Evidence) {
        self.open = None;
        let Ok(header) = EnvelopeHeader::read(&evidence.header) else { return };
        let same = header.link == self.noted.link && header.incarnation == self.other.incarnation;
        // What comes before the number may be all that was said when the other story came.
        let speaks = header.first <= self.noted.at && self.noted.at <= header.last().next();
        if same && speaks {
            self.open = Some((header, evidence.clone()));
        }
    }

    fn mirrored(&mut self, mirrored: &Mirrored) {
        let same =
            mirrored.link == self.noted.link && mirrored.link_incarnation == self.other.incarnation;
        if !same {
            return;
        }
        let (incarnation, position) = (mirrored.id.incarnation, mirrored.id.position);
        let entry = Commitment { incarnation, position, commit: mirrored.commit() };
        self.recent.push_back((mirrored.link_seq, entry));
        if self.recent.len() > 2 * ENVELOPE_ENTRIES_MAX {
            self.recent.pop_front();
        }
        let ends =
            |(header, _): &mut (EnvelopeHeader, Evidence)| header.last() == mirrored.link_seq;
        if let Some((header, evidence)) = self.open.take_if(ends) {
            let entries = self.recent.iter().filter(|(number, _)| *number >= header.first);
            let entries = entries.map(|(_, entry)| entry.clone()).collect();
            self.run = Some(SignedRun { evidence, entries });
        }
    }

    /// The proof, when the log holds both sides of it.
    #[must_use]
    pub fn proof(self) -> Option<Proof> {
        let LinkContradicted { header, body_hash, signature, entries, .. } = self.noted;
        let evidence = Evidence { header, body_hash, signature };
        of_runs(&self.keys, self.run?, SignedRun { evidence, entries })
    }
}
