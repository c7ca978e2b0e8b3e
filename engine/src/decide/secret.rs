//! Secrets: set for a project, frozen into a release, handed to the space that a bundle is for, and
//! kept by it.
//!
//! Whoever may set a secret may also run a step that reads it, so an answer that says whether a
//! value is the one that was set already tells nobody anything new.

use crate::command::Rejection;
use crate::decide::{Draft, Given};
use crate::entropy::Entropy;
use crate::state::releases::{Import, Release, Source};
use crate::trust::certificate::Keys;
use crate::trust::secret::{Salted, SecretValue};
use schema::id::DocumentId;
use schema::latest::{Actor, Event, HandedSecret, KeptSecret, SecretCommitment};
use schema::name::{Name, Text};
use schema::v1::event::{SecretSet, SecretUnset, SecretsKept};
use schema::v1::model::{HexHash, Project, ReleaseId};
use schema::v1::secret::{About, Place};

/// Sets the value of a declared secret. The value that it has already changes nothing.
///
/// # Errors
/// When the project declares no such secret, or there is no key to seal it to.
pub fn set(
    given: Given<'_>,
    actor: &Actor,
    project: &Name,
    name: &Name,
    value: &SecretValue,
) -> Result<Vec<Draft>, Rejection> {
    declared(given, project, name)?;
    if current(given, project, name).is_some_and(|known| known == *value) {
        return Ok(Vec::new());
    }
    let place = Place::Set { project, name };
    let entropy = &mut Entropy::from_seed(given.random);
    let (me, keys) = (given.state.me(), given.identity.at_rest());
    let sealed = keys.seal(&me, &place, value.expose().as_bytes(), entropy).ok_or_else(no_key)?;
    let event = SecretSet { project: project.clone(), name: name.clone(), sealed };
    Ok(vec![Draft::internal(actor.clone(), Event::SecretSet(event))])
}

/// Forgets the value of a secret. One that has none changes nothing.
///
/// # Errors
/// When the project declares no such secret.
pub fn unset(
    given: Given<'_>,
    actor: &Actor,
    project: &Name,
    name: &Name,
) -> Result<Vec<Draft>, Rejection> {
    declared(given, project, name)?;
    if given.state.secrets.value(project, name).is_none() {
        return Ok(Vec::new());
    }
    let event = SecretUnset { project: project.clone(), name: name.clone() };
    Ok(vec![Draft::internal(actor.clone(), Event::SecretUnset(event))])
}

fn declared(given: Given<'_>, project: &Name, name: &Name) -> Result<(), Rejection> {
    let Some(known) = given.state.configuration.project(project) else {
        return Err(Rejection::not_found(
            format!("there is no project {project}"),
            "`interspace space show` shows all projects",
        ));
    };
    if known.secrets.contains(name) {
        return Ok(());
    }
    Err(Rejection::not_found(
        format!("project {project} declares no secret {name}"),
        format!(
            "declare it in space.toml and apply: [[projects.variables]] name = \"{name}\", \
             secret = true"
        ),
    ))
}

fn no_key() -> Rejection {
    Rejection::conflict(
        "this space has no at-rest key to seal a secret to",
        "start its node, which says what to do",
    )
}

/// The value that is set now; none if none is, or its at-rest key is lost.
#[must_use]
pub fn current(given: Given<'_>, project: &Name, name: &Name) -> Option<SecretValue> {
    let set = given.state.secrets.value(project, name)?;
    let place = Place::Set { project, name };
    let plain = given.identity.at_rest().open(&given.state.me(), &place, &set.sealed)?;
    SecretValue::new(std::str::from_utf8(&plain).ok()?.to_owned()).ok()
}

/// The secrets of a project as a release freezes them, each under a fresh salt: what everybody sees
/// of it, and what is kept.
///
/// # Errors
/// When one has no value, or it cannot be opened.
pub fn freeze(
    given: Given<'_>,
    project: &Project,
    release: &ReleaseId,
) -> Result<(Vec<SecretCommitment>, Vec<KeptSecret>), Rejection> {
    let entropy = &mut Entropy::from_seed(given.random);
    let (me, keys) = (given.state.me(), given.identity.at_rest());
    let scope = everything()?;
    let (mut commitments, mut kept) = (Vec::new(), Vec::new());
    for name in &project.secrets {
        let set = given.state.secrets.value(&project.name, name);
        let set = set.ok_or_else(|| without_value(project, name, "has no value"))?;
        let value = current(given, &project.name, name);
        let value = value.ok_or_else(|| {
            without_value(
                project,
                name,
                "cannot be opened: the at-rest key that it was sealed to \
                is not here",
            )
        })?;
        let about = About { release, revision: 1, name, scope: &scope };
        let salted = Salted::fresh(value, entropy);
        let sealed = keys.seal(&me, &Place::Release(about), &salted.plain(), entropy);
        kept.push(KeptSecret { from: set.entry, sealed: sealed.ok_or_else(no_key)? });
        let commitment = HexHash(salted.commitment(&about));
        commitments.push(SecretCommitment { name: name.clone(), scope: scope.clone(), commitment });
    }
    Ok((commitments, kept))
}

/// The scope of a secret that is for everything.
fn everything() -> Result<Text, Rejection> {
    "".parse().map_err(|_| Rejection::invalid("no text", "this is a mistake of ours"))
}

fn without_value(project: &Project, name: &Name, why: &str) -> Rejection {
    Rejection::conflict(
        format!("the secret {name} of {} {why}", project.name),
        format!(
            "`interspace secret set \"{}\" {name}`, which reads it from standard input",
            project.name
        ),
    )
}

/// Whether a release holds the very values that are set for the project now.
#[must_use]
pub fn is_frozen_from(given: Given<'_>, project: &Project, release: &Release) -> bool {
    let set = project
        .secrets
        .iter()
        .map(|name| given.state.secrets.value(&project.name, name).map(|set| (name, set.entry)));
    let frozen = release.snapshot.secrets.iter().zip(&release.secrets);
    let frozen = frozen.map(|(secret, kept)| Some((&secret.name, kept.from)));
    release.snapshot.secrets.len() == release.secrets.len() && set.eq(frozen)
}

/// The secrets of a release as they are kept here, in the order of its snapshot; none if they are
/// not here.
fn kept<'a>(given: Given<'a>, release: &'a Release) -> Option<&'a [KeptSecret]> {
    let kept = given.state.kept_secrets(release);
    (kept.len() == release.snapshot.secrets.len()).then_some(kept)
}

/// Salts and values of a release's secrets, in the order of its snapshot.
///
/// # Errors
/// When they are not here, or the at-rest key that they are sealed to is lost.
fn salted(given: Given<'_>, id: &ReleaseId, release: &Release) -> Result<Vec<Salted>, Rejection> {
    let lost = |why: &str| {
        Rejection::conflict(
            format!("the secrets of {} {} {why}", id.project.name, id.version),
            "make a new version of it, with secrets that are set anew",
        )
    };
    let kept = kept(given, release).ok_or_else(|| lost("are not in this log"))?;
    let open = |(secret, kept): (&SecretCommitment, &KeptSecret)| {
        let place = Place::Release(about(id, release, secret));
        let plain = given.identity.at_rest().open(&given.state.me(), &place, &kept.sealed)?;
        Salted::read(&plain)
    };
    let all: Option<Vec<Salted>> = release.snapshot.secrets.iter().zip(kept).map(open).collect();
    all.ok_or_else(|| {
        lost("cannot be opened: the at-rest key that they were sealed to is not here")
    })
}

fn about<'a>(id: &'a ReleaseId, release: &Release, secret: &'a SecretCommitment) -> About<'a> {
    let revision = match &release.source {
        Source::Local => 1,
        Source::Imported(import) => import.content.revision,
    };
    About { release: id, revision, name: &secret.name, scope: &secret.scope }
}

/// The values that the steps of a release see.
///
/// # Errors
/// When they are not here, or the at-rest key that they are sealed to is lost.
pub fn values(
    given: Given<'_>,
    id: &ReleaseId,
    release: &Release,
) -> Result<Vec<(Name, SecretValue)>, Rejection> {
    let salted = salted(given, id, release)?;
    let names = release.snapshot.secrets.iter().map(|secret| secret.name.clone());
    Ok(names.zip(salted.into_iter().map(|salted| salted.value)).collect())
}

/// The values of a release's secrets, sealed for the space that its bundle is for.
///
/// # Errors
/// When they cannot be opened, or nothing can be sealed to that space.
pub fn hand(
    given: Given<'_>,
    id: &ReleaseId,
    release: &Release,
    bundle: &DocumentId,
    target: &Keys,
) -> Result<Vec<HandedSecret>, Rejection> {
    let entropy = &mut Entropy::from_seed(given.random);
    let newest = target.newest();
    let to = (newest.number, &newest.sealing.0);
    let hand = |(index, salted): (u32, Salted)| {
        salted.hand(bundle, index, target.space(), to, entropy).ok_or_else(|| {
            Rejection::conflict(
                format!("nothing can be sealed to {}", target.name()),
                "ask it for another certificate",
            )
        })
    };
    (0..).zip(salted(given, id, release)?).map(hand).collect()
}

/// Whether nothing of a peer's bundle is still to be opened.
#[must_use]
pub fn are_here(state: &crate::state::State, release: &Release, import: &Import) -> bool {
    release.snapshot.secrets.is_empty() || state.secrets.kept(&import.bundle).is_some()
}

/// Opens the secrets of a peer's bundle, checks each against its commitment, and seals it to this
/// space's own key: keys that a rotation forgets later are not needed for it any more.
///
/// # Errors
/// In words for people here and there: which of them is not what it should be. Nothing of the
/// bundle is kept then.
pub fn keep(
    given: Given<'_>,
    id: &ReleaseId,
    release: &Release,
    import: &Import,
) -> Result<Draft, String> {
    let entropy = &mut Entropy::from_seed(given.random);
    let (me, keys) = (given.state.me(), given.identity.at_rest());
    let mut secrets = Vec::with_capacity(release.snapshot.secrets.len());
    for (index, secret) in (0..).zip(&release.snapshot.secrets) {
        let salted = take(given, import, index, &secret.name)?;
        let about = about(id, release, secret);
        if !salted.is_committed(&about, &secret.commitment.0) {
            return Err(format!(
                "the secret {} is not the one that the bundle commits to",
                secret.name
            ));
        }
        let sealed = keys.seal(&me, &Place::Release(about), &salted.plain(), entropy);
        let sealed = sealed.ok_or("the space has no at-rest key")?;
        secrets.push(KeptSecret { from: release.entry, sealed });
    }
    let event = SecretsKept { bundle: import.bundle, release: id.clone(), secrets };
    Ok(Draft::internal(Actor::Policy, Event::SecretsKept(event)).about(release))
}

fn take(given: Given<'_>, import: &Import, index: u32, name: &Name) -> Result<Salted, String> {
    let me = given.state.me();
    let mut handed = import.handed.iter();
    let handed = handed.find(|handed| handed.index == index && handed.recipient == me);
    let handed =
        handed.ok_or_else(|| format!("the secret {name} was not sealed for this space"))?;
    let key = given.identity.sealing(handed.key).ok_or_else(|| {
        format!(
            "the secret {name} was sealed to key {}, which this space does not have (any more)",
            handed.key
        )
    })?;
    Salted::take(&import.bundle, handed, key)
        .ok_or_else(|| format!("the secret {name} cannot be opened with key {}", handed.key))
}
