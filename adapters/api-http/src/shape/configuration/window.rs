//! Windows as the file holds them: `08:00-18:00`, `Mon-Fri 08:00-18:00` or `Sat,Sun 22:00-04:00`,
//! in UTC. One that does not end later than it begins ends on the next day.

use schema::v1::model::Window;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The days of a week, as the model counts them.
const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// Minutes of a day.
const DAY_MIN: u16 = 24 * 60;

/// A time of the week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WindowText(Window);

impl fmt::Display for WindowText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Window { days, from_min, until_min } = &self.0;
        let days: Vec<&str> =
            days.iter().filter_map(|day| DAYS.get(usize::from(*day)).copied()).collect();
        if !days.is_empty() {
            write!(f, "{} ", days.join(","))?;
        }
        let time = |minutes: &u16| format!("{:02}:{:02}", minutes / 60, minutes % 60);
        write!(f, "{}-{}", time(from_min), time(until_min))
    }
}

impl FromStr for WindowText {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let read = || {
            let (days, times) = match text.split_once(' ') {
                Some((days, times)) => (self::days(days)?, times),
                None => (Vec::new(), text),
            };
            let (from, until) = times.split_once('-')?;
            let (from_min, until_min) = (minutes(from)?, minutes(until)?);
            (from_min < DAY_MIN).then_some(Window { days, from_min, until_min })
        };
        read().map(Self).ok_or_else(|| {
            format!(
                "{text:?} is no window: write \"08:00-18:00\", \"Mon-Fri 08:00-18:00\" or \
                 \"Sat,Sun 22:00-04:00\", in UTC"
            )
        })
    }
}

impl TryFrom<String> for WindowText {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<WindowText> for String {
    fn from(window: WindowText) -> Self {
        window.to_string()
    }
}

impl From<WindowText> for Window {
    fn from(WindowText(window): WindowText) -> Self {
        window
    }
}

impl From<Window> for WindowText {
    fn from(window: Window) -> Self {
        Self(window)
    }
}

/// Days and runs of days, each once, in their order: the same days are the same window.
fn days(text: &str) -> Option<Vec<u8>> {
    let day = |name: &str| DAYS.iter().zip(0_u8..).find(|(known, _)| **known == name);
    let mut all = Vec::new();
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let ((_, first), (_, last)) = (day(first)?, day(last)?);
        // A run may go over the end of the week.
        let count = (last + 7 - first) % 7;
        all.extend((0..=count).map(|step| (first + step) % 7));
    }
    all.sort_unstable();
    all.dedup();
    Some(all)
}

/// Minutes of the day; 24:00 is its end.
fn minutes(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':').filter(|(_, minutes)| minutes.len() == 2)?;
    let digits = |text: &str| text.bytes().all(|it| it.is_ascii_digit()) && text.len() <= 2;
    if !digits(hours) || !digits(minutes) {
        return None;
    }
    let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
    let all = hours * 60 + minutes;
    (minutes < 60 && all <= DAY_MIN).then_some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_written_in_one_way_however_it_was_said() {
        for (text, written) in [
            ("08:00-18:30", "08:00-18:30"),
            ("8:00-24:00", "08:00-24:00"),
            ("Mon-Fri 08:00-18:00", "Mon,Tue,Wed,Thu,Fri 08:00-18:00"),
            ("Sun,Sat 22:00-04:00", "Sat,Sun 22:00-04:00"),
            ("Sat-Mon,Sun 00:00-24:00", "Mon,Sat,Sun 00:00-24:00"),
        ] {
            let window: WindowText = text.parse().unwrap();
            assert_eq!(window.to_string(), written);
            assert_eq!(written.parse(), Ok(window));
        }
    }

    #[test]
    fn what_is_no_window_is_answered_with_what_is_one() {
        for text in
            ["", "Mon", "8-18", "24:00-08:00", "08:60-09:00", "mon 08:00-09:00", "Mon- 08:00-09:00"]
        {
            let why = text.parse::<WindowText>().unwrap_err();
            assert!(why.contains("Mon-Fri 08:00-18:00"), "{text}: {why}");
        }
    }
}
