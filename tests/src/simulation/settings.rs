//! The configurations that a simulated space may have: drawn anew whenever somebody changes one.

use crate::chance::Chance;
use crate::pipeline::{PROJECT, contact, environment, people, phase, project, value};
use crate::world::name;
use schema::v1::event::Definition;
use schema::v1::model::{Acceptance, Disclosure, Grant, Lifecycle, Phase, Project, TemplateValue};

/// The name of the space that builds; always site 0.
pub const SOURCE: &str = "DevTest Space";

/// The names of the others, in the order in which they are founded.
pub const TARGETS: [&str; 4] = ["Prod US", "Prod EU", "Prod AP", "Prod UK"];

fn environments(names: &[&str]) -> Vec<Definition> {
    let names = names.iter();
    names.map(|known| environment(known)).collect()
}

fn lifecycle(called: &str, phases: Vec<Phase>) -> Definition {
    let name = name(called);
    Definition::Lifecycle(Lifecycle { name, phases })
}

fn values(environments: &[&str], chance: &mut Chance) -> Vec<TemplateValue> {
    let person = ["ursula", "erik", "dana"][chance.index(3)];
    let names = environments.iter();
    names.map(|environment| value(environment, person)).collect()
}

/// A configuration of the space that builds, which promotes to `targets`.
#[must_use]
pub fn source(targets: &[&str], chance: &mut Chance) -> Vec<Definition> {
    let qa = chance.percent(30);
    let tested: &[&str] = if qa { &["Test", "QA"] } else { &["Test"] };
    let all: &[&str] = if qa { &["Dev", "Test", "QA"] } else { &["Dev", "Test"] };
    let minimum = chance.percent(30).then_some(1);
    let mut phases = vec![
        phase("Dev", &["Dev"], &[], chance.percent(30)),
        Phase { minimum, ..phase("Test", tested, &[], chance.percent(70)) },
    ];
    // Most often all targets in one phase; sometimes the first has to be promoted to by hand first.
    let (first, others) = targets.split_at(1);
    if chance.percent(70) {
        phases.push(phase("Prod", &[], targets, chance.percent(80)));
    } else {
        phases.push(phase("Pilot", &[], first, false));
        phases.push(phase("Prod", &[], others, true));
    }
    let project = Project {
        packages: vec!["web".parse().expect("a package")],
        templates: vec![contact()],
        values: values(all, chance),
        ..project(PROJECT)
    };
    let mut definitions = environments(all);
    definitions.push(lifecycle("Standard", phases));
    definitions.push(Definition::Project(project));
    definitions.extend(people());
    definitions
}

/// A configuration of a space that deploys.
#[must_use]
pub fn target(chance: &mut Chance) -> Vec<Definition> {
    let canary = chance.percent(25);
    let by_itself = chance.percent(60);
    let all: &[&str] =
        if canary { &["Canary", "Production", "Staging"] } else { &["Production", "Staging"] };
    let mut phases = vec![phase("Staging", &["Staging"], &[], chance.percent(60))];
    if canary {
        let optional = chance.percent(40);
        phases.push(Phase { optional, ..phase("Canary", &["Canary"], &[], chance.percent(60)) });
    }
    phases.push(phase("Production", &["Production"], &[], by_itself));
    let rule = Acceptance {
        from: name(SOURCE),
        project: name(PROJECT),
        lifecycle: name("Production"),
        automatic: by_itself,
        values: if by_itself { values(all, chance) } else { Vec::new() },
    };
    let mut definitions = environments(all);
    definitions.push(lifecycle("Production", phases));
    definitions.push(Definition::Acceptance(rule));
    definitions.extend(people());
    definitions
}

/// What the source grants a target: it accepts results, or for a while nothing.
#[must_use]
pub fn source_grants(chance: &mut Chance) -> Vec<Grant> {
    if chance.percent(75) { vec![Grant::AcceptResults] } else { Vec::new() }
}

/// What a target grants the source: mostly another level, sometimes less.
#[must_use]
pub fn target_grants(chance: &mut Chance) -> Vec<Grant> {
    let levels = [Disclosure::Status, Disclosure::Summary, Disclosure::Full];
    let mut grants = vec![Grant::SendResults(levels[chance.index(3)])];
    if chance.percent(15) {
        grants.clear();
    }
    if chance.percent(85) {
        grants.push(Grant::AcceptReleases(name(PROJECT)));
    }
    grants
}
