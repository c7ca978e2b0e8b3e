//! What a command fails with: what happened, why, what to do next, and the exit code.

use api_http::problem::Problem;
use engine::engine::CannotOpen;
use engine::log::Fault;
use std::fmt;
use std::fmt::Display;
use std::io::ErrorKind;

/// The exit codes, the same for every command.
pub(crate) mod code {
    /// It failed.
    pub(crate) const FAILED: u8 = 1;
    /// It was asked in a wrong way.
    pub(crate) const USAGE: u8 = 2;
    /// What it names is not there.
    pub(crate) const NOT_FOUND: u8 = 3;
    /// Who asks may not.
    pub(crate) const DENIED: u8 = 4;
    /// It does not fit what is.
    pub(crate) const CONFLICT: u8 = 5;
    /// The node cannot be reached.
    pub(crate) const UNREACHABLE: u8 = 6;
    /// Something is not what it was signed to be.
    pub(crate) const NOT_VERIFIED: u8 = 7;
}

/// A failed command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub(crate) code: u8,
    pub(crate) what: String,
    pub(crate) hint: String,
    /// Whether it may succeed by itself a little later.
    pub(crate) not_yet: bool,
}

impl Failure {
    pub(crate) fn new(code: u8, what: impl Display, hint: impl Display) -> Self {
        Self { code, what: what.to_string(), hint: hint.to_string(), not_yet: false }
    }

    /// A file or folder that cannot be used.
    pub(crate) fn io(doing: &str, path: &std::path::Path, why: &std::io::Error) -> Self {
        let hints = [
            (ErrorKind::PermissionDenied, "check who owns it, and its mode"),
            (ErrorKind::NotFound, "check the path"),
            (ErrorKind::StorageFull, "make room on the device and try again"),
        ];
        let known = hints.into_iter().find(|(kind, _)| *kind == why.kind());
        let hint = known.map_or("try again when the cause is gone", |(_, hint)| hint);
        Self::new(code::FAILED, format!("{doing} {} failed: {why}", path.display()), hint)
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.what, self.hint)
    }
}

impl std::error::Error for Failure {}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        let code = match problem.kind.as_str() {
            "denied" => code::DENIED,
            "not-found" => code::NOT_FOUND,
            "conflict" | "not-yet" => code::CONFLICT,
            "invalid" => code::USAGE,
            "not-verified" => code::NOT_VERIFIED,
            _ => code::FAILED,
        };
        let not_yet = matches!(problem.kind.as_str(), "not-yet" | "not-found");
        Self { code, what: problem.title, hint: problem.hint, not_yet }
    }
}

impl From<CannotOpen> for Failure {
    fn from(why: CannotOpen) -> Self {
        match why {
            CannotOpen::Log(fault) => fault.into(),
            CannotOpen::NoCertificate | CannotOpen::Keys(_) => Self::new(
                code::NOT_VERIFIED,
                why,
                "the keys and the log of a space belong together: put both back from one backup",
            ),
        }
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        let (code, hint) = match &fault {
            Fault::Full { .. } => {
                (code::FAILED, "make room on the device and start the node again; nothing is lost")
            }
            Fault::Locked { .. } => {
                (code::CONFLICT, "stop the other process, or choose another --dir")
            }
            Fault::Damaged(_) => (
                code::NOT_VERIFIED,
                "the files were left as they are: copy the folder, run `interspace audit verify`, \
                 and restore from a backup",
            ),
            Fault::RolledBack { .. } => (
                code::NOT_VERIFIED,
                "an older copy was put back, or the end of the log is lost: put back the newest \
                 copy of the folder, the fence file with it",
            ),
            Fault::Format { .. } => {
                (code::FAILED, "choose another --dir, or use a version that knows the folder")
            }
            Fault::Store { .. } | Fault::Poisoned => {
                (code::FAILED, "start the node again; what was answered is durable")
            }
        };
        Self::new(code, fault, hint)
    }
}
