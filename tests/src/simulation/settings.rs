//! The configurations that a simulated space may have: drawn anew whenever somebody changes one.

use super::beside::SECRETS;
use crate::chance::Chance;
use crate::pipeline::{PROJECT, contact, people, phase, project, text, value, version};
use crate::world::name;
use schema::v1::event::Definition;
use schema::v1::model::{
    Acceptance, ApprovalRule, ApprovedPer, Channel, Disclosure, Environment, Grant, Lifecycle,
    Phase, Project, Secret, Step, Target, TemplateValue, Tenant, VersionRule, Where, Window, Work,
};

/// The name of the space that builds; always site 0.
pub const SOURCE: &str = "DevTest Space";

/// For whom a project is deployed apart.
pub const TENANT: &str = "acme";

/// The names of the others, in the order in which they are founded.
pub const TARGETS: [&str; 4] = ["Prod US", "Prod EU", "Prod AP", "Prod UK"];

/// Environments, some of which want approvals or have windows.
fn environments(names: &[&str], chance: &mut Chance) -> Vec<Definition> {
    let guarded = |known: &&str| {
        let quorum = 1 + u32::from(chance.percent(25));
        let once = chance.percent(30);
        let per = if once { ApprovedPer::Deployment } else { ApprovedPer::Release };
        let rule = ApprovalRule { quorum, per };
        let approval = chance.percent(12).then_some(rule);
        let begins = 24 * 60 - 60 + chance.below(60);
        let from_min = u16::try_from((begins + chance.below(90)) % (24 * 60)).expect("minutes");
        let until_min = u16::try_from(1 + chance.below(60)).expect("minutes");
        let window = Window { days: Vec::new(), from_min, until_min };
        let windows = if chance.percent(12) { vec![window] } else { Vec::new() };
        let target = Target { name: name("one"), roles: Vec::new(), health: Vec::new() };
        let targets = if chance.percent(20) { vec![target] } else { Vec::new() };
        let it = Environment { approval, windows, targets, ..Environment::named(name(known)) };
        Definition::Environment(it)
    };
    names.iter().map(guarded).collect()
}

/// Sometimes somebody for whom the project is deployed apart, in one environment.
fn tenants(project: &str, environment: &str, chance: &mut Chance) -> Option<Definition> {
    let tenant = Tenant {
        name: name(TENANT),
        projects: vec![project.parse().expect("a pattern")],
        environments: vec![name(environment)],
    };
    chance.percent(30).then_some(Definition::Tenant(tenant))
}

/// A secret of the project, in these environments.
fn secret(called: &str, environments: &[&str]) -> Secret {
    let patterns = environments.iter().map(|text| text.parse().expect("a pattern"));
    let scope = Where { environments: patterns.collect(), ..Where::default() };
    Secret { name: name(called), scope }
}

/// One secret for everybody, one for the first target alone.
#[must_use]
pub fn secrets() -> Vec<Secret> {
    vec![secret(SECRETS[0], &[]), secret(SECRETS[1], &[&format!("{}: *", TARGETS[0])])]
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

/// A configuration of the site with this number, of a world with so many targets. Where it is
/// `relayed`, the first target sends on to the second.
#[must_use]
pub fn of(site: usize, targets: usize, relayed: bool, chance: &mut Chance) -> Vec<Definition> {
    match site {
        0 => source(&TARGETS[..targets], relayed, chance),
        _ => target(relayed && site == 1, chance),
    }
}

/// A configuration of the space that builds, which promotes to `targets`.
fn source(targets: &[&str], relayed: bool, chance: &mut Chance) -> Vec<Definition> {
    let qa = chance.percent(30);
    let tested: &[&str] = if qa { &["Test", "QA"] } else { &["Test"] };
    let all: &[&str] = if qa { &["Dev", "Test", "QA"] } else { &["Dev", "Test"] };
    let minimum = chance.percent(30).then_some(1);
    let soak_s = if chance.percent(15) { 30 } else { 0 };
    let mut phases = vec![
        Phase { soak_s, ..phase("Dev", &["Dev"], &[], chance.percent(30)) },
        Phase { minimum, ..phase("Test", tested, &[], chance.percent(70)) },
    ];
    // Most often all targets in one phase; sometimes the first has to be promoted to by hand first.
    let (first, others) = targets.split_at(1);
    if chance.percent(55) {
        phases.push(phase("Prod", &[], targets, chance.percent(80)));
    } else {
        phases.push(phase("Pilot", &[], first, chance.percent(60)));
        // Often what the first one did with it is a gate for the others: its receipt opens it.
        if chance.percent(80) {
            let staging = format!("{}: Staging", first[0]).parse().expect("a pattern");
            phases.push(Phase { environments: vec![staging], ..phase("Proven", &[], &[], false) });
        }
        phases.push(phase("Prod", &[], others, true));
    }
    if relayed {
        // To the second target by way of the first, and sometimes directly as well.
        let directly = chance.percent(30);
        for phase in &mut phases {
            if !directly {
                phase.spaces.retain(|it| it.as_str() != TARGETS[1]);
            }
            if phase.spaces.iter().any(|it| it.as_str() == TARGETS[0]) {
                phase.onward = vec![name(TARGETS[1])];
            }
        }
        phases.retain(|phase| !phase.environments.is_empty() || !phase.spaces.is_empty());
    }
    let mut steps = project(PROJECT).steps;
    if chance.percent(20) {
        let work = Work::Manual(text("look at it"));
        steps.push(Step { work, ..Step::running(name("look"), Vec::new(), 60) });
    }
    let channel =
        |called: &str, versions| Channel { name: name(called), lifecycle: None, versions };
    let below = VersionRule { below: Some(version("1.4.0")), ..VersionRule::default() };
    let both = || vec![channel("Old", below), channel("Stable", VersionRule::default())];
    let channels = if chance.percent(30) { both() } else { Vec::new() };
    let project = Project {
        steps,
        channels,
        packages: vec!["web".parse().expect("a package")],
        templates: vec![contact()],
        values: values(all, chance),
        secrets: secrets(),
        ..project(PROJECT)
    };
    let mut definitions = environments(all, chance);
    definitions.push(lifecycle("Standard", phases));
    definitions.push(Definition::Project(project));
    definitions.extend(tenants(PROJECT, "Test", chance));
    definitions.extend(people());
    definitions
}

/// A configuration of a space that deploys, and perhaps sends on.
#[must_use]
pub fn target(sends_on: bool, chance: &mut Chance) -> Vec<Definition> {
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
    if sends_on {
        let at = chance.index(phases.len() + 1);
        phases.insert(at, phase("On", &[], &[TARGETS[1]], chance.percent(80)));
    }
    let rule = Acceptance {
        from: name(SOURCE),
        project: name(PROJECT),
        lifecycle: name("Production"),
        automatic: by_itself,
        values: if by_itself { values(all, chance) } else { Vec::new() },
    };
    let mut definitions = environments(all, chance);
    definitions.push(lifecycle("Production", phases));
    definitions.push(Definition::Acceptance(rule));
    definitions.extend(tenants(&format!("{SOURCE}: {PROJECT}"), "Production", chance));
    definitions.extend(people());
    definitions
}

/// What the source grants a target: it accepts results, or for a while nothing.
#[must_use]
pub fn source_grants(chance: &mut Chance) -> Vec<Grant> {
    if chance.percent(75) { vec![Grant::AcceptResults] } else { Vec::new() }
}

/// The same of a link over which something is passed on: that stays as it is.
#[must_use]
pub fn relayed(mut grants: Vec<Grant>) -> Vec<Grant> {
    grants.push(Grant::Relay);
    grants
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
