//! The options of commands about freezes.

use super::people::life;
use clap::Subcommand;
use schema::name::{Name, Text};
use schema::v1::event::Pattern;
use std::time::{SystemTime, UNIX_EPOCH};

const EXAMPLE: &str = "\
Without --project and --in it stops the line: nothing is deployed, and nothing is promoted either.
A freeze of some environments holds up deployments there; one of `SPACE: *` holds up promotions to
that space. What runs already runs on. An owner of the space goes past a freeze with
`deploy --bypass REASON` and `release promote --bypass REASON`, which is written down.

  interspace freeze create Holidays --from 2026-12-24 --until 2026-12-26 --reason \"nobody is here\"
  interspace freeze create Incident --project Web --in Production --reason \"we look at it\"";

#[derive(Debug, Subcommand)]
pub(crate) enum Freeze {
    /// Let nothing be deployed or promoted for a while
    #[command(after_long_help = EXAMPLE)]
    Create {
        /// What to call it
        name: Name,
        /// Only of this project: `NAME`, `SPACE: NAME` or `SPACE: *`; may be repeated
        #[arg(long, value_name = "PROJECT")]
        project: Vec<Pattern>,
        /// Only in this environment, written alike; may be repeated
        #[arg(long = "in", value_name = "ENVIRONMENT")]
        environment: Vec<Pattern>,
        /// From when on: a day, a time, or `2h` from now [default: at once]
        #[arg(long, value_name = "TIME", value_parser = begins)]
        from: Option<u64>,
        /// Until when: a day until its end, a time, or `2h` from now [default: until it is lifted]
        #[arg(long, value_name = "TIME", value_parser = ends)]
        until: Option<u64>,
        /// Why; everybody who is held up sees it
        #[arg(long, value_name = "TEXT")]
        reason: Text,
    },
    /// All freezes that hold, or will
    List,
    /// End a freeze before its time
    Lift {
        /// Which
        name: Name,
        /// Why
        #[arg(long, value_name = "TEXT", default_value = "")]
        reason: Text,
    },
}

fn begins(text: &str) -> Result<u64, String> {
    moment(text, "T00:00:00.000Z", now())
}

fn ends(text: &str) -> Result<u64, String> {
    moment(text, "T23:59:59.999Z", now())
}

/// A time as people write it: a whole day counts from or to its end, in UTC.
fn moment(text: &str, of_day: &str, now_ms: u64) -> Result<u64, String> {
    let read = api_http::shape::moment;
    let later = || {
        let seconds = life(text).ok()?.0?;
        now_ms.checked_add(seconds.checked_mul(1_000)?)
    };
    let found = read(text).or_else(|| read(&format!("{text}{of_day}"))).or_else(later);
    found.ok_or_else(|| {
        "write it so: 2h (from now; d, h, m or s), or 2026-12-24, or 2026-12-24T18:00:00Z (UTC)"
            .to_owned()
    })
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 22 November 2026, 12:00 UTC.
    const NOON_MS: u64 = 1_795_348_800_000;

    #[test]
    fn a_time_is_a_moment_or_a_day_or_so_long_from_now() {
        let at = |text| moment(text, "T23:59:59.999Z", NOON_MS).unwrap();
        assert_eq!(at("2026-11-22T12:00:00Z"), NOON_MS);
        assert_eq!(at("2026-11-22T13:00:00+01:00"), NOON_MS);
        assert_eq!(at("2h"), NOON_MS + 2 * 60 * 60 * 1_000);
        assert_eq!(at("7d"), NOON_MS + 7 * 24 * 60 * 60 * 1_000);
        assert_eq!(at("2026-11-22"), NOON_MS + 12 * 60 * 60 * 1_000 - 1);
        let begins = moment("2026-11-22", "T00:00:00.000Z", NOON_MS).unwrap();
        assert_eq!(begins, NOON_MS - 12 * 60 * 60 * 1_000);
    }

    #[test]
    fn what_is_no_time_is_answered_with_what_is_one() {
        for text in ["", "never", "soon", "2w", "0h", "2026-13-01", "18446744073709551615s"] {
            let why = begins(text).unwrap_err();
            assert!(why.contains("2h"), "{text}: {why}");
        }
    }
}
