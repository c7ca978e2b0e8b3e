//! A store of objects in memory with the behaviour of the one in a folder.

use engine::fetch::Held;
use schema::id::ObjectId;
use schema::latest::Piece;
use schema::limits::PIECE_BYTES_MAX;
use std::collections::BTreeMap;

/// Complete objects, and the beginnings of others.
#[derive(Debug, Clone, Default)]
pub struct Store {
    complete: BTreeMap<ObjectId, Vec<u8>>,
    partial: BTreeMap<ObjectId, Vec<u8>>,
}

impl Store {
    /// Puts a whole object in.
    pub fn put(&mut self, bytes: Vec<u8>) -> ObjectId {
        let id = ObjectId(*blake3::hash(&bytes).as_bytes());
        self.complete.insert(id, bytes);
        id
    }

    /// The bytes of a complete object.
    #[must_use]
    pub fn bytes(&self, object: &ObjectId) -> Option<&[u8]> {
        self.complete.get(object).map(Vec::as_slice)
    }

    /// What is held; `looked` says that somebody asked.
    #[must_use]
    pub fn held(&self, object: &ObjectId, size: u64, looked: bool) -> Held {
        if self.complete.contains_key(object) {
            return Held { have: size, complete: true, looked, elsewhere: false };
        }
        let have = self.partial.get(object).map_or(0, Vec::len) as u64;
        Held { have, complete: false, looked, elsewhere: false }
    }

    /// Appends the next piece; any other changes nothing.
    pub fn append(&mut self, piece: Piece) {
        if self.complete.contains_key(&piece.object) {
            return;
        }
        let partial = self.partial.entry(piece.object).or_default();
        if piece.offset == partial.len() as u64 {
            partial.extend_from_slice(&piece.bytes);
        }
        if partial.len() as u64 == piece.total {
            let bytes = self.partial.remove(&piece.object).unwrap_or_default();
            if blake3::hash(&bytes).as_bytes() == &piece.object.0 {
                self.complete.insert(piece.object, bytes);
            }
        }
    }

    /// Forgets the beginning of an object.
    pub fn discard(&mut self, object: &ObjectId) {
        self.partial.remove(object);
    }

    /// The piece at `offset`.
    #[must_use]
    pub fn piece(&self, object: ObjectId, offset: u64) -> Option<Piece> {
        let bytes = self.complete.get(&object)?;
        let at = usize::try_from(offset).ok().filter(|at| *at < bytes.len() || *at == 0)?;
        let end = bytes.len().min(at + PIECE_BYTES_MAX);
        let total = bytes.len() as u64;
        Some(Piece { object, total, offset, bytes: bytes[at..end].to_vec() })
    }
}
