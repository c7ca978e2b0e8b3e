//! A server of NATS: a process with a port and a store of its own, ended when it is dropped.

use async_nats::jetstream::{self, Context};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use transport_nats::Settings;

pub(crate) struct Server {
    child: Option<Child>,
    port: u16,
    folder: TempDir,
}

impl Server {
    /// One that lets everybody in.
    pub(crate) fn start() -> Self {
        Self::configured("")
    }

    /// One with more in its configuration.
    pub(crate) fn configured(more: &str) -> Self {
        let mut server = Self::absent();
        server.configure(more);
        server.run();
        server
    }

    /// A place where a server may come to be.
    pub(crate) fn absent() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = Self { child: None, port: free_port(), folder };
        server.configure("");
        server
    }

    /// A file in its folder.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn configure(&self, more: &str) {
        let store = self.file("store");
        let jetstream = if more.contains("no jetstream") {
            String::new()
        } else {
            format!("jetstream {{ store_dir: \"{}\" }}\n", store.display())
        };
        let text = format!("listen: \"127.0.0.1:{}\"\n{jetstream}{more}\n", self.port);
        fs::write(self.file("server.conf"), text).unwrap();
    }

    /// Reads the configuration anew.
    pub(crate) fn reload(&self) {
        self.signal(Signal::HUP);
    }

    pub(crate) fn run(&mut self) {
        let program = std::env::var("NATS_SERVER").unwrap_or_else(|_| "nats-server".to_owned());
        let trace =
            fs::OpenOptions::new().create(true).append(true).open(self.file("server.out")).unwrap();
        let child = Command::new(program)
            .arg("-c")
            .arg(self.file("server.conf"))
            .stdin(Stdio::null())
            .stdout(trace.try_clone().unwrap())
            .stderr(trace)
            .spawn()
            .expect("nats-server, from NATS_SERVER or the path");
        self.child = Some(child);
        let began = Instant::now();
        while !self.greets() {
            assert!(began.elapsed() < Duration::from_secs(20), "no server: {}", self.said());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn greets(&self) -> bool {
        let Ok(stream) = TcpStream::connect(("127.0.0.1", self.port)) else { return false };
        stream.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
        let mut line = String::new();
        let read = BufReader::new(stream).read_line(&mut line);
        read.is_ok() && line.starts_with("INFO ")
    }

    /// What it wrote.
    pub(crate) fn said(&self) -> String {
        fs::read_to_string(self.file("server.out")).unwrap_or_default()
    }

    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Everything that it kept is gone.
    pub(crate) fn wipe(&self) {
        fs::remove_dir_all(self.file("store")).unwrap();
    }

    /// Returns when it does nothing any more: a signal is sent before it is obeyed.
    pub(crate) fn freeze(&self) {
        self.signal(Signal::STOP);
        let began = Instant::now();
        while !self.is_frozen() {
            assert!(began.elapsed() < Duration::from_secs(20), "it does not freeze");
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Whether each of its threads is stopped.
    fn is_frozen(&self) -> bool {
        let id = self.child.as_ref().expect("a server that runs").id();
        let threads = fs::read_dir(format!("/proc/{id}/task")).unwrap();
        threads.flatten().all(|thread| {
            let state = fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
            state.rsplit(") ").next().is_some_and(|state| state.starts_with('T'))
        })
    }

    pub(crate) fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        let id = self.child.as_ref().expect("a server that runs").id();
        let id = i32::try_from(id).ok().and_then(Pid::from_raw).unwrap();
        kill_process(id, signal).unwrap();
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn address(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    pub(crate) fn settings(&self) -> Settings {
        Settings::plain(&self.address())
    }

    /// As an operator sees it.
    pub(crate) async fn operator(&self) -> Context {
        jetstream::new(async_nats::connect(self.address()).await.unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A port outside of those from which the system takes one for a connection: a server that is
/// started again finds it free.
fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = u16::try_from(std::process::id() % 10_000).unwrap();
    loop {
        let port = 20_000 + (first + NEXT.fetch_add(7, Ordering::Relaxed)) % 12_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
