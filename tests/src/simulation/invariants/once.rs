//! `once`: nothing takes effect twice: no wish, no command, no cause, no number of a link.
//!
//! What stood behind the end that a log lost may happen again there. A new life tells its peers
//! again what it has kept, under the same ids: each once in each life. Once a peer has said where
//! its own entries end, because somebody stole its key, those behind come again: a release that was
//! among them is unknown until then, is answered again, and goes where policy sends it.

use super::{Check, Invariant, Seen, Told};
use crate::world::World;
use engine::run::Plan;
use schema::id::{CommandId, DocumentId, EntryId, Incarnation, LinkId, LinkSeq, Position, SpaceId};
use schema::latest::{Actor, Event, Header, Mirrored, Own, Record};
use schema::v1::event::{Cut, PeerStated};
use schema::v1::model::ReleaseId;
use std::collections::{BTreeMap, BTreeSet};

/// What has taken effect in each log.
#[derive(Debug, Default)]
pub struct Once {
    /// Everything that may be there only once, in words.
    effects: BTreeSet<(usize, String)>,
    /// What each link brought, in each life of its origin.
    mirrored: BTreeMap<(usize, LinkId, Incarnation), BTreeMap<LinkSeq, EntryId>>,
    /// The entries of each command.
    commands: BTreeMap<(usize, CommandId), Vec<Position>>,
    /// The command under which each wish took effect.
    wishes: BTreeMap<usize, CommandId>,
    told: BTreeMap<(usize, CommandId), Vec<EntryId>>,
    /// Who gives its entries what ids it likes.
    liar: Option<SpaceId>,
    ran: BTreeSet<(usize, Position)>,
}

impl Once {
    fn effect(&mut self, site: usize, effect: String) -> Check {
        let twice = format!("at site {site} {effect} took effect twice");
        if self.effects.insert((site, effect)) { Ok(()) } else { Err(twice) }
    }

    fn own(&mut self, seen: &Seen<'_>, own: &Own) -> Check {
        let header = own.entry.header();
        let key = (seen.site, header.command);
        let entries = self.commands.entry(key).or_default();
        entries.push(seen.position);
        if let Some(told) = self.told.get(&key)
            && told.len() < entries.len()
        {
            return Err(format!(
                "site {} wrote Position {} under a command that had been answered",
                seen.site, seen.position
            ));
        }
        let Ok(event) = own.entry.event() else {
            return Ok(());
        };
        if let Event::PeerStated(PeerStated { cut: Some(cut), .. }) = &event {
            self.retract(seen.site, cut);
        }
        effects(header, &event).into_iter().try_for_each(|effect| self.effect(seen.site, effect))
    }

    fn mirrored(&mut self, site: usize, mirrored: &Mirrored) -> Check {
        let (link, id, number) = (mirrored.link, mirrored.id, mirrored.link_seq);
        let life = (site, link, mirrored.link_incarnation);
        let entries = self.mirrored.entry(life).or_default();
        let unruly = self.liar == Some(id.origin);
        let twice = !unruly && entries.values().any(|known| *known == id);
        if entries.insert(number, id).is_some() || twice {
            let link = link.short();
            return Err(format!(
                "at site {site} number {number} of link {link}, entry {id}, came twice"
            ));
        }
        Ok(())
    }

    /// A peer said where its own entries end: what came behind comes again.
    fn retract(&mut self, site: usize, cut: &Cut) {
        let lives = self.mirrored.iter_mut();
        for (_, entries) in
            lives.filter(|((at, _, life), _)| *at == site && *life == cut.incarnation)
        {
            entries.retain(|number, _| *number <= cut.at);
        }
        let again = ["the answer to ", "the answer sent to ", "the deployment by policy of "];
        self.effects.retain(|(at, effect)| {
            *at != site || !again.iter().any(|kind| effect.starts_with(kind))
        });
    }
}

/// A bundle: each revision of a release has its own.
fn bundle(release: &ReleaseId, bundle: &DocumentId) -> String {
    format!("{} in bundle {}", release.version, schema::id::hex(&bundle.0[..4]))
}

/// What an event does that may be done only once in a log.
fn effects(header: &Header, event: &Event) -> Vec<String> {
    match event {
        Event::DeploymentStarted(started) => {
            let mut effects = vec![format!("the deployment of command {}", header.command)];
            let (release, environment) = (&started.release, &started.environment);
            let digest = schema::id::hex(&started.digest.0[..4]);
            let what = format!("{} {digest} to {environment}", release.version);
            if started.restarts > 0 {
                effects.push(format!("the restart because of {:?}", header.causation));
            } else if header.actor == Actor::Policy {
                effects.push(format!("the deployment by policy of {what}"));
            }
            effects
        }
        Event::DeploymentFinished(finished) => {
            vec![format!("the end of deployment {}", finished.deployment)]
        }
        Event::ReleaseCreated(created) => {
            vec![format!("revision {} of release {}", created.revision, created.version)]
        }
        Event::ManualStepAnswered(answered) => {
            vec![format!("the answer for deployment {}", answered.deployment)]
        }
        Event::DeploymentCancelled(cancelled) => {
            vec![format!("the end of deployment {} by a person", cancelled.deployment)]
        }
        Event::ReleasePromoted(promoted) => {
            let (version, target) = (&promoted.release.version, promoted.target.short());
            let digest = schema::id::hex(&promoted.digest.0[..4]);
            vec![format!("the promotion of {version} {digest} to {target}")]
        }
        Event::ReleaseAccepted(accepted) => {
            vec![format!("the answer to {}", bundle(&accepted.release, &accepted.bundle))]
        }
        Event::ReleaseRejected(rejected) => {
            vec![format!("the answer to {}", bundle(&rejected.release, &rejected.bundle))]
        }
        Event::PromotionAnswered(answered) => {
            vec![format!("the answer sent to {}", bundle(&answered.release, &answered.bundle))]
        }
        Event::PackageArrived(arrived) => vec![format!("the arrival of {}", arrived.object)],
        Event::PackagePushed(pushed) => {
            let package = &pushed.package;
            vec![format!("package {} {}", package.id, package.version)]
        }
        Event::KeysStated(stated) => {
            let statement = schema::hash::sha256(&[stated.statement.as_bytes()]);
            vec![format!("the key statement {}", schema::id::hex(&statement[..8]))]
        }
        Event::SecretsKept(kept) => {
            vec![format!("the keeping of {}", bundle(&kept.release, &kept.bundle))]
        }
        Event::DeploymentReported(_)
        | Event::ReleaseRecalled(_)
        | Event::ManualStepReached(_)
        | Event::ApprovalGiven(_)
        | Event::FreezeMade(_)
        | Event::FreezeLifted(_)
        | Event::GateBypassed(_)
        | Event::PolicySet(_)
        | Event::PolicyLifted(_)
        | Event::PromotionRequested(_)
        | Event::SpaceCreated(_)
        | Event::LinkOffered(_)
        | Event::PeerTrusted(_)
        | Event::GrantsChanged(_)
        | Event::LinkContradicted(_)
        | Event::PeerStated(_)
        | Event::IncarnationDeclared(_)
        | Event::IncarnationBegan(_)
        | Event::LinkRevoked(_)
        | Event::GrantsPublished(_)
        | Event::ConfigurationApplied(_)
        | Event::TokenCreated(_)
        | Event::TokenRevoked(_)
        | Event::SecretSet(_)
        | Event::SecretUnset(_)
        | Event::InvitationMade(_)
        | Event::InvitationRevoked(_)
        | Event::InvitationUsed(_)
        | Event::InvitationAccepted(_)
        | Event::EnvironmentsPublished(_)
        | Event::Unknown { .. } => Vec::new(),
    }
}

impl Invariant for Once {
    fn name(&self) -> &'static str {
        "once"
    }

    fn trusted_liar(&mut self, space: SpaceId, _: LinkId) {
        self.liar = Some(space);
    }

    fn cut_off(&mut self, site: usize, kept: u64, _: bool) {
        let lost = |entry: &EntryId| entry.position.0 > kept;
        self.told.retain(|(at, _), entries| *at != site || !entries.iter().any(lost));
        self.ran.retain(|(at, deployment)| *at != site || deployment.0 <= kept);
    }

    fn reread(&mut self, site: usize) {
        self.effects.retain(|(at, _)| *at != site);
        self.mirrored.retain(|(at, ..), _| *at != site);
        self.commands.retain(|(at, _), _| *at != site);
    }

    fn record(&mut self, seen: &Seen<'_>) -> Check {
        match seen.record {
            Record::Own(own) => self.own(seen, own),
            Record::Mirrored(mirrored) => self.mirrored(seen.site, mirrored),
            Record::Evidence(_) => Ok(()),
        }
    }

    /// The records of the answered turn were shown before.
    fn told(&mut self, told: &Told) -> Check {
        if told.entries.is_empty() {
            return Ok(());
        }
        let before = *self.wishes.entry(told.wish).or_insert(told.command);
        if before != told.command {
            return Err(format!(
                "wish {} took effect twice at site {}, under two command ids",
                told.wish, told.site
            ));
        }
        let key = (told.site, told.command);
        let written = self.commands.get(&key).cloned().unwrap_or_default();
        let answered: Vec<Position> = told.entries.iter().map(|entry| entry.position).collect();
        self.told.insert(key, told.entries.clone());
        if written.len() > answered.len() {
            return Err(format!(
                "the command of wish {} wrote {written:?}, answered were {answered:?}",
                told.wish
            ));
        }
        Ok(())
    }

    fn ran(&mut self, _: &World, site: usize, plan: &Plan) -> Check {
        let deployment = plan.deployment;
        if self.ran.insert((site, deployment)) {
            return Ok(());
        }
        Err(format!("site {site} ran the deployment at Position {deployment} twice"))
    }
}
