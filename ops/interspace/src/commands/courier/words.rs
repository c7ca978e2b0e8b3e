//! Numbers, times and paths as people read them on one line.

use crate::output::visible;
use std::path::Path;

/// Ranges that are shown; of more only how many there are. JSON has all.
const RANGES_MAX: usize = 12;

/// Ranges as people say them: `1 to 12, 30`.
pub(super) fn ranges(ranges: impl IntoIterator<Item = (u64, u64)>) -> String {
    let mut ranges = ranges.into_iter();
    let shown = ranges.by_ref().take(RANGES_MAX).map(|(first, last)| {
        if first == last { first.to_string() } else { format!("{first} to {last}") }
    });
    let shown = shown.collect::<Vec<_>>().join(", ");
    match ranges.count() {
        0 => shown,
        more => format!("{shown} and {more} more ranges"),
    }
}

/// Numbers, one after the other.
pub(super) fn listed<'a>(numbers: impl IntoIterator<Item = &'a u32>) -> String {
    let numbers = numbers.into_iter().map(|number| (u64::from(*number), u64::from(*number)));
    ranges(numbers)
}

/// A time in milliseconds since 1970 as data says it, whatever a stranger claims.
pub(super) fn time(ms: u64) -> String {
    api_http::shape::time(ms)
}

/// The same for people: to the second.
pub(super) fn moment(ms: u64) -> String {
    crate::output::moment(&time(ms))
}

/// A path that cannot break out of its line: names on a stick are chosen by strangers.
pub(super) fn on_one_line(path: &Path) -> String {
    visible(&path.to_string_lossy()).replace('\n', "\\n").replace('\t', "\\t")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_said_as_people_say_them() {
        assert_eq!(ranges([(1, 12), (30, 30)]), "1 to 12, 30");
        assert_eq!(ranges((0..14).map(|n| (n * 2, n * 2))).matches(',').count(), 11);
        assert!(ranges((0..14).map(|n| (n * 2, n * 2))).ends_with("22 and 2 more ranges"));
        assert_eq!(listed(&[1, 3]), "1, 3");
    }

    #[test]
    fn t19_a_name_on_a_stick_stays_on_its_line() {
        let name = "a\nerror: b\u{1b}[31m\u{202e}\t.isp";
        let expected = "a\\nerror: b\\u{1b}[31m\\u{202e}\\t.isp";
        assert_eq!(on_one_line(Path::new(name)), expected);
    }

    #[test]
    fn a_time_that_a_stranger_claims_is_shown_whatever_it_is() {
        assert_eq!(moment(1_767_225_600_000), "2026-01-01 00:00:00");
        assert_eq!(moment(u64::MAX), "unknown");
    }
}
