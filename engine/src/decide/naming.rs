//! From the words in which people name a release to the one that they mean.

use crate::command::{Rejection, ReleaseName};
use crate::state::State;
use crate::state::releases::Release;
use schema::id::SpaceId;
use schema::name::Name;
use schema::v1::model::{ProjectId, ReleaseId};

/// The space that a person named; this one if they named none.
///
/// # Errors
/// When none is called so here.
pub(super) fn space(state: &State, named: Option<&Name>) -> Result<SpaceId, Rejection> {
    let Some(name) = named else { return Ok(state.me()) };
    state.space_named(name).ok_or_else(|| {
        Rejection::not_found(
            format!("no space is called {name} here"),
            "`interspace link list` shows the spaces that are known",
        )
    })
}

/// The release that a person named.
///
/// # Errors
/// When there is none, with the versions that there are.
pub fn resolve(state: &State, name: &ReleaseName) -> Result<ReleaseId, Rejection> {
    let space = space(state, name.owner.as_ref())?;
    let project = ProjectId { space, name: name.project.clone() };
    let id = ReleaseId { project, version: name.version.clone() };
    if state.releases.get(&id).is_some() {
        return Ok(id);
    }
    let versions: Vec<String> =
        state.releases.of(&id.project).map(|(id, _)| id.version.to_string()).collect();
    let hint = if versions.is_empty() {
        "`interspace release list` shows all releases".to_owned()
    } else {
        format!("there are: {}", versions.join(", "))
    };
    Err(Rejection::not_found(
        format!("there is no release {} {}", name.project, name.version),
        hint,
    ))
}

/// The release that a person wants to go on, in the revision that counts here.
///
/// # Errors
/// When there is none, or they named the digest of another revision.
pub(super) fn chosen(state: &State, name: &ReleaseName) -> Result<ReleaseId, Rejection> {
    meant(state, name, |release| release, "release show")
}

/// The release that a person wants to answer: its newest revision, that of the inbox.
///
/// # Errors
/// When there is none, or they named the digest of another revision.
pub(super) fn offered(state: &State, name: &ReleaseName) -> Result<ReleaseId, Rejection> {
    meant(state, name, Release::newest, "inbox show")
}

fn meant(
    state: &State,
    name: &ReleaseName,
    subject: fn(&Release) -> &Release,
    shows: &str,
) -> Result<ReleaseId, Rejection> {
    let id = resolve(state, name)?;
    let (Some(digest), Some(release)) = (name.digest, state.releases.get(&id)) else {
        return Ok(id);
    };
    let subject = subject(release);
    if subject.digest == digest {
        return Ok(id);
    }
    let ReleaseName { project, version, .. } = name;
    let newest = release.newest();
    let known = release.revision_of(&digest);
    let other = known.or_else(|| (newest.digest == digest).then_some(newest.revision));
    let named = match other {
        Some(other) => format!("the digest that was named is that of revision {other}"),
        None => "it never had the digest that was named".to_owned(),
    };
    let revision = subject.revision;
    Err(Rejection::conflict(
        format!("this is about revision {revision} of {project} {version}, and {named}"),
        format!(
            "`interspace {shows}` tells what revision {revision} is, of the digest {}",
            subject.digest
        ),
    ))
}
