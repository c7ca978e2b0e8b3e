//! Which gates stand open, computed naively from one log: recalls, freezes, windows, approvals, and
//! what policy was told to leave alone.

use super::Reference;
use engine::state::State;
use schema::id::{CommandId, EntryId, Position, ReleaseDigest, SpaceId};
use schema::latest::{
    Actor, Approval, Bundle, Document, Entry, Event, Header, Kind, Mirrored, Outcome, Own, Recall,
    Receipt, Record,
};
use schema::limits::INTERRUPTED_RESTARTS_MAX;
use schema::name::Name;
use schema::v1::event::{
    Change, Definition, DeploymentStarted, FreezeMade, GateBypassed, Pattern, PolicyRule,
    ReleasePromoted,
};
use schema::v1::model::{ApprovedPer, Environment, ReleaseId, Window};
use std::collections::{BTreeMap, BTreeSet};

const MINUTE_MS: u64 = 60_000;
const DAY_MIN: u64 = 24 * 60;

/// One deployment of this space.
#[derive(Debug)]
struct Deployed {
    release: ReleaseId,
    digest: ReleaseDigest,
    environment: Name,
    tenant: Option<Name>,
    /// Who wanted it.
    by: Actor,
    at: Position,
    /// Where the first began that this one begins again.
    first: Position,
    restarts: u32,
    /// Whether a stop of the node cut it short, and it is begun again.
    cut_short: bool,
}

/// A naive reader of one log.
#[derive(Debug)]
pub struct Gates {
    me: SpaceId,
    reference: Reference,
    environments: BTreeMap<String, Environment>,
    freezes: BTreeMap<Name, FreezeMade>,
    rules: BTreeSet<PolicyRule>,
    /// Up to which revision a release is recalled, and which peer's entry said so.
    recalls: Vec<(ReleaseId, u32, Option<EntryId>)>,
    /// The same, as somebody else brought it.
    brought: Vec<(ReleaseId, u32)>,
    revisions: BTreeMap<ReleaseDigest, u32>,
    authors: BTreeMap<ReleaseDigest, Actor>,
    /// What each person said last of a release in an environment.
    said: BTreeMap<(ReleaseDigest, Name, Name), (bool, Position)>,
    /// What was deployed where.
    deployed: Vec<Deployed>,
    /// What the newest command went past, and who asked for it.
    bypassed: Option<(CommandId, Actor, GateBypassed)>,
    /// What was promoted to whom.
    sent: BTreeSet<(SpaceId, ReleaseId)>,
    /// What runs where.
    running: BTreeMap<(Name, Option<Name>), Position>,
    position: Position,
    /// How often a gate was met, and held or was open.
    pub met: BTreeMap<&'static str, u64>,
}

fn payload<T: serde::de::DeserializeOwned>(json: &str, kind: Kind) -> Option<T> {
    Document::read(json).ok()?.payload(kind).ok()
}

impl Gates {
    /// Of a space that has done nothing yet.
    #[must_use]
    pub fn of(me: SpaceId) -> Self {
        Self {
            me,
            reference: Reference::of(me),
            environments: BTreeMap::new(),
            freezes: BTreeMap::new(),
            rules: BTreeSet::new(),
            recalls: Vec::new(),
            brought: Vec::new(),
            revisions: BTreeMap::new(),
            authors: BTreeMap::new(),
            said: BTreeMap::new(),
            deployed: Vec::new(),
            bypassed: None,
            sent: BTreeSet::new(),
            running: BTreeMap::new(),
            position: Position(0),
            met: BTreeMap::new(),
        }
    }

    /// Reads the next record.
    ///
    /// # Errors
    /// What went past a gate that was shut.
    pub fn read(&mut self, record: &Record) -> Result<(), String> {
        // Whether phases are kept is for another to say.
        let _ = self.reference.read(record);
        self.position = Position(self.position.0 + 1);
        match record {
            Record::Own(own) => self.own(own),
            Record::Mirrored(mirrored) => {
                self.mirrored(mirrored);
                Ok(())
            }
            Record::Evidence(_) => Ok(()),
        }
    }

    fn mirrored(&mut self, mirrored: &Mirrored) {
        let event = Entry::read(&mirrored.entry).and_then(|entry| entry.event()).ok();
        match event {
            Some(Event::ReleasePromoted(it)) => {
                if mirrored.id.origin == self.me {
                    self.sent.insert((it.target, it.release.clone()));
                }
                let bundle: Option<Bundle> = payload(&it.bundle, Kind::Bundle);
                self.revisions.extend(bundle.map(|bundle| (it.digest, bundle.revision)));
            }
            Some(Event::ReleaseRecalled(it)) => {
                let recall: Option<Recall> = payload(&it.recall, Kind::Recall);
                let Some(recall) = recall else { return };
                if recall.release.project.space != mirrored.id.origin {
                    // What its owner signed and somebody else brought counts where the signature
                    // does: that is not known here.
                    self.brought.push((recall.release, recall.revision));
                    return;
                }
                // It only ever blocks: no grant is needed. What came back to its own space is its
                // own word.
                let from = Some(mirrored.id).filter(|it| it.origin != self.me);
                self.recalls.push((recall.release, recall.revision, from));
                self.meet("a recall of a peer");
            }
            _ => {}
        }
    }

    fn own(&mut self, own: &Own) -> Result<(), String> {
        let header = own.entry.header();
        match own.entry.event() {
            Ok(Event::ConfigurationApplied(applied)) => self.configure(applied.changes),
            Ok(Event::FreezeMade(freeze)) => drop(self.freezes.insert(freeze.name.clone(), freeze)),
            Ok(Event::FreezeLifted(lifted)) => drop(self.freezes.remove(&lifted.name)),
            Ok(Event::PolicySet(set)) => self.tell(set.rule),
            Ok(Event::PolicyLifted(lifted)) => drop(self.rules.remove(&lifted.rule)),
            Ok(Event::ReleaseCreated(created)) => {
                self.revisions.insert(created.digest, created.revision);
                self.authors.insert(created.digest, header.actor.clone());
            }
            Ok(Event::ReleaseRecalled(recalled)) => {
                if let Some(recall) = payload::<Recall>(&recalled.recall, Kind::Recall) {
                    self.recalls.push((recall.release, recall.revision, None));
                }
            }
            Ok(Event::ApprovalGiven(given)) => {
                if let Some(it) = payload::<Approval>(&given.approval, Kind::Approval) {
                    let said = (it.approved, self.position);
                    self.said.insert((it.digest, it.environment, it.by), said);
                }
            }
            Ok(Event::GateBypassed(bypassed)) => {
                self.meet("a bypass");
                self.bypassed = Some((header.command, header.actor.clone(), bypassed));
            }
            Ok(Event::ManualStepAnswered(_)) => self.meet("an answer to a manual step"),
            Ok(Event::DeploymentCancelled(_)) => self.meet("an end by a person"),
            Ok(Event::DeploymentFinished(finished)) => {
                self.running.retain(|_, at| *at != finished.deployment);
                let receipt: Option<Receipt> = payload(&finished.receipt, Kind::Receipt);
                let cut_short = receipt.is_some_and(|it| it.outcome == Outcome::Interrupted);
                let mut known = self.deployed.iter_mut();
                if let Some(known) = known.find(|it| it.at == finished.deployment) {
                    known.cut_short = cut_short && known.restarts < INTERRUPTED_RESTARTS_MAX;
                }
            }
            Ok(Event::DeploymentStarted(started)) => {
                let DeploymentStarted { environment, tenant, .. } = &started;
                let slot = (environment.clone(), tenant.clone());
                if self.running.insert(slot, self.position).is_some() {
                    return Err(format!("two deployments run in {environment}"));
                }
                self.deploys(header, &started)?;
                self.deployed.push(Deployed {
                    by: self.who(header, &started),
                    first: self.before(&started).map_or(self.position, |before| before.first),
                    restarts: started.restarts,
                    tenant: started.tenant,
                    release: started.release,
                    digest: started.digest,
                    environment: started.environment,
                    at: self.position,
                    cut_short: false,
                });
            }
            Ok(Event::ReleasePromoted(promoted)) => {
                self.promotes(header, &promoted)?;
                self.sent.insert((promoted.target, promoted.release));
            }
            Ok(_) | Err(_) => {}
        }
        Ok(())
    }

    fn configure(&mut self, changes: Vec<Change>) {
        for change in changes {
            match change {
                Change::Put(Definition::Environment(it)) => {
                    self.environments.insert(it.name.to_string(), it);
                }
                Change::Remove(kind, name) if kind.as_str() == "environment" => {
                    self.environments.remove(&name);
                }
                Change::Put(_) | Change::Remove(..) => {}
            }
        }
    }

    fn tell(&mut self, rule: PolicyRule) {
        if let PolicyRule::Pin { environment, .. } = &rule {
            let same = |it: &PolicyRule| match it {
                PolicyRule::Pin { environment: at, .. } => at == environment,
                PolicyRule::Pause { .. } | PolicyRule::Skip { .. } => false,
            };
            self.rules.retain(|it| !same(it));
        }
        self.rules.insert(rule);
    }

    fn meet(&mut self, what: &'static str) {
        *self.met.entry(what).or_default() += 1;
    }

    fn deploys(&mut self, header: &Header, started: &DeploymentStarted) -> Result<(), String> {
        let DeploymentStarted { release, digest, environment, .. } = started;
        let what = format!("{} was deployed to {environment}", release.version);
        self.is_good(release, digest).map_err(|why| format!("{what} although {why}"))?;
        let here = |pattern: &Pattern| {
            pattern.is_all() || (pattern.space.is_none() && pattern.name == *environment)
        };
        let past = |gate: &str| self.went_past(header, (release, digest), environment, gate);
        if self.is_frozen(header.time_ms, here) && !past("freeze") {
            return Err(format!("{what} in a freeze"));
        }
        let rules = self.environments.get(environment.as_str());
        let windows = rules.map_or(&[][..], |it| &it.windows);
        if !is_open(windows, header.time_ms) && !past("window") {
            return Err(format!("{what} outside of its windows"));
        }
        let quorum = rules.and_then(|it| it.approval).map_or(0, |rule| rule.quorum);
        let about = |key: &(ReleaseDigest, Name, Name)| key.0 == *digest && key.1 == *environment;
        // Where each deployment wants its own, those before the last one are used up.
        let once =
            rules.and_then(|it| it.approval).is_some_and(|it| it.per == ApprovedPer::Deployment);
        let same = |it: &&Deployed| it.digest == *digest && it.environment == *environment;
        let used = self.deployed.iter().filter(same).filter(|it| once && !it.cut_short);
        let used = used.map(|it| &it.first).max();
        let fresh = |at: &Position| used.is_none_or(|used| at > used);
        let said = self.said.iter().filter(|(key, (_, at))| about(key) && fresh(at));
        let refused = said.clone().any(|(_, (approved, _))| !approved);
        let who = self.who(header, started);
        let own = |by: &Name| {
            let by = Actor::Person(by.clone());
            by == who || self.authors.get(digest) == Some(&by)
        };
        let good = said.filter(|((_, _, by), (approved, _))| *approved && !own(by)).count();
        let enough = quorum == 0 || (!refused && good >= usize::try_from(quorum).unwrap_or(0));
        if !enough && !past("approval") {
            return Err(format!("{what} with {good} of {quorum} approvals"));
        }
        let pinned = |rule: &PolicyRule| match rule {
            PolicyRule::Pause { place, .. } => here(place),
            PolicyRule::Pin { environment: at, version, .. } => {
                at == environment && *version != release.version
            }
            PolicyRule::Skip { .. } => false,
        };
        if header.actor == Actor::Policy && self.rules.iter().any(pinned) {
            return Err(format!("{what} by policy, which was told to leave it alone"));
        }
        let newer = |it: &Deployed| {
            let same = it.environment == *environment && it.release.project == release.project;
            same && it.release.version > release.version
        };
        let again = started.restarts > 0;
        if header.actor == Actor::Policy && !again && self.deployed.iter().any(newer) {
            return Err(format!("{what} by policy, where a newer one was"));
        }
        let facts = [
            ("approvals that were enough", quorum > 0 && enough),
            ("an open window", !windows.is_empty() && is_open(windows, header.time_ms)),
            ("a tenant", started.tenant.is_some()),
            ("another revision", self.revisions.get(digest).is_some_and(|it| *it > 1)),
        ];
        facts.into_iter().filter(|(_, met)| *met).for_each(|(what, _)| self.meet(what));
        Ok(())
    }

    /// What a deployment begins again, where it does.
    fn before(&self, started: &DeploymentStarted) -> Option<&Deployed> {
        let DeploymentStarted { digest, environment, tenant, restarts, .. } = started;
        let same = |it: &&Deployed| {
            it.digest == *digest && it.environment == *environment && it.tenant == *tenant
        };
        self.deployed.iter().rev().filter(|_| *restarts > 0).find(same)
    }

    /// Who wants a deployment: what is begun again is wanted by who began it first.
    fn who(&self, header: &Header, started: &DeploymentStarted) -> Actor {
        self.before(started).map_or(&header.actor, |before| &before.by).clone()
    }

    fn promotes(&mut self, header: &Header, promoted: &ReleasePromoted) -> Result<(), String> {
        let name = self.reference.name_of(promoted.target).ok_or("a promotion to nobody")?;
        let what = format!("{} was promoted to {name}", promoted.release.version);
        self.is_good(&promoted.release, &promoted.digest)
            .map_err(|why| format!("{what} although {why}"))?;
        let there = |pattern: &Pattern| {
            pattern.is_all() || (pattern.space.as_ref() == Some(name) && pattern.is_any_name())
        };
        let release = (&promoted.release, &promoted.digest);
        if self.is_frozen(header.time_ms, there) && !self.went_past(header, release, name, "freeze")
        {
            return Err(format!("{what} in a freeze"));
        }
        let paused =
            |rule: &PolicyRule| matches!(rule, PolicyRule::Pause { place, .. } if there(place));
        if header.actor == Actor::Policy && self.rules.iter().any(paused) {
            return Err(format!("{what} by policy, which was paused"));
        }
        let newer = |(to, id): &(SpaceId, ReleaseId)| {
            let same = *to == promoted.target && id.project == promoted.release.project;
            same && id.version > promoted.release.version
        };
        if header.actor == Actor::Policy && self.sent.iter().any(newer) {
            return Err(format!("{what} by policy after a newer one"));
        }
        Ok(())
    }

    /// Whether an engine knows the same freezes, rules for policy and recalls.
    ///
    /// # Errors
    /// What it knows otherwise.
    pub fn agrees(&self, state: &State) -> Result<(), String> {
        let freezes = state.restraints.freezes();
        let freezes: BTreeMap<_, _> = freezes.map(|it| (&it.content.name, &it.content)).collect();
        if freezes != self.freezes.iter().collect() {
            return Err(format!("the freezes are {freezes:?}, the log says {:?}", self.freezes));
        }
        let rules: BTreeSet<_> = state.restraints.rules().map(|(rule, _)| rule).collect();
        if rules != self.rules.iter().collect() {
            return Err(format!("policy was told {rules:?}, the log says {:?}", self.rules));
        }
        let recalls = state.releases.recalls().map(|(id, it)| (id, it.content.revision));
        // What somebody else brought may count, or not.
        let brought = |id: &ReleaseId, until: u32| {
            self.brought.iter().any(|(it, revision)| it == id && *revision == until)
        };
        let recalls: BTreeMap<&ReleaseId, u32> = recalls.collect();
        let mut told: BTreeMap<&ReleaseId, u32> = BTreeMap::new();
        for (id, until, _) in self.recalls.iter().filter(|(_, _, from)| self.stands(from.as_ref()))
        {
            let known = told.entry(id).or_insert(*until);
            *known = (*known).max(*until);
        }
        let sure = |(id, until): (&&ReleaseId, &u32)| told.get(id) == Some(until);
        let fits = |(id, until): (&&ReleaseId, &u32)| {
            sure((id, until))
                || (brought(id, *until) && told.get(id).is_none_or(|known| known < until))
        };
        if !(recalls.iter().all(fits) && told.keys().all(|id| recalls.contains_key(id))) {
            return Err(format!("recalled is {recalls:?}, the log says {told:?}"));
        }
        Ok(())
    }

    /// Whether what an entry of a peer said still counts.
    fn stands(&self, from: Option<&EntryId>) -> bool {
        from.is_none_or(|from| self.reference.has_heard(from))
    }

    fn is_good(&self, release: &ReleaseId, digest: &ReleaseDigest) -> Result<(), String> {
        let Some(revision) = self.revisions.get(digest) else {
            return Err("nothing in the log has that digest".to_owned());
        };
        let known = self.recalls.iter().filter(|(id, until, _)| id == release && until >= revision);
        match known.map(|(_, _, from)| from.as_ref()).any(|from| self.stands(from)) {
            true => Err("it was recalled".to_owned()),
            false => Ok(()),
        }
    }

    fn is_frozen(&self, now_ms: u64, covers: impl Fn(&Pattern) -> bool) -> bool {
        self.freezes.values().any(|freeze| {
            let over = freeze.until_ms.is_some_and(|until| until <= now_ms);
            freeze.from_ms <= now_ms && !over && freeze.environments.iter().any(&covers)
        })
    }

    fn went_past(
        &self,
        header: &Header,
        (release, digest): (&ReleaseId, &ReleaseDigest),
        place: &Name,
        gate: &str,
    ) -> bool {
        self.bypassed.as_ref().is_some_and(|(command, actor, it)| {
            let by_a_person = matches!(actor, Actor::Person(_));
            let same = by_a_person && it.release == *release && it.digest == *digest;
            let of = |said: &str| said.split(':').next() == Some(gate);
            let named = it.gates.iter().any(|said| of(said.as_str()));
            *command == header.command && it.place == *place && named && same
        })
    }
}

/// Whether a moment is in one of the windows, minute by minute of the week.
fn is_open(windows: &[Window], now_ms: u64) -> bool {
    let minute = now_ms / MINUTE_MS;
    // 1 January 1970 was a Thursday, and Monday is 0.
    let weekday = |day: u64| (day + 3) % 7;
    let (today, at) = (minute / DAY_MIN, minute % DAY_MIN);
    let on = |window: &Window, day: u64| {
        window.days.is_empty() || window.days.iter().any(|it| u64::from(*it) == weekday(day))
    };
    let open = |window: &Window| {
        let (from, until) = (u64::from(window.from_min), u64::from(window.until_min));
        if from < until {
            return on(window, today) && (from..until).contains(&at);
        }
        (on(window, today) && at >= from) || (today > 0 && on(window, today - 1) && at < until)
    };
    windows.is_empty() || windows.iter().any(open)
}
