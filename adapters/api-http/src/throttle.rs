//! A bound on tokens that nobody has: who tries many is told to stop, and who has one is let in.

use crate::authority::Unidentified;
use crate::problem::Problem;
use axum::http::StatusCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long failures are counted together.
const WINDOW: Duration = Duration::from_secs(10);

/// Unknown tokens in one window that are answered as such. Everybody on loopback shares them.
const FAILURES_MAX: u32 = 64;

/// Counts tokens that are not known.
#[derive(Debug, Clone, Default)]
pub(crate) struct Throttle(Arc<Mutex<Option<(Instant, u32)>>>);

impl Throttle {
    /// What is said of a token that is nobody's or over; other words if too many were nobody's.
    /// A token that is known never comes here: nobody is locked out by who guesses.
    pub(crate) fn failed(&self, why: Unidentified, now: Instant) -> Problem {
        if why != Unidentified::Unknown {
            return why.into();
        }
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, count) = counted
            .filter(|(since, _)| now.saturating_duration_since(*since) < WINDOW)
            .unwrap_or((now, 0));
        *counted = Some((since, count.saturating_add(1)));
        if count < FAILURES_MAX {
            return why.into();
        }
        let (title, hint) = ("too many tokens that are not known", "wait ten seconds");
        Problem::new(StatusCode::TOO_MANY_REQUESTS, "denied", title, hint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t28_who_tries_many_tokens_is_told_to_stop_and_may_try_again_later() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        let failed = |at: Instant| throttle.failed(Unidentified::Unknown, at).status;
        for _ in 0..FAILURES_MAX {
            assert_eq!(failed(now), 401);
        }
        assert_eq!(failed(now), 429);
        assert_eq!(failed(now + WINDOW - Duration::from_millis(1)), 429);
        assert_eq!(failed(now + WINDOW), 401);
        for _ in 0..=FAILURES_MAX {
            let over = throttle.failed(Unidentified::Over("it has expired"), now);
            assert_eq!(over.status, 401, "only guesses are counted");
        }
    }
}
