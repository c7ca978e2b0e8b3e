//! What is asked for and what ended: decided, appended once, and followed by policy.

use super::Engine;
use crate::command::{Command, Done, Rejection, RejectionKind, Request};
use crate::decide::{self, Draft, Given, deployment, permission, result, secret, values};
use crate::gates::{self, Way};
use crate::policy;
use crate::progress::Place;
use crate::run::{BoundSecret, ManualAnswer, Plan, Report};
use crate::state::cells::{Deployment, Slot};
use crate::step::Effect;
use schema::hash::Hash;
use schema::id::{CommandId, EntryId, Position};
use schema::latest::{Actor, Event};
use schema::name::Name;
use schema::v1::event::{DeploymentStarted, ManualStepAnswered};
use schema::v1::model::ReleaseId;
use std::collections::BTreeSet;

/// How many times policy may react to its own events in one step. A story is a few phases long;
/// a loop would be a mistake of ours, and must not stop the node.
const REACTIONS_MAX: usize = 64;

impl Engine {
    /// Decides a command and appends what follows from it, once for each command id.
    pub(super) fn ask(&mut self, request: &Request) -> Result<Done, Rejection> {
        let random = self.entropy.bytes();
        let given = self.given(random);
        if let Some(before) = self.state.commands.get(&request.id) {
            // Who may not any more is told nothing, also not what they once did.
            permission::check(given, request)?;
            let entries = before.iter().map(|position| self.entry_id(*position)).collect();
            return Ok(Done { entries, repeated: true });
        }
        // Who ends the link to the one peer that says so does not believe it.
        let disbelieved = if let Command::Revoke { peer } = &request.command {
            let ended = self.state.links.named(peer).map(|(_, peer)| peer.link);
            let mut claims = self.traffic.iter().filter(|(_, it)| it.outbox.rolled_back());
            claims.all(|(link, _)| Some(*link) == ended)
        } else {
            false
        };
        let remedy = disbelieved || matches!(request.command, Command::StateKeys { .. });
        if !remedy && self.is_read_only() {
            return Err(Rejection::conflict(
                "this log was rolled back: a peer has entries that it has lost",
                "put the newest copy of the node's folder back, or let the space live on from what \
                 is here: `interspace space recover`; until then nothing is changed",
            ));
        }
        let drafts = decide::decide(self.given(random), request)?;
        let drafts: Vec<Draft> = drafts.into_iter().map(|draft| self.completed(draft)).collect();
        if let Command::StateKeys { statement, pair } = &request.command {
            self.learn_pair(statement, pair)?;
        }
        let entries = self.append_drafts(request.id, &drafts)?;
        self.schedule(&drafts, &entries);
        Ok(Done { entries, repeated: false })
    }

    fn given(&self, random: Hash) -> Given<'_> {
        let (state, identity) = (&self.state, &self.identity);
        Given { state, identity, traffic: &self.traffic, random, wall_ms: self.now.wall_ms }
    }

    /// Has done what was just decided about deployments.
    fn schedule(&mut self, drafts: &[Draft], entries: &[EntryId]) {
        for (draft, entry) in drafts.iter().zip(entries) {
            let effect = if let Event::DeploymentStarted(started) = &draft.event {
                self.plan(entry.position, started)
            } else if let Event::DeploymentCancelled(cancelled) = &draft.event {
                Some(Effect::Cancel(cancelled.deployment))
            } else if let Event::ManualStepAnswered(answered) = &draft.event {
                answered_by(&draft.actor, answered)
            } else {
                None
            };
            self.effects.extend(effect);
        }
    }

    /// What the runner needs for a deployment that was just started.
    fn plan(&self, deployment: Position, started: &DeploymentStarted) -> Option<Effect> {
        let (id, given) = (&started.release, self.given([0; 32]));
        let release = self.state.releases.get(id)?;
        let slot =
            Slot { environment: started.environment.clone(), tenant: started.tenant.clone() };
        let secrets = secret::values(given, id, release)
            .and_then(|secrets| values::seen(&self.state, id, release, &slot, Some(&secrets)));
        let hidden = match secrets {
            Ok(seen) => seen.hidden,
            // It was looked at when it was decided, a moment ago.
            Err(rejection) => return Some(Effect::Alarm(rejection.to_string())),
        };
        let secret = |(name, value, steps)| BoundSecret { name, value, steps };
        let environment = self.state.configuration.environment(&slot.environment);
        let packages = deployment::packages(&self.state, release, &slot);
        Some(Effect::Run(Plan {
            deployment,
            release: id.clone(),
            environment: environment?.clone(),
            steps: values::steps(release, self.state.me(), &slot).cloned().collect(),
            tenant: slot.tenant,
            variables: started.variables.clone(),
            secrets: hidden.into_iter().map(secret).collect(),
            packages: packages.into_iter().cloned().collect(),
        }))
    }

    /// Writes down that a deployment waits for a person.
    pub(super) fn awaits_person(&mut self, deployment: Position, step: &Name) {
        let Some(draft) = deployment::awaits(&self.state, deployment, step) else { return };
        let command = CommandId::derived(&self.entry_id(deployment), &format!("awaits {step}"));
        // The event is a few dozen bytes.
        let _ = self.append_drafts(command, &[draft]);
    }

    pub(super) fn ended(&mut self, deployment: Position, report: Report) {
        let found = self.state.cells.running_at(deployment);
        // A report that comes twice changes nothing.
        let Some((cell, running)) = found.map(|(cell, it)| (cell.clone(), it.clone())) else {
            return;
        };
        let random = self.entropy.bytes();
        let drafts = result::finish(self.given(random), &cell, &running, &report);
        let command = CommandId::derived(&running.deployment, "finish");
        if let Err(rejection) = self.append_drafts(command, &drafts) {
            self.effects.push(Effect::Alarm(format!("a receipt was lost: {rejection}")));
        }
    }

    /// Lets policy react until nothing more follows.
    pub(super) fn react(&mut self) {
        let mut looked_at = BTreeSet::new();
        for _ in 0..REACTIONS_MAX {
            if std::mem::take(&mut self.tell_environments) {
                let mut drafts = result::publish_grants(&self.state);
                drafts.extend(result::publish_environments(&self.state));
                let command = CommandId(self.entropy.bytes());
                // Grants and names of environments always fit.
                let _ = self.append_drafts(command, &drafts);
            }
            if std::mem::take(&mut self.look_at_all) {
                self.touch_unfinished();
            }
            let touched = std::mem::take(&mut self.touched);
            let tried = if touched.is_empty() { self.take_turns() } else { BTreeSet::new() };
            if touched.is_empty() && tried.is_empty() {
                return self.sleep(&looked_at);
            }
            self.pursue(&touched);
            looked_at.extend(touched.into_iter().chain(tried));
        }
        self.effects.push(Effect::Alarm("policy does not come to rest".to_owned()));
    }

    /// The release that policy leaves alone, because somebody said so.
    fn left_alone(&self, request: &Request) -> Option<ReleaseId> {
        let named = |release| decide::naming::resolve(&self.state, release).ok();
        let (id, place) = if let Command::Deploy { release, environment, .. } = &request.command {
            (named(release)?, Place::Environment(environment.clone()))
        } else if let Command::Promote { release, peer, .. } = &request.command {
            (named(release)?, Place::Space(peer.clone()))
        } else if let Command::Restart { deployment } = &request.command {
            let cut = self.state.cells.deployment(*deployment)?;
            (cut.release_id(), Place::Environment(cut.cell.slot.environment.clone()))
        } else {
            return None;
        };
        let (actor, now_ms) = (&request.actor, self.now.wall_ms);
        let way = Way { id: &id, place: &place, tenant: None, actor, now_ms };
        gates::left_alone(&self.state, &way).map(|_| id.clone())
    }

    /// Asks what policy would ask for because of what happened to these releases.
    pub(super) fn pursue(&mut self, touched: &BTreeSet<ReleaseId>) {
        for request in policy::due(&self.state, touched, self.now.wall_ms) {
            if !self.may_act(&request) || !policy::goes_forward(&self.state, &request) {
                continue;
            }
            if let Some(id) = self.left_alone(&request) {
                self.held_up.insert(id);
                continue;
            }
            let Err(rejection) = self.ask(&request) else { continue };
            // What is not possible yet is asked again when something changes.
            match (&request.command, rejection.kind) {
                (Command::Restart { deployment }, RejectionKind::NotYet) => {
                    let cut = self.state.cells.deployment(*deployment);
                    let cut = cut.map(|it| (it.cell.slot.environment.clone(), it.release_id()));
                    if let Some((environment, id)) = cut {
                        self.wait_for(&environment, id);
                    }
                }
                // What is missing may be given, what holds it up may end.
                (
                    Command::Restart { deployment },
                    RejectionKind::Conflict | RejectionKind::Invalid,
                ) => {
                    let cut = self.state.cells.deployment(*deployment);
                    self.held_up.extend(cut.map(Deployment::release_id));
                }
                (Command::Deploy { release, environment, .. }, RejectionKind::NotYet) => {
                    if let Ok(id) = decide::naming::resolve(&self.state, release) {
                        self.wait_for(environment, id);
                    }
                }
                // The peer may let it in later.
                (Command::Promote { release, .. }, RejectionKind::NotYet) => {
                    self.held_up.extend(decide::naming::resolve(&self.state, release));
                }
                // A freeze may be lifted, whatever else is done about it.
                (
                    Command::Deploy { release, .. } | Command::Promote { release, .. },
                    RejectionKind::Conflict | RejectionKind::NotFound,
                ) => {
                    self.held_up.extend(decide::naming::resolve(&self.state, release));
                }
                // A promotion that can never be made is for the operator to know.
                (Command::Promote { .. }, RejectionKind::Invalid) => {
                    let alarm = format!("policy cannot go on: {rejection}; {}", rejection.hint);
                    self.effects.push(Effect::Alarm(alarm));
                }
                _ => {}
            }
        }
    }
}

/// What the runner is told of what a person said about a manual step.
fn answered_by(actor: &Actor, answered: &ManualStepAnswered) -> Option<Effect> {
    let by = match actor {
        Actor::Person(name) => name.clone(),
        Actor::Policy | Actor::Space(_) => return None,
    };
    let (done, note) = (answered.done, answered.note.clone());
    let answer = ManualAnswer { by, done, note };
    Some(Effect::AnswerManual { deployment: answered.deployment, answer })
}
