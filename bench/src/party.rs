//! A space's keys without a log, and its side of a link.

use crate::Failure;
use crate::entries::{ENTRY_BYTES, published};
use engine::entropy::Entropy;
use engine::trust::certificate::Keys;
use engine::trust::door::chain_over;
use engine::trust::identity::{Identity, Seeds, found};
use engine::trust::seal::{Head, Run, Sealer};
use schema::hash::{Hash, chain_start};
use schema::id::{Incarnation, LinkId, LinkSeq, Position};
use schema::latest::Carried;

/// A space that has keys and nothing else.
#[derive(Debug)]
pub(crate) struct Party {
    pub(crate) seeds: Seeds,
    pub(crate) identity: Identity,
    /// What others know of it: key statement and offer.
    pub(crate) keys: Keys,
}

impl Party {
    /// The party called `called`; the same every time for the same `seed`.
    pub(crate) fn new(called: &str, seed: u8) -> Result<Self, Failure> {
        let mut entropy = Entropy::from_seed([seed; 32]);
        let seeds = Seeds::draw(&mut entropy);
        let mut certificate = found(&called.parse()?, &seeds, entropy.bytes(), 1);
        let identity = Identity::new(&Keys::verify(&certificate)?, &seeds)?;
        certificate.documents.push(identity.offer(entropy.bytes()));
        Ok(Self { seeds, identity, keys: Keys::verify(&certificate)? })
    }
}

/// One direction of a link: numbers entries, chains them, seals them.
#[derive(Debug)]
pub(crate) struct Lane {
    pub(crate) origin: Party,
    pub(crate) recipient: Keys,
    pub(crate) link: LinkId,
    incarnation: Incarnation,
    newest: LinkSeq,
    chain: Hash,
    sealer: Sealer,
    entropy: Entropy,
}

impl Lane {
    /// A lane on which nothing was sent.
    pub(crate) fn new(origin: Party, recipient: Keys, link: LinkId) -> Self {
        let incarnation = Incarnation([3; 16]);
        let (from, to) = (origin.identity.space(), recipient.space());
        Self {
            chain: chain_start(&from, &to, &link, &incarnation),
            newest: LinkSeq(0),
            sealer: Sealer::default(),
            entropy: Entropy::from_seed([4; 32]),
            origin,
            recipient,
            link,
            incarnation,
        }
    }

    /// The next `count` entries, numbered and chained.
    pub(crate) fn run(&mut self, count: usize) -> Result<Run, Failure> {
        let first = self.newest.next();
        let carried = (first.0..).take(count).map(|number| {
            let entry = published(self.link, number, ENTRY_BYTES)?;
            let mut salt = [0; 16];
            salt[..8].copy_from_slice(&number.to_be_bytes());
            Ok::<_, Failure>(Carried {
                incarnation: self.incarnation,
                position: Position(number),
                salt,
                entry: entry.bytes().to_vec(),
            })
        });
        let entries = carried.collect::<Result<Vec<_>, _>>()?;
        let chain_before = self.chain;
        let chain = chain_over(&chain_before, first, &entries);
        self.chain = *chain.last().ok_or("a run of no entries")?;
        self.newest = LinkSeq(self.newest.0 + count as u64);
        Ok(Run { first, chain_before, chain_after: self.chain, entries })
    }

    /// What the header of an envelope says of its origin now.
    pub(crate) fn head(&self) -> Head {
        Head {
            incarnation: self.incarnation,
            newest: self.newest,
            chain: self.chain,
            oldest: LinkSeq(1),
            checkpoint: (self.newest.0, self.chain, 1),
        }
    }

    /// The envelope of `run`.
    pub(crate) fn seal(&mut self, head: &Head, run: &Run) -> Result<Vec<u8>, Failure> {
        let Self { sealer, origin, recipient, link, entropy, .. } = self;
        let sealed = sealer.entries(&origin.identity, recipient, *link, head, run, entropy);
        sealed.ok_or_else(|| "the recipient's key cannot be sealed to".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::trust::door::{Content, open};
    use engine::trust::keyring::{Epochs, Keyring};

    #[test]
    fn runs_follow_one_another_and_the_door_lets_them_in() {
        let (origin, recipient) = (Party::new("one", 1).unwrap(), Party::new("two", 2).unwrap());
        let link = LinkId([9; 32]);
        let mut keyring = Keyring::default();
        keyring.admit(link, origin.keys.clone());
        let mut lane = Lane::new(origin, recipient.keys.clone(), link);
        let mut epochs = Epochs::default();
        for (first, count) in [(1, 3), (4, 2)] {
            let run = lane.run(count).unwrap();
            assert_eq!(run.first, LinkSeq(first));
            let envelope = lane.seal(&lane.head(), &run).unwrap();
            let verified = open(&envelope, &recipient.identity, &keyring, &mut epochs).unwrap();
            assert_eq!(verified.into_content(), Content::Entries(run.entries));
        }
    }
}
