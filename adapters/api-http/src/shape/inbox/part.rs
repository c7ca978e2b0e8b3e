//! The parts of a preview: packages, questions, values, secrets, steps, and the receipts that came
//! along.

use crate::shape::difference::work;
use crate::shape::scope::words;
use crate::shape::time;
use engine::state::State;
use engine::state::cells::Slot;
use engine::views::inbox::Coming;
use schema::id::ReleaseDigest;
use schema::latest::{Document, Kind, Outcome, Receipt as Content};
use schema::name::Text;
use schema::v1::model::{self, Condition, Template, TemplateValue};
use serde::{Deserialize, Serialize};

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
    /// Why it does not come from the feed of this space; none where it comes, or is here.
    #[serde(default)]
    pub lacks: Option<String>,
    /// SHA-256, hex.
    pub sha256: String,
}

impl Package {
    pub(super) fn of(&Coming { package, here, lacks }: &Coming<'_>) -> Self {
        Self {
            id: package.id.to_string(),
            version: package.version.to_string(),
            size: package.size,
            here,
            lacks: lacks.map(str::to_owned),
            sha256: schema::id::hex(&package.sha256.0),
        }
    }
}

/// One question: a template, and for what it is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// The template.
    pub name: String,
    /// What is asked.
    pub label: String,
    /// More about it.
    pub help: String,
    /// What a value has to be, in words.
    pub wants: String,
    /// The environment; none where it is asked for a tenant.
    pub environment: Option<String>,
    /// The tenant; none where it is asked for an environment.
    pub tenant: Option<String>,
    /// Whether it must be answered.
    pub required: bool,
    /// Whether it is answered: by somebody, by a rule, or by the template's own default.
    pub answered: bool,
    /// The answer; none stands for *no value*.
    pub value: Option<String>,
}

impl Question {
    pub(super) fn of(
        (template, question, answer): &(&Template, TemplateValue, Option<TemplateValue>),
    ) -> Self {
        let value = answer.as_ref().and_then(|answer| answer.value.as_ref());
        Self {
            name: template.name.to_string(),
            label: template.label.to_string(),
            help: template.help.to_string(),
            wants: template.kind.words(),
            environment: question.environment.as_ref().map(ToString::to_string),
            tenant: question.tenant.as_ref().map(ToString::to_string),
            required: template.required,
            answered: answer.is_some(),
            value: value.map(Text::to_string),
        }
    }

    /// The option of `inbox accept` that answers it, with a value to be put in.
    #[must_use]
    pub fn option(&self) -> String {
        let Self { name, environment, tenant, .. } = self;
        let environment = environment.as_deref().unwrap_or_default();
        match tenant {
            Some(tenant) => format!("{tenant}@{environment}/{name}=VALUE"),
            None => format!("{environment}/{name}=VALUE"),
        }
    }
}

/// A value that came along.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Where it applies, in words.
    pub applies: String,
    /// The value.
    pub value: String,
}

impl Variable {
    pub(super) fn of(state: &State, variable: &model::Variable) -> Self {
        Self {
            name: variable.name.to_string(),
            applies: words(state, &variable.scope),
            value: variable.value.to_string(),
        }
    }
}

/// A secret that came along.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret {
    /// Its name.
    pub name: String,
    /// Where it applies, in words.
    pub applies: String,
    /// Whether this space can read it; what it cannot, it only carries.
    pub readable: bool,
}

/// A step of the process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Its name.
    pub name: String,
    /// What it does, on one line.
    pub does: String,
    /// Where it applies, in words.
    pub applies: String,
    /// When it is run: `success`, `failure` or `always`.
    pub when: Condition,
    /// The roles of the targets that it is run on; none if it is run once.
    pub roles: Vec<String>,
}

impl Step {
    pub(super) fn of(state: &State, step: &model::Step) -> Self {
        Self {
            name: step.name.to_string(),
            does: work(step),
            applies: words(state, &step.scope),
            when: step.when,
            roles: step.roles.iter().map(ToString::to_string).collect(),
        }
    }
}

/// A receipt that came along.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The space that deployed, and signed it.
    pub space: String,
    /// Where, in words.
    pub place: String,
    /// How it ended.
    pub outcome: String,
    /// When it ended.
    pub finished_at: String,
    /// Packages whose hashes it proves.
    pub packages: usize,
    /// Whether its signature was checked just now, and it is about this very release.
    pub verified: bool,
}

impl Receipt {
    pub(super) fn of(state: &State, digest: &ReleaseDigest, document: &Document) -> Option<Self> {
        let claimed: Content = document.payload(Kind::Receipt).ok()?;
        let claims = |receipt: &Content| (receipt.space, receipt.key);
        let read = state
            .keys_of(&claimed.space)
            .map(|keys| keys.document(document, Kind::Receipt, claims));
        let verified = read.and_then(Result::ok).is_some_and(|read| read.digest == *digest);
        let slot = Slot { environment: claimed.environment, tenant: claimed.tenant };
        Some(Self {
            space: state.name_of(&claimed.space),
            place: slot.to_string(),
            outcome: claimed.outcome.as_str().to_owned(),
            finished_at: time(claimed.finished_ms),
            packages: claimed.packages.len(),
            verified,
        })
    }

    /// Where it proves that the release succeeded.
    pub(super) fn success(&self) -> Option<String> {
        let good = self.verified && self.outcome == Outcome::Succeeded.as_str();
        good.then(|| format!("{}: {}", self.space, self.place))
    }
}
