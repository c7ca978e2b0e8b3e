//! Entries of an exact size.

use crate::Failure;
use schema::id::{CommandId, LinkId};
use schema::latest::event::EnvironmentsPublished;
use schema::latest::{Actor, Audience, Entry, Event, Header};
use schema::name::Name;

/// The size of the entries that are measured, header and payload together.
pub(crate) const ENTRY_BYTES: usize = 400;

/// Longest name used to fill an entry; its length still takes one byte.
const FILLER_BYTES_MAX: usize = 120;

/// The `number`th entry for the peer on `link`, of exactly `bytes` bytes: an event that a peer
/// folds, without a document in it.
///
/// # Errors
/// When an entry cannot have that size.
pub(crate) fn published(link: LinkId, number: u64, bytes: usize) -> Result<Entry, Failure> {
    let least = write(link, number, Vec::new())?.bytes().len();
    let fill = bytes.saturating_sub(least);
    let count = fill.div_ceil(1 + FILLER_BYTES_MAX).max(1);
    // One byte of each goes to its length.
    let names = (0..count).map(|index| {
        let length = (fill * (index + 1) / count - fill * index / count).saturating_sub(1);
        let text: String = format!("{number:08}-{index}").chars().cycle().take(length).collect();
        text.parse::<Name>()
    });
    let names = names.collect::<Result<Vec<Name>, _>>()?;
    let entry = write(link, number, names)?;
    if entry.bytes().len() != bytes {
        return Err(format!("no entry of {bytes} bytes, only of {}", entry.bytes().len()).into());
    }
    Ok(entry)
}

fn write(link: LinkId, number: u64, environments: Vec<Name>) -> Result<Entry, Failure> {
    let mut command = [0; 16];
    command[..8].copy_from_slice(&number.to_be_bytes());
    let header = Header {
        // Kind, version and flags are set from the event.
        kind: 0,
        version: 0,
        flags: 0,
        time_ms: 1_700_000_000_000 + number,
        command: CommandId(command),
        correlation: CommandId(command),
        causation: None,
        actor: Actor::Policy,
        audience: Audience::Link(link),
    };
    let event = Event::EnvironmentsPublished(EnvironmentsPublished { environments });
    Ok(Entry::write(header, &event)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_has_exactly_the_size_that_was_asked_for() {
        for bytes in [150, 200, ENTRY_BYTES, 401, 512, 1000] {
            let entry = published(LinkId([1; 32]), 7, bytes).unwrap();
            assert_eq!(entry.bytes().len(), bytes);
            assert_eq!(Entry::read(entry.bytes()).unwrap(), entry);
            assert!(matches!(entry.event(), Ok(Event::EnvironmentsPublished(_))));
        }
    }

    #[test]
    fn entries_of_different_numbers_differ() {
        let one = published(LinkId([1; 32]), 1, ENTRY_BYTES).unwrap();
        let two = published(LinkId([1; 32]), 2, ENTRY_BYTES).unwrap();
        assert_ne!(one.payload(), two.payload());
    }

    #[test]
    fn an_entry_smaller_than_its_header_is_refused() {
        assert!(published(LinkId([1; 32]), 1, 60).is_err());
    }
}
