//! Keys on their way: this space's newer statements to its peers, and theirs to this log.

use super::Engine;
use crate::command::Rejection;
use crate::decide::Draft;
use crate::decide::import::has_sealed;
use crate::step::Effect;
use crate::trust::identity::{Identity, Pair, Secrets};
use schema::bytes::Writer;
use schema::hash::chain_start;
use schema::id::{CommandId, LinkId, LinkSeq, Position, SpaceId};
use schema::latest::{Actor, Document, EnvelopeKind, Event, Statements};
use schema::v1::event::{Cut, PeerStated};

impl Engine {
    /// Tells the peer of a link the statements that it does not know, as far as one can tell: what
    /// it seals to is what it knows.
    pub(super) fn tell_keys(&mut self, link: LinkId) {
        let known = self.traffic.get(&link).map_or(1, |traffic| traffic.knows.max(1));
        if let Some(told) = self.statements(link, known) {
            let mut body = Writer::new();
            told.write(&mut body);
            self.send(link, EnvelopeKind::Keys, body);
        }
    }

    /// The statements after `known`, and where on the link the entries of this space ended if they
    /// revoke a key; none if there are none.
    pub(super) fn statements(&self, link: LinkId, known: u32) -> Option<Statements> {
        let (traffic, keys) = (self.traffic.get(&link)?, self.state.keys.as_ref()?);
        if known >= self.identity.number() {
            return None;
        }
        let cut = keys
            .revoked_after(known)
            .filter(|revoked| Some(revoked.incarnation) == self.state.incarnation)
            .map(|revoked| traffic.outbox.place(Position(revoked.size)))
            .min_by_key(|cut| cut.at);
        let statements = keys.after(known).iter().map(Document::write).collect();
        Some(Statements { statements, cut })
    }

    /// A peer told its newer keys; the statements were verified at the door.
    pub(super) fn arrive_keys(&mut self, origin: SpaceId, told: Statements) {
        let Some(peer) = self.state.links.peer(&origin) else { return };
        let known = peer.keys.newest().number;
        let unknown: Vec<String> = told
            .statements
            .into_iter()
            .filter(|json| {
                let document = Document::read(json).ok();
                let newer = document.and_then(|document| peer.keys.continued(&[document]).ok());
                // One that follows on an unknown one cannot be told from here; it is kept as well.
                newer.is_none_or(|keys| keys.newest().number > known)
            })
            .collect();
        if unknown.is_empty() {
            return;
        }
        let documents: Vec<Document> =
            unknown.iter().filter_map(|json| Document::read(json).ok()).collect();
        let newer = peer.keys.continued(&documents);
        let revokes = newer.is_ok_and(|newer| newer.revoked_after(known).next().is_some());
        let cut = self.cut(peer.link, told.cut.filter(|_| revokes));
        let event = Event::PeerStated(PeerStated { peer: origin, statements: unknown, cut });
        let command = CommandId(self.entropy.bytes());
        // Statements came in one envelope, and fit into one entry.
        if self.append_drafts(command, &[Draft::internal(Actor::Policy, event)]).is_err() {
            let alarm = format!("the new keys of {} do not fit into an entry", origin.short());
            self.effects.push(Effect::Alarm(alarm));
        }
    }

    /// Where on a link the entries end that the peer wrote itself. It stays what the peer says if
    /// both have the same entries up to there. Where that is not so, or cannot be told because
    /// fewer are here, all of the link is taken as forged: the peer sends what is its own again.
    pub(super) fn cut(&self, link: LinkId, told: Option<Cut>) -> Option<Cut> {
        let (told, inbox) = (told?, &self.traffic.get(&link)?.inbox);
        let incarnation = inbox.incarnation().filter(|known| *known == told.incarnation)?;
        if inbox.chain_at(told.at) == Some(told.chain) {
            return Some(told);
        }
        Some(self.cut_all(link, incarnation))
    }

    /// The cut before the first entry of a link.
    pub(super) fn cut_all(&self, link: LinkId, incarnation: schema::id::Incarnation) -> Cut {
        let me = self.identity.space();
        let origin = self.traffic.get(&link).map_or(me, |traffic| traffic.peer);
        Cut { incarnation, at: LinkSeq(0), chain: chain_start(&origin, &me, &link, &incarnation) }
    }

    /// The keys of a peer that a certificate brought by hand: nobody told where its own entries
    /// end, so all of them come again if it revokes a key.
    pub(super) fn completed(&self, mut draft: Draft) -> Draft {
        if let Event::PeerStated(stated) = &mut draft.event
            && let Some(peer) = self.state.links.peer(&stated.peer)
            && let Some(incarnation) =
                self.traffic.get(&peer.link).and_then(|traffic| traffic.inbox.incarnation())
        {
            let documents: Vec<Document> =
                stated.statements.iter().filter_map(|json| Document::read(json).ok()).collect();
            let known = peer.keys.newest().number;
            let revokes = peer
                .keys
                .continued(&documents)
                .is_ok_and(|newer| newer.revoked_after(known).next().is_some());
            stated.cut = revokes.then(|| self.cut_all(peer.link, incarnation));
        }
        draft
    }

    /// Learns the seeds of the statement that comes next, if they are its seeds.
    pub(super) fn learn_pair(
        &mut self,
        statement: &Document,
        pair: &Pair,
    ) -> Result<(), Rejection> {
        let fits = self.state.keys.as_ref().and_then(|keys| {
            let newer = keys.continued(std::slice::from_ref(statement)).ok()?;
            let number = newer.newest().number;
            let secrets = Secrets::default().with(number, pair.clone());
            Identity::of(&newer, secrets).can_sign().then_some(number)
        });
        let number = fits.ok_or_else(|| {
            Rejection::invalid(
                "these are not the keys that the statement names",
                "make keys and statement together, with `interspace key rotate`",
            )
        })?;
        self.identity.learn(number, pair.clone());
        Ok(())
    }

    /// Forgets the keys of earlier statements, once every peer seals to the newest, and says which
    /// statement that is; none while some peer may still seal to an earlier one, while something is
    /// under way in which a secret may be sealed to one, and when there is nothing to forget.
    pub fn forget_keys(&mut self) -> Option<u32> {
        let newest = self.identity.number();
        // Asked after each turn, and nearly always there is nothing to forget: that comes first.
        if !self.identity.secrets().numbers().any(|number| number < newest) {
            return None;
        }
        let known =
            self.traffic.values().all(|traffic| traffic.knows >= newest && traffic.is_complete());
        // Who has a token seals to the key that it knows.
        let mut open = self.state.invitations.open(self.now.wall_ms);
        // What is here and was not opened yet is opened with the keys that there are.
        let mut releases = self.state.releases.all();
        let free = known
            && !self.state.awaiting.needs_before(newest)
            && !open.any(|(_, invitation)| invitation.key < newest)
            && !releases.any(|(id, _)| has_sealed(&self.state, id).is_some());
        free.then(|| {
            self.identity.forget_before(newest);
            newest
        })
    }

    /// Goes on under the newest keys of this space, and tells everybody.
    pub(super) fn follow_own_keys(&mut self) {
        let Some(keys) = &self.state.keys else { return };
        let revokes = keys.newest_revoking() == keys.newest().number;
        self.identity.renew(keys);
        self.keyring_changed = true;
        for (link, traffic) in &mut self.traffic {
            self.sealer.renew(link);
            traffic.signals.connected(self.now.monotonic_ms);
            if revokes {
                traffic.outbox.forgive();
            }
        }
    }

    /// Follows the entry at `told`, which says what a peer's keys are now.
    pub(super) fn follow_peer_keys(&mut self, told: Position, stated: &PeerStated) {
        self.keyring_changed = true;
        let Some(peer) = self.state.links.peer(&stated.peer) else { return };
        let (link, revoking) = (peer.link, peer.keys.newest_revoking());
        self.sealer.renew(&link);
        let Some(traffic) = self.traffic.get_mut(&link) else { return };
        // What waits was signed by a key that was the newest when it came, and so was what the
        // peer was said to have.
        traffic.inbox.forget_held_back();
        traffic.head = None;
        if let Some(cut) = &stated.cut
            && traffic.inbox.incarnation() == Some(cut.incarnation)
            && traffic.inbox.cut(cut.at)
            && self.retractions.add(told, link, cut.incarnation, cut.at)
        {
            self.rebuild = true;
        }
        if revoking > traffic.inbox.revoking() {
            traffic.inbox.suspect(revoking);
        }
    }

    /// An entry contradicts one that came before the peer revoked a key: that one may be somebody
    /// else's, and the peer is believed. All of the link comes again.
    pub(super) fn retract(&mut self, link: LinkId, at: LinkSeq) -> bool {
        let Some(traffic) = self.traffic.get(&link).filter(|it| it.inbox.is_suspect(at)) else {
            return false;
        };
        let (peer, Some(incarnation)) = (traffic.peer, traffic.inbox.incarnation()) else {
            return false;
        };
        let cut = Some(self.cut_all(link, incarnation));
        let event = Event::PeerStated(PeerStated { peer, statements: Vec::new(), cut });
        let command = CommandId(self.entropy.bytes());
        // It is a hundred bytes.
        let _ = self.append_drafts(command, &[Draft::internal(Actor::Policy, event)]);
        true
    }
}
