//! Bundles of other spaces, with what is asked before each can be accepted.

use engine::decide::rights::Rights;
use engine::engine::Engine;
use engine::state::releases::Answer;
use engine::views::inbox::{Waiting, bundles, ready};
use schema::name::Text;
use serde::{Deserialize, Serialize};

/// One bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bundle {
    /// The space that sent it.
    pub from: String,
    /// The project.
    pub project: String,
    /// The version.
    pub version: String,
    /// `waiting`, `accepted` or `rejected: ...`.
    pub status: String,
    /// The lifecycle it goes or would go through.
    pub lifecycle: Option<String>,
    /// Whether nothing is missing before it can be accepted.
    pub ready: bool,
    /// Release notes.
    pub notes: String,
    /// Each package and how much of it is here.
    pub packages: Vec<Package>,
    /// Each question.
    pub questions: Vec<Question>,
    /// The steps of the process.
    pub steps: Vec<String>,
    /// The secrets that its steps see, by name; nobody is shown a value.
    pub secrets: Vec<String>,
    /// The environments of the source where it succeeded, proven by receipts.
    pub succeeded_in: Vec<String>,
}

/// One package of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Package {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// Its size in bytes.
    pub size: u64,
    /// Bytes that are here.
    pub here: u64,
    /// SHA-256, hex.
    pub sha256: String,
}

/// One question: a template, and for what it is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// The template.
    pub name: String,
    /// What is asked.
    pub label: String,
    /// The environment; none where it is asked for a tenant.
    pub environment: Option<String>,
    /// The tenant; none where it is asked for an environment.
    pub tenant: Option<String>,
    /// Whether it must be answered.
    pub required: bool,
    /// Whether it is answered.
    pub answered: bool,
    /// The answer; none stands for *no value*.
    pub value: Option<String>,
}

/// Shows every bundle that may be seen.
#[must_use]
pub fn show(engine: &Engine, rights: &Rights) -> Vec<Bundle> {
    let state = engine.state();
    let waiting = bundles(state, engine.fetches());
    let show = |waiting: &Waiting<'_>| {
        let content = &waiting.import.content;
        Bundle {
            from: state.name_of(&waiting.import.from),
            project: waiting.id.project.name.to_string(),
            version: waiting.id.version.to_string(),
            status: match &waiting.import.answer {
                Answer::Waiting => "waiting".to_owned(),
                Answer::Accepted { .. } => "accepted".to_owned(),
                Answer::Rejected { reason } => format!("rejected: {reason}"),
            },
            lifecycle: waiting.lifecycle.map(ToString::to_string),
            ready: ready(state, waiting),
            notes: content.notes.to_string(),
            packages: waiting.packages.iter().map(package).collect(),
            questions: waiting
                .questions
                .iter()
                .map(|(template, question, answer)| Question {
                    name: template.name.to_string(),
                    label: template.label.to_string(),
                    environment: question.environment.as_ref().map(ToString::to_string),
                    tenant: question.tenant.as_ref().map(ToString::to_string),
                    required: template.required,
                    answered: answer.is_some(),
                    value: answer
                        .as_ref()
                        .and_then(|answer| answer.value.as_ref())
                        .map(Text::to_string),
                })
                .collect(),
            secrets: content.snapshot.secrets.iter().map(|one| one.name.to_string()).collect(),
            steps: content.snapshot.steps.iter().map(|step| step.name.to_string()).collect(),
            succeeded_in: content.receipts.iter().filter_map(environment).collect(),
        }
    };
    waiting.iter().filter(|waiting| rights.see(&waiting.id.project)).map(show).collect()
}

fn package((package, here): &(&schema::v1::model::Package, u64)) -> Package {
    Package {
        id: package.id.to_string(),
        version: package.version.to_string(),
        size: package.size,
        here: *here,
        sha256: schema::id::hex(&package.sha256.0),
    }
}

/// The receipts inside were verified when the bundle was let in.
fn environment(document: &schema::latest::Document) -> Option<String> {
    let receipt: schema::latest::Receipt = document.payload(schema::latest::Kind::Receipt).ok()?;
    Some(receipt.environment.to_string())
}
