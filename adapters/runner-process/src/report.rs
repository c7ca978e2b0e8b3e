//! Reports of steps: texts that fit, with secrets masked.

use crate::mask::Mask;
use crate::output::Kept;
use schema::hash::Hash;
use schema::latest::model::HexHash;
use schema::latest::{Outcome, StepReport};
use schema::limits::TEXT_BYTES_MAX;
use schema::name::{Name, Text};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// A reason is a sentence, though one that may quote a path.
const REASON_CHARS_MAX: usize = 2048;

/// So many characters are always a text.
const TEXT_CHARS_MAX: usize = TEXT_BYTES_MAX / char::MAX.len_utf8();

/// The report of a step that began at `began` and was not tried, or not by a program.
pub(crate) fn step(name: Name, outcome: Outcome, attempts: u32, began: Instant) -> StepReport {
    StepReport {
        name,
        target: None,
        outcome,
        attempts,
        exit_code: None,
        duration_ms: elapsed_ms(began),
        output_sha256: HexHash(nothing()),
        output: None,
        reason: None,
        outputs: Vec::new(),
        answered_by: None,
    }
}

/// The report that stands for what was not even begun.
pub(crate) fn halted(name: Name, reason: &str, mask: &Mask, began: Instant) -> StepReport {
    let reason = Some(self::reason(reason, mask));
    StepReport { reason, ..step(name, Outcome::Failed, 0, began) }
}

fn nothing() -> Hash {
    schema::hash::sha256(&[])
}

/// Why something ended as it did. What is too long of it is left out.
pub(crate) fn reason(of: &str, mask: &Mask) -> Text {
    text(&mask.text(of), REASON_CHARS_MAX)
}

/// The end of an output.
pub(crate) fn quote(kept: &Kept) -> Text {
    text(kept.quote(), TEXT_CHARS_MAX)
}

/// A value as it may be shown.
pub(crate) fn value(of: &str, mask: &Mask) -> Text {
    text(&crate::output::shown(&mask.text(of)), TEXT_CHARS_MAX)
}

/// The first `chars_max` characters as a text.
fn text(of: &str, chars_max: usize) -> Text {
    let short: String = of.chars().take(chars_max.min(TEXT_CHARS_MAX)).collect();
    short.parse().expect("short enough for a text")
}

/// Milliseconds since then.
pub(crate) fn elapsed_ms(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
