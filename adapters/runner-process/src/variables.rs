//! What a step finds in its process environment.
//!
//! `PATH` and `LANG` are the node's, `HOME` is the folder of the environment; then come the plan's
//! own variables and secrets under their own names (which may replace these three; of two with one
//! name the later wins); then the runner's, which nothing replaces:
//!
//! | name | value |
//! | --- | --- |
//! | `INTERSPACE_PROJECT`, `INTERSPACE_VERSION` | the release |
//! | `INTERSPACE_ENVIRONMENT` | the name of the environment |
//! | `INTERSPACE_TENANT` | the tenant, where the deployment is for one |
//! | `INTERSPACE_ENVIRONMENT_DIR` | its folder, absolute; also the working folder |
//! | `INTERSPACE_DEPLOYMENT` | the position where the deployment began in the log |
//! | `INTERSPACE_PACKAGE_<ID>_FILE`, `_SHA256`, `_VERSION` | each package |
//! | `INTERSPACE_PACKAGE_FILE`, `_SHA256`, `_VERSION` | the package, where there is exactly one |
//!
//! `<ID>` is the id of the package in upper case, with `_` for what is neither letter nor digit.

use crate::halt::Halt;
use crate::leftovers::MARK;
use crate::packages::Proven;
use engine::run::Plan;
use schema::latest::model::Step;
use schema::name::{Name, PackageName};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fmt;
use std::os::unix::ffi::OsStringExt as _;
use std::path::Path;
use zeroize::Zeroize as _;

/// Names that begin so are the runner's.
const RESERVED: &str = "INTERSPACE_";

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
/// with a NUL in it, and at two packages whose variables would have the same name.
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
    Ok(())
}

fn check_variable(name: &str, value: &str) -> Result<(), Halt> {
    let refuse = |why: &str| Err(Halt::variables(format!("variable {name:?} {why}")));
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if !begins || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return refuse("is no name of an environment variable: letters, digits and _ only");
    }
    if name.starts_with(RESERVED) {
        return refuse("begins with INTERSPACE_, which is kept for the runner");
    }
    if value.contains('\0') {
        return refuse("has a value with a NUL in it, which no process can be given");
    }
    Ok(())
}

/// Everything that `step` of `plan` finds in its process environment, in order of the names.
pub(crate) fn compose(plan: &Plan, step: &Step, folder: &Path, proven: &[Proven]) -> Variables {
    let sees = |steps: &[Name]| steps.is_empty() || steps.contains(&step.name);
    let mut all = Variables::default();
    let mut set = |name: &str, value: OsString| {
        all.0.insert(OsString::from(name), value);
    };
    set("PATH", search_path());
    set("LANG", std::env::var_os("LANG").unwrap_or_else(|| "C.UTF-8".into()));
    set("HOME", folder.into());
    for variable in plan.variables.iter().filter(|it| sees(&it.steps)) {
        set(variable.name.as_str(), variable.value.as_str().into());
    }
    for secret in plan.secrets.iter().filter(|it| sees(&it.steps)) {
        set(secret.name.as_str(), secret.value.expose().into());
    }
    set("INTERSPACE_PROJECT", plan.release.project.name.as_str().into());
    set("INTERSPACE_VERSION", plan.release.version.as_str().into());
    set("INTERSPACE_ENVIRONMENT", plan.environment.name.as_str().into());
    if let Some(tenant) = &plan.tenant {
        set("INTERSPACE_TENANT", tenant.as_str().into());
    }
    set(MARK, folder.into());
    set("INTERSPACE_DEPLOYMENT", plan.deployment.to_string().into());
    for one in proven {
        let mut names = vec![package_variable(&one.package.id)];
        if proven.len() == 1 {
            names.push("INTERSPACE_PACKAGE".to_owned());
        }
        for name in names {
            set(&format!("{name}_FILE"), one.file.clone().into());
            set(&format!("{name}_SHA256"), schema::id::hex(&one.package.sha256.0).into());
            set(&format!("{name}_VERSION"), one.package.version.as_str().into());
        }
    }
    all
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
