//! Simulates spaces over a bad network and a bad broker, seed by seed, and replays what failed.

use clap::{Parser, ValueEnum};
use std::fs;
use std::hash::{BuildHasher as _, RandomState};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use tests::faults::Faults;
use tests::simulation::Outcome;
use tests::simulation::campaign::{Campaign, Summary};
use tests::simulation::invariants::NAMES;
use tests::simulation::sabotage::{OTHERS, Saboteur};
use tests::simulation::transcript::{Replayed, Transcript};

/// An invariant did not hold.
const VIOLATED: u8 = 1;
/// What was asked for makes no sense, or a transcript does not replay.
const UNUSABLE: u8 = 2;

/// Runs simulated spaces over a bad network and a bad broker, and checks what must always be true.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many seeds to run.
    #[arg(long, default_value_t = 200)]
    seeds: u64,
    /// The first seed; a random one if none is given.
    #[arg(long)]
    from: Option<u64>,
    /// Replay this transcript instead; exits 1 when its violation is met again, 2 when it does not
    /// replay.
    #[arg(long, value_name = "FILE")]
    replay: Option<PathBuf>,
    /// Break this on purpose, to see that it is noticed; `list` shows all.
    #[arg(long = "break", value_name = "WHAT")]
    sabotaged: Option<String>,
    /// How to print the result.
    #[arg(short, long, value_enum, default_value_t = Output::Text)]
    output: Output,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Output {
    Text,
    Json,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let start = Instant::now();
    if arguments.sabotaged.as_deref() == Some("list") {
        for (name, says) in NAMES {
            println!("{name:<14} {says}");
        }
        for (name, invariant, says) in OTHERS {
            println!("{name:<14} breaks {invariant}: {says}");
        }
        return ExitCode::SUCCESS;
    }
    if let Some(unknown) = arguments.sabotaged.as_deref()
        && Saboteur::of(unknown).is_none()
    {
        eprintln!("there is nothing called {unknown:?} to break; `--break list` shows all");
        return ExitCode::from(UNUSABLE);
    }
    match &arguments.replay {
        Some(file) => replay(file, arguments.output, start),
        None => simulate(&arguments, start),
    }
}

fn simulate(arguments: &Arguments, start: Instant) -> ExitCode {
    let from = arguments.from.unwrap_or_else(|| RandomState::new().hash_one(start));
    let campaign = Campaign {
        from,
        seeds: arguments.seeds,
        sabotaged: arguments.sabotaged.clone(),
        threads: std::thread::available_parallelism().map_or(1, usize::from),
    };
    eprintln!("{} seeds from {from}", campaign.seeds);
    let done = AtomicU64::new(0);
    let summary = campaign.run(&|seed, outcome| {
        if outcome.violation.is_some() {
            keep(seed, campaign.sabotaged.as_deref(), outcome);
        }
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        if done.is_multiple_of(campaign.seeds.div_ceil(10)) {
            eprintln!("{done} of {}", campaign.seeds);
        }
    });
    report(arguments.output, from, campaign.seeds, &summary, start);
    if summary.violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(VIOLATED) }
}

/// Writes the transcript of a run that failed into the current folder.
fn keep(seed: u64, sabotaged: Option<&str>, outcome: &Outcome) {
    let transcript = Transcript::of(seed, sabotaged, outcome);
    let file = transcript.file_name();
    match fs::write(&file, transcript.write()) {
        Ok(()) => eprintln!("seed {seed} failed: see {file}"),
        Err(why) => eprintln!("seed {seed} failed, and {file} could not be written: {why}"),
    }
}

fn report(output: Output, from: u64, seeds: u64, summary: &Summary, start: Instant) {
    let seconds = start.elapsed().as_secs_f64();
    let transcript = schema::id::hex(&summary.transcript);
    if output == Output::Json {
        let faults: serde_json::Map<_, _> = counts(&summary.faults).collect();
        let result = serde_json::json!({
            "seeds": seeds,
            "from": from,
            "steps": summary.steps,
            "faults": faults,
            "violations": summary.violations.len(),
            "transcript": transcript,
            "seconds": seconds,
        });
        println!("{result}");
        return;
    }
    println!("{seeds} seeds from {from}: {} steps in {seconds:.1} s", summary.steps);
    for (kind, count) in summary.faults.counts() {
        println!("  {count:>8} {kind}");
    }
    for (seed, violation) in &summary.violations {
        println!("seed {seed}: {}: {}", violation.invariant, violation.what);
    }
    println!("{} violations", summary.violations.len());
    println!("transcript {transcript}");
}

fn counts(faults: &Faults) -> impl Iterator<Item = (String, serde_json::Value)> + '_ {
    let counts = faults.counts();
    counts.map(|(kind, count)| (kind.to_owned(), count.into()))
}

fn replay(file: &PathBuf, output: Output, start: Instant) -> ExitCode {
    let text = fs::read_to_string(file).map_err(|why| why.to_string());
    let transcript = match text.and_then(|text| Transcript::read(&text)) {
        Ok(transcript) => transcript,
        Err(why) => {
            eprintln!("{}: {why}", file.display());
            return ExitCode::from(UNUSABLE);
        }
    };
    let (outcome, replayed) = transcript.replay();
    match replayed {
        Replayed::Again(violation) => {
            let seed = transcript.seed;
            let summary = Summary::of(seed, &outcome);
            eprintln!("seed {seed} replays: {}: {}", violation.invariant, violation.what);
            report(output, seed, 1, &summary, start);
            ExitCode::from(VIOLATED)
        }
        Replayed::Otherwise { line, recorded, now } => {
            let end = || "(the end)".to_owned();
            eprintln!("{} does not replay from line {line} on", file.display());
            eprintln!("  recorded: {}", recorded.unwrap_or_else(end));
            eprintln!("  now:      {}", now.unwrap_or_else(end));
            ExitCode::from(UNUSABLE)
        }
        Replayed::Unviolated => {
            eprintln!("{} replays, and nothing is violated", file.display());
            ExitCode::from(UNUSABLE)
        }
    }
}
