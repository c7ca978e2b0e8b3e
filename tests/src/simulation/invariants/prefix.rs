//! `prefix`: what is mirrored at a recipient is a prefix of what its origin made durable for the
//! link, byte for byte: entry, salt, Position.

use super::{Check, Invariant, Seen};
use crate::world::World;
use schema::id::{LinkId, Position, SpaceId};
use schema::latest::{Audience, Mirrored, Record};
use std::collections::{BTreeMap, BTreeSet};

/// One entry as it must look on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    position: Position,
    salt: [u8; 16],
    entry: Vec<u8>,
}

/// What each origin wrote for each link, and what each recipient has of it.
#[derive(Debug, Default)]
pub struct Prefix {
    written: BTreeMap<(usize, SpaceId, LinkId), Vec<Line>>,
    mirrored: BTreeMap<(usize, SpaceId, LinkId), Vec<Line>>,
    anew: BTreeSet<usize>,
}

impl Prefix {
    fn origin(&self, origin: SpaceId, link: LinkId) -> &[Line] {
        let found = self.written.iter().find(|((_, space, on), _)| *space == origin && *on == link);
        found.map_or(&[], |(_, lines)| lines.as_slice())
    }

    fn mirror(&mut self, seen: &Seen<'_>, mirrored: &Mirrored) -> Check {
        let (origin, link) = (mirrored.id.origin, mirrored.link);
        let line = Line {
            position: mirrored.id.position,
            salt: mirrored.salt,
            entry: mirrored.entry.clone(),
        };
        let number = mirrored.link_seq.0;
        let before = usize::try_from(number - 1).unwrap_or(usize::MAX);
        let same = self.origin(origin, link).get(before) == Some(&line);
        let lines = self.mirrored.entry((seen.site, origin, link)).or_default();
        let dense = lines.len() == before;
        lines.push(line);
        if same && dense {
            return Ok(());
        }
        Err(format!(
            "site {} holds at Position {} as number {number} of link {} what its origin did not \
             write there",
            seen.site,
            seen.position,
            link.short()
        ))
    }
}

impl Invariant for Prefix {
    fn name(&self) -> &'static str {
        "prefix"
    }

    fn reread(&mut self, site: usize) {
        self.written.retain(|(at, _, _), _| *at != site);
        self.mirrored.retain(|(at, _, _), _| *at != site);
        self.anew.insert(site);
    }

    fn record(&mut self, seen: &Seen<'_>) -> Check {
        match seen.record {
            Record::Own(own) => {
                if let Audience::Link(link) = own.entry.header().audience {
                    let line = Line {
                        position: seen.position,
                        salt: own.salt,
                        entry: own.entry.bytes().to_vec(),
                    };
                    let key = (seen.site, seen.space, link);
                    self.written.entry(key).or_default().push(line);
                }
                Ok(())
            }
            Record::Mirrored(mirrored) => self.mirror(seen, mirrored),
            Record::Evidence(_) => Ok(()),
        }
    }

    /// After a start the origin's side is new, so that all recipients are compared again.
    fn turned(&mut self, _: &World, site: usize) -> Check {
        if !self.anew.remove(&site) {
            return Ok(());
        }
        for ((at, origin, link), lines) in &self.mirrored {
            if !self.origin(*origin, *link).starts_with(lines) {
                let link = link.short();
                return Err(format!(
                    "site {at} holds more on link {link} than its origin, or something else"
                ));
            }
        }
        Ok(())
    }
}
