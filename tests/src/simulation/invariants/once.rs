//! `once`: nothing takes effect twice: no wish, no command, no cause, no number of a link.

use super::{Check, Invariant, Seen, Told};
use schema::id::{CommandId, EntryId, Position};
use schema::latest::{Actor, Event, Header, Mirrored, Own, Record};
use std::collections::{BTreeMap, BTreeSet};

/// What has taken effect in each log.
#[derive(Debug, Default)]
pub struct Once {
    /// Everything that may be there only once, in words.
    effects: BTreeSet<(usize, String)>,
    /// The entries of each command.
    commands: BTreeMap<(usize, CommandId), Vec<Position>>,
    /// The command under which each wish took effect.
    wishes: BTreeMap<usize, CommandId>,
    told: BTreeMap<(usize, CommandId), Vec<EntryId>>,
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
        effects(header, &event).into_iter().try_for_each(|effect| self.effect(seen.site, effect))
    }

    fn mirrored(&mut self, site: usize, mirrored: &Mirrored) -> Check {
        let (link, number) = (mirrored.link.short(), mirrored.link_seq);
        let incarnation = &mirrored.link_incarnation;
        self.effect(site, format!("link {link} {incarnation} number {number}"))?;
        let EntryId { origin, incarnation, position } = &mirrored.id;
        self.effect(site, format!("entry {origin} {incarnation} {position}"))
    }
}

/// What an event does that may be done only once in a log.
fn effects(header: &Header, event: &Event) -> Vec<String> {
    match event {
        Event::DeploymentStarted(started) => {
            let mut effects = vec![format!("the deployment of command {}", header.command)];
            let (release, environment) = (&started.release, &started.environment);
            let what = format!("{} to {environment}", release.version);
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
        Event::ReleaseCreated(created) => vec![format!("release {}", created.version)],
        Event::ReleasePromoted(promoted) => {
            let (version, target) = (&promoted.release.version, promoted.target.short());
            vec![format!("the promotion of {version} to {target}")]
        }
        Event::ReleaseAccepted(accepted) => {
            vec![format!("the answer to {}", accepted.release.version)]
        }
        Event::ReleaseRejected(rejected) => {
            vec![format!("the answer to {}", rejected.release.version)]
        }
        Event::PromotionAnswered(answered) => {
            vec![format!("the answer sent to {}", answered.release.version)]
        }
        Event::PackageArrived(arrived) => vec![format!("the arrival of {}", arrived.object)],
        Event::PackagePushed(pushed) => {
            let package = &pushed.package;
            vec![format!("package {} {}", package.id, package.version)]
        }
        Event::SecretsKept(kept) => vec![format!("the keeping of {}", kept.release.version)],
        Event::DeploymentReported(_)
        | Event::SpaceCreated(_)
        | Event::LinkOffered(_)
        | Event::PeerTrusted(_)
        | Event::GrantsChanged(_)
        | Event::LinkContradicted(_)
        | Event::KeysStated(_)
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
        | Event::EnvironmentsPublished(_)
        | Event::Unknown { .. } => Vec::new(),
    }
}

impl Invariant for Once {
    fn name(&self) -> &'static str {
        "once"
    }

    fn reread(&mut self, site: usize) {
        self.effects.retain(|(at, _)| *at != site);
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

    fn ran(&mut self, site: usize, deployment: Position) -> Check {
        if self.ran.insert((site, deployment)) {
            return Ok(());
        }
        Err(format!("site {site} ran the deployment at Position {deployment} twice"))
    }
}
