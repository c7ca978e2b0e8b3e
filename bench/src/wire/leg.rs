//! What is measured of the whole road.

use super::Field;
use super::ours::BLOCK_EVENTS;
use super::postgres::{Postgres, TRANSACTION_ROWS};
use super::raw::{OUTSTANDING_MAX, PULL};
use super::rounds::Side;
use crate::Failure;
use crate::entries::ENTRY_BYTES;
use crate::pair::{Pairs, Sample};
use crate::report::Figure;
use crate::spread::Spread;
use clap::ValueEnum;
use std::time::Duration;

/// A measurement of the whole road.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum Leg {
    /// Events that wait when two nodes meet, beside raw JetStream
    RoadCatchUp,
    /// Events while they are written, beside raw JetStream
    RoadLive,
    /// One event after the other, beside raw JetStream: `latency_p50` and `latency_p99`
    Latency,
    /// Events that wait when two nodes meet, beside PostgreSQL's logical replication
    RoadVsPostgres,
}

/// Figures with the names under which they are reported.
type Figures = Vec<(&'static str, Figure)>;

/// What is said of every figure of two nodes.
const NODES: &str = "Ours: two processes, each the node that is shipped, a log in sled on a \
                     device, two spaces that trust each other. Every event is durable at both \
                     ends, in the writer's signed log and the reader's; signed and sealed in \
                     envelopes of up to 256, verified, folded and acknowledged by a signature.";

/// What is said of every figure of raw JetStream.
fn raw(server: &str) -> String {
    format!(
        "Theirs: raw JetStream, {server}, the same server and store; events of the same size, \
         {ENTRY_BYTES} bytes, one a message, from one process to another, {OUTSTANDING_MAX} \
         publishes outstanding, pulls of {PULL}, acknowledge all, file storage, default sync: \
         nothing is forced to a device, signed or sealed, and nothing is batched but by pulls. \
         That ours is batched is part of the ratio."
    )
}

impl Leg {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::RoadCatchUp, Self::RoadLive, Self::Latency, Self::RoadVsPostgres];

    /// The name by which it is asked for, and under which it is reported if it is one figure.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RoadCatchUp => "road_catch_up",
            Self::RoadLive => "road_live",
            Self::Latency => "latency",
            Self::RoadVsPostgres => "road_vs_postgres",
        }
    }

    /// Measures it. Without figures if there is nobody to measure beside.
    pub(super) fn measure(self, field: &mut Field<'_>) -> Result<Figures, Failure> {
        match self {
            Self::RoadCatchUp => {
                let how = "The events are written before the nodes meet; from the last moment \
                           before that to the one at which the writer knows that all are folded.";
                let figure = beside_raw(field, how, |field| field.ours.catch_up(field.plan.events));
                Ok(vec![(self.name(), figure?)])
            }
            Self::RoadLive => {
                let how = format!(
                    "The events are written in blocks of {BLOCK_EVENTS}, each when the one \
                     before is durable; from the first to the moment at which the writer knows \
                     that all are folded."
                );
                let figure = beside_raw(field, &how, |field| field.ours.live(field.plan.events));
                Ok(vec![(self.name(), figure?)])
            }
            Self::Latency => latency(field),
            Self::RoadVsPostgres => {
                let figure = beside_postgres(field)?;
                Ok(figure.map(|figure| (self.name(), figure)).into_iter().collect())
            }
        }
    }
}

fn beside_raw(
    field: &mut Field<'_>,
    how: &str,
    ours: impl Fn(&Field<'_>) -> Result<Sample, Failure>,
) -> Result<Figure, Failure> {
    let (events, least) = (field.plan.events, field.plan.raw_rate_min);
    let side = |field: &mut Field<'_>, side| match side {
        Side::Ours => ours(field),
        Side::Theirs => field.raw.carry(events),
    };
    let slow = |theirs: &Sample| theirs.rate() < least;
    let pairs = field.in_turn(side, slow)?;
    let how = format!(
        "{NODES} {how} {} Their events are published and pulled at once, from the first publish \
         to the server's word that the last is acknowledged. A pair in which they do less than \
         {least} a second is void.",
        raw(&field.broker.version)
    );
    figure("events/s", how, events, &rates(&pairs))
}

fn beside_postgres(field: &mut Field<'_>) -> Result<Option<Figure>, Failure> {
    let events = field.plan.events;
    let Some(postgres) = Postgres::start(field.own_folder()?)? else { return Ok(None) };
    let side = |field: &mut Field<'_>, side| match side {
        Side::Ours => field.ours.catch_up(events),
        Side::Theirs => postgres.catch_up(events),
    };
    let pairs = field.in_turn(side, |_| false)?;
    let how = format!(
        "{NODES} As for road_catch_up. Theirs: {}, logical replication between two clusters over \
         a socket, rows of {ENTRY_BYTES} bytes and a key, {TRANSACTION_ROWS} a transaction, \
         everything by default; the rows are written while the subscription is off, from the \
         first look at which the subscriber has some to the first at which it has all. That \
         both are batched is part of the ratio.",
        postgres.version
    );
    figure("events/s", how, events, &rates(&pairs)).map(Some)
}

fn latency(field: &mut Field<'_>) -> Result<Figures, Failure> {
    let events = field.plan.single_events;
    let mut handed = Vec::new();
    let side = |field: &mut Field<'_>, side| {
        if side == Side::Theirs {
            return field.raw.singly(events);
        }
        let singles = field.ours.singly(events)?;
        let from_hand = singles.iter().map(|single| single.handed).collect::<Vec<_>>();
        handed.push(us(&from_hand, 50));
        Ok(singles.into_iter().map(|single| single.appended).collect())
    };
    let pairs = field.in_turn(side, |_| false)?;
    let handed = Spread::of(handed.get(1..).unwrap_or_default());
    let how = |percent| {
        format!(
            "{NODES} One event after the other, the next when the one before is there; \
             percentile {percent} of each round. From the moment at which it is durable at the \
             writer, as its trace tells once the envelope is sealed, less the time that sealing \
             takes alone, to the trace that it is durable and folded at the reader. {} From the \
             publish to the message in the hand that pulled it.",
            raw(&field.broker.version)
        )
    };
    let named = [("latency_p50", 50), ("latency_p99", 99)].map(|(name, percent)| {
        let of = |took: &Vec<Duration>| us(took, percent);
        let pairs = Pairs {
            ours: pairs.iter().map(|(ours, _)| of(ours)).collect(),
            theirs: pairs.iter().map(|(_, theirs)| of(theirs)).collect(),
        };
        Ok((name, figure("us", how(percent), events, &pairs)?))
    });
    let mut named = named.into_iter().collect::<Result<Figures, Failure>>()?;
    if let Some((_, figure)) = named.first_mut() {
        figure.beside.extend(handed.map(|spread| ("our_us_from_hand", spread)));
    }
    Ok(named)
}

fn figure(unit: &'static str, how: String, events: u64, pairs: &Pairs) -> Result<Figure, Failure> {
    let sizes = [("event_bytes", ENTRY_BYTES as u64), ("events", events)];
    let figure = Figure::pair(how, &sizes, pairs).ok_or("no round was measured")?;
    Ok(Figure { unit, ..figure })
}

fn rates(pairs: &[(Sample, Sample)]) -> Pairs {
    Pairs {
        ours: pairs.iter().map(|(ours, _)| ours.rate()).collect(),
        theirs: pairs.iter().map(|(_, theirs)| theirs.rate()).collect(),
    }
}

/// The microseconds within which so many of a hundred were; zero of none.
fn us(took: &[Duration], percent: usize) -> f64 {
    let mut sorted = took.to_vec();
    sorted.sort_unstable();
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).map_or(0.0, |took| took.as_secs_f64() * 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_that_was_measured() {
        let took: Vec<_> = (1..=200).rev().map(Duration::from_micros).collect();
        assert!((us(&took, 50) - 100.0).abs() < 1e-6);
        assert!((us(&took, 99) - 198.0).abs() < 1e-6);
        assert!((us(&took[..1], 99) - 200.0).abs() < 1e-6);
        assert_eq!(us(&[], 50), 0.0);
    }

    #[test]
    fn a_leg_is_asked_for_by_the_name_under_which_it_is_reported() {
        for leg in Leg::ALL {
            assert_eq!(Leg::from_str(leg.name(), false), Ok(leg));
        }
        assert_eq!(Leg::ALL.len(), Leg::value_variants().len());
    }
}
