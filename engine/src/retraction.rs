//! What somebody else wrote with a peer's stolen key: folded when it came, and not any more since
//! the peer revoked the key.
//!
//! A log only grows, so the entries stay where they are. The entry that tells of the revocation
//! names where on the link they begin, and every fold of the log from then on leaves them out, as
//! if they had never come.

use schema::id::{Incarnation, LinkId, LinkSeq, Position};
use schema::latest::Mirrored;

/// Entries of one link that are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Retraction {
    link: LinkId,
    incarnation: Incarnation,
    /// The last entry that stays.
    at: LinkSeq,
    /// Where this log tells of it: what came later is not left out.
    told: Position,
}

/// All of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Retractions(Vec<Retraction>);

impl Retractions {
    /// Adds what the entry at `told` says. False if it was known.
    pub fn add(
        &mut self,
        told: Position,
        link: LinkId,
        incarnation: Incarnation,
        at: LinkSeq,
    ) -> bool {
        let known = self.0.iter().any(|known| known.told == told);
        if !known {
            self.0.push(Retraction { link, incarnation, at, told });
        }
        !known
    }

    /// Whether the mirrored entry at `position` is left out.
    #[must_use]
    pub fn cover(&self, position: Position, mirrored: &Mirrored) -> bool {
        self.0.iter().any(|retraction| {
            retraction.link == mirrored.link
                && retraction.incarnation == mirrored.link_incarnation
                && mirrored.link_seq > retraction.at
                && position < retraction.told
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use schema::id::{EntryId, SpaceId};

    fn mirrored(link: u8, number: u64) -> Mirrored {
        let incarnation = Incarnation([1; 16]);
        Mirrored {
            id: EntryId { origin: SpaceId([2; 32]), incarnation, position: Position(number) },
            link: LinkId([link; 32]),
            link_incarnation: incarnation,
            link_seq: LinkSeq(number),
            salt: [0; 16],
            entry: Vec::new(),
        }
    }

    #[test]
    fn only_what_came_before_and_lies_beyond_is_left_out() {
        let mut retractions = Retractions::default();
        let (link, incarnation) = (LinkId([7; 32]), Incarnation([1; 16]));
        assert!(retractions.add(Position(50), link, incarnation, LinkSeq(3)));
        assert!(!retractions.add(Position(50), link, incarnation, LinkSeq(3)));
        assert!(retractions.cover(Position(40), &mirrored(7, 4)));
        assert!(!retractions.cover(Position(40), &mirrored(7, 3)), "it stays");
        assert!(!retractions.cover(Position(60), &mirrored(7, 4)), "it came again since");
        assert!(!retractions.cover(Position(40), &mirrored(8, 4)), "of another link");
    }
}
