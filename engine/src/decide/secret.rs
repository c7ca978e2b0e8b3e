//! Secrets: set for a project, frozen into a release, handed to the space that a bundle is for, and
//! kept by it.
//!
//! Whoever may set a secret may also run a step that reads it, so an answer that says whether a
//! value is the one that was set already tells nobody anything new.

use crate::command::Rejection;
use crate::decide::{Draft, Given, scope};
use crate::entropy::Entropy;
use crate::state::links::Peer;
use crate::state::releases::{Import, Release, Source};
use crate::trust::certificate::Keys;
use crate::trust::secret::{Salted, SecretValue};
use schema::id::{DocumentId, SpaceId};
use schema::latest::{Actor, Event, HandedSecret, KeptSecret, SecretCommitment};
use schema::name::Name;
use schema::v1::event::{SecretSet, SecretUnset, SecretsKept};
use schema::v1::model::{HexHash, Project, ReleaseId, Secret, Snapshot, Where};
use schema::v1::secret::{About, Place};
use std::collections::BTreeMap;

/// A secret as people name it: where only one has the name, that is enough.
pub type Named<'a> = (&'a Name, Option<&'a Where>);

/// Sets the value of a declared secret. The value that it has already changes nothing.
///
/// # Errors
/// When the project declares no such secret, or there is no key to seal it to.
pub fn set(
    given: Given<'_>,
    actor: &Actor,
    project: &Name,
    named: Named<'_>,
    value: &SecretValue,
) -> Result<Vec<Draft>, Rejection> {
    let secret = declared(given, project, named)?;
    if current(given, project, secret).is_some_and(|known| known == *value) {
        return Ok(Vec::new());
    }
    let Secret { name, scope } = secret.clone();
    let place = Place::Set { project, name: &name, scope: &scope };
    let entropy = &mut Entropy::from_seed(given.random);
    let (me, keys) = (given.state.me(), given.identity.at_rest());
    let sealed = keys.seal(&me, &place, value.expose().as_bytes(), entropy).ok_or_else(no_key)?;
    let event = SecretSet { project: project.clone(), name, scope, sealed };
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
    named: Named<'_>,
) -> Result<Vec<Draft>, Rejection> {
    let secret = declared(given, project, named)?;
    if given.state.secrets.value(project, secret).is_none() {
        return Ok(Vec::new());
    }
    let Secret { name, scope } = secret.clone();
    let event = SecretUnset { project: project.clone(), name, scope };
    Ok(vec![Draft::internal(actor.clone(), Event::SecretUnset(event))])
}

fn declared<'a>(
    given: Given<'a>,
    project: &Name,
    (name, scope): Named<'_>,
) -> Result<&'a Secret, Rejection> {
    let Some(known) = given.state.configuration.project(project) else {
        return Err(Rejection::not_found(
            format!("there is no project {project}"),
            "`interspace export` shows the projects of this space",
        ));
    };
    let mut fits = known
        .secrets
        .iter()
        .filter(|secret| secret.name == *name && scope.is_none_or(|scope| secret.scope == *scope));
    match (fits.next(), fits.next()) {
        (Some(secret), None) => Ok(secret),
        (Some(_), Some(_)) => Err(Rejection::invalid(
            format!("project {project} declares several secrets called {name}"),
            "say which, as it is declared: `--environment`, `--tenant`, `--channel`, `--step`; \
             `interspace secret list` shows them",
        )),
        (None, _) => Err(Rejection::not_found(
            format!("project {project} declares no such secret {name}"),
            format!(
                "declare it in space.toml and apply: [[projects.variables]] name = \"{name}\", \
                 secret = true"
            ),
        )),
    }
}

fn no_key() -> Rejection {
    Rejection::conflict(
        "this space has no at-rest key to seal a secret to",
        "start its node, which says what to do",
    )
}

/// The value that is set now; none if none is, or its at-rest key is lost.
#[must_use]
pub fn current(given: Given<'_>, project: &Name, secret: &Secret) -> Option<SecretValue> {
    let set = given.state.secrets.value(project, secret)?;
    let place = Place::Set { project, name: &secret.name, scope: &secret.scope };
    let plain = given.identity.at_rest().open(&given.state.me(), &place, &set.sealed)?;
    SecretValue::new(std::str::from_utf8(&plain).ok()?.to_owned()).ok()
}

/// What secrets are frozen into.
#[derive(Debug, Clone, Copy)]
pub struct Frozen<'a> {
    /// The project.
    pub project: &'a Project,
    /// The channel of the release.
    pub channel: Option<&'a Name>,
    /// The release.
    pub release: &'a ReleaseId,
    /// Its revision.
    pub revision: u32,
}

/// The secrets of a project as a release freezes them, each under a fresh salt: what everybody sees
/// of it, and what is kept.
///
/// # Errors
/// When one has no value, or it cannot be opened.
pub fn freeze(
    given: Given<'_>,
    frozen: &Frozen<'_>,
    entropy: &mut Entropy,
) -> Result<(Vec<SecretCommitment>, Vec<KeptSecret>), Rejection> {
    let Frozen { project, channel, release, revision } = *frozen;
    let (me, keys) = (given.state.me(), given.identity.at_rest());
    let (mut commitments, mut kept) = (Vec::new(), Vec::new());
    for (secret, scope) in scope::secrets(given.state, project, channel)? {
        let set = given.state.secrets.value(&project.name, secret);
        let set = set.ok_or_else(|| without_value(project, secret, "has no value"))?;
        let value = current(given, &project.name, secret);
        let value = value.ok_or_else(|| {
            let why = "cannot be opened: the at-rest key that it was sealed to is not here";
            without_value(project, secret, why)
        })?;
        let name = secret.name.clone();
        let about = About { release, revision, name: &name, scope: &scope };
        let salted = Salted::fresh(value, entropy);
        let sealed = keys.seal(&me, &Place::Release(about), &salted.plain(), entropy);
        kept.push(KeptSecret { from: set.entry, sealed: sealed.ok_or_else(no_key)? });
        let commitment = HexHash(salted.commitment(&about));
        commitments.push(SecretCommitment { name, scope, commitment });
    }
    Ok((commitments, kept))
}

fn without_value(project: &Project, secret: &Secret, why: &str) -> Rejection {
    let name = &secret.name;
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
pub fn is_frozen_from(
    given: Given<'_>,
    project: &Project,
    channel: Option<&Name>,
    release: &Release,
) -> bool {
    let Ok(now) = scope::secrets(given.state, project, channel) else { return false };
    let set = now.into_iter().map(|(secret, scope)| {
        let value = given.state.secrets.value(&project.name, secret);
        value.map(|set| (secret.name.clone(), scope, set.entry))
    });
    let frozen = release.snapshot.secrets.iter().zip(&release.secrets);
    let frozen =
        frozen.map(|(secret, kept)| Some((secret.name.clone(), secret.scope.clone(), kept.from)));
    release.snapshot.secrets.len() == release.secrets.len() && set.eq(frozen)
}

/// The secrets of a release that this space may read, by their index in its snapshot: all of its
/// own, and those of another space that can apply here.
pub fn readable(
    me: SpaceId,
    release: &Release,
) -> impl Iterator<Item = (usize, &SecretCommitment)> {
    let all = release.snapshot.secrets.iter().enumerate();
    let own = release.source == Source::Local;
    all.filter(move |(_, secret)| own || release.snapshot.may_see(&secret.scope, &me))
}

/// Salts and values of the secrets that this space may read, by their index in the snapshot.
///
/// # Errors
/// When they are not here, or the at-rest key that they are sealed to is lost.
fn salted(
    given: Given<'_>,
    id: &ReleaseId,
    release: &Release,
) -> Result<BTreeMap<usize, Salted>, Rejection> {
    let lost = |why: &str| {
        Rejection::conflict(
            format!("the secrets of {} {} {why}", id.project.name, id.version),
            "make a new version of it, with secrets that are set anew",
        )
    };
    let me = given.state.me();
    let kept = given.state.kept_secrets(release);
    if kept.len() != readable(me, release).count() {
        return Err(lost("are not in this log"));
    }
    let open = |((index, secret), kept): ((usize, &SecretCommitment), &KeptSecret)| {
        let place = Place::Release(about(id, release, secret));
        let plain = given.identity.at_rest().open(&me, &place, &kept.sealed)?;
        Some((index, Salted::read(&plain)?))
    };
    let all: Option<BTreeMap<usize, Salted>> = readable(me, release).zip(kept).map(open).collect();
    all.ok_or_else(|| {
        lost("cannot be opened: the at-rest key that they were sealed to is not here")
    })
}

const fn about<'a>(
    id: &'a ReleaseId,
    release: &Release,
    secret: &'a SecretCommitment,
) -> About<'a> {
    About { release: id, revision: release.revision, name: &secret.name, scope: &secret.scope }
}

/// The values of the secrets of a release that this space may read, by their index in its snapshot.
///
/// # Errors
/// When they are not here, or the at-rest key that they are sealed to is lost.
pub fn values(
    given: Given<'_>,
    id: &ReleaseId,
    release: &Release,
) -> Result<BTreeMap<usize, SecretValue>, Rejection> {
    let salted = salted(given, id, release)?;
    Ok(salted.into_iter().map(|(index, salted)| (index, salted.value)).collect())
}

/// What a bundle holds of a release.
#[derive(Debug, Clone, Copy)]
pub struct Travels<'a> {
    /// The id of the bundle.
    pub bundle: &'a DocumentId,
    /// The part of the snapshot that is in it.
    pub slice: &'a Snapshot,
}

/// The values of a release's secrets, sealed for the spaces that its bundle is for: for each of
/// them what can apply there, and nothing else.
///
/// # Errors
/// When they cannot be opened, or nothing can be sealed to one of those spaces.
pub fn hand(
    given: Given<'_>,
    id: &ReleaseId,
    release: &Release,
    travels: Travels<'_>,
    targets: &[SpaceId],
) -> Result<Vec<HandedSecret>, Rejection> {
    let entropy = &mut Entropy::from_seed(given.random);
    let all = salted(given, id, release)?;
    let mut handed = Vec::new();
    // The slice has them in the order of the whole: each is the next that equals it there.
    let mut whole = release.snapshot.secrets.iter().enumerate();
    for (index, secret) in (0..).zip(&travels.slice.secrets) {
        let salted = whole.find(|(_, one)| *one == secret).and_then(|(at, _)| all.get(&at));
        let salted = salted.ok_or_else(no_key)?;
        let sees = |target: &&SpaceId| travels.slice.may_see(&secret.scope, target);
        for target in targets.iter().filter(sees) {
            let peer = given.state.links.peer(target).ok_or_else(no_key)?;
            handed.push(seal(salted, travels.bundle, index, &peer.keys, entropy)?);
        }
    }
    Ok(handed)
}

/// The values of a release of another space that can apply at a peer to which it is sent on: those
/// that this space can read, sealed anew to the newest key that is known of that peer; the others
/// as they came, unread.
///
/// # Errors
/// When one of them did not come, cannot be opened, or nothing can be sealed to that peer.
pub fn hand_on(
    given: Given<'_>,
    id: &ReleaseId,
    release: &Release,
    import: &Import,
    peer: &Peer,
) -> Result<Vec<HandedSecret>, Rejection> {
    let entropy = &mut Entropy::from_seed(given.random);
    let (own, target) = (salted(given, id, release)?, peer.keys.space());
    let mut handed = Vec::new();
    for (index, secret) in release.snapshot.secrets.iter().enumerate() {
        if !release.snapshot.may_see(&secret.scope, &target) {
            continue;
        }
        let number = u32::try_from(index).map_err(|_| no_key())?;
        if let Some(salted) = own.get(&index) {
            handed.push(seal(salted, &import.bundle, number, &peer.keys, entropy)?);
            continue;
        }
        let mut came = import.handed.iter();
        let came = came.find(|one| one.index == number && one.recipient == target);
        handed.push(came.cloned().ok_or_else(|| {
            Rejection::conflict(
                format!("the secret {} did not come sealed for {}", secret.name, peer.name),
                "the space that owns the release must know its certificate; then revise it there",
            )
        })?);
    }
    Ok(handed)
}

fn seal(
    salted: &Salted,
    bundle: &DocumentId,
    index: u32,
    target: &Keys,
    entropy: &mut Entropy,
) -> Result<HandedSecret, Rejection> {
    let newest = target.newest();
    let to = (newest.number, &newest.sealing.0);
    salted.hand(bundle, index, target.space(), to, entropy).ok_or_else(|| {
        Rejection::conflict(
            format!("nothing can be sealed to {}", target.name()),
            "ask it for another certificate",
        )
    })
}

/// Whether nothing of a peer's bundle is still to be opened.
#[must_use]
pub fn are_here(state: &crate::state::State, release: &Release, import: &Import) -> bool {
    readable(state.me(), release).next().is_none() || state.secrets.kept(&import.bundle).is_some()
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
    let mut secrets = Vec::new();
    for (index, secret) in readable(me, release) {
        let index = u32::try_from(index).map_err(|_| "too many secrets")?;
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
