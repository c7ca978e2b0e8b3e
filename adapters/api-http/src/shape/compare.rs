//! Two releases of a project beside each other.

use super::difference::{Differences, Field, between};
use super::scope::words;
use engine::state::State;
use engine::state::releases::Release as Known;
use schema::id::ReleaseDigest;
use schema::name::{Name, Text, Version};
use schema::v1::model::{ProjectId, ReleaseId, Snapshot};
use serde::{Deserialize, Serialize};

/// Two releases, and what the second has otherwise than the first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compared {
    /// The space that owns the project.
    pub owner: String,
    /// The project.
    pub project: String,
    /// The first.
    pub from: Side,
    /// The second.
    pub to: Side,
    /// The channel, where it is another.
    pub channel: Option<Field>,
    /// The notes of all versions between, that of the newer one with them, newest first.
    pub notes: Vec<Notes>,
    /// What differs.
    #[serde(flatten)]
    pub differences: Differences,
}

/// One of the two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    /// The version.
    pub version: String,
    /// The revision.
    pub revision: u32,
    /// The digest.
    pub digest: String,
    /// Parts of it that stay with the space that owns it, and cannot be compared here.
    pub withheld: usize,
}

/// What a version says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notes {
    /// The version.
    pub version: String,
    /// The revision.
    pub revision: u32,
    /// The notes.
    pub notes: String,
}

/// One revision of a release, as it is known here.
#[derive(Debug, Clone, Copy)]
pub struct Revised<'a> {
    /// The version.
    pub version: &'a Version,
    /// The revision.
    pub revision: u32,
    /// The digest.
    pub digest: &'a ReleaseDigest,
    /// The notes.
    pub notes: &'a Text,
    /// What it is made of, as far as this space has it.
    pub snapshot: &'a Snapshot,
    /// How many of its parts this space does not have; 0 where that is not kept.
    pub withheld: usize,
}

impl<'a> Revised<'a> {
    /// A release in the revision that counts.
    #[must_use]
    pub fn of(id: &'a ReleaseId, release: &'a Known) -> Self {
        let Known { revision, digest, notes, snapshot, outline, .. } = release;
        let withheld = outline.withheld();
        Self { version: &id.version, revision: *revision, digest, notes, snapshot, withheld }
    }

    /// Every revision of a release, oldest first; one that waits in the inbox is the last.
    pub fn all(id: &'a ReleaseId, release: &'a Known) -> impl Iterator<Item = Self> {
        let before = release.earlier.iter().map(|one| Self {
            version: &id.version,
            revision: one.revision,
            digest: &one.digest,
            notes: &one.notes,
            snapshot: &one.snapshot,
            withheld: 0,
        });
        let offered = release.offered.as_deref().map(|newer| Self::of(id, newer));
        before.chain([Self::of(id, release)]).chain(offered)
    }

    fn side(&self) -> Side {
        Side {
            version: self.version.to_string(),
            revision: self.revision,
            digest: self.digest.to_string(),
            withheld: self.withheld,
        }
    }

    fn order(&self) -> (&Version, u32) {
        (self.version, self.revision)
    }
}

/// Compares two releases of a project.
#[must_use]
pub fn compare(
    state: &State,
    project: &ProjectId,
    from: &Revised<'_>,
    to: &Revised<'_>,
) -> Compared {
    let channel = |side: &Revised<'_>| side.snapshot.channel.as_ref().map(Name::to_string);
    let (before, after) = (channel(from), channel(to));
    let channel = Field { what: "channel".to_owned(), before, after };
    Compared {
        owner: state.name_of(&project.space),
        project: project.name.to_string(),
        from: from.side(),
        to: to.side(),
        channel: Some(channel).filter(|field| field.before != field.after),
        notes: notes(state, project, from, to),
        differences: between(from.snapshot, to.snapshot, &|scope| words(state, scope)),
    }
}

/// What is newer than the older of the two and not newer than the other.
fn notes(state: &State, project: &ProjectId, from: &Revised<'_>, to: &Revised<'_>) -> Vec<Notes> {
    let (older, newer) = (from.order().min(to.order()), from.order().max(to.order()));
    let all = state.releases.of(project).flat_map(|(id, release)| Revised::all(id, release));
    let between = all.filter(|it| it.order() > older && it.order() <= newer);
    let said = between.filter(|it| !it.notes.as_str().is_empty());
    let mut notes: Vec<Notes> = said
        .map(|it| Notes {
            version: it.version.to_string(),
            revision: it.revision,
            notes: it.notes.to_string(),
        })
        .collect();
    notes.reverse();
    notes
}
