//! Measures durable appends by row size and segment size, beside a plain file, interleaved.
//!
//! `cargo run --release -p log-sled --example rows_and_segments -- FOLDER [ROUNDS] [MILLISECONDS]`
//!
//! Each round measures every candidate once for every shape of block; the table shows medians over
//! the rounds and their ratio to the plain file. Only the appends are timed. `blobs` is the most
//! files that sled put where it never syncs them: anything but 0 disqualifies.

use engine::log::Log;
use log_sled::LogSled;
use schema::id::{EntryId, Incarnation, LinkId, LinkSeq, Position, SpaceId};
use schema::latest::{Block, Checkpoint, Mirrored, Record};
use std::error::Error;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

const KIB: usize = 1024;

/// Entries in a block, and bytes of an entry.
const SHAPES: [(usize, usize); 4] = [(1, 400), (64, 400), (256, 400), (1, 511 * KIB)];

/// Rows and segments in KiB. The first six keep every page in the file by arithmetic, the last two
/// only as long as pages are written in the order in which a log grows.
const SIZES: [(usize, usize); 8] = [
    (7, 512),
    (15, 1024),
    (30, 2048),
    (60, 4096),
    (120, 8192),
    (240, 16384),
    (120, 4096),
    (240, 4096),
];

type Failure = Box<dyn Error>;
type Append = Box<dyn FnMut(&Block, &[u8]) -> Result<(), Failure>>;

#[derive(Clone, Copy)]
enum Candidate {
    /// One write and one fdatasync for each block.
    Plain,
    /// sled alone: rows and segments of so many bytes.
    Sled(usize, usize),
    /// The adapter as it is.
    Adapter,
}

#[derive(Default, Clone, Copy)]
struct Sample {
    entries_per_second: f64,
    blobs: usize,
    /// Bytes on disk for each byte appended.
    growth: f64,
    reopen_ms: f64,
}

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("which folder?")?;
    let rounds: usize = arguments.next().map_or(Ok(3), |text| text.parse())?;
    let window = Duration::from_millis(arguments.next().map_or(Ok(500), |text| text.parse())?);
    let place = Path::new(&folder).join("measurement");
    let mut candidates = vec![Candidate::Plain, Candidate::Adapter];
    candidates.extend(SIZES.map(|(row, segment)| Candidate::Sled(row * KIB, segment * KIB)));
    let mut samples = vec![vec![Vec::new(); SHAPES.len()]; candidates.len()];
    for _ in 0..rounds {
        for (column, shape) in SHAPES.iter().enumerate() {
            for (candidate, row) in candidates.iter().zip(&mut samples) {
                fs::create_dir_all(&place)?;
                row[column].push(measure(*candidate, &place, *shape, window)?);
                fs::remove_dir_all(&place)?;
            }
        }
    }
    println!(
        "| row KiB / segment KiB | entries/s (ratio) at 1 | 64 | 256 | at 1 of 511 KiB | blobs \
         | growth | reopen ms |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for (candidate, row) in candidates.iter().zip(&samples) {
        show(*candidate, row, &samples[0]);
    }
    Ok(())
}

fn show(candidate: Candidate, row: &[Vec<Sample>], plain: &[Vec<Sample>]) {
    match candidate {
        Candidate::Plain => print!("| plain file"),
        Candidate::Sled(row, segment) => print!("| {} / {}", row / KIB, segment / KIB),
        Candidate::Adapter => print!("| log-sled"),
    }
    let rate = |samples: &Vec<Sample>| median(samples, |sample| sample.entries_per_second);
    for (samples, plain) in row.iter().zip(plain) {
        print!(" | {:.0} ({:.2})", rate(samples), rate(samples) / rate(plain));
    }
    let blobs = row.iter().flatten().map(|sample| sample.blobs).max().unwrap_or(0);
    let growth = median(&row[2], |sample| sample.growth);
    let reopen = median(&row[2], |sample| sample.reopen_ms);
    println!(" | {blobs} | {growth:.2} | {reopen:.0} |");
}

fn median(samples: &[Sample], of: impl Fn(&Sample) -> f64) -> f64 {
    let mut values: Vec<f64> = samples.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Appends blocks of one shape until their appends have taken `window`.
fn measure(
    candidate: Candidate,
    place: &Path,
    shape: (usize, usize),
    window: Duration,
) -> Result<Sample, Failure> {
    let mut append = begin(candidate, place)?;
    let (mut first, mut took, mut bytes) = (1, Duration::ZERO, 0);
    let mut block = block(shape);
    while took < window {
        block.first = Position(first);
        first += shape.0 as u64;
        block.checkpoint.size = first - 1;
        let stored = block.write();
        bytes += stored.len();
        let begin = Instant::now();
        append(&block, &stored)?;
        took += begin.elapsed();
    }
    drop(append);
    let on_disk = |name: &str| fs::metadata(place.join(name)).map_or(0, |data| data.len());
    let files = on_disk("plain") + on_disk("sled/db") + on_disk("log/sled/db");
    let blobs = |name: &str| fs::read_dir(place.join(name)).map_or(0, Iterator::count);
    let blobs = blobs("sled/blobs") + blobs("log/sled/blobs");
    // A thread of sled may still hold the file for a moment.
    std::thread::sleep(Duration::from_millis(300));
    let reopened = Instant::now();
    if !matches!(candidate, Candidate::Plain) {
        drop(begin(candidate, place)?);
    }
    Ok(Sample {
        entries_per_second: (first - 1) as f64 / took.as_secs_f64(),
        blobs,
        growth: files as f64 / bytes as f64,
        reopen_ms: reopened.elapsed().as_secs_f64() * 1000.0,
    })
}

fn begin(candidate: Candidate, place: &Path) -> Result<Append, Failure> {
    match candidate {
        Candidate::Plain => {
            let mut file = File::create(place.join("plain"))?;
            Ok(Box::new(move |_, stored| {
                file.write_all(stored)?;
                Ok(file.sync_data()?)
            }))
        }
        Candidate::Sled(row_bytes, segment_bytes) => {
            let config = sled::Config::new().path(place.join("sled"));
            let config = config.cache_capacity(64 << 20).flush_every_ms(None);
            let database = config.segment_size(segment_bytes).open()?;
            let second = File::options().write(true).open(place.join("sled/db"))?;
            Ok(Box::new(move |block, stored| {
                let mut batch = sled::Batch::default();
                for (part, row) in (0_u16..).zip(stored.chunks(row_bytes)) {
                    let mut key = vec![2];
                    key.extend_from_slice(&block.first.0.to_be_bytes());
                    key.extend_from_slice(&part.to_be_bytes());
                    batch.insert(key, row);
                }
                database.apply_batch(batch)?;
                database.flush()?;
                Ok(second.sync_data()?)
            }))
        }
        Candidate::Adapter => {
            let (place, life) = (place.join("log"), Incarnation([1; 16]));
            let log =
                if place.exists() { LogSled::open(&place) } else { LogSled::create(&place, life) };
            let mut log = log?;
            Ok(Box::new(move |block, _| Ok(log.append(block)?)))
        }
    }
}

/// A block of one shape, which begins nowhere yet.
fn block((entries, bytes): (usize, usize)) -> Block {
    let id = EntryId {
        origin: SpaceId([1; 32]),
        incarnation: Incarnation([2; 16]),
        position: Position(1),
    };
    let record = |salt: usize| {
        let entry = (0..bytes).map(|n| ((n * 31 + salt) % 251) as u8).collect();
        let mirrored = Mirrored {
            id,
            link: LinkId([3; 32]),
            link_incarnation: Incarnation([4; 16]),
            link_seq: LinkSeq(1),
            salt: [5; 16],
            entry,
        };
        let record = Record::Mirrored(mirrored);
        let leaf = record.leaf();
        (record, leaf)
    };
    let records = (0..entries).map(record).collect();
    let checkpoint = Checkpoint { size: 0, root: [0; 32], time_ms: 0, key: 0, signature: [0; 64] };
    Block { first: Position(1), records, checkpoint }
}
