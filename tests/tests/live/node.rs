//! A node: a process that runs until it is stopped or killed.

use crate::command::{PATIENCE, Said, bare, binary, code, interspace, run, wait};
use crate::processes;
use rustix::process::Signal;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;

/// What a node says when the command line can find it.
const UP: &str = "its interface is at http://";

/// A node that is up. When it is dropped it is killed.
pub(crate) struct Node {
    child: Child,
    lines: Receiver<String>,
    said: String,
    pub(crate) folder: PathBuf,
    pub(crate) address: String,
}

impl Node {
    /// Starts a node that must come up.
    pub(crate) fn start(folder: &Path) -> Self {
        Self::try_start(folder).unwrap_or_else(|said| panic!("the node did not start: {said:?}"))
    }

    /// Starts a node, or says how it ended instead.
    pub(crate) fn try_start(folder: &Path) -> Result<Self, Said> {
        let mut command = Command::new(binary());
        bare(&mut command).arg("up").arg("--dir").arg(folder);
        Self::from(command, folder)
    }

    /// The node that `command` starts.
    pub(crate) fn from(mut command: Command, folder: &Path) -> Result<Self, Said> {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = listen(&mut child);
        let (folder, address) = (folder.to_owned(), String::new());
        let mut node = Self { child, lines, said: String::new(), folder, address };
        match node.hear(UP) {
            Some(line) => {
                node.address = line.rsplit_once(UP).expect("it was heard").1.to_owned();
                Ok(node)
            }
            None => Err(node.ended()),
        }
    }

    /// A demo that goes on after its story. Its story is long, so all of it is heard.
    pub(crate) fn of_demo(mut command: Command, folder: &Path) -> Self {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = listen(&mut child);
        let (folder, address) = (folder.to_owned(), String::new());
        let mut demo = Self { child, lines, said: String::new(), folder, address };
        demo.hear("Ctrl-C stops it").unwrap_or_else(|| panic!("{:?}", demo.ended()));
        demo
    }

    /// What it said so far.
    pub(crate) fn said(&self) -> &str {
        &self.said
    }

    /// The next line that says `word`; none when the node ends without.
    fn hear(&mut self, word: &str) -> Option<String> {
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => {
                    self.said.push_str(&line);
                    self.said.push('\n');
                    if line.contains(word) {
                        return Some(line);
                    }
                }
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) => panic!("no {word:?} in: {}", self.said),
            }
        }
    }

    /// How it ended, and everything that it said.
    fn ended(&mut self) -> Said {
        let status = wait(&mut self.child, &self.folder);
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            self.said.push_str(&line);
            self.said.push('\n');
        }
        Said { code: code(status), out: String::new(), err: std::mem::take(&mut self.said) }
    }

    /// Sends a signal and waits for the end.
    pub(crate) fn end(mut self, signal: Signal) -> Said {
        processes::signal(self.child.id(), signal);
        self.ended()
    }

    /// Stops it in order.
    pub(crate) fn stop(self) {
        let said = self.end(Signal::TERM);
        assert_eq!(said.code, 0, "{said:?}");
    }

    /// Kills it at once.
    pub(crate) fn kill(self) {
        let said = self.end(Signal::KILL);
        assert_eq!(said.code, -9, "it had ended by itself: {said:?}");
    }

    /// A command to this node.
    pub(crate) fn run(&self, arguments: &[&str]) -> Said {
        run(interspace(arguments).arg("--dir").arg(&self.folder))
    }
}

/// The lines that a process says to people.
fn listen(child: &mut Child) -> Receiver<String> {
    let pipe = BufReader::new(child.stderr.take().expect("it was asked for"));
    let (sender, lines) = channel();
    thread::spawn(move || pipe.lines().map_while(Result::ok).try_for_each(|l| sender.send(l)));
    lines
}

impl Drop for Node {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|ended| ended.is_none()) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
