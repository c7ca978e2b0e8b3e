//! Measures durable appends by row size and segment size, beside a plain file, interleaved.
//!
//! `cargo run --release -p log-sled --example rows_and_segments -- FOLDER [ROUNDS] [MILLISECONDS]`
//!
//! Each round measures every candidate once for every block size; the table shows medians of the
//! rounds and their ratio to the plain file. `blobs` is the number of files that sled put where it
//! never syncs them: anything but 0 disqualifies.

use std::error::Error;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

/// Bytes of one entry as it stands in a block.
const ENTRY_BYTES: usize = 400;
const BLOCKS: [usize; 3] = [1, 64, 256];
const KIB: usize = 1024;

#[derive(Clone, Copy)]
enum Candidate {
    /// One write and one fdatasync for each block.
    Plain,
    /// Rows of at most so many bytes, segments of so many.
    Sled {
        row_bytes: usize,
        segment_bytes: usize,
    },
}

struct Sample {
    entries_per_second: f64,
    blobs: usize,
    /// Bytes on disk for each byte appended.
    growth: f64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("which folder?")?;
    let rounds: usize = arguments.next().map_or(Ok(3), |text| text.parse())?;
    let window = Duration::from_millis(arguments.next().map_or(Ok(1000), |text| text.parse())?);
    let mut candidates = vec![Candidate::Plain];
    for (row, segment) in [
        (7, 512),
        (15, 1024),
        (30, 2048),
        (60, 4096),
        (120, 8192),
        (240, 16384),
        (30, 4096),
        (120, 4096),
    ] {
        candidates.push(Candidate::Sled {
            row_bytes: row * KIB,
            segment_bytes: segment * KIB,
        });
    }
    let mut samples: Vec<Vec<Vec<Sample>>> = candidates
        .iter()
        .map(|_| BLOCKS.iter().map(|_| Vec::new()).collect())
        .collect();
    for _ in 0..rounds {
        for (column, entries) in BLOCKS.iter().enumerate() {
            for (row, candidate) in candidates.iter().enumerate() {
                let place = Path::new(&folder).join("measurement");
                fs::create_dir_all(&place)?;
                samples[row][column].push(measure(*candidate, &place, *entries, window)?);
                fs::remove_dir_all(&place)?;
            }
        }
    }
    println!(
        "row KiB | segment KiB | entries/s at 1, 64, 256 (ratio to plain) | blobs | growth at 256"
    );
    for (row, candidate) in candidates.iter().enumerate() {
        match candidate {
            Candidate::Plain => print!("plain file |"),
            Candidate::Sled {
                row_bytes,
                segment_bytes,
            } => {
                print!("{} | {} |", row_bytes / KIB, segment_bytes / KIB);
            }
        }
        for column in 0..BLOCKS.len() {
            let rate = median(&samples[row][column]);
            print!(" {rate:.0} ({:.2})", rate / median(&samples[0][column]));
        }
        let blobs = samples[row]
            .iter()
            .flatten()
            .map(|sample| sample.blobs)
            .max();
        println!(
            " | {} | {:.2}",
            blobs.unwrap_or(0),
            samples[row][2][0].growth
        );
    }
    Ok(())
}

fn median(samples: &[Sample]) -> f64 {
    let mut rates: Vec<f64> = samples
        .iter()
        .map(|sample| sample.entries_per_second)
        .collect();
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

/// Appends blocks of `entries` entries until `window` is over.
fn measure(
    candidate: Candidate,
    place: &Path,
    entries: usize,
    window: Duration,
) -> Result<Sample, Box<dyn Error>> {
    let mut append: Box<dyn FnMut(u64, &[u8]) -> Result<(), Box<dyn Error>>> = match candidate {
        Candidate::Plain => {
            let mut file = File::create(place.join("plain"))?;
            Box::new(move |_, block| {
                file.write_all(block)?;
                Ok(file.sync_data()?)
            })
        }
        Candidate::Sled {
            row_bytes,
            segment_bytes,
        } => {
            let database = sled::Config::new()
                .path(place.join("sled"))
                .cache_capacity(64 << 20)
                .flush_every_ms(None)
                .segment_size(segment_bytes)
                .open()?;
            let second = File::options()
                .read(true)
                .write(true)
                .open(place.join("sled/db"))?;
            Box::new(move |first, block| {
                let mut batch = sled::Batch::default();
                for (part, row) in (0_u16..).zip(block.chunks(row_bytes)) {
                    let mut key = vec![2];
                    key.extend_from_slice(&first.to_be_bytes());
                    key.extend_from_slice(&part.to_be_bytes());
                    batch.insert(key, row);
                }
                database.apply_batch(batch)?;
                database.flush()?;
                Ok(second.sync_data()?)
            })
        }
    };
    let mut block: Vec<u8> = (0..entries * ENTRY_BYTES)
        .map(|n| (n * 31 % 251) as u8)
        .collect();
    let (mut appended, begin) = (0_u64, Instant::now());
    while begin.elapsed() < window {
        block[..8].copy_from_slice(&appended.to_be_bytes());
        append(appended + 1, &block)?;
        appended += entries as u64;
    }
    let elapsed = begin.elapsed().as_secs_f64();
    let bytes = appended as f64 * ENTRY_BYTES as f64;
    drop(append);
    let on_disk = |name: &str| fs::metadata(place.join(name)).map_or(0, |data| data.len());
    let blobs = fs::read_dir(place.join("sled/blobs")).map_or(0, Iterator::count);
    let growth = (on_disk("plain") + on_disk("sled/db")) as f64 / bytes;
    Ok(Sample {
        entries_per_second: appended as f64 / elapsed,
        blobs,
        growth,
    })
}
