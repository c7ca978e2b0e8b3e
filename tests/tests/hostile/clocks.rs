//! T25: clocks that jump by ten years. Everything is ordered by numbers, and nothing waits for a
//! wall clock.

use engine::log::Log as _;
use engine::views::dashboard;
use schema::id::Position;
use schema::latest::{Actor, Audience, Entry, Header, Record};
use schema::limits::SKEW_MS_MAX;
use tests::chance::Chance;
use tests::pipeline::Pipeline;
use tests::world::World;

const TEN_YEARS_MS: i64 = 3_652 * 24 * 60 * 60 * 1_000;

/// How many moments of the story there are at which clocks may jump.
const MOMENTS: usize = 12;

/// Three spaces that tell a whole story, while `jump` does what it likes to their clocks.
struct Told {
    world: World,
    pipeline: Pipeline,
}

impl Told {
    fn tell(mut jump: impl FnMut(&mut World, usize)) -> Self {
        let mut world = World::new(25);
        let pipeline = Pipeline::build(&mut world);
        let mut moment = 0;
        let mut next = |world: &mut World, ms| {
            jump(world, moment);
            moment += 1;
            world.run(ms);
        };
        for version in ["1.0.0", "2.0.0"] {
            next(&mut world, 500);
            pipeline.create(&mut world, version, 300_000).expect("created");
            next(&mut world, 100);
            pipeline.deploy(&mut world, pipeline.dev, version, "Dev").expect("deployed");
            next(&mut world, 90_000);
            pipeline.accept(&mut world, version).expect("accepted");
            next(&mut world, 10);
            pipeline.deploy(&mut world, pipeline.eu, version, "Staging").expect("deployed");
            next(&mut world, 300);
            // A start in the middle of it: what is replayed is not ordered by times either.
            world.crash(pipeline.us);
            world.start(pipeline.us).expect("it starts again");
            next(&mut world, 200_000);
        }
        assert_eq!(moment, MOMENTS);
        Self { world, pipeline }
    }

    fn sites(&self) -> [usize; 3] {
        let Pipeline { dev, us, eu } = self.pipeline;
        [dev, us, eu]
    }

    /// All that a site has and shows, apart from times and what is computed from them.
    fn without_times(&self, site: usize) -> Vec<String> {
        let mut shown = records(&self.world, site);
        let engine = self.world.sites[site].engine();
        let of = |it: &dashboard::Deployed| (it.version.clone(), it.outcome, it.proven);
        shown.extend(dashboard::cells(engine.state()).iter().map(|cell| {
            let (installed, last) = (cell.installed.as_ref().map(of), cell.last.as_ref().map(of));
            let place = (&cell.project, cell.space, &cell.environment);
            format!("{place:?}: {installed:?} {last:?} {:?}", cell.running)
        }));
        for (id, _) in engine.state().releases.all() {
            let steps = engine.journeys().of(id).iter();
            shown.extend(steps.map(|step| format!("{id:?}: {} {:?}", step.event, step.entry)));
        }
        for link in engine.links(self.world.now_at(site)) {
            let sent = (link.head, link.acknowledged, link.applied);
            let heard = (link.received, link.held, link.refused, link.missing, link.lives);
            shown.push(format!("{:?}: {sent:?} {heard:?} fresh {}", link.peer, link.fresh));
        }
        shown
    }
}

/// A log record by record.
fn records(world: &World, site: usize) -> Vec<String> {
    let log = world.sites[site].space.as_ref().expect("up").log();
    let each = |position| {
        let records = log.read(&[Position(position)]).expect("a record");
        match records.first().expect("it is there") {
            Record::Own(own) => format!("{position} own {}", entry(&own.entry)),
            Record::Mirrored(mirrored) => {
                let read = Entry::read(&mirrored.entry).expect("an honest entry");
                let number = (mirrored.id, mirrored.link_incarnation, mirrored.link_seq);
                format!("{position} {number:?} {}", entry(&read))
            }
            // What it covers is in the entries behind it.
            Record::Evidence(_) => format!("{position} evidence"),
        }
    };
    (1..=log.size()).map(each).collect()
}

/// An entry without its time; its payload may hold times too, so only its kind is told.
fn entry(entry: &Entry) -> String {
    let header: &Header = entry.header();
    let who: (&Actor, &Audience) = (&header.actor, &header.audience);
    let why = (header.command, header.correlation, header.causation);
    format!("{} {} {who:?} {why:?}", header.kind, header.version)
}

/// Whether each link of each site is flagged, and which way.
fn flags(told: &Told) -> Vec<Option<bool>> {
    let now = |site| told.world.now_at(site);
    let links = told.sites().map(|site| told.world.sites[site].engine().links(now(site)));
    links.iter().flatten().map(|link| link.skew_ms.map(|ms| ms > 0)).collect()
}

#[test]
fn t25_ten_year_jumps_of_any_clock_at_any_moment_change_no_order_and_no_state() {
    let right = Told::tell(|_, _| {});
    let expected = right.sites().map(|site| right.without_times(site));
    let lines: Vec<_> = expected.iter().map(Vec::len).collect();
    assert!(lines.iter().all(|lines| *lines > 15), "there is a story: {lines:?}");
    let fresh =
        |shown: &Vec<String>| shown.iter().filter(|line| line.ends_with("fresh true")).count();
    assert_eq!(expected.iter().map(fresh).sum::<usize>(), 4, "both ends of both links");
    let same = |told: &Told, what: &str| {
        for (site, expected) in told.sites().into_iter().zip(&expected) {
            let shown = told.without_times(site);
            let other = shown.iter().zip(expected).find(|(one, other)| one != other);
            assert_eq!(other, None, "at site {site}: {what}");
            assert_eq!(shown.len(), expected.len(), "at site {site}: {what}");
        }
    };
    // One clock jumps once, and stays there.
    for moment in 0..MOMENTS {
        for site in 0..3 {
            for by in [TEN_YEARS_MS, -TEN_YEARS_MS] {
                let told = Told::tell(|world, now| {
                    if now == moment {
                        world.sites[site].wall_shift_ms = by;
                    }
                });
                same(&told, &format!("site {site} jumped by {by} ms at moment {moment}"));
            }
        }
    }
    // Every clock jumps all the time, each in its own way.
    for seed in 0..20 {
        let mut chance = Chance::from_seed(seed);
        let told = Told::tell(|world, _| {
            for site in &mut world.sites {
                let by = i64::try_from(chance.below(3)).expect("small") - 1;
                site.wall_shift_ms = by * TEN_YEARS_MS;
            }
        });
        same(&told, &format!("all of them jumped, seed {seed}"));
    }
}

#[test]
fn t25_a_peer_whose_clock_is_far_off_is_flagged_on_both_sides_until_it_is_mended() {
    let far = i64::try_from(SKEW_MS_MAX).expect("small") + 60_000;
    // Links in the order of sites: of DevTest Space with both others, then of each of them with it.
    let right = Told::tell(|_, _| {});
    assert_eq!(flags(&right), [None; 4]);
    for by in [TEN_YEARS_MS, -TEN_YEARS_MS, far, -far] {
        let mut told = Told::tell(|world, _| world.sites[0].wall_shift_ms = by);
        let ahead = Some(by > 0);
        let behind = Some(by < 0);
        assert_eq!(flags(&told), [behind, behind, ahead, ahead], "by {by} ms");
        let engine = told.world.sites[1].engine();
        let skew_ms = engine.links(told.world.now_at(1))[0].skew_ms.expect("flagged");
        let off = skew_ms.abs_diff(by);
        assert!(off < 60_000, "it is said by how much: {skew_ms} ms instead of {by} ms");
        told.world.sites[0].wall_shift_ms = 0;
        told.world.run(200_000);
        assert_eq!(flags(&told), [None; 4], "mended");
    }
    let near = Told::tell(|world, _| world.sites[0].wall_shift_ms = 60_000);
    assert_eq!(flags(&near), [None; 4], "a minute is not far");
}
