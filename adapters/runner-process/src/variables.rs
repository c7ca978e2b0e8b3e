//! What a step finds in its process environment.
//!
//! In this order, of which the later replaces the earlier:
//!
//! | name | value |
//! | --- | --- |
//! | `PATH`, `LANG` | the node's |
//! | `HOME` | the folder of the environment |
//! | names of variables | the values of the plan that this step sees |
//! | names of outputs | what earlier steps passed on (see `passed`) |
//! | names of secrets | the secrets of the plan that this step sees |
//! | `INTERSPACE_PROJECT`, `INTERSPACE_VERSION` | the release |
//! | `INTERSPACE_ENVIRONMENT` | the name of the environment |
//! | `INTERSPACE_TENANT` | the tenant, where the deployment is for one |
//! | `INTERSPACE_TARGET` | the target, where the step runs for one |
//! | `INTERSPACE_ENVIRONMENT_DIR` | the folder of the environment, absolute; also where it works |
//! | `INTERSPACE_DEPLOYMENT` | the position where the deployment began in the log |
//! | `INTERSPACE_OUTPUT` | the file into which it writes what it passes on, absolute |
//! | `INTERSPACE_PACKAGE_<ID>_FILE`, `_SHA256`, `_VERSION` | each package that this step sees |
//! | `INTERSPACE_PACKAGE_FILE`, `_SHA256`, `_VERSION` | the package, where it sees exactly one |
//!
//! `<ID>` is the id of the package in upper case, with `_` for what is neither letter nor digit.
//! Nothing that is not the runner's begins with `INTERSPACE_`. The health program of a target finds
//! `PATH`, `LANG`, `HOME` and those of the runner that are not about outputs and packages.

use crate::attempts::Scene;
use crate::environment::Environment;
use crate::halt::Halt;
use crate::leftovers::MARK;
use crate::packages::Proven;
use crate::passed::Passed;
use engine::run::{Plan, name_flaw};
use schema::latest::model::Step;
use schema::name::{Name, PackageName};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fmt;
use std::os::unix::ffi::OsStringExt as _;
use zeroize::Zeroize as _;

/// The `PATH` of a step where the node has none.
const PATH_DEFAULT: &str = "/usr/local/bin:/usr/bin:/bin";

/// The whole environment of a step, values of secrets among it: shown by its names alone, and wiped
/// when it is dropped.
#[derive(Clone, PartialEq, Eq, Default)]
pub(crate) struct Variables(pub(crate) BTreeMap<OsString, OsString>);

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Drop for Variables {
    fn drop(&mut self) {
        for value in self.0.values_mut() {
            std::mem::take(value).into_vec().zeroize();
        }
    }
}

/// Refuses what cannot be given to a process, or not without doubt.
///
/// # Errors
/// At a variable whose name is no name of an environment variable or is the runner's, at a value
/// with a NUL in it, at two packages whose variables would have the same name, and at a step that
/// uses a package which the plan has not.
pub(crate) fn check(plan: &Plan) -> Result<(), Halt> {
    for variable in &plan.variables {
        check_variable(variable.name.as_str(), variable.value.as_str())?;
    }
    for secret in &plan.secrets {
        check_variable(secret.name.as_str(), secret.value.expose())?;
    }
    let mut taken = BTreeSet::new();
    for package in &plan.packages {
        let name = package_variable(&package.id);
        if !taken.insert(name.clone()) {
            let reason = format!("{}: another package is called {name} too", package.id);
            return Err(Halt::variables(reason));
        }
    }
    for step in &plan.steps {
        let held = |id: &PackageName| plan.packages.iter().any(|package| package.id == *id);
        if let Some(id) = step.packages.iter().find(|id| !held(id)) {
            let reason = format!("step {} uses package {id}, which the release has not", step.name);
            return Err(Halt::packages(reason));
        }
    }
    Ok(())
}

fn check_variable(name: &str, value: &str) -> Result<(), Halt> {
    let refuse = |why: &str| Err(Halt::variables(format!("variable {name:?} {why}")));
    if let Some(flaw) = name_flaw(name) {
        return refuse(flaw);
    }
    if value.contains('\0') {
        return refuse("has a value with a NUL in it, which no process can be given");
    }
    Ok(())
}

/// Everything that `step` finds in its process environment, in order of the names.
pub(crate) fn compose(
    scene: &Scene<'_>,
    step: &Step,
    target: Option<&Name>,
    passed: &Passed,
) -> Variables {
    let Scene { plan, environment, .. } = scene;
    let sees = |steps: &[Name]| steps.is_empty() || steps.contains(&step.name);
    let mut all = Variables::default();
    all.set_usual(environment);
    for variable in plan.variables.iter().filter(|it| sees(&it.steps)) {
        all.set(variable.name.as_str(), variable.value.as_str());
    }
    for (name, value) in passed.seen(target) {
        all.set(name.as_str(), value.as_str());
    }
    for secret in plan.secrets.iter().filter(|it| sees(&it.steps)) {
        all.set(secret.name.as_str(), secret.value.expose());
    }
    all.set_own(plan, environment, target);
    all.set("INTERSPACE_OUTPUT", environment.output_file());
    let uses = |one: &&Proven| step.uses(&one.package.id);
    all.set_packages(&scene.proven.iter().filter(uses).collect::<Vec<_>>());
    all
}

/// What the health program of a target finds: nothing of the release.
pub(crate) fn bare(scene: &Scene<'_>, target: &Name) -> Variables {
    let mut all = Variables::default();
    all.set_usual(scene.environment);
    all.set_own(scene.plan, scene.environment, Some(target));
    all
}

impl Variables {
    fn set(&mut self, name: &str, value: impl Into<OsString>) {
        self.0.insert(name.into(), value.into());
    }

    /// What others may replace.
    fn set_usual(&mut self, environment: &Environment) {
        self.set("PATH", search_path());
        self.set("LANG", std::env::var_os("LANG").unwrap_or_else(|| "C.UTF-8".into()));
        self.set("HOME", environment.folder());
    }

    /// What nothing replaces.
    fn set_own(&mut self, plan: &Plan, environment: &Environment, target: Option<&Name>) {
        self.set("INTERSPACE_PROJECT", plan.release.project.name.as_str());
        self.set("INTERSPACE_VERSION", plan.release.version.as_str());
        self.set("INTERSPACE_ENVIRONMENT", plan.environment.name.as_str());
        if let Some(tenant) = &plan.tenant {
            self.set("INTERSPACE_TENANT", tenant.as_str());
        }
        if let Some(target) = target {
            self.set("INTERSPACE_TARGET", target.as_str());
        }
        self.set(MARK, environment.folder());
        self.set("INTERSPACE_DEPLOYMENT", plan.deployment.to_string());
    }

    fn set_packages(&mut self, seen: &[&Proven]) {
        for one in seen {
            let mut names = vec![package_variable(&one.package.id)];
            if seen.len() == 1 {
                names.push("INTERSPACE_PACKAGE".to_owned());
            }
            for name in names {
                self.set(&format!("{name}_FILE"), one.file.clone());
                self.set(&format!("{name}_SHA256"), schema::id::hex(&one.package.sha256.0));
                self.set(&format!("{name}_VERSION"), one.package.version.as_str());
            }
        }
    }
}

/// Where programs are looked for: the node's `PATH`.
pub(crate) fn search_path() -> OsString {
    std::env::var_os("PATH").unwrap_or_else(|| PATH_DEFAULT.into())
}

fn package_variable(id: &PackageName) -> String {
    let letter = |c: char| {
        if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }
    };
    format!("INTERSPACE_PACKAGE_{}", id.as_str().chars().map(letter).collect::<String>())
}
