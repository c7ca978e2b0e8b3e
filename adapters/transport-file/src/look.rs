//! A look at media: every part once, in the order in which they are to be taken in.

use crate::direction::{Direction, merge};
use crate::fault::Fault;
use crate::found::{Found, Summary};
use crate::search::search;
use crate::set::Set;
use schema::hash::Hash;
use schema::id::{SetId, SpaceId};
use schema::latest::PartHead;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What lies on some media.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// Every part once, with where its copies are: by age of its export, by export, by number. What
    /// is refused comes behind, by path.
    pub found: Vec<Found>,
    /// The exports of which something is here, in the same order.
    pub sets: Vec<Set>,
    /// What exports left that were cut short. Whoever knows that none is under way may remove it.
    pub unfinished: Vec<PathBuf>,
}

/// Looks at files, and at folders with their folders for media. Nothing of what parts hold is kept:
/// [`Found::open`] reads one again.
///
/// # Errors
/// When something that was named is not there, or a folder cannot be read. A file that cannot be
/// read is refused and hides no other.
pub fn read(paths: &[PathBuf]) -> Result<Look, Fault> {
    let hits = search(paths)?;
    let mut refused = Vec::new();
    let mut good: BTreeMap<(Order, Hash), Found> = BTreeMap::new();
    for path in hits.parts {
        let found = Found::at(path);
        let Ok(summary) = &found.result else {
            refused.push(found);
            continue;
        };
        let key = (order(&summary.head), summary.checksum);
        match good.get_mut(&key) {
            Some(known) => known.copies.push(found.path),
            None => {
                good.insert(key, found);
            }
        }
    }
    let mut found: Vec<Found> = good.into_values().collect();
    let sets = sets(&found);
    found.extend(refused);
    Ok(Look { found, sets, unfinished: hits.unfinished.into_iter().collect() })
}

impl Look {
    /// The parts that are not refused.
    pub fn summaries(&self) -> impl Iterator<Item = &Summary> {
        self.found.iter().filter_map(|found| found.result.as_ref().ok())
    }

    /// What the envelopes of all parts say, for each direction of each link and each incarnation.
    #[must_use]
    pub fn directions(&self) -> Vec<Direction> {
        merge(self.summaries().map(|summary| &summary.direction))
    }
}

/// What belongs to one export: older exports first, because what they bring comes first on its
/// link.
type Of = (u64, SetId, SpaceId, SpaceId);

/// The order of taking in.
type Order = (Of, u32);

const fn of(head: &PartHead) -> Of {
    (head.made_ms, head.set, head.from, head.to)
}

const fn order(head: &PartHead) -> Order {
    (of(head), head.number)
}

/// The exports of parts that are in order.
fn sets(found: &[Found]) -> Vec<Set> {
    let heads = found.iter().filter_map(|found| Some(&found.result.as_ref().ok()?.head));
    let heads: Vec<&PartHead> = heads.collect();
    let sets = heads.chunk_by(|one, other| of(one) == of(other));
    sets.filter_map(Set::of).collect()
}
