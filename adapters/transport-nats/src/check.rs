//! Whether a login at a server is as narrow as planned: what must work is tried, and so is what
//! must be denied.
//!
//! Nothing on the server is changed, however wide it is. What a server could be made to do is
//! tried under names that nobody has, or with a body that it cannot read: it says that, instead of
//! that it denies it. Nothing is ever deleted or purged, and what is published goes to a stream
//! that does not exist, so none stores it.

mod attempt;
mod forbidden;
mod needed;
mod stated;

pub use attempt::{Attempt, Deed};
pub use forbidden::forbidden;

use crate::examine::{Finding, Severity, Visit, layout, server};
use crate::settings::Settings;
use attempt::{Outcome, attempt};
use schema::id::SpaceId;

/// What is known of one thing that a login may or may not do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// How it is.
    pub verdict: Verdict,
    /// What was looked at or tried, as a sentence.
    pub what: String,
    /// What to change; empty where nothing has to be.
    pub hint: String,
}

/// How something is that a login may or may not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// As planned.
    Good,
    /// As planned, and could be better.
    Advice,
    /// It could not be found out.
    Unknown,
    /// What must work does not.
    Broken,
    /// What must be denied is allowed.
    TooWide,
}

impl Checked {
    fn new(verdict: Verdict, what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { verdict, what: what.into(), hint: hint.into() }
    }

    fn of(finding: Finding) -> Self {
        let verdict = match finding.severity {
            Severity::Good => Verdict::Good,
            Severity::Advice => Verdict::Advice,
            Severity::Problem => Verdict::Broken,
        };
        Self::new(verdict, finding.what, finding.hint)
    }
}

/// Checks the login of the space `me`, which has links with `peers`, over a connection of its own.
/// `strangers` are two ids that no space has: draw them.
pub async fn check(
    settings: &Settings,
    me: SpaceId,
    peers: &[SpaceId],
    strangers: [SpaceId; 2],
) -> Vec<Checked> {
    let visit = match Visit::begin(settings, me).await {
        Ok(visit) => visit,
        Err(finding) => return vec![Checked::of(finding)],
    };
    let mut found = server::examine(&visit, settings).await;
    let mut ended = found.iter().any(Finding::ends_the_visit);
    if !ended {
        found.extend(layout::examine(&visit, settings, peers).await);
        ended = found.iter().any(Finding::ends_the_visit);
    }
    let mut checked: Vec<_> = found.into_iter().map(Checked::of).collect();
    if !ended {
        checked.extend(tried(&visit, &me, peers, strangers).await);
    }
    let _ = visit.client.drain().await;
    checked
}

async fn tried(
    visit: &Visit,
    me: &SpaceId,
    peers: &[SpaceId],
    strangers: [SpaceId; 2],
) -> Vec<Checked> {
    let mut checked = vec![stated::apart(visit).await];
    for needed in needed::needed(me, peers) {
        checked.push(match attempt(visit, &needed).await {
            Outcome::Allowed => Checked::new(Verdict::Good, needed.what, ""),
            Outcome::Denied => Checked::new(
                Verdict::Broken,
                format!("Denied: {}", needed.what),
                format!("Allow this space {}.", needed.permission()),
            ),
            Outcome::Unknown(why) => Checked::new(Verdict::Unknown, needed.what, why),
        });
    }
    let stated = stated::permissions(visit).await;
    let mut wide = Vec::new();
    for forbidden in forbidden(me, peers, strangers) {
        checked.push(match attempt(visit, &forbidden).await {
            Outcome::Denied => {
                Checked::new(Verdict::Good, format!("Denied: {}", forbidden.what), "")
            }
            Outcome::Allowed => {
                let hint = stated::hint(stated.as_ref(), &forbidden);
                let what = format!("{} Tried: {}.", forbidden.what, forbidden.permission());
                wide.push(forbidden);
                Checked::new(Verdict::TooWide, what, hint)
            }
            Outcome::Unknown(why) => Checked::new(Verdict::Unknown, forbidden.what, why),
        });
    }
    checked.extend(stated::compared(stated.as_ref(), me, peers, &wide));
    checked
}
