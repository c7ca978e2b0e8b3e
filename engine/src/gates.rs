//! What stands between a release and a place: one answer for rules, policy and people.

use crate::argument::argument;
use crate::command::{Rejection, RejectionKind};
use crate::decide::permission::Permission;
use crate::decide::rights::{Object, Rights};
use crate::decide::{deployment, promotion, recall, tenant};
use crate::progress::{PhaseStanding, Place, standings};
use crate::state::State;
use crate::state::cells::Slot;
use crate::state::releases::{Answer, Approved, Release, Source};
use crate::window;
use schema::latest::Actor;
use schema::name::Name;
use schema::v1::event::PolicyRule;
use schema::v1::model::{ApprovalRule, ApprovedPer, ReleaseId};
use std::collections::BTreeMap;

/// A gate that is shut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gate {
    /// The release was recalled.
    Recall,
    /// It was not accepted, or not all of it is here.
    Acceptance,
    /// There is no link to the peer, or it does not let the release in.
    Link,
    /// The tenant is not there.
    Tenant,
    /// An earlier phase is not complete, or the place is in no phase.
    Phase,
    /// A freeze holds.
    Freeze,
    /// The environment's window is shut.
    Window,
    /// Too few people have approved, or one refused to.
    Approval,
    /// Something else runs there.
    Turn,
    /// A package is not here.
    Package,
    /// A value is missing.
    Value,
}

impl Gate {
    /// Whether somebody who may do so may go past it.
    #[must_use]
    pub const fn can_be_bypassed(self) -> bool {
        matches!(self, Self::Freeze | Self::Window | Self::Approval)
    }

    /// The word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Recall => "recall",
            Self::Acceptance => "acceptance",
            Self::Link => "link",
            Self::Tenant => "tenant",
            Self::Phase => "phase",
            Self::Freeze => "freeze",
            Self::Window => "window",
            Self::Approval => "approval",
            Self::Turn => "turn",
            Self::Package => "package",
            Self::Value => "value",
        }
    }
}

/// Why a release may not go to a place now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obstacle {
    /// What holds it up.
    pub gate: Gate,
    /// Why, and what to do.
    pub rejection: Rejection,
    /// When it is gone by the passing of time alone, milliseconds since 1970; none if it is not.
    pub opens_ms: Option<u64>,
}

/// Who wants what to go where, and when.
#[derive(Debug, Clone, Copy)]
pub struct Way<'a> {
    /// The release.
    pub id: &'a ReleaseId,
    /// Where.
    pub place: &'a Place,
    /// For which tenant, if for one.
    pub tenant: Option<&'a Name>,
    /// Who wants it.
    pub actor: &'a Actor,
    /// When, milliseconds since 1970.
    pub now_ms: u64,
}

impl Way<'_> {
    fn name(&self) -> String {
        format!("{} {}", self.id.project.name, self.id.version)
    }

    /// The same, as it is typed.
    fn typed(&self) -> String {
        let (project, version) = (&self.id.project.name, &self.id.version);
        format!("{} {}", argument(project.as_str()), argument(version.as_str()))
    }

    fn slot(&self) -> Option<Slot> {
        match self.place {
            Place::Environment(name) => {
                Some(Slot { environment: name.clone(), tenant: self.tenant.cloned() })
            }
            Place::Remote { .. } | Place::Space(_) => None,
        }
    }
}

/// Everything that holds a release up on its way, the weightiest first; nothing if nothing does.
#[must_use]
pub fn obstacles(state: &State, way: &Way<'_>) -> Vec<Obstacle> {
    obstacles_among(state, way, &standings(state, way.id, way.tenant, way.now_ms))
}

/// [`obstacles`] where the standings of the release, for the tenant of the way, are known already.
#[must_use]
pub fn obstacles_among(state: &State, way: &Way<'_>, phases: &[PhaseStanding]) -> Vec<Obstacle> {
    let Some(release) = state.releases.get(way.id) else {
        let what = Rejection::not_found("there is no such release", "`interspace release list`");
        return vec![Obstacle { gate: Gate::Acceptance, rejection: what, opens_ms: None }];
    };
    let slot = way.slot();
    let mut all = Vec::new();
    let shut = |gate, result: Result<(), Rejection>| {
        result.err().map(|rejection| Obstacle { gate, rejection, opens_ms: None })
    };
    all.extend(shut(Gate::Recall, recall::allows(state, way.id, release.revision)));
    all.extend(shut(Gate::Acceptance, acceptance(way, release)));
    if let Place::Space(peer) = way.place {
        all.extend(shut(Gate::Link, promotion::is_let_in(state, way.id, release, peer)));
    }
    if let Some(slot) = &slot {
        all.extend(shut(Gate::Tenant, tenant::check(state, &way.id.project, slot)));
    }
    all.extend(phase(state, way, phases));
    all.extend(freezes(state, way));
    if let Some(slot) = &slot {
        all.extend(closed(state, way, slot));
        all.extend(shut(Gate::Approval, approval(state, way, release, slot)));
        all.extend(shut(Gate::Turn, deployment::free(state, slot)));
        all.extend(shut(Gate::Package, deployment::packages_are_here(state, release, slot)));
    }
    all
}

fn acceptance(way: &Way<'_>, release: &Release) -> Result<(), Rejection> {
    let name = way.name();
    let Source::Imported(import) = &release.source else {
        if release.outline.is_whole() {
            return Ok(());
        }
        return Err(Rejection::conflict(
            format!("only a part of {name} is left in this log"),
            "what stayed at home was lost with its end: make a new version of it",
        ));
    };
    match &import.answer {
        Answer::Accepted { .. } => Ok(()),
        Answer::Waiting => Err(Rejection::conflict(
            format!("{name} waits in the inbox"),
            format!("accept it first: `interspace inbox accept {}`", way.typed()),
        )),
        Answer::Rejected { reason } => Err(Rejection::conflict(
            format!("{name} was rejected: {reason}"),
            "take another release",
        )),
    }
}

fn phase(state: &State, way: &Way<'_>, all: &[PhaseStanding]) -> Option<Obstacle> {
    let (name, place) = (way.name(), way.place);
    let Some(at) = all.iter().position(|it| it.places.iter().any(|(there, _)| there == place))
    else {
        // What is not accepted has no lifecycle yet; that is said already.
        let accepted = !all.is_empty() || state.releases.get(way.id)?.import().is_none();
        let what = format!("{place} is not in the lifecycle of {name}");
        let hint = "`interspace release explain` shows where it can go";
        let rejection = Rejection::conflict(what, hint);
        return accepted.then_some(Obstacle { gate: Gate::Phase, rejection, opens_ms: None });
    };
    if all[at].reached {
        return None;
    }
    let before = &all[..at];
    let why = before.iter().find_map(|phase| phase.holds_up(way.now_ms))?;
    let verb = if way.slot().is_some() { "deployed" } else { "promoted" };
    // Where all that is missing is time, time is enough.
    let shut = before.iter().filter(|phase| !phase.lets_on(way.now_ms));
    let soaks: Option<Vec<u64>> = shut.map(|phase| phase.soaked_ms).collect();
    let rejection = Rejection::conflict(
        format!("{name} cannot be {verb} to {place}: {why}"),
        format!("`interspace release explain {}` shows what is missing", way.typed()),
    );
    let opens_ms = soaks.and_then(|soaks| soaks.into_iter().max());
    Some(Obstacle { gate: Gate::Phase, rejection, opens_ms })
}

fn freezes(state: &State, way: &Way<'_>) -> Option<Obstacle> {
    let covers = |patterns: &[_]| patterns.iter().any(|it| state.covers_place(it, way.place));
    let hold = state.restraints.freezes().filter(|freeze| freeze.holds(way.now_ms));
    let hold = hold.filter(|freeze| {
        let content = &freeze.content;
        content.projects.iter().any(|it| state.covers(it, &way.id.project))
            && covers(&content.environments)
    });
    let hold: Vec<_> = hold.map(|freeze| &freeze.content).collect();
    let first = hold.first()?;
    // All of them must be over.
    let until: Option<Vec<u64>> = hold.iter().map(|content| content.until_ms).collect();
    let opens_ms = until.and_then(|until| until.into_iter().max());
    let rejection = Rejection::conflict(
        format!("{} is frozen by {}: {}", way.place, first.name, first.reason),
        format!(
            "wait until it is over: `interspace freeze list`; who may lifts it: `interspace freeze \
             lift {}`, or goes past it: `--bypass REASON`",
            argument(first.name.as_str())
        ),
    );
    Some(Obstacle { gate: Gate::Freeze, rejection, opens_ms })
}

fn closed(state: &State, way: &Way<'_>, slot: &Slot) -> Option<Obstacle> {
    let windows = &state.configuration.environment(&slot.environment)?.windows;
    if window::is_open(windows, way.now_ms) {
        return None;
    }
    let rejection = Rejection::conflict(
        format!("{} is outside of its windows", slot.environment),
        "wait for the next one: `interspace release explain` tells when; who may goes past it: \
         `--bypass REASON`",
    );
    let opens_ms = window::opens_ms(windows, way.now_ms);
    Some(Obstacle { gate: Gate::Window, rejection, opens_ms })
}

/// How many approvals an environment of this space asks for, and what each person who may say so
/// said last about a release, as far as that is still good; none where nobody is asked.
fn said<'a>(
    state: &State,
    way: &Way<'_>,
    release: &'a Release,
    environment: &Name,
) -> Option<(u32, BTreeMap<&'a Name, &'a Approved>)> {
    let rule = state.configuration.environment(environment)?.approval?;
    let may = |by: &Name| {
        let object = Object::cell(way.id.project.clone(), state.me(), environment.clone());
        let actor = Actor::Person(by.clone());
        Rights::of(state, &actor, None, way.now_ms).may(Permission::Approve, &object)
    };
    let mut newest = approvals(release, environment, rule);
    // Who may not say so any more has not said so.
    newest.retain(|by, _| may(by));
    Some((rule.quorum, newest))
}

/// Those who approved, but for whoever made the release or wants it to go: their own word does not
/// count.
fn good<'a>(
    way: &Way<'_>,
    release: &Release,
    said: &BTreeMap<&Name, &'a Approved>,
) -> Vec<&'a Approved> {
    let own = |by: &Name| *way.actor == Actor::Person(by.clone()) || is_author(release, by);
    let approved = said.iter().filter(|(by, it)| it.content.approved && !own(by));
    approved.map(|(_, it)| *it).collect()
}

/// The approvals that count for a release on its way to an environment of this space, where any are
/// asked for.
#[must_use]
pub fn counted<'a>(state: &State, way: &Way<'_>, release: &'a Release) -> Vec<&'a Approved> {
    let Place::Environment(environment) = way.place else { return Vec::new() };
    let said = said(state, way, release, environment);
    said.map_or_else(Vec::new, |(_, said)| good(way, release, &said))
}

/// Whether enough people have approved, and nobody has refused to.
fn approval(state: &State, way: &Way<'_>, release: &Release, slot: &Slot) -> Result<(), Rejection> {
    let environment = &slot.environment;
    let Some((quorum, said)) = said(state, way, release, environment) else { return Ok(()) };
    let (name, typed, there) = (way.name(), way.typed(), argument(environment.as_str()));
    if let Some(refused) = said.values().find(|it| !it.content.approved) {
        let Approved { content, .. } = refused;
        return Err(Rejection::conflict(
            format!("{} refused {name} for {environment}: {}", content.by, content.reason),
            format!(
                "make a newer one, or convince {} to `interspace approve {typed} --in {there}`",
                content.by
            ),
        ));
    }
    let good = good(way, release, &said);
    let good: Vec<&str> = good.iter().map(|it| it.content.by.as_str()).collect();
    let need = usize::try_from(quorum).unwrap_or(usize::MAX);
    if good.len() >= need {
        return Ok(());
    }
    let by = if good.is_empty() { String::new() } else { format!(" by {}", good.join(", ")) };
    Err(Rejection::not_yet(
        format!("{name} is approved{by} for {environment} {} of {need} times", good.len()),
        format!(
            "somebody with the role approver, who neither made nor deploys it: `interspace approve \
             {typed} --in {there}`; who may goes past it: `--bypass REASON`"
        ),
    ))
}

/// Whether a person made the release.
#[must_use]
pub fn is_author(release: &Release, person: &Name) -> bool {
    release.source == Source::Local && release.by == Actor::Person(person.clone())
}

/// What each person said last about a release and an environment, as far as that is still good.
#[must_use]
pub fn approvals<'a>(
    release: &'a Release,
    environment: &Name,
    rule: ApprovalRule,
) -> BTreeMap<&'a Name, &'a Approved> {
    let there = release.progress.iter().filter(|(slot, _)| slot.environment == *environment);
    let used = match rule.per {
        ApprovedPer::Release => None,
        ApprovedPer::Deployment => there.filter_map(|(_, progress)| progress.used()).max(),
    };
    let about = release.approvals.iter().filter(|it| it.content.environment == *environment);
    let good = about.filter(|it| used.is_none_or(|used| it.position > used));
    good.map(|approved| (&approved.content.by, approved)).collect()
}

/// Why policy leaves a release alone on its way, in words; none if it does not.
#[must_use]
pub fn left_alone(state: &State, way: &Way<'_>) -> Option<String> {
    let project = &way.id.project;
    state.restraints.rules().find_map(|(rule, told)| match rule {
        PolicyRule::Pause { project: of, place } => {
            let paused = state.covers(of, project) && state.covers_place(place, way.place);
            paused.then(|| format!("policy is paused there: {}", told.reason))
        }
        PolicyRule::Pin { project: of, environment, version } => {
            let there = *way.place == Place::Environment(environment.clone());
            let pinned = there && state.covers(of, project) && *version != way.id.version;
            pinned.then(|| format!("it is pinned to {version}: {}", told.reason))
        }
        PolicyRule::Skip { .. } => None,
    })
}

/// The rejection that a person is given: the weightiest obstacle that they cannot go past, and else
/// the weightiest.
#[must_use]
pub fn weightiest(obstacles: &[Obstacle]) -> Option<&Rejection> {
    let firm = obstacles.iter().find(|it| !it.gate.can_be_bypassed());
    firm.or_else(|| obstacles.first()).map(|it| &it.rejection)
}

/// When something becomes possible for policy by the passing of time alone, milliseconds since
/// 1970; none if nothing does.
#[must_use]
pub fn opens_ms(state: &State, id: &ReleaseId, now_ms: u64) -> Option<u64> {
    let phases = standings(state, id, None, now_ms);
    let open = phases.iter().filter(|phase| phase.automatic).flat_map(|phase| &phase.places);
    let untried = open.filter(|(_, standing)| *standing == crate::progress::Standing::Untried);
    let times = untried.filter_map(|(place, _)| {
        let way = Way { id, place, tenant: None, actor: &Actor::Policy, now_ms };
        let all = obstacles_among(state, &way, &phases);
        // Only where time is all that is missing; what else there is tells when it changes.
        let lasting =
            |it: &Obstacle| it.opens_ms.is_none() && it.rejection.kind != RejectionKind::NotYet;
        if all.iter().any(lasting) { None } else { all.iter().filter_map(|it| it.opens_ms).max() }
    });
    let times = times.chain(cut_short(state, id, now_ms));
    times.filter(|at_ms| *at_ms > now_ms).min()
}

/// When what was cut short may be begun again.
fn cut_short<'a>(
    state: &'a State,
    id: &'a ReleaseId,
    now_ms: u64,
) -> impl Iterator<Item = u64> + 'a {
    let progress = state.releases.get(id).into_iter().flat_map(|release| &release.progress);
    let slots = progress.filter(|(_, progress)| progress.is_cut_short());
    slots.filter_map(move |(slot, _)| {
        let (place, tenant) = (Place::Environment(slot.environment.clone()), slot.tenant.as_ref());
        let way = Way { id, place: &place, tenant, actor: &Actor::Policy, now_ms };
        obstacles(state, &way).iter().filter_map(|it| it.opens_ms).max()
    })
}
