//! `views`: state and views rebuilt from the log equal those that live.

use super::{Check, Invariant};
use crate::site::Site;
use crate::world::World;
use engine::engine::Engine;
use engine::entropy::Entropy;
use engine::step::Now;
use log_memory::{Device, LogMemory};

/// Compares the living with the rebuilt.
#[derive(Debug)]
pub struct Views;

/// What the log of a site alone gives.
///
/// # Errors
/// When the log does not open or is damaged.
pub fn rebuilt(site: &Site) -> Result<Engine, String> {
    let copy = Device::from_image(site.device.image());
    let log = LogMemory::open(&copy).map_err(|fault| fault.to_string())?;
    let entropy = Entropy::from_seed([0; 32]);
    Engine::rebuilt(&log, &site.secrets, entropy, Now::default()).map_err(|why| why.to_string())
}

/// The first part in which two engines differ.
#[must_use]
pub fn difference(living: &Engine, rebuilt: &Engine) -> Option<String> {
    if living.checkpoint() != rebuilt.checkpoint() {
        return Some("the checkpoint".to_owned());
    }
    if living.state() != rebuilt.state() {
        return Some("the state".to_owned());
    }
    if living.journeys() != rebuilt.journeys() {
        return Some("the journeys".to_owned());
    }
    let links = [living, rebuilt].map(|engine| engine.traffic().keys().collect::<Vec<_>>());
    if links[0] != links[1] {
        return Some("the links".to_owned());
    }
    let pairs = living.traffic().values().zip(rebuilt.traffic().values());
    for (one, other) in pairs {
        if one.outbox.durable() != other.outbox.durable() {
            return Some(format!("the outbox to {}", one.peer.short()));
        }
        if one.inbox.durable() != other.inbox.durable() {
            return Some(format!("the inbox from {}", one.peer.short()));
        }
    }
    None
}

impl Invariant for Views {
    fn name(&self) -> &'static str {
        "views"
    }

    fn examined(&mut self, world: &World, site: usize) -> Check {
        let here = &world.sites[site];
        let Some(space) = &here.space else {
            return Ok(());
        };
        let again = rebuilt(here)
            .map_err(|why| format!("the log of site {site} cannot be read again: {why}"))?;
        match difference(space.engine(), &again) {
            None => Ok(()),
            Some(what) => {
                Err(format!("{what} of site {site} is another when rebuilt from the log"))
            }
        }
    }
}
