//! The options of commands about people and their tokens.

use clap::{Args, Subcommand};
use schema::id::TokenId;
use schema::name::Name;
use schema::v1::event::{Pattern, Role};

#[derive(Debug, Subcommand)]
pub(crate) enum User {
    /// All people, with their roles and tokens
    List,
    /// Make a person with these roles, or give one these roles instead; space.toml says it for good
    Create {
        /// The name
        name: Name,
        #[command(flatten)]
        scope: Scope,
    },
    /// Remove a person, and all that their tokens are worth
    Revoke {
        /// The name
        name: Name,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Token {
    /// Make a token for a person; it is shown this once
    Create {
        /// For whom
        #[arg(long = "for", value_name = "PERSON")]
        user: Name,
        /// What to call it
        #[arg(long)]
        name: Name,
        #[command(flatten)]
        scope: Scope,
        /// How long it is good: `30d`, `12h`, or `never` to let it live for ever
        #[arg(long, value_name = "TIME", default_value = "90d", value_parser = life)]
        expires: Life,
    },
    /// All tokens that may be seen
    List,
    /// Let a token be worth nothing any more
    Revoke {
        /// Its id
        id: TokenId,
    },
}

/// Which roles, and where.
#[derive(Debug, Clone, Args)]
pub(crate) struct Scope {
    /// viewer, deployer, release-manager, approver, space-owner or auditor; may be repeated
    #[arg(long, value_name = "ROLE")]
    pub(crate) role: Vec<Role>,
    /// Only of this project: `NAME`, `SPACE: NAME`, `SPACE: *`, or `*` for all
    #[arg(long, value_name = "PROJECT", default_value = "*")]
    pub(crate) project: Pattern,
    /// Only in this environment, written alike
    #[arg(long, value_name = "ENVIRONMENT", default_value = "*")]
    pub(crate) environment: Pattern,
}

/// How long a token is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Life(pub(crate) Option<u64>);

/// How long something is good.
pub(super) fn life(text: &str) -> Result<Life, String> {
    if text == "never" {
        return Ok(Life(None));
    }
    let units = [("d", 24 * 60 * 60), ("h", 60 * 60), ("m", 60), ("s", 1)];
    let found = units.into_iter().find_map(|(unit, seconds)| {
        let count: u64 = text.strip_suffix(unit)?.parse().ok()?;
        count.checked_mul(seconds)
    });
    let seconds = found.filter(|seconds| *seconds > 0);
    seconds
        .map(|seconds| Life(Some(seconds)))
        .ok_or_else(|| "a number and d, h, m or s, such as 30d; or never".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_has_an_end_unless_it_is_said_to_have_none() {
        assert_eq!(life("30d"), Ok(Life(Some(30 * 24 * 60 * 60))));
        assert_eq!(life("12h"), Ok(Life(Some(12 * 60 * 60))));
        assert_eq!(life("never"), Ok(Life(None)));
        for text in ["", "0d", "30", "-1d", "1w", "d", "99999999999999999999d", "Never"] {
            assert!(life(text).is_err(), "{text:?}");
        }
    }
}
