//! A real server of NATS, and roads to it that can be cut, or fall silent and stay open.

use crate::command::eventually;
use std::collections::VecDeque;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use tempfile::TempDir;

/// A server in a process of its own. When it is dropped it is killed.
pub(crate) struct Server {
    folder: TempDir,
    port: u16,
    child: Option<Child>,
}

impl Server {
    pub(crate) fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut server = Self { folder: TempDir::new().unwrap(), port, child: None };
        server.run();
        server
    }

    /// Starts it again, with the store that it left.
    pub(crate) fn run(&mut self) {
        let program = std::env::var_os("NATS_SERVER").unwrap_or_else(|| "nats-server".into());
        let (port, store) = (self.port, self.store());
        self.child = Some(eventually("a server", || {
            let mut child = Command::new(&program)
                .args(["-js", "-a", "127.0.0.1", "-p", &port.to_string(), "-sd"])
                .arg(&store)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("nats-server is on the path, or NATS_SERVER names it");
            loop {
                if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                    return Some(child);
                }
                // Its port may still be somebody's who asked it last.
                if child.try_wait().unwrap().is_some() {
                    return None;
                }
            }
        }));
    }

    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Everything that it kept is gone. It must not run.
    pub(crate) fn wipe(&self) {
        fs::remove_dir_all(self.store()).unwrap();
    }

    pub(crate) fn address(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.folder.path().join("store")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A road to a server. Whatever passes is searched for some words.
pub(crate) struct Road {
    pub(crate) port: u16,
    state: Arc<State>,
}

struct State {
    ended: AtomicBool,
    words: Vec<(Vec<u8>, AtomicBool)>,
    open: Mutex<Vec<(TcpStream, Arc<AtomicBool>)>>,
}

impl Road {
    pub(crate) fn to(server: &Server, words: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let words = words.iter().map(|word| (word.as_bytes().to_vec(), AtomicBool::new(false)));
        let (ended, open) = (AtomicBool::new(false), Mutex::default());
        let state = Arc::new(State { ended, words: words.collect(), open });
        let (this, there) = (Arc::clone(&state), server.port);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if this.ended.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(server) = TcpStream::connect(("127.0.0.1", there)) else { continue };
                let silent = Arc::new(AtomicBool::new(false));
                let ends = [&client, &server].map(|end| end.try_clone().unwrap());
                let mut open = this.open.lock().unwrap();
                open.extend(ends.into_iter().map(|end| (end, Arc::clone(&silent))));
                drop(open);
                let (from, to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                carry(&this, &silent, from, to);
                carry(&this, &silent, server, client);
            }
        });
        Self { port, state }
    }

    /// Closes every connection.
    pub(crate) fn cut(&self) {
        for (end, _) in self.state.open.lock().unwrap().drain(..) {
            let _ = end.shutdown(Shutdown::Both);
        }
    }

    /// Nothing passes any more on the connections that are open, and none is closed: each side
    /// believes that the other is there.
    pub(crate) fn fall_silent(&self) {
        for (_, silent) in self.state.open.lock().unwrap().iter() {
            silent.store(true, Ordering::SeqCst);
        }
    }

    /// Whether this passed, in clear.
    pub(crate) fn has_seen(&self, word: &str) -> bool {
        let (_, seen) =
            self.state.words.iter().find(|(known, _)| known == word.as_bytes()).expect("searched");
        seen.load(Ordering::SeqCst)
    }
}

impl Drop for Road {
    fn drop(&mut self) {
        self.state.ended.store(true, Ordering::SeqCst);
        self.cut();
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

fn carry(state: &Arc<State>, silent: &Arc<AtomicBool>, mut from: TcpStream, mut to: TcpStream) {
    let (state, silent) = (Arc::clone(state), Arc::clone(silent));
    thread::spawn(move || {
        let mut bytes = [0; 64 * 1024];
        let mut searched = Searched::default();
        while let Ok(count @ 1..) = from.read(&mut bytes) {
            if silent.load(Ordering::SeqCst) {
                continue;
            }
            searched.see(&bytes[..count], &state.words);
            if to.write_all(&bytes[..count]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Both);
    });
}

/// The end of what was seen: a word may be cut in two.
#[derive(Default)]
struct Searched(VecDeque<u8>);

impl Searched {
    fn see(&mut self, bytes: &[u8], words: &[(Vec<u8>, AtomicBool)]) {
        self.0.extend(bytes);
        let text = self.0.make_contiguous();
        for (word, seen) in words {
            if !seen.load(Ordering::SeqCst) && holds(text, word) {
                seen.store(true, Ordering::SeqCst);
            }
        }
        let longest = words.iter().map(|(word, _)| word.len()).max().unwrap_or(0);
        let kept = self.0.len().min(longest);
        self.0.drain(..self.0.len() - kept);
    }
}

fn holds(text: &[u8], word: &[u8]) -> bool {
    let first = word[0];
    let starts = text.iter().enumerate().filter(|(_, byte)| **byte == first);
    starts.into_iter().any(|(at, _)| text[at..].starts_with(word))
}

/// Whether any file below a folder holds this, in clear.
pub(crate) fn is_stored(folder: &Path, word: &str) -> bool {
    let Ok(items) = fs::read_dir(folder) else { return false };
    items.flatten().any(|item| {
        let path = item.path();
        match item.file_type() {
            Ok(kind) if kind.is_dir() => is_stored(&path, word),
            _ => fs::read(&path).is_ok_and(|bytes| holds(&bytes, word.as_bytes())),
        }
    })
}
