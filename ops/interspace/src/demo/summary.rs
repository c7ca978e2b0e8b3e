//! The sum of the story as one JSON object.

use super::nodes::{Nodes, Outage};
use super::{PROJECT, SOURCE, next_version, version};
use crate::client::{Client, encoded};
use crate::failure::{Failure, code};
use api_http::shape::audit::Verified;
use api_http::shape::cell::{Attempt, Cell};
use api_http::shape::explanation::{Explanation, Proof};
use api_http::shape::journey::Step;
use api_http::shape::link::Link;
use api_http::shape::release::Release;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

/// Everything that the story came to.
#[derive(Debug, Serialize)]
pub(super) struct Summary {
    transport: &'static str,
    dashboards: BTreeMap<String, Vec<CellSum>>,
    journey: Vec<StepSum>,
    refused_promotion: RefusedPromotion,
    links: Vec<LinkSum>,
    audit: Vec<AuditSum>,
    /// For every gate that the release has passed, in any space: what proves it there.
    proofs: Vec<ProofSum>,
    /// When a node was down, in stories in which one is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    outages: Vec<Outage>,
}

#[derive(Debug, Serialize)]
struct CellSum {
    owner: String,
    project: String,
    space: String,
    environment: String,
    tenant: Option<String>,
    remote: bool,
    version: Option<String>,
    outcome: Option<String>,
    fresh: bool,
    receipt: Option<String>,
    proven: bool,
    last_attempt: Option<Attempt>,
}

#[derive(Debug, Serialize)]
struct StepSum {
    at: String,
    space: String,
    event: String,
    entry: String,
    actor: Option<String>,
}

#[derive(Debug, Serialize)]
struct ProofSum {
    /// The space whose gate it is, and the gate.
    gate: String,
    document: String,
    signer: String,
    verified: bool,
}

#[derive(Debug, Serialize)]
struct RefusedPromotion {
    version: String,
    reason: String,
}

#[derive(Debug, Serialize, PartialEq, Eq)]
struct LinkSum {
    from: String,
    to: String,
    head: u64,
    acknowledged: u64,
    held: u64,
    refused: u64,
}

#[derive(Debug, Serialize)]
struct AuditSum {
    space: String,
    entries: u64,
    verified: bool,
}

/// A space, and the way to its node.
type Place<'a> = (String, &'a Client);

/// Asks the nodes for everything. The links are drained first.
pub(super) fn take(nodes: &Nodes, clients: &[Client]) -> Result<Summary, Failure> {
    let mut places: Vec<Place<'_>> = Vec::new();
    for client in clients {
        places.extend(client.spaces()?.into_iter().map(|space| (space.name, client)));
    }
    places.sort_by(|one, other| one.0.cmp(&other.0));
    let first = clients.first().ok_or_else(|| {
        Failure::new(code::FAILED, "the story founds no space", "this is a mistake of ours")
    })?;
    let links = first.patiently(|| drained(&places, nodes))?;
    let mut dashboards = BTreeMap::new();
    let (mut audit, mut proofs) = (Vec::new(), Vec::new());
    for (name, client) in &places {
        let cells: Vec<Cell> = of(client, name, "dashboard")?;
        dashboards.insert(name.clone(), cells.into_iter().map(cell).collect());
        let verified: Verified = of(client, name, "audit/verify")?;
        let Verified { entries, verified, .. } = verified;
        audit.push(AuditSum { space: name.clone(), entries, verified });
        let explained: Explanation = of(client, name, &asked("explain"))?;
        proofs.extend(explained.proofs.into_iter().map(|proof| proven(name, proof)));
    }
    let (_, client) = places.iter().find(|(name, _)| name == SOURCE).ok_or_else(|| {
        let what = format!("{SOURCE} is not there");
        Failure::new(code::FAILED, what, "this is a mistake in ops/examples")
    })?;
    let steps: Vec<Step> = of(client, SOURCE, &asked("journey"))?;
    let releases: Vec<Release> = of(client, SOURCE, "releases")?;
    Ok(Summary {
        transport: nodes.transport(),
        dashboards,
        journey: steps.into_iter().map(step).collect(),
        refused_promotion: refused(&releases)?,
        links,
        audit,
        proofs,
        outages: nodes.outages.clone(),
    })
}

/// A question about the release that the story is about.
fn asked(what: &str) -> String {
    let owner = encoded(SOURCE);
    format!("{what}?owner={owner}&project={PROJECT}&version={}", encoded(version()))
}

fn of<T: DeserializeOwned>(client: &Client, space: &str, what: &str) -> Result<T, Failure> {
    client.get(&format!("/v1/spaces/{}/{what}", encoded(space)))
}

/// Both directions of every link that something carries, once nothing is on its way.
fn drained(places: &[Place<'_>], nodes: &Nodes) -> Result<Vec<LinkSum>, Failure> {
    let mut sides = BTreeMap::new();
    for (name, client) in places {
        let links: Vec<Link> = of(client, name, "links")?;
        for link in links.into_iter().filter(|link| nodes.carries(name, &link.peer)) {
            sides.insert((name.clone(), link.peer.clone()), link);
        }
    }
    let mut sums = Vec::new();
    for ((from, to), link) in &sides {
        let there = sides.get(&(to.clone(), from.clone()));
        sums.push(LinkSum {
            from: from.clone(),
            to: to.clone(),
            head: link.head,
            acknowledged: link.acknowledged,
            held: there.map_or(0, |there| there.held),
            refused: there.map_or(0, |there| there.refused),
        });
    }
    if sums.iter().all(|link| link.head == link.acknowledged) {
        return Ok(sums);
    }
    let failure = Failure::new(code::FAILED, "the links do not drain", "`interspace link list`");
    Err(Failure { not_yet: true, ..failure })
}

fn cell(cell: Cell) -> CellSum {
    CellSum {
        owner: cell.owner,
        project: cell.project,
        space: cell.space,
        environment: cell.environment,
        tenant: cell.tenant,
        remote: cell.remote,
        version: cell.version,
        outcome: cell.outcome,
        fresh: cell.fresh,
        receipt: cell.receipt,
        proven: cell.proven,
        last_attempt: cell.last_attempt,
    }
}

fn proven(space: &str, proof: Proof) -> ProofSum {
    let Proof { gate, document, signer, verified, .. } = proof;
    ProofSum { gate: format!("{space}: {gate}"), document, signer, verified }
}

fn step(step: Step) -> StepSum {
    let Step { at, space, event, entry, actor, .. } = step;
    StepSum { at, space, event, entry, actor }
}

/// Why the second release was not promoted, as `release show` says it.
fn refused(releases: &[Release]) -> Result<RefusedPromotion, Failure> {
    let version = next_version();
    let reason = releases
        .iter()
        .find(|release| release.project == PROJECT && release.version == version)
        .and_then(|release| release.not_promoted.last())
        .map(|blocked| blocked.reason.clone());
    let missing = || {
        let what = format!("{version} was not held back");
        Failure::new(code::FAILED, what, "this is a mistake of ours")
    };
    let reason = reason.ok_or_else(missing)?;
    Ok(RefusedPromotion { version, reason })
}
