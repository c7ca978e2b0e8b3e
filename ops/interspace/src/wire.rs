//! Where the adapters meet: the only file that knows more than one of them.

use crate::failure::Failure;
use crate::node::carriage::{Carriage, carried};
use crate::node::config::Config;
use crate::node::directory::{Closed, Directory, Opened, Push, ReadPiece, lock};
use crate::node::feed::Feeding;
use crate::node::folder::{Folder, Lock, NodeFile, make, sync_folder, token_file};
use crate::node::owner::{Clocks, Doors, Mail, Owner};
use crate::node::passphrase::Passphrase;
use crate::node::runs::Runs;
use crate::node::store::{Order, open as open_store, push, read_piece, store_thread};
use crate::node::{courier, keys, outputs, tokens};
use api_http::custody::Custody;
use api_http::port::{Carriage as Carried, Lend, Look, Node, Stored, StoredBlock, Trouble};
use engine::command::{Done, Rejection, Request};
use engine::entropy::Entropy;
use engine::log::Fault;
use engine::log::verify::Intact;
use engine::run::{ManualAnswer, Plan};
use engine::space::Space;
use engine::step::Input;
use engine::trust::identity::Seeds;
use engine::trust::refusal::Refusal;
use log_sled::LogSled;
use packages_fs::Packages;
use runner_process::{Control, Runner};
use schema::hash::Hash;
use schema::id::{LinkId, ObjectId, Position, SpaceId};
use schema::latest::{EnvelopeKind, Piece};
use schema::name::Name;
use schema::v1::block::Damage;
use schema::v1::model::Package;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use tokio::runtime::Handle;
use tokio::sync::watch;
use transport_local::{Delivery, Networks};
use transport_nats::{Carrier, Class};

#[cfg(test)]
mod tests;

/// The hidden name under which this binary guards a step.
pub const GUARD: &str = "guard";

/// Mail that waits for an owner; envelopes beyond are lost and sent again.
const MAILBOX: usize = 1024;

/// Runs as the guard of a step.
pub fn guard(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    runner_process::guard::main(arguments)
}

/// A running node.
pub struct Running {
    folder: Folder,
    _lock: Lock,
    clocks: Clocks,
    operator: Hash,
    pub(crate) networks: Networks,
    pub(crate) carriage: Carriage,
    pub(crate) carriers: Mutex<BTreeMap<SpaceId, Arc<Carrier>>>,
    pub(crate) spaces: Directory,
    founding: Mutex<()>,
    /// Held by who changes keys or begins another life of a log.
    pub(crate) rotating: Mutex<()>,
    pub(crate) passphrase: Passphrase,
}

impl Running {
    /// Opens the node in `folder` with all its spaces, and carries for them on `runtime`.
    ///
    /// # Errors
    /// When another node runs there, or a space cannot be opened.
    pub fn open(folder: &Path, config: Config, runtime: Handle) -> Result<Self, Failure> {
        Self::within(Networks::default(), folder, config, runtime)
    }

    /// The same, in networks that other nodes of this process are in, too.
    pub(crate) fn within(
        networks: Networks,
        folder: &Path,
        config: Config,
        runtime: Handle,
    ) -> Result<Self, Failure> {
        let folder = Folder::new(folder.to_owned());
        let lock = folder.lock()?;
        let operator = tokens::ensure(&folder.operator_token())?;
        let node = Self {
            clocks: Clocks::start(),
            operator,
            networks,
            carriage: Carriage::new(config, runtime),
            carriers: Mutex::default(),
            spaces: Directory::default(),
            founding: Mutex::new(()),
            rotating: Mutex::new(()),
            passphrase: Passphrase::default(),
            _lock: lock,
            folder,
        };
        for space in node.folder.spaces()? {
            match LogSled::open(&space.join("log")) {
                Ok(log) => {
                    node.open_space(&space, log)?;
                }
                Err(fault @ Fault::RolledBack { .. }) => node.leave_closed(&space, fault)?,
                Err(fault) => return Err(fault.into()),
            }
        }
        Ok(node)
    }

    /// Lets the command line find the interface.
    pub(crate) fn announce(&self, address: String) -> Result<(), Failure> {
        let (config, nats) = self.carriage.origin();
        let process = std::process::id();
        self.folder.write_node_file(&NodeFile { address, process, config, nats })
    }

    /// Stops every space: what runs is ended, every log is closed, what was sent leaves.
    ///
    /// # Errors
    /// When a log could not be closed.
    pub fn stop(&self) -> Result<(), Failure> {
        self.folder.remove_node_file();
        let stopped = self.spaces.stop(|id| self.networks.detach(id));
        for carrier in std::mem::take(&mut *lock(&self.carriers)).into_values() {
            self.carriage.end(&carrier);
        }
        stopped.map_err(Failure::from)
    }

    /// Hands something to the engine of a space as it is.
    ///
    /// # Errors
    /// When the space is closed.
    pub fn input(&self, space: &SpaceId, input: Input) -> Result<(), Trouble> {
        self.spaces.tell(space, Mail::Input(input))
    }

    pub(crate) fn open_space(&self, folder: &Path, log: LogSled) -> Result<SpaceId, Failure> {
        let secrets = keys::read(&folder.join("keys"), &self.passphrase)?;
        let space = Space::open(log, &secrets, entropy()?, self.clocks.now());
        let space = self.with_at_rest(space?, &folder.join("keys"))?;
        let name = space.engine().identity().name().clone();
        let id = space.engine().identity().space();
        for part in ["environments", "outputs", "tokens"] {
            make(&folder.join(part))?;
        }
        let packages = Arc::new(open_store(&folder.join("packages"))?);
        let (mailbox, receiver) = sync_channel(MAILBOX);
        let runs = Runs::default();
        let feed = self.carriage.feed(&name)?;
        let fed = feed.is_some();
        let carrier = self.carriage.carrier(&name, id, mailbox.clone())?.map(Arc::new);
        let doors = SpaceDoors {
            name: name.clone(),
            keys: folder.join("keys"),
            networks: self.networks.clone(),
            carrier: carrier.clone(),
            runner: Arc::new(outputs::runner(folder, GUARD, mailbox.clone())?),
            packages: Arc::clone(&packages),
            feed: feed.map(|feed| Feeding::start(feed, &packages, mailbox.clone())),
            store: store_thread(Arc::clone(&packages), mailbox.clone(), fed),
            reads: store_thread(Arc::clone(&packages), mailbox.clone(), fed),
            mailbox: mailbox.clone(),
            runs: runs.clone(),
        };
        let owner = Owner::new(space, doors, self.clocks, receiver);
        let (closed, watched) = (Closed::default(), owner.watched());
        let thread = own(name.clone(), owner, closed.clone(), runs.clone(), carrier.clone());
        let inbox = mailbox.clone();
        let deliver = move |delivery| {
            let mail = match delivery {
                Delivery::Envelope(envelope) => Mail::Envelope { envelope, durable: None },
                Delivery::Connected(peer) => Mail::Input(Input::Connected(peer)),
            };
            inbox.try_send(mail).is_ok()
        };
        self.networks.attach(id, deliver);
        lock(&self.carriers).extend(carrier.map(|carrier| (id, carrier)));
        for envelope in courier::kept(&folder.join("courier")) {
            // What the mailbox has no room for is said again.
            let _ = mailbox.try_send(Mail::Envelope { envelope, durable: None });
        }
        let stored = Arc::clone(&packages);
        let read: ReadPiece = Arc::new(move |object, at| read_piece(&stored, object, at));
        let push: Push = Arc::new(move |bytes: &mut dyn Read| push(&packages, bytes));
        let (owner, folder) = (Some(thread), folder.to_owned());
        let opened = Opened { name, folder, mailbox, runs, closed, owner, push, read, watched };
        self.spaces.add(id, opened);
        Ok(id)
    }

    fn found_space(&self, name: &Name) -> Result<SpaceId, Failure> {
        // One at a time: they share the folder in which a space is made.
        let _alone = self.founding.lock().unwrap_or_else(PoisonError::into_inner);
        // A space that could not be opened would stay behind, and the node would not start again.
        self.carriage.check(name)?;
        let seeds = Seeds::draw(&mut entropy()?);
        let unfinished = self.folder.path().join("spaces/.founding");
        // What an earlier founding left behind was never a space.
        let _ = std::fs::remove_dir_all(&unfinished);
        make(&unfinished)?;
        keys::write(&unfinished.join("keys"), &seeds)?;
        let make_log = |incarnation| LogSled::create(&unfinished.join("log"), incarnation);
        let space = Space::found(name, &seeds, entropy()?, self.clocks.now(), make_log)?;
        let id = space.engine().identity().space();
        space.into_log().close()?;
        let finished = self.folder.of_space(name, &id);
        std::fs::rename(&unfinished, &finished)
            .map_err(|why| Failure::io("making the folder", &finished, &why))?;
        // Nobody is told of the space before its name is durable.
        sync_folder(&self.folder.path().join("spaces"))?;
        self.open_space(&finished, LogSled::open(&finished.join("log"))?)
    }
}

impl Node for Running {
    fn spaces(&self) -> Vec<(SpaceId, Name)> {
        self.spaces.all()
    }

    fn found(&self, name: &Name) -> Result<SpaceId, Trouble> {
        if self.spaces().iter().any(|(_, known)| known == name) {
            return Err(Trouble::Conflict(format!("this node has a space called {name}")));
        }
        self.found_space(name).map_err(|failure| Trouble::Failed(failure.what))
    }

    fn ask(&self, space: &SpaceId, request: Request) -> Result<Result<Done, Rejection>, Trouble> {
        self.spaces.call(space, |answer| Mail::Ask(Box::new(request), answer))
    }

    fn look(&self, space: &SpaceId, look: Look) -> Result<(), Trouble> {
        self.spaces.tell(space, Mail::Look(look))
    }

    fn watch(&self, space: &SpaceId) -> Result<watch::Receiver<u64>, Trouble> {
        self.spaces.with(space, |opened| opened.watched.clone())
    }

    fn push(&self, space: &SpaceId, bytes: &mut dyn Read) -> Result<Stored, Trouble> {
        self.spaces.with(space, |opened| Arc::clone(&opened.push))?(bytes)
    }

    fn verify(&self, space: &SpaceId) -> Result<Result<Intact, Damage>, Trouble> {
        self.spaces.call(space, Mail::Verify)
    }

    fn blocks(
        &self,
        space: &SpaceId,
        from: Position,
        until: Position,
    ) -> Result<Vec<StoredBlock>, Trouble> {
        let read = self.spaces.call(space, |answer| Mail::Blocks(from, until, answer))?;
        read.map_err(|damage| Trouble::Failed(format!("the log is damaged at {damage}")))
    }

    fn tokens(&self, space: &SpaceId, people: &[Name]) -> Result<Vec<(Name, Hash)>, Trouble> {
        let folder = self.spaces.with(space, |opened| opened.folder.clone())?;
        let token = |name: &Name| {
            let hash = tokens::ensure(&token_file(&folder, name));
            hash.map(|hash| (name.clone(), hash)).map_err(|failure| Trouble::Failed(failure.what))
        };
        people.iter().map(token).collect()
    }

    fn forget(&self, space: &SpaceId, people: &[Name]) -> Result<(), Trouble> {
        let folder = self.spaces.with(space, |opened| opened.folder.clone())?;
        let discard = |name: &Name| tokens::discard(&token_file(&folder, name));
        people.iter().try_for_each(discard).map_err(|failure| Trouble::Failed(failure.what))
    }

    fn carriage(&self, space: &SpaceId) -> Option<Carried> {
        let carrier = lock(&self.carriers).get(space).cloned();
        carrier.map(|carrier| carried(carrier.status()))
    }

    fn lend(&self, space: &SpaceId, peer: &SpaceId, what: Lend) -> Result<Vec<Vec<u8>>, Trouble> {
        self.spaces.call(space, |answer| Mail::Lend(*peer, what, answer))
    }

    fn piece(&self, space: &SpaceId, object: ObjectId, at: u64) -> Result<Option<Piece>, Trouble> {
        self.spaces.with(space, |opened| Arc::clone(&opened.read))?(object, at)
    }

    fn take(
        &self,
        space: &SpaceId,
        envelopes: Vec<Vec<u8>>,
    ) -> Result<Vec<Option<Refusal>>, Trouble> {
        let folder = self.spaces.with(space, |opened| opened.folder.join("courier"))?;
        let brought = envelopes.clone();
        let refused = self.spaces.call(space, |answer| Mail::Take(envelopes, answer))?;
        let kept = courier::keep(&folder, &brought, &refused);
        kept.map_err(|failure| Trouble::Failed(failure.what))?;
        Ok(refused)
    }

    fn custody(&self) -> Option<&dyn Custody> {
        Some(self)
    }

    fn operator(&self) -> Hash {
        self.operator
    }

    fn output(&self, space: &SpaceId, deployment: Position) -> Option<String> {
        let folder = self.spaces.with(space, |opened| opened.folder.join("outputs")).ok()?;
        outputs::read(&folder, deployment)
    }
}

/// What the owner of one space does outside.
struct SpaceDoors {
    name: Name,
    keys: PathBuf,
    networks: Networks,
    /// The way to spaces that are not on this node.
    carrier: Option<Arc<Carrier>>,
    runner: Arc<Runner>,
    packages: Arc<Packages>,
    /// Where packages come from, if not from who sent the release.
    feed: Option<Feeding>,
    store: SyncSender<Order>,
    /// What peers want to read has a queue of its own: they cannot hold up what we store.
    reads: SyncSender<Order>,
    mailbox: SyncSender<Mail>,
    runs: Runs,
}

impl SpaceDoors {
    fn order(&self, order: Order) {
        // A store that is busy loses orders; they are asked for again.
        let _ = self.store.try_send(order);
    }
}

impl Doors for SpaceDoors {
    fn send(&self, peer: &SpaceId, kind: EnvelopeKind, envelope: Vec<u8>) {
        // Lost envelopes are sent again.
        let _ = match &self.carrier {
            Some(carrier) if !self.networks.reaches(peer) => {
                carrier.send(peer, Class::of(kind), envelope)
            }
            Some(_) | None => self.networks.send(peer, envelope),
        };
    }

    fn peers(&self, peers: BTreeSet<SpaceId>, guests: BTreeSet<Option<SpaceId>>) {
        if let Some(carrier) = &self.carrier {
            carrier.peers(peers);
            carrier.awaits(guests);
        }
    }

    fn run(&self, plan: Plan) {
        let (runner, packages) = (Arc::clone(&self.runner), Arc::clone(&self.packages));
        let (mailbox, runs) = (self.mailbox.clone(), self.runs.clone());
        let deployment = plan.deployment;
        let run = move |control: &Control| {
            let report = runner.run(&plan, &|package| packages.path(&package.object), control);
            // A stop of the node is seen at the next start, from the log.
            if !runs.is_stopped() {
                let _ = mailbox.send(Mail::Input(Input::Ended { deployment, report }));
            }
        };
        if let Err(why) = self.runs.begin(deployment, run) {
            self.alarm(&format!("a deployment could not be started: {why}"));
        }
    }

    fn cancel(&self, deployment: Position) {
        self.runs.cancel(deployment);
    }

    fn answer(&self, deployment: Position, answer: ManualAnswer) {
        self.runs.answer(deployment, answer);
    }

    fn look(&self, object: ObjectId, size: u64, called: Vec<Package>) {
        self.order(Order::Look(object, size));
        if let Some(feed) = &self.feed {
            feed.want(object, called);
        }
    }

    fn store(&self, piece: Piece) {
        self.order(Order::Store(piece));
    }

    fn discard(&self, object: ObjectId, size: u64) {
        self.order(Order::Discard(object, size));
    }

    fn read_piece(&self, link: LinkId, object: ObjectId, offset: u64) {
        // Reads beyond are lost; whoever wants them asks again.
        let _ = self.reads.try_send(Order::Read(link, object, offset));
    }

    fn forget_keys(&self, number: u32) {
        match keys::forget_before(&self.keys, number) {
            Ok(()) => tracing::info!(space = %self.name, number, "earlier keys are forgotten"),
            Err(failure) => self.alarm(&failure.to_string()),
        }
    }

    fn alarm(&self, what: &str) {
        tracing::error!(space = %self.name, "{what}");
    }
}

/// Runs the owner of a space on a thread of its own, and closes its log when it stops.
fn own(
    name: Name,
    owner: Owner<LogSled, SpaceDoors>,
    closed: Closed,
    runs: Runs,
    carrier: Option<Arc<Carrier>>,
) -> JoinHandle<Result<(), Fault>> {
    std::thread::spawn(move || {
        let result = owner.run().and_then(LogSled::close);
        if let Err(fault) = &result {
            // What runs for a space that cannot log its end is ended.
            runs.stop();
            tracing::error!(space = %name, %fault, "the space is closed");
            // What comes for it stays where it is.
            if let Some(carrier) = carrier {
                carrier.peers(BTreeSet::new());
            }
            closed.because(fault);
        }
        result
    })
}

pub(crate) fn entropy() -> Result<Entropy, Failure> {
    Ok(Entropy::from_seed(crate::client::random()?))
}
