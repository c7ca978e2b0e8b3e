//! Two sides measured in turn, so that both meet the same noise.

use crate::Failure;
use crate::spread::Spread;
use std::time::{Duration, Instant};

/// Units of work that one stretch does at most, however fast they are.
const STRETCH_UNITS_MAX: u32 = 100_000;

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// Pairs; each gives one ratio.
    pub(crate) rounds: usize,
    /// How often the two sides take turns within one pair.
    pub(crate) turns: u32,
    /// Measured time of each side in each pair, at least; one unit of work is always done.
    pub(crate) window: Duration,
}

/// One unit of work: how many events went through, and how long that took.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sample {
    pub(crate) events: u64,
    pub(crate) took: Duration,
}

impl Sample {
    /// Times `work` on `events` events.
    pub(crate) fn time<T>(
        events: u64,
        work: impl FnOnce() -> Result<T, Failure>,
    ) -> Result<Self, Failure> {
        let began = Instant::now();
        let result = work();
        let took = began.elapsed();
        std::hint::black_box(result?);
        Ok(Self { events, took })
    }

    fn add(&mut self, other: Self) {
        self.events += other.events;
        self.took += other.took;
    }

    /// Events a second.
    pub(crate) fn rate(self) -> f64 {
        self.events as f64 / self.took.max(Duration::from_nanos(1)).as_secs_f64()
    }
}

/// One side: does one unit of work each time it is called.
pub(crate) type Side<'a> = dyn FnMut() -> Result<Sample, Failure> + 'a;

/// Events per second of each side in each pair.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Pairs {
    pub(crate) ours: Vec<f64>,
    pub(crate) theirs: Vec<f64>,
}

impl Pairs {
    /// Ours divided by theirs, pair by pair.
    pub(crate) fn ratio(&self) -> Option<Spread> {
        let both = self.ours.iter().zip(&self.theirs);
        Spread::of(&both.map(|(ours, theirs)| ours / theirs).collect::<Vec<_>>())
    }
}

/// Measures both sides in every pair. One unit of each comes before and does not count; who
/// begins changes from turn to turn.
pub(crate) fn interleaved(
    pace: &Pace,
    ours: &mut Side<'_>,
    theirs: &mut Side<'_>,
) -> Result<Pairs, Failure> {
    ours()?;
    theirs()?;
    let mut pairs = Pairs::default();
    for _ in 0..pace.rounds {
        let (mut our_sum, mut their_sum) = (Sample::default(), Sample::default());
        for turn in 0..pace.turns.max(1) {
            if turn % 2 == 0 {
                our_sum.add(stretch(pace, ours)?);
                their_sum.add(stretch(pace, theirs)?);
            } else {
                their_sum.add(stretch(pace, theirs)?);
                our_sum.add(stretch(pace, ours)?);
            }
        }
        pairs.ours.push(our_sum.rate());
        pairs.theirs.push(their_sum.rate());
    }
    Ok(pairs)
}

/// Measures one side alone. One unit comes before and does not count.
pub(crate) fn alone(pace: &Pace, side: &mut Side<'_>) -> Result<Vec<f64>, Failure> {
    side()?;
    (0..pace.rounds).map(|_| stretch(pace, side).map(Sample::rate)).collect()
}

fn stretch(pace: &Pace, side: &mut Side<'_>) -> Result<Sample, Failure> {
    let window = pace.window / pace.turns.max(1);
    let mut sum = Sample::default();
    for _ in 0..STRETCH_UNITS_MAX {
        sum.add(side()?);
        if sum.took >= window {
            break;
        }
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    fn sample(events: u64, took_ms: u64) -> Result<Sample, Failure> {
        Ok(Sample { events, took: Duration::from_millis(took_ms) })
    }

    fn pace(rounds: usize, turns: u32, window_ms: u64) -> Pace {
        Pace { rounds, turns, window: Duration::from_millis(window_ms) }
    }

    #[test]
    fn the_sides_take_turns_and_who_begins_changes() {
        let told = RefCell::new(String::new());
        let side = |name: char| {
            told.borrow_mut().push(name);
            sample(1, 10)
        };
        interleaved(&pace(2, 2, 20), &mut || side('o'), &mut || side('t')).unwrap();
        assert_eq!(told.into_inner(), "ototto".to_owned() + "otto");
    }

    #[test]
    fn a_stretch_goes_on_until_its_window_is_full() {
        let mut units = 0;
        let rates = alone(&pace(1, 1, 100), &mut || {
            units += 1;
            sample(3, 30)
        });
        assert_eq!(rates.unwrap(), [100.0]);
        assert_eq!(units, 1 + 4);
    }

    #[test]
    fn the_first_unit_of_each_side_does_not_count() {
        let mut cold = true;
        let mut ours = || {
            let events = if std::mem::take(&mut cold) { 1 } else { 200 };
            sample(events, 1000)
        };
        let pairs = interleaved(&pace(3, 1, 1), &mut ours, &mut || sample(50, 1000)).unwrap();
        assert_eq!(pairs.ratio(), Spread::of(&[4.0]));
        assert_eq!(pairs.ours, [200.0; 3]);
    }

    #[test]
    fn the_ratio_is_taken_within_each_pair() {
        // A machine that halves its speed in the middle changes no ratio.
        let pairs = Pairs { ours: vec![100.0, 50.0, 48.0], theirs: vec![200.0, 100.0, 100.0] };
        assert_eq!(pairs.ratio(), Some(Spread { median: 0.5, min: 0.48, max: 0.5 }));
    }

    #[test]
    fn a_failure_ends_the_measurement() {
        let failed = interleaved(&pace(1, 1, 1), &mut || sample(1, 1), &mut || Err("full".into()));
        assert_eq!(failed.unwrap_err().to_string(), "full");
    }

    #[test]
    fn work_that_takes_no_time_ends_as_well() {
        let rates = alone(&pace(1, 1, 10), &mut || Ok(Sample::default())).unwrap();
        assert_eq!(rates, [0.0]);
    }
}
