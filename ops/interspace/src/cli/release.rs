//! The options of commands about releases.

use super::{Meant, Which};
use clap::Subcommand;
use schema::name::{BadName, Name, PackageName, Text, Version};
use std::str::FromStr;

#[derive(Debug, Subcommand)]
pub(crate) enum Release {
    /// Freeze the project as it is
    Create {
        /// The project
        project: Name,
        /// The version
        version: Version,
        /// Notes, in Markdown
        #[arg(long, value_name = "TEXT", default_value = "")]
        notes: Text,
        /// A package version that differs from the release's; may be repeated
        #[arg(long, value_name = "ID=VERSION", value_parser = package)]
        package: Vec<(PackageName, Version)>,
        /// The channel [default: the first that lets the version in]
        #[arg(long, value_name = "NAME")]
        channel: Option<Name>,
        /// Make the project as it is now the next revision of a release that is there
        #[arg(long)]
        revise: bool,
    },
    /// All releases
    List,
    /// One release: how far it is, and why not further
    Show {
        #[command(flatten)]
        release: Which,
    },
    /// Why a release is where it is: for every place what holds it up, and the proof so far
    Explain {
        #[command(flatten)]
        release: Which,
        /// For this tenant
        #[arg(long, value_name = "NAME")]
        tenant: Option<Name>,
    },
    /// Send a release on to another space
    Promote {
        #[command(flatten)]
        release: Meant,
        /// The space
        #[arg(long, value_name = "SPACE")]
        to: Name,
        /// Do not wait for a freeze: why; it is written down
        #[arg(long, value_name = "REASON")]
        bypass: Option<Text>,
    },
    /// Block a release that was found bad, wherever it went
    #[command(after_long_help = "It is not accepted, promoted or deployed any more; what is \
        installed stays installed, and `release show` tells where that is. It is never taken back: \
        make a newer version, or revise this one (`release create --revise`).")]
    Recall {
        #[command(flatten)]
        release: Meant,
        /// Why; everybody who has the release sees it
        #[arg(long, value_name = "TEXT")]
        reason: Text,
    },
    /// Two releases beside each other: notes, packages, values, templates, process
    Compare {
        /// The project
        project: Name,
        /// The first, as `VERSION` or `VERSION~REVISION`
        from: Revision,
        /// The second
        to: Revision,
        /// The space that owns the project [default: whichever has such a release]
        #[arg(long, value_name = "SPACE")]
        owner: Option<Name>,
    },
    /// Wait until a release is installed in a place (--wait says how long)
    Await {
        #[command(flatten)]
        release: Which,
        /// The environment, or `SPACE: ENVIRONMENT` for another space's
        #[arg(long = "in", value_name = "PLACE")]
        place: String,
        /// For this tenant
        #[arg(long, value_name = "NAME")]
        tenant: Option<Name>,
    },
}

/// A version, and perhaps which of its revisions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Revision {
    pub(crate) version: Version,
    pub(crate) revision: Option<u32>,
}

impl FromStr for Revision {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (version, revision) = match text.split_once('~') {
            None => (text, None),
            Some((version, revision)) => (version, Some(revision)),
        };
        let number = |text: &str| match text.parse() {
            Ok(0) | Err(_) => Err(format!("{text:?} is no revision: they count from 1")),
            Ok(number) => Ok(number),
        };
        let version = version.parse().map_err(|why: BadName| why.to_string())?;
        Ok(Self { version, revision: revision.map(number).transpose()? })
    }
}

fn package(text: &str) -> Result<(PackageName, Version), String> {
    let (id, version) = text.split_once('=').ok_or("expected ID=VERSION")?;
    let id = id.parse().map_err(|why: BadName| why.to_string())?;
    let version = version.parse().map_err(|why: BadName| why.to_string())?;
    Ok((id, version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_is_named_behind_a_tilde() {
        let read =
            |text: &str| text.parse::<Revision>().map(|it| (it.version.to_string(), it.revision));
        assert_eq!(read("1.0.0"), Ok(("1.0.0".to_owned(), None)));
        assert_eq!(read("1.0.0~2"), Ok(("1.0.0".to_owned(), Some(2))));
        for odd in ["", "~1", "1.0.0~", "1.0.0~0", "1.0.0~x"] {
            assert!(read(odd).is_err(), "{odd}");
        }
    }
}
