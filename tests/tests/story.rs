//! The story of a release, on pure functions, from Dev to Production and back.

use engine::command::Command;
use engine::views::dashboard::cells;
use schema::v1::event::Definition;
use tests::pipeline::{Pipeline, target};
use tests::world::World;

/// Version and outcome of each cell, as a space sees it: "space/environment version".
fn installed(world: &World, site: usize) -> Vec<String> {
    let state = world.sites[site].engine().state();
    let shown = cells(state).into_iter().map(|cell| {
        let version = cell.installed.map_or_else(
            || "-".to_owned(),
            |installed| {
                assert!(installed.proven, "every receipt is proven");
                installed.version.to_string()
            },
        );
        format!("{}/{} {version}", state.name_of(&cell.space), cell.environment)
    });
    shown.collect()
}

#[test]
fn a_release_goes_out_and_its_results_come_back() {
    let mut world = World::new(1);
    let pipeline = Pipeline::build(&mut world);
    world.run(2_000);
    pipeline.create(&mut world, "1.0.0", 300_000).expect("created");
    pipeline.deploy(&mut world, pipeline.dev, "1.0.0", "Dev").expect("deployed");
    world.run(20_000);
    let early = pipeline.deploy(&mut world, pipeline.eu, "1.0.0", "Staging");
    assert!(early.is_err(), "nothing is deployed before it is accepted");
    pipeline.accept(&mut world, "1.0.0").expect("accepted");
    let skipping = pipeline.deploy(&mut world, pipeline.eu, "1.0.0", "Production");
    assert!(skipping.is_err(), "Production comes after Staging");
    pipeline.deploy(&mut world, pipeline.eu, "1.0.0", "Staging").expect("deployed");
    world.run(5_000);
    pipeline.deploy(&mut world, pipeline.eu, "1.0.0", "Production").expect("deployed");
    world.run(20_000);
    let dashboard = installed(&world, pipeline.dev);
    for cell in [
        "DevTest Space/Dev 1.0.0",
        "DevTest Space/Test 1.0.0",
        "Prod US/Staging 1.0.0",
        "Prod US/Production 1.0.0",
        "Prod EU/Staging 1.0.0",
        "Prod EU/Production 1.0.0",
    ] {
        assert!(dashboard.contains(&cell.to_owned()), "{cell} is missing in {dashboard:?}");
    }
    assert_eq!(world.alarms, Vec::new());
    for site in &world.sites {
        for link in site.engine().links(world.now()) {
            assert_eq!(link.head, link.acknowledged, "{} drained", site.called);
            assert_eq!((link.held, link.refused), (0, 0));
            assert!(link.fresh);
        }
    }
}

#[test]
fn environments_stand_in_the_order_in_which_their_space_deploys_also_before_it_did() {
    let mut world = World::new(2);
    let pipeline = Pipeline::build(&mut world);
    world.run(30_000);
    let expected = [
        "DevTest Space/Dev -",
        "DevTest Space/Test -",
        "Prod EU/Staging -",
        "Prod EU/Production -",
        "Prod US/Staging -",
        "Prod US/Production -",
    ];
    assert_eq!(installed(&world, pipeline.dev), expected);
}

#[test]
fn a_peer_is_told_anew_when_another_order_of_its_environments_is_applied() {
    let mut world = World::new(3);
    let pipeline = Pipeline::build(&mut world);
    world.run(30_000);
    let mut definitions = target(true);
    for definition in &mut definitions {
        if let Definition::Lifecycle(lifecycle) = definition {
            lifecycle.phases.reverse();
        }
    }
    world.ask(pipeline.us, "ops", Command::Apply { definitions }).expect("applied");
    world.run(30_000);
    let us: Vec<String> = installed(&world, pipeline.dev).split_off(4);
    assert_eq!(us, ["Prod US/Production -", "Prod US/Staging -"]);
}
