//! Measurements as Prometheus reads them. Labels are spaces and peers, never releases, projects,
//! versions or persons: what grows with use must not grow the number of series.

use super::measure::{Link, Measured, OUTCOMES};
use super::survey::Said;
use crate::port::Carriage;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::{Registry, Unit};
use schema::name::Name;
use std::fmt;

/// Before every name.
const PREFIX: &str = "interspace";

/// What a value may be.
#[derive(Debug, Clone, Copy)]
enum Value {
    /// Goes up and down.
    Gauge(u64),
    /// Seconds, up and down.
    Seconds(f64),
    /// Only goes up while the process lives.
    Counter(u64),
}

/// One value with its labels.
type Sample = (Vec<(&'static str, String)>, Value);

/// One metric.
#[derive(Debug)]
struct Metric {
    name: &'static str,
    help: &'static str,
    unit: Option<Unit>,
    kind: MetricType,
    samples: Vec<Sample>,
}

/// All metrics of one scrape.
#[derive(Debug)]
struct Scrape(Vec<Metric>);

/// The answer to a scrape.
///
/// # Errors
/// When the text cannot be written, which a text in memory always can.
pub(super) fn write(
    start_s: f64,
    said: &[(Name, Said<Measured>)],
    carriers: &[(Name, Carriage)],
) -> Result<String, fmt::Error> {
    let mut registry = Registry::with_prefix(PREFIX);
    let mut metrics = metrics(start_s, said);
    metrics.extend(of_carriers(carriers));
    registry.register_collector(Box::new(Scrape(metrics)));
    let mut text = String::new();
    encode(&mut text, &registry)?;
    Ok(text)
}

impl Collector for Scrape {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        for metric in &self.0 {
            let Metric { name, help, unit, kind, samples } = metric;
            let mut encoder = encoder.encode_descriptor(name, help, unit.as_ref(), *kind)?;
            for (labels, value) in samples {
                let sample = encoder.encode_family(labels)?;
                match value {
                    Value::Gauge(value) => ConstGauge::new(*value).encode(sample)?,
                    Value::Seconds(value) => ConstGauge::new(*value).encode(sample)?,
                    Value::Counter(value) => ConstCounter::new(*value).encode(sample)?,
                }
            }
        }
        Ok(())
    }
}

fn gauge(name: &'static str, help: &'static str, samples: Vec<Sample>) -> Metric {
    Metric { name, help, unit: None, kind: MetricType::Gauge, samples }
}

fn counter(name: &'static str, help: &'static str, samples: Vec<Sample>) -> Metric {
    Metric { name, help, unit: None, kind: MetricType::Counter, samples }
}

fn seconds(name: &'static str, help: &'static str, samples: Vec<Sample>) -> Metric {
    Metric { unit: Some(Unit::Seconds), ..gauge(name, help, samples) }
}

fn bytes(name: &'static str, help: &'static str, samples: Vec<Sample>) -> Metric {
    Metric { unit: Some(Unit::Bytes), ..gauge(name, help, samples) }
}

fn metrics(start_s: f64, said: &[(Name, Said<Measured>)]) -> Vec<Metric> {
    let version = vec![("version", env!("CARGO_PKG_VERSION").to_owned())];
    let up = said.iter().map(|(name, said)| {
        let up = u64::from(matches!(said, Said::Open(_)));
        (vec![("space", name.to_string())], Value::Gauge(up))
    });
    let mut metrics = vec![
        gauge("build_info", "Always 1; the version is a label.", vec![(version, Value::Gauge(1))]),
        seconds(
            "process_start_time",
            "When the node opened its interface, since 1970.",
            vec![(Vec::new(), Value::Seconds(start_s))],
        ),
        gauge("space_up", "Whether the space is open and answers.", up.collect()),
    ];
    let open: Vec<(&Name, &Measured)> = said
        .iter()
        .filter_map(|(name, said)| match said {
            Said::Open(measured) => Some((name, measured)),
            Said::Closed(_) | Said::Nothing => None,
        })
        .collect();
    metrics.extend(of_spaces(&open));
    metrics.extend(of_links(&open));
    metrics
}

/// One gauge for each space.
fn each(open: &[(&Name, &Measured)], value: impl Fn(&Measured) -> u64) -> Vec<Sample> {
    let sample = |(name, measured): &(&Name, &Measured)| {
        (vec![("space", name.to_string())], Value::Gauge(value(measured)))
    };
    open.iter().map(sample).collect()
}

/// Several counters for each space, told apart by one more label.
fn several<'a>(
    open: &[(&Name, &'a Measured)],
    label: &'static str,
    values: impl Fn(&'a Measured) -> Vec<(&'static str, u64)>,
) -> Vec<Sample> {
    let mut samples = Vec::new();
    for (name, measured) in open {
        for (value, count) in values(measured) {
            let labels = vec![("space", name.to_string()), (label, value.to_owned())];
            samples.push((labels, Value::Counter(count)));
        }
    }
    samples
}

fn of_spaces(open: &[(&Name, &Measured)]) -> Vec<Metric> {
    let ended = |space: &Measured| {
        let counts = OUTCOMES.iter().zip(space.finished);
        counts.map(|(outcome, count)| (outcome.as_str(), count)).collect()
    };
    vec![
        gauge("log_entries", "Records in the log.", each(open, |space| space.entries)),
        counter(
            "refused_envelopes",
            "Envelopes that were refused at the door since the start, by reason.",
            several(open, "reason", |space| space.refused.clone()),
        ),
        gauge("fetches", "Packages that are being fetched.", each(open, |space| space.fetches)),
        bytes(
            "fetch_missing",
            "What is missing of the packages that are being fetched.",
            each(open, |space| space.missing_bytes),
        ),
        gauge("deployments_running", "Deployments that run.", each(open, |space| space.running)),
        counter(
            "deployments_finished",
            "Deployments that ended, in the whole life of the log, by outcome.",
            several(open, "outcome", ended),
        ),
    ]
}

/// One sample for each link that has a value.
fn links(open: &[(&Name, &Measured)], value: impl Fn(&Link) -> Option<Value>) -> Vec<Sample> {
    let mut samples = Vec::new();
    for (name, measured) in open {
        for link in &measured.links {
            let labels = vec![("space", name.to_string()), ("peer", link.peer.clone())];
            samples.extend(value(link).map(|value| (labels, value)));
        }
    }
    samples
}

fn of_links(open: &[(&Name, &Measured)]) -> Vec<Metric> {
    let count = |value: fn(&Link) -> u64| links(open, |link| Some(Value::Gauge(value(link))));
    let ago = |link: &Link| {
        // Milliseconds of a hundred years fit without loss.
        #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
        link.heard_ago_ms.map(|ms| Value::Seconds(ms as f64 / 1_000.0))
    };
    vec![
        gauge("link_head_entries", "Entries written for the peer.", count(|link| link.view.head)),
        gauge(
            "link_acknowledged_entries",
            "Of the entries for the peer, those that are durable there.",
            count(|link| link.view.acknowledged),
        ),
        gauge(
            "link_applied_entries",
            "Of the entries for the peer, those that count there.",
            count(|link| link.view.applied),
        ),
        gauge(
            "link_lag_entries",
            "Entries for the peer that are not known to be durable there.",
            count(|link| link.view.head.saturating_sub(link.view.acknowledged)),
        ),
        gauge(
            "link_received_entries",
            "Entries from the peer that are durable here.",
            count(|link| link.view.received),
        ),
        gauge(
            "link_held_entries",
            "Entries from the peer that wait for a newer build.",
            count(|link| link.view.held),
        ),
        gauge(
            "link_awaiting_entries",
            "Entries from the peer that await keys of the spaces that signed what it passes on.",
            count(|link| link.view.awaiting.values().map(|it| it.entries).sum()),
        ),
        gauge(
            "link_refused_entries",
            "Entries from the peer that are kept and never count.",
            count(|link| link.view.refused),
        ),
        seconds(
            "link_last_heard",
            "Time since the peer was last heard; nothing before it was heard since the start.",
            links(open, ago),
        ),
        gauge(
            "link_fresh",
            "Whether the peer was heard lately and keeps nothing back.",
            count(|link| u64::from(link.view.fresh)),
        ),
        gauge(
            "link_frozen",
            "Whether the link is frozen because the peer contradicted itself.",
            count(|link| u64::from(link.frozen)),
        ),
        gauge(
            "link_rolled_back",
            "Whether the peer has entries that this log has lost.",
            count(|link| u64::from(link.view.rolled_back)),
        ),
    ]
}

fn of_carriers(carriers: &[(Name, Carriage)]) -> Vec<Metric> {
    let each = |value: fn(&Carriage) -> Value| {
        let sample = |(name, carriage): &(Name, Carriage)| {
            (vec![("space", name.to_string())], value(carriage))
        };
        carriers.iter().map(sample).collect()
    };
    vec![
        gauge(
            "carrier_connected",
            "Whether there is a connection to the server between nodes.",
            each(|carriage| Value::Gauge(u64::from(carriage.connected))),
        ),
        counter(
            "carrier_stored",
            "Envelopes that the server has stored, since the start.",
            each(|carriage| Value::Counter(carriage.stored)),
        ),
        counter(
            "carrier_not_stored",
            "Envelopes that the server has not stored, and that are sent again, since the start.",
            each(|carriage| Value::Counter(carriage.not_stored)),
        ),
        counter(
            "carrier_taken",
            "Envelopes that were taken from the server, since the start.",
            each(|carriage| Value::Counter(carriage.taken)),
        ),
        counter(
            "carrier_connections",
            "Connections to the server that were made, since the start.",
            each(|carriage| Value::Counter(carriage.connections)),
        ),
    ]
}
