//! What is printed: each cost at both sizes, and in words how it grows.

use super::Plan;
use super::growth::Growth;
use super::measured::{Counts, Found};
use super::row::{ROWS, Unit};
use crate::{Failure, Machine};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

const LOAD: &str = "Every project has two steps, three variables, one package and a template with \
                    a value for every environment. Every release is created, with a package of its \
                    own; the newest of each project is deployed in every environment, in three \
                    phases: the first and the last by command, the one between by policy. A space \
                    without peers, its log in memory.";

const GROWTH: &str = "Times are processor time, the least of the rounds. The ratio is what each \
                      costs at the large size divided by what each costs at the small one. \
                      Linear: all together grow with no more than the 1.15th power of the size, \
                      which at ten times the size is a ratio of 1.4.";

/// Everything that a run found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Account {
    /// The costs of each at the large size, divided by those at the small one.
    ratios: BTreeMap<&'static str, f64>,
    /// Whether none of the costs grows more than linearly.
    linear_or_better: bool,
    figures: BTreeMap<&'static str, Growth>,
    /// Of `fold`, entries a second at both sizes.
    fold_rates: [f64; 2],
    small: Counts,
    large: Counts,
    load: &'static str,
    growth: &'static str,
    rounds: u32,
    machine: Machine,
}

impl Account {
    pub(super) fn new(
        plan: &Plan,
        machine: Machine,
        small: &Found,
        large: &Found,
    ) -> Result<Self, Failure> {
        let mut figures = BTreeMap::new();
        for row in &ROWS {
            figures.insert(row.name, Growth::of(row, small, large)?);
        }
        let rate = |each: f64| Unit::Time.factor() / each;
        let fold = figures.get("fold").ok_or("the fold was not measured")?;
        Ok(Self {
            ratios: figures.iter().map(|(name, growth)| (*name, growth.ratio)).collect(),
            linear_or_better: figures.values().all(Growth::is_linear_or_better),
            fold_rates: [rate(fold.small.each), rate(fold.large.each)],
            figures,
            small: small.counts,
            large: large.counts,
            load: LOAD,
            growth: GROWTH,
            rounds: plan.rounds,
            machine,
        })
    }

    /// The account as one JSON object.
    ///
    /// # Errors
    /// Never for what is in it.
    pub fn json(&self) -> serde_json::Result<String> {
        serde_json::to_string_pretty(self)
    }

    /// The account as people read it.
    #[must_use]
    pub fn table(&self) -> String {
        let mut out = String::new();
        let projects = |counts: &Counts| format!("{} projects", counts.projects);
        let (small, large) = (projects(&self.small), projects(&self.large));
        let head = ["", &small, "each", &large, "each", "ratio"];
        line(&mut out, head.map(str::to_owned), "growth");
        for (name, row) in ROWS.iter().filter_map(|row| Some((row, self.figures.get(row.name)?))) {
            let each = |each: f64| format!("{each:.1} {}", row.unit);
            let all = |all: f64| sum(name.unit, all);
            let (small, large) = (row.small, row.large);
            let cells = [
                format!("{} / {}", name.name, row.of),
                all(small.all.min),
                each(small.each),
                all(large.all.min),
                each(large.each),
                format!("{:.2}", row.ratio),
            ];
            line(&mut out, cells, row.growth.as_str());
        }
        self.notes(&mut out);
        out
    }

    /// A String takes everything, so that writing to it cannot fail.
    fn notes(&self, out: &mut String) {
        let word = match self.linear_or_better {
            true => "Everything is linear or better.",
            false => "Not everything is linear or better.",
        };
        let [small, large] = self.fold_rates;
        let _ = writeln!(out, "\n{word} {}", self.growth);
        let _ = writeln!(out, "fold: {small:.0} and {large:.0} entries a second");
        for (word, counts) in [("small", &self.small), ("large", &self.large)] {
            let Counts { projects, environments, releases, deployments, .. } = counts;
            let Counts { cells, entries, .. } = counts;
            let _ = writeln!(
                out,
                "{word}: {projects} projects, {environments} environments, {releases} releases, \
                 {deployments} deployments, {cells} cells, {entries} entries"
            );
        }
        let _ = writeln!(out, "load: {}", self.load);
        for (name, growth) in &self.figures {
            let _ = writeln!(out, "{name}: {}", growth.how);
        }
        let Machine { cores, processor, load, .. } = &self.machine;
        let _ = writeln!(out, "machine: {cores} cores, {processor}, load {load}");
        let _ = writeln!(out, "rounds: {}", self.rounds);
    }
}

/// All of them together, in a unit that people read.
fn sum(unit: Unit, all: f64) -> String {
    match unit {
        Unit::Time => format!("{:.1} ms", all / 1e3),
        Unit::Bytes => format!("{:.1} MB", all / 1e6),
    }
}

fn line(out: &mut String, cells: [String; 6], growth: &str) {
    let [name, rest @ ..] = cells;
    let _ = write!(out, "{name:<22}");
    for cell in rest {
        let _ = write!(out, "{cell:>16}");
    }
    let _ = writeln!(out, "  {growth}");
}
