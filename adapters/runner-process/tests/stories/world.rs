//! A folder with environments and packages, a runner over it, and a look at what runs.

use engine::run::{BoundSecret, Plan, Report};
use engine::trust::secret::SecretValue;
use runner_process::{Control, Listener, Runner, Settings};
use schema::id::{ObjectId, Position, SpaceId};
use schema::latest::StepReport;
use schema::latest::model::{Bound, Environment, HexHash, Package, ProjectId, ReleaseId, Step};
use schema::name::Name;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The product's executable, as far as these stories need one.
pub(crate) const STAND_IN: &str = env!("CARGO_BIN_EXE_runner-process-stand-in");

/// Long enough for any machine; nothing waits so long when all is well.
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) struct World {
    root: TempDir,
    pub(crate) runner: Runner,
    pub(crate) plan: Plan,
    pub(crate) control: Control,
    heard: Arc<Mutex<Vec<String>>>,
}

impl World {
    /// A world whose plan has no steps yet, for the environment "Prod EU".
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().expect("a folder");
        let heard: Arc<Mutex<Vec<String>>> = Arc::default();
        let hears = Arc::clone(&heard);
        let runner =
            runner(&root.path().join("environments"), PATIENCE).with_listener(Hearing(hears));
        fs::create_dir(root.path().join("packages")).expect("a folder");
        let plan = plan();
        Self { root, runner, plan, control: Control::default(), heard }
    }

    /// The same, with one step for each script.
    pub(crate) fn with(scripts: &[&str]) -> Self {
        let mut world = Self::new();
        for (i, script) in scripts.iter().enumerate() {
            world.plan.steps.push(step(&format!("step {}", i + 1), &["sh", "-c", script]));
        }
        world
    }

    pub(crate) fn run(&self) -> Report {
        let packages = self.root.path().join("packages");
        let find = |package: &Package| {
            let file = packages.join(package.id.as_str());
            file.exists().then_some(file)
        };
        self.runner.run(&self.plan, &find, &self.control)
    }

    /// Adds a package to the plan, and its file.
    pub(crate) fn package(&mut self, id: &str, bytes: &[u8]) -> PathBuf {
        let file = self.root.path().join("packages").join(id);
        fs::write(&file, bytes).expect("a file");
        self.plan.packages.push(Package {
            id: id.parse().expect("an id"),
            version: "2.0".parse().expect("a version"),
            size: bytes.len() as u64,
            sha256: HexHash(schema::hash::sha256(&[bytes])),
            object: ObjectId([0; 32]),
        });
        file
    }

    pub(crate) fn variable(&mut self, name: &str, value: &str) {
        let (name, value) = (name.parse().expect("a name"), value.parse().expect("a text"));
        self.plan.variables.push(Bound { name, value, steps: Vec::new() });
    }

    pub(crate) fn secret(&mut self, name: &str, value: &str) {
        let value = SecretValue::new(value.to_owned()).expect("a value");
        let name = name.parse().expect("a name");
        self.plan.secrets.push(BoundSecret { name, value, steps: Vec::new() });
    }

    /// The folder of the environments.
    pub(crate) fn environments(&self) -> PathBuf {
        self.root.path().join("environments")
    }

    /// A file in the folder of the environment.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.runner.environment_folder(&self.plan.environment.name).join(name)
    }

    /// A number that a step wrote into a file of its environment; waits for it.
    pub(crate) fn number(&self, name: &str) -> i32 {
        let read = || fs::read_to_string(self.file(name)).ok()?.strip_suffix('\n')?.parse().ok();
        wait_for(&format!("a number in {name}"), read)
    }

    /// What the listener has heard.
    pub(crate) fn heard(&self) -> Vec<String> {
        self.heard.lock().expect("a lock").clone()
    }

    /// The processes of steps and guards in this world.
    pub(crate) fn processes(&self) -> Vec<i32> {
        let folder = fs::canonicalize(self.environments()).expect("a folder");
        processes().into_iter().filter(|pid| environ(*pid).contains(path(&folder))).collect()
    }
}

/// What the runner of a world is heard saying.
struct Hearing(Arc<Mutex<Vec<String>>>);

impl Listener for Hearing {
    fn output(&self, _: &Plan, _: &Name, _: Option<&Name>, kept: &str) {
        self.0.lock().expect("a lock").push(kept.to_owned());
    }

    fn awaits(&self, _: &Plan, _: &Name) {}
}

impl Drop for World {
    /// A story that failed leaves nothing running either.
    fn drop(&mut self) {
        if self.environments().exists() {
            for pid in self.processes() {
                signal("KILL", pid);
            }
        }
    }
}

/// A runner that waits so long for an environment to be free.
pub(crate) fn runner(environments: &Path, wait: Duration) -> Runner {
    let environments = environments.to_owned();
    let guard = vec![STAND_IN.into(), "guard".into()];
    Runner::new(Settings { environments, guard }).with_environment_wait(wait)
}

fn plan() -> Plan {
    let project = ProjectId { space: SpaceId([1; 32]), name: "Web".parse().expect("a name") };
    Plan {
        deployment: Position(17),
        release: ReleaseId { project, version: "1.2.3".parse().expect("a version") },
        environment: Environment::named("Prod EU".parse().expect("a name")),
        tenant: None,
        steps: Vec::new(),
        variables: Vec::new(),
        secrets: Vec::new(),
        packages: Vec::new(),
    }
}

pub(crate) fn step(name: &str, run: &[&str]) -> Step {
    let run = run.iter().map(|word| word.parse().expect("a text")).collect();
    Step::running(name.parse().expect("a name"), run, 600)
}

pub(crate) fn output(step: &StepReport) -> &str {
    step.output.as_ref().expect("an output").as_str()
}

pub(crate) fn reason(step: &StepReport) -> &str {
    step.reason.as_ref().expect("a reason").as_str()
}

fn path(path: &Path) -> &str {
    path.to_str().expect("plain text")
}

fn processes() -> Vec<i32> {
    let entries = fs::read_dir("/proc").expect("/proc").flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

fn environ(pid: i32) -> String {
    let bytes = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Whether a process runs, or is stopped; one that has ended and is not buried does not.
pub(crate) fn is_alive(pid: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit(')').next().and_then(|fields| fields.trim().chars().next());
    !matches!(state, None | Some('Z' | 'X'))
}

pub(crate) fn signal(name: &str, pid: i32) {
    let _ = std::process::Command::new("kill").args(["-s", name, &pid.to_string()]).output();
}

/// Waits until there is something.
pub(crate) fn wait_for<T>(what: &str, look: impl Fn() -> Option<T>) -> T {
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < until, "still no {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
