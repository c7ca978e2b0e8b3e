//! The options of what is carried by hand.

use clap::Subcommand;
use schema::name::Name;
use std::path::PathBuf;

/// What is done with media.
#[derive(Debug, Subcommand)]
pub(crate) enum Courier {
    /// Write what there is for a peer to a folder, as on a stick: entries, acks, packages
    Export {
        /// The peer
        #[arg(long, value_name = "SPACE")]
        to: Name,
        /// The folder; it must be there
        folder: PathBuf,
        /// Split it over folders that each fit on a medium of this size, such as 4GB or 700MiB
        #[arg(long, value_name = "SIZE", value_parser = size)]
        medium_size: Option<u64>,
        /// Begin after this entry [default: what the peer is known to have]
        #[arg(long, value_name = "NUMBER")]
        after: Option<u64>,
        /// Leave packages out
        #[arg(long)]
        no_packages: bool,
    },
    /// Take in what somebody brought; in any order, and again without harm
    Import {
        /// Files that end in .isp, or folders that hold some
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,
    },
    /// What can be told of parts without any key, and without taking them in; needs no node
    Inspect {
        /// Files that end in .isp, or folders that hold some
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,
    },
}

/// A number of bytes, with a unit or without.
fn size(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let (number, unit) = (digits.trim(), text[digits.len()..].to_ascii_lowercase());
    let factor = match unit.as_str() {
        "" | "b" => 1,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        _ => return Err("units are KB, MB, GB, KiB, MiB and GiB".to_owned()),
    };
    let number: u64 = number.parse().map_err(|_| "expected a number, such as 4GB".to_owned())?;
    number.checked_mul(factor).ok_or_else(|| "that is too large".to_owned())
}
