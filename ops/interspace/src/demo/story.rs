//! The stories that the demo can tell: each a list of commands and the files that they name.

use clap::ValueEnum;

const REGIONS: &str = include_str!("../../../demo/story.txt");
const PROD: &str = include_str!("../../../demo/prod.txt");
const AIRGAP: &str = include_str!("../../../demo/airgap.txt");
const DEVTEST: &str = include_str!("../../../demo/devtest.toml");
const US: &str = include_str!("../../../demo/prod-us.toml");
const EU: &str = include_str!("../../../demo/prod-eu.toml");

/// Which story.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Story {
    /// One space builds, two regions deploy: one by itself, one by a person
    Regions,
    /// One space builds, one deploys; they are connected
    Prod,
    /// The same two spaces, with nothing between them but a stick
    Airgap,
}

impl Story {
    /// The list of commands.
    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::Regions => REGIONS,
            Self::Prod => PROD,
            Self::Airgap => AIRGAP,
        }
    }

    /// The files that the commands name.
    pub(super) fn files(self) -> Vec<(&'static str, String)> {
        let devtest = match self {
            Self::Regions => DEVTEST.to_owned(),
            // The same space, with one place to send its releases to.
            Self::Prod | Self::Airgap => DEVTEST.replace("\"Prod US\", \"Prod EU\"", "\"Prod EU\""),
        };
        let us = (self == Self::Regions).then(|| ("prod-us.toml", US.to_owned()));
        let files = [("devtest.toml", devtest), ("prod-eu.toml", EU.to_owned())];
        files.into_iter().chain(us).collect()
    }
}
