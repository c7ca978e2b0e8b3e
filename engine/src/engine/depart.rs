//! What goes to peers: what is due on each link after the block of a step.

use super::Engine;
use crate::fetch::Due as Fetch;
use crate::inbox::recovery::Recovery;
use crate::signals::Due;
use crate::step::Effect;
use crate::traffic::Traffic;
use crate::trust::seal::{Head, Run};
use schema::bytes::Writer;
use schema::id::{Incarnation, LinkId, LinkSeq};
use schema::latest::{Carried, EnvelopeKind, Piece, Record, Want};

impl Engine {
    /// Hands out everything that is due now.
    pub(super) fn depart(&mut self) {
        let links: Vec<LinkId> = self.traffic.keys().copied().collect();
        for link in links {
            self.signal(link);
            if !self.may_tell(&link) {
                continue;
            }
            let now_ms = self.now.monotonic_ms;
            let Some(traffic) = self.traffic.get_mut(&link) else {
                continue;
            };
            while let Some(run) = traffic.outbox.next(now_ms) {
                self.effects.push(Effect::Publish { link, run });
            }
        }
        for due in self.fetches.due(self.now.monotonic_ms) {
            match due {
                Fetch::Ask(peer, want) => self.want(peer, &want),
                Fetch::Look(object, size) => {
                    let called = self.fetches.called(&object);
                    self.effects.push(Effect::Look { object, size, called });
                }
                Fetch::Discard(object, size) => {
                    self.effects.push(Effect::Discard { object, size });
                }
            }
        }
    }

    /// Whether entries go over a link: a liar gets nothing more, a log that lost its end tells
    /// nobody anything, and who is not let in yet is heard by nobody.
    fn may_tell(&self, link: &LinkId) -> bool {
        let frozen = self.state.links.on(link).is_none_or(|(_, peer)| peer.frozen);
        !frozen && !self.is_read_only() && !self.asks(link)
    }

    fn signal(&mut self, link: LinkId) {
        self.reclaim(link);
        let now = self.now;
        while let Some(traffic) = self.traffic.get_mut(&link)
            && let Some(due) = traffic.signals.due(now.monotonic_ms)
        {
            if matches!(due, Due::Hello | Due::Beat) {
                if self.asks(&link) {
                    // It is asked for as often as a hello would be said.
                    self.ask_in(link);
                    if let Some(traffic) = self.traffic.get_mut(&link) {
                        traffic.signals.beat(true, false, due == Due::Hello, now);
                    }
                    continue;
                }
                self.tell_keys(link);
            }
            let Some(traffic) = self.traffic.get_mut(&link) else { return };
            let busy = traffic.outbox.acknowledged() < traffic.outbox.newest();
            let answered = traffic.outbox.answered();
            let mut body = Writer::new();
            let kind = match due {
                Due::Hello => {
                    traffic.signals.beat(busy, answered, true, now).write(&mut body);
                    traffic.inbox.ack(traffic.signals.heard()).write(&mut body);
                    EnvelopeKind::Hello
                }
                Due::Beat => {
                    traffic.signals.beat(busy, answered, false, now).write(&mut body);
                    EnvelopeKind::Beat
                }
                Due::Ack => {
                    traffic.signals.ack_sent();
                    traffic.inbox.ack(traffic.signals.heard()).write(&mut body);
                    EnvelopeKind::Ack
                }
            };
            self.send(link, kind, body);
        }
    }

    fn want(&mut self, peer: schema::id::SpaceId, want: &Want) {
        let Some(link) = self.state.links.peer(&peer).map(|peer| peer.link) else {
            return;
        };
        let mut body = Writer::new();
        body.fixed(&want.write());
        self.send(link, EnvelopeKind::Want, body);
    }

    pub(super) fn send_piece(&mut self, link: LinkId, piece: &Piece) {
        let mut body = Writer::new();
        body.fixed(&piece.write());
        self.send(link, EnvelopeKind::Piece, body);
    }

    /// Seals and sends an envelope without entries.
    pub(super) fn send(&mut self, link: LinkId, kind: EnvelopeKind, body: Writer) {
        let sealed = self.sealed(link, kind, body);
        self.effects.extend(sealed);
    }

    /// An envelope without entries, to be sent. None if there is no such link.
    pub(super) fn sealed(
        &mut self,
        link: LinkId,
        kind: EnvelopeKind,
        body: Writer,
    ) -> Option<Effect> {
        let traffic = self.traffic.get(&link)?;
        let (peer, known) = self.state.links.on(&link)?;
        let head = self.head(traffic);
        let (me, keys) = (&self.identity, &known.keys);
        let sealed = self.sealer.signal(me, keys, link, &head, kind, body, &mut self.entropy);
        Some(match sealed {
            Some(bytes) => Effect::Send { peer, kind, bytes },
            None => Effect::Alarm(format!("{} has no key that can be sealed to", known.name)),
        })
    }

    /// The envelope of a run whose records were read from the log. None if they are not the own
    /// entries that the outbox named.
    pub fn seal(
        &mut self,
        link: LinkId,
        run: &crate::outbox::Outgoing,
        records: Vec<Record>,
    ) -> Option<(schema::id::SpaceId, Vec<u8>)> {
        let traffic = self.traffic.get(&link)?;
        let (peer, known) = self.state.links.on(&link)?;
        let mut entries = Vec::with_capacity(records.len());
        for (record, position) in records.into_iter().zip(&run.positions) {
            let Record::Own(own) = record else {
                return None;
            };
            let entry = own.entry.bytes().to_vec();
            let incarnation = self.state.life_at(*position);
            entries.push(Carried { incarnation, position: *position, salt: own.salt, entry });
        }
        let run = Run {
            first: run.first,
            chain_before: run.chain_before,
            chain_after: run.chain_after,
            entries,
        };
        let head = self.head(traffic);
        let bytes = self.sealer.entries(
            &self.identity,
            &known.keys,
            link,
            &head,
            &run,
            &mut self.entropy,
        )?;
        Some((peer, bytes))
    }

    fn head(&self, traffic: &Traffic) -> Head {
        Head {
            incarnation: self.state.incarnation.unwrap_or(Incarnation([0; 16])),
            newest: traffic.outbox.newest(),
            chain: traffic.outbox.chain(),
            oldest: LinkSeq(1),
            checkpoint: self.checkpoint,
        }
    }

    /// When a step is due although nothing comes in, monotonic milliseconds.
    #[must_use]
    pub fn deadline_ms(&self) -> Option<u64> {
        let links = self.traffic.iter().flat_map(|(link, traffic)| {
            let recovery = traffic.recovery.as_ref().and_then(Recovery::deadline_ms);
            // What nobody is told is not due either: who waited for it would never rest.
            let told = traffic.outbox.deadline_ms().filter(|_| self.may_tell(link));
            [Some(traffic.signals.deadline_ms()), told, recovery]
        });
        let others = [self.fetches.deadline_ms(), self.uninvited_at_ms(), self.wakes_at_ms()];
        links.flatten().chain(others.into_iter().flatten()).min()
    }
}
