//! The broker, as each space sees it.

use super::finding::Finding;
use crate::node::carriage;
use crate::node::config::Config;
use schema::id::SpaceId;
use schema::name::Name;
use transport_nats::Severity;

/// Looks at the broker as one space.
pub(super) fn look(config: &Config, name: &Name, me: SpaceId, peers: &[SpaceId]) -> Vec<Finding> {
    let settings = match config.settings(Some(name)) {
        Ok(Some(settings)) => settings,
        Ok(None) => return Vec::new(),
        Err(failure) => return vec![Finding::problem("broker", failure.what, failure.hint)],
    };
    let found = match carriage::examine(&settings, me, peers) {
        Ok(found) => found,
        Err(failure) => return vec![Finding::problem("broker", failure.what, failure.hint)],
    };
    let told = found.into_iter().map(|finding| {
        let what = format!("{name}: {}", finding.what);
        match finding.severity {
            Severity::Good => Finding::good("broker", what),
            Severity::Advice => Finding::advice("broker", what, finding.hint),
            Severity::Problem => Finding::problem("broker", what, finding.hint),
        }
    });
    told.collect()
}
