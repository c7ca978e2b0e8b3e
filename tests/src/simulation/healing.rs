//! The end of a run: the network heals, everybody is up, and everything must come to rest.

use super::Run;
use super::invariants::drain::at_rest;
use super::people::Wish;
use super::settings::{self, TARGETS};
use super::watch::{Violation, Watched};
use crate::network::Weather;
use crate::pipeline::{PROJECT, text};
use crate::world::{World, name};
use engine::command::{Command, Request};
use engine::decide::configuration::OPERATOR;
use log_memory::Mishap;
use schema::id::CommandId;
use schema::latest::Actor;

/// How long it may take to come to rest, in milliseconds.
const REST_MS_MAX: u64 = 20 * 60_000;

/// How long everything is looked at, one bit of time after the other, in milliseconds.
const BIT_MS: u64 = 1_000;

/// Heals the world, lets time run on, and looks at everything once more.
///
/// # Errors
/// The first violation.
pub fn heal(run: &mut Run) -> Watched {
    run.note("heal");
    run.world.network.weather = Weather::CALM;
    run.end_thefts()?;
    // What is cut for ever stays cut.
    for (one, other) in run.world.network.mend(u64::MAX - 1) {
        run.connect(one, other);
    }
    let mended = run.world.broker.heal();
    run.reconnect(mended);
    for site in 0..run.world.sites.len() {
        run.world.sites[site].device.plan(u64::MAX, Mishap::Lost);
        run.planned.remove(&site);
        if run.world.sites[site].space.is_none() && !run.restores.keep_closed(site) {
            run.start(site)?;
        }
    }
    let end = run.world.clock_ms + REST_MS_MAX;
    while run.world.clock_ms < end && !run.restores.are_over() {
        run.go_on_after_loss(true)?;
        wait(run)?;
    }
    restore_grants(run);
    run.settle_down()?;
    run.watch.rested(&run.world)?;
    run.release_afresh()?;
    run.watch.released_afresh();
    for site in 0..run.world.sites.len() {
        run.watch.examine(&run.world, site)?;
    }
    run.watch.rested(&run.world)
}

impl Run {
    /// Lets time run on until everything has come to rest and everybody has an answer.
    ///
    /// # Errors
    /// The first violation.
    pub(super) fn settle_down(&mut self) -> Watched {
        let end = self.world.clock_ms + REST_MS_MAX;
        while self.world.clock_ms < end && (at_rest(&self.world).is_err() || waiting(self)) {
            self.people.insist(&mut self.world);
            answer_manual_steps(self);
            wait(self)?;
        }
        match self.people.unanswered() {
            None => Ok(()),
            Some(number) => Err(Violation {
                invariant: "answered",
                what: format!("wish {number} is never answered"),
            }),
        }
    }
}

fn wait(run: &mut Run) -> Watched {
    let until = run.world.clock_ms + BIT_MS;
    while run.advance_to(until)? {}
    Ok(())
}

fn waiting(run: &Run) -> bool {
    run.people.unanswered().is_some()
}

/// No deployment waits for a person any more.
fn answer_manual_steps(run: &mut Run) {
    for site in 0..run.world.sites.len() {
        let running = run.world.sites[site].engine().state().cells.running();
        let waits =
            running.filter_map(|(_, it)| Some((it.deployment.position, it.awaits.clone()?)));
        for (deployment, step) in waits.collect::<Vec<_>>() {
            let answers = |wish: &Wish| {
                let open = wish.site == site && !matches!(wish.answer, Some(Err(_)));
                let command = &wish.request.command;
                open && matches!(command, Command::AnswerManual { deployment: of, .. }
                    if *of == deployment)
            };
            if run.people.wishes.iter().any(answers) {
                continue;
            }
            let id = CommandId(run.world.bytes());
            let (done, note) = (true, text("fine"));
            let step = Some(step);
            let command = Command::AnswerManual { deployment, step, done, note };
            let actor = Actor::Person(name(OPERATOR));
            let request = Request { id, actor, token: None, command };
            let what = run.people.add(&mut run.world, site, request);
            run.note(&what);
        }
    }
}

/// Everybody grants again what is usual.
pub(super) fn restore_grants(run: &mut Run) {
    let [for_targets, for_source] = World::usual_grants(PROJECT);
    let relayed = run.people.relayed;
    for site in 0..run.world.sites.len() {
        let state = run.world.sites[site].engine().state();
        let peers: Vec<_> = state.links.all().map(|(_, peer)| peer.name.clone()).collect();
        for peer in peers {
            let id = CommandId(run.world.bytes());
            // Whoever sends on is a source for the next.
            let next = relayed && site == 1 && peer.as_str() == TARGETS[1];
            let mut grants =
                if site == 0 || next { for_targets.clone() } else { for_source.clone() };
            if relayed && (site == 1 || peer.as_str() == TARGETS[0]) {
                grants = settings::relayed(grants);
            }
            let command = Command::Grant { peer, grants };
            let actor = Actor::Person(name(OPERATOR));
            let request = Request { id, actor, token: None, command };
            let what = run.people.add(&mut run.world, site, request);
            run.note(&what);
        }
    }
}
