//! The only source of random bytes in the engine: seeded from outside, then deterministic.

use chacha20::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};

/// A ChaCha20 generator. The same seed gives the same bytes, so that a simulated run can be
/// repeated; a node seeds it from the system at every start.
pub struct Entropy(ChaCha20Rng);

impl Entropy {
    /// A generator that begins at `seed`.
    #[must_use]
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self(ChaCha20Rng::from_seed(seed))
    }

    /// The next `N` bytes.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.fill_bytes(&mut bytes);
        bytes
    }

    /// The generator itself, for libraries that ask for one.
    pub(crate) fn generator(&mut self) -> &mut ChaCha20Rng {
        &mut self.0
    }
}

impl std::fmt::Debug for Entropy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Entropy")
    }
}
