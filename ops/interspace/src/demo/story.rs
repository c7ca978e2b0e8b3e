//! The stories that the demo can tell: each a folder of `ops/examples/` with a list of commands and
//! the files that they name.

use clap::ValueEnum;

/// Which story.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Story {
    /// One space builds, two deploy: one by itself, one by a person; all on one node
    Tour,
    /// One space builds, one deploys; they are connected
    Prod,
    /// The same two spaces, with nothing between them but a stick
    Airgap,
    /// Three regions in two waves, each with a gate of its own, one of them down meanwhile
    Regions,
    /// QA tests and its receipt goes back, which opens the gate to Ops
    QaReturn,
    /// QA tests and sends on to Ops, which the builder never talks to; secrets go along unread
    QaDirect,
}

/// What is between the spaces of a story, where there is no server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Between {
    /// They are on one node.
    OneNode,
    /// Each is on a node of its own, and reaches those that are in a network with it.
    Networks(&'static [&'static [&'static str]]),
    /// Each is on a node of its own, and a stick is carried from one to the other.
    Stick,
}

/// A file of a story: its name and its text.
pub(super) type File = (&'static str, &'static str);

/// The files of one folder of `ops/examples/`.
macro_rules! example {
    ($folder:literal: $($name:literal),+) => {
        &[$(($name, include_str!(concat!("../../../examples/", $folder, "/", $name)))),+]
    };
}

const TOUR: &[File] = example!("tour": "story.txt", "devtest.toml", "prod-us.toml", "prod-eu.toml");
const PROD: &[File] = example!("prod": "devtest.toml", "prod-eu.toml", "story.txt");
/// The same two spaces.
const AIRGAP: &[File] = &[example!("airgap": "story.txt")[0], PROD[0], PROD[1]];
const REGIONS: &[File] = example!(
    "regions": "story.txt", "devtest.toml", "prod-us.toml", "prod-eu.toml", "prod-ap.toml"
);
const QA_RETURN: &[File] =
    example!("qa-return": "story.txt", "devtest.toml", "qa.toml", "ops.toml");
const QA_DIRECT: &[File] =
    example!("qa-direct": "story.txt", "devtest.toml", "qa.toml", "ops.toml");

impl Story {
    /// Its files, the list of commands among them.
    pub(super) const fn files(self) -> &'static [File] {
        match self {
            Self::Tour => TOUR,
            Self::Prod => PROD,
            Self::Airgap => AIRGAP,
            Self::Regions => REGIONS,
            Self::QaReturn => QA_RETURN,
            Self::QaDirect => QA_DIRECT,
        }
    }

    /// Its files that hold a secret. Each telling has one of its own: the demo deploys the very
    /// program that these files are part of.
    pub(super) const fn secrets(self) -> &'static [&'static str] {
        match self {
            Self::QaDirect => &["licence.txt"],
            Self::Tour | Self::Prod | Self::Airgap | Self::Regions | Self::QaReturn => &[],
        }
    }

    /// The list of commands.
    pub(super) fn text(self) -> &'static str {
        let list = self.files().iter().find(|(name, _)| *name == "story.txt");
        list.map_or("", |(_, text)| text)
    }

    /// What is between its spaces, where there is no server.
    pub(super) const fn between(self) -> Between {
        match self {
            Self::Tour | Self::Prod => Between::OneNode,
            Self::Airgap => Between::Stick,
            Self::Regions => {
                Between::Networks(&[&["DevTest Space", "Prod US", "Prod EU", "Prod AP"]])
            }
            Self::QaReturn => {
                Between::Networks(&[&["DevTest Space", "QA"], &["DevTest Space", "Ops"]])
            }
            Self::QaDirect => Between::Networks(&[&["DevTest Space", "QA"], &["QA", "Ops"]]),
        }
    }
}
