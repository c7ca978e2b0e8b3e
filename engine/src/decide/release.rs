//! Packages and releases in the space that owns the project.

use crate::command::Rejection;
use crate::decide::{Draft, Given, channel, scope, secret};
use crate::entropy::Entropy;
use crate::state::State;
use schema::latest::{Actor, Event, KeptSecret};
use schema::limits::DOCUMENT_BYTES_MAX;
use schema::name::{Name, PackageName, Text, Version};
use schema::v1::event::{PackagePushed, ReleaseCreated};
use schema::v1::model::{Package, Project, ProjectId, ReleaseId, Snapshot, Titled};

/// Room that a bundle leaves for receipts and signatures, in bytes.
const BUNDLE_MARGIN: usize = 64 * 1024;

/// What each part takes in the outline of a bundle, in bytes, rounded up.
const LEAF_BYTES: usize = 112;

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

/// A release as it is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The project.
    pub project: &'a Name,
    /// The version.
    pub version: &'a Version,
    /// Notes.
    pub notes: &'a Text,
    /// The version of each package; the release's own version where none is named.
    pub packages: &'a [(PackageName, Version)],
    /// The channel; the first of the project that lets the version in, where none is named.
    pub channel: Option<&'a Name>,
    /// Whether what differs becomes the next revision.
    pub revise: bool,
}

/// Freezes the project as it is. The same release again, equal in everything, changes nothing.
///
/// # Errors
/// When the project, its lifecycle, a package or the value of a secret is missing, no channel lets
/// the version in, the version is taken and no revision of it is wanted, or the release would be
/// too large to travel.
pub fn create(
    given: Given<'_>,
    actor: &Actor,
    wanted: &Wanted<'_>,
) -> Result<Vec<Draft>, Rejection> {
    let state = given.state;
    let Wanted { project, version, notes, .. } = *wanted;
    let Some(defined) = state.configuration.project(project) else {
        let known: Vec<String> = state.configuration.projects().map(Name::to_string).collect();
        return Err(Rejection::not_found(
            format!("there is no project {project}"),
            format!("there are: {}", known.join(", ")),
        ));
    };
    let owner = ProjectId { space: state.me(), name: project.clone() };
    let id = ReleaseId { project: owner, version: version.clone() };
    let channel = channel::choose(defined, version, wanted.channel)?;
    let snapshot = freeze(state, defined, wanted, channel)?;
    let known = state.releases.get(&id);
    if let Some(known) = known {
        // Salts are drawn anew each time; equal is what holds the values that are set now.
        let secrets = known.snapshot.secrets.clone();
        let again = Snapshot { secrets, ..snapshot.clone() };
        let same_values = secret::is_frozen_from(given, defined, channel, known);
        if known.snapshot == again && known.notes == *notes && same_values {
            return Ok(Vec::new());
        }
        if !wanted.revise {
            return Err(Rejection::conflict(
                format!("release {project} {version} is there already, with other content"),
                "a release never changes: create one with a new version, or freeze this one anew \
                 as its next revision: `--revise`",
            ));
        }
    } else if wanted.revise {
        return Err(Rejection::not_found(
            format!("there is no release {project} {version} to be revised"),
            "create it first, without `--revise`",
        ));
    }
    let revision = known.map_or(1, |known| known.revision + 1);
    let mut entropy = Entropy::from_seed(given.random);
    let blind = entropy.bytes();
    let frozen = secret::Frozen { project: defined, channel, release: &id, revision };
    let (commitments, secrets) = secret::freeze(given, &frozen, &mut entropy)?;
    let snapshot = Snapshot { secrets: commitments, ..snapshot };
    fits(&snapshot, notes, &secrets)?;
    let titled = Titled { release: &id, revision };
    let digest = snapshot.outline(&blind).digest(&titled, &snapshot).ok_or_else(|| {
        Rejection::invalid("the release has too many parts", "make a smaller one")
    })?;
    let event = ReleaseCreated {
        project: project.clone(),
        version: version.clone(),
        revision,
        notes: notes.clone(),
        snapshot,
        blind,
        digest,
        secrets,
    };
    Ok(vec![Draft::internal(actor.clone(), Event::ReleaseCreated(event))])
}

/// What of the project goes into a release of this channel, its secrets apart.
fn freeze(
    state: &State,
    project: &Project,
    wanted: &Wanted<'_>,
    channel: Option<&Name>,
) -> Result<Snapshot, Rejection> {
    let Wanted { version, packages: chosen, .. } = *wanted;
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
        channel: channel.cloned(),
        steps: scope::steps(state, project, channel)?,
        templates: project.templates.clone(),
        variables: scope::variables(state, project, channel)?,
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
    let count = snapshot.kinds().count();
    let total = parts.iter().map(|(_, size)| size).sum::<usize>() + count * LEAF_BYTES;
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
