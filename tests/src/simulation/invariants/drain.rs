//! `drain`: when the network heals all links drain, all packages arrive, no deployment runs for
//! ever, everybody knows the newest keys of its peers, and a source shows of a remote environment
//! what its space shows of it itself.

use super::{Check, Invariant, Seen};
use crate::reference::{Flow, Reference};
use crate::site::Site;
use crate::world::World;
use engine::engine::Engine;
use engine::inbox::verdict::{Verdict, judge};
use engine::state::releases::{Answer, Import, Source};
use engine::views::dashboard::{Shown, cells};
use schema::id::SpaceId;
use schema::latest::{Event, Outcome, Record};
use schema::v1::model::Package;
use std::collections::{BTreeMap, BTreeSet};

/// What each log says of grants and results.
#[derive(Debug, Default)]
pub struct Drain {
    readers: BTreeMap<usize, Reference>,
    /// Who brings what others signed.
    relay: Option<SpaceId>,
    /// Sites that lost the end of their log.
    lost: BTreeSet<usize>,
    /// Peers that took back a key, and at which site that is known.
    robbed: BTreeSet<(usize, SpaceId)>,
}

/// Whether the world has come to rest: everything that was on its way has arrived and ended.
///
/// # Errors
/// What has not.
pub fn at_rest(world: &World) -> Check {
    for (number, site) in world.sites.iter().enumerate() {
        let Some(space) = &site.space else {
            return Err(format!("site {number} is down"));
        };
        links(world, number, space.engine())?;
        if let Some((cell, running)) = space.engine().state().cells.running().next() {
            return Err(format!(
                "at site {number} the deployment of {} to {} does not end",
                running.release.version, cell.slot
            ));
        }
        packages(number, site, space.engine())?;
    }
    (0..world.sites.len()).try_for_each(|site| keys(world, site))
}

fn links(world: &World, number: usize, engine: &Engine) -> Check {
    // Who keeps to no rule need not come to rest.
    let ours = |peer: &SpaceId| world.site_of(peer).is_some();
    for link in engine.links(world.now_at(number)).into_iter().filter(|it| ours(&it.peer)) {
        let name = link.link.short();
        if (link.acknowledged, link.applied) != (link.head, link.head) {
            return Err(format!(
                "of {} entries of site {number} on link {name} {} are acknowledged and {} applied",
                link.head, link.acknowledged, link.applied
            ));
        }
        let peer = world.site_of(&link.peer).and_then(|peer| world.sites[peer].space.as_ref());
        let there = peer.and_then(|peer| peer.engine().traffic().get(&link.link));
        let durable = there.map_or(0, |there| there.inbox.acknowledged().0);
        if durable != link.head {
            return Err(format!(
                "of {} entries of site {number} on link {name} {durable} are at its peer",
                link.head
            ));
        }
        if !link.fresh {
            return Err(format!("site {number} has not heard from link {name}"));
        }
        if link.held > 0 {
            return Err(format!("site {number} holds {} entries of link {name}", link.held));
        }
        if !link.awaiting.is_empty() {
            return Err(format!(
                "site {number} awaits keys for entries of link {name}: {:?}",
                link.awaiting
            ));
        }
    }
    Ok(())
}

fn packages(number: usize, site: &Site, engine: &Engine) -> Check {
    let rejected = |import: &Import| matches!(import.answer, Answer::Rejected { .. });
    let imported = engine.state().releases.all().filter(
        |(_, release)| matches!(&release.source, Source::Imported(import) if !rejected(import)),
    );
    for package in imported.flat_map(|(_, release)| &release.snapshot.packages) {
        let Package { version, object, .. } = package;
        let known = engine.state().objects.contains(object);
        let bytes = site.store.bytes(object);
        let whole = bytes.is_some_and(|bytes| blake3::hash(bytes).as_bytes() == &object.0);
        if !known || !whole {
            return Err(format!("package {version} has not arrived at site {number}"));
        }
    }
    Ok(())
}

/// What a site would refuse of a peer if it came now.
fn refusals(site: &Site, peer: SpaceId) -> String {
    let state = site.engine().state();
    let Some(known) = state.links.peer(&peer) else { return String::new() };
    let of = site.records().into_iter().filter_map(|record| match record {
        Record::Mirrored(it) if it.id.origin == peer => Some(it),
        Record::Mirrored(_) | Record::Own(_) | Record::Evidence(_) => None,
    });
    let why = of.filter_map(|it| match judge(state, known, &it) {
        Verdict::Refuse(why) => Some(format!("{}: {why}", it.id.position)),
        Verdict::Fold(..) | Verdict::Skip(_) | Verdict::Hold | Verdict::Await { .. } => None,
    });
    why.collect::<Vec<_>>().join(", ")
}

/// A cell as both sides must show it: versions and outcomes.
fn told(shown: &Shown) -> Option<(String, Outcome)> {
    shown.installed.as_ref().map(|deployed| (deployed.version.to_string(), deployed.outcome))
}

/// Every peer of a site knows its newest keys.
fn keys(world: &World, number: usize) -> Check {
    let site = &world.sites[number];
    let newest = site.engine().identity().number();
    for (at, other) in world.sites.iter().enumerate() {
        let Some(peer) = other.engine().state().links.peer(&site.id) else { continue };
        let known = peer.keys.newest().number;
        if known != newest {
            return Err(format!(
                "site {at} knows the keys {known} of site {number}, whose newest are {newest}"
            ));
        }
    }
    Ok(())
}

impl Drain {
    /// What `source` shows of the environments of `target`, against what its log says and, where
    /// results always flowed, against what `target` shows itself.
    fn agree(&self, world: &World, source: usize, target: usize) -> Check {
        let (Some(here), Some(there)) = (self.readers.get(&source), self.readers.get(&target))
        else {
            return Ok(());
        };
        let (me, peer) = (world.sites[source].id, world.sites[target].id);
        let flowed =
            !here.has_lapsed(peer, Flow::ResultsIn) && !there.has_lapsed(me, Flow::ResultsOut);
        let refused = world.sites[source].engine().links(world.now_at(source));
        let refused = refused.iter().find(|link| link.peer == peer);
        // What is brought of others may have been taken back by them, or not be accepted of them.
        // Whoever sends on forgets what it sent when its owner takes back the key under that.
        // And where it went by way of another, whoever lost its log knows it from that one alone.
        let brings = self.relay == Some(peer)
            || self.relay == Some(me)
            || (self.relay.is_some() && self.lost.contains(&source));
        if flowed && !brings && refused.is_some_and(|link| link.refused > 0) {
            let why = refusals(&world.sites[source], peer);
            return Err(format!("site {source} refused results of site {target}: {why}"));
        }
        let sent = world.sites[target].engine().links(world.now_at(target));
        let sent = sent.iter().find(|link| link.peer == me);
        let owns = self.relay != Some(me);
        if owns
            && !there.has_lapsed(me, Flow::Releases)
            && sent.is_some_and(|link| link.refused > 0)
        {
            return Err(format!("site {target} refused releases of site {source}"));
        }
        let theirs = cells(world.sites[target].engine().state());
        let ours = cells(world.sites[source].engine().state());
        for shown in ours.iter().filter(|cell| cell.space == peer) {
            let place = format!("{} of site {target} at site {source}", shown.environment);
            let tenant = shown.tenant.as_ref();
            let known = here.cell(peer, &shown.environment, tenant);
            let installed = shown.installed.as_ref().map(|at| at.version.clone());
            let last = shown.last.as_ref().map(|at| (at.version.clone(), at.outcome));
            // What somebody else brought is not believed under a key that was taken back.
            let naive = self.relay.is_none() || !self.robbed.contains(&(source, peer));
            if naive && (&installed, &last) != (&known.installed, &known.last) {
                return Err(format!(
                    "{place} shows {installed:?} and {last:?}, the log says {:?} and {:?}",
                    known.installed, known.last
                ));
            }
            let proven = [&shown.installed, &shown.last].into_iter().flatten();
            if !proven.into_iter().all(|deployed| deployed.proven) {
                return Err(format!("{place} is shown without proof"));
            }
            let itself = theirs.iter().find(|cell| {
                cell.space == peer
                    && cell.environment == shown.environment
                    && cell.project == shown.project
                    && cell.tenant == shown.tenant
            });
            // Whoever sends on is told of what it sent on, and of nothing else there.
            let flowed = flowed && self.relay != Some(me) && !self.had_back(world, target, me);
            let same = itself.and_then(told) == told(shown);
            let newest = there.cell(peer, &shown.environment, tenant).last == last;
            if flowed && !(same && newest) {
                return Err(format!(
                    "{place} shows {:?}, there it is {:?}",
                    told(shown),
                    itself.and_then(told)
                ));
            }
        }
        Ok(())
    }

    /// Whether a site has a result of its own back from who sent the release on to it, which could
    /// not tell `owner`: what a site told its owner itself is lost with the end of its log, and who
    /// gives it back is not the owner.
    fn had_back(&self, world: &World, site: usize, owner: SpaceId) -> bool {
        let relay = self.relay.and_then(|relay| world.site_of(&relay));
        let told = relay.and_then(|relay| self.readers.get(&relay));
        self.lost.contains(&site)
            && told.is_some_and(|relay| relay.has_lapsed(owner, Flow::ResultsOut))
    }
}

impl Invariant for Drain {
    fn name(&self) -> &'static str {
        "drain"
    }

    fn relays(&mut self, space: SpaceId) {
        self.relay = Some(space);
    }

    fn cut_off(&mut self, site: usize, _: u64, _: bool) {
        self.lost.insert(site);
    }

    fn reread(&mut self, site: usize) {
        self.readers.remove(&site);
    }

    fn record(&mut self, seen: &Seen<'_>) -> Check {
        let reader = self.readers.entry(seen.site).or_insert_with(|| Reference::of(seen.space));
        if let Record::Own(own) = seen.record
            && let Ok(Event::PeerStated(stated)) = own.entry.event()
            && stated.cut.is_some()
        {
            self.robbed.insert((seen.site, stated.peer));
        }
        // Whether the order is right is for another to say.
        let _ = reader.read(seen.record);
        Ok(())
    }

    fn rested(&mut self, world: &World) -> Check {
        at_rest(world)?;
        for source in 0..world.sites.len() {
            for target in 0..world.sites.len() {
                if source != target {
                    self.agree(world, source, target)?;
                }
            }
        }
        Ok(())
    }
}
