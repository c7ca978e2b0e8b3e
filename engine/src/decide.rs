//! From a command and what is true to the events that follow: pure, one file for each subject.

pub mod approval;
pub mod channel;
pub mod configuration;
pub mod deployment;
pub mod import;
pub mod invitation;
pub mod keys;
pub(crate) mod likeness;
pub mod naming;
pub mod people;
pub mod permission;
pub mod promotion;
pub mod recall;
pub mod references;
pub mod release;
pub mod restraint;
pub mod result;
pub mod rights;
pub mod scope;
pub mod secret;
pub mod tenant;
pub mod trust;
pub mod values;

use crate::command::{Command, Rejection, Request};
use crate::decide::naming::{chosen, offered};
use crate::state::State;
use crate::state::cells::Slot;
use crate::state::releases::Release;
use crate::traffic::Traffic;
use crate::trust::identity::Identity;
use schema::hash::Hash;
use schema::id::{CommandId, EntryId, LinkId};
use schema::latest::{Actor, Audience, Document, Event};
use std::collections::BTreeMap;

/// An event that is about to become an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The event.
    pub event: Event,
    /// Who may see it.
    pub audience: Audience,
    /// Who did it, as the audience may know it.
    pub actor: Actor,
    /// The command that began the whole story; the command itself if none is given.
    pub correlation: Option<CommandId>,
    /// The entry that caused it.
    pub causation: Option<EntryId>,
}

/// What a decision may look at.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a> {
    /// What is true.
    pub state: &'a State,
    /// Who signs.
    pub identity: &'a Identity,
    /// How far each link is.
    pub traffic: &'a BTreeMap<LinkId, Traffic>,
    /// Random bytes that nothing else uses.
    pub random: Hash,
    /// The clock, milliseconds since 1970.
    pub wall_ms: u64,
}

impl Given<'_> {
    /// A signed offer of the random bytes, and the number in it.
    #[must_use]
    pub fn drawn_offer(&self) -> (Document, Hash) {
        (self.identity.offer(self.random), self.random)
    }
}

impl Draft {
    /// An event that stays in this space.
    #[must_use]
    pub const fn internal(actor: Actor, event: Event) -> Self {
        Self { event, audience: Audience::Internal, actor, correlation: None, causation: None }
    }

    /// The same, as a part of the story of `release`.
    #[must_use]
    pub const fn about(mut self, release: &Release) -> Self {
        self.correlation = Some(release.correlation);
        self.causation = Some(release.entry);
        self
    }

    /// The same, caused by `entry`.
    #[must_use]
    pub const fn because(mut self, entry: EntryId) -> Self {
        self.causation = Some(entry);
        self
    }
}

/// Decides, for who may ask this.
///
/// # Errors
/// [`Rejection`] with what to do instead; then nothing happened.
pub fn decide(given: Given<'_>, request: &Request) -> Result<Vec<Draft>, Rejection> {
    // First of all: who may not is told nothing about what there is.
    permission::check(given, request)?;
    let actor = &request.actor;
    match &request.command {
        Command::Apply { definitions } => configuration::apply(given.state, actor, definitions),
        Command::PutUser { user } => people::put(given.state, actor, user),
        Command::RemoveUser { name } => people::remove(given.state, actor, name),
        Command::CreateToken { user, name, hash, scope, expires_ms } => {
            let wanted = people::Wanted { user, name, hash, scope, expires_ms: *expires_ms };
            people::create(given, actor, request.id, &wanted)
        }
        Command::RevokeToken { token } => people::revoke(given.state, actor, token),
        Command::Trust { certificate, name, grants } => {
            trust::trust(given, actor, certificate, name.as_ref(), grants)
        }
        Command::StateKeys { statement, .. } => keys::state(given.state, actor, statement),
        Command::Grant { peer, grants } => trust::grant(given, actor, peer, grants),
        Command::Revoke { peer } => trust::revoke(given, actor, peer),
        Command::SetSecret { project, name, scope, value } => {
            secret::set(given, actor, project, (name, scope.as_ref()), value)
        }
        Command::UnsetSecret { project, name, scope } => {
            secret::unset(given, actor, project, (name, scope.as_ref()))
        }
        Command::Invite { invitation, guest, name, grants, ends_ms } => {
            let (invitation, guest, ends_ms) = (*invitation, *guest, *ends_ms);
            let name = name.as_ref();
            let wanted = invitation::Wanted { invitation, guest, name, grants, ends_ms };
            invitation::invite(given, actor, &wanted)
        }
        Command::Uninvite { invitation } => invitation::uninvite(given, actor, *invitation),
        Command::Join { invitation, name, grants } => {
            invitation::join(given, actor, invitation, name.as_ref(), grants)
        }
        Command::PushPackage { package } => release::push(given.state, actor, package),
        Command::CreateRelease { project, version, notes, packages, channel, revise } => {
            let channel = channel.as_ref();
            let wanted =
                release::Wanted { project, version, notes, packages, channel, revise: *revise };
            release::create(given, actor, &wanted)
        }
        Command::Promote { release, peer, bypass } => {
            let id = chosen(given.state, release)?;
            promotion::promote(given, actor, &id, peer, bypass.as_ref())
        }
        Command::Approve { release, environment, approved, reason } => {
            let id = chosen(given.state, release)?;
            let said = approval::Said { environment, approved: *approved, reason };
            approval::approve(given, actor, &id, &said)
        }
        Command::Freeze { freeze } => restraint::freeze(given, actor, freeze),
        Command::LiftFreeze { name, reason } => restraint::lift(given, actor, name, reason),
        Command::SetPolicy { rule, reason } => restraint::set(given.state, actor, rule, reason),
        Command::LiftPolicy { rule } => Ok(restraint::unset(given.state, actor, rule)),
        Command::Recall { release, reason } => {
            let id = chosen(given.state, release)?;
            recall::recall(given, actor, &id, reason)
        }
        Command::PassRecall { release } => Ok(recall::pass(given.state, release)),
        Command::PassResult { release, receipt } => {
            Ok(result::pass(given.state, release, receipt).into_iter().collect())
        }
        Command::Accept { release, lifecycle, values } => {
            let id = offered(given.state, release)?;
            import::accept(given, actor, &id, lifecycle.as_ref(), values)
        }
        Command::Reject { release, reason } => {
            let id = offered(given.state, release)?;
            import::reject(given.state, actor, &id, reason)
        }
        Command::Deploy { release, environment, tenant, bypass } => {
            let id = chosen(given.state, release)?;
            let slot = Slot { environment: environment.clone(), tenant: tenant.clone() };
            deployment::deploy(given, actor, &id, &slot, bypass.as_ref())
        }
        Command::Cancel { deployment, reason } => {
            deployment::cancel(given.state, actor, *deployment, reason)
        }
        Command::AnswerManual { deployment, step, done, note } => {
            let said = deployment::Said { step: step.as_ref(), done: *done, note };
            deployment::answer(given.state, actor, *deployment, &said)
        }
        Command::KeepSecrets { release } => import::keep_secrets(given, release),
        Command::Restart { deployment } => deployment::restart(given, actor, *deployment),
    }
}
