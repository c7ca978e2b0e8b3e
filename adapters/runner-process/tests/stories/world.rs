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
use std::thread;
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
    hearing: Arc<Hearing>,
}

impl World {
    /// A world whose plan has no steps yet, for the environment "Prod EU".
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().expect("a folder");
        let hearing: Arc<Hearing> = Arc::default();
        let runner = runner(&root.path().join("environments"), PATIENCE)
            .with_listener(Ears(Arc::clone(&hearing)));
        fs::create_dir(root.path().join("packages")).expect("a folder");
        let plan = plan();
        Self { root, runner, plan, control: Control::default(), hearing }
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

    /// The outputs that the listener has heard.
    pub(crate) fn heard(&self) -> Vec<String> {
        let outputs = self.hearing.outputs.lock().expect("a lock");
        outputs.iter().map(|(.., kept)| kept.clone()).collect()
    }

    /// The steps and targets whose outputs the listener has heard, as `step@target`.
    pub(crate) fn heard_of(&self) -> Vec<String> {
        let outputs = self.hearing.outputs.lock().expect("a lock");
        let place = |target: &Option<String>| {
            target.clone().map_or_else(String::new, |it| format!("@{it}"))
        };
        outputs.iter().map(|(step, target, _)| format!("{step}{}", place(target))).collect()
    }

    /// The manual steps that the listener has heard of.
    pub(crate) fn awaited(&self) -> Vec<String> {
        self.hearing.awaited.lock().expect("a lock").clone()
    }

    /// Runs, and meanwhile does something.
    pub(crate) fn run_and(&self, meanwhile: impl FnOnce()) -> Report {
        thread::scope(|scope| {
            let run = scope.spawn(|| self.run());
            meanwhile();
            run.join().expect("a report")
        })
    }

    /// Waits until a step has made a file in the folder of the environment.
    pub(crate) fn wait_for_file(&self, name: &str) {
        wait_for(name, || self.file(name).exists().then_some(()));
    }

    /// The processes of steps and guards in this world.
    pub(crate) fn processes(&self) -> Vec<i32> {
        let folder = fs::canonicalize(self.environments()).expect("a folder");
        processes().into_iter().filter(|pid| environ(*pid).contains(path(&folder))).collect()
    }
}

/// What the runner of a world is heard saying.
#[derive(Default)]
struct Hearing {
    /// Step, target, and what was kept.
    outputs: Mutex<Vec<(String, Option<String>, String)>>,
    awaited: Mutex<Vec<String>>,
}

impl Listener for Ears {
    fn output(&self, _: &Plan, step: &Name, target: Option<&Name>, kept: &str) {
        let target = target.map(Name::to_string);
        self.0.outputs.lock().expect("a lock").push((step.to_string(), target, kept.to_owned()));
    }

    fn awaits(&self, _: &Plan, step: &Name) {
        self.0.awaited.lock().expect("a lock").push(step.to_string());
    }
}

/// What hears it.
struct Ears(Arc<Hearing>);

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

/// `name outcome`, or `name@target outcome`, of each step.
pub(crate) fn told(report: &Report) -> Vec<String> {
    let place =
        |step: &StepReport| step.target.as_ref().map_or_else(String::new, |it| format!("@{it}"));
    let steps = report.steps.iter();
    steps.map(|step| format!("{}{} {}", step.name, place(step), step.outcome.as_str())).collect()
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
        thread::sleep(Duration::from_millis(5));
    }
}
