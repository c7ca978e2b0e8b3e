//! Beats, hellos and acks of one link: when they are due, and how fresh the peer is.
//!
//! Freshness is the age of our own beat that came back echoed. A stored or replayed beat of the
//! peer fakes nothing.

use crate::step::Now;
use schema::latest::{Beat, Mark};
use schema::limits::{
    ACK_DELAY_MS, ACK_ENVELOPES, BEAT_BUSY_MS, BEAT_BUSY_MS_MIN, BEAT_IDLE_MS, HELLO_RETRY_MS_MIN,
    SKEW_MS_MAX, STALE_TENTHS,
};
use std::collections::VecDeque;

/// Beats whose sending time is remembered until their echo comes.
const BEATS_REMEMBERED: usize = 32;

/// What is due on a link now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// A beat and an ack, because a connection begins or nothing was answered yet.
    Hello,
    /// A beat.
    Beat,
    /// An ack.
    Ack,
}

/// The signals of one link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signals {
    mark: Mark,
    heard: Mark,
    sent: VecDeque<(u64, u64)>,
    /// Since when the peer says that it has entries that are not here, monotonic milliseconds.
    behind_ms: Option<u64>,
    /// When the newest echoed beat was sent, monotonic milliseconds.
    echoed_ms: Option<u64>,
    /// When the peer was last heard, by the wall clock, for people.
    heard_wall_ms: Option<u64>,
    /// By how much the peer's clock is ahead of ours, at least; below zero, behind it.
    skew_ms: Option<i64>,
    hello_at_ms: Option<u64>,
    hello_delay_ms: u64,
    beat_at_ms: u64,
    beat_delay_ms: u64,
    ack_at_ms: Option<u64>,
    envelopes: u32,
}

impl Signals {
    /// The signals of a link after a start. The first hello is due at once.
    #[must_use]
    pub const fn new(start: [u8; 16], now_ms: u64) -> Self {
        Self {
            mark: Mark { start, count: 0 },
            heard: Mark { start: [0; 16], count: 0 },
            sent: VecDeque::new(),
            behind_ms: None,
            echoed_ms: None,
            heard_wall_ms: None,
            skew_ms: None,
            hello_at_ms: Some(now_ms),
            hello_delay_ms: HELLO_RETRY_MS_MIN,
            beat_at_ms: now_ms + BEAT_BUSY_MS,
            beat_delay_ms: BEAT_BUSY_MS_MIN,
            ack_at_ms: None,
            envelopes: 0,
        }
    }

    /// The newest beat that was heard: what is echoed.
    #[must_use]
    pub const fn heard(&self) -> Mark {
        self.heard
    }

    /// When the peer was last heard, milliseconds since 1970.
    #[must_use]
    pub const fn heard_wall_ms(&self) -> Option<u64> {
        self.heard_wall_ms
    }

    /// By how much the peer's clock is ahead of this one, at least, in milliseconds; below zero,
    /// behind it. None while they are within [`SKEW_MS_MAX`], as far as that can be told.
    #[must_use]
    pub const fn skew_ms(&self) -> Option<i64> {
        self.skew_ms
    }

    /// A connection to the peer begins: say hello.
    pub const fn connected(&mut self, now_ms: u64) {
        self.hello_at_ms = Some(now_ms);
        self.hello_delay_ms = HELLO_RETRY_MS_MIN;
    }

    /// A beat came. A new start of the peer is greeted.
    pub fn hear(&mut self, beat: &Beat, now: Now) {
        // Which of two starts is the later one cannot be told: a late beat of the earlier one turns
        // this back until the next beat comes. It delays an answer and shows nothing false.
        let restarted = beat.mark.start != self.heard.start;
        if restarted || beat.mark.count > self.heard.count {
            self.heard = beat.mark;
            self.compare(beat, now);
        }
        if restarted {
            self.hello_at_ms = Some(now.monotonic_ms);
        }
        self.echoed(beat.echo, now.monotonic_ms, now.wall_ms);
    }

    /// Compares the peer's clock with this one. The beat was written after ours that it echoes was
    /// sent, and before now: however long it took, and whoever held it back, a time outside of that
    /// is a clock that is wrong. Which of the two it is cannot be told.
    fn compare(&mut self, beat: &Beat, now: Now) {
        let ours = (beat.echo.start == self.mark.start).then_some(beat.echo.count);
        let sent = self.sent.iter().find(|(count, _)| Some(*count) == ours);
        let age_ms = sent.map(|(_, at)| now.monotonic_ms.saturating_sub(*at));
        let ahead = beat.time_ms.saturating_sub(now.wall_ms);
        let behind = age_ms
            .map_or(0, |age_ms| now.wall_ms.saturating_sub(age_ms).saturating_sub(beat.time_ms));
        let signed = |ms: u64| i64::try_from(ms).unwrap_or(i64::MAX);
        if ahead > SKEW_MS_MAX {
            self.skew_ms = Some(signed(ahead));
        } else if behind > SKEW_MS_MAX {
            self.skew_ms = Some(-signed(behind));
        } else if age_ms.is_some_and(|age_ms| age_ms <= SKEW_MS_MAX) {
            self.skew_ms = None;
        }
    }

    /// An echo of ours came, in a beat or an ack.
    pub fn echoed(&mut self, echo: Mark, _now_ms: u64, wall_ms: u64) {
        if echo.start != self.mark.start {
            return;
        }
        let sent = self.sent.iter().find(|(count, _)| *count == echo.count);
        if let Some((_, at)) = sent
            && self.echoed_ms.is_none_or(|before| before < *at)
        {
            self.echoed_ms = Some(*at);
            self.heard_wall_ms = Some(wall_ms);
        }
        self.sent.retain(|(count, _)| *count >= echo.count);
    }

    /// An ack is owed for an envelope; at once at a gap or after enough of them.
    pub fn owe_ack(&mut self, at_once: bool, now_ms: u64) {
        self.envelopes += 1;
        let now = at_once || self.envelopes >= ACK_ENVELOPES;
        let at = if now { now_ms } else { now_ms + ACK_DELAY_MS };
        self.ack_at_ms = Some(self.ack_at_ms.map_or(at, |before| before.min(at)));
    }

    /// What is due now. `busy` tells whether something is unacknowledged, `answered` whether the
    /// peer answered since this start.
    #[must_use]
    pub fn due(&self, now_ms: u64) -> Option<Due> {
        if self.hello_at_ms.is_some_and(|at| at <= now_ms) {
            Some(Due::Hello)
        } else if self.beat_at_ms <= now_ms {
            Some(Due::Beat)
        } else if self.ack_at_ms.is_some_and(|at| at <= now_ms) {
            Some(Due::Ack)
        } else {
            None
        }
    }

    /// When something is due next.
    #[must_use]
    pub fn deadline_ms(&self) -> u64 {
        let others = [self.hello_at_ms, self.ack_at_ms].into_iter().flatten();
        others.fold(self.beat_at_ms, u64::min)
    }

    /// The beat to send now. It also sets when the next one is due: sooner while something is
    /// unacknowledged, ever more slowly. Hellos go on, ever more slowly, until one is answered.
    pub fn beat(&mut self, busy: bool, answered: bool, hello: bool, now: Now) -> Beat {
        let now_ms = now.monotonic_ms;
        self.mark.count += 1;
        if self.sent.len() == BEATS_REMEMBERED {
            self.sent.pop_front();
        }
        self.sent.push_back((self.mark.count, now_ms));
        let interval_ms = if busy { self.beat_delay_ms } else { BEAT_IDLE_MS };
        self.beat_delay_ms =
            if busy { (interval_ms * 2).min(BEAT_BUSY_MS) } else { BEAT_BUSY_MS_MIN };
        self.beat_at_ms = now_ms + interval_ms;
        if hello {
            self.ack_sent();
            self.hello_at_ms = (!answered).then_some(now_ms + self.hello_delay_ms);
            self.hello_delay_ms = (self.hello_delay_ms * 2).min(BEAT_BUSY_MS);
        }
        let interval_ms = u32::try_from(interval_ms).unwrap_or(u32::MAX);
        Beat { mark: self.mark, echo: self.heard, interval_ms, time_ms: now.wall_ms }
    }

    /// The peer answered: no more hellos are needed.
    pub const fn answered(&mut self) {
        self.hello_at_ms = None;
        self.hello_delay_ms = HELLO_RETRY_MS_MIN;
    }

    /// Something became unacknowledged: the next beat is not later than a busy one.
    pub fn busy(&mut self, now_ms: u64) {
        self.beat_at_ms = self.beat_at_ms.min(now_ms + self.beat_delay_ms);
    }

    /// An ack was sent, alone or in a hello.
    pub const fn ack_sent(&mut self) {
        self.ack_at_ms = None;
        self.envelopes = 0;
    }

    /// Notes whether the peer has said that it has entries which are not here.
    pub fn behind(&mut self, behind: bool, now_ms: u64) {
        self.behind_ms = behind.then(|| self.behind_ms.unwrap_or(now_ms));
    }

    /// Whether the peer was heard lately: a beat of ours came back within two and a half
    /// intervals, and nothing that the peer has is missing for that long of a busy one. Who lets
    /// beats through and keeps entries back makes nothing look fresh.
    #[must_use]
    pub fn fresh(&self, now_ms: u64) -> bool {
        let bound = BEAT_IDLE_MS * STALE_TENTHS / 10;
        let missing = BEAT_BUSY_MS * STALE_TENTHS / 10;
        self.echoed_ms.is_some_and(|sent| now_ms.saturating_sub(sent) <= bound)
            && self.behind_ms.is_none_or(|since| now_ms.saturating_sub(since) <= missing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signals() -> (Signals, Mark) {
        let mut signals = Signals::new([1; 16], 0);
        let beat = signals.beat(false, true, false, at(0, 0));
        (signals, beat.mark)
    }

    const fn at(monotonic_ms: u64, wall_ms: u64) -> Now {
        Now { wall_ms, monotonic_ms }
    }

    #[test]
    fn t07_silence_makes_a_peer_stale_and_an_old_echo_does_not_mend_it() {
        let (mut signals, mark) = signals();
        assert!(!signals.fresh(0), "nothing was heard yet");
        signals.echoed(mark, 10, 1_000);
        assert!(signals.fresh(150_000));
        assert!(!signals.fresh(150_001));
        signals.echoed(mark, 150_001, 151_000);
        assert!(!signals.fresh(150_001), "the same echo again");
        assert_eq!(signals.heard_wall_ms(), Some(1_000));
    }

    #[test]
    fn t07_entries_that_are_kept_back_make_a_peer_stale_though_its_beats_come() {
        let (mut signals, mark) = signals();
        signals.echoed(mark, 0, 0);
        signals.behind(true, 0);
        assert!(signals.fresh(37_500), "entries may be on their way");
        signals.behind(true, 30_000);
        assert!(!signals.fresh(37_501));
        signals.behind(false, 40_000);
        assert!(signals.fresh(40_000));
    }

    #[test]
    fn a_late_beat_of_an_earlier_start_is_made_good_by_the_next_beat() {
        let (mut signals, _) = signals();
        let echo = Mark::default();
        let beat =
            |start, count| Beat { mark: Mark { start, count }, echo, interval_ms: 1, time_ms: 0 };
        signals.hear(&beat([3; 16], 1), at(0, 0));
        signals.hear(&beat([2; 16], 6), at(1, 1));
        signals.hear(&beat([3; 16], 2), at(2, 2));
        assert_eq!(signals.heard(), Mark { start: [3; 16], count: 2 });
    }

    /// A beat of the peer that echoes the beat of ours with this count.
    fn told(count: u64, echo: Mark, time_ms: u64) -> Beat {
        Beat { mark: Mark { start: [2; 16], count }, echo, interval_ms: 1, time_ms }
    }

    #[test]
    fn t25_a_clock_that_is_far_off_is_told_and_one_that_is_near_is_not() {
        const NOON: u64 = 43_200_000;
        let (mut signals, mark) = signals();
        // Our beat was sent at 0 of the one clock; it is 1,000 now, and noon by the other.
        let mut hear = |count, time_ms| {
            signals.hear(&told(count, mark, time_ms), at(1_000, NOON));
            signals.skew_ms()
        };
        assert_eq!(hear(1, NOON), None);
        assert_eq!(hear(2, NOON + SKEW_MS_MAX), None);
        assert_eq!(hear(3, NOON + SKEW_MS_MAX + 1), Some(300_001));
        assert_eq!(hear(4, NOON - 500), None, "it is mended");
        assert_eq!(hear(5, NOON - 1_000 - SKEW_MS_MAX), None, "it may have been on its way");
        assert_eq!(hear(6, NOON - 1_001 - SKEW_MS_MAX), Some(-300_001));
        assert_eq!(hear(5, NOON), Some(-300_001), "an old beat mends nothing");
        assert_eq!(hear(7, u64::MAX), Some(i64::try_from(u64::MAX - NOON).unwrap_or(i64::MAX)));
        assert_eq!(hear(8, 0), Some(1_000 - 43_200_000));
    }

    #[test]
    fn t25_what_was_long_on_its_way_accuses_no_clock() {
        const NOON: u64 = 43_200_000;
        let (mut signals, mark) = signals();
        // It answers a beat that was sent an hour ago, as on a stick: it may be as old as that.
        let hour = 3_600_000;
        signals.hear(&told(1, mark, NOON - hour), at(hour, NOON));
        assert_eq!(signals.skew_ms(), None);
        signals.hear(&told(2, mark, NOON - hour - SKEW_MS_MAX - 1), at(hour, NOON));
        assert_eq!(signals.skew_ms(), Some(-300_001));
        // So wide a bound proves nothing, and takes nothing back.
        signals.hear(&told(3, mark, NOON - hour), at(hour, NOON));
        assert_eq!(signals.skew_ms(), Some(-300_001));
    }

    #[test]
    fn t25_of_a_beat_that_echoes_nothing_only_a_time_that_has_not_come_yet_is_told() {
        const NOON: u64 = 43_200_000;
        let (mut signals, _) = signals();
        let nothing = Mark::default();
        signals.hear(&told(1, nothing, 0), at(1, NOON));
        assert_eq!(signals.skew_ms(), None);
        signals.hear(&told(2, nothing, 2 * NOON), at(1, NOON));
        assert_eq!(signals.skew_ms(), Some(43_200_000));
    }
}
