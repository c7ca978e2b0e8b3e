//! `receipts`: a receipt says what the runner did: how it ended, each step, each package. Where the
//! site went down before it heard of that, it says that the deployment was interrupted.

use super::{Check, Invariant, Seen};
use crate::world::World;
use engine::run::Plan;
use schema::id::Position;
use schema::latest::{Document, Event, Kind, Outcome, Receipt, Record};
use schema::v1::event::DeploymentStarted;
use std::collections::{BTreeMap, BTreeSet};

/// Receipts that were written and not compared yet.
#[derive(Debug, Default)]
pub struct Receipts {
    written: Vec<(usize, Position, Receipt)>,
    /// What was handed to the runner of a site since that started.
    ran: BTreeSet<(usize, Position)>,
    started: BTreeMap<(usize, Position), DeploymentStarted>,
    /// What a person ended.
    cancelled: BTreeSet<(usize, Position)>,
}

impl Receipts {
    /// It says what was begun, and not what the release has become since.
    fn is_of_its_start(&self, site: usize, deployment: Position, receipt: &Receipt) -> Check {
        let began = self.started.get(&(site, deployment));
        let same = began.is_some_and(|it| {
            (&it.release, &it.digest, &it.environment, &it.tenant, it.restarts)
                == (
                    &receipt.release,
                    &receipt.digest,
                    &receipt.environment,
                    &receipt.tenant,
                    receipt.restarts,
                )
        });
        // What runs and was heard of until its end was not interrupted.
        let heard = self.ran.contains(&(site, deployment));
        if same && !(heard && receipt.outcome == Outcome::Interrupted) {
            return Ok(());
        }
        Err(format!("the receipt of deployment {deployment} at site {site} is of something else"))
    }
}

/// What was not heard of to its end was interrupted, or ended by a person before that.
fn compare(
    world: &World,
    site: usize,
    deployment: Position,
    receipt: &Receipt,
    cancelled: bool,
) -> Check {
    let at = format!("the receipt of deployment {deployment} at site {site}");
    let ended = cancelled && receipt.outcome == Outcome::Cancelled;
    let Some(told) = world.sites[site].runner.told.get(&deployment) else {
        let interrupted = ended || receipt.outcome == Outcome::Interrupted;
        let said = || format!("{at} says {}, and nothing ran", receipt.outcome.as_str());
        return if interrupted { Ok(()) } else { Err(said()) };
    };
    if receipt.outcome == Outcome::Interrupted || (ended && receipt.steps.is_empty()) {
        return Ok(());
    }
    let said = (&receipt.outcome, &receipt.steps, &receipt.packages, &receipt.targets);
    if said == (&told.outcome, &told.steps, &told.proven, &told.targets) {
        return Ok(());
    }
    let (said, ran) = (receipt.outcome.as_str(), told.outcome.as_str());
    Err(format!("{at} is not what the runner did: it says {said}, that was {ran}"))
}

impl Invariant for Receipts {
    fn name(&self) -> &'static str {
        "receipts"
    }

    /// What was there before was compared when it was written.
    fn reread(&mut self, site: usize) {
        self.written.retain(|(at, ..)| *at != site);
        self.ran.retain(|(at, _)| *at != site);
        self.started.retain(|(at, _), _| *at != site);
        self.cancelled.retain(|(at, _)| *at != site);
    }

    fn ran(&mut self, _: &World, site: usize, plan: &Plan) -> Check {
        self.ran.insert((site, plan.deployment));
        Ok(())
    }

    fn record(&mut self, seen: &Seen<'_>) -> Check {
        let Record::Own(own) = seen.record else { return Ok(()) };
        let event = own.entry.event().map_err(|why| why.to_string())?;
        if let Event::DeploymentStarted(started) = event {
            self.started.insert((seen.site, seen.position), started);
        } else if let Event::DeploymentCancelled(cancelled) = event {
            self.cancelled.insert((seen.site, cancelled.deployment));
        } else if let Event::DeploymentFinished(finished) = event {
            let document = Document::read(&finished.receipt).map_err(|why| why.to_string())?;
            let receipt = document.payload(Kind::Receipt).map_err(|why| why.to_string())?;
            self.is_of_its_start(seen.site, finished.deployment, &receipt)?;
            self.written.push((seen.site, finished.deployment, receipt));
        }
        Ok(())
    }

    fn turned(&mut self, world: &World, site: usize) -> Check {
        let here = |it: &&(usize, Position, Receipt)| it.0 == site;
        for (_, deployment, receipt) in self.written.iter().filter(here) {
            let cancelled = self.cancelled.contains(&(site, *deployment));
            compare(world, site, *deployment, receipt, cancelled)?;
        }
        self.written.retain(|(at, ..)| *at != site);
        Ok(())
    }
}
