//! `courier`: what travels on a stick.

mod inspect;
mod words;

use crate::cli::Courier as Verb;
use crate::failure::{Failure, code};
use crate::output::Output;
use transport_file::Fault;

pub(super) fn run(verb: &Verb, out: &mut Output) -> Result<(), Failure> {
    match verb {
        Verb::Inspect { paths } => inspect::run(paths, out),
    }
}

/// What a person can do about it.
fn failure(fault: &Fault) -> Failure {
    let (code, hint) = match fault {
        Fault::NoFolder { .. } | Fault::Absent { .. } => {
            (code::NOT_FOUND, "is the stick there? check the path")
        }
        Fault::Full { .. } => (
            code::FAILED,
            "make room on the stick, or split the export over media of a given size; nothing of \
             it was left there",
        ),
        Fault::Failed { .. } => {
            (code::FAILED, "check who owns it and its mode, and try again or with another stick")
        }
        Fault::Occupied { .. } => {
            (code::CONFLICT, "look at what it is, and move it away or choose another folder")
        }
        Fault::MediumTooSmall { .. } => (code::USAGE, "name a larger size, or none"),
        Fault::NoEnvelope(_) | Fault::Misaddressed | Fault::Ended => {
            (code::FAILED, "nothing of the export was left; export again")
        }
    };
    Failure::new(code, fault, hint)
}
