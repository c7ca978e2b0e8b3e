//! The nodes of a demo: one for all spaces in this process, or a process for each space.

use crate::commands::up::Up;
use crate::failure::{Failure, code};
use crate::node::carriage;
use crate::node::config::Config;
use crate::node::folder::{Folder, slug};
use schema::name::Name;
use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a node may take to come up, or to go down.
const PATIENCE: Duration = Duration::from_secs(30);

/// The nodes of a demo.
pub(super) enum Nodes {
    /// All spaces are on one node, in this process.
    One(PathBuf, Up),
    /// Each space is on a node of its own; they meet on a server, or by a stick only.
    Each {
        /// The folder that holds theirs.
        folder: PathBuf,
        /// The address of the server; none where only a stick goes between them.
        server: Option<String>,
        /// In the order in which the spaces were founded.
        nodes: Vec<Node>,
    },
}

/// A node in a process of its own. When it is dropped, it is stopped.
pub(super) struct Node {
    space: Name,
    folder: PathBuf,
    process: Child,
}

impl Nodes {
    /// One node in `folder`, or as many as there will be spaces, over `server`.
    pub(super) fn start(folder: &Path, server: Option<&str>) -> Result<Self, Failure> {
        let folder = folder.to_owned();
        match server {
            None => {
                let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
                let up = Up::start(&Folder::new(folder.clone()), Config::default(), listen)?;
                Ok(Self::One(folder, up))
            }
            Some(server) => {
                // What is wrong with the server is told before a node is started.
                carriage::must_serve(&Config::with_nats(server), server)?;
                Ok(Self::Each { folder, server: Some(server.to_owned()), nodes: Vec::new() })
            }
        }
    }

    /// As many nodes in `folder` as there will be spaces, with nothing between them.
    pub(super) fn apart(folder: &Path) -> Self {
        Self::Each { folder: folder.to_owned(), server: None, nodes: Vec::new() }
    }

    /// The node on which a space is to be founded.
    pub(super) fn for_new(&mut self, space: &Name) -> Result<PathBuf, Failure> {
        match self {
            Self::One(folder, _) => Ok(folder.clone()),
            Self::Each { folder, server, nodes } => {
                let folder = folder.join(slug(space.as_str()));
                nodes.push(Node::start(space, &folder, server.as_deref())?);
                Ok(folder)
            }
        }
    }

    /// The folder of the node that a space is on.
    pub(super) fn of(&self, space: &Name) -> Option<&Path> {
        match self {
            Self::One(folder, _) => Some(folder),
            Self::Each { nodes, .. } => {
                nodes.iter().find(|node| node.space == *space).map(|node| &*node.folder)
            }
        }
    }

    /// The folders of all nodes.
    pub(super) fn all(&self) -> Vec<PathBuf> {
        match self {
            Self::One(folder, _) => vec![folder.clone()],
            Self::Each { nodes, .. } => nodes.iter().map(|node| node.folder.clone()).collect(),
        }
    }

    /// Stops every node.
    pub(super) fn stop(self) -> Result<(), Failure> {
        match self {
            Self::One(_, up) => up.stop(),
            // The results are collected first: one that fails keeps none of the others up.
            Self::Each { nodes, .. } => {
                let stopped: Vec<_> = nodes.into_iter().map(Node::stop).collect();
                stopped.into_iter().collect()
            }
        }
    }
}

impl Node {
    fn start(space: &Name, folder: &Path, server: Option<&str>) -> Result<Self, Failure> {
        let failed = |why: std::io::Error| {
            let what = format!("the node of {space} cannot be started: {why}");
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
        let mut node = Self { space: space.clone(), folder: folder.to_owned(), process };
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
        let what = format!("the node of {} did not come up: {}", self.space, heard.trim());
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
                    let what = format!("the node of {} ended with {status}", self.space);
                    return Err(Failure::new(code::FAILED, what, "its output says more"));
                }
                Ok(None) => std::thread::sleep(Duration::from_millis(20)),
                Err(_) => break,
            }
        }
        let what = format!("the node of {} did not stop in time and was ended", self.space);
        Err(Failure::new(code::FAILED, what, "nothing that it answered is lost"))
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if matches!(self.process.try_wait(), Ok(None)) {
            let _ = self.process.kill();
            let _ = self.process.wait();
        }
    }
}
