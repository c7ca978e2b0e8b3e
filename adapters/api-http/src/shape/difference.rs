//! What two snapshots of a project have otherwise: added, removed, changed.

use engine::argument::line;
use schema::latest::SecretCommitment;
use schema::name::{Name, PackageName};
use schema::v1::model::{Condition, Package, Per, Scope, Snapshot, Step, Template, Variable, Work};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What became of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// It was not there before.
    Added,
    /// It is not there any more.
    Removed,
    /// It is another.
    Changed,
}

/// One thing that is not as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Its name.
    pub name: String,
    /// What became of it.
    pub change: Change,
    /// What is said of it on either side, where that differs.
    pub fields: Vec<Field>,
}

/// One thing that is said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// What.
    pub what: String,
    /// Before; none where nothing was said of it.
    pub before: Option<String>,
    /// After; none where nothing is said of it.
    pub after: Option<String>,
}

/// Everything that differs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Differences {
    /// Packages.
    pub packages: Vec<Difference>,
    /// Variables.
    pub variables: Vec<Difference>,
    /// Secrets: that there is one, and where it applies. Whether a value is another one, nobody can
    /// tell from what two releases say of it.
    pub secrets: Vec<Difference>,
    /// Templates.
    pub templates: Vec<Difference>,
    /// The process.
    pub steps: Vec<Difference>,
}

/// What is said of one thing; what has its default is not said.
type Said = BTreeMap<&'static str, String>;

/// What is other in `after` than in `before`. `words` says where something applies.
#[must_use]
pub fn between(
    before: &Snapshot,
    after: &Snapshot,
    words: &dyn Fn(&Scope) -> String,
) -> Differences {
    let packages = |all: &[Package]| all.iter().map(package).collect();
    let variables = |all: &[Variable]| all.iter().map(|it| variable(it, words)).collect();
    let secrets = |all: &[SecretCommitment]| all.iter().map(|it| secret(it, words)).collect();
    let templates = |all: &[Template]| all.iter().map(template).collect();
    let steps = |all: &[Step]| all.iter().map(|it| step(it, words)).collect();
    let mut process = sorted_out(steps(&before.steps), steps(&after.steps));
    moved(&before.steps, &after.steps, &mut process);
    Differences {
        packages: sorted_out(packages(&before.packages), packages(&after.packages)),
        variables: sorted_out(variables(&before.variables), variables(&after.variables)),
        secrets: sorted_out(secrets(&before.secrets), secrets(&after.secrets)),
        templates: sorted_out(templates(&before.templates), templates(&after.templates)),
        steps: process,
    }
}

/// The differences of two lists, by name. Of several with one name those that say the same belong
/// together, and a pair that is left over is one that changed.
fn sorted_out(before: Vec<(String, Said)>, after: Vec<(String, Said)>) -> Vec<Difference> {
    let mut all: BTreeMap<String, (Vec<Said>, Vec<Said>)> = BTreeMap::new();
    for (name, said) in before {
        all.entry(name).or_default().0.push(said);
    }
    for (name, said) in after {
        all.entry(name).or_default().1.push(said);
    }
    let mut found = Vec::new();
    for (name, (mut before, mut after)) in all {
        before.retain(|said| match after.iter().position(|other| other == said) {
            Some(at) => {
                after.remove(at);
                false
            }
            None => true,
        });
        // First those that apply where one applied before.
        let mut changed = Vec::new();
        before.retain(|said| {
            match after.iter().position(|it| it.get(APPLIES) == said.get(APPLIES)) {
                Some(at) => {
                    changed.push((said.clone(), after.remove(at)));
                    false
                }
                None => true,
            }
        });
        if let ([_], [_]) = (before.as_slice(), after.as_slice()) {
            changed.extend(before.drain(..).zip(after.drain(..)));
        }
        let one = |change, before: Said, after: Said| Difference {
            name: name.clone(),
            change,
            fields: fields(&before, &after),
        };
        found.extend(changed.into_iter().map(|(old, new)| one(Change::Changed, old, new)));
        found.extend(before.into_iter().map(|old| one(Change::Removed, old, Said::new())));
        found.extend(after.into_iter().map(|new| one(Change::Added, Said::new(), new)));
    }
    found
}

fn fields(before: &Said, after: &Said) -> Vec<Field> {
    let mut names: Vec<&'static str> = before.keys().chain(after.keys()).copied().collect();
    names.sort_unstable();
    names.dedup();
    names.retain(|what| before.get(what) != after.get(what));
    let field = |what: &'static str| Field {
        what: what.to_owned(),
        before: before.get(what).cloned(),
        after: after.get(what).cloned(),
    };
    names.into_iter().map(field).collect()
}

/// Steps that are run before others now that they were run after: said of each of them.
fn moved(before: &[Step], after: &[Step], found: &mut Vec<Difference>) {
    let names = |steps: &[Step], others: &[Step]| -> Vec<Name> {
        let common = steps.iter().filter(|it| others.iter().any(|other| other.name == it.name));
        common.map(|step| step.name.clone()).collect()
    };
    let (old, new) = (names(before, after), names(after, before));
    for (at, name) in new.iter().enumerate() {
        let Some(was) = old.iter().position(|it| it == name).filter(|was| *was != at) else {
            continue;
        };
        let place = |at: usize| Some((at + 1).to_string());
        let field = Field { what: "order".to_owned(), before: place(was), after: place(at) };
        match found.iter_mut().find(|it| it.name == name.as_str()) {
            Some(known) => known.fields.push(field),
            None => found.push(Difference {
                name: name.to_string(),
                change: Change::Changed,
                fields: vec![field],
            }),
        }
    }
}

/// Where something applies.
const APPLIES: &str = "applies";

fn package(package: &Package) -> (String, Said) {
    let said = [
        ("version", package.version.to_string()),
        ("size", format!("{} bytes", package.size)),
        ("sha256", schema::id::hex(&package.sha256.0)),
    ];
    (package.id.to_string(), said.into())
}

fn variable(variable: &Variable, words: &dyn Fn(&Scope) -> String) -> (String, Said) {
    let said = [(APPLIES, words(&variable.scope)), ("value", variable.value.to_string())];
    (variable.name.to_string(), said.into())
}

fn secret(secret: &SecretCommitment, words: &dyn Fn(&Scope) -> String) -> (String, Said) {
    (secret.name.to_string(), [(APPLIES, words(&secret.scope))].into())
}

fn template(template: &Template) -> (String, Said) {
    let Template { name, label, help, kind, per, required, default } = template;
    let mut said = Said::from([("label", label.to_string()), ("type", kind.words())]);
    said.insert(
        "asked",
        match per {
            Per::Environment => "per environment".to_owned(),
            Per::Tenant => "per tenant".to_owned(),
            Per::TenantEnvironment => "per tenant and environment".to_owned(),
        },
    );
    if !help.as_str().is_empty() {
        said.insert("help", help.to_string());
    }
    if *required {
        said.insert("required", "yes".to_owned());
    }
    if let Some(default) = default {
        said.insert("default", default.to_string());
    }
    (name.to_string(), said)
}

fn step(step: &Step, words: &dyn Fn(&Scope) -> String) -> (String, Said) {
    let mut said = Said::new();
    match &step.work {
        Work::Run(run) => {
            said.insert("runs", line(run));
            said.insert("time-out", format!("{} s", step.timeout_s));
        }
        Work::Manual(instructions) => {
            said.insert("asks a person", instructions.to_string());
        }
    }
    if step.retries > 0 {
        let Step { retries, retry_delay_s, .. } = step;
        said.insert("retries", format!("{retries}, {retry_delay_s} s apart"));
    }
    match step.when {
        Condition::Success => None,
        Condition::Failure => said.insert("when", "something has failed".to_owned()),
        Condition::Always => said.insert("when", "always".to_owned()),
    };
    if !step.scope.is_everywhere() {
        said.insert(APPLIES, words(&step.scope));
    }
    let list = |names: Vec<&str>| names.join(", ");
    if !step.roles.is_empty() {
        said.insert("roles", list(step.roles.iter().map(Name::as_str).collect()));
    }
    if !step.packages.is_empty() {
        said.insert("packages", list(step.packages.iter().map(PackageName::as_str).collect()));
    }
    (step.name.to_string(), said)
}

/// What a step does, on one line.
#[must_use]
pub fn work(step: &Step) -> String {
    match &step.work {
        Work::Run(run) => line(run),
        Work::Manual(instructions) => format!("a person: {instructions}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use schema::id::SpaceId;
    use schema::name::Text;
    use schema::v1::model::Site;

    fn text(text: &str) -> Text {
        text.parse().unwrap()
    }

    fn name(text: &str) -> Name {
        text.parse().unwrap()
    }

    fn value(of: &str, value: &str, environment: Option<&str>) -> Variable {
        let site = |it: &str| Site { space: SpaceId([1; 32]), environment: Some(name(it)) };
        let scope =
            Scope { sites: environment.into_iter().map(site).collect(), ..Scope::default() };
        Variable { name: name(of), value: text(value), scope }
    }

    fn runs(of: &str, run: &str) -> Step {
        Step::running(name(of), vec![text(run)], 5)
    }

    fn words(scope: &Scope) -> String {
        scope.sites.first().map_or_else(String::new, |it| format!("{:?}", it.environment))
    }

    /// Each difference as `+A`, `-A` or `~A(what, what)`.
    fn short(all: &[Difference]) -> Vec<String> {
        let one = |it: &Difference| {
            let fields: Vec<&str> = it.fields.iter().map(|field| field.what.as_str()).collect();
            match it.change {
                Change::Added => format!("+{}", it.name),
                Change::Removed => format!("-{}", it.name),
                Change::Changed => format!("~{}({})", it.name, fields.join(", ")),
            }
        };
        all.iter().map(one).collect()
    }

    #[test]
    fn the_same_differs_in_nothing() {
        let all = Snapshot {
            steps: vec![runs("one", "a"), runs("two", "b")],
            variables: vec![value("A", "1", None), value("A", "2", Some("Test"))],
            ..Snapshot::default()
        };
        assert_eq!(between(&all, &all, &words), Differences::default());
    }

    #[test]
    fn values_of_one_name_are_compared_where_they_apply() {
        let before = Snapshot {
            variables: vec![
                value("A", "1", None),
                value("A", "2", Some("Test")),
                value("B", "1", None),
                value("GONE", "1", None),
            ],
            ..Snapshot::default()
        };
        let after = Snapshot {
            variables: vec![
                value("A", "1", None),
                value("A", "3", Some("Test")),
                value("A", "4", Some("Production")),
                value("B", "1", Some("Test")),
                value("NEW", "1", None),
            ],
            ..Snapshot::default()
        };
        let found = between(&before, &after, &words).variables;
        assert_eq!(short(&found), ["~A(value)", "+A", "~B(applies)", "-GONE", "+NEW"]);
    }

    #[test]
    fn a_step_that_is_put_between_others_moves_none_of_them() {
        let steps = |names: &[&str]| Snapshot {
            steps: names.iter().map(|it| runs(it, "a")).collect(),
            ..Snapshot::default()
        };
        let before = steps(&["one", "two", "three"]);
        let found = between(&before, &steps(&["one", "new", "two", "three"]), &words).steps;
        assert_eq!(short(&found), ["+new"]);
        let found = between(&before, &steps(&["one", "three", "two"]), &words).steps;
        assert_eq!(short(&found), ["~three(order)", "~two(order)"]);
    }

    #[test]
    fn what_has_its_default_is_said_when_it_has_it_no_more() {
        let before = Snapshot { steps: vec![runs("one", "a b")], ..Snapshot::default() };
        let mut step = runs("one", "a b");
        (step.retries, step.when) = (2, Condition::Always);
        let after = Snapshot { steps: vec![step], ..Snapshot::default() };
        let found = between(&before, &after, &words).steps;
        assert_eq!(short(&found), ["~one(retries, when)"]);
        assert!(found[0].fields.iter().all(|field| field.before.is_none()));
    }
}
