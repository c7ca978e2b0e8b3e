//! Sabotage by builds that lack a rule: they deploy past a gate, tell what a runner did not do, or
//! write secrets down.

use super::logs::{deployment, header};
use super::{Done, up};
use crate::pipeline::text;
use crate::simulation::Run;
use crate::simulation::beside::{SECRETS, set_secret};
use crate::simulation::forger::Forger;
use crate::simulation::watch::Violation;
use crate::world::name;
use engine::command::{Command, Request};
use engine::decide::configuration::OPERATOR;
use schema::id::CommandId;
use schema::latest::{Actor, Event};
use schema::v1::event::{FreezeMade, Pattern, PolicyRule, PolicySet};

/// A site goes down, these events of somebody are in its log, and it starts again.
fn write_down(
    run: &mut Run,
    site: usize,
    actor: &Actor,
    events: &[Event],
) -> Result<bool, Violation> {
    run.watch.examine(&run.world, site)?;
    run.crash(site);
    run.world.sites[site].device.plan(u64::MAX, log_memory::Mishap::Lost);
    let mut written = true;
    for event in events {
        let command = CommandId(run.world.bytes());
        let header = header(command, actor.clone());
        let here = &run.world.sites[site];
        written &= Forger::of(here).is_some_and(|forger| forger.append(here, header, event));
    }
    run.start(site)?;
    Ok(written)
}

/// A build that knows no freezes deploys in one; or one that cannot pause goes on by policy.
pub(super) fn deploy_past_a_gate(run: &mut Run) -> Result<Done, Violation> {
    for site in up(&mut run.world) {
        let Some(started) = deployment(run, site, |phase| phase.reached) else { continue };
        let pause = PolicyRule::Pause { project: Pattern::all(), place: Pattern::all() };
        let (actor, gate) = if run.world.chance.percent(50) {
            (Actor::Person(name("mallory")), Event::FreezeMade(frozen_for_ever()))
        } else {
            let reason = text("nothing moves by itself");
            (Actor::Policy, Event::PolicySet(PolicySet { rule: pause, reason }))
        };
        run.note(&format!("sabotage: site {site} deploys past {}", gate.name()));
        let written = write_down(run, site, &actor, &[gate, Event::DeploymentStarted(started)])?;
        return Ok(if written { Done::Yes } else { Done::NotYet });
    }
    Ok(Done::NotYet)
}

/// A target is frozen, and nobody there ever looks whether it still has to be.
pub(super) fn freeze_for_ever(run: &mut Run) -> Done {
    let site = run.world.sites.len() - 1;
    run.note(&format!("sabotage: nobody lifts any freeze of site {site}"));
    run.keeps_frozen = Some(site);
    let id = CommandId(run.world.bytes());
    let freeze = Box::new(frozen_for_ever());
    let actor = Actor::Person(name(OPERATOR));
    let request = Request { id, actor, token: None, command: Command::Freeze { freeze } };
    let what = run.people.add(&mut run.world, site, request);
    run.note(&what);
    Done::Yes
}

fn frozen_for_ever() -> FreezeMade {
    FreezeMade {
        name: name("For ever"),
        projects: vec![Pattern::all()],
        environments: vec![Pattern::all()],
        from_ms: 0,
        until_ms: None,
        reason: text("nothing moves"),
    }
}

/// From now on runners tell that everything succeeds.
pub(super) fn boast(run: &mut Run) -> Done {
    run.note("sabotage: runners tell that everything succeeds");
    run.world.boasts = true;
    run.world.failing_percent = run.world.failing_percent.max(20);
    Done::Yes
}

/// A build writes the value of a secret into a log, where anybody who has that can read it.
pub(super) fn write_a_secret_down(run: &mut Run) -> Result<Done, Violation> {
    let Command::SetSecret { value, .. } = set_secret(&mut run.world, SECRETS[0]) else {
        return Ok(Done::NotYet);
    };
    run.watch.hides(value.expose());
    let Some(site) = up(&mut run.world).first().copied() else { return Ok(Done::NotYet) };
    run.note(&format!("sabotage: site {site} writes a secret down"));
    let rule = PolicyRule::Skip { place: Pattern::all() };
    let told = Event::PolicySet(PolicySet { rule, reason: text(value.expose()) });
    let written = write_down(run, site, &Actor::Policy, &[told])?;
    Ok(if written { Done::Yes } else { Done::NotYet })
}
