//! The resident memory of this process, as the system tells it.

use crate::Failure;
use std::fs;

/// Bytes of this process that are in memory now: the second number of `/proc/self/statm`, in
/// pages. What the allocator keeps for later counts as well.
pub(super) fn bytes() -> Result<u64, Failure> {
    let pages = pages(&fs::read_to_string("/proc/self/statm")?)?;
    Ok(pages.saturating_mul(u64::try_from(rustix::param::page_size())?))
}

fn pages(statm: &str) -> Result<u64, Failure> {
    let pages = statm.split(' ').nth(1).ok_or("/proc/self/statm has no second number")?;
    Ok(pages.parse()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_number_is_what_is_resident() {
        assert_eq!(pages("1000 250 30 4 0 60 0\n").unwrap(), 250);
        assert!(pages("1000").is_err() && pages("").is_err());
    }

    #[test]
    fn what_is_written_to_becomes_resident() {
        let before = bytes().unwrap();
        let large = std::hint::black_box(vec![1_u8; 64 << 20]);
        let grown = bytes().unwrap().saturating_sub(before);
        // Other tests of this process may give some back meanwhile.
        assert!(grown > (large.len() / 2) as u64, "{grown}");
    }
}
