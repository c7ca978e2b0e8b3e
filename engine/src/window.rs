//! Windows: the times of the week at which something may be deployed, in UTC.

use schema::v1::model::Window;

/// Milliseconds of a minute.
const MINUTE_MS: u64 = 60_000;

/// Minutes of a day.
const DAY_MIN: u64 = 24 * 60;

/// Days of a week.
const WEEK_DAYS: u64 = 7;

/// 1 January 1970 was a Thursday, and Monday is 0.
const FIRST_DAY: u64 = 3;

/// Whether a moment lies in one of the windows, or there are none.
#[must_use]
pub fn is_open(windows: &[Window], now_ms: u64) -> bool {
    windows.is_empty() || opens_ms(windows, now_ms) == Some(now_ms)
}

/// When the next of the windows is open, which may be now, milliseconds since 1970; none where they
/// never are, or there are none.
#[must_use]
pub fn opens_ms(windows: &[Window], now_ms: u64) -> Option<u64> {
    windows.iter().filter_map(|window| next(window, now_ms)).min()
}

fn next(window: &Window, now_ms: u64) -> Option<u64> {
    let now_min = now_ms / MINUTE_MS;
    let today = now_min / DAY_MIN;
    let (from, until) = (u64::from(window.from_min), u64::from(window.until_min));
    let lasts = if until > from { until - from } else { until + DAY_MIN - from };
    // One that began yesterday may go on today; the last that can come next begins in a week.
    let days = today.saturating_sub(1)..=today + WEEK_DAYS;
    let on = |day: &u64| {
        let weekday = (day + FIRST_DAY) % WEEK_DAYS;
        window.days.is_empty() || window.days.iter().any(|it| u64::from(*it) == weekday)
    };
    days.filter(on).find_map(|day| {
        let begins = day * DAY_MIN + from;
        match begins {
            begins if now_min < begins => Some(begins * MINUTE_MS),
            begins if now_min < begins + lasts => Some(now_ms),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Monday, 23 November 2026, 00:00 UTC.
    const MONDAY_MS: u64 = 1_795_392_000_000;

    fn at(day: u64, hour: u64, minute: u64) -> u64 {
        MONDAY_MS + ((day * 24 + hour) * 60 + minute) * MINUTE_MS
    }

    fn window(days: &[u8], from: u16, until: u16) -> Window {
        Window { days: days.to_vec(), from_min: from * 60, until_min: until * 60 }
    }

    #[test]
    fn a_window_is_open_from_its_first_minute_to_before_its_last() {
        let office = [window(&[0, 1, 2, 3, 4], 9, 17)];
        assert!(!is_open(&office, at(0, 8, 59)));
        assert!(is_open(&office, at(0, 9, 0)) && is_open(&office, at(4, 16, 59)));
        assert!(!is_open(&office, at(0, 17, 0)) && !is_open(&office, at(5, 12, 0)));
        assert_eq!(opens_ms(&office, at(4, 17, 0)), Some(at(7, 9, 0)), "Friday evening");
        assert_eq!(opens_ms(&office, at(2, 3, 30)), Some(at(2, 9, 0)));
    }

    #[test]
    fn a_window_that_ends_before_it_begins_goes_on_the_next_day() {
        let night = [window(&[6], 22, 2)];
        assert!(is_open(&night, at(6, 23, 0)) && is_open(&night, at(7, 1, 59)));
        assert!(!is_open(&night, at(7, 2, 0)) && !is_open(&night, at(1, 1, 0)));
        let whole_day = [window(&[5], 0, 0)];
        assert!(is_open(&whole_day, at(5, 0, 0)) && is_open(&whole_day, at(5, 23, 59)));
        assert!(!is_open(&whole_day, at(6, 0, 0)));
    }

    #[test]
    fn without_windows_it_is_always_open_and_of_several_the_next_counts() {
        assert!(is_open(&[], at(3, 3, 3)));
        let two = [window(&[2], 12, 13), window(&[1], 12, 13)];
        assert_eq!(opens_ms(&two, at(0, 0, 0)), Some(at(1, 12, 0)));
        assert_eq!(opens_ms(&two, at(1, 13, 0)), Some(at(2, 12, 0)));
    }
}
