//! Lifecycles against a naive reference: what a release may do next, for generated lifecycles and
//! histories; and what no order of events and no slice may ever let through.

#![allow(clippy::unwrap_used, reason = "all of this is tests, and what they are made of")]

use engine::command::{Command, ReleaseName};
use proptest::prelude::*;
use schema::id::SpaceId;
use schema::latest::{Document, Event, Kind, Outcome, Receipt};
use schema::v1::event::Definition;
use schema::v1::model::{Lifecycle, Phase, Scope, Site, Snapshot, Step, Titled, Variable};
use std::collections::BTreeMap;
use tests::bundles::BLIND;
use tests::chance::Chance;
use tests::pipeline::{PROJECT, environment, people, phase, project, text, version};
use tests::world::{World, name};

/// Generated lifecycles, each with a history of its own.
const CASES: u64 = 200;

/// Environments, of which a lifecycle has some.
const PLACES: [&str; 8] = ["A", "B", "C", "D", "E", "F", "G", "H"];

/// A lifecycle of one to four phases with one to three environments each.
fn lifecycle(chance: &mut Chance) -> Vec<Phase> {
    let mut left = PLACES.iter();
    let mut phases = Vec::new();
    for number in 0..=chance.below(4) {
        let count = 1 + chance.index(3);
        let places: Vec<&str> = left.by_ref().take(count).copied().collect();
        if places.is_empty() {
            break;
        }
        let some = u32::try_from(1 + chance.index(places.len())).unwrap();
        phases.push(Phase {
            minimum: chance.percent(35).then_some(some),
            optional: chance.percent(25),
            soak_s: if chance.percent(25) { 60 } else { 0 },
            ..phase(&format!("phase {number}"), &places, &[], false)
        });
    }
    phases
}

fn definitions(phases: &[Phase]) -> Vec<Definition> {
    let mut all: Vec<Definition> = PLACES.iter().map(|place| environment(place)).collect();
    let lifecycle = Lifecycle { name: name("Standard"), phases: phases.to_vec() };
    all.push(Definition::Lifecycle(lifecycle));
    all.push(Definition::Project(project(PROJECT)));
    all.extend(people());
    all
}

/// What ought to be true: told as plainly as it can be.
#[derive(Debug, Default)]
struct Naive {
    /// When each environment first succeeded, in milliseconds.
    done: BTreeMap<String, u64>,
}

impl Naive {
    /// Whether the release may go to `place` at `now_ms`.
    fn may(&self, phases: &[Phase], place: &str, now_ms: u64) -> bool {
        for phase in phases {
            let places: Vec<&str> =
                phase.environments.iter().map(|pattern| pattern.name.as_str()).collect();
            if places.contains(&place) {
                return true;
            }
            if phase.optional {
                continue;
            }
            let mut times: Vec<u64> =
                places.iter().filter_map(|place| self.done.get(*place)).copied().collect();
            times.sort_unstable();
            let all = u32::try_from(places.len()).unwrap();
            let enough = usize::try_from(phase.minimum.unwrap_or(all)).unwrap();
            let Some(complete_ms) = times.get(enough - 1) else { return false };
            if now_ms < complete_ms + u64::from(phase.soak_s) * 1_000 {
                return false;
            }
        }
        false
    }
}

/// A space with this lifecycle, and a release.
fn given(seed: u64, phases: &[Phase]) -> (World, usize) {
    let mut world = World::new(seed);
    let home = world.found("Home");
    let apply = Command::Apply { definitions: definitions(phases) };
    world.ask(home, "ops", apply).unwrap();
    let create = Command::CreateRelease {
        project: name(PROJECT),
        version: version("1.0.0"),
        notes: text(""),
        packages: Vec::new(),
        channel: None,
        revise: false,
    };
    world.ask(home, "dana", create).unwrap();
    (world, home)
}

fn deploy(world: &mut World, home: usize, place: &str) -> bool {
    let release = ReleaseName::new(None, name(PROJECT), version("1.0.0"));
    let environment = name(place);
    let command = Command::Deploy { release, environment, tenant: None, bypass: None };
    world.ask(home, "dana", command).is_ok()
}

fn receipt(json: &str) -> Receipt {
    Document::read(json).unwrap().payload(Kind::Receipt).unwrap()
}

#[test]
fn what_a_release_may_do_next_is_what_a_naive_reference_says() {
    let (mut yes, mut no) = (0, 0);
    for case in 0..CASES {
        let mut chance = Chance::from_seed(case);
        let phases = lifecycle(&mut chance);
        let (mut world, home) = given(case, &phases);
        let mut naive = Naive::default();
        for number in 0..10 {
            let place = PLACES[chance.index(PLACES.len())];
            world.failing_percent = if chance.percent(20) { 100 } else { 0 };
            let expected = naive.may(&phases, place, world.now().wall_ms);
            let allowed = deploy(&mut world, home, place);
            assert_eq!(allowed, expected, "case {case}, attempt {number} at {place}: {phases:?}");
            *if allowed { &mut yes } else { &mut no } += 1;
            world.run(1_000);
            let ended = world.sites[home].own_events().into_iter().filter_map(|event| {
                if let Event::DeploymentFinished(it) = event {
                    Some(receipt(&it.receipt))
                } else {
                    None
                }
            });
            // Nothing else runs, so that the log has it when it ended.
            for receipt in ended.filter(|receipt| receipt.outcome == Outcome::Succeeded) {
                let place = receipt.environment.to_string();
                naive.done.entry(place).or_insert(receipt.finished_ms + epoch(&world));
            }
            world.run(chance.below(50_000));
        }
    }
    assert!(yes > 300 && no > 300, "both happen often: {yes} and {no}");
}

/// The runner of the world tells times since its beginning; logs have those of the wall clock.
fn epoch(world: &World) -> u64 {
    world.now().wall_ms - world.clock_ms
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 64,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_order_of_events_lets_a_release_skip_a_required_phase(
        seed in 0_u64..1_000_000,
        attempts in prop::collection::vec((0_usize..8, 0_u64..5_000, any::<bool>()), 1..20),
    ) {
        let mut chance = Chance::from_seed(seed);
        let phases: Vec<Phase> =
            lifecycle(&mut chance).into_iter().map(|it| Phase { soak_s: 0, ..it }).collect();
        let (mut world, home) = given(seed, &phases);
        for (place, pause_ms, fails) in attempts {
            world.failing_percent = if fails { 100 } else { 0 };
            deploy(&mut world, home, PLACES[place]);
            world.run(pause_ms);
        }
        // From the log alone, in its order.
        let mut naive = Naive::default();
        for event in world.sites[home].own_events() {
            if let Event::DeploymentStarted(started) = event {
                let place = started.environment.to_string();
                prop_assert!(naive.may(&phases, &place, u64::MAX), "{place} in {phases:?}");
            } else if let Event::DeploymentFinished(finished) = event {
                let receipt = receipt(&finished.receipt);
                if receipt.outcome == Outcome::Succeeded {
                    naive.done.insert(receipt.environment.to_string(), 0);
                }
            }
        }
    }

    #[test]
    fn a_slice_lets_nothing_through_that_is_scoped_to_a_foreign_environment(
        steps in prop::collection::vec(scope(), 0..6),
        variables in
            prop::collection::vec((scope(), prop::collection::vec(0_usize..6, 0..2)), 0..8),
        targets in prop::collection::btree_set(1_u8..5, 1..3),
    ) {
        let step = |(at, scope): (usize, &Scope)| Step {
            scope: scope.clone(),
            ..Step::running(name(&format!("step {at}")), vec![text("true")], 1)
        };
        let variable = |(at, (scope, seen)): (usize, &(Scope, Vec<usize>))| Variable {
            name: name(&format!("V{at}")),
            value: text(&format!("value {at}")),
            scope: Scope {
                steps: seen.iter().map(|at| name(&format!("step {at}"))).collect(),
                ..scope.clone()
            },
        };
        let whole = Snapshot {
            steps: steps.iter().enumerate().map(step).collect(),
            variables: variables.iter().enumerate().map(variable).collect(),
            ..Snapshot::default()
        };
        let spaces: Vec<SpaceId> = targets.iter().map(|number| SpaceId([*number; 32])).collect();
        let outline = whole.outline(&BLIND);
        let (slice, cut) = whole.slice(&outline, &spaces);
        // Nothing foreign goes, and nothing that is meant for a target stays. A variable is meant
        // for a target if there is a step in that very space that may see it.
        let reaches = |scope: &Scope, space: &SpaceId| {
            scope.tenants.is_empty()
                && (scope.sites.is_empty() || scope.sites.iter().any(|site| site.space == *space))
        };
        let runs = |step: &&Step| spaces.iter().any(|space| reaches(&step.scope, space));
        let expected: Vec<_> = whole.steps.iter().filter(runs).cloned().collect();
        prop_assert_eq!(&slice.steps, &expected);
        let seen_in = |scope: &Scope, space: &SpaceId| {
            let mut there = whole.steps.iter().filter(|step| reaches(&step.scope, space));
            reaches(scope, space)
                && (scope.steps.is_empty() || there.any(|step| scope.steps.contains(&step.name)))
        };
        let seen = |variable: &&Variable| spaces.iter().any(|it| seen_in(&variable.scope, it));
        let expected: Vec<_> = whole.variables.iter().filter(seen).cloned().collect();
        prop_assert_eq!(&slice.variables, &expected);
        // Whatever it is cut to, it is the same release, and says nothing of what stays at home.
        let project = schema::v1::model::ProjectId { space: SpaceId([9; 32]), name: name("Web") };
        let release = schema::v1::model::ReleaseId { project, version: version("1.0.0") };
        let titled = Titled { release: &release, revision: 1 };
        prop_assert_eq!(cut.digest(&titled, &slice), outline.digest(&titled, &whole));
        let written = serde_json::to_string(&(&slice, &cut)).unwrap();
        for variable in whole.variables.iter().filter(|it| !slice.variables.contains(it)) {
            let quoted = format!("\"{}\"", variable.value);
            prop_assert!(!written.contains(&quoted));
        }
    }
}

/// Found by the property above when it asked less: one target may see the variable, and the step
/// that it is for runs at the other. It applies nowhere, so it goes to neither.
#[test]
fn a_variable_for_one_target_in_a_step_of_another_goes_to_neither() {
    let at = |space: u8| Scope {
        sites: vec![Site { space: SpaceId([space; 32]), environment: None }],
        ..Scope::default()
    };
    let step = Step { scope: at(2), ..Step::running(name("Migrate"), vec![text("true")], 1) };
    let scope = Scope { steps: vec![name("Migrate")], ..at(1) };
    let variable = Variable { name: name("SCHEMA"), value: text("main"), scope };
    let whole = Snapshot { steps: vec![step], variables: vec![variable], ..Snapshot::default() };
    let (slice, cut) = whole.slice(&whole.outline(&BLIND), &[SpaceId([1; 32]), SpaceId([2; 32])]);
    assert_eq!(slice.steps, whole.steps);
    assert!(slice.variables.is_empty());
    assert_eq!(cut.withheld(), 1);
}

/// Environments of spaces 1 to 4, or everywhere; sometimes for a tenant.
fn scope() -> impl Strategy<Value = Scope> {
    let site = (1_u8..5, any::<bool>()).prop_map(|(space, all)| Site {
        space: SpaceId([space; 32]),
        environment: (!all).then(|| name("Live")),
    });
    let sites = prop::collection::vec(site, 0..3);
    (sites, 0_u8..10).prop_map(|(sites, tenant)| Scope {
        sites,
        tenants: if tenant == 0 { vec![name("acme")] } else { Vec::new() },
        steps: Vec::new(),
    })
}
