//! Times as people read them: in UTC, and how long ago.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, html};

/// The clock by which a page is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Clock {
    /// Now, milliseconds since 1970.
    pub(super) now_ms: u64,
    /// Whether it is written how long ago something was. What is told to an open page is not
    /// written so: it would differ at each moment, and the page counts by itself.
    pub(super) counts: bool,
}

impl Clock {
    /// A moment: the time today, and the day too for another day.
    pub(super) fn at(self, ms: u64) -> Markup {
        html! { time datetime=(crate::shape::time(ms)) title=(precise(ms)) { (self.words(ms)) } }
    }

    /// A moment to the second, and its day unless that is today.
    pub(super) fn exactly(self, ms: u64) -> Markup {
        let today = day(ms).is_some() && day(ms) == day(self.now_ms);
        let words = if today { written(ms, "%H:%M:%S UTC") } else { precise(ms) };
        html! { time datetime=(crate::shape::time(ms)) { (words) } }
    }

    /// How long ago a moment was.
    pub(super) fn ago(self, ms: u64) -> Markup {
        let words = if self.counts { ago(self.now_ms.saturating_sub(ms)) } else { self.words(ms) };
        html! {
            time datetime=(crate::shape::time(ms)) title=(precise(ms)) data-ago { (words) }
        }
    }

    /// A moment in words.
    pub(super) fn words(self, ms: u64) -> String {
        let format = match (day(ms), day(self.now_ms)) {
            (Some(then), Some(now)) if then == now => "%H:%M UTC",
            (Some(then), Some(now)) if then.0 == now.0 => "%-d %b %H:%M UTC",
            _ => "%-d %b %Y %H:%M UTC",
        };
        written(ms, format)
    }
}

/// A moment to the second, with its day.
pub(super) fn precise(ms: u64) -> String {
    written(ms, "%-d %b %Y %H:%M:%S UTC")
}

/// A time as the interface writes it.
pub(super) fn read(time: &str) -> Option<u64> {
    u64::try_from(time.parse::<Timestamp>().ok()?.as_millisecond()).ok()
}

fn moment(ms: u64) -> Option<Timestamp> {
    Timestamp::from_millisecond(i64::try_from(ms).ok()?).ok()
}

fn written(ms: u64, format: &str) -> String {
    let moment = moment(ms).map(|moment| moment.strftime(format).to_string());
    moment.unwrap_or_else(|| "an unknown time".to_owned())
}

fn day(ms: u64) -> Option<(i16, i16)> {
    let date = moment(ms)?.to_zoned(TimeZone::UTC).date();
    Some((date.year(), date.day_of_year()))
}

/// A span of time in its largest unit. `live.js` counts in the same words.
fn ago(ms: u64) -> String {
    let seconds = ms / 1000;
    match seconds {
        0..60 => format!("{seconds} s ago"),
        60..3600 => format!("{} min ago", seconds / 60),
        3600..86400 => format!("{} h ago", seconds / 3600),
        _ => format!("{} d ago", seconds / 86400),
    }
}

/// A duration, short.
pub(super) fn duration(ms: u64) -> String {
    match ms {
        0..1000 => format!("{ms} ms"),
        1000..60_000 => format!("{}.{} s", ms / 1000, ms % 1000 / 100),
        _ => format!("{} min {} s", ms / 60_000, ms % 60_000 / 1000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: u64 = 1_795_348_800_000;

    #[test]
    fn a_time_says_its_zone_and_its_day_unless_it_is_today() {
        let clock = Clock { now_ms: NOON + 3_600_000, counts: true };
        assert_eq!(clock.words(NOON), "12:00 UTC");
        assert_eq!(clock.words(NOON - 86_400_000), "21 Nov 12:00 UTC");
        assert_eq!(clock.words(NOON - 366 * 86_400_000), "21 Nov 2025 12:00 UTC");
        assert_eq!(clock.words(u64::MAX), "an unknown time");
        let written = clock.at(NOON).into_string();
        assert!(written.contains("datetime=\"2026-11-22T12:00:00.000Z\""), "{written}");
    }

    #[test]
    fn a_span_is_told_in_its_largest_unit() {
        let cases = [
            (0, "0 s ago"),
            (59_999, "59 s ago"),
            (60_000, "1 min ago"),
            (7_199_000, "1 h ago"),
            (172_800_000, "2 d ago"),
        ];
        for (ms, expected) in cases {
            assert_eq!(ago(ms), expected);
        }
        assert_eq!(duration(999), "999 ms");
        assert_eq!(duration(61_000), "1 min 1 s");
        assert_eq!(duration(1_250), "1.2 s");
    }

    #[test]
    fn what_is_told_to_an_open_page_does_not_count() {
        let still = |now_ms| Clock { now_ms, counts: false }.ago(NOON).into_string();
        assert_eq!(still(NOON + 1000), still(NOON + 2000));
        assert!(still(NOON).contains("data-ago"));
    }
}
