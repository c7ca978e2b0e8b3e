//! What a space decided about trust and flow, read from its log up to a moment: whom it trusted
//! then, with which grants, and who decided what.
//!
//! Only its own entries count: what a peer wrote is no decision of this space.

use crate::trust::certificate::Keys;
use schema::id::{LinkId, Position, SpaceId, TokenId};
use schema::latest::{
    Actor, Block, Certificate, Document, Entry, Event, KeyStatement, Kind, Recall, Record,
};
use schema::v1::event::configuration::{self, Change, Definition, User};
use schema::v1::event::{Assignment, InvitationMade, PeerStated, PeerTrusted, TokenCreated};
use schema::v1::model::{Acceptance, Grant, ReleaseId};
use std::collections::BTreeMap;

/// The moment that is asked about. Order is that of Positions, never that of clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// All of the log.
    End,
    /// The records up to this Position.
    Position(Position),
    /// The records before the first own entry of a later time; milliseconds since 1970, by the
    /// space's own clock.
    TimeMs(u64),
}

/// A peer at the moment that is asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bond {
    /// The peer.
    pub peer: SpaceId,
    /// What this space called it.
    pub name: String,
    /// Its keys, as they were known.
    pub keys: Keys,
    /// The link to it.
    pub link: LinkId,
    /// What could flow, as this side decided.
    pub grants: Vec<Grant>,
    /// Since when it was trusted, milliseconds since 1970.
    pub trusted_ms: u64,
    /// Since when its link was frozen, because it told two stories.
    pub frozen_ms: Option<u64>,
    /// Since when its link was over, because this side ended it.
    pub revoked_ms: Option<u64>,
}

/// One decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Its entry.
    pub position: Position,
    /// When, milliseconds since 1970.
    pub time_ms: u64,
    /// Who.
    pub actor: Actor,
    /// The event that records it.
    pub event: &'static str,
    /// The peer that it is about, by the name that it had here; or its id where it had none.
    pub peer: Option<String>,
    /// What may flow from then on, where the decision says that.
    pub grants: Option<Vec<Grant>>,
    /// What else it says.
    pub detail: String,
}

/// Reads a log block by block.
#[derive(Debug)]
pub struct Decisions {
    until: Until,
    over: bool,
    /// Every link that there was, by when it began.
    bonds: Vec<Bond>,
    decided: Vec<Decision>,
    /// What a token is called, which its revocation does not say.
    tokens: BTreeMap<TokenId, String>,
}

impl Decisions {
    /// At the beginning of a log.
    #[must_use]
    pub fn new(until: Until) -> Self {
        let (bonds, decided, tokens) = (Vec::new(), Vec::new(), BTreeMap::new());
        Self { until, over: false, bonds, decided, tokens }
    }

    /// Reads the next block.
    pub fn block(&mut self, block: &Block) {
        for (position, (record, _)) in (block.first.0..).map(Position).zip(&block.records) {
            let Record::Own(own) = record else { continue };
            self.over |= match self.until {
                Until::End => false,
                Until::Position(last) => position > last,
                Until::TimeMs(last) => own.entry.header().time_ms > last,
            };
            if !self.over {
                self.entry(position, &own.entry);
            }
        }
    }

    /// Every link that there was until then, oldest first, and every decision, oldest first.
    #[must_use]
    pub fn finish(self) -> (Vec<Bond>, Vec<Decision>) {
        (self.bonds, self.decided)
    }

    fn entry(&mut self, position: Position, entry: &Entry) {
        // An entry that cannot be read is damage, which verifying the log tells.
        let Ok(event) = entry.event() else { return };
        let header = entry.header();
        let time_ms = header.time_ms;
        for (peer, grants, detail) in self.read(&event, time_ms) {
            let (actor, event) = (header.actor.clone(), event.name());
            self.decided.push(Decision { position, time_ms, actor, event, peer, grants, detail });
        }
    }

    /// Peer, grants and detail of each decision that an event records.
    fn read(&mut self, event: &Event, time_ms: u64) -> Vec<Said> {
        match event {
            Event::PeerTrusted(trusted) => self.trusted(trusted, time_ms),
            Event::GrantsChanged(changed) => {
                let Some(bond) = self.on(&changed.link) else { return Vec::new() };
                bond.grants.clone_from(&changed.grants);
                let (from, sending) = (changed.from.0, changed.sending_from.0);
                let detail = format!("from LinkSeq {from} in, from LinkSeq {sending} out");
                vec![(Some(bond.name.clone()), Some(changed.grants.clone()), detail)]
            }
            Event::LinkContradicted(noted) => {
                let Some(bond) = self.on(&noted.link) else { return Vec::new() };
                bond.frozen_ms = bond.frozen_ms.or(Some(time_ms));
                let detail = format!("it told two stories at LinkSeq {}: frozen", noted.at.0);
                vec![(Some(bond.name.clone()), None, detail)]
            }
            Event::LinkRevoked(revoked) => {
                let Some(bond) = self.on(&revoked.link) else { return Vec::new() };
                bond.revoked_ms = Some(time_ms);
                let (received, sent) = (revoked.received.0, revoked.sent.0);
                let detail = format!("after LinkSeq {received} in and LinkSeq {sent} out");
                vec![(Some(bond.name.clone()), None, detail)]
            }
            Event::PeerStated(stated) => self.stated(stated),
            Event::KeysStated(stated) => {
                let document = Document::read(&stated.statement).ok();
                let read = document.and_then(|one| one.payload(Kind::KeyStatement).ok());
                read.map(|statement: KeyStatement| said(keys(&statement))).into_iter().collect()
            }
            Event::IncarnationDeclared(declared) => {
                let kept = declared.size;
                vec![said(format!("its log had lost its end and lives on from size {kept}"))]
            }
            Event::ConfigurationApplied(applied) => {
                applied.changes.iter().filter_map(configured).collect()
            }
            Event::TokenCreated(created) => {
                let name = format!("{} of {}", created.name, created.user);
                self.tokens.insert(created.id, name);
                vec![said(token(created))]
            }
            Event::TokenRevoked(revoked) => {
                let name = self.tokens.get(&revoked.id);
                vec![said(format!("token {}", name.map_or("unknown", String::as_str)))]
            }
            Event::InvitationMade(made) => {
                let name = made.name.as_ref().map(ToString::to_string);
                vec![(name, Some(made.grants.clone()), invited(made))]
            }
            Event::InvitationRevoked(revoked) => {
                vec![said(format!("invitation {}", revoked.invitation.short()))]
            }
            Event::InvitationUsed(used) => {
                let detail = format!("let in by invitation {}", used.invitation.short());
                vec![(Some(self.called(&used.peer)), None, detail)]
            }
            Event::InvitationAccepted(accepted) => {
                let detail = format!("asks to be let in by {}", accepted.invitation.short());
                vec![(Some(self.called(&accepted.peer)), None, detail)]
            }
            Event::ReleasePromoted(promoted) => {
                vec![(Some(self.called(&promoted.target)), None, release(&promoted.release))]
            }
            Event::ReleaseAccepted(accepted) => {
                let (name, lifecycle) = (release(&accepted.release), &accepted.lifecycle);
                let owner = self.called(&accepted.release.project.space);
                vec![(Some(owner), None, format!("{name}, lifecycle {lifecycle}"))]
            }
            Event::ReleaseRejected(rejected) => {
                let (name, reason) = (release(&rejected.release), &rejected.reason);
                let owner = self.called(&rejected.release.project.space);
                vec![(Some(owner), None, format!("{name}: {reason}"))]
            }
            Event::ReleaseRecalled(recalled) => {
                let document = Document::read(&recalled.recall).ok();
                let read = document.and_then(|one| one.payload(Kind::Recall).ok());
                let detail = |it: Recall| format!("{}: {}", release(&it.release), it.reason);
                read.map(|it| said(detail(it))).into_iter().collect()
            }
            Event::SpaceCreated(_)
            | Event::LinkOffered(_)
            | Event::IncarnationBegan(_)
            | Event::SecretSet(_)
            | Event::SecretUnset(_)
            | Event::SecretsKept(_)
            | Event::PackagePushed(_)
            | Event::ReleaseCreated(_)
            | Event::PromotionAnswered(_)
            | Event::PackageArrived(_)
            | Event::EnvironmentsPublished(_)
            | Event::GrantsPublished(_)
            | Event::DeploymentStarted(_)
            | Event::DeploymentFinished(_)
            | Event::ManualStepReached(_)
            | Event::ManualStepAnswered(_)
            | Event::DeploymentCancelled(_)
            | Event::ApprovalGiven(_)
            | Event::FreezeMade(_)
            | Event::FreezeLifted(_)
            | Event::GateBypassed(_)
            | Event::PolicySet(_)
            | Event::PolicyLifted(_)
            | Event::PromotionRequested(_)
            | Event::DeploymentReported(_)
            | Event::Unknown { .. } => Vec::new(),
        }
    }

    fn trusted(&mut self, event: &PeerTrusted, time_ms: u64) -> Vec<Said> {
        let certificate = Certificate::read(&event.certificate).ok();
        let Some(keys) = certificate.and_then(|read| Keys::verify(&read).ok()) else {
            return Vec::new();
        };
        let (name, link) = (event.name.to_string(), event.link);
        self.bonds.push(Bond {
            peer: event.peer,
            name: name.clone(),
            keys,
            link,
            grants: event.grants.clone(),
            trusted_ms: time_ms,
            frozen_ms: None,
            revoked_ms: None,
        });
        vec![(Some(name), Some(event.grants.clone()), format!("over link {link}"))]
    }

    /// The newest link of a peer is the one whose keys it states.
    fn stated(&mut self, event: &PeerStated) -> Vec<Said> {
        let documents: Vec<Document> =
            event.statements.iter().filter_map(|json| Document::read(json).ok()).collect();
        let Some(bond) = self.bonds.iter_mut().rfind(|bond| bond.peer == event.peer) else {
            return Vec::new();
        };
        if let Ok(newer) = bond.keys.continued(&documents) {
            bond.keys = newer;
        }
        let mut detail = keys(bond.keys.newest());
        if let Some(cut) = &event.cut {
            detail.push_str(&format!("; what came behind LinkSeq {} is left out", cut.at.0));
        }
        vec![(Some(bond.name.clone()), None, detail)]
    }

    fn on(&mut self, link: &LinkId) -> Option<&mut Bond> {
        self.bonds.iter_mut().rfind(|bond| bond.link == *link)
    }

    fn called(&self, space: &SpaceId) -> String {
        let bond = self.bonds.iter().rfind(|bond| bond.peer == *space);
        bond.map_or_else(|| space.short(), |bond| bond.name.clone())
    }
}

/// Peer, grants and detail of a decision.
type Said = (Option<String>, Option<Vec<Grant>>, String);

/// What is about no peer.
const fn said(detail: String) -> Said {
    (None, None, detail)
}

fn release(release: &ReleaseId) -> String {
    format!("{} {}", release.project.name, release.version)
}

fn keys(statement: &KeyStatement) -> String {
    let mut detail = format!("key statement {}", statement.number);
    for revocation in &statement.revoked {
        let (key, size) = (revocation.key, revocation.size);
        detail.push_str(&format!("; key {key} revoked as of size {size}"));
    }
    detail
}

fn invited(made: &InvitationMade) -> String {
    let guest = made.guest.map_or_else(|| "anybody with its token".to_owned(), |id| id.short());
    format!("invitation {} for {guest}", made.invitation.short())
}

fn token(created: &TokenCreated) -> String {
    let scope = &created.scope;
    let roles: Vec<&str> = scope.roles.iter().map(|role| role.as_str()).collect();
    let roles = if roles.is_empty() { "every role".to_owned() } else { roles.join(", ") };
    format!(
        "token {} of {}: {roles} for projects {}, environments {}",
        created.name, created.user, scope.project, scope.environment
    )
}

/// People and rules of acceptance; everything else of a configuration decides nothing about trust.
fn configured(change: &Change) -> Option<Said> {
    let detail = match change {
        Change::Put(Definition::User(user)) => roles(user),
        Change::Put(Definition::Acceptance(rule)) => return Some(acceptance(rule)),
        Change::Remove(configuration::Kind::User, name) => format!("user {name} is gone"),
        Change::Remove(configuration::Kind::Acceptance, key) => {
            format!("the acceptance of {key} is gone")
        }
        Change::Put(
            Definition::Environment(_)
            | Definition::Lifecycle(_)
            | Definition::Project(_)
            | Definition::Tenant(_),
        )
        | Change::Remove(
            configuration::Kind::Environment
            | configuration::Kind::Lifecycle
            | configuration::Kind::Project
            | configuration::Kind::Tenant,
            _,
        ) => return None,
    };
    Some(said(detail))
}

fn roles(user: &User) -> String {
    let role = |one: &Assignment| {
        let (role, project, environment) = (one.role.as_str(), &one.project, &one.environment);
        format!("{role} for projects {project}, environments {environment}")
    };
    let roles: Vec<String> = user.roles.iter().map(role).collect();
    let roles = if roles.is_empty() { "no role".to_owned() } else { roles.join("; ") };
    format!("user {}: {roles}", user.name)
}

fn acceptance(rule: &Acceptance) -> Said {
    let how = if rule.automatic { "accepted by policy" } else { "accepted by hand" };
    let detail = format!("releases of {} are {how}, lifecycle {}", rule.project, rule.lifecycle);
    (Some(rule.from.to_string()), None, detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use schema::v1::event::{
        ConfigurationApplied, Pattern, Role, TokenRevoked, TokenScope, configuration,
    };
    use schema::v1::model::Environment;

    fn details(reader: &mut Decisions, event: &Event) -> Vec<String> {
        reader.read(event, 1).into_iter().map(|(_, _, detail)| detail).collect()
    }

    #[test]
    fn a_token_that_is_revoked_is_told_by_its_name() {
        let mut reader = Decisions::new(Until::End);
        let id = TokenId([7; 16]);
        let (project, environment) = (Pattern::all(), "Prod EU: *".parse().unwrap());
        let created = TokenCreated {
            id,
            user: "erik".parse().unwrap(),
            name: "pipeline".parse().unwrap(),
            hash: [1; 32],
            scope: Box::new(TokenScope { roles: vec![Role::Deployer], project, environment }),
            expires_ms: None,
        };
        assert_eq!(
            details(&mut reader, &Event::TokenCreated(created)),
            ["token pipeline of erik: deployer for projects *, environments Prod EU: *"]
        );
        let revoked = Event::TokenRevoked(TokenRevoked { id });
        assert_eq!(details(&mut reader, &revoked), ["token pipeline of erik"]);
    }

    #[test]
    fn people_and_rules_of_acceptance_are_decisions_and_places_are_none() {
        let mut reader = Decisions::new(Until::End);
        let user = User { name: "dana".parse().unwrap(), token: [2; 32], roles: Vec::new() };
        let changes = vec![
            Change::Put(Definition::Environment(Environment::named("Dev".parse().unwrap()))),
            Change::Put(Definition::User(user)),
            Change::Remove(configuration::Kind::Environment, "Test".to_owned()),
            Change::Remove(configuration::Kind::User, "erik".to_owned()),
        ];
        let event = Event::ConfigurationApplied(ConfigurationApplied { changes });
        assert_eq!(details(&mut reader, &event), ["user dana: no role", "user erik is gone"]);
    }
}
