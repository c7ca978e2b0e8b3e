//! What a guard tells the runner: lines of text, first `started`, then one of the others.

use std::fmt;
use std::str::FromStr;

/// One line, without its line break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Status {
    /// `started PID`: the program runs, and leads the process group of that number.
    Started(i32),
    /// `exited CODE`: it ended by itself, and nothing of it is left.
    Exited(i32),
    /// `signalled NUMBER`: a signal ended it, and nothing of it is left.
    Signalled(i32),
    /// `timed-out`: it was ended, and nothing of it is left.
    TimedOut,
    /// `stopped`: it was ended because the runner asked, and nothing of it is left.
    Stopped,
    /// `refused REASON`: the guard could not do its work, and nothing of the step is left.
    Refused(String),
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Started(pid) => write!(f, "started {pid}"),
            Self::Exited(code) => write!(f, "exited {code}"),
            Self::Signalled(number) => write!(f, "signalled {number}"),
            Self::TimedOut => f.write_str("timed-out"),
            Self::Stopped => f.write_str("stopped"),
            Self::Refused(reason) => write!(f, "refused {}", reason.replace('\n', " ")),
        }
    }
}

impl FromStr for Status {
    type Err = ();

    fn from_str(line: &str) -> Result<Self, ()> {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let number = || rest.parse().map_err(drop);
        match word {
            "started" => number().map(Self::Started),
            "exited" => number().map(Self::Exited),
            "signalled" => number().map(Self::Signalled),
            "timed-out" if rest.is_empty() => Ok(Self::TimedOut),
            "stopped" if rest.is_empty() => Ok(Self::Stopped),
            "refused" => Ok(Self::Refused(rest.to_owned())),
            _ => Err(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_is_read_back_from_its_line() {
        let all = [
            Status::Started(17),
            Status::Exited(3),
            Status::Signalled(9),
            Status::TimedOut,
            Status::Stopped,
            Status::Refused("cannot start \"x\": no such file".to_owned()),
        ];
        for status in all {
            assert_eq!(status.to_string().parse(), Ok(status));
        }
    }

    #[test]
    fn a_line_that_is_no_status_is_refused() {
        for line in ["", "started", "started x", "exited", "stopped 1", "gone 3"] {
            assert_eq!(line.parse::<Status>(), Err(()), "{line:?}");
        }
    }
}
