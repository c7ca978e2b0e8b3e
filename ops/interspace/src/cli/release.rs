//! The options of commands about releases.

use super::Which;
use clap::Subcommand;
use schema::name::{Name, PackageName, Text, Version};

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
    /// Send a release on to another space
    Promote {
        #[command(flatten)]
        release: Which,
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
        release: Which,
        /// Why; everybody who has the release sees it
        #[arg(long, value_name = "TEXT")]
        reason: Text,
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

fn package(text: &str) -> Result<(PackageName, Version), String> {
    let (id, version) = text.split_once('=').ok_or("expected ID=VERSION")?;
    let id = id.parse().map_err(|why: schema::name::BadName| why.to_string())?;
    let version = version.parse().map_err(|why: schema::name::BadName| why.to_string())?;
    Ok((id, version))
}
