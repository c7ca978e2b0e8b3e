//! The story on two nodes over a real server, while nodes and server are killed, the server's store
//! is wiped, and connections are cut or fall silent: both sides come together by themselves.

use crate::broker::{Road, Server, is_stored};
use crate::command::{bare, binary, eventually, interspace, run};
use crate::node::Node;
use crate::outcome::{
    Dashboards, Dice, SPACES, Sizes, dashboards, last_position, nothing_is_doubled, space_of,
    undisturbed,
};
use crate::processes;
use crate::story::{self, Line};
use serde_json::Value;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// What goes wrong in one telling of the story.
const MISHAPS: usize = 20;

/// Those of them that come when the story is told: what was sent last has to survive them.
const LAST: usize = 6;

/// Part of the release's notes. It goes from node to node, and may be read nowhere between.
const SECRET: &str = "The road, on one machine";

/// What the server must see to do its work.
const OPEN: &str = "interspace.v1.";

/// Tellings: one, or five when `INTERSPACE_LONG=1`.
fn tellings() -> u64 {
    if std::env::var_os("INTERSPACE_LONG").is_some_and(|long| long == "1") { 5 } else { 1 }
}

#[test]
fn t01_two_nodes_come_together_whatever_happens_and_nobody_between_them_can_read() {
    let undisturbed = undisturbed();
    for seed in 1..=tellings() {
        tell(seed, &undisturbed);
    }
}

/// Figures are for people: they are shown though the test passes.
fn tell_people(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// What can happen.
#[derive(Debug, Clone, Copy)]
enum Mishap {
    KillNode(usize),
    KillServer,
    WipeServer,
    Cut(usize),
    FallSilent(usize),
}

/// Each kind as often as the others, in an order that the dice choose.
fn mishaps(dice: &mut Dice) -> Vec<Mishap> {
    use Mishap::{Cut, FallSilent, KillNode, KillServer, WipeServer};
    let kinds = [
        KillNode(0),
        KillNode(1),
        KillServer,
        WipeServer,
        Cut(0),
        FallSilent(1),
        KillServer,
        WipeServer,
        Cut(1),
        FallSilent(0),
    ];
    let mut all: Vec<Mishap> = kinds.into_iter().cycle().take(MISHAPS).collect();
    for at in (1..all.len()).rev() {
        let other = usize::try_from(dice.below(at as u64 + 1)).unwrap();
        all.swap(at, other);
    }
    all
}

/// Two nodes, each with a road of its own to the server.
struct World {
    server: Server,
    roads: [Road; 2],
    folders: [PathBuf; 2],
    nodes: [Option<Node>; 2],
}

impl World {
    fn start(place: &Path) -> Self {
        let server = Server::start();
        let roads = [(); 2].map(|()| Road::to(&server, &[SECRET, OPEN]));
        let folders = ["source", "targets"].map(|name| place.join(name));
        let mut world = Self { server, roads, folders, nodes: [None, None] };
        (0..2).for_each(|which| world.start_node(which));
        world
    }

    fn start_node(&mut self, which: usize) {
        let (folder, port) = (&self.folders[which], self.roads[which].port);
        let node = eventually("the node starts", || {
            let mut command = Command::new(binary());
            bare(&mut command).args(["up", "--nats", &format!("nats://127.0.0.1:{port}")]);
            command.arg("--dir").arg(folder);
            // The story's own `audit verify` may hold the folder when nobody else does.
            Node::from(command, folder)
                .inspect_err(|said| assert_eq!(said.code, 5, "{said:?}"))
                .ok()
        });
        self.nodes[which] = Some(node);
    }

    fn happen(&mut self, mishap: Mishap) {
        match mishap {
            Mishap::KillNode(which) => {
                self.nodes[which].take().expect("it runs").kill();
                self.start_node(which);
            }
            Mishap::KillServer => {
                self.server.kill();
                self.server.run();
            }
            Mishap::WipeServer => {
                self.server.kill();
                self.server.wipe();
                self.server.run();
            }
            Mishap::Cut(which) => self.roads[which].cut(),
            Mishap::FallSilent(which) => self.roads[which].fall_silent(),
        }
    }

    fn node(&self, space: &str) -> &Node {
        self.nodes[home(space)].as_ref().expect("it runs")
    }
}

/// The node of a space: the source has one, the targets share one.
fn home(space: &str) -> usize {
    usize::from(space != "DevTest Space")
}

/// Tells the story to two nodes that have a bad time.
fn tell(seed: u64, undisturbed: &Dashboards) {
    let place = TempDir::new().unwrap();
    let files = place.path().join("files");
    story::slow_files(&files);
    let mut world = World::start(place.path());
    let folders = world.folders.clone();
    let (told, sizes) = (AtomicBool::new(false), Sizes::default());
    thread::scope(|scope| {
        let chaos = scope.spawn(|| {
            let mut dice = Dice(seed);
            for (number, mishap) in mishaps(&mut dice).into_iter().enumerate() {
                while number >= MISHAPS - LAST && !told.load(Ordering::Relaxed) {
                    thread::sleep(Duration::from_millis(20));
                }
                // Once the story is told there is less to wait for.
                let bound = if told.load(Ordering::Relaxed) { 500 } else { 2500 };
                thread::sleep(Duration::from_millis(dice.below(bound)));
                tell_people(&format!("telling {seed}: {mishap:?}"));
                world.happen(mishap);
            }
        });
        for (number, line) in story::lines().iter().enumerate() {
            for folder in meant(line, &folders) {
                let said = story::say(number, line, &files, folder);
                sizes.answered(space_of(line), last_position(&said.out));
            }
        }
        told.store(true, Ordering::Relaxed);
        chaos.join().expect("the chaos");
    });
    come_together(seed, &world, undisturbed);
    nothing_is_doubled(|space| world.node(space));
    for (number, worst) in WORST.iter().enumerate() {
        let took = news_after(number, worst, &mut world);
        tell_people(&format!("telling {seed}: news {:.1} s after {worst:?}", took.as_secs_f64()));
    }
    nobody_else_could_read(&world);
    for (which, node) in world.nodes.iter_mut().enumerate() {
        node.take().expect("it runs").stop();
        let folder = &world.folders[which];
        assert_eq!(processes::in_folder(folder), [""; 0]);
    }
    let audits = world.folders.iter().flat_map(|folder| {
        let said = run(interspace(&["-o", "json", "audit", "verify", "--dir"]).arg(folder)).good();
        said.json().as_array().expect("spaces").clone()
    });
    sizes.hold(&audits.collect());
}

/// Where a command is meant: at the node of its space, or at both.
fn meant<'a>(line: &Line, folders: &'a [PathBuf; 2]) -> Vec<&'a Path> {
    let founded = line.words.iter().skip_while(|word| *word != "create").nth(1);
    let founds = line.words.first().is_some_and(|noun| noun == "space");
    match space_of(line).or(founded.filter(|_| founds).map(String::as_str)) {
        Some(space) => vec![&folders[home(space)]],
        None => folders.iter().map(PathBuf::as_path).collect(),
    }
}

/// Waits until every space sees what it sees when nobody disturbs it, and has heard from each
/// other; says how long after the last mishap that was.
fn come_together(seed: u64, world: &World, undisturbed: &Dashboards) {
    let began = Instant::now();
    let mut seen = Dashboards::new();
    eventually("the dashboards are those of an undisturbed run", || {
        seen = dashboards(|space| world.node(space));
        (seen == *undisturbed).then_some(())
    });
    eventually("everything is acknowledged, and everybody was heard", || {
        let well = |link: &Value| link["head"] == link["acknowledged"] && link["fresh"] == true;
        let drained = SPACES.iter().all(|space| {
            let links = world.node(space).run(&["-o", "json", "-s", space, "link", "list"]).good();
            links.json().as_array().unwrap().iter().all(well)
        });
        drained.then_some(())
    });
    let took = began.elapsed().as_secs_f64();
    tell_people(&format!("telling {seed}: together {took:.1} s after the last mishap"));
}

/// What is worst for a result that is just on its way.
const WORST: [&[Mishap]; 4] = [
    &[Mishap::FallSilent(0), Mishap::FallSilent(1)],
    &[Mishap::Cut(0), Mishap::Cut(1), Mishap::WipeServer],
    &[Mishap::KillNode(0), Mishap::FallSilent(1)],
    &[Mishap::WipeServer, Mishap::FallSilent(0), Mishap::KillNode(0)],
];

/// Deploys in a target, lets the worst happen, and says when the source knew of the result.
fn news_after(number: usize, worst: &[Mishap], world: &mut World) -> Duration {
    let again = format!("again-{number}");
    let deploy = ["-s", "Prod EU", "--command-id", &again, "deploy", "Interspace", story::VERSION];
    let receipt = |world: &World| {
        let source = ["-o", "json", "-s", "DevTest Space", "dashboard"];
        let cells = world.node("DevTest Space").run(&source).good().json();
        let cells = cells.as_array().expect("a list").clone();
        let place = |cell: &Value| cell["space"] == "Prod EU" && cell["environment"] == "Staging";
        let cell = cells.into_iter().find(place).expect("the cell");
        cell["receipt"].as_str().expect("it is installed").to_owned()
    };
    let before = receipt(world);
    world.node("Prod EU").run(&[&deploy[..], &["--to", "Staging", "--no-wait"]].concat()).good();
    worst.iter().for_each(|mishap| world.happen(*mishap));
    let began = Instant::now();
    eventually("the source knows of the result", || (receipt(world) != before).then_some(()));
    began.elapsed()
}

/// What went from node to node is in both, and nowhere between them.
fn nobody_else_could_read(world: &World) {
    for (folder, road) in world.folders.iter().zip(&world.roads) {
        assert!(is_stored(folder, SECRET), "the search finds what is there");
        assert!(road.has_seen(OPEN), "the search sees what passes");
        assert!(!road.has_seen(SECRET), "it passed in clear");
    }
    assert!(is_stored(&world.server.store(), OPEN), "the search finds what is there");
    assert!(!is_stored(&world.server.store(), SECRET), "it is stored in clear");
}
