//! The inbox: bundles of peers, what is asked before each can be accepted, and how much of its
//! packages is here.

use crate::decide::import::{answered, answers, questions as asked};
use crate::decide::secret::are_here;
use crate::decide::values::{answers_to, rule};
use crate::fetch::Fetches;
use crate::state::State;
use crate::state::releases::{Answer, Import, Release};
use schema::name::Name;
use schema::v1::model::{Package, ReleaseId, Template, TemplateValue};

/// One bundle as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting<'a> {
    /// The release.
    pub id: &'a ReleaseId,
    /// The release as it came.
    pub release: &'a Release,
    /// The bundle.
    pub import: &'a Import,
    /// The lifecycle that a rule names for it, or the only one.
    pub lifecycle: Option<&'a Name>,
    /// Its packages.
    pub packages: Vec<Coming<'a>>,
    /// Each question: the template, for what it is asked, and the answer that is known; none also
    /// where none is needed and nobody gave any.
    pub questions: Vec<(&'a Template, TemplateValue, Option<TemplateValue>)>,
}

/// A package of a bundle, and how far it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coming<'a> {
    /// Which.
    pub package: &'a Package,
    /// Bytes of it that are here.
    pub here: u64,
    /// Why it does not come from the feed of this space; none where it comes, or is here.
    pub lacks: Option<&'a str>,
}

/// Every bundle, answered or not. Those that wait are shown for `lifecycle`, where one is named.
#[must_use]
pub fn bundles<'a>(
    state: &'a State,
    fetches: &'a Fetches,
    lifecycle: Option<&'a Name>,
) -> Vec<Waiting<'a>> {
    let imported = state.releases.all().filter_map(|(id, release)| {
        let newest = release.newest();
        newest.import().map(|import| show(state, fetches, lifecycle, (id, newest, import)))
    });
    imported.collect()
}

fn show<'a>(
    state: &'a State,
    fetches: &'a Fetches,
    named: Option<&'a Name>,
    (id, release, import): (&'a ReleaseId, &'a Release, &'a Import),
) -> Waiting<'a> {
    let rule = rule(state, id);
    let only = || {
        let mut all = state.configuration.lifecycles();
        all.next().filter(|_| all.next().is_none())
    };
    let chosen = match &import.answer {
        Answer::Accepted { lifecycle, .. } => Some(lifecycle),
        Answer::Waiting | Answer::Rejected { .. } => {
            named.or_else(|| rule.map(|rule| &rule.lifecycle)).or_else(only)
        }
    };
    let packages = release.snapshot.packages.iter().map(|package| {
        let here = state.objects.contains(&package.object);
        let have = fetches.progress(&package.object).map_or(0, |(have, _)| have);
        let have = if here { package.size } else { have };
        Coming { package, here: have, lacks: fetches.lacks(&package.object) }
    });
    let lifecycle = chosen.and_then(|name| state.configuration.lifecycle(name));
    let asked = lifecycle.map(|lifecycle| asked(state, id, release, lifecycle)).unwrap_or_default();
    let known: &[TemplateValue] = match &import.answer {
        Answer::Accepted { values, .. } => values,
        Answer::Waiting | Answer::Rejected { .. } => rule.map_or(&[], |rule| &rule.values),
    };
    let questions = asked.into_iter().map(|(template, question)| {
        let given = known.iter().any(|it| answers_to(it, &question)) || template.default.is_some();
        let answer = answered(template, &question, known.iter()).filter(|_| given);
        (template, question, answer)
    });
    let questions = questions.collect();
    Waiting { id, release, import, lifecycle: chosen, packages: packages.collect(), questions }
}

/// Whether nothing is missing before a bundle can be accepted.
#[must_use]
pub fn ready(state: &State, waiting: &Waiting<'_>) -> bool {
    let lifecycle = waiting.lifecycle.and_then(|name| state.configuration.lifecycle(name));
    let (id, release) = (waiting.id, waiting.release);
    let rule = rule(state, id);
    let complete = |lifecycle| answers(state, (id, release), lifecycle, rule, &[]).is_ok();
    are_here(state, waiting.release, waiting.import)
        && lifecycle.is_some_and(complete)
        && state.releases.recalled(id, release.revision).is_none()
}
