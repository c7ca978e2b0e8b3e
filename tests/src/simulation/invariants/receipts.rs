//! `receipts`: a receipt says what the runner did: how it ended, each step, each package. Where the
//! site went down before it heard of that, it says that the deployment was interrupted.

use super::{Check, Invariant, Seen};
use crate::world::World;
use schema::id::Position;
use schema::latest::{Document, Event, Kind, Outcome, Receipt, Record};

/// Receipts that were written and not compared yet.
#[derive(Debug, Default)]
pub struct Receipts {
    written: Vec<(usize, Position, Receipt)>,
}

fn compare(world: &World, site: usize, deployment: Position, receipt: &Receipt) -> Check {
    let at = format!("the receipt of deployment {deployment} at site {site}");
    let Some(told) = world.sites[site].runner.told.get(&deployment) else {
        let interrupted = receipt.outcome == Outcome::Interrupted;
        let said = || format!("{at} says {}, and nothing ran", receipt.outcome.as_str());
        return if interrupted { Ok(()) } else { Err(said()) };
    };
    if receipt.outcome == Outcome::Interrupted {
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
    }

    fn record(&mut self, seen: &Seen<'_>) -> Check {
        if let Record::Own(own) = seen.record
            && let Ok(Event::DeploymentFinished(finished)) = own.entry.event()
        {
            let document = Document::read(&finished.receipt).map_err(|why| why.to_string())?;
            let receipt = document.payload(Kind::Receipt).map_err(|why| why.to_string())?;
            self.written.push((seen.site, finished.deployment, receipt));
        }
        Ok(())
    }

    fn turned(&mut self, world: &World, site: usize) -> Check {
        let here = |it: &&(usize, Position, Receipt)| it.0 == site;
        let mut written = self.written.iter().filter(here);
        written
            .try_for_each(|(_, deployment, receipt)| compare(world, site, *deployment, receipt))?;
        self.written.retain(|(at, ..)| *at != site);
        Ok(())
    }
}
