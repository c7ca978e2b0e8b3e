//! Test support: stands in for the product's executable, as a guard and as a node to be killed.
//!
//! `guard FOLDER` is the guard. `node ENVIRONMENTS ENVIRONMENT SCRIPT` runs one step,
//! `sh -c SCRIPT`, and reports over its output how it went.

use engine::run::Plan;
use runner_process::{Control, Runner, Settings, guard};
use schema::id::{Position, SpaceId};
use schema::latest::model::{Environment, ProjectId, ReleaseId, Step};
use std::ffi::OsString;
use std::io::{self, Write as _};
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    match arguments.next().as_deref().and_then(|word| word.to_str()) {
        Some("guard") => guard::main(arguments),
        Some("node") => node(&arguments.collect::<Vec<_>>()),
        Some(_) | None => ExitCode::from(2),
    }
}

fn node(arguments: &[OsString]) -> ExitCode {
    let [environments, environment, script] = arguments else {
        return ExitCode::from(2);
    };
    let word = |text: &OsString| text.to_string_lossy().into_owned();
    let runner = Runner::new(Settings {
        environments: environments.into(),
        guard: vec![std::env::current_exe().expect("this executable").into(), "guard".into()],
    });
    let project = ProjectId { space: SpaceId([1; 32]), name: "Web".parse().expect("a name") };
    let plan = Plan {
        deployment: Position(1),
        release: ReleaseId { project, version: "1.0".parse().expect("a version") },
        environment: Environment::named(word(environment).parse().expect("a name")),
        tenant: None,
        steps: vec![Step::running(
            "one".parse().expect("a name"),
            ["sh".to_owned(), "-c".to_owned(), word(script)]
                .iter()
                .map(|word| word.parse().expect("a text"))
                .collect(),
            600,
        )],
        variables: Vec::new(),
        secrets: Vec::new(),
        packages: Vec::new(),
    };
    let report = runner.run(&plan, &|_| None, &Control::default());
    match writeln!(io::stdout(), "{}", report.outcome.as_str()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
