//! Packages, releases and promotions in the space that owns the project.

use crate::command::Rejection;
use crate::decide::{Draft, Given, secret};
use crate::progress::{Place, why_not};
use crate::state::State;
use crate::state::releases::{Release, Source};
use schema::latest::{Actor, Audience, Bundle, Document, Event, KeptSecret, Kind};
use schema::limits::DOCUMENT_BYTES_MAX;
use schema::name::{Name, PackageName, Text, Version};
use schema::v1::event::{PackagePushed, ReleaseCreated, ReleasePromoted};
use schema::v1::model::{Package, Project, ProjectId, ReleaseId, Snapshot};

/// Room that a bundle leaves for receipts and signatures, in bytes.
const BUNDLE_MARGIN: usize = 64 * 1024;

/// What a secret that is sealed for a peer takes beside salt, value and tag, in bytes, rounded up.
const HANDED_FRAME: usize = 128;

/// Records a package. The same package again changes nothing.
///
/// # Errors
/// When the same id and version stand for other bytes.
pub fn push(state: &State, actor: &Actor, package: &Package) -> Result<Vec<Draft>, Rejection> {
    if package.size == 0 {
        return Err(Rejection::invalid("the package is empty", "push the file that was meant"));
    }
    let key = (package.id.clone(), package.version.clone());
    match state.packages.get(&key) {
        Some(known) if known == package => Ok(Vec::new()),
        Some(known) => Err(Rejection::conflict(
            format!(
                "package {} {} is here already with other bytes (SHA-256 {})",
                known.id,
                known.version,
                schema::id::hex(&known.sha256.0)
            ),
            "a version never changes: push it under a new one",
        )),
        None => {
            let event = PackagePushed { package: package.clone() };
            Ok(vec![Draft::internal(actor.clone(), Event::PackagePushed(event))])
        }
    }
}

/// Freezes the project as it is. The same release again, equal in everything, changes nothing.
///
/// # Errors
/// When the project, its lifecycle, a package or the value of a secret is missing, the version is
/// taken, or the release would be too large to travel.
pub fn create(
    given: Given<'_>,
    actor: &Actor,
    project: &Name,
    version: &Version,
    notes: &Text,
    packages: &[(PackageName, Version)],
) -> Result<Vec<Draft>, Rejection> {
    let state = given.state;
    let Some(defined) = state.configuration.project(project) else {
        let known: Vec<String> = state.configuration.projects().map(Name::to_string).collect();
        return Err(Rejection::not_found(
            format!("there is no project {project}"),
            format!("there are: {}", known.join(", ")),
        ));
    };
    let owner = ProjectId { space: state.me(), name: project.clone() };
    let id = ReleaseId { project: owner, version: version.clone() };
    let snapshot = freeze(state, defined, version, packages)?;
    if let Some(known) = state.releases.get(&id) {
        // Salts are drawn anew each time; equal is what holds the values that are set now.
        let secrets = known.snapshot.secrets.clone();
        let again = Snapshot { secrets, ..snapshot };
        let same_values = secret::is_frozen_from(given, defined, known);
        if known.digest == again.digest(&id) && known.notes == *notes && same_values {
            return Ok(Vec::new());
        }
        return Err(Rejection::conflict(
            format!("release {project} {version} is there already, with other content"),
            "a release never changes: create one with a new version",
        ));
    }
    let (commitments, secrets) = secret::freeze(given, defined, &id)?;
    let snapshot = Snapshot { secrets: commitments, ..snapshot };
    fits(&snapshot, notes, &secrets)?;
    let digest = snapshot.digest(&id);
    let event = ReleaseCreated {
        project: project.clone(),
        version: version.clone(),
        notes: notes.clone(),
        snapshot,
        digest,
        secrets,
    };
    Ok(vec![Draft::internal(actor.clone(), Event::ReleaseCreated(event))])
}

fn freeze(
    state: &State,
    project: &Project,
    version: &Version,
    chosen: &[(PackageName, Version)],
) -> Result<Snapshot, Rejection> {
    if let Some((unused, _)) = chosen.iter().find(|(id, _)| !project.packages.contains(id)) {
        return Err(Rejection::invalid(
            format!("project {} has no package {unused}", project.name),
            "name only packages of the project",
        ));
    }
    let mut packages = Vec::with_capacity(project.packages.len());
    for id in &project.packages {
        let named = chosen.iter().find(|(name, _)| name == id).map(|(_, version)| version);
        let wanted = named.unwrap_or(version);
        let Some(package) = state.packages.get(&(id.clone(), wanted.clone())) else {
            return Err(Rejection::not_found(
                format!("there is no package {id} {wanted}"),
                format!("`interspace package push {id} {wanted} FILE`, or choose another version"),
            ));
        };
        packages.push(package.clone());
    }
    Ok(Snapshot {
        steps: project.steps.clone(),
        templates: project.templates.clone(),
        variables: project.variables.clone(),
        secrets: Vec::new(),
        packages,
    })
}

/// Refuses, when it is created, what could not be promoted later.
fn fits(snapshot: &Snapshot, notes: &Text, kept: &[KeptSecret]) -> Result<(), Rejection> {
    let size = |bytes: serde_json::Result<Vec<u8>>| bytes.map_or(0, |bytes| bytes.len());
    let mut parts = [
        ("process", size(serde_json::to_vec(&snapshot.steps))),
        ("templates", size(serde_json::to_vec(&snapshot.templates))),
        ("variables", size(serde_json::to_vec(&snapshot.variables))),
        ("secrets", size(serde_json::to_vec(&snapshot.secrets))),
        ("package manifest", size(serde_json::to_vec(&snapshot.packages))),
        ("notes", size(serde_json::to_vec(notes))),
    ];
    let total: usize = parts.iter().map(|(_, size)| size).sum();
    // The values travel beside the document, once for each space that may read them.
    let handed: usize = kept.iter().map(|kept| kept.sealed.sealed.len() + HANDED_FRAME).sum();
    // Base64 inside the document, and once more as JSON text, makes four bytes of three.
    if total / 3 * 4 + handed + BUNDLE_MARGIN <= DOCUMENT_BYTES_MAX {
        return Ok(());
    }
    parts[3].1 += handed;
    let total = total + handed;
    parts.sort_by_key(|(_, size)| std::cmp::Reverse(*size));
    let biggest: Vec<String> =
        parts.iter().take(3).map(|(what, size)| format!("{what} {size} bytes")).collect();
    Err(Rejection::invalid(
        format!("the release is too large to travel: {total} bytes"),
        format!("make it smaller; its biggest parts are: {}", biggest.join(", ")),
    ))
}

/// Sends a release on to a peer. The same promotion again changes nothing.
///
/// # Errors
/// When the release is not of this space, the peer is not known, an earlier phase of the lifecycle
/// is not complete, or its secrets cannot be opened.
pub fn promote(
    given: Given<'_>,
    actor: &Actor,
    id: &ReleaseId,
    peer: &Name,
) -> Result<Vec<Draft>, Rejection> {
    let state = given.state;
    let Some(release) = state.releases.get(id).filter(|found| found.source == Source::Local) else {
        return Err(Rejection::conflict(
            format!("{} is not a project of this space", id.project.name),
            "promote it in the space that owns it",
        ));
    };
    let Some((target, known)) = state.links.named(peer) else {
        return Err(Rejection::not_found(
            format!("no space is called {peer} here"),
            "import its certificate first: `interspace certificate import`",
        ));
    };
    if known.frozen {
        return Err(Rejection::conflict(
            format!("the link to {peer} is frozen: it contradicted itself"),
            "find out what happened there before anything more is sent",
        ));
    }
    if !known.is_open() {
        return Err(Rejection::conflict(
            format!("the link to {peer} was revoked"),
            "exchange certificates anew before anything more is sent",
        ));
    }
    if let Some(why) = why_not(state, id, &Place::Space(peer.clone())) {
        return Err(Rejection::conflict(
            format!("{} {} cannot be promoted to {peer}: {why}", id.project.name, id.version),
            format!(
                "`interspace release show {} {}` shows what is missing",
                id.project.name, id.version
            ),
        ));
    }
    if release.promotions.contains_key(&target) {
        return Ok(Vec::new());
    }
    // It would be kept there and never looked at, and could not be sent again under this version.
    if known.declines(&id.project.name) {
        let (me, project) = (given.identity.name(), &id.project.name);
        return Err(Rejection::not_yet(
            format!("{peer} does not accept releases of {project} from here"),
            format!(
                "there, beside what it grants already: `interspace link grant \"{me}\" \
                 --accept-releases \"{project}\"`; then promote again"
            ),
        ));
    }
    let document = bundle(given, id, release, target);
    let secrets = secret::hand(given, id, release, &document.id(), &known.keys)?;
    let bundle = document.write();
    if bundle.len() > DOCUMENT_BYTES_MAX {
        return Err(Rejection::invalid(
            format!("the bundle of {} {} is too large to travel", id.project.name, id.version),
            "fewer environments with fewer steps, or shorter notes",
        ));
    }
    let digest = release.digest;
    let event = ReleasePromoted { release: id.clone(), digest, target, bundle, secrets };
    let shown = crate::decide::result::shown_actor(state, known, actor);
    let draft = Draft::internal(shown, Event::ReleasePromoted(event)).about(release);
    Ok(vec![Draft { audience: Audience::Link(known.link), ..draft }])
}

fn bundle(
    given: Given<'_>,
    id: &ReleaseId,
    release: &Release,
    target: schema::id::SpaceId,
) -> Document {
    let bundle = Bundle {
        release: id.clone(),
        digest: release.digest,
        revision: 1,
        targets: vec![target],
        source_name: given.identity.name().clone(),
        notes: release.notes.clone(),
        snapshot: release.snapshot.clone(),
        receipts: crate::decide::result::for_bundle(given, release),
        key: given.identity.number(),
        time_ms: given.wall_ms,
    };
    given.identity.document(Kind::Bundle, &bundle)
}
