//! Sabotage of stored bytes: altered, forgotten, spoiled, or written by a space without rules.

use super::{Done, up};
use crate::simulation::Run;
use crate::simulation::forger::{Forger, blocks};
use crate::simulation::watch::Violation;
use engine::log::Log as _;
use engine::progress::{PhaseStanding, Place, standings};
use schema::id::CommandId;
use schema::latest::{Actor, Audience, Event, Header, Record};
use schema::v1::event::{DeploymentStarted, EnvironmentsPublished};

/// Bytes of a block behind its signature.
const BEHIND_THE_SIGNATURE: usize = 1;

/// While a recipient is down, an entry that it mirrored is altered.
pub(super) fn alter_a_mirrored_entry(run: &mut Run) -> Result<Done, Violation> {
    for site in up(&mut run.world) {
        let Some(forger) = Forger::of(&run.world.sites[site]) else {
            continue;
        };
        let of_site = |record: &Record| match record {
            Record::Mirrored(mirrored) => run.world.site_of(&mirrored.id.origin).is_some(),
            Record::Own(_) | Record::Evidence(_) => false,
        };
        let Some(at) = forger.newest(of_site) else { continue };
        run.watch.examine(&run.world, site)?;
        run.crash(site);
        run.note(&format!("sabotage: a mirrored entry at site {site} is altered"));
        forger.change(&run.world.sites[site], at, |record| {
            if let Record::Mirrored(mirrored) = record {
                mirrored.salt[0] ^= 1;
            }
        });
        run.start(site)?;
        return Ok(Done::Yes);
    }
    Ok(Done::NotYet)
}

/// While a space lives, an entry of its own is altered below it; everything on the device fits.
pub(super) fn alter_an_own_entry(run: &mut Run) -> Result<Done, Violation> {
    let internal = |record: &Record| match record {
        Record::Own(own) => own.entry.header().audience == Audience::Internal,
        Record::Mirrored(_) | Record::Evidence(_) => false,
    };
    for site in up(&mut run.world) {
        let Some(forger) = Forger::of(&run.world.sites[site]) else {
            continue;
        };
        if let Some(at) = forger.newest(internal) {
            run.note(&format!("sabotage: an entry is altered below site {site}"));
            forger.change(&run.world.sites[site], at, |record| {
                if let Record::Own(own) = record {
                    own.salt[0] ^= 1;
                }
            });
            run.watch.examine(&run.world, site)?;
            return Ok(Done::Yes);
        }
    }
    Ok(Done::NotYet)
}

/// One bit of the signature behind the last block is turned.
pub(super) fn spoil_a_signature(run: &mut Run) -> Done {
    let site = run.world.chance.index(run.world.sites.len());
    let device = &run.world.sites[site].device;
    let last = device.image().blocks() - 1;
    let spoiled = device.alter(last, |bytes| {
        let at = bytes.len() - BEHIND_THE_SIGNATURE;
        bytes[at] ^= 1;
    });
    run.note(&format!("sabotage: a signature at site {site} is spoiled"));
    if spoiled { Done::Yes } else { Done::NotYet }
}

/// A site's device has lied: it loses its last block, and everybody finds out at the next start.
fn lose_the_last_block(run: &mut Run, site: usize) -> Result<Done, Violation> {
    run.watch.examine(&run.world, site)?;
    run.note(&format!("sabotage: the device of site {site} has lied"));
    run.world.sites[site].device.forget(1);
    run.crash(site);
    run.start(site)?;
    Ok(Done::Yes)
}

/// The records of the last block of a site, if the fence does not stand behind it.
fn unfenced(run: &Run, site: usize) -> Option<Vec<Record>> {
    let block = blocks(&run.world.sites[site]).pop()?;
    let fenced = run.world.sites[site].settled >= block.first.0;
    (!fenced).then(|| block.records.into_iter().map(|(record, _)| record).collect())
}

/// The last block holds an answer to a person and nothing that anybody else has seen.
pub(super) fn forget_an_answer(run: &mut Run) -> Result<Done, Violation> {
    for site in up(&mut run.world) {
        let answered = |command: &CommandId| {
            run.people.wishes.iter().any(|wish| {
                wish.site == site
                    && wish.request.id == *command
                    && matches!(&wish.answer, Some(Ok(done)) if !done.entries.is_empty())
            })
        };
        let records = unfenced(run, site).unwrap_or_default();
        let headers: Option<Vec<&Header>> = records
            .iter()
            .map(|record| match record {
                Record::Own(own) => Some(own.entry.header()),
                Record::Mirrored(_) | Record::Evidence(_) => None,
            })
            .collect();
        let alone = headers.is_some_and(|headers| {
            let mut all = headers.iter();
            all.all(|header| header.audience == Audience::Internal)
                && headers.iter().any(|header| answered(&header.command))
        });
        if alone {
            return lose_the_last_block(run, site);
        }
    }
    Ok(Done::NotYet)
}

/// The last block holds nothing but mirrored entries, and their origin has heard of it.
pub(super) fn forget_what_was_acknowledged(run: &mut Run) -> Result<Done, Violation> {
    for site in up(&mut run.world) {
        let records = unfenced(run, site).unwrap_or_default();
        let strangers = records.iter().all(|record| !matches!(record, Record::Own(_)));
        let Some(Record::Mirrored(last)) = records.last().filter(|_| strangers) else {
            continue;
        };
        let origin = run.world.site_of(&last.id.origin);
        let origin = origin.and_then(|origin| run.world.sites[origin].space.as_ref());
        let traffic = origin.and_then(|origin| origin.engine().traffic().get(&last.link));
        if traffic.is_some_and(|traffic| traffic.outbox.acknowledged() >= last.link_seq) {
            return lose_the_last_block(run, site);
        }
    }
    Ok(Done::NotYet)
}

/// A build without the check goes on writing although a peer has more than its log.
pub(super) fn go_on_in_the_old_life(run: &mut Run) -> Done {
    for site in up(&mut run.world) {
        let command = CommandId(run.world.bytes());
        let here = &mut run.world.sites[site];
        let Some(forger) = Forger::of(here) else { continue };
        let Some(space) = here.space.as_mut().filter(|it| it.engine().is_read_only()) else {
            continue;
        };
        let environments = Vec::new();
        let event = Event::EnvironmentsPublished(EnvironmentsPublished { environments });
        let block = forger.next(header(command, Actor::Policy), &event);
        if block.is_some_and(|block| space.log_mut().append(&block).is_ok()) {
            run.note(&format!("sabotage: site {site} goes on in its old life"));
            return Done::Yes;
        }
    }
    Done::NotYet
}

pub(super) fn header(command: CommandId, actor: Actor) -> Header {
    Header {
        kind: 0,
        version: 0,
        flags: 0,
        time_ms: 1,
        command,
        correlation: command,
        causation: None,
        actor,
        audience: Audience::Internal,
    }
}

/// A deployment of any release of a site into an environment whose phase is wanted.
pub(super) fn deployment(
    run: &Run,
    site: usize,
    wanted: impl Fn(&PhaseStanding) -> bool,
) -> Option<DeploymentStarted> {
    let state = run.world.sites[site].engine().state();
    state.releases.all().find_map(|(id, release)| {
        let phases = standings(state, id, None, u64::MAX);
        let places = phases.iter().filter(|phase| wanted(phase)).flat_map(|phase| &phase.places);
        let environment = places.into_iter().find_map(|(place, _)| match place {
            Place::Environment(name) => Some(name.clone()),
            Place::Space(_) | Place::Remote { .. } => None,
        })?;
        Some(DeploymentStarted {
            release: id.clone(),
            digest: release.digest,
            environment,
            tenant: None,
            variables: Vec::new(),
            restarts: 0,
        })
    })
}

/// A build that knows no rules writes to the log that a deployment began.
pub(super) fn deploy_past_a_phase(run: &mut Run) -> Result<Done, Violation> {
    for site in up(&mut run.world) {
        let (Some(started), Some(forger)) =
            (deployment(run, site, |phase| !phase.reached), Forger::of(&run.world.sites[site]))
        else {
            continue;
        };
        run.watch.examine(&run.world, site)?;
        run.crash(site);
        run.note(&format!("sabotage: site {site} deploys past a phase"));
        let command = CommandId(run.world.bytes());
        let header = header(command, Actor::Person(crate::world::name("mallory")));
        run.world.sites[site].device.plan(u64::MAX, log_memory::Mishap::Lost);
        let event = Event::DeploymentStarted(started);
        let written = forger.append(&run.world.sites[site], header, &event);
        run.start(site)?;
        return Ok(if written { Done::Yes } else { Done::NotYet });
    }
    Ok(Done::NotYet)
}
