//! Sabotage of the world, one for each invariant: what is broken is the world, never the one who
//! looks.

mod logs;
mod rules;
mod trust;
mod twin;

use super::Run;
use super::hardships::Hardship;
use super::invariants::NAMES;
use super::watch::Watched;
use crate::world::World;
use engine::command::{Command, Request};
use schema::id::CommandId;
use schema::latest::EnvelopeKind;

/// The step from which on a saboteur waits for an opportunity.
const FROM_STEP: u64 = 150;

/// Sabotages beside the one that each invariant gives its name to: which invariant notices it, and
/// what is done.
pub const OTHERS: [(&str, &str, &str); 4] = [
    (
        "early-ack",
        "acknowledged",
        "a recipient acknowledges to the broker before it appends, and the sender relies on that",
    ),
    (
        "forgeries",
        "contradiction",
        "a key is replaced after a theft, and what it signed is not revoked",
    ),
    ("keys", "drain", "nobody is ever told the new keys of anybody"),
    (
        "publish-ack",
        "acknowledged",
        "a sender takes what the broker has stored for what its peer has",
    ),
];

/// Somebody who breaks one invariant.
#[derive(Debug)]
pub struct Saboteur {
    sabotage: &'static str,
    /// When it tries next.
    next_step: u64,
}

impl Saboteur {
    /// The one who breaks the invariant of this name, or does one of [`OTHERS`]; none if there is
    /// no such thing.
    #[must_use]
    pub fn of(sabotage: &str) -> Option<Self> {
        let names = NAMES.iter().map(|(name, _)| *name);
        let mut all = names.chain(OTHERS.iter().map(|(name, _, _)| *name));
        let sabotage = all.find(|name| *name == sabotage)?;
        Some(Self { sabotage, next_step: FROM_STEP })
    }

    /// What must befall the run for this to be noticed.
    #[must_use]
    pub fn hardship(&self) -> Option<Hardship> {
        match self.sabotage {
            "keys" => Some(Hardship::Rotation),
            "lives" => Some(Hardship::Restore),
            "forgeries" => Some(Hardship::Theft),
            "strangers" => Some(Hardship::Liar),
            _ => None,
        }
    }

    /// Breaks it if the opportunity is there.
    ///
    /// # Errors
    /// The violation, where looking comes with it.
    pub fn act(&mut self, run: &mut Run) -> Watched {
        if run.steps < self.next_step {
            return Ok(());
        }
        let done = match self.sabotage {
            "prefix" => logs::alter_a_mirrored_entry(run)?,
            "once" => ask_under_another_id(run),
            "answered" => logs::forget_an_answer(run)?,
            "acknowledged" => logs::forget_what_was_acknowledged(run)?,
            "contradiction" => twin::tell_another_story(run),
            "lives" => logs::go_on_in_the_old_life(run),
            "order" => logs::deploy_past_a_phase(run)?,
            "gates" => rules::deploy_past_a_gate(run)?,
            "receipts" => rules::boast(run),
            "secrets" => rules::write_a_secret_down(run)?,
            "strangers" => trust::give_away_a_package(run),
            "views" => logs::alter_an_own_entry(run)?,
            "audit" => logs::spoil_a_signature(run),
            "drain" => cut_for_ever(run),
            "arrival" => rules::freeze_for_ever(run),
            "forgeries" => keep_forgeries(run),
            "keys" => lose_keys(run),
            "early-ack" => trust::acknowledge_before_appending(run)?,
            "publish-ack" => trust::take_storing_for_delivery(run),
            _ => Done::Yes,
        };
        self.next_step = match done {
            Done::Yes => u64::MAX,
            // What was sent may be lost, what was asked may be declined.
            Done::Perhaps => run.steps + 20,
            Done::NotYet => run.steps + 1,
        };
        Ok(())
    }
}

/// Whether it is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Done {
    Yes,
    Perhaps,
    NotYet,
}

/// A link is cut and never mended.
fn cut_for_ever(run: &mut Run) -> Done {
    run.note("sabotage: 0-1 is cut for ever");
    run.world.cut(0, 1, u64::MAX);
    Done::Yes
}

/// Whoever is robbed takes new keys, and says nothing of what the old one signed.
fn keep_forgeries(run: &mut Run) -> Done {
    run.note("sabotage: no key is revoked any more");
    run.forgives_thieves = true;
    Done::Yes
}

/// No envelope that tells of keys is carried any more.
fn lose_keys(run: &mut Run) -> Done {
    run.note("sabotage: what tells of new keys is lost");
    run.world.loses = Some(EnvelopeKind::Keys);
    Done::Yes
}

/// A client that asks again for a deployment, but under another command id.
fn ask_under_another_id(run: &mut Run) -> Done {
    let known = run.people.wishes.iter().enumerate();
    let deployed = known.filter(|(_, wish)| {
        let up = run.world.sites[wish.site].space.is_some();
        let done = wish.answer.as_ref().and_then(|answer| answer.as_ref().ok());
        let deploys = matches!(wish.request.command, Command::Deploy { .. });
        up && deploys && done.is_some_and(|done| !done.entries.is_empty())
    });
    let deployed: Vec<usize> = deployed.map(|(number, _)| number).collect();
    let Some(number) = run.world.chance.pick(&deployed).copied() else {
        return Done::NotYet;
    };
    let request =
        Request { id: CommandId(run.world.bytes()), ..run.people.wishes[number].request.clone() };
    run.note(&format!("sabotage: wish {number} is asked for under another id"));
    run.people.ask_as(&mut run.world, number, request);
    Done::Perhaps
}

/// The sites that are up, in an order of chance.
fn up(world: &mut World) -> Vec<usize> {
    let mut sites: Vec<usize> =
        (0..world.sites.len()).filter(|site| world.sites[*site].space.is_some()).collect();
    if !sites.is_empty() {
        let middle = world.chance.index(sites.len());
        sites.rotate_left(middle);
    }
    sites
}
