//! The options of commands about what lets releases go on and what holds them up.

use super::Which;
use super::people::life;
use clap::{Args, Subcommand};
use schema::name::{Name, Text, Version};
use schema::v1::event::Pattern;
use std::time::{SystemTime, UNIX_EPOCH};

/// What somebody approves.
#[derive(Debug, Args)]
pub(crate) struct Approve {
    #[command(flatten)]
    pub(crate) release: Which,
    /// The environment
    #[arg(long = "in", value_name = "ENVIRONMENT")]
    pub(crate) environment: Name,
    /// Why
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) reason: Text,
}

/// What somebody refuses to approve.
#[derive(Debug, Args)]
pub(crate) struct Refuse {
    #[command(flatten)]
    pub(crate) release: Which,
    /// The environment
    #[arg(long = "in", value_name = "ENVIRONMENT")]
    pub(crate) environment: Name,
    /// Why; whoever wants to deploy it will see it
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Text,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Freeze {
    /// Let nothing be deployed or promoted for a while
    Create {
        /// What it is called
        name: Name,
        /// Only these projects: `NAME`, `SPACE: NAME` or `SPACE: *`; may be repeated
        #[arg(long, value_name = "PATTERN", default_value = "*")]
        project: Vec<Pattern>,
        /// Only these environments, written alike; `SPACE: *` for promotions to a space
        #[arg(long, value_name = "PATTERN", default_value = "*")]
        environment: Vec<Pattern>,
        /// From when on: `2026-12-24T00:00:00Z`, or in `2h` [default: at once]
        #[arg(long, value_name = "TIME", value_parser = moment_ms)]
        from: Option<u64>,
        /// Until when, written alike [default: until it is lifted]
        #[arg(long, value_name = "TIME", value_parser = moment_ms)]
        until: Option<u64>,
        /// Why; everybody who is held up sees it
        #[arg(long, value_name = "TEXT")]
        reason: Text,
    },
    /// All freezes that hold or will
    List,
    /// End one before its time
    Lift {
        /// Which
        name: Name,
        /// Why
        #[arg(long, value_name = "TEXT", default_value = "")]
        reason: Text,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Policy {
    /// What policy leaves alone
    Show,
    /// Let it do nothing by itself; people still can
    Pause {
        #[command(flatten)]
        what: Paused,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: Text,
    },
    /// End a pause
    Resume {
        #[command(flatten)]
        what: Paused,
    },
    /// Let it deploy no other version of a project to an environment
    Pin {
        #[command(flatten)]
        what: Pinned,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: Text,
    },
    /// End a pin
    Unpin {
        #[command(flatten)]
        what: Pinned,
    },
    /// Let a place that is down not count for its phase; it catches up later
    Skip {
        /// The environment, `SPACE: ENVIRONMENT` or `SPACE: *`
        place: Pattern,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: Text,
    },
    /// Let it count again
    Unskip {
        /// The environment, `SPACE: ENVIRONMENT` or `SPACE: *`
        place: Pattern,
    },
}

/// What is paused.
#[derive(Debug, Args)]
pub(crate) struct Paused {
    /// The project: `NAME`, `SPACE: NAME` or `SPACE: *`
    #[arg(long, value_name = "PATTERN", default_value = "*")]
    pub(crate) project: Pattern,
    /// The environment, written alike; `SPACE: *` for promotions to a space
    #[arg(long = "in", value_name = "PATTERN", default_value = "*")]
    pub(crate) place: Pattern,
}

/// What is pinned.
#[derive(Debug, Args)]
pub(crate) struct Pinned {
    /// The project
    pub(crate) project: Pattern,
    /// The version
    pub(crate) version: Version,
    /// The environment
    #[arg(long = "in", value_name = "ENVIRONMENT")]
    pub(crate) environment: Name,
}

/// A moment, milliseconds since 1970: a time, or in how long from now.
fn moment_ms(text: &str) -> Result<u64, String> {
    if let Some(time_ms) = api_http::shape::moment(text) {
        return Ok(time_ms);
    }
    let seconds = life(text).ok().and_then(|life| life.0);
    let seconds = seconds.ok_or("a time such as 2026-12-24T00:00:00Z, or 2h from now")?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now_ms = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
    Ok(now_ms.saturating_add(seconds.saturating_mul(1_000)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_time_or_so_long_from_now() {
        assert_eq!(moment_ms("1970-01-01T00:00:01Z"), Ok(1_000));
        assert!(moment_ms("2h").unwrap() > moment_ms("1h").unwrap());
        for odd in ["", "never", "tomorrow", "2026-12-24"] {
            assert!(moment_ms(odd).is_err(), "{odd}");
        }
    }
}
