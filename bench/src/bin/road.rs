//! Measures the road step by step: one JSON object or a table on standard output, progress on
//! standard error.

use bench::wire::{self, Leg};
use bench::{Failure, Machine, Plan, Report, Step};
use clap::{Parser, ValueEnum};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Measures the road of an event beside the plainest things that do a part of the same
#[derive(Debug, Parser)]
#[command(name = "road")]
struct Options {
    /// Measure on this machine alone, without a network
    #[arg(long)]
    local: bool,
    /// The form of standard output
    #[arg(short, long, value_enum, default_value = "table")]
    output: Form,
    /// Pairs of each measurement; the median counts
    #[arg(long, value_name = "N", default_value_t = 5,
          value_parser = clap::value_parser!(u16).range(1..=101))]
    rounds: u16,
    /// Measure only this; may be given more than once
    #[arg(long, value_name = "NAME", value_enum, requires = "local")]
    only: Vec<Step>,
    /// Milliseconds that each side is measured in each pair
    #[arg(long, value_name = "MS", default_value_t = 500,
          value_parser = clap::value_parser!(u64).range(1..=60_000))]
    window_ms: u64,
    /// Events in the log that is replayed and verified
    #[arg(long, value_name = "N", default_value_t = 25_600,
          value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    replay_events: u64,
    /// Measure only this between two processes; may be given more than once
    #[arg(long, value_name = "NAME", value_enum, conflicts_with = "local")]
    leg: Vec<Leg>,
    /// A pair in which the raw JetStream moves fewer events a second does not count
    #[arg(long, value_name = "RATE", default_value_t = 50_000.0, conflicts_with = "local")]
    raw_rate_min: f64,
    /// Events that are moved between two processes at once
    #[arg(long, value_name = "N", default_value_t = 200_000, conflicts_with = "local",
          value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    events: u64,
    /// Events that are moved between two processes one after the other
    #[arg(long, value_name = "N", default_value_t = 500, conflicts_with = "local",
          value_parser = clap::value_parser!(u64).range(1..=100_000))]
    single_events: u64,
    /// Where logs are measured; everything is removed again [default: the folder for temporary
    /// files]
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
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
        Some(first) if first == wire::part::ARGUMENT => {
            wire::play(&arguments.next().unwrap_or_default()).map(|()| String::new())
        }
        _ => run(Options::parse()),
    };
    match told {
        Ok(text) => {
            if !text.is_empty() {
                println!("{}", text.trim_end());
            }
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprintln!("road: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: Options) -> Result<String, Failure> {
    let folder = options.folder.clone().unwrap_or_else(std::env::temp_dir);
    let machine = Machine::here(&folder);
    if !machine.optimised {
        eprintln!("road: built without --release, these figures say little");
    }
    let mut report = Report::new(machine, options.rounds.into());
    if options.local {
        local(&options, folder, &mut report)?;
    } else {
        let plan = wire::Plan {
            rounds: options.rounds.into(),
            events: options.events,
            single_events: options.single_events,
            raw_rate_min: options.raw_rate_min,
            legs: if options.leg.is_empty() { Leg::ALL.to_vec() } else { options.leg },
            folder,
        };
        wire::measure(&plan, &mut report)?;
    }
    match options.output {
        Form::Json => Ok(report.json()?),
        Form::Table => Ok(report.table()),
    }
}

fn local(options: &Options, folder: PathBuf, report: &mut Report) -> Result<(), Failure> {
    let plan = Plan {
        rounds: options.rounds.into(),
        window: Duration::from_millis(options.window_ms),
        replay_events: options.replay_events,
        folder,
    };
    for step in Step::ALL {
        if options.only.is_empty() || options.only.contains(&step) {
            let began = Instant::now();
            eprint!("road: {} ... ", step.name());
            let figure = step.measure(&plan).inspect_err(|_| eprintln!("failed"))?;
            eprintln!("{:.1} s", began.elapsed().as_secs_f64());
            report.add(step.name(), figure);
        }
    }
    Ok(())
}
