//! `audit`: every log verifies, from its bytes: leaves, roots, signatures, envelopes.

use super::{Check, Invariant};
use crate::world::World;
use engine::log::verify::Verifier;
use schema::id::Position;
use std::collections::BTreeMap;

/// Verifies what was added since it last looked, and at the end everything again.
#[derive(Debug, Default)]
pub struct Audit {
    verified: BTreeMap<usize, (Verifier, usize)>,
}

/// Verifies the blocks of a site from `from` on; tells how many blocks there are.
fn verify(
    world: &World,
    site: usize,
    verifier: &mut Verifier,
    from: usize,
) -> Result<usize, String> {
    let image = world.sites[site].device.image();
    for block in from..image.blocks() {
        let first = Position(verifier.size() + 1);
        let bytes = image.bytes(block).unwrap_or_default();
        verifier
            .block(first, bytes)
            .map_err(|damage| format!("the log of site {site} does not verify: {damage}"))?;
    }
    Ok(image.blocks())
}

impl Invariant for Audit {
    fn name(&self) -> &'static str {
        "audit"
    }

    fn reread(&mut self, site: usize) {
        self.verified.remove(&site);
    }

    fn examined(&mut self, world: &World, site: usize) -> Check {
        let (mut verifier, from) = self.verified.remove(&site).unwrap_or_default();
        let blocks = verify(world, site, &mut verifier, from)?;
        self.verified.insert(site, (verifier, blocks));
        Ok(())
    }

    fn rested(&mut self, world: &World) -> Check {
        for site in 0..world.sites.len() {
            let mut verifier = Verifier::new();
            verify(world, site, &mut verifier, 0)?;
            let intact = verifier
                .finish()
                .map_err(|damage| format!("the log of site {site} does not verify: {damage}"))?;
            if intact.space != world.sites[site].id {
                return Err(format!("the log of site {site} is that of another space"));
            }
        }
        Ok(())
    }
}
