//! `up`: runs a node until it is told to stop.

use crate::cli::{self, Options};
use crate::failure::{Failure, code};
use crate::node::config::Config;
use crate::node::folder::Folder;
use crate::output::Output;
use crate::wire::Running;
use api_http::port::Node;
use api_http::server::Server;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{oneshot, watch};
use transport_local::Networks;

/// A node with its interface, on threads of its own.
pub(crate) struct Up {
    node: Arc<Running>,
    pub(crate) address: SocketAddr,
    stop: watch::Sender<bool>,
    runtime: Runtime,
    serving: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Up {
    /// Opens the node and lets the command line find it.
    pub(crate) fn start(
        folder: &Folder,
        config: Config,
        listen: SocketAddr,
    ) -> Result<Self, Failure> {
        Self::within(Networks::default(), folder, config, listen)
    }

    /// The same, in networks that other nodes of this process are in, too.
    pub(crate) fn within(
        networks: Networks,
        folder: &Folder,
        config: Config,
        listen: SocketAddr,
    ) -> Result<Self, Failure> {
        let failed = |why: std::io::Error| Failure::new(code::FAILED, why, "try again");
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.map_err(failed)?;
        let handle = runtime.handle().clone();
        let node = Arc::new(Running::within(networks, folder.path(), config, handle)?);
        let server = Server::bind(listen).map_err(|why| {
            let what = format!("the interface cannot listen on {listen}: {why}");
            Failure::new(code::FAILED, what, "choose another --listen on 127.0.0.1")
        })?;
        let address = server.address;
        let (stop, stopped) = watch::channel(false);
        let served: Arc<dyn Node> = Arc::clone(&node) as Arc<dyn Node>;
        let serving = runtime.spawn(server.run(served, stopped));
        node.announce(address.to_string())?;
        Ok(Self { node, address, stop, runtime, serving })
    }

    /// Waits for Ctrl-C or the end that a service manager asks for.
    pub(crate) fn wait(&self) -> Result<(), Failure> {
        let mut told = ToldToStop::listen(&self.runtime)?;
        self.runtime.block_on(told.wait());
        Ok(())
    }

    /// The same, or until standard input ends, whichever comes first.
    fn wait_while_open(&self, told: &mut ToldToStop) {
        let (closed, end) = oneshot::channel::<()>();
        // Nobody waits for this thread: it may never end.
        std::thread::spawn(move || {
            let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
            drop(closed);
        });
        self.runtime.block_on(async {
            tokio::select! {
                () = told.wait() => {}
                _ = end => {}
            }
        });
    }

    /// Stops: answers what is under way, ends what runs, closes every log.
    pub(crate) fn stop(self) -> Result<(), Failure> {
        let _ = self.stop.send(true);
        let stopped = self.node.stop();
        let _ = self.runtime.block_on(async {
            tokio::time::timeout(std::time::Duration::from_secs(5), self.serving).await
        });
        self.runtime.shutdown_timeout(std::time::Duration::from_secs(1));
        stopped
    }
}

/// Ctrl-C, or the end that a service manager asks for. From `listen` on neither ends the process by
/// itself, and one that comes before anybody waits is kept.
struct ToldToStop {
    interrupt: Signal,
    terminate: Signal,
}

impl ToldToStop {
    /// Begins to listen.
    fn listen(runtime: &Runtime) -> Result<Self, Failure> {
        let _within = runtime.enter();
        let hear = |kind| signal(kind).map_err(|why| Failure::new(code::FAILED, why, "try again"));
        Ok(Self {
            interrupt: hear(SignalKind::interrupt())?,
            terminate: hear(SignalKind::terminate())?,
        })
    }

    /// Ends with the first of them.
    async fn wait(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Waits for Ctrl-C in a process that runs no node itself.
pub(crate) fn wait_for_the_end() -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|why| Failure::new(code::FAILED, why, "try again"))?;
    let mut told = ToldToStop::listen(&runtime)?;
    runtime.block_on(told.wait());
    Ok(())
}

/// Runs a node until Ctrl-C.
pub(super) fn run(options: &Options, how: &cli::Up, out: &mut Output) -> Result<(), Failure> {
    let config = how.config.as_deref().map_or_else(|| Ok(Config::default()), Config::read)?;
    let config = config.or_nats(how.nats.as_deref());
    let folder = match (&options.dir, &config.dir) {
        (None, Some(dir)) => Folder::new(dir.clone()),
        (Some(_), _) | (None, None) => Folder::of(options)?,
    };
    let listen = how.listen.or(config.listen);
    let listen = listen.unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    let path = folder.path().display().to_string();
    let up = Up::start(&folder, config, listen)?;
    // Whoever reads that the node is up may ask for its end at once, and gets an orderly one. Not
    // sooner: Ctrl-C must end a question for a passphrase.
    let mut told = ToldToStop::listen(&up.runtime)?;
    out.say(&format!("the node in {path} is up, its interface is at http://{}", up.address));
    if !how.until_closed {
        introduce(&up, &path, out);
    }
    if how.until_closed {
        up.wait_while_open(&mut told);
    } else {
        up.runtime.block_on(told.wait());
        out.say("stopping");
    }
    up.stop()
}

/// Says what there is, and what to do first.
fn introduce(up: &Up, path: &str, out: &mut Output) {
    let spaces = up.node.spaces();
    if spaces.is_empty() {
        out.say("it has no spaces yet: `interspace space create NAME`");
    }
    for (id, name) in spaces {
        out.say(&format!("  {name}  {}", id.short()));
    }
    out.say(&format!("its pages: `interspace open --dir {path}` gives a link that signs you in"));
}
