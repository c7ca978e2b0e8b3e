//! Commands as they are sent, and what they did.

use super::freeze::Freezing;
use super::restraint::Rule;
use engine::command::{Command, Done, ReleaseName};
use engine::decide::import::questions;
use engine::engine::Engine;
use engine::views::inbox::bundles;
use schema::id::{Position, ReleaseDigest};
use schema::name::{Name, PackageName, Text, Version};
use schema::v1::model::{Disclosure, Grant, TemplateValue};
use serde::{Deserialize, Serialize};

/// A release as people name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// The space that owns the project, by the name it has here; this space if none is given.
    pub owner: Option<Name>,
    /// The project.
    pub project: Name,
    /// The version.
    pub version: Version,
    /// The digest of the revision that is meant; whichever counts if none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<ReleaseDigest>,
}

/// An answer to a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Value {
    /// The template.
    pub template: Name,
    /// The environment.
    pub environment: Option<Name>,
    /// The tenant. Without environment and tenant it is for everything that the template asks.
    #[serde(default)]
    pub tenant: Option<Name>,
    /// The value; none stands for *explicitly no value*.
    pub value: Option<Text>,
}

/// What may flow over a link.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grants {
    /// Patterns of the peer's projects whose releases are accepted.
    pub accept_releases: Vec<Name>,
    /// Whether the peer's results are accepted.
    pub accept_results: bool,
    /// How much of our results is sent, if any.
    pub send_results: Option<Disclosure>,
    /// Whether the peer may bring what others signed, and pass on what we sent it.
    #[serde(default)]
    pub relay: bool,
}

/// A request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", tag = "do")]
pub enum Ask {
    /// Trust the space that this certificate is of.
    Trust {
        /// The certificate with its offer.
        certificate: String,
        /// What to call it here.
        name: Option<Name>,
        /// What may flow.
        grants: Grants,
    },
    /// Set what may flow.
    Grant {
        /// The peer.
        peer: Name,
        /// What may flow.
        grants: Grants,
    },
    /// End a link.
    Revoke {
        /// The peer.
        peer: Name,
    },
    /// Freeze a project.
    CreateRelease {
        /// The project.
        project: Name,
        /// The version.
        version: Version,
        /// Notes.
        notes: Text,
        /// Package versions that differ from the release's.
        packages: Vec<(PackageName, Version)>,
        /// The channel; the first that lets the version in, if none is named.
        #[serde(default)]
        channel: Option<Name>,
        /// Whether it becomes the next revision of a release that is there.
        #[serde(default)]
        revise: bool,
    },
    /// Block a release that was found bad, wherever it went.
    Recall {
        /// Which.
        release: Release,
        /// Why.
        reason: Text,
    },
    /// Send a release on.
    Promote {
        /// Which.
        release: Release,
        /// To whom.
        peer: Name,
        /// Why a freeze is not waited for.
        #[serde(default)]
        bypass: Option<Text>,
    },
    /// Accept a bundle.
    Accept {
        /// Which.
        release: Release,
        /// The lifecycle.
        lifecycle: Option<Name>,
        /// Values.
        values: Vec<Value>,
    },
    /// Reject a bundle.
    Reject {
        /// Which.
        release: Release,
        /// Why.
        reason: Text,
    },
    /// Deploy.
    Deploy {
        /// Which.
        release: Release,
        /// Where.
        environment: Name,
        /// For which tenant, if for one.
        #[serde(default)]
        tenant: Option<Name>,
        /// Why freezes, windows and approvals are not waited for.
        #[serde(default)]
        bypass: Option<Text>,
    },
    /// Say whether a release may be deployed to an environment.
    Approve {
        /// Which.
        release: Release,
        /// Where.
        environment: Name,
        /// Whether it may.
        approved: bool,
        /// Why.
        reason: Text,
    },
    /// Let nothing be deployed or promoted for a while.
    Freeze {
        /// What, from when and until when.
        freezing: Freezing,
    },
    /// End a freeze before its time.
    LiftFreeze {
        /// Which.
        name: Name,
        /// Why.
        reason: Text,
    },
    /// Tell policy to leave something alone.
    SetPolicy {
        /// What.
        rule: Rule,
        /// Why.
        reason: Text,
    },
    /// Tell policy that it need not leave that alone any more.
    LiftPolicy {
        /// What.
        rule: Rule,
    },
    /// End a deployment that runs.
    Cancel {
        /// Its number.
        deployment: u64,
        /// Why.
        reason: Text,
    },
    /// Say how a manual step went, for which a deployment waits.
    AnswerManual {
        /// Its number.
        deployment: u64,
        /// Which step is meant; may only be left out where it can be no other.
        #[serde(default)]
        step: Option<Name>,
        /// Whether it was done.
        done: bool,
        /// What there is to say about it.
        note: Text,
    },
}

/// A request with what makes it repeatable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// The same id again gives the same answer and does nothing.
    pub id: schema::id::CommandId,
    /// What.
    pub ask: Ask,
}

/// What a command did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Did {
    /// The Positions of the entries that it wrote; none when everything was so already.
    pub positions: Vec<u64>,
    /// Whether it had been done before under the same id.
    pub repeated: bool,
}

impl From<Done> for Did {
    fn from(done: Done) -> Self {
        let positions = done.entries.iter().map(|entry| entry.position.0).collect();
        Self { positions, repeated: done.repeated }
    }
}

impl From<Release> for ReleaseName {
    fn from(release: Release) -> Self {
        let Release { owner, project, version, digest } = release;
        Self { owner, project, version, digest }
    }
}

impl From<Grants> for Vec<Grant> {
    fn from(grants: Grants) -> Self {
        let mut all: Self = grants.accept_releases.into_iter().map(Grant::AcceptReleases).collect();
        if grants.accept_results {
            all.push(Grant::AcceptResults);
        }
        all.extend(grants.send_results.map(Grant::SendResults));
        all.extend(grants.relay.then_some(Grant::Relay));
        all
    }
}

impl From<&[Grant]> for Grants {
    fn from(grants: &[Grant]) -> Self {
        let mut all = Self::default();
        for grant in grants {
            match grant {
                Grant::AcceptReleases(project) => all.accept_releases.push(project.clone()),
                Grant::AcceptResults => all.accept_results = true,
                Grant::SendResults(level) => all.send_results = Some(*level),
                Grant::Relay => all.relay = true,
            }
        }
        all
    }
}

/// The command of a request. A value for nothing apart becomes one for each question of its
/// template in the lifecycle that the release goes through.
#[must_use]
pub fn command(ask: Ask, engine: &Engine) -> Command {
    match ask {
        Ask::Trust { certificate, name, grants } => {
            Command::Trust { certificate, name, grants: grants.into() }
        }
        Ask::Grant { peer, grants } => Command::Grant { peer, grants: grants.into() },
        Ask::Revoke { peer } => Command::Revoke { peer },
        Ask::CreateRelease { project, version, notes, packages, channel, revise } => {
            Command::CreateRelease { project, version, notes, packages, channel, revise }
        }
        Ask::Recall { release, reason } => Command::Recall { release: release.into(), reason },
        Ask::Promote { release, peer, bypass } => {
            Command::Promote { release: release.into(), peer, bypass }
        }
        Ask::Accept { release, lifecycle, values } => {
            let values = everywhere(engine, &release, lifecycle.as_ref(), values);
            Command::Accept { release: release.into(), lifecycle, values }
        }
        Ask::Reject { release, reason } => Command::Reject { release: release.into(), reason },
        Ask::Deploy { release, environment, tenant, bypass } => {
            Command::Deploy { release: release.into(), environment, tenant, bypass }
        }
        Ask::Approve { release, environment, approved, reason } => {
            Command::Approve { release: release.into(), environment, approved, reason }
        }
        Ask::Freeze { freezing } => Command::Freeze { freeze: Box::new(freezing.made(engine)) },
        Ask::LiftFreeze { name, reason } => Command::LiftFreeze { name, reason },
        Ask::SetPolicy { rule, reason } => {
            Command::SetPolicy { rule: rule.meant(engine.state()), reason }
        }
        Ask::LiftPolicy { rule } => Command::LiftPolicy { rule: rule.meant(engine.state()) },
        Ask::Cancel { deployment, reason } => {
            Command::Cancel { deployment: Position(deployment), reason }
        }
        Ask::AnswerManual { deployment, step, done, note } => {
            Command::AnswerManual { deployment: Position(deployment), step, done, note }
        }
    }
}

fn everywhere(
    engine: &Engine,
    release: &Release,
    lifecycle: Option<&Name>,
    values: Vec<Value>,
) -> Vec<TemplateValue> {
    let asked = asked(engine, release, lifecycle);
    let mut all = Vec::new();
    for Value { template, environment, tenant, value } in values {
        let apart = environment.is_some() || tenant.is_some();
        let named = TemplateValue { template, environment, tenant, value };
        let mut fits = asked.iter().filter(|asked| asked.template == named.template).peekable();
        // What nobody asks for is left as it is: whoever decides says so.
        if apart || fits.peek().is_none() {
            all.push(named);
        } else {
            all.extend(
                fits.map(|asked| TemplateValue { value: named.value.clone(), ..asked.clone() }),
            );
        }
    }
    all
}

/// Everything that a release asks in a lifecycle, or in the one that it would go through.
fn asked(engine: &Engine, release: &Release, lifecycle: Option<&Name>) -> Vec<TemplateValue> {
    let state = engine.state();
    let waiting = bundles(state, engine.fetches(), lifecycle);
    let found = waiting.iter().find(|waiting| {
        let owner = state.name_of(&waiting.id.project.space);
        waiting.id.project.name == release.project
            && waiting.id.version == release.version
            && release.owner.as_ref().is_none_or(|named| owner == named.as_str())
    });
    let Some(waiting) = found else { return Vec::new() };
    let chosen = lifecycle.or(waiting.lifecycle);
    let Some(known) = chosen.and_then(|name| state.configuration.lifecycle(name)) else {
        return Vec::new();
    };
    let questions = questions(state, waiting.id, waiting.release, known);
    questions.into_iter().map(|(_, question)| question).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Json;

    fn ask(json: &str) -> Result<Ask, String> {
        Json::from_bytes(json.as_bytes()).map(|Json(ask)| ask).map_err(|why| why.body_text())
    }

    #[test]
    fn a_freeze_of_which_nothing_is_said_is_one_of_everything() {
        let freezing = r#"{"name": "Holidays", "reason": "nobody is here"}"#;
        let read = ask(&format!(r#"{{"do": "freeze", "freezing": {freezing}}}"#));
        let Ok(Ask::Freeze { freezing }) = read else { panic!("it is no freeze") };
        assert!(freezing.projects.is_empty() && freezing.environments.is_empty());
        assert_eq!((freezing.from_ms, freezing.until_ms), (None, None));
    }

    #[test]
    fn what_a_request_does_not_know_is_refused_and_not_left_out() {
        let freeze = r#"{"do": "freeze",
            "freezing": {"name": "F", "reason": "r", "projekts": ["Web"]}}"#;
        assert!(ask(freeze).unwrap_err().contains("projekts"));
        let rule = r#"{"do": "set-policy", "reason": "r",
            "rule": {"rule": "pause", "project": "*", "place": "*", "until": "noon"}}"#;
        assert!(ask(rule).unwrap_err().contains("until"));
    }
}
