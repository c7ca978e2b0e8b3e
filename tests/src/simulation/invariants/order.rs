//! `order`: no release is deployed or promoted past a phase that is not finished, as a naive
//! reading of the log tells it.

use super::{Check, Invariant, Seen};
use crate::reference::Reference;
use std::collections::BTreeMap;

/// A naive reader for each site.
#[derive(Debug, Default)]
pub struct Order {
    readers: BTreeMap<usize, Reference>,
}

impl Invariant for Order {
    fn name(&self) -> &'static str {
        "order"
    }

    fn reread(&mut self, site: usize) {
        self.readers.remove(&site);
    }

    fn record(&mut self, seen: &Seen<'_>) -> Check {
        let reader = self.readers.entry(seen.site).or_insert_with(|| Reference::of(seen.space));
        reader
            .read(seen.record)
            .map_err(|why| format!("site {} at Position {}: {why}", seen.site, seen.position))
    }
}
