//! Measures a space with very many projects at two sizes: one JSON object or a table on standard
//! output, progress on standard error.

use bench::scale::{self, Plan};
use bench::wire::part::ARGUMENT;
use bench::{Failure, Machine};
use clap::{Parser, ValueEnum};
use std::process::ExitCode;

/// Measures what very many projects cost, and whether that grows faster than their number
#[derive(Debug, Parser)]
#[command(name = "scale")]
struct Options {
    /// The form of standard output
    #[arg(short, long, value_enum, default_value = "table")]
    output: Form,
    /// Projects of the small and of the large size
    #[arg(long, value_names = ["SMALL", "LARGE"], num_args = 2, default_values_t = [100, 1_000],
          value_parser = clap::value_parser!(u32).range(1..=100_000))]
    projects: Vec<u32>,
    /// Environments of either size
    #[arg(long, value_name = "N", default_value_t = 20,
          value_parser = clap::value_parser!(u32).range(1..=100))]
    environments: u32,
    /// Releases of each project
    #[arg(long, value_name = "N", default_value_t = 50,
          value_parser = clap::value_parser!(u32).range(1..=10_000))]
    releases: u32,
    /// How often in each process what can be repeated is done; the least counts
    #[arg(long, value_name = "N", default_value_t = 3,
          value_parser = clap::value_parser!(u32).range(1..=101))]
    rounds: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For people
    Table,
    /// One JSON object
    Json,
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let told = match arguments.next() {
        // Said by ourselves, to a process of our own.
        Some(first) if first == ARGUMENT => {
            scale::play(&arguments.next().unwrap_or_default()).map(|()| String::new())
        }
        _ => run(&Options::parse()),
    };
    match told {
        Ok(text) => {
            if !text.is_empty() {
                println!("{}", text.trim_end());
            }
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprintln!("scale: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<String, Failure> {
    let machine = Machine::here(&std::env::temp_dir());
    if !machine.optimised {
        eprintln!("scale: built without --release, these figures say little");
    }
    let [small_projects, large_projects] = options.projects[..] else {
        return Err("two numbers of projects are needed: --projects 100 1000".into());
    };
    let Options { environments, releases, rounds, output, .. } = *options;
    let plan = Plan { small_projects, large_projects, environments, releases, rounds };
    let account = scale::measure(&plan, machine)?;
    match output {
        Form::Json => Ok(account.json()?),
        Form::Table => Ok(account.table()),
    }
}
