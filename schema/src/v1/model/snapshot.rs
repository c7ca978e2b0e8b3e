//! What is frozen when a release is created, and how a part of it is shown to be a part of it.
//!
//! ```text
//! leaf i   H("release-part", part u8, salt 32, bincode of the part)
//! salt i   H("release-salt", blind 32, i u32); blind is drawn for each release and stays at home
//! digest   H("release", owner 32, project, version, revision u32, channel, count u32, leaves)
//! ```
//!
//! Names stand behind their u32 lengths; a release without a channel has an empty one. The parts
//! are counted through: steps, templates, variables, secrets, packages, each in their order. What
//! stays at home is in the outline of a bundle as its leaf alone, and the salt keeps its leaf from
//! being guessed.

use crate::bytes::Writer;
use crate::codec;
use crate::hash::{Domain, Hash, hash};
use crate::id::{ReleaseDigest, SpaceId};
use crate::name::Name;
use crate::v1::model::{HexHash, Package, ReleaseId, Scope, Step, Template, Variable};
use crate::v1::secret::SecretCommitment;
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// What is frozen when a release is created; a later change to the project changes nothing in it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// The channel, where the project has channels. Its rules stay at home.
    pub channel: Option<Name>,
    /// The process.
    pub steps: Vec<Step>,
    /// What each environment or tenant must supply.
    pub templates: Vec<Template>,
    /// What travels with the release.
    pub variables: Vec<Variable>,
    /// What travels with it and is not for everybody's eyes.
    pub secrets: Vec<SecretCommitment>,
    /// The packages.
    pub packages: Vec<Package>,
}

/// What a part of a snapshot is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum PartKind {
    /// A step of the process.
    Step,
    /// A variable template.
    Template,
    /// A variable.
    Variable,
    /// The commitment to a secret.
    Secret,
    /// A package.
    Package,
}

impl PartKind {
    const fn number(self) -> u8 {
        match self {
            Self::Step => 1,
            Self::Template => 2,
            Self::Variable => 3,
            Self::Secret => 4,
            Self::Package => 5,
        }
    }
}

/// One part in an outline.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Leaf {
    /// It is in the snapshot beside, and this is its salt.
    Here(PartKind, HexHash),
    /// It stays at home, and this is its leaf.
    Withheld(PartKind, HexHash),
}

impl Leaf {
    /// What the part is.
    #[must_use]
    pub const fn kind(&self) -> PartKind {
        match self {
            Self::Here(kind, _) | Self::Withheld(kind, _) => *kind,
        }
    }
}

/// All parts of a release in their order, those that stay at home too.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Outline {
    /// The parts.
    pub leaves: Vec<Leaf>,
}

/// What the digest of a release is about beside its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Titled<'a> {
    /// The release.
    pub release: &'a ReleaseId,
    /// Its revision, from 1.
    pub revision: u32,
}

impl Snapshot {
    /// The bytes of each part, in their order.
    fn parts(&self) -> Vec<(PartKind, Vec<u8>)> {
        let mut parts = Vec::new();
        parts.extend(self.steps.iter().map(|it| (PartKind::Step, codec::encode(it))));
        parts.extend(self.templates.iter().map(|it| (PartKind::Template, codec::encode(it))));
        parts.extend(self.variables.iter().map(|it| (PartKind::Variable, codec::encode(it))));
        parts.extend(self.secrets.iter().map(|it| (PartKind::Secret, codec::encode(it))));
        parts.extend(self.packages.iter().map(|it| (PartKind::Package, codec::encode(it))));
        parts
    }

    /// What each of its parts is, in their order.
    pub fn kinds(&self) -> impl Iterator<Item = PartKind> {
        let of = |kind, count| std::iter::repeat_n(kind, count);
        of(PartKind::Step, self.steps.len())
            .chain(of(PartKind::Template, self.templates.len()))
            .chain(of(PartKind::Variable, self.variables.len()))
            .chain(of(PartKind::Secret, self.secrets.len()))
            .chain(of(PartKind::Package, self.packages.len()))
    }

    /// The outline of the whole snapshot under `blind`.
    #[must_use]
    pub fn outline(&self, blind: &Hash) -> Outline {
        let leaf = |(index, kind): (u32, PartKind)| {
            let salt = hash(Domain::ReleaseSalt, &[blind, &index.to_be_bytes()]);
            Leaf::Here(kind, HexHash(salt))
        };
        Outline { leaves: (0..).zip(self.kinds()).map(leaf).collect() }
    }

    /// Whether what has this scope can apply in any environment of `space`: it reaches the space,
    /// and one of the steps that it names, if it names any, does too.
    #[must_use]
    pub fn may_see(&self, scope: &Scope, space: &SpaceId) -> bool {
        let seen_by = |step: &Step| scope.steps.contains(&step.name) && step.scope.reaches(space);
        scope.reaches(space) && (scope.steps.is_empty() || self.steps.iter().any(seen_by))
    }

    /// The packages that steps use which can apply in one of `spaces`.
    pub fn packages_for<'a>(&'a self, spaces: &'a [SpaceId]) -> impl Iterator<Item = &'a Package> {
        let runs = |step: &&Step| spaces.iter().any(|space| step.scope.reaches(space));
        let used = move |package: &&Package| {
            self.steps.iter().filter(runs).any(|step| step.uses(&package.id))
        };
        self.packages.iter().filter(used)
    }

    /// The part of it that can apply in one of `spaces`, and its outline. `outline` is its
    /// own.
    ///
    /// What can apply: a step whose scope reaches one of them; a variable or secret whose scope
    /// does, and that one of those steps may see; a package that one of those steps uses; every
    /// template.
    #[must_use]
    pub fn slice(&self, outline: &Outline, spaces: &[SpaceId]) -> (Self, Outline) {
        let reaches = |scope: &Scope| spaces.iter().any(|space| scope.reaches(space));
        let seen = |scope: &Scope| spaces.iter().any(|space| self.may_see(scope, space));
        let goes: Vec<&Package> = self.packages_for(spaces).collect();
        let used = |package: &Package| goes.contains(&package);
        let mut kept: Vec<bool> = self.steps.iter().map(|step| reaches(&step.scope)).collect();
        kept.extend(self.templates.iter().map(|_| true));
        kept.extend(self.variables.iter().map(|variable| seen(&variable.scope)));
        kept.extend(self.secrets.iter().map(|secret| seen(&secret.scope)));
        kept.extend(self.packages.iter().map(used));
        let mut parts = self.parts().into_iter().zip(kept.clone());
        let leaf = |leaf: &Leaf| {
            let Leaf::Here(_, salt) = leaf else { return leaf.clone() };
            match parts.next() {
                Some(((kind, bytes), false)) => {
                    Leaf::Withheld(kind, HexHash(part(kind, salt, &bytes)))
                }
                Some((_, true)) | None => leaf.clone(),
            }
        };
        let leaves = outline.leaves.iter().map(leaf).collect();
        let mut kept = kept.into_iter();
        let mut keep = || kept.next().unwrap_or(false);
        // In the order in which the parts are counted through.
        let slice = Self {
            channel: self.channel.clone(),
            steps: self.steps.iter().filter(|_| keep()).cloned().collect(),
            templates: self.templates.iter().filter(|_| keep()).cloned().collect(),
            variables: self.variables.iter().filter(|_| keep()).cloned().collect(),
            secrets: self.secrets.iter().filter(|_| keep()).cloned().collect(),
            packages: self.packages.iter().filter(|_| keep()).cloned().collect(),
        };
        (slice, Outline { leaves })
    }
}

fn part(kind: PartKind, salt: &HexHash, bytes: &[u8]) -> Hash {
    hash(Domain::ReleasePart, &[&[kind.number()], &salt.0, bytes])
}

impl Outline {
    /// How many parts are not in the snapshot beside it.
    #[must_use]
    pub fn withheld(&self) -> usize {
        self.leaves.iter().filter(|leaf| matches!(leaf, Leaf::Withheld(..))).count()
    }

    /// Whether every part is in the snapshot beside it.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.withheld() == 0
    }

    /// The digest of the release of which `snapshot` is what this outline says is here; none if it
    /// is not exactly that.
    #[must_use]
    pub fn digest(&self, titled: &Titled<'_>, snapshot: &Snapshot) -> Option<ReleaseDigest> {
        let Titled { release, revision } = titled;
        let channel = snapshot.channel.as_ref().map_or("", |name| name.as_str());
        let mut bytes = Writer::new();
        bytes
            .fixed(&release.project.space.0)
            .variable(release.project.name.as_str().as_bytes())
            .variable(release.version.as_str().as_bytes())
            .u32(*revision)
            .variable(channel.as_bytes())
            .u32(u32::try_from(self.leaves.len()).ok()?);
        if self.leaves.windows(2).any(|two| two[0].kind() > two[1].kind()) {
            return None;
        }
        let mut here = snapshot.parts().into_iter();
        for leaf in &self.leaves {
            let leaf = match leaf {
                Leaf::Withheld(_, leaf) => leaf.0,
                Leaf::Here(kind, salt) => {
                    let (found, bytes) = here.next().filter(|(found, _)| found == kind)?;
                    part(found, salt, &bytes)
                }
            };
            bytes.fixed(&leaf);
        }
        here.next().is_none().then(|| ReleaseDigest(hash(Domain::Release, &[&bytes.finish()])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::v1::model::{ProjectId, Site};

    fn release() -> ReleaseId {
        let project = ProjectId { space: SpaceId([1; 32]), name: "Web".parse().unwrap() };
        ReleaseId { project, version: "1.0.0".parse().unwrap() }
    }

    fn scope(spaces: &[u8], steps: &[&str]) -> Scope {
        let site = |number: &u8| Site { space: SpaceId([*number; 32]), environment: None };
        let steps = steps.iter().map(|name| name.parse().unwrap()).collect();
        Scope { sites: spaces.iter().map(site).collect(), steps, ..Scope::default() }
    }

    fn snapshot() -> Snapshot {
        let step = |name: &str, scope| {
            let run = vec!["true".parse().unwrap()];
            Step { scope, ..Step::running(name.parse().unwrap(), run, 1) }
        };
        let variable = |name: &str, scope| Variable {
            name: name.parse().unwrap(),
            value: "v".parse().unwrap(),
            scope,
        };
        Snapshot {
            steps: vec![step("both", scope(&[], &[])), step("home", scope(&[1], &[]))],
            variables: vec![
                variable("ALL", scope(&[], &[])),
                variable("HOME", scope(&[1], &[])),
                variable("STEP", scope(&[], &["home"])),
                variable("AWAY", scope(&[2, 3], &[])),
            ],
            ..Snapshot::default()
        }
    }

    #[test]
    fn a_slice_has_what_can_apply_there_and_the_digest_of_the_whole() {
        let (release, whole) = (release(), snapshot());
        let titled = Titled { release: &release, revision: 1 };
        let outline = whole.outline(&[7; 32]);
        let digest = outline.digest(&titled, &whole).unwrap();
        let (slice, cut) = whole.slice(&outline, &[SpaceId([2; 32])]);
        let names: Vec<&str> = slice.variables.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["ALL", "AWAY"]);
        assert_eq!(slice.steps.len(), 1);
        assert!(outline.is_whole() && !cut.is_whole());
        assert_eq!(cut.digest(&titled, &slice), Some(digest));
    }

    #[test]
    fn a_slice_of_a_slice_gives_the_same_digest_and_never_more() {
        let (release, whole) = (release(), snapshot());
        let titled = Titled { release: &release, revision: 1 };
        let outline = whole.outline(&[7; 32]);
        let both = [SpaceId([2; 32]), SpaceId([3; 32])];
        let (slice, cut) = whole.slice(&outline, &both);
        let (less, shorter) = slice.slice(&cut, &[SpaceId([4; 32])]);
        assert_eq!(shorter.digest(&titled, &less), outline.digest(&titled, &whole));
        assert!(less.variables.len() < slice.variables.len());
    }

    #[test]
    fn a_part_that_is_changed_added_left_out_or_moved_gives_no_such_digest() {
        let (release, whole) = (release(), snapshot());
        let titled = Titled { release: &release, revision: 1 };
        let outline = whole.outline(&[7; 32]);
        let digest = outline.digest(&titled, &whole);
        let mut changed = whole.clone();
        changed.variables[0].value = "w".parse().unwrap();
        let mut more = whole.clone();
        more.variables.push(more.variables[0].clone());
        let mut less = whole.clone();
        less.steps.pop();
        let mut moved = whole.clone();
        moved.steps.swap(0, 1);
        let mut channel = whole.clone();
        channel.channel = Some("Hotfix".parse().unwrap());
        for odd in [changed, more, less, moved, channel] {
            assert_ne!(outline.digest(&titled, &odd), digest);
        }
        let later = Titled { revision: 2, ..titled };
        assert_ne!(outline.digest(&later, &whole), digest);
    }
}
