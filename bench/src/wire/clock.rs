//! The clock that all processes of this machine share.

use rustix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// Nanoseconds of the monotonic clock: times of two processes can be subtracted.
pub(crate) fn now_ns() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    let [seconds, nanos] = [now.tv_sec, now.tv_nsec].map(|part| u64::try_from(part).unwrap_or(0));
    seconds.saturating_mul(1_000_000_000).saturating_add(nanos)
}

/// From one time to a later one; zero if it is not later.
pub(crate) const fn between(began_ns: u64, ended_ns: u64) -> Duration {
    Duration::from_nanos(ended_ns.saturating_sub(began_ns))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_goes_on_and_never_back() {
        let (one, two) = (now_ns(), now_ns());
        assert!(0 < one && one <= two);
        assert_eq!(between(2, 5), Duration::from_nanos(3));
        assert_eq!(between(5, 2), Duration::ZERO);
    }
}
