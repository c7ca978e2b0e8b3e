//! `strangers`: what a hostile space says changes nothing that belongs to others, it is given
//! nothing and takes no more room than it may, no honest link is frozen, and where its own is, the
//! log that it lied to proves that to anybody.

use super::{Check, Invariant};
use crate::simulation::forger::blocks;
use crate::world::World;
use engine::engine::Engine;
use engine::log::contradiction::Noted;
use engine::state::releases::Source;
use engine::trust::proof::verify;
use schema::id::{LinkId, SpaceId};
use schema::limits::HOLD_BACK_ENVELOPES_MAX;

/// The hostile space, if there is one.
#[derive(Debug, Default)]
pub struct Strangers {
    liar: Option<(SpaceId, LinkId)>,
    /// Who may bring what others signed.
    relay: Option<SpaceId>,
}

/// Everything that is known of somebody is known from that somebody.
fn belongs(site: usize, engine: &Engine, relay: Option<SpaceId>) -> Check {
    let state = engine.state();
    for (id, release) in state.releases.all() {
        let owner = match &release.source {
            Source::Local => state.me(),
            Source::Imported(import) => import.from,
        };
        let told = owner == id.project.space || Some(owner) == relay;
        if !told || release.entry.origin != owner {
            return Err(format!(
                "site {site} has release {} from another than its owner",
                id.version
            ));
        }
    }
    for (id, cell) in state.cells.all() {
        let known = [&cell.installed, &cell.last].into_iter().flatten();
        let told = |origin: SpaceId| origin == id.space || Some(origin) == relay;
        if known.into_iter().any(|proof| !told(proof.entry.origin)) {
            let place = &id.slot;
            return Err(format!("site {site} shows {place} as another than its owner tells it"));
        }
    }
    Ok(())
}

impl Strangers {
    fn frozen(&self, world: &World, site: usize, engine: &Engine) -> Check {
        for (space, peer) in engine.state().links.all().filter(|(_, peer)| peer.frozen) {
            if self.liar.is_none_or(|(liar, _)| liar != *space) {
                return Err(format!("site {site} froze the link to {}", peer.name));
            }
            let blocks = blocks(&world.sites[site]);
            let mut noted = Noted::of(peer.name.as_str());
            blocks.iter().for_each(|block| noted.block(block));
            let proof = noted.told().and_then(|mut told| {
                blocks.iter().for_each(|block| told.block(block));
                told.proof()
            });
            if proof.is_none_or(|proof| verify(&proof).is_err()) {
                return Err(format!("site {site} froze the link to {} without proof", peer.name));
            }
        }
        Ok(())
    }
}

impl Invariant for Strangers {
    fn name(&self) -> &'static str {
        "strangers"
    }

    fn trusted_liar(&mut self, space: SpaceId, link: LinkId) {
        self.liar = Some((space, link));
    }

    fn relays(&mut self, space: SpaceId) {
        self.relay = Some(space);
    }

    fn turned(&mut self, world: &World, site: usize) -> Check {
        if world.given_away > 0 {
            return Err("a piece of a package was given to a space that may not have it".to_owned());
        }
        let (Some((_, link)), Some(space)) = (self.liar, &world.sites[site].space) else {
            return Ok(());
        };
        let held = space.engine().traffic().get(&link).map_or(0, |it| it.inbox.held_back());
        if held > HOLD_BACK_ENVELOPES_MAX {
            return Err(format!("site {site} holds back {held} envelopes of a hostile space"));
        }
        belongs(site, space.engine(), self.relay)
    }

    fn examined(&mut self, world: &World, site: usize) -> Check {
        match &world.sites[site].space {
            None => Ok(()),
            Some(space) => self.frozen(world, site, space.engine()),
        }
    }
}
