//! What ought to be true of one space, computed naively from its log: no engine decides here.

pub mod gates;

use schema::id::{DocumentId, EntryId, Incarnation, LinkId, LinkSeq, ReleaseDigest, SpaceId};
use schema::latest::{
    Audience, Bundle, Document, Entry, Event, Kind, Mirrored, Outcome, Own, Receipt, Record,
};
use schema::limits::INTERRUPTED_RESTARTS_MAX;
use schema::name::{Name, Version};
use schema::v1::event::{Change, Cut, Definition, PeerStated, PolicyRule};
use schema::v1::model::{Grant, Lifecycle, Pattern, ReleaseId};
use std::collections::btree_map::Entry as Place;
use std::collections::{BTreeMap, BTreeSet};

/// A permission that a link may lose for a while; what it would have let through then is missing
/// for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flow {
    /// We accept the peer's releases.
    Releases,
    /// We accept the peer's results.
    ResultsIn,
    /// We send the peer our results.
    ResultsOut,
}

/// What is deployed in one environment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cell {
    /// The version that was deployed with success last.
    pub installed: Option<Version>,
    /// The version that was tried last, and how it ended. What was interrupted and is begun again
    /// does not count.
    pub last: Option<(Version, Outcome)>,
    /// Where both stand, in this space's own lives: what came back is not newer for that.
    ranks: ((usize, u64), (usize, u64)),
}

#[derive(Debug)]
struct Peer {
    space: SpaceId,
    name: Name,
    link: LinkId,
    grants: Vec<Grant>,
}

/// A result of a peer.
#[derive(Debug)]
struct Reported {
    id: EntryId,
    space: SpaceId,
    receipt: Receipt,
}

/// A naive reader of one log.
#[derive(Debug)]
pub struct Reference {
    me: SpaceId,
    lifecycles: BTreeMap<String, Lifecycle>,
    projects: BTreeMap<String, Name>,
    peers: Vec<Peer>,
    /// The lifecycle of what was accepted: each revision is accepted apart.
    accepted: BTreeMap<ReleaseDigest, Name>,
    /// What came in which bundle.
    bundles: BTreeMap<DocumentId, ReleaseDigest>,
    succeeded: BTreeSet<(ReleaseDigest, Name)>,
    promoted: BTreeSet<(ReleaseDigest, SpaceId)>,
    /// Places that do not count for their phase.
    skipped: BTreeSet<Pattern>,
    lapsed: BTreeSet<(SpaceId, Flow)>,
    /// By space, environment and tenant.
    cells: BTreeMap<(SpaceId, Name, Option<Name>), Cell>,
    lives: Vec<Incarnation>,
    /// What peers told, with the life of their log in which it came and its number there: it comes
    /// again under the same id in another life.
    heard: BTreeMap<EntryId, (Incarnation, LinkSeq)>,
    /// The results among it, in their order.
    results: Vec<Reported>,
    position: u64,
}

fn receipt(json: &str) -> Option<Receipt> {
    Document::read(json).ok()?.payload(Kind::Receipt).ok()
}

impl Reference {
    /// Of a space that has done nothing yet.
    #[must_use]
    pub fn of(me: SpaceId) -> Self {
        Self {
            me,
            lifecycles: BTreeMap::new(),
            projects: BTreeMap::new(),
            peers: Vec::new(),
            accepted: BTreeMap::new(),
            bundles: BTreeMap::new(),
            succeeded: BTreeSet::new(),
            promoted: BTreeSet::new(),
            skipped: BTreeSet::new(),
            lapsed: BTreeSet::new(),
            cells: BTreeMap::new(),
            lives: Vec::new(),
            heard: BTreeMap::new(),
            results: Vec::new(),
            position: 0,
        }
    }

    /// What is deployed in an environment, as far as this space knows.
    #[must_use]
    pub fn cell(&self, space: SpaceId, environment: &Name, tenant: Option<&Name>) -> Cell {
        let cell = self.cells.get(&(space, environment.clone(), tenant.cloned()));
        let mut cell = cell.cloned().unwrap_or_default();
        let here = |it: &&Reported| {
            let there = it.space == space && it.receipt.environment == *environment;
            there && it.receipt.tenant.as_ref() == tenant
        };
        let mut newest: Option<(&str, u64)> = None;
        for (at, told) in (1..).zip(self.results.iter().filter(here)) {
            // A peer's results count in the order in which they came, but for one that was
            // overtaken on another way.
            let place = told.receipt.deployment.rsplit_once('/');
            let place = place.and_then(|(life, number)| Some((life, number.parse().ok()?)));
            let overtaken = |(life, known): (&str, u64)| {
                place.is_some_and(|(its, number)| its == life && number < known)
            };
            if !newest.is_some_and(overtaken) {
                cell.end(&told.receipt, (0, at));
                newest = place;
            }
        }
        cell
    }

    /// Whether a permission towards a peer was missing at any time since it was trusted.
    #[must_use]
    pub fn has_lapsed(&self, peer: SpaceId, flow: Flow) -> bool {
        self.lapsed.contains(&(peer, flow))
    }

    /// Reads the next record.
    ///
    /// # Errors
    /// What the progress rules forbid.
    pub fn read(&mut self, record: &Record) -> Result<(), String> {
        self.position += 1;
        match record {
            Record::Own(own) => self.own(own),
            Record::Mirrored(mirrored) => {
                let event = Entry::read(&mirrored.entry).and_then(|entry| entry.event()).ok();
                if let Some(Event::ReleasePromoted(promoted)) = &event {
                    let bundle = Document::read(&promoted.bundle).ok().map(|it| it.id());
                    self.bundles.extend(bundle.map(|bundle| (bundle, promoted.digest)));
                }
                if mirrored.id.origin == self.me {
                    self.recovered(mirrored, event);
                } else if let Place::Vacant(place) = self.heard.entry(mirrored.id) {
                    place.insert((mirrored.link_incarnation, mirrored.link_seq));
                    if let Some(Event::DeploymentReported(reported)) = event {
                        self.reported(mirrored, &reported.receipt);
                    }
                }
                Ok(())
            }
            Record::Evidence(_) => Ok(()),
        }
    }

    /// What this space told a peer before it lost it: it was promoted, it was deployed.
    fn recovered(&mut self, mirrored: &Mirrored, event: Option<Event>) {
        let rank = self.rank(&mirrored.id.incarnation, mirrored.id.position.0);
        let receipts = match event {
            Some(Event::ReleasePromoted(promoted)) => {
                self.promoted.insert((promoted.digest, promoted.target));
                let document = Document::read(&promoted.bundle).ok();
                let bundle = document.and_then(|it| it.payload::<Bundle>(Kind::Bundle).ok());
                let receipts = bundle.into_iter().flat_map(|bundle| bundle.receipts);
                receipts.map(|document| document.write()).collect()
            }
            Some(Event::DeploymentReported(reported)) => vec![reported.receipt],
            _ => Vec::new(),
        };
        for receipt in receipts.iter().filter_map(|json| receipt(json)) {
            if receipt.outcome == Outcome::Succeeded {
                self.succeeded.insert((receipt.digest, receipt.environment.clone()));
            }
            self.ended(self.me, &receipt, rank);
        }
    }

    fn rank(&self, life: &Incarnation, position: u64) -> (usize, u64) {
        (self.lives.iter().position(|known| known == life).unwrap_or_default(), position)
    }

    fn own(&mut self, own: &Own) -> Result<(), String> {
        match own.entry.event() {
            Ok(Event::SpaceCreated(created)) => self.lives.push(created.incarnation),
            Ok(Event::IncarnationDeclared(declared)) => self.lives.push(declared.incarnation),
            Ok(Event::PeerStated(PeerStated { cut: Some(cut), .. })) => self.retract(&cut),
            Ok(Event::ConfigurationApplied(applied)) => self.configure(&applied.changes),
            Ok(Event::PeerTrusted(trusted)) => {
                self.peers.push(Peer {
                    space: trusted.peer,
                    name: trusted.name,
                    link: trusted.link,
                    grants: trusted.grants,
                });
                self.note_lapses();
            }
            Ok(Event::GrantsChanged(changed)) => {
                let peer = self.peers.iter_mut().find(|peer| peer.link == changed.link);
                if let Some(peer) = peer {
                    peer.grants = changed.grants;
                }
                self.note_lapses();
            }
            Ok(Event::ReleaseAccepted(accepted)) => {
                let digest = self.bundles.get(&accepted.bundle);
                self.accepted.extend(digest.map(|digest| (*digest, accepted.lifecycle)));
            }
            Ok(Event::PolicySet(set)) => {
                if let PolicyRule::Skip { place } = set.rule {
                    self.skipped.insert(place);
                }
            }
            Ok(Event::PolicyLifted(lifted)) => {
                if let PolicyRule::Skip { place } = &lifted.rule {
                    self.skipped.remove(place);
                }
            }
            Ok(Event::ReleasePromoted(promoted)) => {
                let Audience::Link(_) = own.entry.header().audience else {
                    return Err("a promotion to nobody".to_owned());
                };
                let at = self.peers.iter().find(|peer| peer.space == promoted.target);
                let place = at.map(|peer| peer.name.clone()).ok_or("an unknown peer")?;
                self.may_go(&promoted.release, promoted.digest, &place, true)?;
                self.promoted.insert((promoted.digest, promoted.target));
            }
            Ok(Event::DeploymentStarted(started)) => {
                self.may_go(&started.release, started.digest, &started.environment, false)?;
            }
            Ok(Event::DeploymentFinished(finished)) => {
                if let Some(receipt) = receipt(&finished.receipt) {
                    if receipt.outcome == Outcome::Succeeded {
                        self.succeeded.insert((receipt.digest, receipt.environment.clone()));
                    }
                    let rank = (self.lives.len().saturating_sub(1), self.position);
                    self.ended(self.me, &receipt, rank);
                }
            }
            Ok(_) | Err(_) => {}
        }
        Ok(())
    }

    fn configure(&mut self, changes: &[Change]) {
        for change in changes {
            match change {
                Change::Put(Definition::Lifecycle(lifecycle)) => {
                    self.lifecycles.insert(lifecycle.name.to_string(), lifecycle.clone());
                }
                Change::Put(Definition::Project(project)) => {
                    self.projects.insert(project.name.to_string(), project.lifecycle.clone());
                }
                Change::Put(_) => {}
                Change::Remove(kind, name) => match kind.as_str() {
                    "lifecycle" => drop(self.lifecycles.remove(name)),
                    "project" => drop(self.projects.remove(name)),
                    _ => {}
                },
            }
        }
    }

    fn note_lapses(&mut self) {
        for peer in &self.peers {
            let has = |wanted: fn(&Grant) -> bool| peer.grants.iter().any(wanted);
            let flows = [
                (Flow::Releases, has(|grant| matches!(grant, Grant::AcceptReleases(_)))),
                (Flow::ResultsIn, has(|grant| matches!(grant, Grant::AcceptResults))),
                (Flow::ResultsOut, has(|grant| matches!(grant, Grant::SendResults(_)))),
            ];
            let missing = flows.into_iter().filter(|(_, granted)| !granted);
            self.lapsed.extend(missing.map(|(flow, _)| (peer.space, flow)));
        }
    }

    /// Whether every phase before the one of `place` is finished.
    fn may_go(
        &self,
        release: &ReleaseId,
        digest: ReleaseDigest,
        place: &Name,
        is_space: bool,
    ) -> Result<(), String> {
        let version = &release.version;
        let lifecycle = if release.project.space == self.me {
            self.projects.get(release.project.name.as_str())
        } else {
            self.accepted.get(&digest)
        };
        let lifecycle = lifecycle
            .and_then(|name| self.lifecycles.get(name.as_str()))
            .ok_or_else(|| format!("{version} goes to {place} without a lifecycle"))?;
        for phase in &lifecycle.phases {
            let here = |pattern: &Pattern| pattern.space.is_none() && pattern.name == *place;
            let contains = match is_space {
                true => phase.spaces.contains(place),
                false => phase.environments.iter().any(here),
            };
            if contains {
                return Ok(());
            }
            if phase.optional {
                continue;
            }
            let sent = |name: &Name| {
                let peer = self.peers.iter().find(|peer| peer.name == *name);
                peer.is_some_and(|peer| self.promoted.contains(&(digest, peer.space)))
            };
            // Environments count where there are any, else spaces; what is done always, what is
            // skipped only then.
            let environments = phase.environments.iter();
            let stands: Vec<(bool, bool)> = match phase.environments.is_empty() {
                false => environments.map(|it| (self.is_in(digest, it), self.skips(it))).collect(),
                true => {
                    let all = |peer: &Name| Pattern { space: Some(peer.clone()), ..Pattern::all() };
                    phase.spaces.iter().map(|it| (sent(it), self.skips(&all(it)))).collect()
                }
            };
            let all = stands.iter().filter(|(done, skipped)| *done || !skipped).count();
            let done = stands.iter().filter(|(done, _)| *done).count();
            let minimum = phase.minimum.and_then(|it| usize::try_from(it).ok()).unwrap_or(all);
            // A phase of which all is skipped is not done by that.
            let enough = minimum.min(all).max(usize::from(!stands.is_empty()));
            if done < enough {
                return Err(format!(
                    "{version} goes to {place} before phase {} is finished",
                    phase.name
                ));
            }
        }
        Err(format!("{version} goes to {place}, which is not in its lifecycle"))
    }

    /// Whether a release was deployed with success in an environment, as its receipts tell.
    fn is_in(&self, digest: ReleaseDigest, environment: &Pattern) -> bool {
        let Some(name) = &environment.space else {
            return self.succeeded.contains(&(digest, environment.name.clone()));
        };
        let space = self.peers.iter().find(|peer| peer.name == *name).map(|peer| peer.space);
        self.results.iter().any(|it| {
            let there = Some(it.space) == space && it.receipt.environment == environment.name;
            there && it.receipt.digest == digest && it.receipt.outcome == Outcome::Succeeded
        })
    }

    /// Whether somebody said that an environment, or all of a peer, does not count.
    fn skips(&self, place: &Pattern) -> bool {
        self.skipped.iter().any(|pattern| {
            let named = pattern.is_any_name() || pattern.name == place.name;
            pattern.is_all() || (pattern.space == place.space && named)
        })
    }

    /// The name of a peer here.
    #[must_use]
    pub fn name_of(&self, peer: SpaceId) -> Option<&Name> {
        self.peers.iter().find(|it| it.space == peer).map(|it| &it.name)
    }

    /// Whether an entry of a peer came, and was not taken back since.
    #[must_use]
    pub fn has_heard(&self, entry: &EntryId) -> bool {
        self.heard.contains_key(entry)
    }

    fn reported(&mut self, mirrored: &Mirrored, json: &str) {
        let peer = self.peers.iter().find(|peer| peer.link == mirrored.link);
        let accepted = peer.filter(|peer| peer.grants.contains(&Grant::AcceptResults));
        let (Some(peer), Some(receipt)) = (accepted, receipt(json)) else { return };
        // Its own, or one that it may bring of another whose results are accepted.
        let (id, space) = (mirrored.id, receipt.space);
        let signer = self.peers.iter().find(|it| it.space == space);
        let accepted = signer.is_some_and(|it| it.grants.contains(&Grant::AcceptResults));
        if accepted && (space == peer.space || peer.grants.contains(&Grant::Relay)) {
            self.results.push(Reported { id, space, receipt });
        }
    }

    /// A peer said where its own entries end: what came behind was somebody else's.
    fn retract(&mut self, cut: &Cut) {
        let stays = |id: &EntryId| {
            self.heard.get(id).is_some_and(|(life, at)| *life != cut.incarnation || *at <= cut.at)
        };
        self.results.retain(|it| stays(&it.id));
        self.heard.retain(|_, (life, at)| *life != cut.incarnation || *at <= cut.at);
    }

    fn ended(&mut self, space: SpaceId, receipt: &Receipt, rank: (usize, u64)) {
        let key = (space, receipt.environment.clone(), receipt.tenant.clone());
        self.cells.entry(key).or_default().end(receipt, rank);
    }
}

impl Cell {
    fn end(&mut self, receipt: &Receipt, rank: (usize, u64)) {
        let version = &receipt.release.version;
        if receipt.outcome == Outcome::Succeeded && rank >= self.ranks.0 {
            (self.installed, self.ranks.0) = (Some(version.clone()), rank);
        }
        let given_up = receipt.restarts >= INTERRUPTED_RESTARTS_MAX;
        if (receipt.outcome != Outcome::Interrupted || given_up) && rank >= self.ranks.1 {
            (self.last, self.ranks.1) = (Some((version.clone(), receipt.outcome)), rank);
        }
    }
}
