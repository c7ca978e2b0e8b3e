//! PostgreSQL's logical replication between two clusters: the same bytes, one event a row.

mod cluster;

use crate::Failure;
use crate::entries::ENTRY_BYTES;
use crate::pair::Sample;
use cluster::{Cluster, Programs};
use std::os::unix::fs::chown;
use std::time::Duration;
use tempfile::TempDir;

/// Rows of one transaction: as many as an envelope of ours has entries at most.
pub(crate) const TRANSACTION_ROWS: u64 = 256;

/// The subscriber is looked at this often; it is one look into an index.
const LOOK_MS: u32 = 2;

/// The longest that rows are waited for.
const WAIT_S_MAX: u32 = 300;

/// A cluster that publishes and one that subscribes.
#[derive(Debug)]
pub(crate) struct Postgres {
    origin: Cluster,
    subscriber: Cluster,
    /// What it says it is.
    pub(crate) version: String,
    /// After the clusters: it goes away last.
    _folder: TempDir,
}

impl Postgres {
    /// Starts both in `folder`. None if PostgreSQL is not installed
    /// where Debian puts it.
    pub(crate) fn start(folder: TempDir) -> Result<Option<Self>, Failure> {
        let Some(programs) = Programs::installed() else { return Ok(None) };
        if let Some((user, group)) = programs.user() {
            chown(folder.path(), Some(user), Some(group))?;
        }
        let origin = Cluster::start(&programs, &folder.path().join("o"))?;
        let subscriber = Cluster::start(&programs, &folder.path().join("s"))?;
        let table = "CREATE TABLE events (id bigint PRIMARY KEY, payload bytea NOT NULL);";
        origin.run(&format!("{table} CREATE PUBLICATION road FOR TABLE events;"))?;
        subscriber.run(&format!(
            "{table} CREATE SUBSCRIPTION road CONNECTION '{}' PUBLICATION road;",
            origin.address()
        ))?;
        let version = programs.version()?;
        let postgres = Self { origin, subscriber, version, _folder: folder };
        // The table is empty, but it is copied before anything is replicated.
        postgres.subscriber.run(&wait(
            "NOT EXISTS (SELECT 1 FROM pg_subscription_rel
             WHERE srsubstate <> 'r')",
        ))?;
        Ok(Some(postgres))
    }

    /// Writes `events` rows at the origin while the subscription is off, switches it on, and
    /// measures from the first rows that the subscriber shows to the last; the first ones do not
    /// count. Then both are emptied.
    pub(crate) fn catch_up(&self, events: u64) -> Result<Sample, Failure> {
        let gone = "NOT EXISTS (SELECT 1 FROM pg_stat_subscription WHERE pid IS NOT NULL)";
        self.subscriber.run(&format!("ALTER SUBSCRIPTION road DISABLE;\n{}", wait(gone)))?;
        self.origin.run(&insert(events))?;
        let some = "EXISTS (SELECT 1 FROM events)";
        let all = format!("(SELECT max(id) FROM events) = {events}");
        let look = "SELECT extract(epoch FROM clock_timestamp()), \
                    coalesce((SELECT max(id) FROM events), 0);";
        let (first, last) = (wait(some), wait(&all));
        let enable = "ALTER SUBSCRIPTION road ENABLE;";
        let told = self.subscriber.run(&format!("{enable}\n{first}\n{look}\n{last}\n{look}"))?;
        let sample = between(&told)?;
        self.origin.run("TRUNCATE events; CHECKPOINT;")?;
        self.subscriber.run(&format!("{}\nCHECKPOINT;", wait(&format!("NOT {some}"))))?;
        Ok(sample)
    }
}

/// A statement that inserts `events` rows in transactions of equal size.
fn insert(events: u64) -> String {
    format!(
        "DO $$ BEGIN
           FOR start IN 1..{events} BY {TRANSACTION_ROWS} LOOP
             INSERT INTO events SELECT id, decode(repeat(md5(id::text), {repeats}), 'hex')
               FROM generate_series(start, least(start + {TRANSACTION_ROWS} - 1, {events})) AS id;
             COMMIT;
           END LOOP;
         END $$;",
        // An MD5 is of 16 bytes.
        repeats = ENTRY_BYTES / 16,
    )
}

/// A statement that ends once `condition` holds.
fn wait(condition: &str) -> String {
    format!(
        "DO $$ DECLARE began timestamptz := clock_timestamp(); BEGIN
           WHILE ({condition}) IS NOT TRUE LOOP
             IF clock_timestamp() > began + interval '{WAIT_S_MAX} s' THEN
               RAISE 'nothing came';
             END IF;
             -- Locks of a look may not stop what is looked for.
             COMMIT;
             PERFORM pg_sleep({LOOK_MS} / 1000.0);
           END LOOP;
         END $$;"
    )
}

/// From two lines of seconds and rows to what happened between them.
fn between(told: &str) -> Result<Sample, Failure> {
    let looks = told.lines().map(|line| {
        let (seconds, rows) = line.split_once('|').ok_or("a look without rows")?;
        Ok::<(f64, u64), Failure>((seconds.parse()?, rows.parse()?))
    });
    let looks = looks.collect::<Result<Vec<_>, _>>()?;
    let [(began, first), (ended, last)] = *looks else {
        return Err(format!("two looks were expected: {told}").into());
    };
    let took = Duration::try_from_secs_f64((ended - began).max(0.0))?;
    Ok(Sample { events: last.saturating_sub(first), took })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_there_at_the_first_look_does_not_count() {
        let sample = between("100.5|256\n102.0|1000").unwrap();
        assert_eq!((sample.events, sample.took), (744, Duration::from_millis(1500)));
        assert!(between("100.5|256").is_err());
        assert!(between("psql: no\nno").is_err());
    }

    #[test]
    fn rows_are_as_large_as_events() {
        assert_eq!(ENTRY_BYTES % 16, 0);
        assert!(insert(1000).contains("repeat(md5(id::text), 25)"));
    }
}
