//! Many runs, one for each seed, on a few threads; what comes out does not depend on how many.

use super::sabotage::Saboteur;
use super::watch::Violation;
use super::{Outcome, run};
use crate::faults::Faults;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Which seeds, and what is broken on purpose.
#[derive(Debug, Clone)]
pub struct Campaign {
    /// The first seed; the others follow, and after the largest comes zero.
    pub from: u64,
    /// How many.
    pub seeds: u64,
    /// The invariant to be broken, if one is.
    pub sabotaged: Option<String>,
    /// How many at the same time.
    pub threads: usize,
}

/// What all runs came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Steps of all runs.
    pub steps: u64,
    /// Faults of all runs.
    pub faults: Faults,
    /// Each seed whose run met a violation, in order.
    pub violations: Vec<(u64, Violation)>,
    /// A hash over everything that happened in all of them.
    pub transcript: [u8; 32],
}

/// One run, without its lines.
struct Ran {
    index: u64,
    hash: [u8; 32],
    steps: u64,
    faults: Faults,
    violation: Option<Violation>,
}

impl Summary {
    /// The summary of one seed, the same as that of a campaign of that seed alone.
    #[must_use]
    pub fn of(seed: u64, outcome: &Outcome) -> Self {
        let campaign = Campaign { from: seed, seeds: 1, sabotaged: None, threads: 1 };
        campaign.summary(vec![Ran::of(0, outcome)])
    }
}

impl Ran {
    fn of(index: u64, outcome: &Outcome) -> Self {
        Self {
            index,
            hash: outcome.hash(),
            steps: outcome.steps,
            faults: outcome.faults.clone(),
            violation: outcome.violation.clone(),
        }
    }
}

impl Campaign {
    /// Runs all seeds. `finished` is told the seed and the outcome of each, in no order.
    pub fn run(&self, finished: &(dyn Fn(u64, &Outcome) + Sync)) -> Summary {
        let next = AtomicU64::new(0);
        let ran = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for _ in 0..self.threads.max(1) {
                scope.spawn(|| {
                    loop {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        if index >= self.seeds {
                            break;
                        }
                        let one = self.one(index, finished);
                        ran.lock().expect("no run panics").push(one);
                    }
                });
            }
        });
        let mut ran = ran.into_inner().expect("no run panics");
        ran.sort_by_key(|one| one.index);
        self.summary(ran)
    }

    fn one(&self, index: u64, finished: &(dyn Fn(u64, &Outcome) + Sync)) -> Ran {
        let seed = self.from.wrapping_add(index);
        let outcome = run(seed, self.sabotaged.as_deref().and_then(Saboteur::of));
        finished(seed, &outcome);
        Ran::of(index, &outcome)
    }

    fn summary(&self, ran: Vec<Ran>) -> Summary {
        let mut summary = Summary {
            steps: 0,
            faults: Faults::default(),
            violations: Vec::new(),
            transcript: [0; 32],
        };
        let mut hasher = blake3::Hasher::new();
        for one in ran {
            let seed = self.from.wrapping_add(one.index);
            hasher.update(&seed.to_be_bytes()).update(&one.hash);
            summary.steps += one.steps;
            summary.faults.add(&one.faults);
            summary.violations.extend(one.violation.map(|violation| (seed, violation)));
        }
        summary.transcript = *hasher.finalize().as_bytes();
        summary
    }
}
