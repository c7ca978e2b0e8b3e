//! The broker of the simulator has the traits of a real one: what is stored comes until it is
//! acknowledged, what is not stored comes once or never, and what fails is counted.

use engine::views::dashboard::cells;
use schema::id::{Incarnation, LinkId, LinkSeq, SpaceId};
use schema::latest::{EnvelopeHeader, EnvelopeKind};
use tests::broker::message::{Class, Token};
use tests::broker::stream::Limits;
use tests::broker::trouble::Wrong;
use tests::broker::{Broker, Delivered, Manners};
use tests::chance::Chance;
use tests::faults::Faults;
use tests::pipeline::Pipeline;
use tests::world::World;

/// Longer than the broker waits for an acknowledgement, in milliseconds.
const WAITED_MS: u64 = 6_000;

#[test]
fn what_is_not_acknowledged_comes_again_also_after_a_restart() {
    let mut scene = Scene::new();
    scene.publish(1);
    assert_eq!(scene.up_to(100, true).len(), 1);
    assert_eq!(scene.up_to(WAITED_MS, false), [], "the recipient is down");
    let again = scene.up_to(WAITED_MS + 100, true);
    assert_eq!(again.len(), 1);
    scene.acknowledge(again[0].token.unwrap(), WAITED_MS + 100);
    assert_eq!(scene.up_to(60_000, true), []);
    assert_eq!(scene.count("broker_redelivered"), 1);
}

#[test]
fn a_late_acknowledgement_is_one_delivery_too_many() {
    let mut scene = Scene::new();
    scene.publish(1);
    let first = scene.up_to(100, true);
    assert_eq!(scene.up_to(WAITED_MS, true).len(), 1);
    scene.acknowledge(first[0].token.unwrap(), WAITED_MS);
    assert_eq!(scene.up_to(60_000, true), []);
}

#[test]
fn a_signal_is_lost_when_nobody_listens_and_an_envelope_is_not() {
    let mut scene = Scene::new();
    scene.broker.publish((0, 1), vec![1], 0, &mut scene.chance, &mut scene.faults);
    scene.publish(2);
    assert_eq!(scene.up_to(100, false), []);
    let later = scene.up_to(200, true);
    assert_eq!(later.len(), 1);
    assert_eq!(Class::of(&later[0].bytes), Class::Envelopes);
    assert_eq!(scene.count("broker_signal_lost"), 1);
}

#[test]
fn what_does_not_fit_under_a_subject_is_denied_and_what_is_there_stays() {
    let mut scene = Scene::new();
    scene.broker.manners.limits = Limits { subject_messages_max: 2, ..Manners::GOOD.limits };
    (1..=3).for_each(|number| scene.publish(number));
    assert_eq!(scene.up_to(100, false), []);
    let kept = scene.up_to(200, true);
    let numbers = kept.iter().map(|kept| kept.bytes.last().copied());
    assert_eq!(numbers.collect::<Vec<_>>(), [Some(1), Some(2)]);
    assert_eq!(scene.count("broker_full"), 1);
}

#[test]
fn a_wiped_broker_stores_nothing_until_both_have_made_again_what_is_theirs() {
    let mut scene = Scene::new();
    scene.publish(1);
    assert_eq!(scene.up_to(100, false), []);
    scene.broker.wipe(100, &mut scene.chance, &mut scene.faults);
    scene.broker.trouble.lose_stream(0, 300);
    scene.publish(2);
    assert_eq!(scene.up_to(200, true), [], "neither the first nor the second");
    assert_eq!(scene.count("broker_streamless"), 1);
    assert_eq!(scene.up_to(20_000, true), []);
    scene.publish(3);
    assert_eq!(scene.up_to(20_100, true).len(), 1);
}

#[test]
fn a_way_that_is_silent_is_silent_in_one_direction_only() {
    let mut scene = Scene::new();
    scene.broker.trouble.begin(0, Wrong::Mute, 1_000);
    scene.broker.trouble.begin(1, Wrong::Deaf, 1_000);
    scene.publish(1);
    assert_eq!(scene.up_to(1_000, true), []);
    assert_eq!(scene.count("broker_half_open"), 1, "it never reached the broker");
    scene.broker.trouble.begin(1, Wrong::Deaf, 2_000);
    scene.publish(2);
    assert_eq!(scene.up_to(1_999, true), []);
    assert_eq!(scene.count("broker_half_open"), 2, "it was stored and delivered to nobody");
    assert_eq!(scene.up_to(9_000, true).len(), 1);
}

#[test]
fn a_killed_broker_forgets_what_it_had_not_synced() {
    let mut scene = Scene::new();
    scene.publish(1);
    assert_eq!(scene.up_to(100, false), []);
    scene.publish(2);
    assert_eq!(scene.up_to(200, false), []);
    scene.broker.kill(2, 100, 5_000, &mut scene.faults);
    assert_eq!(scene.up_to(4_999, true), [], "it is not there");
    let kept = scene.up_to(60_000, true);
    assert_eq!(kept.first().and_then(|kept| kept.bytes.last()), Some(&1));
    assert!(kept.iter().all(|kept| kept.bytes.last() == Some(&1)));
    assert_eq!((scene.count("broker_killed"), scene.count("broker_forgot")), (1, 1));
}

#[test]
fn a_release_travels_over_a_broker_as_over_the_network() {
    let mut world = World::new(5);
    world.carriers.broker(0, 1);
    world.carriers.broker(0, 2);
    let pipeline = Pipeline::build(&mut world);
    pipeline.create(&mut world, "1.0.0", 700_000).unwrap();
    pipeline.deploy(&mut world, pipeline.dev, "1.0.0", "Dev").unwrap();
    world.run(60_000);
    pipeline.accept(&mut world, "1.0.0").unwrap();
    pipeline.deploy(&mut world, pipeline.eu, "1.0.0", "Staging").unwrap();
    world.run(60_000);
    pipeline.deploy(&mut world, pipeline.eu, "1.0.0", "Production").unwrap();
    world.run(60_000);
    let cells = cells(world.sites[pipeline.dev].engine().state());
    assert_eq!(cells.len(), 6, "two environments of each space");
    assert!(cells.iter().all(|cell| cell.installed.is_some()), "{cells:?}");
    assert_eq!(world.network.deadline_ms(), None, "nothing went another way");
    let unusual = world.faults.counts().filter(|(kind, count)| {
        // Signals may pass what is stored.
        *count > 0 && *kind != "broker_overtaken"
    });
    assert_eq!(unusual.collect::<Vec<_>>(), []);
}

/// A broker between sites 0 and 1.
struct Scene {
    broker: Broker,
    chance: Chance,
    faults: Faults,
    now_ms: u64,
    /// What envelopes look like.
    envelope: Vec<u8>,
}

impl Scene {
    fn new() -> Self {
        let header = EnvelopeHeader {
            kind: EnvelopeKind::Entries,
            origin: SpaceId([1; 32]),
            origin_key: 1,
            recipient: SpaceId([2; 32]),
            recipient_key: 1,
            link: LinkId([3; 32]),
            incarnation: Incarnation([4; 16]),
            encapsulation: [5; 32],
            first: LinkSeq(1),
            count: 1,
            chain_before: [6; 32],
            chain_after: [7; 32],
            newest: LinkSeq(1),
            oldest: LinkSeq(1),
            checkpoint_size: 1,
            checkpoint_root: [8; 32],
            checkpoint_time_ms: 1,
            body_length: 1,
            nonce: [9; 24],
        };
        Self {
            broker: Broker::default(),
            chance: Chance::from_seed(1),
            faults: Faults::default(),
            now_ms: 0,
            envelope: header.write(),
        }
    }

    /// Site 0 publishes an envelope for site 1 that ends with `number`.
    fn publish(&mut self, number: u8) {
        let bytes = [self.envelope.as_slice(), &[number]].concat();
        let (chance, faults) = (&mut self.chance, &mut self.faults);
        self.broker.publish((0, 1), bytes, self.now_ms, chance, faults);
    }

    fn acknowledge(&mut self, token: Token, now_ms: u64) {
        self.broker.acknowledge(token, now_ms, &mut self.chance, &mut self.faults);
    }

    /// What site 1 gets by `until_ms` if it is up, or misses if it is not.
    fn up_to(&mut self, until_ms: u64, up: bool) -> Vec<Delivered> {
        let up = [true, up];
        let mut delivered = Vec::new();
        while let Some(at_ms) = self.broker.deadline_ms(self.now_ms, &up)
            && at_ms <= until_ms
        {
            self.now_ms = self.now_ms.max(at_ms);
            let (chance, faults) = (&mut self.chance, &mut self.faults);
            delivered.extend(self.broker.advance(self.now_ms, &up, chance, faults));
        }
        self.now_ms = until_ms;
        delivered
    }

    fn count(&self, kind: &str) -> u64 {
        let counted = self.faults.counts().find(|(known, _)| *known == kind);
        counted.map(|(_, count)| count).expect("one of the kinds")
    }
}
