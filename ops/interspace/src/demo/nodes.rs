//! The nodes of a demo: one for all spaces, or one for each.

use super::story::Between;
use crate::commands::up::Up;
use crate::failure::{Failure, code};
use crate::node::carriage;
use crate::node::config::Config;
use crate::node::folder::{Folder, slug};
use api_http::shape::time;
use schema::name::Name;
use serde::Serialize;
use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use transport_local::{Networks, Switchboard};

/// How long a node may take to come up, or to go down.
const PATIENCE: Duration = Duration::from_secs(30);

/// The nodes of a demo.
pub(super) struct Nodes {
    folder: PathBuf,
    meet: Meet,
    /// In the order in which their spaces were founded.
    nodes: Vec<Node>,
    /// When a node was down, in the order in which they went.
    pub(super) outages: Vec<Outage>,
}

/// How the spaces meet.
enum Meet {
    /// On one node, in this process.
    OneNode,
    /// In networks of this process, in which each has a node of its own.
    Networks(Vec<(&'static [&'static str], Switchboard)>),
    /// On a server; each node is a process of its own.
    Server(String),
    /// Not at all: a stick is carried between them; each node is a process of its own.
    Stick,
}

/// When the node of a space was down. The times are RFC 3339, UTC, milliseconds.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Outage {
    space: String,
    /// From when on it was down for certain.
    from: String,
    /// Until when it was; none if it did not come back.
    to: Option<String>,
}

/// A node with one space, or with all.
struct Node {
    /// The space; none if all are here.
    space: Option<Name>,
    folder: PathBuf,
    runs: Runs,
}

/// How a node runs.
enum Runs {
    /// In this process.
    Here(Up),
    /// In a process of its own. When it is dropped, it is ended.
    Apart(Process),
    /// It is down.
    Not,
}

impl Nodes {
    /// Nodes in `folder` for what there will be of spaces, which meet on `server` if there is one.
    pub(super) fn start(
        folder: &Path,
        between: Between,
        server: Option<&str>,
    ) -> Result<Self, Failure> {
        let meet = match (server, between) {
            (Some(server), _) => {
                // What is wrong with the server is told before a node is started.
                carriage::must_serve(&Config::with_nats(server), server)?;
                Meet::Server(server.to_owned())
            }
            (None, Between::OneNode) => Meet::OneNode,
            (None, Between::Networks(all)) => {
                Meet::Networks(all.iter().map(|spaces| (*spaces, Switchboard::new())).collect())
            }
            (None, Between::Stick) => Meet::Stick,
        };
        let mut all =
            Self { folder: folder.to_owned(), meet, nodes: Vec::new(), outages: Vec::new() };
        if matches!(all.meet, Meet::OneNode) {
            let runs = all.run(None, folder)?;
            all.nodes.push(Node { space: None, folder: folder.to_owned(), runs });
        }
        Ok(all)
    }

    /// What carries between them, in one word.
    pub(super) const fn transport(&self) -> &'static str {
        match self.meet {
            Meet::OneNode | Meet::Networks(_) => "local",
            Meet::Server(_) => "nats",
            Meet::Stick => "stick",
        }
    }

    /// The node on which a space is to be founded.
    pub(super) fn for_new(&mut self, space: &Name) -> Result<PathBuf, Failure> {
        if matches!(self.meet, Meet::OneNode) {
            return Ok(self.folder.clone());
        }
        let folder = self.folder.join(slug(space.as_str()));
        let runs = self.run(Some(space), &folder)?;
        self.nodes.push(Node { space: Some(space.clone()), folder: folder.clone(), runs });
        Ok(folder)
    }

    fn run(&self, space: Option<&Name>, folder: &Path) -> Result<Runs, Failure> {
        let here = |networks| {
            let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
            let folder = Folder::new(folder.to_owned());
            Up::within(networks, &folder, Config::default(), listen).map(Runs::Here)
        };
        let apart = |server| Process::start(folder, server).map(Runs::Apart);
        match &self.meet {
            Meet::OneNode => here(Networks::default()),
            Meet::Networks(all) => {
                let within = |spaces: &[&str]| {
                    spaces.iter().any(|it| space.is_some_and(|me| *it == me.as_str()))
                };
                let mine = all.iter().filter(|(spaces, _)| within(spaces));
                here(mine.map(|(_, network)| network.clone()).collect())
            }
            Meet::Server(server) => apart(Some(server)),
            Meet::Stick => apart(None),
        }
    }

    /// Stops the node of a space.
    pub(super) fn stop_one(&mut self, space: &Name) -> Result<(), Failure> {
        let node = self.nodes.iter_mut().find(|it| it.space.as_ref() == Some(space));
        let node = node.ok_or_else(|| no_node(space))?;
        std::mem::replace(&mut node.runs, Runs::Not).stop()?;
        self.outages.push(Outage { space: space.to_string(), from: now(), to: None });
        Ok(())
    }

    /// Starts the node of a space again.
    pub(super) fn start_one(&mut self, space: &Name) -> Result<(), Failure> {
        let at = self.nodes.iter().position(|it| it.space.as_ref() == Some(space));
        let at = at.ok_or_else(|| no_node(space))?;
        let back = now();
        let runs = self.run(Some(space), &self.nodes[at].folder)?;
        self.nodes[at].runs = runs;
        let open = |it: &&mut Outage| it.to.is_none() && it.space == space.as_str();
        if let Some(outage) = self.outages.iter_mut().find(open) {
            outage.to = Some(back);
        }
        Ok(())
    }

    /// Whether anything carries between two spaces. If nothing does, their link never drains.
    pub(super) fn carries(&self, one: &str, other: &str) -> bool {
        match &self.meet {
            Meet::OneNode | Meet::Server(_) | Meet::Stick => true,
            Meet::Networks(all) => {
                all.iter().any(|(spaces, _)| spaces.contains(&one) && spaces.contains(&other))
            }
        }
    }

    /// The folder of the node that a space is on.
    pub(super) fn of(&self, space: &Name) -> Option<&Path> {
        let here = |node: &&Node| node.space.as_ref().is_none_or(|it| it == space);
        self.nodes.iter().find(here).map(|node| &*node.folder)
    }

    /// The folders of all nodes.
    pub(super) fn all(&self) -> Vec<PathBuf> {
        self.nodes.iter().map(|node| node.folder.clone()).collect()
    }

    /// The one node that all spaces are on, if they are on one.
    pub(super) fn one(&self) -> Option<&Up> {
        match self.nodes.as_slice() {
            [Node { space: None, runs: Runs::Here(up), .. }] => Some(up),
            _ => None,
        }
    }

    /// Stops every node.
    pub(super) fn stop(self) -> Result<(), Failure> {
        // The results are collected first: one that fails keeps none of the others up.
        let stopped: Vec<_> = self.nodes.into_iter().map(|node| node.runs.stop()).collect();
        stopped.into_iter().collect()
    }
}

fn no_node(space: &Name) -> Failure {
    let what = format!("{space} has no node of its own");
    Failure::new(code::USAGE, what, "this is a mistake in ops/examples")
}

fn now() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    time(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

impl Runs {
    fn stop(self) -> Result<(), Failure> {
        match self {
            Self::Here(up) => up.stop(),
            Self::Apart(process) => process.stop(),
            Self::Not => Ok(()),
        }
    }
}

/// A node in a process of its own. When it is dropped, it is ended.
struct Process {
    folder: String,
    process: Child,
}

impl Process {
    fn start(folder: &Path, server: Option<&str>) -> Result<Self, Failure> {
        let shown = folder.display().to_string();
        let failed = |why: std::io::Error| {
            let what = format!("the node in {shown} cannot be started: {why}");
            Failure::new(code::FAILED, what, "start this program by its path")
        };
        let executable = std::env::current_exe().map_err(failed)?;
        let mut process = Command::new(executable)
            .args(["up", "--until-closed", "--dir"])
            .arg(folder)
            .args(server.into_iter().flat_map(|server| ["--nats", server]))
            .env_remove("INTERSPACE_DIR")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        let said = process.stderr.take();
        let mut node = Self { folder: shown.clone(), process };
        let said = BufReader::new(said.ok_or_else(|| node.silent(""))?);
        let mut lines = said.lines().map_while(Result::ok);
        let mut heard = String::new();
        loop {
            let line = lines.next().ok_or_else(|| node.silent(&heard))?;
            if line.contains("its interface is at") {
                break;
            }
            heard.push_str(&line);
            heard.push('\n');
        }
        // What it says from now on are its troubles; a pipe that nobody reads would stop it.
        std::thread::spawn(move || lines.for_each(|line| eprintln!("{line}")));
        Ok(node)
    }

    fn silent(&mut self, heard: &str) -> Failure {
        let what = format!("the node in {} did not come up: {}", self.folder, heard.trim());
        Failure::new(code::FAILED, what, "mend what it says and try again")
    }

    fn stop(mut self) -> Result<(), Failure> {
        // It stops when its standard input ends.
        drop(self.process.stdin.take());
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            match self.process.try_wait() {
                Ok(Some(status)) if status.success() => return Ok(()),
                Ok(Some(status)) => {
                    let what = format!("the node in {} ended with {status}", self.folder);
                    return Err(Failure::new(code::FAILED, what, "its output says more"));
                }
                Ok(None) => std::thread::sleep(Duration::from_millis(20)),
                Err(_) => break,
            }
        }
        let what = format!("the node in {} did not stop in time and was ended", self.folder);
        Err(Failure::new(code::FAILED, what, "nothing that it answered is lost"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if matches!(self.process.try_wait(), Ok(None)) {
            let _ = self.process.kill();
            let _ = self.process.wait();
        }
    }
}
