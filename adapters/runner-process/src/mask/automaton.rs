//! The words that are masked, as an automaton that looks for all of them at once.
//!
//! It is that of Aho and Corasick: one step for each byte, however many words there are. It is
//! written here and not taken from a crate because it *is* the secrets, spelled out letter by
//! letter, and is wiped when it is dropped, which no crate does.

use std::collections::VecDeque;
use zeroize::{DefaultIsZeroes, Zeroizing};

/// A place in the automaton: how much of which words the text ends with. 0 is none of any.
pub(super) type State = u32;

/// One letter of one word, and of all words that begin like it.
#[derive(Clone, Copy, Default)]
struct Node {
    byte: u8,
    /// Letters up to and with this one.
    depth: u32,
    /// The first of the letters that follow it in some word; 0 if none does.
    child: State,
    /// The next letter that follows the same one; 0 if there is none.
    sibling: State,
    /// The longest other beginning of a word that a text which ends here ends with.
    fallback: State,
    /// Letters of the longest word that ends here; 0 if none does.
    found: u32,
}

impl DefaultIsZeroes for Node {}

/// All words.
pub(super) struct Automaton {
    nodes: Zeroizing<Vec<Node>>,
    /// The first letters, by their bytes.
    first: Zeroizing<[State; 256]>,
}

impl Automaton {
    /// The automaton of these words, of which none is empty; none if there are none.
    pub(super) fn of(words: &[Zeroizing<Vec<u8>>]) -> Option<Self> {
        if words.is_empty() {
            return None;
        }
        let letters: usize = words.iter().map(|word| word.len()).sum();
        // As large as it can become: a vector that grows leaves its old self behind unwiped.
        let nodes = Zeroizing::new(Vec::with_capacity(letters + 1));
        let mut automaton = Self { nodes, first: Zeroizing::new([0; 256]) };
        automaton.nodes.push(Node::default());
        for word in words {
            automaton.insert(word);
        }
        automaton.connect();
        Some(automaton)
    }

    fn node(&self, state: State) -> &Node {
        &self.nodes[state as usize]
    }

    fn insert(&mut self, word: &[u8]) {
        let mut at = 0;
        for byte in word {
            let known = self.child(at, *byte);
            at = if known == 0 { self.add(at, *byte) } else { known };
        }
        let node = &mut self.nodes[at as usize];
        node.found = node.depth;
    }

    fn add(&mut self, parent: State, byte: u8) -> State {
        let new = State::try_from(self.nodes.len()).expect("secrets are far smaller than that");
        let Node { depth, child: sibling, .. } = *self.node(parent);
        self.nodes.push(Node { byte, depth: depth + 1, sibling, ..Node::default() });
        self.nodes[parent as usize].child = new;
        if parent == 0 {
            self.first[usize::from(byte)] = new;
        }
        new
    }

    /// What follows `state` with `byte`; 0 if nothing does.
    fn child(&self, state: State, byte: u8) -> State {
        if state == 0 {
            return self.first[usize::from(byte)];
        }
        let mut at = self.node(state).child;
        while at != 0 && self.node(at).byte != byte {
            at = self.node(at).sibling;
        }
        at
    }

    /// Finds the fallbacks, those of short beginnings first: longer ones are found by them.
    fn connect(&mut self) {
        let mut next = VecDeque::from([0]);
        while let Some(parent) = next.pop_front() {
            let mut at = self.node(parent).child;
            while at != 0 {
                let Node { byte, sibling, found, .. } = *self.node(at);
                let fallback =
                    if parent == 0 { 0 } else { self.step(self.node(parent).fallback, byte) };
                let inherited = self.node(fallback).found;
                let node = &mut self.nodes[at as usize];
                node.fallback = fallback;
                // A word that ends here is longer than all that end within it.
                node.found = if found == 0 { inherited } else { found };
                next.push_back(at);
                at = sibling;
            }
        }
    }

    /// Whether a word begins with `byte`.
    pub(super) fn begins(&self, byte: u8) -> bool {
        self.first[usize::from(byte)] != 0
    }

    /// The state after one byte more.
    pub(super) fn step(&self, mut state: State, byte: u8) -> State {
        loop {
            let child = self.child(state, byte);
            if child != 0 || state == 0 {
                return child;
            }
            state = self.node(state).fallback;
        }
    }

    /// With how many letters of a word the text ends, of the longest.
    pub(super) fn depth(&self, state: State) -> usize {
        self.node(state).depth as usize
    }

    /// The letters of the longest word that the text ends with; 0 if it ends with none.
    pub(super) fn found(&self, state: State) -> usize {
        self.node(state).found as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn longest<'a>(all: impl Iterator<Item = &'a [u8]>) -> usize {
        all.map(<[u8]>::len).max().unwrap_or(0)
    }

    proptest! {
        #[test]
        fn after_each_byte_it_knows_the_longest_word_and_the_longest_beginning_of_one(
            words in prop::collection::vec("[abc]{1,6}", 1..8),
            text in "[abcd]{0,60}",
        ) {
            let words: Vec<_> =
                words.iter().map(|word| Zeroizing::new(word.clone().into_bytes())).collect();
            let automaton = Automaton::of(&words).unwrap();
            let mut state = 0;
            for (i, byte) in text.bytes().enumerate() {
                state = automaton.step(state, byte);
                let so_far = &text.as_bytes()[..=i];
                let ends = |word: &&[u8]| so_far.ends_with(word);
                let all = || words.iter().map(|word| word.as_slice());
                prop_assert_eq!(automaton.found(state), longest(all().filter(ends)));
                let beginnings = all().flat_map(|word| (1..=word.len()).map(|n| &word[..n]));
                prop_assert_eq!(automaton.depth(state), longest(beginnings.filter(ends)));
            }
        }
    }

    #[test]
    fn it_grows_no_further_than_what_was_set_aside_for_it() {
        let words = ["abcd", "abxy", "q", ""].map(|word| Zeroizing::new(word.as_bytes().to_vec()));
        let automaton = Automaton::of(&words[..3]).unwrap();
        assert!(automaton.nodes.len() <= 10 && automaton.nodes.capacity() == 10);
        assert!(Automaton::of(&[]).is_none());
    }
}
