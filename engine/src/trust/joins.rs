//! A bound on what strangers cost while an invitation is open.

use schema::limits::JOINS_A_SECOND_MAX;

/// How long joins are counted together, in milliseconds.
const WINDOW_MS: u64 = 1_000;

/// Joins of one window.
#[derive(Debug, Default)]
pub struct Joins {
    since_ms: u64,
    count: u32,
}

impl Joins {
    /// Whether one more is opened now. The time is that of the last step, so that a flood which
    /// comes in one turn is of one window.
    pub fn take(&mut self, now_ms: u64) -> bool {
        if now_ms.saturating_sub(self.since_ms) >= WINDOW_MS {
            *self = Self { since_ms: now_ms, count: 0 };
        }
        self.count = self.count.saturating_add(1);
        self.count <= JOINS_A_SECOND_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_are_opened_a_few_in_each_second() {
        let mut joins = Joins::default();
        let taken = |joins: &mut Joins, now_ms| (0..100).filter(|_| joins.take(now_ms)).count();
        assert_eq!(taken(&mut joins, 5_000), JOINS_A_SECOND_MAX as usize);
        assert_eq!(taken(&mut joins, 5_999), 0);
        assert_eq!(taken(&mut joins, 6_000), JOINS_A_SECOND_MAX as usize);
    }
}
