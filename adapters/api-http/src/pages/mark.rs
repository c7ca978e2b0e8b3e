//! Marks: how something stands, told by shape first and by colour second. The words stand beside.

use maud::{Markup, html};
use schema::latest::Outcome;

/// How something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// It is done.
    Done,
    /// It failed or was refused.
    Failed,
    /// Somebody ended it.
    Cancelled,
    /// It runs now.
    Running,
    /// It was not tried yet.
    Open,
}

impl Mark {
    /// The mark of how a deployment ended.
    pub(super) const fn of(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Succeeded => Self::Done,
            Outcome::Failed | Outcome::Interrupted => Self::Failed,
            Outcome::Cancelled => Self::Cancelled,
        }
    }

    /// The class by which it is coloured.
    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Running => "running",
            Self::Open => "open",
        }
    }

    /// Its drawing on a field of 16 by 16, with its centre in the middle.
    pub(super) fn drawing(self) -> Markup {
        html! {
            @match self {
                Self::Done => {
                    circle class="fill" cx="8" cy="8" r="7" {}
                    path class="in" d="M4.6 8.4l2.4 2.4 4.4-5" {}
                }
                Self::Failed => {
                    path class="fill" d="M5.1 1h5.8L15 5.1v5.8L10.9 15H5.1L1 10.9V5.1z" {}
                    path class="in" d="M5.6 5.6l4.8 4.8M10.4 5.6l-4.8 4.8" {}
                }
                Self::Cancelled => {
                    path class="fill" d="M2 2h12v12H2z" {}
                    path class="in" d="M5 8h6" {}
                }
                Self::Running => {
                    circle class="ring" cx="8" cy="8" r="6.2" {}
                    path class="fill" d="M8 3.6a4.4 4.4 0 0 1 0 8.8z" {}
                }
                Self::Open => circle class="ring dots" cx="8" cy="8" r="6.2" {}
            }
        }
    }

    /// Its drawing beside words.
    pub(super) fn beside(self) -> Markup {
        html! {
            svg class={ "mark " (self.class()) } viewBox="0 0 16 16" width="16" height="16"
                aria-hidden="true" focusable="false" { (self.drawing()) }
        }
    }
}
