//! Bundles of other spaces, with what is asked before each can be accepted: the preview.

pub mod part;

use super::compare::{Compared, Revised, compare};
use super::release::answered;
use super::scope::words;
use engine::argument::argument;
use engine::decide::rights::Rights;
use engine::decide::secret::readable;
use engine::engine::Engine;
use engine::state::State;
use engine::state::releases::Answer;
use engine::views::inbox::{Waiting, bundles, ready};
use part::{Package, Question, Receipt, Secret, Step, Variable};
use schema::latest::{Bundle as Content, Kind};
use schema::name::Name;
use schema::v1::model::ProjectId;
use serde::{Deserialize, Serialize};

/// One bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bundle {
    /// The space that sent it.
    pub from: String,
    /// The space that owns the project, and signed it.
    pub owner: String,
    /// Whether its signature was checked just now, and all in it is of its digest.
    pub signed: bool,
    /// The project.
    pub project: String,
    /// The version.
    pub version: String,
    /// The revision.
    pub revision: u32,
    /// The channel, where the project has channels.
    pub channel: Option<String>,
    /// The digest of the release.
    pub digest: String,
    /// `waiting`, `accepted` or `rejected: ...`.
    pub status: String,
    /// Why it was recalled, if it was.
    pub recalled: Option<String>,
    /// The lifecycle it goes or would go through.
    pub lifecycle: Option<String>,
    /// The lifecycles that there are to choose from.
    pub lifecycles: Vec<String>,
    /// Whether nothing is missing before it can be accepted.
    pub ready: bool,
    /// Release notes.
    pub notes: String,
    /// What proves where it has been.
    pub receipts: Vec<Receipt>,
    /// Where it succeeded before it came here, in words.
    pub succeeded_in: Vec<String>,
    /// Each package and how much of it is here.
    pub packages: Vec<Package>,
    /// Each question.
    pub questions: Vec<Question>,
    /// The values that it brings.
    pub variables: Vec<Variable>,
    /// The secrets that its steps see, by name; nobody is shown a value.
    pub secrets: Vec<Secret>,
    /// The steps of the process.
    pub steps: Vec<Step>,
    /// Parts of the release that stay with the space that owns it.
    pub withheld: usize,
    /// What changes against the release that is in use here; none if none is, or it is this one.
    pub changes: Option<Compared>,
    /// What to type next; none where nothing is left to do.
    pub next: Option<String>,
}

/// Shows every bundle that may be seen; those that wait for `lifecycle`, where one is named.
#[must_use]
pub fn show(engine: &Engine, rights: &Rights, lifecycle: Option<&Name>) -> Vec<Bundle> {
    let state = engine.state();
    let waiting = bundles(state, engine.fetches(), lifecycle);
    let seen = waiting.iter().filter(|waiting| rights.see(&waiting.id.project));
    seen.map(|waiting| bundle(state, waiting)).collect()
}

fn bundle(state: &State, waiting: &Waiting<'_>) -> Bundle {
    let (content, release) = (&waiting.import.content, waiting.release);
    let snapshot = &content.snapshot;
    let documents = waiting.import.all_receipts();
    let receipts: Vec<Receipt> =
        documents.filter_map(|document| Receipt::of(state, &release.digest, document)).collect();
    let here: Vec<usize> = readable(state.me(), release).map(|(index, _)| index).collect();
    let secrets = snapshot.secrets.iter().enumerate().map(|(index, secret)| Secret {
        name: secret.name.to_string(),
        applies: words(state, &secret.scope),
        readable: here.contains(&index),
    });
    let recalled = state.releases.recalled(waiting.id, release.revision);
    let ready = ready(state, waiting);
    let questions: Vec<Question> = waiting.questions.iter().map(Question::of).collect();
    Bundle {
        from: state.name_of(&waiting.import.from),
        owner: state.name_of(&waiting.id.project.space),
        signed: is_signed(state, waiting),
        project: waiting.id.project.name.to_string(),
        version: waiting.id.version.to_string(),
        revision: content.revision,
        channel: snapshot.channel.as_ref().map(Name::to_string),
        digest: content.digest.to_string(),
        status: answered(&waiting.import.answer),
        recalled: recalled.map(|recalled| recalled.content.reason.to_string()),
        lifecycle: waiting.lifecycle.map(ToString::to_string),
        lifecycles: state.configuration.lifecycles().map(Name::to_string).collect(),
        ready,
        notes: content.notes.to_string(),
        succeeded_in: receipts.iter().filter_map(Receipt::success).collect(),
        receipts,
        packages: waiting.packages.iter().map(Package::of).collect(),
        next: next(state, waiting, &questions, recalled.is_some()),
        questions,
        variables: snapshot.variables.iter().map(|it| Variable::of(state, it)).collect(),
        secrets: secrets.collect(),
        steps: snapshot.steps.iter().map(|it| Step::of(state, it)).collect(),
        withheld: content.outline.withheld(),
        changes: changes(state, waiting),
    }
}

/// Whether the bundle is signed by the space that owns the release, whoever sent it, and is a part
/// of the release with that digest.
fn is_signed(state: &State, waiting: &Waiting<'_>) -> bool {
    let claims = |bundle: &Content| (bundle.release.project.space, bundle.key);
    state.keys_of(&waiting.id.project.space).is_some_and(|keys| {
        let read = keys.document(&waiting.import.document, Kind::Bundle, claims);
        read.is_ok_and(|bundle| bundle.is_of_its_digest())
    })
}

/// What is otherwise than in the release that is in use here: the newest of those that are
/// installed in environments of this space.
fn changes(state: &State, waiting: &Waiting<'_>) -> Option<Compared> {
    let project = &waiting.id.project;
    let used = in_use(state, project)?;
    let offered = Revised::of(waiting.id, waiting.release);
    (used.digest != offered.digest).then(|| compare(state, project, &used, &offered))
}

fn in_use<'a>(state: &'a State, project: &ProjectId) -> Option<Revised<'a>> {
    let own = state.cells.all().filter(|(id, _)| id.space == state.me() && id.project == *project);
    let installed = own.filter_map(|(_, cell)| {
        let receipt = &cell.installed.as_ref()?.receipt;
        let (id, release) = state.releases.of(project).find(|(id, _)| **id == receipt.release)?;
        Revised::all(id, release).find(|it| *it.digest == receipt.digest)
    });
    installed.max_by_key(|it| (it.version, it.revision))
}

/// The next command to type.
fn next(
    state: &State,
    waiting: &Waiting<'_>,
    questions: &[Question],
    is_recalled: bool,
) -> Option<String> {
    let (project, version) = (&waiting.id.project, &waiting.id.version);
    let alike = |id: &schema::v1::model::ReleaseId| {
        id.project.name == project.name && id.version == *version
    };
    let several = state.releases.all().filter(|(id, _)| alike(id)).count() > 1;
    let owner = if several {
        format!(" --owner {}", argument(&state.name_of(&project.space)))
    } else {
        String::new()
    };
    let name = format!("{} {version}{owner}", argument(project.name.as_str()));
    match (&waiting.import.answer, waiting.lifecycle) {
        (Answer::Rejected { .. }, _) => None,
        (Answer::Accepted { .. }, _) => Some(format!("interspace release show {name}")),
        (Answer::Waiting, _) if is_recalled => {
            Some(format!("interspace inbox reject {name} --reason TEXT"))
        }
        (Answer::Waiting, None) => Some(format!("interspace inbox accept {name} --lifecycle NAME")),
        (Answer::Waiting, Some(_)) => {
            let open = questions.iter().filter(|question| question.required && !question.answered);
            let values: String =
                open.map(|it| format!(" --value {}", argument(&it.option()))).collect();
            Some(format!("interspace inbox accept {name}{values}"))
        }
    }
}
