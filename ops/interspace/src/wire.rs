//! Where the adapters meet: the only file that knows more than one of them.

use crate::failure::{Failure, code};
use crate::node::directory::{Closed, Directory, Opened, Push, Runs, lock};
use crate::node::folder::{Folder, Lock, NodeFile, make, token_file};
use crate::node::owner::{Clocks, Doors, Mail, Owner, verify};
use crate::node::{keys, outputs, tokens};
use api_http::port::{Look, Node, Stored, Trouble};
use engine::command::{Done, Rejection, Request};
use engine::engine::CannotOpen;
use engine::entropy::Entropy;
use engine::fetch::Held;
use engine::log::Fault;
use engine::log::verify::Intact;
use engine::run::Plan;
use engine::space::Space;
use engine::step::Input;
use engine::trust::identity::Seeds;
use log_sled::{FenceMark, LogSled};
use packages_fs::{NotStored, Packages};
use runner_process::{Runner, Settings};
use schema::hash::Hash;
use schema::id::{LinkId, ObjectId, Position, SpaceId};
use schema::latest::Piece;
use schema::name::Name;
use schema::v1::block::Damage;
use std::ffi::OsString;
use std::io::Read;
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use tokio::sync::watch;
use transport_local::{Delivery, Switchboard};

/// The hidden name under which this binary guards a step.
pub(crate) const GUARD: &str = "guard";

/// Mail that waits for an owner; envelopes beyond are lost and sent again.
const MAILBOX: usize = 1024;

/// Orders that wait for a space's store.
const STORE_ORDERS: usize = 256;

/// Runs as the guard of a step.
pub(crate) fn guard(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    runner_process::guard::main(arguments)
}

/// A running node.
pub(crate) struct Running {
    folder: Folder,
    _lock: Lock,
    clocks: Clocks,
    operator: Hash,
    switchboard: Switchboard,
    spaces: Directory,
    founding: Mutex<()>,
}

impl Running {
    /// Opens the node in `folder` with all its spaces.
    pub(crate) fn open(folder: Folder) -> Result<Self, Failure> {
        let lock = folder.lock()?;
        let operator = tokens::ensure(&folder.operator_token())?;
        let node = Self {
            clocks: Clocks::start(),
            operator,
            switchboard: Switchboard::new(),
            spaces: Directory::default(),
            founding: Mutex::new(()),
            _lock: lock,
            folder,
        };
        for space in node.folder.spaces()? {
            node.open_space(&space)?;
        }
        Ok(node)
    }

    /// Lets the command line find the interface.
    pub(crate) fn announce(&self, address: String) -> Result<(), Failure> {
        self.folder.write_node_file(&NodeFile { address, process: std::process::id() })
    }

    /// Stops every space: what runs is ended, every log is closed.
    pub(crate) fn stop(&self) -> Result<(), Failure> {
        self.folder.remove_node_file();
        self.spaces.stop(|id| self.switchboard.detach(id)).map_err(Failure::from)
    }

    fn open_space(&self, folder: &Path) -> Result<SpaceId, Failure> {
        let seeds = keys::read(&folder.join("keys"))?;
        let log = LogSled::open(&folder.join("log"))?;
        let space = Space::open(log, &seeds, entropy()?, self.clocks.now()).map_err(cannot_open)?;
        let name = space.engine().identity().name().clone();
        let id = space.engine().identity().space();
        for part in ["environments", "outputs", "tokens"] {
            make(&folder.join(part))?;
        }
        let packages = Arc::new(Packages::open(&folder.join("packages"))?);
        let (mailbox, receiver) = sync_channel(MAILBOX);
        let cancel = Arc::new(AtomicBool::new(false));
        let runs = Runs::default();
        let doors = SpaceDoors {
            name: name.clone(),
            switchboard: self.switchboard.clone(),
            runner: Arc::new(runner(folder)?),
            packages: Arc::clone(&packages),
            store: store_thread(Arc::clone(&packages), mailbox.clone()),
            reads: store_thread(Arc::clone(&packages), mailbox.clone()),
            mailbox: mailbox.clone(),
            cancel: Arc::clone(&cancel),
            runs: Arc::clone(&runs),
        };
        let owner = Owner::new(space, doors, self.clocks, receiver);
        let (closed, watched) = (Closed::default(), owner.watched());
        let thread = own(name.clone(), owner, closed.clone(), Arc::clone(&cancel));
        let inbox = mailbox.clone();
        let deliver = move |delivery| {
            let mail = match delivery {
                Delivery::Envelope(bytes) => Mail::Envelope(bytes),
                Delivery::Connected(peer) => Mail::Input(Input::Connected(peer)),
            };
            inbox.try_send(mail).is_ok()
        };
        self.switchboard.attach(id, Box::new(deliver));
        let push: Push = Arc::new(move |bytes: &mut dyn Read| push(&packages, bytes));
        let (owner, folder) = (Some(thread), folder.to_owned());
        let opened = Opened { name, folder, mailbox, cancel, runs, closed, owner, push, watched };
        self.spaces.add(id, opened);
        Ok(id)
    }

    fn found_space(&self, name: &Name) -> Result<SpaceId, Failure> {
        // One at a time: they share the folder in which a space is made.
        let _alone = self.founding.lock().unwrap_or_else(PoisonError::into_inner);
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
        self.open_space(&finished)
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

    fn tokens(&self, space: &SpaceId, people: &[Name]) -> Result<Vec<(Name, Hash)>, Trouble> {
        let folder = self.spaces.with(space, |opened| opened.folder.clone())?;
        let token = |name: &Name| {
            let hash = tokens::ensure(&token_file(&folder, name));
            hash.map(|hash| (name.clone(), hash)).map_err(|failure| Trouble::Failed(failure.what))
        };
        people.iter().map(token).collect()
    }

    fn operator(&self) -> Hash {
        self.operator
    }

    fn output(&self, space: &SpaceId, deployment: Position) -> Option<String> {
        let folder = self.spaces.with(space, |opened| opened.folder.join("outputs")).ok()?;
        outputs::read(&folder, deployment)
    }
}

/// Puts an object into a space's store.
fn push(packages: &Packages, bytes: &mut dyn Read) -> Result<Stored, Trouble> {
    let failed = |why: NotStored| Trouble::Failed(why.to_string());
    let stored = packages.push(bytes, schema::limits::OBJECT_BYTES_MAX).map_err(failed)?;
    Ok(Stored { object: stored.object, sha256: stored.sha256.0, size: stored.size })
}

/// What the owner of one space does outside.
struct SpaceDoors {
    name: Name,
    switchboard: Switchboard,
    runner: Arc<Runner>,
    packages: Arc<Packages>,
    store: SyncSender<Order>,
    /// What peers want to read has a queue of its own: they cannot hold up what we store.
    reads: SyncSender<Order>,
    mailbox: SyncSender<Mail>,
    cancel: Arc<AtomicBool>,
    runs: Runs,
}

/// Something for a space's store, which may block.
enum Order {
    Look(ObjectId, u64),
    Store(Piece),
    Discard(ObjectId, u64),
    Read(LinkId, ObjectId, u64),
}

impl SpaceDoors {
    fn order(&self, order: Order) {
        // A store that is busy loses orders; they are asked for again.
        let _ = self.store.try_send(order);
    }
}

impl Doors for SpaceDoors {
    fn send(&self, peer: &SpaceId, envelope: Vec<u8>) {
        // Lost envelopes are sent again.
        let _ = self.switchboard.send(peer, envelope);
    }

    fn run(&self, plan: Plan) {
        let (runner, packages) = (Arc::clone(&self.runner), Arc::clone(&self.packages));
        let (mailbox, cancel) = (self.mailbox.clone(), Arc::clone(&self.cancel));
        let run = move || {
            let report = runner.run(&plan, &|package| packages.path(&package.object), &cancel);
            // A stop of the node is seen at the next start, from the log.
            if !cancel.load(Ordering::Relaxed) {
                let deployment = plan.deployment;
                let _ = mailbox.send(Mail::Input(Input::Ended { deployment, report }));
            }
        };
        match std::thread::Builder::new().name("deployment".to_owned()).spawn(run) {
            Ok(run) => {
                let mut runs = lock(&self.runs);
                runs.retain(|run| !run.is_finished());
                runs.push(run);
            }
            Err(why) => self.alarm(&format!("a deployment could not be started: {why}")),
        }
    }

    fn look(&self, object: ObjectId, size: u64) {
        self.order(Order::Look(object, size));
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

    fn alarm(&self, what: &str) {
        tracing::error!(space = %self.name, "{what}");
    }
}

/// Does what a space's store is told, in order, on a thread of its own.
fn store_thread(packages: Arc<Packages>, mailbox: SyncSender<Mail>) -> SyncSender<Order> {
    let (sender, orders) = sync_channel(STORE_ORDERS);
    std::thread::spawn(move || {
        for order in orders {
            let input = match order {
                Order::Look(object, size) => {
                    let progress = packages.progress(&object, size);
                    held(object, progress.have, progress.complete, true)
                }
                Order::Discard(object, size) => {
                    packages.discard_partial(&object);
                    let progress = packages.progress(&object, size);
                    held(object, progress.have, progress.complete, true)
                }
                Order::Store(Piece { object, total, offset, bytes }) => {
                    match packages.append(&object, total, offset, &bytes) {
                        Ok(progress) => held(object, progress.have, progress.complete, false),
                        Err(why) => {
                            tracing::error!(%why, "a piece of a package was not stored");
                            continue;
                        }
                    }
                }
                Order::Read(link, object, offset) => match packages.read_piece(&object, offset) {
                    Ok(Some((total, bytes))) => {
                        let piece = Piece { object, total, offset, bytes };
                        Input::Read { link, piece }
                    }
                    Ok(None) => continue,
                    Err(why) => {
                        tracing::error!(%why, "a piece of a package was not read");
                        continue;
                    }
                },
            };
            if mailbox.send(Mail::Input(input)).is_err() {
                return;
            }
        }
    });
    sender
}

fn held(object: ObjectId, have: u64, complete: bool, looked: bool) -> Input {
    Input::Holds { object, held: Held { have, complete, looked } }
}

/// Runs the owner of a space on a thread of its own, and closes its log when it stops.
fn own(
    name: Name,
    owner: Owner<LogSled, SpaceDoors>,
    closed: Closed,
    cancel: Arc<AtomicBool>,
) -> JoinHandle<Result<(), Fault>> {
    std::thread::spawn(move || {
        let result = owner.run().and_then(LogSled::close);
        if let Err(fault) = &result {
            // What runs for a space that cannot log its end is ended.
            cancel.store(true, Ordering::Relaxed);
            tracing::error!(space = %name, %fault, "the space is closed");
            closed.because(fault);
        }
        result
    })
}

/// Makes the names in a folder durable.
fn sync_folder(folder: &Path) -> Result<(), Failure> {
    let synced = std::fs::File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(|why| Failure::io("writing", folder, &why))
}

fn runner(folder: &Path) -> Result<Runner, Failure> {
    let executable = std::env::current_exe().map_err(|why| {
        Failure::new(code::FAILED, format!("no own path: {why}"), "start it by path")
    })?;
    let settings = Settings {
        environments: folder.join("environments"),
        guard: vec![executable.into_os_string(), GUARD.into()],
    };
    let outputs = folder.join("outputs");
    let listener = move |plan: &Plan, step: &Name, text: &str| {
        outputs::add(&outputs, plan.deployment, step, text);
    };
    Ok(Runner::new(settings).with_listener(Box::new(listener)))
}

fn entropy() -> Result<Entropy, Failure> {
    Ok(Entropy::from_seed(crate::client::random()?))
}

fn cannot_open(why: CannotOpen) -> Failure {
    match why {
        CannotOpen::Log(fault) => fault.into(),
        CannotOpen::NoCertificate | CannotOpen::Keys(_) => Failure::new(
            code::NOT_VERIFIED,
            why,
            "the keys and the log of a space belong together: put both back from one backup",
        ),
    }
}

/// What an audit of a stopped node found in one space's folder. It works on a copy, because
/// opening a log rewrites its files.
pub(crate) fn audit_folder(space: &Path) -> Result<Result<Intact, Damage>, Failure> {
    let copy = tempfile::tempdir().map_err(|why| {
        Failure::new(code::FAILED, format!("no temporary folder: {why}"), "make room")
    })?;
    let into = copy.path().join("log");
    log_sled::audit_copy(&space.join("log"), &into)?;
    let log = LogSled::open_for_audit(&into)?;
    let fence = log.fence();
    let verified = verify(&log, fence.as_ref().map(|fence| (fence.size, fence.root)))?;
    Ok(verified.and_then(|intact| match fence {
        Some(fence) => against_fence(intact, &fence),
        None => Err(Damage {
            position: Position(intact.size + 1),
            what: "the fence is missing or damaged: what came behind is not known".to_owned(),
        }),
    }))
}

/// An intact log must also be as long as its fence says.
fn against_fence(intact: Intact, fence: &FenceMark) -> Result<Intact, Damage> {
    if fence.size > intact.size {
        let position = Position(intact.size + 1);
        let what = format!("the record is missing; the fence says that there were {}", fence.size);
        return Err(Damage { position, what });
    }
    Ok(intact)
}
