//! `audit`: every log verifies, from its bytes: leaves, roots, signatures, envelopes.

use super::{Check, Invariant};
use crate::world::World;
use engine::log::verify::Verifier;
use log_memory::Image;
use schema::id::Position;
use std::collections::BTreeMap;

/// Verifies what was added or altered since it last looked, and at the end everything again.
#[derive(Debug, Default)]
pub struct Audit {
    verified: BTreeMap<usize, (Verifier, Image)>,
}

/// Verifies the blocks of a site from `from` on.
fn verify(site: usize, image: &Image, verifier: &mut Verifier, from: usize) -> Check {
    for block in from..image.blocks() {
        let first = Position(verifier.size() + 1);
        let bytes = image.bytes(block).unwrap_or_default();
        verifier
            .block(first, bytes)
            .map_err(|damage| format!("the log of site {site} does not verify: {damage}"))?;
    }
    Ok(())
}

/// Whether everything that was verified is still there, byte for byte.
fn continues(before: &Image, now: &Image) -> bool {
    let mut blocks = 0..before.blocks();
    blocks.all(|block| before.bytes(block) == now.bytes(block))
}

impl Invariant for Audit {
    fn name(&self) -> &'static str {
        "audit"
    }

    fn examined(&mut self, world: &World, site: usize) -> Check {
        let image = world.sites[site].device.image();
        let before = self.verified.remove(&site);
        let before = before.filter(|(_, before)| continues(before, &image));
        let (mut verifier, from) = match before {
            Some((verifier, before)) => (verifier, before.blocks()),
            None => (Verifier::new(), 0),
        };
        verify(site, &image, &mut verifier, from)?;
        self.verified.insert(site, (verifier, image));
        Ok(())
    }

    fn rested(&mut self, world: &World) -> Check {
        for (number, site) in world.sites.iter().enumerate() {
            let mut verifier = Verifier::new();
            verify(number, &site.device.image(), &mut verifier, 0)?;
            let intact = verifier
                .finish()
                .map_err(|damage| format!("the log of site {number} does not verify: {damage}"))?;
            if intact.space != site.id {
                return Err(format!("the log of site {number} is that of another space"));
            }
        }
        Ok(())
    }
}
