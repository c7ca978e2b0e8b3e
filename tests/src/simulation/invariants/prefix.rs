//! `prefix`: what is mirrored at a recipient is a prefix of what its origin made durable for the
//! link, byte for byte: entry, salt, Position.
//!
//! A log that lost its end had written what it lost: peers that have it have it from then. In
//! another life it tells first that it began, and then everything that it has kept, once more. What
//! a thief wrote may be mirrored until the recipient learns where the origin's own entries end; from
//! there on all of it comes again, and at the end nothing of the thief's is left.

use super::{Check, Invariant, Seen};
use crate::world::World;
use schema::id::{Incarnation, LinkId, Position, SpaceId};
use schema::latest::{Audience, Event, Mirrored, Own, Record};
use schema::v1::event::PeerStated;
use std::collections::{BTreeMap, BTreeSet};

/// One entry as it must look on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    position: Position,
    salt: [u8; 16],
    entry: Vec<u8>,
}

/// A link in one life of its origin's log.
type Life = (SpaceId, LinkId, Incarnation);

/// What each origin wrote for each link, and what each recipient has of it.
#[derive(Debug, Default)]
pub struct Prefix {
    /// By the logs as they are.
    written: BTreeMap<Life, Vec<Line>>,
    /// By logs as they were before they lost their end.
    lost: BTreeMap<Life, Vec<Vec<Line>>>,
    mirrored: BTreeMap<(usize, Life), Vec<Line>>,
    /// The space of each site, and the life that its log is in.
    lives: BTreeMap<usize, (SpaceId, Incarnation)>,
    anew: BTreeSet<usize>,
    forged: BTreeSet<Vec<u8>>,
    /// Who has no log that anybody could look into.
    liar: Option<SpaceId>,
}

impl Prefix {
    /// The lines before the first that somebody else wrote.
    fn honest<'a>(&self, lines: &'a [Line]) -> &'a [Line] {
        let first = lines.iter().position(|line| self.forged.contains(&line.entry));
        &lines[..first.unwrap_or(lines.len())]
    }

    /// A recipient learned where the entries of an origin end that it wrote itself.
    fn retract(&mut self, site: usize, stated: &PeerStated) {
        let Some(cut) = &stated.cut else { return };
        let stays = usize::try_from(cut.at.0).unwrap_or(usize::MAX);
        let lives = self.mirrored.iter_mut().filter(|((at, (origin, _, life)), _)| {
            *at == site && *origin == stated.peer && *life == cut.incarnation
        });
        lives.for_each(|(_, lines)| lines.truncate(stays));
    }

    fn compare(&self, at_rest: bool) -> Check {
        for ((at, life), lines) in &self.mirrored {
            let lines = if at_rest { lines } else { self.honest(lines) };
            if !self.stories(life).any(|story| story.starts_with(lines)) && !lines.is_empty() {
                let link = life.1.short();
                return Err(format!(
                    "site {at} holds more on link {link} than its origin, or something else"
                ));
            }
        }
        Ok(())
    }

    /// Everything that an origin ever wrote in that life: one story, unless its log lost its end.
    fn stories(&self, life: &Life) -> impl Iterator<Item = &[Line]> {
        let lost = self.lost.get(life).into_iter().flatten();
        self.written.get(life).into_iter().chain(lost).map(Vec::as_slice)
    }

    fn wrote(&mut self, seen: &Seen<'_>, own: &Own) {
        let event = own.entry.event().ok();
        let life = match &event {
            Some(Event::SpaceCreated(created)) => Some(created.incarnation),
            Some(Event::IncarnationDeclared(declared)) => Some(declared.incarnation),
            _ => None,
        };
        if let Some(life) = life {
            self.lives.insert(seen.site, (seen.space, life));
        }
        let (Audience::Link(link), Some((_, life))) =
            (own.entry.header().audience, self.lives.get(&seen.site).copied())
        else {
            return;
        };
        let (position, entry) = (seen.position, own.entry.bytes().to_vec());
        let mut told = vec![Line { position, salt: own.salt, entry }];
        if let Some(Event::IncarnationBegan(began)) = event {
            let before = began.lives.last().map(|past| (seen.space, link, past.incarnation));
            let before = before.and_then(|before| self.written.get(&before));
            told.extend(before.into_iter().flatten().cloned());
        }
        self.written.entry((seen.space, link, life)).or_default().extend(told);
    }

    fn mirror(&mut self, seen: &Seen<'_>, mirrored: &Mirrored) -> Check {
        let life = (mirrored.id.origin, mirrored.link, mirrored.link_incarnation);
        let line = Line {
            position: mirrored.id.position,
            salt: mirrored.salt,
            entry: mirrored.entry.clone(),
        };
        let number = mirrored.link_seq.0;
        let before = usize::try_from(number - 1).unwrap_or(usize::MAX);
        let forged = self.forged.contains(&line.entry);
        let same = forged || self.stories(&life).any(|story| story.get(before) == Some(&line));
        // What comes back to who lost it begins where its log ends.
        let recovered = mirrored.id.origin == seen.space;
        let lines = self.mirrored.entry((seen.site, life)).or_default();
        let dense = recovered || lines.len() == before;
        if !recovered {
            lines.push(line);
        }
        if same && dense {
            return Ok(());
        }
        Err(format!(
            "site {} holds at Position {} as number {number} of link {} what its origin did not \
             write there",
            seen.site,
            seen.position,
            mirrored.link.short()
        ))
    }
}

impl Invariant for Prefix {
    fn name(&self) -> &'static str {
        "prefix"
    }

    fn cut_off(&mut self, site: usize, _: u64, _: bool) {
        let Some((space, _)) = self.lives.get(&site) else { return };
        for (life, lines) in self.written.iter().filter(|((origin, ..), _)| origin == space) {
            self.lost.entry(*life).or_default().push(lines.clone());
        }
    }

    fn reread(&mut self, site: usize) {
        if let Some((space, _)) = self.lives.remove(&site) {
            self.written.retain(|(origin, ..), _| *origin != space);
        }
        self.mirrored.retain(|(at, _), _| *at != site);
        self.anew.insert(site);
    }

    fn record(&mut self, seen: &Seen<'_>) -> Check {
        match seen.record {
            Record::Own(own) => {
                self.wrote(seen, own);
                if let Ok(Event::PeerStated(stated)) = own.entry.event() {
                    self.retract(seen.site, &stated);
                }
                Ok(())
            }
            Record::Mirrored(mirrored) if self.liar == Some(mirrored.id.origin) => Ok(()),
            Record::Mirrored(mirrored) => self.mirror(seen, mirrored),
            Record::Evidence(_) => Ok(()),
        }
    }

    /// After a start the origin's side is new, so that all recipients are compared again.
    fn turned(&mut self, _: &World, site: usize) -> Check {
        if !self.anew.remove(&site) {
            return Ok(());
        }
        self.compare(false)
    }

    fn rested(&mut self, _: &World) -> Check {
        self.compare(true)
    }

    fn trusted_liar(&mut self, space: SpaceId, _: LinkId) {
        self.liar = Some(space);
    }

    fn forged(&mut self, entry: &[u8]) {
        self.forged.insert(entry.to_vec());
    }
}
