//! What carries each link: the plain network, or a broker.

use std::collections::BTreeSet;

/// Which links a broker carries; the network carries all others.
#[derive(Debug, Clone, Default)]
pub struct Carriers {
    brokered: BTreeSet<(usize, usize)>,
}

const fn pair(one: usize, other: usize) -> (usize, usize) {
    if one < other { (one, other) } else { (other, one) }
}

impl Carriers {
    /// From now on the broker carries this link.
    pub fn broker(&mut self, one: usize, other: usize) {
        self.brokered.insert(pair(one, other));
    }

    /// Whether the broker carries this link.
    #[must_use]
    pub fn is_brokered(&self, one: usize, other: usize) -> bool {
        self.brokered.contains(&pair(one, other))
    }

    /// Whether the broker carries any link.
    #[must_use]
    pub fn has_broker(&self) -> bool {
        !self.brokered.is_empty()
    }

    /// Whom a site reaches through the broker.
    #[must_use]
    pub fn peers(&self, site: usize) -> Vec<usize> {
        let other = |(one, other): &(usize, usize)| match site {
            _ if *one == site => Some(*other),
            _ if *other == site => Some(*one),
            _ => None,
        };
        self.brokered.iter().filter_map(other).collect()
    }
}
