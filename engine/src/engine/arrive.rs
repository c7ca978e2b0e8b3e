//! What comes from peers: entries, acks, beats, wants and pieces.

use super::Engine;
use crate::fetch::Held;
use crate::inbox::Admission;
use crate::outbox::Acknowledged;
use crate::state::releases::{Answer, Source};
use crate::step::Effect;
use crate::trust::certificate::Keys;
use crate::trust::door::{Content, Verified};
use crate::trust::refusal::Refusal;
use schema::id::{CommandId, Incarnation, LinkId, LinkSeq, ObjectId, SpaceId};
use schema::latest::{Ack, Actor, Event, Evidence, Piece, Want};
use schema::limits::{AHEAD_BYTES_MAX, OBJECT_BYTES_MAX};
use schema::v1::event::{LinkContradicted, PackageArrived};
use std::collections::BTreeMap;

impl Engine {
    pub(super) fn arrive(&mut self, verified: Verified) {
        if let Content::Join(guest) = verified.content() {
            // Who is a peer already hears of it by the next hello.
            if let Some(guest) = guest {
                self.let_in(&verified, guest);
            }
            return;
        }
        let link = verified.header().link;
        let origin = verified.header().origin;
        // The link was known at the door; it may have been ended or frozen since.
        let Some(peer) = self.state.links.peer(&origin) else {
            return;
        };
        if peer.link != link || !peer.is_open() {
            let header = &verified.evidence().header;
            self.quarantine.refuse(Refusal::UnknownLink, header, self.now.wall_ms);
            return;
        }
        if peer.frozen {
            let header = &verified.evidence().header;
            self.quarantine.refuse(Refusal::Frozen, header, self.now.wall_ms);
            return;
        }
        // What came before it in the same step may have told of newer keys.
        let stated = matches!(verified.content(), Content::Keys(_));
        if !stated && verified.header().origin_key < peer.keys.newest().number {
            let header = &verified.evidence().header;
            self.quarantine.refuse(Refusal::RetiredKey, header, self.now.wall_ms);
            return;
        }
        let head = (verified.header().incarnation, verified.header().newest);
        let knows = verified.header().recipient_key;
        if let Some(traffic) = self.traffic.get_mut(&link) {
            traffic.knows = traffic.knows.max(knows);
        }
        if matches!(verified.content(), Content::Entries(_)) {
            // They come again, once this space knows again what they may be about.
            let now_ms = self.now.monotonic_ms;
            if let Some(traffic) = self.traffic.get_mut(&link) {
                let answered = traffic.outbox.answered();
                let recovery = traffic.recovery.as_mut();
                if recovery.is_some_and(|recovery| recovery.holds_up(answered, now_ms)) {
                    self.note_head(link, head);
                    return;
                }
            }
            self.arrive_entries(link, verified);
            self.note_head(link, head);
            return;
        }
        self.note_head(link, head);
        let Some(traffic) = self.traffic.get_mut(&link) else { return };
        let now = self.now;
        match verified.into_content() {
            Content::Entries(_) | Content::Join(_) => {}
            Content::Beat(beat) => {
                traffic.signals.hear(&beat, now);
                traffic.signals.owe_ack(false, now.monotonic_ms);
            }
            Content::Hello(beat, ack) => {
                // On a medium the reclaim comes behind it, for as long as there is one.
                traffic.reclaimed = None;
                traffic.signals.hear(&beat, now);
                traffic.signals.owe_ack(true, now.monotonic_ms);
                self.acknowledge(link, &ack, knows);
            }
            Content::Ack(ack) => {
                traffic.signals.echoed(ack.echo, now.monotonic_ms, now.wall_ms);
                self.acknowledge(link, &ack, knows);
            }
            Content::Keys(told) => self.arrive_keys(origin, *told),
            Content::Reclaim(reclaim) => self.reclaimed(link, reclaim),
            Content::Returned(returned) => self.returned(link, *returned),
            Content::Want(want) => self.wanted(link, origin, &want),
            Content::Piece(piece) => self.piece(&origin, piece),
        }
    }

    /// What the peer says that it has in this life of its log, against what is here. Another life
    /// may have fewer entries; one that is over says nothing any more.
    fn note_head(&mut self, link: LinkId, (life, newest): (Incarnation, LinkSeq)) {
        if let Some(traffic) = self.traffic.get_mut(&link) {
            if traffic.inbox.retired().any(|(over, _)| over == life) {
                return;
            }
            let known = traffic.head.filter(|(known, _)| *known == life);
            let head = known.map_or(newest, |(_, head)| head.max(newest));
            traffic.head = Some((life, head));
            let behind = traffic.inbox.acknowledged() < head;
            traffic.signals.behind(behind, self.now.monotonic_ms);
        }
    }

    fn arrive_entries(&mut self, link: LinkId, verified: Verified) {
        let mut next = Some(verified);
        let mut gap = false;
        while let Some(verified) = next.take() {
            let Some(traffic) = self.traffic.get_mut(&link) else {
                return;
            };
            let evidence = verified.evidence().clone();
            match traffic.inbox.admit(verified) {
                Admission::Admitted(admitted) => {
                    for record in admitted.into_records() {
                        self.append(record);
                    }
                }
                Admission::Duplicate => {}
                Admission::Gap | Admission::Overflow => gap = true,
                Admission::Refused(reason) => {
                    self.quarantine.refuse(reason, &evidence.header, self.now.wall_ms);
                }
                Admission::Contradiction(at, verified) => {
                    if !self.retract(link, at) {
                        self.contradicted(link, at, &verified);
                    }
                    return;
                }
            }
            let Some(traffic) = self.traffic.get_mut(&link) else {
                return;
            };
            next = traffic.inbox.release();
        }
        if let Some(traffic) = self.traffic.get_mut(&link) {
            traffic.signals.owe_ack(gap, self.now.monotonic_ms);
        }
    }

    /// The peer told two stories: freeze the link, keep both, tell the operator.
    fn contradicted(&mut self, link: LinkId, at: LinkSeq, verified: &Verified) {
        let Evidence { header, body_hash, signature } = verified.evidence().clone();
        let entries = verified.content().commitments();
        let event = LinkContradicted { link, at, header, body_hash, signature, entries };
        let command = CommandId(self.entropy.bytes());
        let event = Event::LinkContradicted(event);
        let draft = crate::decide::Draft::internal(Actor::Policy, event);
        // A header always fits into an entry.
        let _ = self.append_drafts(command, &[draft]);
        let alarm = format!(
            "the peer on link {} contradicts itself at {at}: the link is frozen",
            link.short()
        );
        self.effects.push(Effect::Alarm(alarm));
    }

    /// `knows` is the statement of this space that the peer sealed the ack to.
    fn acknowledge(&mut self, link: LinkId, ack: &Ack, knows: u32) {
        let revoking = self.state.keys.as_ref().map_or(0, Keys::newest_revoking);
        let Some(traffic) = self.traffic.get_mut(&link) else {
            return;
        };
        let lives: Vec<Incarnation> = self.state.lives.iter().map(|(_, life)| *life).collect();
        let now_ms = self.now.monotonic_ms;
        match traffic.outbox.acknowledge(ack, &self.start, &lives, knows < revoking, now_ms) {
            Acknowledged::Taken => {
                if traffic.outbox.answered() && ack.echo.start == self.start {
                    traffic.signals.answered();
                }
            }
            Acknowledged::Foreign => {}
            Acknowledged::RolledBack => {
                let alarm = format!(
                    "the peer on link {} has entries that this log does not have: this log was \
                     rolled back, nothing more is sent",
                    link.short()
                );
                self.effects.push(Effect::Alarm(alarm));
            }
        }
    }

    pub(super) fn connected(&mut self, peer: &SpaceId) {
        let now_ms = self.now.monotonic_ms;
        for traffic in self.traffic.values_mut().filter(|traffic| traffic.peer == *peer) {
            traffic.signals.connected(now_ms);
            traffic.outbox.connected(now_ms);
        }
    }

    pub(super) fn carries(&mut self, peer: &SpaceId, envelope_bytes_max: usize) {
        for traffic in self.traffic.values_mut().filter(|traffic| traffic.peer == *peer) {
            traffic.outbox.carry(envelope_bytes_max);
        }
    }

    /// A peer may have the objects of releases that were promoted to it, and no others.
    fn wanted(&mut self, link: LinkId, origin: SpaceId, want: &Want) {
        let promoted = self.state.releases.all().any(|(_, release)| {
            release.packages_for(&origin).any(|package| package.object == want.object)
        });
        if !promoted {
            return;
        }
        self.note_asked(origin, want.object);
        for offset in &want.offsets {
            let (object, offset) = (want.object, *offset);
            self.effects.push(Effect::ReadPiece { link, object, offset });
        }
    }

    fn piece(&mut self, origin: &SpaceId, piece: Piece) {
        let (object, total) = (piece.object, piece.total);
        let ready = self.fetches.piece(origin, piece);
        self.store(object, total, ready);
    }

    fn store(&mut self, object: ObjectId, total: u64, ready: Vec<(u64, Vec<u8>)>) {
        for (offset, bytes) in ready {
            self.effects.push(Effect::Store(Piece { object, total, offset, bytes }));
        }
    }

    /// Fetches what bundles need and is not here, and nothing else any more. What nobody has
    /// accepted yet is fetched ahead only within bounds.
    pub(super) fn fetch_missing(&mut self) {
        let mut missing = BTreeMap::new();
        let mut ahead: BTreeMap<SpaceId, u64> = BTreeMap::new();
        for (_, release) in self.state.releases.all() {
            let Source::Imported(import) = &release.source else { continue };
            let from = import.from;
            let peer = self.state.links.peer(&from);
            let silent = peer.is_none_or(|peer| peer.frozen || !peer.is_open());
            if silent || matches!(import.answer, Answer::Rejected { .. }) {
                continue;
            }
            for package in &release.snapshot.packages {
                let here = self.state.objects.contains(&package.object);
                if here || package.size > OBJECT_BYTES_MAX {
                    continue;
                }
                if import.answer == Answer::Waiting {
                    let sum = ahead.entry(from).or_default();
                    *sum = sum.saturating_add(package.size);
                    if *sum > AHEAD_BYTES_MAX {
                        continue;
                    }
                }
                let name = (package.id.clone(), package.version.clone());
                missing.insert((package.object, from, name), package.clone());
            }
        }
        self.fetches.keep(|object| missing.keys().any(|(wanted, ..)| wanted == object));
        for ((_, from, _), package) in missing {
            self.fetches.begin(&package, from);
        }
    }

    pub(super) fn holds(&mut self, object: ObjectId, held: Held) {
        let Some((_, size)) = self.fetches.progress(&object) else {
            return;
        };
        let ready = self.fetches.held(&object, held, self.now.monotonic_ms);
        self.store(object, size, ready);
        if held.complete && !self.state.objects.contains(&object) {
            self.fetches.end(&object);
            let entry = self.entry_id(schema::id::Position(1));
            let command = CommandId::derived(&entry, &format!("arrived {object}"));
            let event = Event::PackageArrived(PackageArrived { object, size });
            let draft = crate::decide::Draft::internal(Actor::Policy, event);
            // The event is a few dozen bytes.
            let _ = self.append_drafts(command, &[draft]);
        }
    }
}
