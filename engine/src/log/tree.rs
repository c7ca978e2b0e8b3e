//! The tree over a log's leaves: RFC 6962, section 2.1, grown leaf by leaf.

use schema::hash::{Hash, sha256};

/// The roots of the full subtrees of a tree, largest first. That is all that is needed to go on
/// and to know the root.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tree {
    size: u64,
    peaks: Vec<Hash>,
}

fn node(left: &Hash, right: &Hash) -> Hash {
    sha256(&[&[1], left, right])
}

impl Tree {
    /// The tree over nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Leaves so far.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf, already hashed with its 0x00 prefix.
    pub fn push(&mut self, leaf: Hash) {
        let mut merged = leaf;
        // Each trailing one bit of the size is a full subtree that the new leaf completes.
        for _ in 0..self.size.trailing_ones() {
            let left = self.peaks.pop().expect("a peak for each one bit of the size");
            merged = node(&left, &merged);
        }
        self.peaks.push(merged);
        self.size += 1;
    }

    /// The root; of the empty tree the hash of nothing.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        let Some(last) = peaks.next() else {
            return sha256(&[]);
        };
        peaks.fold(*last, |right, left| node(left, &right))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition of the RFC, naively.
    fn reference(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => sha256(&[]),
            [leaf] => *leaf,
            _ => {
                let split = leaves.len().next_power_of_two() / 2;
                node(&reference(&leaves[..split]), &reference(&leaves[split..]))
            }
        }
    }

    #[test]
    fn the_root_is_that_of_the_definition_at_every_size() {
        let mut tree = Tree::new();
        let mut leaves = Vec::new();
        for n in 0..130_u8 {
            assert_eq!(tree.root(), reference(&leaves));
            let leaf = sha256(&[&[0], &[n]]);
            tree.push(leaf);
            leaves.push(leaf);
        }
    }

    #[test]
    fn the_roots_are_those_of_the_known_vectors() {
        // The test inputs that certificate transparency implementations share.
        let inputs: [&[u8]; 8] = [
            b"",
            b"\x00",
            b"\x10",
            b"\x20\x21",
            b"\x30\x31",
            b"\x40\x41\x42\x43",
            b"\x50\x51\x52\x53\x54\x55\x56\x57",
            b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
        ];
        let mut tree = Tree::new();
        for input in inputs {
            tree.push(sha256(&[&[0], input]));
        }
        let root = schema::id::hex(&tree.root());
        assert_eq!(root, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
    }
}
