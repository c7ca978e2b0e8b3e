//! Thieves: somebody copies the signing key of a space and writes in its name to a peer, until the
//! owner notices and revokes the key as of the position before that.
//!
//! Owner and peer are cut off from each other meanwhile: a peer that hears both freezes the link,
//! which is another story.

use super::Run;
use super::watch::{Violation, Watched};
use crate::thief::Thief;
use crate::world::{World, name};
use engine::log::Log as _;
use log_memory::Mishap;
use schema::id::{LinkSeq, Position};
use schema::latest::{Document, Event, Kind, Outcome, Receipt, Record, Revocation};
use schema::v1::event::{
    DeploymentReported, EnvironmentsPublished, GrantsPublished, PromotionAnswered,
};

/// How long the two stay cut off after the last step of the theft, in milliseconds.
const CUT_MS: u64 = 60_000;

/// How long an owner may notice nothing, in milliseconds.
const UNNOTICED_MS: u64 = 120_000;

/// One theft.
struct Theft {
    site: usize,
    victim: usize,
    thief: Thief,
    revocation: Revocation,
    /// When the owner notices.
    until_ms: u64,
    revoking: bool,
}

/// The theft that is under way, if one is.
#[derive(Default)]
pub struct Thefts(Option<Theft>);

/// What a thief may want: environments that are not there, nothing accepted any more, a promotion
/// turned down, a deployment that failed.
fn lie(world: &mut World, site: usize, victim: usize) -> Option<Event> {
    let turn = world.chance.below(4);
    let robbed = &world.sites[site];
    match turn {
        0 => {
            let environments = vec![name("Moon"), name("Production")];
            Some(Event::EnvironmentsPublished(EnvironmentsPublished { environments }))
        }
        1 => Some(Event::GrantsPublished(GrantsPublished { grants: Vec::new() })),
        2 => {
            let releases = &world.sites[victim].engine().state().releases;
            let promoted = releases.all().find_map(|(id, release)| {
                let promotion = release.promotions.get(&robbed.id)?;
                Some((id.clone(), promotion.bundle))
            });
            let ((release, bundle), rejected) = (promoted?, Some(crate::pipeline::text("no")));
            Some(Event::PromotionAnswered(PromotionAnswered { bundle, release, rejected }))
        }
        _ => {
            let space = robbed.space.as_ref()?;
            let positions: Vec<Position> =
                (1..=space.engine().checkpoint().0).map(Position).collect();
            let records = space.log().read(&positions).ok()?;
            let told = records.iter().rev().find_map(|record| {
                let Record::Own(own) = record else { return None };
                let Ok(Event::DeploymentReported(reported)) = own.entry.event() else {
                    return None;
                };
                Some(reported.receipt)
            });
            let document = Document::read(&told?).ok()?;
            let mut receipt: Receipt = document.payload(Kind::Receipt).ok()?;
            (receipt.outcome, receipt.space) = (Outcome::Failed, robbed.id);
            receipt.deployment = receipt.deployment.replace('/', "/9");
            let receipt = space.engine().identity().document(Kind::Receipt, &receipt).write();
            Some(Event::DeploymentReported(DeploymentReported { receipt }))
        }
    }
}

impl Run {
    /// Lets a theft begin, or go on.
    pub(super) fn suffer_thefts(&mut self) -> Watched {
        if self.thefts.0.is_none() && self.world.below(1_000) < 15 {
            self.steal();
        }
        let Some(mut theft) = self.thefts.0.take() else { return Ok(()) };
        self.part(&theft);
        if self.world.chance.percent(15) && !theft.revoking {
            self.tell_lies(&mut theft);
        }
        if theft.until_ms <= self.world.clock_ms {
            self.revoke(&mut theft);
        }
        if !self.is_revoked(&theft)? {
            self.thefts.0 = Some(theft);
        }
        Ok(())
    }

    fn part(&mut self, theft: &Theft) {
        let until = self.world.clock_ms + CUT_MS;
        self.world.cut(0, theft.site.max(theft.victim), until);
    }

    /// A target's keys are worth most: it reports results. Sometimes it is the source that is
    /// robbed.
    fn steal(&mut self) {
        let target = 1 + self.world.chance.index(self.world.sites.len() - 1);
        let of_target = self.world.chance.percent(75);
        let (site, victim) = if of_target { (target, 0) } else { (0, target) };
        let up = [site, victim].iter().all(|at| self.world.sites[*at].space.is_some());
        if !up || self.is_rotating(site) {
            return;
        }
        let robbed = self.world.sites[site].engine();
        let (size, key) = (robbed.checkpoint().0, robbed.identity().number());
        let Some(incarnation) = robbed.state().incarnation else { return };
        let link = robbed.state().links.peer(&self.world.sites[victim].id).map(|peer| peer.link);
        let there = self.world.sites[victim].engine().traffic();
        let inbox = link.and_then(|link| there.get(&link)).map(|traffic| &traffic.inbox);
        let Some(newest) = inbox.map(|inbox| inbox.acknowledged()).filter(|at| at.0 > 0) else {
            return;
        };
        let thief = Thief::of(&self.world, site, victim, LinkSeq(newest.0 + 1));
        let revocation = Revocation { key, incarnation, size };
        let until_ms = self.world.clock_ms + self.world.below(UNNOTICED_MS);
        // What it said before is lost on its way, or has arrived.
        self.world.silence(site);
        self.world.faults.count("key_stolen");
        self.note(&format!("somebody copies the key of site {site} at {size} records"));
        self.thefts.0 = Some(Theft { site, victim, thief, revocation, until_ms, revoking: false });
    }

    fn tell_lies(&mut self, theft: &mut Theft) {
        let up = self.world.sites[theft.site].space.is_some();
        if !up || !theft.thief.catch_up(&self.world, theft.victim) {
            return;
        }
        let many = 1 + self.world.below(3);
        let lies = (0..many).filter_map(|_| lie(&mut self.world, theft.site, theft.victim));
        let lies: Vec<Event> = lies.collect();
        if lies.is_empty() {
            return;
        }
        let envelope = theft.thief.tell(&lies);
        for entry in theft.thief.said.drain(..) {
            self.world.faults.count("forged");
            self.watch.forged(&entry);
        }
        self.note(&format!("{} lies in the name of site {}", lies.len(), theft.site));
        self.world.receive(theft.victim, envelope);
    }

    fn revoke(&mut self, theft: &mut Theft) {
        let forgives = self.forgives_thieves;
        let revoked = if forgives { Vec::new() } else { vec![theft.revocation.clone()] };
        if !theft.revoking && self.rotate(theft.site, revoked) {
            theft.revoking = true;
            self.note(&format!("site {} revokes its key", theft.site));
        }
    }

    /// Whether the key is revoked. Nothing that it signed is on its way any more then.
    fn is_revoked(&mut self, theft: &Theft) -> Result<bool, Violation> {
        if !theft.revoking || self.is_rotating(theft.site) {
            return Ok(false);
        }
        match self.rotated(theft.site) {
            Some(Err(why)) => {
                let what = format!("site {} cannot revoke its key: {why}", theft.site);
                Err(Violation { invariant: "answered", what })
            }
            Some(Ok(_)) | None => {
                self.world.faults.count("key_revoked");
                self.note(&format!("the key of site {} is revoked", theft.site));
                self.world.silence(theft.site);
                Ok(true)
            }
        }
    }

    /// The owner of a key that was stolen revokes it before the two hear each other again.
    ///
    /// # Errors
    /// The first violation.
    pub(super) fn end_thefts(&mut self) -> Watched {
        while let Some(theft) = &mut self.thefts.0 {
            theft.until_ms = 0;
            let site = theft.site;
            if self.world.sites[site].space.is_none() {
                self.start(site)?;
            }
            self.world.sites[site].device.plan(u64::MAX, Mishap::Lost);
            self.planned.remove(&site);
            self.suffer_thefts()?;
            self.people.insist(&mut self.world);
            self.advance(100)?;
        }
        Ok(())
    }
}
