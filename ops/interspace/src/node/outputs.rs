//! What steps said: one file for each deployment, for people; receipts prove it by its hash.

use crate::failure::{Failure, code};
use crate::node::owner::Mail;
use engine::run::Plan;
use engine::step::Input;
use runner_process::{Listener, Runner, Settings};
use schema::id::Position;
use schema::name::Name;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc::SyncSender;

fn file(folder: &Path, deployment: Position) -> PathBuf {
    folder.join(format!("{deployment}.txt"))
}

/// Adds the output of one step, or of one step on one target.
fn add(folder: &Path, deployment: Position, step: &Name, target: Option<&Name>, text: &str) {
    let path = file(folder, deployment);
    let target = target.map(|target| format!(" on {target}")).unwrap_or_default();
    let written = OpenOptions::new()
        .create(true)
        .append(true)
        .open(&path)
        .and_then(|mut file| writeln!(file, "== {step}{target}\n{}", text.trim_end()));
    if let Err(why) = written {
        // The receipt holds what matters; a lost output must not fail a deployment.
        tracing::warn!(path = %path.display(), %why, "the output of a step was not kept");
    }
}

/// The output of a deployment.
pub(crate) fn read(folder: &Path, deployment: Position) -> Option<String> {
    std::fs::read_to_string(file(folder, deployment)).ok()
}

/// Hears of the deployments of a space while they run.
struct Heard {
    outputs: PathBuf,
    mailbox: SyncSender<Mail>,
}

impl Listener for Heard {
    fn output(&self, plan: &Plan, step: &Name, target: Option<&Name>, kept: &str) {
        add(&self.outputs, plan.deployment, step, target, kept);
    }

    fn awaits(&self, plan: &Plan, step: &Name) {
        let (deployment, step) = (plan.deployment, step.clone());
        // A space that stops asks again when it runs the deployment again.
        let _ = self.mailbox.send(Mail::Input(Input::Awaits { deployment, step }));
    }
}

/// What runs the deployments of a space, and keeps what their steps say. `guard` is the name under
/// which this binary guards a step; `mailbox` is told when a deployment waits for a person.
pub(crate) fn runner(
    folder: &Path,
    guard: &str,
    mailbox: SyncSender<Mail>,
) -> Result<Runner, Failure> {
    let executable = std::env::current_exe().map_err(|why| {
        Failure::new(code::FAILED, format!("no own path: {why}"), "start it by path")
    })?;
    let settings = Settings {
        environments: folder.join("environments"),
        guard: vec![executable.into_os_string(), guard.into()],
    };
    let heard = Heard { outputs: folder.join("outputs"), mailbox };
    Ok(Runner::new(settings).with_listener(heard))
}
