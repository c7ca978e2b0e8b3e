//! What steps said: one file for each deployment, for people; receipts prove it by its hash.

use crate::failure::{Failure, code};
use engine::run::Plan;
use runner_process::{Runner, Settings};
use schema::id::Position;
use schema::name::Name;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

fn file(folder: &Path, deployment: Position) -> PathBuf {
    folder.join(format!("{deployment}.txt"))
}

/// Adds the output of one step.
pub(crate) fn add(folder: &Path, deployment: Position, step: &Name, text: &str) {
    let path = file(folder, deployment);
    let written = OpenOptions::new()
        .create(true)
        .append(true)
        .open(&path)
        .and_then(|mut file| writeln!(file, "== {step}\n{}", text.trim_end()));
    if let Err(why) = written {
        // The receipt holds what matters; a lost output must not fail a deployment.
        tracing::warn!(path = %path.display(), %why, "the output of a step was not kept");
    }
}

/// The output of a deployment.
pub(crate) fn read(folder: &Path, deployment: Position) -> Option<String> {
    std::fs::read_to_string(file(folder, deployment)).ok()
}

/// What runs the deployments of a space, and keeps what their steps say. `guard` is the name under
/// which this binary guards a step.
pub(crate) fn runner(folder: &Path, guard: &str) -> Result<Runner, Failure> {
    let executable = std::env::current_exe().map_err(|why| {
        Failure::new(code::FAILED, format!("no own path: {why}"), "start it by path")
    })?;
    let settings = Settings {
        environments: folder.join("environments"),
        guard: vec![executable.into_os_string(), guard.into()],
    };
    let outputs = folder.join("outputs");
    let listener = move |plan: &Plan, step: &Name, text: &str| {
        add(&outputs, plan.deployment, step, text);
    };
    Ok(Runner::new(settings).with_listener(Box::new(listener)))
}
