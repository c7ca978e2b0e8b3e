//! Another life of the log: declared after its end was lost, and what peers give back of it.

use super::Engine;
use crate::command::{Command, ReleaseName, Request};
use crate::decide::Draft;
use crate::inbox::recovery::Recovery;
use crate::state::At;
use crate::state::releases::{Release, Source};
use crate::step::Effect;
use schema::bytes::Writer;
use schema::id::{CommandId, Incarnation, LinkId, Position, SpaceId};
use schema::latest::{
    Actor, Audience, Block, Carried, EnvelopeKind, Event, Mirrored, Reclaim, Record, Returned,
};
use schema::v1::event::{IncarnationBegan, IncarnationDeclared, Kept, PastLife};

/// Entries of a peer that are given back to it, to be read from the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenBack {
    /// The link.
    pub link: LinkId,
    /// The life of the peer's log that they are of.
    pub incarnation: Incarnation,
    /// The newest entry of it that is here.
    pub newest: schema::id::LinkSeq,
    /// Where the evidence stands, and the entries after it that are given back; none if there are
    /// no more.
    pub positions: Vec<Position>,
    /// The last entry that is given back, on the link; none if nothing is.
    pub last: Option<schema::id::LinkSeq>,
}

impl Engine {
    /// Declares that the log lives on as `incarnation`: the first block of that life, which must be
    /// made durable before anything else. The engine must be told anew from the log then.
    #[must_use]
    pub fn declare(&mut self, incarnation: Incarnation) -> Option<Block> {
        let predecessor = self.state.incarnation?;
        let (size, root) = (self.tree.size(), self.tree.root());
        let kept = |link: &LinkId, traffic: &crate::traffic::Traffic| Kept {
            link: *link,
            at: traffic.outbox.newest(),
            chain: traffic.outbox.chain(),
        };
        let links: Vec<Kept> = self.traffic.iter().map(|(l, t)| kept(l, t)).collect();
        let mut drafts = Vec::new();
        for now in &links {
            let mut lives = self.past.get(&now.link).cloned().unwrap_or_default();
            lives.push(PastLife { incarnation: predecessor, at: now.at, chain: now.chain });
            let began = IncarnationBegan { incarnation, lives, size, root };
            let event = Event::IncarnationBegan(began);
            let audience = Audience::Link(now.link);
            drafts.push(Draft { audience, ..Draft::internal(Actor::Policy, event) });
        }
        let declared = IncarnationDeclared { incarnation, predecessor, size, root, links };
        drafts.insert(0, Draft::internal(Actor::Policy, Event::IncarnationDeclared(declared)));
        let command = CommandId(self.entropy.bytes());
        // A few hundred bytes for each link.
        self.append_drafts(command, &drafts).ok()?;
        self.take_block(self.now.wall_ms)
    }

    /// Follows the entry that declares another life.
    pub(super) fn follow_declaration(&mut self, declared: &IncarnationDeclared) {
        for kept in &declared.links {
            let incarnation = declared.predecessor;
            let past = PastLife { incarnation, at: kept.at, chain: kept.chain };
            self.past.entry(kept.link).or_default().push(past);
            if let Some(traffic) = self.traffic.get_mut(&kept.link) {
                traffic.recovery = Some(Recovery::new(incarnation, kept.at, kept.chain));
            }
        }
        if !self.lives_on {
            // Now it is known that the entries before are needed whole.
            (self.lives_on, self.rebuild) = (true, true);
        }
    }

    /// Asks the peer of a link for what this space told it in the life before.
    pub(super) fn reclaim(&mut self, link: LinkId) {
        let now_ms = self.now.monotonic_ms;
        let Some(recovery) = self.traffic.get_mut(&link).and_then(|it| it.recovery.as_mut()) else {
            return;
        };
        if !recovery.ask(now_ms) {
            return;
        }
        let (incarnation, after) = recovery.reached();
        let mut body = Writer::new();
        body.fixed(&Reclaim { incarnation, after }.write());
        self.send(link, EnvelopeKind::Reclaim, body);
    }

    /// A peer asks for what it told this space in a life whose end it lost.
    pub(super) fn reclaimed(&mut self, link: LinkId, reclaim: Reclaim) {
        // The next medium takes it along too: what is sent now may not get there.
        if let Some(traffic) = self.traffic.get_mut(&link) {
            traffic.reclaimed = Some(reclaim);
        }
        let given = self.given_back(link, reclaim);
        self.effects.extend(given.map(Effect::GiveBack));
    }

    /// What is given back at once to a peer that asks; none if there is no such link.
    fn given_back(&self, link: LinkId, reclaim: Reclaim) -> Option<GivenBack> {
        let traffic = self.traffic.get(&link)?;
        let places = traffic.inbox.places(&reclaim.incarnation);
        let newest = schema::id::LinkSeq(places.len() as u64);
        let from = usize::try_from(reclaim.after.0).unwrap_or(usize::MAX);
        let (mut positions, mut last) = (Vec::new(), None);
        if let Some(wanted) = places.get(from) {
            // What one envelope brought stands together, behind its evidence.
            let together = |pair: &[Position]| pair[1].0 == pair[0].0 + 1;
            let before = places[..=from].windows(2).rev().take_while(|pair| together(pair)).count();
            let after = places[from..].windows(2).take_while(|pair| together(pair)).count() as u64;
            positions.push(Position(wanted.0 - before as u64 - 1));
            positions.extend((wanted.0..=wanted.0 + after).map(Position));
            last = Some(schema::id::LinkSeq(reclaim.after.0 + 1 + after));
        }
        let incarnation = reclaim.incarnation;
        Some(GivenBack { link, incarnation, newest, positions, last })
    }

    /// The next of what a medium gives back to a peer that asked for it: first what follows what
    /// the peer has, then what follows that. None if nobody asked, or after the last.
    #[must_use]
    pub fn lend_back(&self, peer: &SpaceId, before: Option<&GivenBack>) -> Option<GivenBack> {
        let link = self.lendable(peer)?.link;
        let mut reclaim = self.traffic.get(&link)?.reclaimed?;
        if let Some(before) = before {
            reclaim.after = before.last.filter(|last| *last < before.newest)?;
        }
        self.given_back(link, reclaim)
    }

    /// The envelope that gives entries back. None if the log holds something else there.
    pub fn give_back(&mut self, given: &GivenBack, records: Vec<Record>) -> Option<Effect> {
        let mut records = records.into_iter();
        let run = match records.next() {
            None => None,
            Some(Record::Evidence(evidence)) => Some((evidence, carried(records))),
            Some(Record::Own(_) | Record::Mirrored(_)) => return None,
        };
        let (incarnation, newest) = (given.incarnation, given.newest);
        let mut body = Writer::new();
        body.fixed(&Returned { incarnation, newest, run }.write());
        self.sealed(given.link, EnvelopeKind::Returned, body)
    }

    /// A peer gives back what this space told it.
    pub(super) fn returned(&mut self, link: LinkId, returned: Returned) {
        let (Some(traffic), Some(keys)) = (self.traffic.get_mut(&link), &self.state.keys) else {
            return;
        };
        let peer = traffic.peer;
        let Some(recovery) = traffic.recovery.as_mut() else { return };
        let admitted = recovery.admit(keys, peer, link, returned);
        if recovery.is_done() {
            // What policy waited for.
            self.touched.extend(self.state.releases.all().map(|(id, _)| id.clone()));
        }
        for record in admitted.into_iter().flat_map(crate::inbox::Admitted::into_records) {
            self.append(record);
        }
        self.reclaim(link);
    }

    /// Whether a peer may still give back what changes what its words mean here.
    #[must_use]
    pub fn awaits(&self, peer: &SpaceId) -> bool {
        self.traffic.values().any(|traffic| {
            traffic.peer == *peer && traffic.recovery.as_ref().is_some_and(Recovery::is_awaited)
        })
    }

    /// Whether policy may act: not on what a peer may still give back.
    pub(super) fn may_act(&self, request: &Request) -> bool {
        let imported = |release: &ReleaseName| {
            let id = crate::decide::naming::resolve(&self.state, release).ok();
            match id.and_then(|id| self.state.releases.get(&id)).map(|release| &release.source) {
                Some(Source::Imported(import)) => self.awaits(&import.from),
                Some(Source::Local) | None => false,
            }
        };
        match &request.command {
            Command::Promote { peer, .. } => {
                !self.state.links.named(peer).is_some_and(|(space, _)| self.awaits(&space))
            }
            Command::Accept { release, .. } | Command::Deploy { release, .. } => !imported(release),
            Command::KeepSecrets { release } => {
                let release = self.state.releases.get(release).map(Release::newest);
                !release.and_then(Release::import).is_some_and(|import| self.awaits(&import.from))
            }
            Command::Apply { .. }
            | Command::Trust { .. }
            | Command::StateKeys { .. }
            | Command::Grant { .. }
            | Command::Revoke { .. }
            | Command::Invite { .. }
            | Command::Uninvite { .. }
            | Command::Join { .. }
            | Command::PutUser { .. }
            | Command::RemoveUser { .. }
            | Command::CreateToken { .. }
            | Command::RevokeToken { .. }
            | Command::SetSecret { .. }
            | Command::UnsetSecret { .. }
            | Command::PushPackage { .. }
            | Command::CreateRelease { .. }
            | Command::Reject { .. }
            | Command::Recall { .. }
            | Command::Approve { .. }
            | Command::Freeze { .. }
            | Command::LiftFreeze { .. }
            | Command::SetPolicy { .. }
            | Command::LiftPolicy { .. }
            | Command::PassRecall { .. }
            | Command::PassResult { .. }
            | Command::Cancel { .. }
            | Command::AnswerManual { .. } => true,
            // What ran when the log ended may have ended since, and a peer may know.
            Command::Restart { .. } => !self.state.links.all().any(|(space, _)| self.awaits(space)),
        }
    }

    /// Folds an entry of this space that came back.
    pub(super) fn fold_recovered(&mut self, position: Position, mirrored: &Mirrored) {
        if let Some(recovery) =
            self.traffic.get_mut(&mirrored.link).and_then(|traffic| traffic.recovery.as_mut())
        {
            recovery.advance(mirrored);
        }
        let Ok(entry) = schema::latest::Entry::read(&mirrored.entry) else { return };
        let Ok(event) = entry.event() else { return };
        let (header, here_ms) = (entry.header(), self.here_ms);
        let at = At { id: mirrored.id, position, header, here_ms };
        self.state.fold_recovered(&at, &event);
        self.journeys.fold(self.identity.space(), &at, &event);
    }
}

/// The entries behind a piece of evidence, as an envelope carries them.
fn carried(records: impl Iterator<Item = Record>) -> Vec<Carried> {
    let mirrored = records.filter_map(|record| match record {
        Record::Mirrored(mirrored) => Some(mirrored),
        Record::Own(_) | Record::Evidence(_) => None,
    });
    mirrored
        .map(|mirrored| Carried {
            incarnation: mirrored.id.incarnation,
            position: mirrored.id.position,
            salt: mirrored.salt,
            entry: mirrored.entry,
        })
        .collect()
}
