//! What is true here: folded from the log, needed to decide.
//!
//! Folding never fails and never writes. Every part is keyed by the space that owns it, so that
//! what one peer says changes only what belongs to it.

pub mod awaiting;
pub mod cells;
pub mod configuration;
mod coverage;
pub mod invitations;
pub mod links;
mod recovered;
mod release;
pub mod releases;
pub mod restraints;
pub mod secrets;
pub mod tokens;

use crate::gates::{Gate, Way, counted};
use crate::progress::Place;
use crate::trust::certificate::Keys;
use awaiting::Awaiting;
use cells::{Attempt, Cells};
use configuration::Configuration;
use invitations::Invitations;
use links::{Links, Peer};
use releases::{Release, Releases, Source};
use restraints::Restraints;
use schema::hash::Hash;
use schema::id::{CommandId, EntryId, Incarnation, ObjectId, Position, SpaceId};
use schema::latest::{Audience, Certificate, Document, Event, Header, KeptSecret, Kind, Offer};
use schema::name::{Name, PackageName, Version};
use schema::v1::event::{Crossing, DeploymentStarted, ReleaseRecalled};
use schema::v1::model::Package;
use secrets::Secrets;
use std::collections::{BTreeMap, BTreeSet};
use tokens::Tokens;

/// Where an event stands: the frame in which it is folded.
#[derive(Debug, Clone, Copy)]
pub struct At<'a> {
    /// Its id in the log of its origin.
    pub id: EntryId,
    /// Its Position in this log.
    pub position: Position,
    /// Its header.
    pub header: &'a Header,
    /// When this log had it, by this space's clock, milliseconds since 1970.
    pub here_ms: u64,
}

/// Everything that decisions need.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct State {
    /// This space's own keys, from Position 1 on.
    pub keys: Option<Keys>,
    /// The incarnation of this log.
    pub incarnation: Option<Incarnation>,
    /// Every life of this log, and the Position with which it began.
    pub lives: Vec<(Position, Incarnation)>,
    /// What this space puts into the ids of its links, and the signed offer of it.
    pub offer: Option<(Hash, Document)>,
    /// Peers, links and grants.
    pub links: Links,
    /// Environments, lifecycles, projects, rules, people.
    pub configuration: Configuration,
    /// API tokens.
    pub tokens: Tokens,
    /// What peers passed on under keys that are not known here yet.
    pub awaiting: Awaiting,
    /// Values of secrets, sealed.
    pub secrets: Secrets,
    /// Invitations of this space.
    pub invitations: Invitations,
    /// Packages that were pushed here.
    pub packages: BTreeMap<(PackageName, Version), Package>,
    /// Objects that are complete in this space's store.
    pub objects: BTreeSet<ObjectId>,
    /// Releases of this space and of its peers.
    pub releases: Releases,
    /// What is deployed where, here and remotely.
    pub cells: Cells,
    /// Freezes, and what policy leaves alone.
    pub restraints: Restraints,
    /// The newest command that went past a gate, where that was approval.
    bypassed: Option<CommandId>,
    /// What each command did, so that it can be repeated without harm.
    pub commands: BTreeMap<CommandId, Vec<Position>>,
}

impl State {
    /// The id of this space.
    ///
    /// # Panics
    /// Before Position 1 was folded, which every log begins with.
    #[must_use]
    pub fn me(&self) -> SpaceId {
        self.keys.as_ref().expect("the log begins with the space's certificate").space()
    }

    /// A deployment began: with the approvals that counted then, unless nobody asked for them.
    fn fold_started(&mut self, at: &At<'_>, started: &DeploymentStarted) {
        let me = self.me();
        self.cells.started(me, at, started);
        if self.bypassed != Some(at.header.command)
            && let Some(release) = self.releases.get(&started.release)
            && release.digest == started.digest
            && let Some((_, running)) = self.cells.running_at(at.position)
        {
            let place = Place::Environment(started.environment.clone());
            let way = Way {
                id: &started.release,
                place: &place,
                tenant: started.tenant.as_ref(),
                actor: &running.by,
                now_ms: at.header.time_ms,
            };
            let counted = counted(self, &way, release).into_iter().map(|it| it.position);
            let counted = counted.collect();
            self.cells.approved(at.position, counted);
        }
        self.releases.started(at, started);
    }

    /// Folds one event of this space.
    pub fn fold_own(&mut self, at: &At<'_>, event: &Event) {
        self.commands.entry(at.header.command).or_default().push(at.position);
        match event {
            Event::SpaceCreated(created) => {
                let certificate = Certificate::read(&created.certificate).ok();
                self.keys = certificate.and_then(|certificate| Keys::verify(&certificate).ok());
                self.live_on(at.position, created.incarnation);
            }
            Event::IncarnationDeclared(declared) => {
                self.live_on(at.position, declared.incarnation);
                self.invitations.void();
                self.links.tell_anew();
            }
            Event::LinkOffered(offered) => self.fold_offer(&offered.offer),
            Event::KeysStated(stated) => self.fold_keys(&stated.statement),
            Event::PeerStated(stated) => self.links.stated(stated),
            Event::PeerTrusted(trusted) => {
                self.releases.trusted(&trusted.peer);
                self.links.trust(trusted);
            }
            Event::GrantsChanged(changed) => self.links.grant(changed),
            Event::LinkContradicted(contradicted) => self.links.freeze(&contradicted.link),
            Event::LinkRevoked(revoked) => {
                if let Some((peer, _)) = self.links.on(&revoked.link) {
                    self.invitations.shut_out(peer);
                }
                self.awaiting.ended(&revoked.link);
                self.links.revoke(&revoked.link, at.header.time_ms);
            }
            Event::ConfigurationApplied(applied) => {
                self.configuration.apply(applied);
                self.tokens.configured(applied);
                self.invitations.configured(applied);
                self.secrets.configured(&self.configuration);
            }
            Event::TokenCreated(created) => self.tokens.created(at, created),
            Event::TokenRevoked(revoked) => self.tokens.revoked(&revoked.id),
            Event::SecretSet(set) => self.secrets.set(at, set),
            Event::SecretUnset(unset) => self.secrets.unset(unset),
            Event::SecretsKept(kept) => self.secrets.keep(kept),
            Event::InvitationMade(made) => self.invitations.made(at, made),
            Event::InvitationRevoked(revoked) => self.invitations.revoked(&revoked.invitation),
            Event::InvitationUsed(used) => {
                self.invitations.used(used);
                self.links.invited(&used.peer, used.invitation);
            }
            Event::InvitationAccepted(accepted) => self.links.accepted(accepted),
            Event::PackagePushed(pushed) => {
                let package = &pushed.package;
                self.objects.insert(package.object);
                let key = (package.id.clone(), package.version.clone());
                self.packages.insert(key, package.clone());
            }
            Event::ReleaseCreated(created) => {
                self.secrets.created(created);
                self.releases.create(self.me(), at, created);
            }
            Event::ReleasePromoted(promoted) => self.releases.promoted(at, promoted),
            Event::ReleaseRecalled(recalled) => self.fold_recall(at, recalled),
            Event::ApprovalGiven(given) => self.releases.approved(at, given),
            Event::FreezeMade(made) => self.restraints.made(at, made),
            Event::FreezeLifted(lifted) => self.restraints.lifted(lifted),
            Event::PolicySet(set) => self.restraints.set(at, set),
            Event::PolicyLifted(lifted) => self.restraints.unset(lifted),
            Event::ManualStepReached(reached) => self.cells.awaits(reached),
            Event::ManualStepAnswered(answered) => self.cells.answered(answered),
            Event::DeploymentCancelled(cancelled) => self.cells.cancelled(at, cancelled),
            Event::ReleaseAccepted(accepted) => self.releases.accepted(accepted),
            Event::ReleaseRejected(rejected) => self.releases.rejected(rejected),
            Event::PackageArrived(arrived) => {
                self.objects.insert(arrived.object);
            }
            Event::EnvironmentsPublished(published) => {
                self.links.published_to(&at.header.audience, &published.environments);
            }
            Event::GrantsPublished(published) => {
                self.links.told_grants(&at.header.audience, &published.grants);
            }
            Event::DeploymentStarted(started) => self.fold_started(at, started),
            Event::GateBypassed(bypassed) => {
                let gate = Gate::Approval.as_str();
                let mut gates = bypassed.gates.iter().map(|it| it.as_str().split(':').next());
                let approval = gates.any(|it| it == Some(gate));
                self.bypassed = approval.then_some(at.header.command);
            }
            Event::DeploymentFinished(finished) => {
                let me = self.me();
                if let Some((attempt, outcome)) = self.cells.finished(me, at, finished) {
                    self.releases.finished(&attempt, outcome);
                }
            }
            Event::DeploymentReported(reported) => self.releases.passed(reported),
            // Told to others; nothing changes here. Unknown own events were written by a newer
            // build and are kept.
            Event::IncarnationBegan(_)
            | Event::PromotionRequested(_)
            | Event::PromotionAnswered(_)
            | Event::Unknown { .. } => {}
        }
    }

    /// Whether a result that `origin` reported is passed on to the space that sent the release
    /// here: the one lets this space relay, the other sees results of this space and lets it relay
    /// too.
    fn passes(&self, origin: SpaceId, attempt: &Attempt) -> bool {
        let import = self.releases.get(&attempt.release).and_then(Release::import);
        let Some(from) = import.map(|import| import.from).filter(|from| *from != origin) else {
            return false;
        };
        let (source, target) = (self.links.peer(&from), self.links.peer(&origin));
        let sees = |peer: &Peer| peer.disclosure().is_some() && peer.lets_relay();
        source.is_some_and(sees) && target.is_some_and(Peer::lets_relay)
    }

    /// Folds one event of a peer. It was judged before: it belongs to the peer and is granted.
    pub fn fold_remote(&mut self, at: &At<'_>, event: &Event) {
        let origin = at.id.origin;
        // The verdict refuses what does not cross before it comes here.
        let Some(event) = event.crossing() else {
            return;
        };
        match event {
            Crossing::IncarnationBegan(began) => self.links.began(&origin, began),
            Crossing::ReleasePromoted(promoted) => self.releases.received(at, promoted),
            Crossing::PromotionAnswered(answered) => self.releases.answered(origin, answered),
            Crossing::EnvironmentsPublished(published) => {
                self.links.published_by(&origin, &published.environments);
            }
            Crossing::GrantsPublished(published) => {
                self.links.granted_by(&origin, &published.grants);
            }
            Crossing::DeploymentReported(reported) => {
                if let Some((attempt, outcome)) = self.cells.reported(at, reported) {
                    let passes = self.passes(origin, &attempt);
                    self.releases.reported(at.id, &attempt, outcome, passes);
                }
            }
            Crossing::ReleaseRecalled(recalled) => {
                self.releases.recall(at, recalled, Some(origin));
            }
        }
    }

    /// Folds a recall that this space wrote, for itself or for a peer.
    fn fold_recall(&mut self, at: &At<'_>, event: &ReleaseRecalled) {
        let told = match &at.header.audience {
            Audience::Link(link) => self.links.on(link).map(|(peer, _)| peer),
            Audience::Internal => None,
        };
        self.releases.recall(at, event, told);
    }

    fn fold_keys(&mut self, json: &str) {
        let document = Document::read(json).ok();
        let newer = document.and_then(|document| self.keys.as_ref()?.continued(&[document]).ok());
        self.keys = newer.or(self.keys.take());
    }

    fn live_on(&mut self, from: Position, incarnation: Incarnation) {
        self.incarnation = Some(incarnation);
        if self.lives.last() != Some(&(from, incarnation)) {
            self.lives.push((from, incarnation));
        }
    }

    /// Whether this log is of that incarnation, or was.
    #[must_use]
    pub fn has_lived(&self, incarnation: &Incarnation) -> bool {
        self.lives.iter().any(|(_, life)| life == incarnation)
    }

    /// The life in which an entry of this log was written; zeros before the log began.
    #[must_use]
    pub fn life_at(&self, position: Position) -> Incarnation {
        let begun = self.lives.iter().rev().find(|(from, _)| *from <= position);
        begun.map_or(Incarnation([0; 16]), |(_, life)| *life)
    }

    fn fold_offer(&mut self, json: &str) {
        let document = Document::read(json).ok();
        self.offer = document.and_then(|document| {
            let offer: Offer = document.payload(Kind::Offer).ok()?;
            Some((offer.random.0, document))
        });
    }

    /// The secrets of a release as they are kept here, in the order of its snapshot; empty if they
    /// are not here.
    #[must_use]
    pub fn kept_secrets<'a>(&'a self, release: &'a Release) -> &'a [KeptSecret] {
        match &release.source {
            Source::Local => &release.secrets,
            Source::Imported(import) => self.secrets.kept(&import.bundle).unwrap_or_default(),
        }
    }

    /// The certificate that a peer imports: the key statements and the offer.
    #[must_use]
    pub fn certificate(&self) -> Option<Certificate> {
        let mut certificate = self.keys.as_ref()?.certificate();
        certificate.documents.push(self.offer.as_ref()?.1.clone());
        Some(certificate)
    }

    /// Whether the configuration or a token speaks of a space by this name, known or not.
    #[must_use]
    pub fn speaks_of(&self, name: &Name) -> bool {
        let scopes = self.tokens.all().map(|(_, token)| &token.scope);
        let scoped = scopes.flat_map(|scope| [&scope.project, &scope.environment]);
        let scoped = scoped.filter_map(|pattern| pattern.space.as_ref());
        self.configuration.spaces().chain(scoped).any(|known| known == name)
    }

    /// The keys of a space, its own or a peer's; none if it is not known here.
    #[must_use]
    pub fn keys_of(&self, space: &SpaceId) -> Option<&Keys> {
        match &self.keys {
            Some(own) if own.space() == *space => Some(own),
            _ => self.links.peer(space).map(|peer| &peer.keys),
        }
    }

    /// The space that is called so here: this one, or a peer by its local name; none if it is not
    /// known.
    #[must_use]
    pub fn space_named(&self, name: &Name) -> Option<SpaceId> {
        match &self.keys {
            Some(own) if own.name() == name => Some(own.space()),
            _ => self.links.named(name).map(|(space, _)| space),
        }
    }

    /// The name of a space as it is called here: its own, a peer's local name, or its short id.
    #[must_use]
    pub fn name_of(&self, space: &SpaceId) -> String {
        match &self.keys {
            Some(keys) if keys.space() == *space => keys.name().to_string(),
            _ => match self.links.peer(space) {
                Some(peer) => peer.name.to_string(),
                None => space.short(),
            },
        }
    }
}
