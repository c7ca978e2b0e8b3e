//! The parts of one export, and which of them are not here.

use crate::ENDING;
use crate::ranges::Ranges;
use schema::id::{SetId, SpaceId};
use schema::latest::PartHead;
use std::collections::BTreeSet;

/// What is here of one export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Set {
    /// The origin.
    pub from: SpaceId,
    /// The recipient.
    pub to: SpaceId,
    /// The export.
    pub set: SetId,
    /// When it began, in milliseconds since 1970 by its maker's clock.
    pub made_ms: u64,
    /// The numbers of the parts that are here.
    pub numbers: Ranges,
    /// First and last of each range of numbers that are missing before the highest that is here.
    pub missing: Vec<(u64, u64)>,
    /// Whether the last part is missing too: how many there are is not known then.
    pub last_missing: bool,
    /// Numbers that different parts claim, or that come after the last: no export makes such, so
    /// somebody else did.
    pub contradicting: BTreeSet<u32>,
}

impl Set {
    /// What the heads of parts, in ascending order and all of one export, say.
    pub(crate) fn of(heads: &[&PartHead]) -> Option<Self> {
        let first = heads.first()?;
        let mut numbers = Ranges::default();
        let mut contradicting = BTreeSet::new();
        let mut highest = 0;
        let last = heads.iter().find(|head| head.last).map(|head| head.number);
        for head in heads {
            let claimed = head.number == highest;
            if claimed || last.is_some_and(|last| head.number > last) {
                contradicting.insert(head.number);
            }
            highest = head.number;
            numbers.insert(head.number.into(), head.number.into());
        }
        Some(Self {
            from: first.from,
            to: first.to,
            set: first.set,
            made_ms: first.made_ms,
            missing: numbers.missing(0, highest.into()),
            numbers,
            last_missing: last.is_none(),
            contradicting,
        })
    }

    /// Whether all parts are here.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.missing.is_empty() && !self.last_missing
    }
}

/// The name of a part, in a folder that may hold parts of many exports.
pub(crate) fn file_name(head: &PartHead) -> String {
    let PartHead { from, to, set, number, .. } = head;
    let (from, to, set) = (from.short(), to.short(), set.short());
    format!("interspace-{from}-to-{to}-{set}-{number:04}.{ENDING}")
}
