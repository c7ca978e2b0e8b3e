//! The process that is a node with one space: the very node that is shipped.

use crate::Failure;
use crate::entries::{ENTRY_BYTES, published};
use crate::wire::appended::Appended;
use crate::wire::clock::now_ns;
use crate::wire::part;
use api_http::port::Node as _;
use engine::command::{Command, Request};
use engine::decide::configuration::OPERATOR;
use engine::engine::Engine;
use engine::step::Input;
use engine::traffic::Traffic;
use interspace::{Config, Running};
use schema::id::{CommandId, LinkId, SpaceId};
use schema::latest::model::Grant;
use schema::latest::{Actor, Event};
use schema::name::Name;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};

/// Events that are written at once, and so are in one block.
pub(crate) const BLOCK_EVENTS: u64 = 256;

/// Between two looks at a space while many events are under way.
const PAUSE: Duration = Duration::from_millis(1);

/// Nothing that is waited for takes longer.
const WAIT_MAX: Duration = Duration::from_secs(300);

/// What it is told.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Order {
    /// Runs the node in a folder; without a server it reaches nobody.
    Open { folder: PathBuf, name: String, server: Option<String> },
    /// Trusts a space.
    Trust(String),
    /// Writes so many events for the peer.
    Write(u64),
    /// Waits until the peer answers, and then until all these are folded there.
    Follow(u64),
    /// Writes so many events and waits until they are folded at the peer.
    Live(u64),
    /// Hears from now on what is appended here.
    Listen,
    /// Writes one event for the peer.
    WriteOne,
    /// Waits until one of the peer is folded here.
    FoldOne,
    /// Waits until the peer answers.
    Meet,
    /// Stops the node.
    Close,
}

/// What came of it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Told {
    /// When it began.
    pub(crate) began_ns: u64,
    /// When it was true.
    pub(crate) ended_ns: u64,
    /// The certificate of the space, with its offer.
    pub(crate) certificate: String,
}

/// Plays the part.
pub(crate) fn play() -> Result<(), Failure> {
    // As many as a node has that is started by hand.
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let mut node: Option<Node> = None;
    part::play(|order| {
        if let Order::Open { folder, name, server } = order {
            let opened = Node::open(&runtime, &folder, &name, server.as_deref())?;
            let certificate = opened.certificate()?;
            node = Some(opened);
            return Ok(Told { certificate, ..Told::default() });
        }
        if matches!(order, Order::Close) {
            let stopped = node.take().map_or(Ok(()), |node| node.running.stop());
            stopped.map_err(|why| format!("{why:?}"))?;
            return Ok(Told::default());
        }
        node.as_mut().ok_or("the node is not open")?.act(&order)
    })
}

struct Node {
    running: Running,
    space: SpaceId,
    appended: Option<Appended>,
}

impl Node {
    fn open(
        runtime: &Runtime,
        folder: &Path,
        name: &str,
        server: Option<&str>,
    ) -> Result<Self, Failure> {
        std::fs::create_dir_all(folder)?;
        let config = server.map_or_else(Config::default, Config::with_nats);
        let running = Running::open(folder, config, runtime.handle().clone());
        let running = running.map_err(|why| format!("{why:?}"))?;
        let known = running.spaces().first().map(|(space, _)| *space);
        let found = || {
            running
                .found(&name.parse::<Name>().map_err(|why| why.to_string())?)
                .map_err(|why| format!("{why:?}"))
        };
        let space = known.map_or_else(found, Ok)?;
        Ok(Self { running, space, appended: None })
    }

    fn act(&mut self, order: &Order) -> Result<Told, Failure> {
        let mut told = Told { began_ns: now_ns(), ..Told::default() };
        told.ended_ns = match order {
            Order::Trust(certificate) => self.trust(certificate)?,
            Order::Write(events) => self.write(*events)?,
            Order::Live(events) => {
                self.write(*events)?;
                self.until(is_folded, *events)?.at_ns
            }
            Order::Meet => self.until(answers, 0)?.at_ns,
            Order::Follow(events) => {
                // Nothing was sent before the last look at which there was no answer.
                told.began_ns = self.until(answers, 0)?.before_ns;
                self.until(is_folded, *events)?.at_ns
            }
            Order::Listen => {
                self.appended = Some(Appended::hear()?);
                now_ns()
            }
            Order::WriteOne => {
                self.write(1)?;
                self.appended()?.next_ns()?
            }
            Order::FoldOne => self.appended()?.next_ns()?,
            Order::Open { .. } | Order::Close => told.began_ns,
        };
        Ok(told)
    }

    fn appended(&self) -> Result<&Appended, Failure> {
        self.appended.as_ref().ok_or_else(|| "nobody listens to the node".into())
    }

    fn certificate(&self) -> Result<String, Failure> {
        let certificate = self.look(|engine| engine.state().certificate())?;
        Ok(certificate.ok_or("the space has no certificate")?.write())
    }

    fn trust(&self, certificate: &str) -> Result<u64, Failure> {
        let command = Command::Trust {
            certificate: certificate.to_owned(),
            name: None,
            grants: vec![Grant::AcceptResults],
        };
        let actor = Actor::Person(OPERATOR.parse::<Name>()?);
        let request = Request { id: CommandId([1; 16]), actor, token: None, command };
        let answer = self.running.ask(&self.space, request);
        answer.map_err(|why| format!("{why:?}"))??;
        Ok(now_ns())
    }

    /// Writes events in blocks, each of them when the one before is durable, and gives the time at
    /// which the last was.
    fn write(&self, events: u64) -> Result<u64, Failure> {
        let link = self.link()?;
        let block = (0..BLOCK_EVENTS.min(events)).map(|number| event(link, number));
        let block = block.collect::<Result<Vec<_>, _>>()?;
        let (mut left, mut durable_ns) = (events, now_ns());
        while left > 0 {
            let count = left.min(BLOCK_EVENTS);
            let events = block[..usize::try_from(count)?].to_vec();
            let written = self.running.input(&self.space, Input::Written { link, events });
            written.map_err(|why| format!("{why:?}"))?;
            // A look that comes after it sees what is durable.
            durable_ns = self.look(|_| now_ns())?;
            left -= count;
        }
        Ok(durable_ns)
    }

    fn link(&self) -> Result<LinkId, Failure> {
        let link = self.look(|engine| engine.traffic().keys().next().copied())?;
        link.ok_or_else(|| "the space trusts nobody".into())
    }

    /// Looks at the link until it is as `holds` says of a number.
    fn until(&self, holds: fn(&Traffic, u64) -> bool, number: u64) -> Result<Seen, Failure> {
        let began = Instant::now();
        let mut before_ns = now_ns();
        loop {
            let see = move |engine: &Engine| {
                let mut links = engine.traffic().values();
                (links.next().is_some_and(|traffic| holds(traffic, number)), now_ns())
            };
            let (held, at_ns) = self.look(see)?;
            if held {
                return Ok(Seen { before_ns, at_ns });
            }
            if began.elapsed() > WAIT_MAX {
                let stand =
                    self.look(|engine| format!("{:?}", engine.traffic().values().next()))?;
                return Err(format!("{number} were waited for in vain: {stand}").into());
            }
            before_ns = at_ns;
            std::thread::sleep(PAUSE);
        }
    }

    fn look<T: Send + 'static>(
        &self,
        see: impl FnOnce(&Engine) -> T + Send + 'static,
    ) -> Result<T, Failure> {
        let (sender, seen) = channel();
        let look = move |engine: &Engine, _| {
            // Who looks waits.
            let _ = sender.send(see(engine));
        };
        self.running.look(&self.space, Box::new(look)).map_err(|why| format!("{why:?}"))?;
        Ok(seen.recv()?)
    }
}

/// Looks between which something became true.
struct Seen {
    /// The last at which it was not.
    before_ns: u64,
    /// The first at which it was.
    at_ns: u64,
}

/// Whether the peer has answered since the node was opened.
fn answers(traffic: &Traffic, _: u64) -> bool {
    traffic.outbox.answered()
}

/// Whether so many are durable and folded at the peer, as it has acknowledged.
fn is_folded(traffic: &Traffic, events: u64) -> bool {
    traffic.outbox.acknowledged().0 >= events && traffic.outbox.applied().0 >= events
}

fn event(link: LinkId, number: u64) -> Result<Event, Failure> {
    Ok(published(link, number, ENTRY_BYTES)?.event()?)
}
