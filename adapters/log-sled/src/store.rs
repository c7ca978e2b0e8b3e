//! The boundary to sled: everything it answers or panics with becomes a fault here.

use crate::key::{self, RowKey};
use crate::rows::SEGMENT_BYTES;
use engine::log::Fault;
use schema::id::Position;
use schema::v1::block::Damage;
use sled::{Batch, Db, IVec};
use std::fs::{self, File};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

/// Memory for pages; sled's default of 1 GiB is too much for a small node.
const CACHE_BYTES: u64 = 64 * 1024 * 1024;

/// How often sled's own lock is tried again. Ours is held then, so nobody else has the file: it is
/// a thread of sled in this process that has not yet let go after the last close.
const LOCK_ATTEMPTS: u32 = 250;
const LOCK_RETRY_DELAY: Duration = Duration::from_millis(20);

/// What sled knows when a page or a file of its own is damaged.
const CORRUPTION: &str = "sled found a checksum that is wrong";

/// One row: the block to which it belongs, which part of it, and the bytes.
pub(crate) type Row = (Position, u16, IVec);

/// The tree and what makes it durable.
#[derive(Debug)]
pub(crate) struct Store {
    /// None after [`Store::close`].
    database: Option<Db>,
    /// A second descriptor of the database file: syncing through it syncs the file.
    file: File,
}

/// The fault that an error of the system is.
pub(crate) fn system(doing: &'static str, error: &io::Error) -> Fault {
    // Few kinds are told apart; new ones are failures of the store like the rest.
    #[allow(clippy::wildcard_enum_match_arm)]
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Fault::Full { doing },
        _ => Fault::Store { doing, why: error.to_string() },
    }
}

/// The same fault; but where sled could not read what it stored, it is damage at `position`, the
/// first that the caller cannot have.
pub(crate) fn named(fault: Fault, position: Position) -> Fault {
    if matches!(&fault, Fault::Store { why, .. } if why == CORRUPTION) {
        let what = CORRUPTION.to_owned();
        return Fault::Damaged(Damage { position, what });
    }
    fault
}

/// Runs `work`, which calls sled.
fn guarded<T>(doing: &'static str, work: impl FnOnce() -> sled::Result<T>) -> Result<T, Fault> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(sled::Error::Io(error))) => Err(system(doing, &error)),
        Ok(Err(sled::Error::Corruption { .. })) => {
            Err(Fault::Store { doing, why: CORRUPTION.to_owned() })
        }
        Ok(Err(error)) => Err(Fault::Store { doing, why: format!("sled says: {error}") }),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("no reason given");
            Err(Fault::Store { doing, why: format!("sled panicked: {text}") })
        }
    }
}

impl Store {
    /// Opens the database in `folder`, or makes one there. sled recovers, and so may rewrite files.
    pub(crate) fn open(folder: &Path) -> Result<Self, Fault> {
        check_blobs(folder)?;
        let doing = "opening the log";
        let config = || {
            sled::Config::new()
                .path(folder)
                .cache_capacity(CACHE_BYTES)
                .flush_every_ms(None)
                .segment_size(SEGMENT_BYTES)
        };
        let mut attempts = 0;
        let database = loop {
            attempts += 1;
            match guarded(doing, || config().open()) {
                Ok(database) => break database,
                Err(Fault::Store { why, .. })
                    if why.contains("could not acquire lock") && attempts < LOCK_ATTEMPTS =>
                {
                    sleep(LOCK_RETRY_DELAY);
                }
                Err(fault) => return Err(fault),
            }
        };
        let file = File::options().read(true).write(true).open(folder.join("db"));
        let file = file.map_err(|error| system(doing, &error))?;
        Ok(Self { database: Some(database), file })
    }

    fn database(&self) -> &Db {
        self.database.as_ref().expect("only close takes it, and close takes the store")
    }

    /// Writes all of `rows` or nothing, and returns when they would survive the loss of power. One
    /// row is whole by itself: sled writes a batch in two steps, which costs a small block a third.
    pub(crate) fn apply<K: AsRef<[u8]>>(
        &self,
        doing: &'static str,
        rows: &[(K, Vec<u8>)],
    ) -> Result<(), Fault> {
        guarded(doing, || {
            if let [(key, row)] = rows {
                self.database().insert(key, row.as_slice())?;
            } else {
                let mut batch = Batch::default();
                rows.iter().for_each(|(key, row)| batch.insert(key.as_ref(), row.as_slice()));
                self.database().apply_batch(batch)?;
            }
            self.database().flush()
        })?;
        self.file.sync_data().map_err(|error| system(doing, &error))
    }

    /// The value under `key`.
    pub(crate) fn value(&self, key: &[u8]) -> Result<Option<IVec>, Fault> {
        guarded("reading the log", || self.database().get(key))
    }

    /// The last row whose key is at most `key`.
    pub(crate) fn last_row(&self, key: RowKey) -> Result<Option<Row>, Fault> {
        let from = key::row(Position(0), 0);
        let found = guarded("reading the log", || {
            self.database().range(from..=key).next_back().transpose()
        })?;
        found.map(parse).transpose()
    }

    /// All rows from the key `from` on.
    pub(crate) fn rows_from(&self, from: RowKey) -> Result<Rows, Fault> {
        let to = key::row(Position(u64::MAX), u16::MAX);
        let range = guarded("reading the log", || Ok(self.database().range(from..=to)))?;
        Ok(Rows(range))
    }

    /// Lets sled write down where everything is, which it does only when it opens. Without that
    /// the next start goes through all that was appended since the last one, and one damaged bit
    /// in there makes it give up the rest, and write down that it did. With it the damage is found
    /// where it is, by who reads it.
    pub(crate) fn snapshot(folder: &Path) -> Result<(), Fault> {
        Self::open(folder)?.close()
    }

    /// Lets sled write what it still wants to write, and syncs that.
    pub(crate) fn close(mut self) -> Result<(), Fault> {
        let doing = "closing the log";
        let database = self.database.take();
        guarded(doing, || {
            database.as_ref().map_or(Ok(0), |database| database.flush())?;
            drop(database);
            Ok(())
        })?;
        self.file.sync_data().map_err(|error| system(doing, &error))
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // After a failure sled may panic once more; the failure was already reported.
        let database = self.database.take();
        let _ = guarded("closing the log", || {
            drop(database);
            Ok(())
        });
    }
}

/// Rows in the order of the log.
pub(crate) struct Rows(sled::Iter);

impl Rows {
    /// The next row, if there is one.
    pub(crate) fn next(&mut self) -> Result<Option<Row>, Fault> {
        let next = guarded("reading the log", || self.0.next().transpose())?;
        next.map(parse).transpose()
    }
}

fn parse((key, value): (IVec, IVec)) -> Result<Row, Fault> {
    let strange = || Fault::Store {
        doing: "reading the log",
        why: format!("{:?} is not the key of a row", key.as_ref()),
    };
    let (first, part) = key::read_row(&key).ok_or_else(strange)?;
    Ok((first, part, value))
}

/// sled puts large pages into files of their own and never syncs them. Rows are cut so that there
/// are none; if there is one, durability was not what it should have been.
fn check_blobs(folder: &Path) -> Result<(), Fault> {
    let doing = "opening the log";
    match fs::read_dir(folder.join("blobs")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(system(doing, &error)),
        Ok(mut files) => match files.next() {
            None => Ok(()),
            Some(_) => Err(Fault::Store {
                doing,
                why: "sled/blobs is not empty: sled keeps pages there that it never syncs"
                    .to_owned(),
            }),
        },
    }
}
