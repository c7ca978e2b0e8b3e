//! T2: a peer that says things about what is not its own.

use crate::scene::{Scene, release};
use crate::session::truth;
use engine::inbox::verdict::{Verdict, judge};
use engine::trust::refusal::EntryRefusal::{
    self, BadDocument, DoesNotCross, Malformed, NotGranted, NotItsOwn, WrongAudience,
};
use proptest::prelude::*;
use schema::id::{DocumentId, EntryId, LinkSeq, Position, ReleaseDigest, SpaceId};
use schema::latest::{
    Actor, Audience, Bundle, Document, Entry, Event, Kind, Mirrored, Outcome, Receipt,
};
use schema::v1::document::receipt::DeployedBy;
use schema::v1::event::{
    DeploymentReported, EnvironmentsPublished, PromotionAnswered, ReleasePromoted, TABLE,
};
use schema::v1::model::{Disclosure, ReleaseId, Snapshot};
use tests::bundles;
use tests::draw::Draw;
use tests::pipeline::text;
use tests::world::name;

type Row = (String, Vec<u8>, EntryRefusal);

fn bundle(of: &ReleaseId, target: SpaceId) -> Bundle {
    bundles::bundle(of, Snapshot::default(), target)
}

fn promoted(bundle: &Bundle, document: &Document) -> ReleasePromoted {
    ReleasePromoted {
        release: bundle.release.clone(),
        digest: bundle.digest,
        target: bundle.targets[0],
        bundle: document.write(),
        receipts: Vec::new(),
        secrets: Vec::new(),
    }
}

fn receipt(space: SpaceId, of: &ReleaseId, digest: ReleaseDigest) -> Receipt {
    Receipt {
        space,
        space_name: name("Stranger"),
        deployment: "x".to_owned(),
        part_of: None,
        release: of.clone(),
        digest,
        environment: name("Production"),
        tenant: None,
        outcome: Outcome::Succeeded,
        started_ms: 1,
        finished_ms: 2,
        restarts: 0,
        by: DeployedBy::Undisclosed,
        disclosure: Disclosure::Status,
        packages: Vec::new(),
        targets: Vec::new(),
        steps: Vec::new(),
        key: 1,
    }
}

/// Rows of entries that must be refused.
struct Rows<'a> {
    scene: &'a mut Scene,
    rows: Vec<Row>,
}

impl Rows<'_> {
    fn add(&mut self, what: &str, event: &Event, refusal: EntryRefusal) {
        let victim = self.scene.victim_id();
        let entry = self.scene.stranger.entry(&victim, event);
        self.rows.push((what.to_owned(), entry, refusal));
    }

    fn promote(&mut self, what: &str, event: ReleasePromoted, refusal: EntryRefusal) {
        self.add(&format!("promotion {what}"), &Event::ReleasePromoted(event), refusal);
    }

    fn report(&mut self, what: &str, receipt: String, refusal: EntryRefusal) {
        let event = Event::DeploymentReported(DeploymentReported { receipt });
        self.add(&format!("report {what}"), &event, refusal);
    }

    fn answer(&mut self, what: &str, release: ReleaseId, bundle: DocumentId) {
        for rejected in [None, Some(text("no"))] {
            let (release, what) = (release.clone(), format!("answer {what}"));
            let event = PromotionAnswered { bundle, release, rejected };
            self.add(&what, &Event::PromotionAnswered(event), NotItsOwn);
        }
    }
}

/// Every kind of event against every foreign target.
fn table(scene: &mut Scene) -> Vec<Row> {
    let mut rows = Rows { scene, rows: Vec::new() };
    internal_kinds(&mut rows);
    promotions(&mut rows);
    bundles(&mut rows);
    answers(&mut rows);
    reports(&mut rows);
    headers(&mut rows);
    rows.rows
}

fn internal_kinds(rows: &mut Rows<'_>) {
    for (kind, _, _, called) in TABLE {
        for seed in 0..3 {
            let event = Draw::new(seed).event(*kind);
            if event.crossing().is_none() {
                rows.add(called, &event, DoesNotCross);
            }
        }
    }
}

fn promotions(rows: &mut Rows<'_>) {
    let (victim, honest) = (rows.scene.victim_id(), rows.scene.honest_id());
    let me = rows.scene.stranger.id();
    for (what, owner, project, called) in [
        ("of a release of the victim", victim, "Web", "1.0.0"),
        ("of an unpromoted release of the victim", victim, "Web", "3.0.0"),
        ("of a new release of the victim", victim, "Web", "9.0.0"),
        ("of a release of the honest peer", honest, "App", "1.0.0"),
        ("of a new release of the honest peer", honest, "App", "9.0.0"),
        ("of a release of nobody", SpaceId([9; 32]), "Gift", "1.0.0"),
    ] {
        let bundle = bundle(&release(owner, project, called), victim);
        let document = rows.scene.stranger.document(Kind::Bundle, &bundle);
        rows.promote(what, promoted(&bundle, &document), NotItsOwn);
    }
    let gift = release(me, "Gift", "1.0.0");
    for (what, target) in [("to the honest peer", honest), ("to itself", me)] {
        let bundle = bundle(&gift, target);
        let document = rows.scene.stranger.document(Kind::Bundle, &bundle);
        rows.promote(what, promoted(&bundle, &document), NotItsOwn);
    }
    let other = bundle(&release(me, "Web", "1.0.0"), victim);
    let document = rows.scene.stranger.document(Kind::Bundle, &other);
    rows.promote("of a project not granted", promoted(&other, &document), NotGranted);
}

/// A promotion that is its own, around a bundle that is not what it says.
fn bundles(rows: &mut Rows<'_>) {
    let (victim, honest) = (rows.scene.victim_id(), rows.scene.honest_id());
    let me = rows.scene.stranger.id();
    let gift = release(me, "Gift", "1.0.0");
    let good = bundle(&gift, victim);
    let engine = rows.scene.world.sites[rows.scene.honest].engine();
    let by_honest = engine.identity().document(Kind::Bundle, &good);
    let of_honest = engine.identity().document(Kind::Receipt, &receipt(honest, &gift, good.digest));
    let real = rows.scene.promotion(rows.scene.honest, "1.0.0", victim);
    let mut event = promoted(&good, &by_honest);
    rows.promote("with a bundle by the honest peer", event.clone(), BadDocument);
    event.bundle = real.bundle;
    rows.promote("with the real bundle of the honest peer", event.clone(), BadDocument);
    event.bundle = "{}".to_owned();
    rows.promote("without a bundle", event.clone(), BadDocument);
    event.bundle = rows.scene.stranger.document(Kind::Receipt, &good).write();
    rows.promote("with a receipt for a bundle", event, BadDocument);
    let own = receipt(me, &release(me, "Gift", "2.0.0"), good.digest);
    let own = rows.scene.stranger.document(Kind::Receipt, &own);
    let posing = receipt(honest, &gift, good.digest);
    let posing = rows.scene.stranger.document(Kind::Receipt, &posing);
    let mut odd = Vec::new();
    for (what, receipt) in [
        ("with a receipt of the honest peer", of_honest),
        ("with a receipt in the name of the honest peer", posing),
        ("with a receipt of another release", own),
    ] {
        let mut bundle = good.clone();
        bundle.receipts.push(receipt);
        odd.push((what, bundle));
    }
    let mut other = good.clone();
    other.targets = vec![honest];
    odd.push(("with a bundle for the honest peer", other));
    let mut other = good.clone();
    other.release.version = "7.0.0".parse().expect("a version");
    odd.push(("with a bundle of another version", other));
    let mut other = good.clone();
    other.digest = ReleaseDigest([1; 32]);
    odd.push(("with a bundle of another digest", other));
    let mut other = good.clone();
    other.release.project.space = victim;
    odd.push(("with a bundle of the victim's project", other));
    let mut other = good.clone();
    other.key = 2;
    odd.push(("with a bundle under an unknown key", other));
    for (what, bundle) in odd {
        let document = rows.scene.stranger.document(Kind::Bundle, &bundle);
        let mut event = promoted(&good, &document);
        event.bundle = document.write();
        rows.promote(what, event, BadDocument);
    }
}

fn answers(rows: &mut Rows<'_>) {
    let (victim, honest) = (rows.scene.victim_id(), rows.scene.honest_id());
    let me = rows.scene.stranger.id();
    let at = rows.scene.victim;
    let mine = id_of(&rows.scene.promotion(at, "1.0.0", me));
    let first = id_of(&rows.scene.promotion(at, "1.0.0", honest));
    let second = id_of(&rows.scene.promotion(at, "2.0.0", honest));
    let web = |called: &str| release(victim, "Web", called);
    rows.answer("to the honest peer's bundle", web("1.0.0"), first);
    rows.answer("for the honest peer", web("2.0.0"), second);
    rows.answer("with its own bundle for another release", web("2.0.0"), mine);
    rows.answer("about a release that was not promoted", web("3.0.0"), mine);
    rows.answer("about a release that is not there", web("9.0.0"), mine);
    rows.answer("about the honest peer's release", release(honest, "App", "1.0.0"), first);
    rows.answer("about its own release", release(me, "Gift", "1.0.0"), mine);
    rows.answer("to no bundle", web("1.0.0"), DocumentId([0; 32]));
}

fn id_of(promotion: &ReleasePromoted) -> DocumentId {
    Document::read(&promotion.bundle).expect("a document").id()
}

fn reports(rows: &mut Rows<'_>) {
    let (victim, honest) = (rows.scene.victim_id(), rows.scene.honest_id());
    let me = rows.scene.stranger.id();
    let at = rows.scene.victim;
    let one = rows.scene.promotion(at, "1.0.0", me);
    let two = rows.scene.promotion(at, "2.0.0", honest);
    let app = rows.scene.promotion(rows.scene.honest, "1.0.0", victim);
    let gift = release(me, "Gift", "1.0.0");
    for (what, of, digest) in [
        ("about a release promoted to another", &two.release, two.digest),
        ("about a release of the honest peer", &app.release, app.digest),
        ("about its own release", &gift, ReleaseDigest([1; 32])),
        ("about another digest", &one.release, two.digest),
        ("about no release", &release(victim, "Web", "9.0.0"), one.digest),
    ] {
        let receipt = receipt(me, of, digest);
        let document = rows.scene.stranger.document(Kind::Receipt, &receipt);
        rows.report(what, document.write(), NotItsOwn);
    }
    for (what, space) in [("of the honest peer", honest), ("of the victim", victim)] {
        let receipt = receipt(space, &one.release, one.digest);
        let document = rows.scene.stranger.document(Kind::Receipt, &receipt);
        rows.report(&format!("in the name {what}"), document.write(), NotItsOwn);
        let site = if space == honest { rows.scene.honest } else { at };
        let identity = rows.scene.world.sites[site].engine().identity();
        let document = identity.document(Kind::Receipt, &receipt);
        rows.report(&format!("with a real receipt {what}"), document.write(), NotItsOwn);
    }
    rows.report("of nothing", "[]".to_owned(), BadDocument);
    rows.report("around its bundle", one.bundle, BadDocument);
    let mut other_key = receipt(me, &one.release, one.digest);
    other_key.key = 2;
    let document = rows.scene.stranger.document(Kind::Receipt, &other_key);
    rows.report("under an unknown key", document.write(), BadDocument);
}

/// Entries whose header does not fit.
fn headers(rows: &mut Rows<'_>) {
    let (victim, honest) = (rows.scene.victim_id(), rows.scene.honest_id());
    let other = rows.scene.honest_link();
    for (kind, _, _, called) in TABLE {
        let event = Draw::new(1).event(*kind);
        for audience in [Audience::Internal, Audience::Link(other)] {
            let mut header = rows.scene.stranger.header(&victim);
            header.audience = audience;
            let entry = Entry::write(header, &event).expect("small").bytes().to_vec();
            rows.rows.push((format!("{called} for others"), entry, WrongAudience));
        }
        for space in [honest, victim] {
            let mut header = rows.scene.stranger.header(&victim);
            header.actor = Actor::Space(space);
            let entry = Entry::write(header, &event).expect("small").bytes().to_vec();
            rows.rows.push((format!("{called} by others"), entry, NotItsOwn));
        }
        if event.crossing().is_some() {
            let mut entry = rows.scene.stranger.entry(&victim, &event);
            entry.push(0);
            rows.rows.push((format!("{called} and a byte"), entry, Malformed));
        }
    }
    rows.rows.push(("nothing at all".to_owned(), Vec::new(), Malformed));
}

/// What the victim thinks of the stranger's next entry.
fn judged(scene: &Scene, entry: &[u8]) -> Verdict {
    let state = scene.world.sites[scene.victim].engine().state();
    let peer = state.links.peer(&scene.stranger.id()).expect("trusted");
    let mirrored = Mirrored {
        id: EntryId {
            origin: scene.stranger.id(),
            incarnation: scene.stranger.incarnation(),
            position: Position(1),
        },
        link: peer.link,
        link_incarnation: scene.stranger.incarnation(),
        link_seq: LinkSeq(1),
        salt: [0; 16],
        entry: entry.to_vec(),
    };
    judge(state, peer, &mirrored)
}

#[test]
fn t02_every_kind_of_event_against_every_foreign_target_is_refused_and_the_link_goes_on() {
    let mut scene = Scene::new(1);
    let rows = table(&mut scene);
    assert!(rows.len() > 120, "{} rows", rows.len());
    let state = scene.world.sites[scene.victim].engine().state().clone();
    let journeys = scene.world.sites[scene.victim].engine().journeys().clone();
    for ((what, entry, refusal), number) in rows.iter().zip(1..) {
        assert_eq!(judged(&scene, entry), Verdict::Refuse(*refusal), "{what}");
        assert_eq!(scene.tell(entry.clone()), None, "{what}: the envelope is lawful");
        assert_eq!(scene.heard(), (number, number, false), "{what}");
        let engine = scene.world.sites[scene.victim].engine();
        assert!(*engine.state() == state, "{what} changed the state");
        assert!(*engine.journeys() == journeys, "{what} changed a journey");
    }
    let victim = scene.victim_id();
    let environments = vec![name("Production")];
    let event = Event::EnvironmentsPublished(EnvironmentsPublished { environments });
    let entry = scene.stranger.entry(&victim, &event);
    assert_eq!(scene.tell(entry), None);
    let count = rows.len() as u64;
    assert_eq!(scene.heard(), (count + 1, count, false), "the link goes on");
    let engine = scene.world.sites[scene.victim].engine();
    let peer = engine.state().links.peer(&scene.stranger.id()).expect("trusted");
    assert_eq!(peer.environments, [name("Production")]);
    let before = truth(&scene.world, scene.victim);
    scene.restart();
    assert!(before == truth(&scene.world, scene.victim), "replay judges the same");
}

#[test]
fn t02_what_was_not_granted_is_refused() {
    let mut scene = Scene::granting(2, Vec::new());
    let (victim, me) = (scene.victim_id(), scene.stranger.id());
    let gift = bundle(&release(me, "Gift", "1.0.0"), victim);
    let document = scene.stranger.document(Kind::Bundle, &gift);
    let one = scene.promotion(scene.victim, "1.0.0", me);
    let receipt = receipt(me, &one.release, one.digest);
    let receipt = scene.stranger.document(Kind::Receipt, &receipt).write();
    for event in [
        Event::ReleasePromoted(promoted(&gift, &document)),
        Event::DeploymentReported(DeploymentReported { receipt }),
        Event::EnvironmentsPublished(EnvironmentsPublished { environments: Vec::new() }),
    ] {
        let entry = scene.stranger.entry(&victim, &event);
        assert_eq!(judged(&scene, &entry), Verdict::Refuse(NotGranted));
        scene.tell(entry);
    }
    assert_eq!(scene.heard(), (3, 3, false));
}

/// Everything that does not belong to the stranger, in words.
fn elsewhere(scene: &Scene) -> Vec<String> {
    let engine = scene.world.sites[scene.victim].engine();
    let (state, stranger) = (engine.state(), scene.stranger.id());
    let mut all = vec![
        format!("{:?}", (&state.keys, &state.incarnation, &state.offer)),
        format!("{:?}", (&state.configuration, &state.packages)),
        format!("{:?}", (&state.objects, &state.commands)),
    ];
    for (space, peer) in state.links.all() {
        let mut peer = peer.clone();
        if *space == stranger {
            // What a peer may say about itself.
            peer.environments.clear();
            peer.lost.clear();
            peer.theirs = None;
        }
        all.push(format!("{peer:?}"));
    }
    for (id, release) in state.releases.all() {
        if id.project.space == stranger {
            continue;
        }
        let mut release = release.clone();
        if let Some(promotion) = release.promotions.get_mut(&stranger) {
            promotion.answer = None;
        }
        release.reported.retain(|(space, _), _| *space != stranger);
        release.successes.retain(|(space, _), _| *space != stranger);
        all.push(format!("{id:?} {release:?}"));
        let steps = engine.journeys().of(id).iter();
        let others: Vec<_> = steps.filter(|step| step.space != stranger).collect();
        all.push(format!("{others:?}"));
    }
    let cells = state.cells.all().filter(|(id, _)| id.space != stranger);
    all.extend(cells.map(|cell| format!("{cell:?}")));
    all
}

/// Something that the stranger may say, about itself.
fn lawful(scene: &mut Scene, draw: &mut Draw) -> Event {
    let (victim, me) = (scene.victim_id(), scene.stranger.id());
    let one = scene.promotion(scene.victim, "1.0.0", me);
    match draw.below(5) {
        0 => draw.event(27),
        3 => draw.event(28),
        1 => {
            let mut of = release(me, "Gift", "1.0.0");
            of.version = draw.version();
            let bundle = bundle(&of, victim);
            let document = scene.stranger.document(Kind::Bundle, &bundle);
            Event::ReleasePromoted(promoted(&bundle, &document))
        }
        2 => Event::PromotionAnswered(PromotionAnswered {
            bundle: id_of(&one),
            release: one.release,
            rejected: draw.coin().then(|| draw.text()),
        }),
        _ => {
            let mut receipt = receipt(me, &one.release, one.digest);
            receipt.environment = draw.name();
            let receipt = scene.stranger.document(Kind::Receipt, &receipt).write();
            Event::DeploymentReported(DeploymentReported { receipt })
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 24,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn t02_any_sequence_that_a_peer_signs_changes_only_what_belongs_to_it(seed in any::<u64>()) {
        let mut scene = Scene::new(seed % 3);
        let mut draw = Draw::new(seed);
        let rows = table(&mut scene);
        let before = elsewhere(&scene);
        let mut folded = 0;
        for number in 1..=25 {
            let entry = match draw.below(3) {
                0 => rows[draw.below(rows.len())].1.clone(),
                1 => {
                    let (kind, ..) = TABLE[draw.below(TABLE.len())];
                    let event = draw.event(kind);
                    scene.stranger.entry(&scene.victim_id(), &event)
                }
                _ => {
                    let event = lawful(&mut scene, &mut draw);
                    scene.stranger.entry(&scene.victim_id(), &event)
                }
            };
            folded += u64::from(matches!(judged(&scene, &entry), Verdict::Fold(..)));
            prop_assert_eq!(scene.tell(entry), None);
            prop_assert_eq!(scene.heard(), (number, number - folded, false));
        }
        prop_assert_eq!(elsewhere(&scene), before);
        let known = truth(&scene.world, scene.victim);
        scene.restart();
        prop_assert!(known == truth(&scene.world, scene.victim));
    }
}

#[test]
fn t02_what_a_peer_may_say_about_itself_is_folded() {
    let mut scene = Scene::new(4);
    let mut draw = Draw::new(9);
    for _ in 0..20 {
        let event = lawful(&mut scene, &mut draw);
        let entry = scene.stranger.entry(&scene.victim_id(), &event);
        assert!(matches!(judged(&scene, &entry), Verdict::Fold(..)), "{event:?}");
        scene.tell(entry);
    }
    assert_eq!(scene.heard(), (20, 0, false));
}
