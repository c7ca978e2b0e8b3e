//! Transcripts: what a run that failed leaves behind, line by line, and what replays it.

use super::sabotage::Saboteur;
use super::watch::Violation;
use super::{Outcome, run};
use std::fmt::Write as _;

/// The first line of a transcript, with the version of its form.
const TITLE: &str = "interspace simulation, transcript version 1";

/// What a run left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transcript {
    /// The seed.
    pub seed: u64,
    /// Which invariant was broken on purpose, if one was.
    pub sabotaged: Option<String>,
    /// Everything that happened, the violation last.
    pub lines: Vec<String>,
}

/// What came of a replay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replayed {
    /// Everything happened again, and the same violation was met.
    Again(Violation),
    /// Something else happened.
    Otherwise {
        /// The number of the line in the file, from 1.
        line: usize,
        /// What the file says; nothing when it ends before.
        recorded: Option<String>,
        /// What happened now; nothing when the run ended before.
        now: Option<String>,
    },
    /// Everything happened again, and nothing was violated.
    Unviolated,
}

impl Transcript {
    /// Lines before the first event.
    const HEAD_LINES: usize = 3;

    /// The transcript of a run.
    #[must_use]
    pub fn of(seed: u64, sabotaged: Option<&str>, outcome: &Outcome) -> Self {
        Self { seed, sabotaged: sabotaged.map(str::to_owned), lines: outcome.lines.clone() }
    }

    /// What its file is called.
    #[must_use]
    pub fn file_name(&self) -> String {
        format!("transcript-{}", self.seed)
    }

    /// The text of its file.
    #[must_use]
    pub fn write(&self) -> String {
        let mut text = String::new();
        let sabotaged = self.sabotaged.as_deref().unwrap_or("nothing");
        // Writing to a text never fails.
        let _ = writeln!(text, "{TITLE}\nseed {}\nbreak {sabotaged}", self.seed);
        for line in &self.lines {
            let _ = writeln!(text, "{line}");
        }
        text
    }

    /// The transcript in a file's text.
    ///
    /// # Errors
    /// When it is none, in words.
    pub fn read(text: &str) -> Result<Self, String> {
        let mut lines = text.lines();
        if lines.next() != Some(TITLE) {
            return Err(format!("this is no transcript: its first line is not {TITLE:?}"));
        }
        let seed = lines.next().and_then(|line| line.strip_prefix("seed "));
        let seed = seed.and_then(|seed| seed.parse().ok());
        let seed = seed.ok_or("the second line does not name the seed")?;
        let sabotaged = lines.next().and_then(|line| line.strip_prefix("break "));
        let sabotaged = sabotaged.ok_or("the third line does not say what was broken")?;
        let sabotaged = (sabotaged != "nothing").then(|| sabotaged.to_owned());
        if let Some(unknown) = sabotaged.as_deref()
            && Saboteur::of(unknown).is_none()
        {
            return Err(format!("there is nothing called {unknown:?} to break"));
        }
        Ok(Self { seed, sabotaged, lines: lines.map(str::to_owned).collect() })
    }

    /// Runs the seed again, with the same sabotage, and compares line by line.
    #[must_use]
    pub fn replay(&self) -> (Outcome, Replayed) {
        let outcome = run(self.seed, self.sabotaged.as_deref().and_then(Saboteur::of));
        let replayed = self.compare(&outcome);
        (outcome, replayed)
    }

    fn compare(&self, outcome: &Outcome) -> Replayed {
        let length = self.lines.len().max(outcome.lines.len());
        for line in 0..length {
            let (recorded, now) = (self.lines.get(line), outcome.lines.get(line));
            if recorded != now {
                return Replayed::Otherwise {
                    line: line + 1 + Self::HEAD_LINES,
                    recorded: recorded.cloned(),
                    now: now.cloned(),
                };
            }
        }
        match &outcome.violation {
            Some(violation) => Replayed::Again(violation.clone()),
            None => Replayed::Unviolated,
        }
    }
}
