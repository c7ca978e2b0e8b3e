//! What is printed: ratios, and the figures behind them.

use crate::machine::Machine;
use crate::pair::Pairs;
use crate::spread::Spread;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What one measurement found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figure {
    /// The unit of `ours` and `theirs`.
    pub unit: &'static str,
    /// What was done, what is counted, and who the other is.
    pub how: String,
    /// The sizes that matter, each with its unit in its name.
    pub sizes: BTreeMap<&'static str, u64>,
    /// Over the rounds.
    pub ours: Spread,
    /// The same of the other, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub theirs: Option<Spread>,
    /// Ours divided by theirs, within each round.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ratio: Option<Spread>,
    /// Numbers on the way, each with its unit in its name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub beside: BTreeMap<&'static str, Spread>,
}

impl Figure {
    /// Events per second of both sides. None without a round.
    pub(crate) fn pair(how: String, sizes: &[(&'static str, u64)], pairs: &Pairs) -> Option<Self> {
        let mut figure = Self::alone(how, sizes, &pairs.ours)?;
        figure.theirs = Some(Spread::of(&pairs.theirs)?);
        figure.ratio = Some(pairs.ratio()?);
        Some(figure)
    }

    /// Events per second of our side, which has no peer. None without a round.
    pub(crate) fn alone(how: String, sizes: &[(&'static str, u64)], ours: &[f64]) -> Option<Self> {
        Some(Self {
            unit: "events/s",
            how,
            sizes: sizes.iter().copied().collect(),
            ours: Spread::of(ours)?,
            theirs: None,
            ratio: None,
            beside: BTreeMap::new(),
        })
    }
}

/// One line of `figures`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
enum Fact {
    Machine(Machine),
    Figure(Box<Figure>),
    Count(u64),
}

/// Everything that a run found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Ours divided by the other: the median over the rounds, for each measurement with a peer.
    ratios: BTreeMap<&'static str, f64>,
    figures: BTreeMap<&'static str, Fact>,
}

impl Report {
    /// A report of a run of `rounds` on `machine`, of which nothing is known yet.
    #[must_use]
    pub fn new(machine: Machine, rounds: usize) -> Self {
        let figures = [("machine", Fact::Machine(machine)), ("rounds", Fact::Count(rounds as u64))];
        Self { ratios: BTreeMap::new(), figures: figures.into() }
    }

    /// Adds what `name` gave.
    pub fn add(&mut self, name: &'static str, figure: Figure) {
        if let Some(ratio) = figure.ratio {
            self.ratios.insert(name, ratio.median);
        }
        self.figures.insert(name, Fact::Figure(Box::new(figure)));
    }

    /// Adds a number that is neither.
    pub fn count(&mut self, name: &'static str, count: u64) {
        self.figures.insert(name, Fact::Count(count));
    }

    /// The report as one JSON object.
    ///
    /// # Errors
    /// Never for what is in it.
    pub fn json(&self) -> serde_json::Result<String> {
        serde_json::to_string_pretty(self)
    }

    /// The report as people read it.
    #[must_use]
    pub fn table(&self) -> String {
        let mut out = String::new();
        let head = ["", "ours", "theirs", "ratio", "min", "max"];
        line(&mut out, head.map(str::to_owned));
        for (name, fact) in &self.figures {
            if let Fact::Figure(figure) = fact {
                let rate = |spread: Spread| format!("{:.0}", spread.median);
                let of = |number: fn(Spread) -> f64| {
                    figure.ratio.map_or("-".into(), |ratio| format!("{:.3}", number(ratio)))
                };
                let theirs = figure.theirs.map_or("-".into(), rate);
                let ratios = [of(|r| r.median), of(|r| r.min), of(|r| r.max)];
                let [ratio, min, max] = ratios;
                line(&mut out, [(*name).to_owned(), rate(figure.ours), theirs, ratio, min, max]);
            }
        }
        out.push_str(
            "\nMedians, in events a second or microseconds; ratios are ours divided by theirs.\n",
        );
        for (name, fact) in &self.figures {
            match fact {
                Fact::Machine(machine) => {
                    let Machine { cores, processor, load, file_system, .. } = machine;
                    let on = format!("{cores} cores, {processor}, load {load}, {file_system}");
                    // A String takes everything.
                    let _ = writeln!(out, "{name}: {on}");
                }
                Fact::Figure(figure) => {
                    let _ = writeln!(out, "{name}: {}", figure.how);
                }
                Fact::Count(count) => {
                    let _ = writeln!(out, "{name}: {count}");
                }
            }
        }
        out
    }
}

fn line(out: &mut String, cells: [String; 6]) {
    let [name, rest @ ..] = cells;
    let _ = write!(out, "{name:<18}");
    for cell in rest {
        let _ = write!(out, "{cell:>12}");
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn report() -> Report {
        let pairs = Pairs { ours: vec![10.0, 30.0, 20.0], theirs: vec![40.0, 40.0, 40.0] };
        let pair = Figure::pair("both".into(), &[("event_bytes", 400)], &pairs).unwrap();
        let alone = Figure::alone("one".into(), &[], &[5.0]).unwrap();
        let machine = Machine {
            cores: 2,
            processor: "Fast 9000".into(),
            load: "0.10".into(),
            file_system: "ext4".into(),
            optimised: true,
        };
        let mut report = Report::new(machine, 3);
        report.add("append_1", pair);
        report.add("fold", alone);
        report
    }

    #[test]
    fn a_ratio_is_the_median_of_ours_divided_by_theirs() {
        let value: Value = serde_json::from_str(&report().json().unwrap()).unwrap();
        assert_eq!(value["ratios"], serde_json::json!({ "append_1": 0.5 }));
        assert_eq!(value["figures"]["append_1"]["ratio"]["max"], 0.75);
        assert_eq!(value["figures"]["append_1"]["ours"]["median"], 20.0);
        assert_eq!(value["figures"]["append_1"]["sizes"]["event_bytes"], 400);
        assert_eq!(value["figures"]["machine"]["cores"], 2);
        assert_eq!(value["figures"]["rounds"], 3);
    }

    #[test]
    fn a_figure_without_a_peer_gives_no_ratio() {
        let value: Value = serde_json::from_str(&report().json().unwrap()).unwrap();
        assert!(value["ratios"].get("fold").is_none());
        assert!(value["figures"]["fold"].get("theirs").is_none());
        assert_eq!(value["figures"]["fold"]["unit"], "events/s");
    }

    #[test]
    fn the_table_shows_every_figure_and_how_it_was_measured() {
        let table = report().table();
        let of = |name: &str| table.lines().filter(|line| line.starts_with(name)).count();
        assert_eq!((of("append_1"), of("fold"), of("machine")), (2, 2, 1));
        assert!(table.contains("0.500") && table.contains("Fast 9000"));
    }

    #[test]
    fn without_a_round_there_is_no_figure() {
        assert!(Figure::pair(String::new(), &[], &Pairs::default()).is_none());
    }
}
