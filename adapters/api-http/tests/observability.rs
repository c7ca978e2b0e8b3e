//! Metrics and health over HTTP, of a node with spaces that are open, closed and silent.

#![allow(clippy::unwrap_used, reason = "all of this is tests, and what they are made of")]

use api_http::port::{Carriage, Look, Node, Stored, StoredBlock, Trouble};
use api_http::server::Server;
use engine::command::{Command, Done, Rejection, Request};
use engine::decide::configuration::OPERATOR;
use engine::engine::Engine;
use engine::entropy::Entropy;
use engine::log::verify::Intact;
use engine::step::{Input, Now};
use engine::trust::identity::Seeds;
use engine::trust::refusal::Refusal;
use schema::hash::{Domain, Hash, hash};
use schema::id::{CommandId, Position, SpaceId};
use schema::latest::Actor;
use schema::name::Name;
use schema::v1::block::Damage;
use std::io::{Read, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;

const TOKEN: &str = "isp_operator";
/// The only space that reaches others over a server.
const CARRIED: &str = "Carried";
const NOW: Now = Now { wall_ms: 1_767_225_600_000, monotonic_ms: 5_000 };

#[test]
fn a_scrape_tells_what_the_spaces_say_at_that_moment() {
    let told = serve(vec![open("Home", 1)]).ask("/metrics", Some(TOKEN));
    assert_eq!(told.status, 200);
    assert!(told.head.contains("content-type: application/openmetrics-text; version=1.0.0"));
    let version = env!("CARGO_PKG_VERSION");
    told.has(&format!("interspace_build_info{{version=\"{version}\"}} 1"));
    told.has("interspace_space_up{space=\"Home\"} 1");
    told.has("interspace_log_entries{space=\"Home\"} 4");
    told.has("interspace_link_head_entries{space=\"Home\",peer=\"Peer of Home\"} 1");
    told.has("interspace_link_fresh{space=\"Home\",peer=\"Peer of Home\"} 0");
    told.has("interspace_refused_envelopes_total{space=\"Home\",reason=\"malformed\"} 2");
    told.has("interspace_deployments_finished_total{space=\"Home\",outcome=\"failed\"} 0");
    told.has("interspace_fetch_missing_bytes{space=\"Home\"} 0");
    assert!(told.body.ends_with("# EOF\n"));
}

#[test]
fn every_metric_has_a_help_a_type_and_our_prefix() {
    let told = serve(vec![open("Home", 1)]).ask("/metrics", Some(TOKEN));
    let mut types = 0;
    for line in told.body.lines().filter(|line| *line != "# EOF") {
        let (name, kind) = match line.strip_prefix("# ") {
            None => (line, ""),
            Some(comment) => {
                let (kind, name) = comment.split_once(' ').unwrap();
                (name, kind)
            }
        };
        assert!(name.starts_with("interspace_"), "{line}");
        types += i32::from(kind == "TYPE") - i32::from(kind == "HELP");
    }
    assert_eq!(types, 0, "as many types as helps");
}

#[test]
fn the_carrier_is_told_also_of_a_space_that_is_silent_and_is_absent_where_there_is_none() {
    let server = serve(vec![open("Open", 1), silent(CARRIED, 3)]);
    let told = server.ask("/metrics", Some(TOKEN));
    for (name, value) in [
        ("connected", 0),
        ("stored_total", 11),
        ("not_stored_total", 12),
        ("taken_total", 13),
        ("connections_total", 14),
    ] {
        told.has(&format!("interspace_carrier_{name}{{space=\"{CARRIED}\"}} {value}"));
    }
    assert!(!told.body.contains("interspace_carrier_connected{space=\"Open\"}"), "{}", told.body);
    server.node.let_go();
}

#[test]
fn odd_names_stay_inside_their_labels() {
    let told = serve(vec![open(r#"a"} 7 \"#, 1)]).ask("/metrics", Some(TOKEN));
    told.has(r#"interspace_space_up{space="a\"} 7 \\"} 1"#);
}

#[test]
fn metrics_are_for_the_operator_alone() {
    let server = serve(vec![open("Home", 1)]);
    for token in [None, Some("isp_other"), Some("")] {
        let told = server.ask("/metrics", token);
        assert_eq!(told.status, 401);
        assert!(!told.body.contains("Home"), "{}", told.body);
    }
}

#[test]
fn a_space_that_is_closed_or_silent_holds_nobody_up() {
    let server = serve(vec![open("Open", 1), closed("Closed", 2), silent("Silent", 3)]);
    // More often than a space is asked that owes answers.
    for _ in 0..4 {
        let told = server.ask("/metrics", Some(TOKEN));
        assert_eq!(told.status, 200);
        told.has("interspace_space_up{space=\"Open\"} 1");
        told.has("interspace_space_up{space=\"Closed\"} 0");
        told.has("interspace_space_up{space=\"Silent\"} 0");
        assert!(!told.body.contains("interspace_log_entries{space=\"Silent\"}"));
    }
    assert_eq!(server.node.held(), 2, "it is not asked without end");
    server.node.let_go();
}

#[test]
fn a_node_is_live_whatever_its_spaces_are() {
    let server = serve(vec![closed("Closed", 2)]);
    let told = server.ask("/health/live", None);
    assert_eq!((told.status, told.body.as_str()), (200, r#"{"live":true}"#));
}

#[test]
fn a_node_is_ready_when_all_its_spaces_are_open() {
    let told = serve(vec![open("One", 1), open("Two", 2)]).ask("/health/ready", None);
    let body = r#"{"ready":true,"spaces":[{"state":"open"},{"state":"open"}]}"#;
    assert_eq!((told.status, told.body.as_str()), (200, body));
    assert_eq!(serve(Vec::new()).ask("/health/ready", None).status, 200);
}

#[test]
fn why_a_node_is_not_ready_is_told_without_names_and_to_the_operator_with_them() {
    let server = serve(vec![open("Open", 1), closed("Closed", 2), silent("Silent", 3)]);
    let told = server.ask("/health/ready", None);
    assert_eq!(told.status, 503);
    let spaces = [
        r#"{"state":"open"}"#,
        r#"{"state":"closed","why":"closed by a failure"}"#,
        r#"{"state":"silent","why":"no answer in 2 s"}"#,
    ];
    assert_eq!(told.body, format!(r#"{{"ready":false,"spaces":[{}]}}"#, spaces.join(",")));
    let told = server.ask("/health/ready", Some(TOKEN));
    assert_eq!(told.status, 503);
    assert!(told.body.contains(r#"{"space":"Open","state":"open"}"#), "{}", told.body);
    let closed = r#"{"space":"Closed","state":"closed","why":"/node/Closed: the disk is full"}"#;
    assert!(told.body.contains(closed), "{}", told.body);
    server.node.let_go();
}

/// How a space is.
enum Mood {
    Open(Box<Engine>),
    Closed,
    Silent,
}

/// A node that can do nothing but be looked at.
struct Watched {
    spaces: Vec<(SpaceId, Name, Mood)>,
    /// What a silent space was asked.
    held: Mutex<Vec<Look>>,
}

impl Watched {
    fn held(&self) -> usize {
        self.held.lock().unwrap().len()
    }

    /// Whoever still waits hears that there is no answer.
    fn let_go(&self) {
        self.held.lock().unwrap().clear();
    }
}

fn nothing<T>() -> Result<T, Trouble> {
    Err(Trouble::Failed("only to be looked at".to_owned()))
}

impl Node for Watched {
    fn spaces(&self) -> Vec<(SpaceId, Name)> {
        self.spaces.iter().map(|(id, name, _)| (*id, name.clone())).collect()
    }

    fn found(&self, _: &Name) -> Result<SpaceId, Trouble> {
        nothing()
    }

    fn ask(&self, _: &SpaceId, _: Request) -> Result<Result<Done, Rejection>, Trouble> {
        nothing()
    }

    fn look(&self, space: &SpaceId, look: Look) -> Result<(), Trouble> {
        let (_, name, mood) = self.spaces.iter().find(|(id, _, _)| id == space).unwrap();
        match mood {
            Mood::Open(engine) => look(engine, NOW),
            Mood::Closed => {
                return Err(Trouble::Closed(format!("/node/{name}: the disk is full")));
            }
            Mood::Silent => self.held.lock().unwrap().push(look),
        }
        Ok(())
    }

    fn watch(&self, _: &SpaceId) -> Result<watch::Receiver<u64>, Trouble> {
        nothing()
    }

    fn push(&self, _: &SpaceId, _: &mut dyn Read) -> Result<Stored, Trouble> {
        nothing()
    }

    fn verify(&self, _: &SpaceId) -> Result<Result<Intact, Damage>, Trouble> {
        nothing()
    }

    fn blocks(&self, _: &SpaceId, _: Position, _: Position) -> Result<Vec<StoredBlock>, Trouble> {
        nothing()
    }

    fn tokens(&self, _: &SpaceId, _: &[Name]) -> Result<Vec<(Name, Hash)>, Trouble> {
        nothing()
    }

    fn carriage(&self, space: &SpaceId) -> Option<Carriage> {
        let known = self.spaces.iter().find(|(id, _, _)| id == space);
        known.filter(|(_, name, _)| name.as_str() == CARRIED).map(|_| Carriage {
            over: "NATS",
            connected: false,
            server: None,
            disconnected_at_ms: Some(NOW.wall_ms),
            trouble: Some("refused".to_owned()),
            stored: 11,
            not_stored: 12,
            taken: 13,
            connections: 14,
        })
    }

    fn operator(&self) -> Hash {
        hash(Domain::Token, &[TOKEN.as_bytes()])
    }

    fn output(&self, _: &SpaceId, _: Position) -> Option<String> {
        None
    }
}

/// An engine of a new space.
fn founded(called: &str, seed: u8) -> Engine {
    let seeds = Seeds::draw(&mut Entropy::from_seed([seed; 32]));
    let entropy = Entropy::from_seed([seed ^ 0x80; 32]);
    Engine::found(&called.parse().unwrap(), &seeds, entropy, NOW).0
}

/// A space with one peer that was sent rubbish twice.
fn open(called: &str, seed: u8) -> (SpaceId, Name, Mood) {
    let mut engine = founded(called, seed);
    let peer = founded("Peer", seed + 100);
    let certificate = peer.state().certificate().unwrap().write();
    let name = format!("Peer of {called}");
    let command = Command::Trust { certificate, name: name.parse().ok(), grants: Vec::new() };
    let actor = Actor::Person(OPERATOR.parse().unwrap());
    let request = Request { id: CommandId([1; 16]), actor, token: None, command };
    let refused = || Input::Refused { reason: Refusal::Malformed("rubbish"), bytes: vec![1] };
    let inputs = vec![Input::Asked { request, reply: 1 }, refused(), refused()];
    let stepped = engine.step(NOW, inputs);
    assert!(stepped.block.is_some(), "the peer is trusted");
    (engine.identity().space(), called.parse().unwrap(), Mood::Open(Box::new(engine)))
}

fn closed(called: &str, seed: u8) -> (SpaceId, Name, Mood) {
    (SpaceId([seed; 32]), called.parse().unwrap(), Mood::Closed)
}

fn silent(called: &str, seed: u8) -> (SpaceId, Name, Mood) {
    (SpaceId([seed; 32]), called.parse().unwrap(), Mood::Silent)
}

/// A server that is up until it is dropped.
struct Served {
    node: Arc<Watched>,
    address: SocketAddr,
    stop: watch::Sender<bool>,
    runtime: Option<tokio::runtime::Runtime>,
}

fn serve(spaces: Vec<(SpaceId, Name, Mood)>) -> Served {
    let node = Arc::new(Watched { spaces, held: Mutex::default() });
    let server = Server::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let (stop, stopped) = watch::channel(false);
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(1).enable_all().build().unwrap();
    let address = server.address;
    runtime.spawn(server.run(Arc::clone(&node) as Arc<dyn Node>, stopped));
    Served { node, address, stop, runtime: Some(runtime) }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
        self.node.let_go();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// An answer.
struct Told {
    status: u16,
    head: String,
    body: String,
}

impl Told {
    /// Asserts that one line of the body is this.
    fn has(&self, line: &str) {
        assert!(self.body.lines().any(|known| known == line), "no {line} in\n{}", self.body);
    }
}

impl Served {
    fn ask(&self, path: &str, token: Option<&str>) -> Told {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let token = token.map(|token| format!("Authorization: Bearer {token}\r\n"));
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{}\r\n",
            self.address,
            token.unwrap_or_default()
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Told { status, head: head.to_lowercase(), body: body.to_owned() }
    }
}
