//! The inbox: bundles of peers, what is asked before each can be accepted, and how much of its
//! packages is here.

use crate::decide::import::answers;
use crate::decide::secret::are_here;
use crate::fetch::Fetches;
use crate::state::State;
use crate::state::releases::{Answer, Import, Release, Source};
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
    /// Each package and how many bytes of it are here.
    pub packages: Vec<(&'a Package, u64)>,
    /// Each question: the template, the environment, and the answer that is known.
    pub questions: Vec<(&'a Template, &'a Name, Option<TemplateValue>)>,
}

/// Every bundle, answered or not.
#[must_use]
pub fn bundles<'a>(state: &'a State, fetches: &Fetches) -> Vec<Waiting<'a>> {
    let imported = state.releases.all().filter_map(|(id, release)| match &release.source {
        Source::Imported(import) => Some(show(state, fetches, id, release, import)),
        Source::Local => None,
    });
    imported.collect()
}

fn show<'a>(
    state: &'a State,
    fetches: &Fetches,
    id: &'a ReleaseId,
    release: &'a Release,
    import: &'a Import,
) -> Waiting<'a> {
    let peer = state.links.peer(&import.from);
    let rule = peer.and_then(|peer| state.configuration.acceptance(&peer.name, &id.project.name));
    let only = || {
        let mut all = state.configuration.lifecycles();
        all.next().filter(|_| all.next().is_none())
    };
    let chosen = match &import.answer {
        Answer::Accepted { lifecycle, .. } => Some(lifecycle),
        Answer::Waiting | Answer::Rejected { .. } => rule.map(|rule| &rule.lifecycle).or_else(only),
    };
    let packages = release.snapshot.packages.iter().map(|package| {
        let here = state.objects.contains(&package.object);
        let have = fetches.progress(&package.object).map_or(0, |(have, _)| have);
        (package, if here { package.size } else { have })
    });
    let environments: Vec<&Name> = chosen
        .and_then(|name| state.configuration.lifecycle(name))
        .map(|lifecycle| lifecycle.phases.iter().flat_map(|phase| &phase.environments).collect())
        .unwrap_or_default();
    let mut questions = Vec::new();
    for environment in environments {
        for template in &release.snapshot.templates {
            let answer = known_answer(
                import,
                rule.map(|rule| rule.values.as_slice()),
                template,
                environment,
            );
            questions.push((template, environment, answer));
        }
    }
    Waiting { id, release, import, lifecycle: chosen, packages: packages.collect(), questions }
}

fn known_answer(
    import: &Import,
    rule: Option<&[TemplateValue]>,
    template: &Template,
    environment: &Name,
) -> Option<TemplateValue> {
    let known = match &import.answer {
        Answer::Accepted { values, .. } => values.as_slice(),
        Answer::Waiting | Answer::Rejected { .. } => rule.unwrap_or_default(),
    };
    let given = known
        .iter()
        .find(|value| value.template == template.name && value.environment == *environment);
    given.cloned().or_else(|| {
        let value = template.default.clone();
        (value.is_some() || !template.required).then(|| TemplateValue {
            template: template.name.clone(),
            environment: environment.clone(),
            value,
        })
    })
}

/// Whether nothing is missing before a bundle can be accepted.
#[must_use]
pub fn ready(state: &State, waiting: &Waiting<'_>) -> bool {
    let lifecycle = waiting.lifecycle.and_then(|name| state.configuration.lifecycle(name));
    let peer = state.links.peer(&waiting.import.from);
    let rule =
        peer.and_then(|peer| state.configuration.acceptance(&peer.name, &waiting.id.project.name));
    are_here(state, waiting.release, waiting.import)
        && lifecycle.is_some_and(|lifecycle| answers(waiting.release, lifecycle, rule, &[]).is_ok())
}
