//! Why a release is where it is: for every place of its lifecycle, what holds it up and what comes
//! next, and the proof of what it has passed.

use super::journey;
use super::release::{Recall, recall, status, words};
use engine::argument::argument;
use engine::engine::Engine;
use engine::gates::{Gate, Obstacle as Known};
use engine::policy::{newest_sent, newest_tried};
use engine::progress::{Place as There, Standing};
use engine::state::State;
use engine::state::releases::{Answer, Import, Release};
use engine::views::explain::{self, Explained};
use engine::views::journey::Step;
use engine::views::proofs;
use schema::latest::Actor;
use schema::name::Name;
use schema::v1::model::ReleaseId;
use serde::{Deserialize, Serialize};

/// The gate that is shut for somebody alone, because they approved the release themselves.
pub const OWN_APPROVAL: &str = "own approval";

/// Why a release is where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// The release.
    pub release: Named,
    /// Its revision, from 1.
    pub revision: u32,
    /// Its digest.
    pub digest: String,
    /// For which tenant this is, if for one.
    pub tenant: Option<String>,
    /// `created here`, `waiting`, `accepted` or `rejected: ...`.
    pub status: String,
    /// That it was found bad, if it was.
    pub recalled: Option<Recall>,
    /// What holds it up before it gets to any place: it waits in the inbox, or was rejected there.
    pub obstacles: Vec<Obstacle>,
    /// Every place of its lifecycle, in order.
    pub places: Vec<Place>,
    /// Every gate that it has passed, as far as this space knows.
    pub proofs: Vec<Proof>,
    /// Where somebody went past what held it up, oldest first.
    #[serde(default)]
    pub bypasses: Vec<Bypass>,
}

/// That somebody who may do so went past what held a release up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bypass {
    /// When.
    pub at: String,
    /// Who.
    pub by: String,
    /// Where to, and why.
    pub what: String,
    /// The entry that says so.
    pub entry: String,
}

/// A release by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// The space that owns the project.
    pub owner: String,
    /// The project.
    pub project: String,
    /// The version.
    pub version: String,
}

/// One place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The phase that it is in.
    pub phase: String,
    /// The place.
    pub place: String,
    /// How the release stands there, in words.
    pub standing: String,
    /// Whether it is done there.
    pub done: bool,
    /// Whether policy acts by itself when nothing holds it up.
    pub automatic: bool,
    /// Whether the next phase is reached without this one.
    #[serde(default)]
    pub optional: bool,
    /// Whether the place does not count for its phase, because somebody said so.
    pub skipped: bool,
    /// What holds it up, the weightiest first; nothing where it is done.
    pub obstacles: Vec<Obstacle>,
    /// Why policy leaves it to people, if it does.
    pub left_alone: Option<String>,
    /// Of a promotion that was made: whether the space has answered.
    pub answered: Option<bool>,
    /// Where nothing holds it up: what comes next, or what to type.
    pub next: Option<String>,
}

/// Something that holds a release up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Obstacle {
    /// The gate that is shut: `recall`, `acceptance`, `link`, `tenant`, `phase`, `freeze`,
    /// `window`, `approval`, `own approval`, `turn`, `package` or `value`.
    pub gate: String,
    /// Why.
    pub what: String,
    /// What to do.
    pub hint: String,
    /// When it is gone by the passing of time alone, if it is.
    pub opens: Option<String>,
}

/// A gate that was passed, and what proves it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// The gate.
    pub gate: String,
    /// What satisfied it: `bundle`, `receipt` or `approval`.
    pub kind: String,
    /// The document.
    pub document: String,
    /// Who signed it.
    pub signer: String,
    /// Whether the signature was checked just now, and the document is about this very release.
    pub verified: bool,
}

/// Explains a release, for a tenant or for nobody apart, to somebody.
#[must_use]
pub fn show(
    engine: &Engine,
    id: &ReleaseId,
    tenant: Option<&Name>,
    asker: &Actor,
    now_ms: u64,
) -> Option<Explanation> {
    let state = engine.state();
    let release = state.releases.get(id)?;
    let places = places(state, id, tenant, asker, now_ms);
    let proof = |proof: proofs::Proof| Proof {
        gate: proof.gate,
        kind: proof.kind.to_owned(),
        document: proof.document.to_string(),
        signer: state.name_of(&proof.signer),
        verified: proof.verified,
    };
    Some(Explanation {
        release: Named {
            owner: state.name_of(&id.project.space),
            project: id.project.name.to_string(),
            version: id.version.to_string(),
        },
        revision: release.revision,
        digest: release.digest.to_string(),
        tenant: tenant.map(ToString::to_string),
        status: status(release),
        recalled: state.releases.recall_of(id).map(|known| recall(engine, id, known)),
        obstacles: outside(id, release, places.is_empty()),
        places,
        proofs: proofs::of(state, id, now_ms).into_iter().map(proof).collect(),
        bypasses: bypasses(engine, id),
    })
}

fn bypasses(engine: &Engine, id: &ReleaseId) -> Vec<Bypass> {
    let steps = engine.journeys().of(id).iter().filter(|step| step.event == "gate.bypassed");
    let bypass = |step: &Step| Bypass {
        at: super::time(step.at_ms),
        by: journey::words(&step.actor),
        what: step.detail.clone(),
        entry: step.entry.to_string(),
    };
    steps.map(bypass).collect()
}

fn places(
    state: &State,
    id: &ReleaseId,
    tenant: Option<&Name>,
    asker: &Actor,
    now_ms: u64,
) -> Vec<Place> {
    let of = |actor| explain::of(state, id, tenant, actor, now_ms);
    // What holds it up for everybody is what holds policy up; whose own approval does not count is
    // held up apart.
    let both = of(&Actor::Policy).into_iter().zip(of(asker));
    both.map(|(mut place, theirs)| {
        // What somebody told policy comes before what it does of its own accord.
        place.left_alone = place.left_alone.take().or_else(|| left(state, id, tenant, &place));
        let has = |one: &Explained| one.obstacles.iter().any(|it| it.gate == Gate::Approval);
        let own = !by_itself(&place) && !has(&place) && has(&theirs);
        let mut obstacles = shut(&mut place);
        if own && !place.standing.is_done() {
            obstacles.push(own_approval());
        }
        show_place(state, id, tenant, place, obstacles)
    })
    .collect()
}

/// What holds a release up at a place where it is not done.
fn shut(place: &mut Explained) -> Vec<Obstacle> {
    let known = std::mem::take(&mut place.obstacles);
    let counts = |it: &Known| match place.standing {
        Standing::Done(_) => false,
        // What runs there has passed all others.
        Standing::Running => it.gate == Gate::Turn,
        Standing::Failed(_) | Standing::Rejected(_) | Standing::Untried => true,
    };
    known.into_iter().filter(counts).map(obstacle).collect()
}

fn obstacle(known: Known) -> Obstacle {
    Obstacle {
        gate: known.gate.as_str().to_owned(),
        what: known.rejection.what,
        hint: known.rejection.hint,
        opens: known.opens_ms.map(super::time),
    }
}

fn own_approval() -> Obstacle {
    Obstacle {
        gate: OWN_APPROVAL.to_owned(),
        what: "what you approved yourself does not count when you deploy it".to_owned(),
        hint: "let somebody else deploy it, or somebody else approve it as well".to_owned(),
        opens: None,
    }
}

fn show_place(
    state: &State,
    id: &ReleaseId,
    tenant: Option<&Name>,
    place: Explained,
    obstacles: Vec<Obstacle>,
) -> Place {
    let next = if obstacles.is_empty() { next(state, id, tenant, &place) } else { None };
    Place {
        phase: place.phase.to_string(),
        standing: words(&place.place, &place.standing),
        done: place.standing.is_done(),
        automatic: place.automatic,
        optional: place.optional,
        skipped: place.skipped,
        obstacles,
        left_alone: place.left_alone,
        answered: place.sent,
        next,
        place: place.place.to_string(),
    }
}

/// What comes next at a place where nothing holds a release up.
fn next(state: &State, id: &ReleaseId, tenant: Option<&Name>, place: &Explained) -> Option<String> {
    let name = |name: &Name| argument(name.as_str());
    let release = format!("{} {}", name(&id.project.name), argument(id.version.as_str()));
    match (&place.place, &place.standing) {
        (There::Remote { space, .. }, Standing::Untried | Standing::Failed(_)) => {
            // What was not promoted there waits for that, whoever decides then.
            is_promoted(state, id, space).then(|| format!("{space} decides; its receipt tells"))
        }
        (_, Standing::Done(_) | Standing::Running) | (There::Remote { .. }, _) => None,
        (There::Space(to), Standing::Rejected(_)) => {
            Some(format!("make what {to} takes: `interspace release create`"))
        }
        (_, Standing::Untried) if by_itself(place) => Some("policy does it by itself".to_owned()),
        (There::Space(to), _) => {
            Some(format!("`interspace release promote {release} --to {}`", name(to)))
        }
        (There::Environment(to), _) => {
            let tenant = tenant.map(|it| format!(" --tenant {}", name(it))).unwrap_or_default();
            Some(format!("`interspace deploy {release} --to {}{tenant}`", name(to)))
        }
    }
}

/// Whether a release was promoted to a peer, by the name that it has here, and not rejected there.
fn is_promoted(state: &State, id: &ReleaseId, peer: &Name) -> bool {
    let known = state.links.named(peer).zip(state.releases.get(id));
    let promotion = known.and_then(|((peer, _), release)| release.promotions.get(&peer));
    promotion.is_some_and(|promotion| !matches!(promotion.answer, Some(Err(_))))
}

/// Whether policy goes on at a place as soon as nothing holds the release up.
fn by_itself(place: &Explained) -> bool {
    let left = place.left_alone.is_some();
    place.automatic && !left && matches!(place.standing, Standing::Untried)
}

/// Why policy leaves an automatic place to people, although nobody told it to.
fn left(state: &State, id: &ReleaseId, tenant: Option<&Name>, place: &Explained) -> Option<String> {
    let untried = place.automatic && matches!(place.standing, Standing::Untried);
    if untried && tenant.is_some() {
        return Some("policy leaves tenants to people".to_owned());
    }
    match &place.place {
        There::Environment(name) if untried && !newest_tried(state, id, name) => {
            Some("a newer version was tried there, and policy never goes back".to_owned())
        }
        There::Space(peer) if untried && !newest_sent(state, id, peer) => {
            Some("a newer version was promoted there, and policy never goes back".to_owned())
        }
        There::Environment(_) | There::Space(_) | There::Remote { .. } => None,
    }
}

/// What holds a release up before it gets to any place: it waits in the inbox, or was rejected
/// there, or goes `nowhere`, because its lifecycle has no places here.
#[must_use]
pub fn outside(id: &ReleaseId, release: &Release, nowhere: bool) -> Vec<Obstacle> {
    let shut = |gate: Gate, what: String, hint: String| Obstacle {
        gate: gate.as_str().to_owned(),
        what,
        hint,
        opens: None,
    };
    let typed = format!("{} {}", argument(id.project.name.as_str()), argument(id.version.as_str()));
    let name = format!("{} {}", id.project.name, id.version);
    let waits = |what: &str| {
        let hint = format!(
            "look: `interspace inbox show {typed}`; accept it: `interspace inbox accept {typed}`, \
             or not: `interspace inbox reject {typed} --reason TEXT`"
        );
        shut(Gate::Acceptance, format!("{what} waits in the inbox"), hint)
    };
    let answer = |release: &Release| release.import().map(|Import { answer, .. }| answer.clone());
    let newer = release.offered.as_ref().filter(|it| answer(it) == Some(Answer::Waiting));
    let newer = newer.map(|it| waits(&format!("revision {} of {name}", it.revision)));
    let first = match answer(release) {
        Some(Answer::Waiting) => Some(waits(&name)),
        Some(Answer::Rejected { reason }) => Some(shut(
            Gate::Acceptance,
            format!("{name} was rejected: {reason}"),
            "its source makes a new version, or a new revision of this one".to_owned(),
        )),
        Some(Answer::Accepted { .. }) | None => nowhere.then(|| {
            let what = format!("{name} has no lifecycle here");
            let hint = "`interspace apply` one that its project names";
            shut(Gate::Phase, what, hint.to_owned())
        }),
    };
    first.into_iter().chain(newer).collect()
}
