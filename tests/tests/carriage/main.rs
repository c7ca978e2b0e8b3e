//! Whatever carries envelopes, and however badly: the end is always the same.

use engine::views::dashboard;
use tests::chance::Chance;
use tests::pipeline::Pipeline;
use tests::stick::Stick;
use tests::world::World;

/// Runs in a gate, and when a long test is asked for.
const RUNS: (u64, u64) = (200, 1_000);

/// The releases of the story.
const VERSIONS: [&str; 3] = ["1.0.0", "1.1.0", "2.0.0"];

/// What everybody shows in the end.
type End = Vec<Vec<String>>;

struct Told {
    world: World,
    pipeline: Pipeline,
    chance: Chance,
    sticks: Vec<Stick>,
    made: usize,
    brought: usize,
}

impl Told {
    fn begin(seed: u64) -> Self {
        let mut world = World::new(seed);
        let pipeline = Pipeline::build(&mut world);
        let chance = Chance::from_seed(seed ^ 0x57_1c_c5);
        Self { world, pipeline, chance, sticks: Vec::new(), made: 0, brought: 0 }
    }

    fn pairs(&self) -> [(usize, usize); 4] {
        let Pipeline { dev, us, eu } = self.pipeline;
        [(dev, us), (us, dev), (dev, eu), (eu, dev)]
    }

    /// The people at each space do what they can do now.
    fn people(&mut self) {
        let Self { world, pipeline, .. } = self;
        for version in VERSIONS {
            // What is not possible yet is tried again later, and what is done is done.
            let _ = pipeline.accept(world, version);
            // Packages may arrive in another order than releases; nobody goes back to an older one.
            if version != VERSIONS[2] {
                continue;
            }
            for environment in ["Staging", "Production"] {
                let state = world.sites[pipeline.eu].engine().state();
                let done = state.releases.all().any(|(id, release)| {
                    id.version.to_string() == version
                        && release
                            .progress
                            .keys()
                            .any(|slot| slot.environment.as_str() == environment)
                });
                if !done {
                    let _ = pipeline.deploy(world, pipeline.eu, version, environment);
                }
            }
        }
    }

    fn source(&mut self, version: &str) {
        let Self { world, pipeline, .. } = self;
        pipeline.create(world, version, 300_000).expect("created");
        pipeline.deploy(world, pipeline.dev, version, "Dev").expect("deployed");
        // Deployments take their time; another to the same place waits for them.
        world.run(2_000);
    }

    fn cut_all(&mut self, ms: u64) {
        let until = self.world.clock_ms + ms;
        let Pipeline { dev, us, eu } = self.pipeline;
        self.world.cut(dev, us, until);
        self.world.cut(dev, eu, until);
    }

    /// Something that happens to carriers: a cut, a stick made, brought, brought again, lost.
    fn mishap(&mut self) {
        let pair = self.pairs()[self.chance.index(4)];
        match self.chance.below(6) {
            0 => {
                let until = self.world.clock_ms + self.chance.below(20_000);
                self.world.cut(pair.0, pair.1, until);
            }
            1 | 2 => {
                let stick = self.world.export(pair.0, pair.1);
                self.sticks.push(stick);
                self.made += 1;
            }
            3 | 4 if !self.sticks.is_empty() => {
                let at = self.chance.index(self.sticks.len());
                let stick = self.sticks[at].clone();
                self.world.import(&stick);
                self.brought += 1;
            }
            5 if !self.sticks.is_empty() => {
                let at = self.chance.index(self.sticks.len());
                self.sticks.swap_remove(at);
            }
            _ => {}
        }
        let ms = self.chance.below(3_000);
        self.world.run(ms);
    }

    fn end(&self) -> End {
        let Pipeline { dev, us, eu } = self.pipeline;
        [dev, us, eu].map(|site| self.shown(site)).to_vec()
    }

    fn shown(&self, site: usize) -> Vec<String> {
        let engine = self.world.sites[site].engine();
        let mut shown: Vec<String> = dashboard::cells(engine.state())
            .into_iter()
            .map(|cell| {
                let of = |deployed: &Option<dashboard::Deployed>| {
                    deployed.as_ref().map(|it| (it.version.to_string(), it.outcome, it.proven))
                };
                let space = engine.state().name_of(&cell.space);
                let running = cell.running.is_some();
                let (installed, last) = (of(&cell.installed), of(&cell.last));
                format!("{space}: {}: {installed:?} {last:?} {running}", cell.environment)
            })
            .collect();
        for link in engine.links(self.world.now()) {
            let whole = (link.held, link.refused, link.rolled_back);
            shown.push(format!("{}: {whole:?}", engine.state().name_of(&link.peer)));
        }
        shown.sort();
        shown
    }

    /// Brings sticks both ways until nothing changes any more, with no other carrier.
    fn settle_by_hand(&mut self) {
        for _ in 0..12 {
            self.cut_all(1_000_000);
            for (from, to) in self.pairs() {
                let stick = self.world.export(from, to);
                self.world.import(&stick);
            }
            self.world.run(2_000);
            self.people();
            self.world.run(2_000);
        }
    }

    /// Lets the links work until nothing changes any more.
    fn settle_connected(&mut self) {
        for _ in 0..8 {
            self.world.run(20_000);
            self.people();
        }
        self.world.run(60_000);
    }
}

/// The end of a story in which nothing goes wrong.
fn reference() -> End {
    let mut told = Told::begin(1);
    for version in VERSIONS {
        told.source(version);
        told.settle_connected();
    }
    told.end()
}

#[test]
fn a_link_a_stick_and_both_come_to_the_same_end() {
    let right = reference();
    assert!(right[0].iter().filter(|cell| cell.contains("2.0.0")).count() >= 6, "{right:#?}");
    let long = std::env::var_os("INTERSPACE_LONG").is_some();
    let runs = if long { RUNS.1 } else { RUNS.0 };
    let (mut made, mut brought) = (0, 0);
    for seed in 0..runs {
        let mut told = Told::begin(seed);
        let by_hand = seed % 3 == 0;
        if by_hand {
            told.cut_all(10_000_000);
        }
        for version in VERSIONS {
            told.source(version);
            for _ in 0..told.chance.below(8) {
                told.mishap();
                told.people();
            }
        }
        if by_hand {
            told.settle_by_hand();
        } else {
            told.settle_connected();
        }
        let end = told.end();
        for (shown, right) in end.iter().flatten().zip(right.iter().flatten()) {
            assert_eq!(shown, right, "seed {seed}");
        }
        assert_eq!(end.len(), right.len(), "seed {seed}");
        made += told.made;
        brought += told.brought;
    }
    let enough = made as u64 > runs && brought as u64 > runs;
    assert!(enough, "{made} sticks made, {brought} brought");
}
