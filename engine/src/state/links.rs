//! Peers: who is trusted, over which link, and what may flow.

use crate::trust::certificate::Keys;
use crate::trust::keyring::Keyring;
use schema::id::{Incarnation, InvitationId, LinkId, SpaceId};
use schema::latest::{Audience, Certificate, Document, Header};
use schema::name::Name;
use schema::pattern::covers;
use schema::v1::event::{
    GrantsChanged, IncarnationBegan, InvitationAccepted, PeerStated, PeerTrusted,
};
use schema::v1::model::{Disclosure, Grant};
use std::collections::BTreeMap;

/// The version in which every kind of event begins.
const FIRST_VERSION: u16 = 1;

/// A trusted space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// What this space calls it.
    pub name: Name,
    /// Its keys.
    pub keys: Keys,
    /// The link to it.
    pub link: LinkId,
    /// What may flow, as this side decided.
    pub grants: Vec<Grant>,
    /// The lives that its log lost the end of, oldest first.
    pub lost: Vec<Incarnation>,
    /// Whether it told two stories; nothing is admitted any more.
    pub frozen: bool,
    /// Since when nothing is let in or sent any more, because this side ended the link,
    /// milliseconds since 1970. What came before stays.
    pub revoked_ms: Option<u64>,
    /// What it said that it accepts and sends, if it said anything.
    pub theirs: Option<Vec<Grant>>,
    /// What this space told it that it accepts and sends, if it told anything.
    pub told_grants: Option<Vec<Grant>>,
    /// The environments whose results it said it will send.
    pub environments: Vec<Name>,
    /// The environments that this space told it, if it told any.
    pub told: Option<Vec<Name>>,
    /// The invitation that the link was made by, whoever invited.
    pub invitation: Option<InvitationId>,
    /// How this space asks to be let in, where it was the one that was invited.
    pub joining: Option<Joining>,
    /// By kind of event, the newest version in which it wrote one, whatever became of that; where
    /// there is none, the first. It never falls, because it follows from the log.
    pub versions: BTreeMap<u16, u16>,
}

/// How this space asks a peer that invited it to be let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joining {
    /// By which invitation.
    pub invitation: InvitationId,
    /// The offer that the link is made of.
    pub offer: Document,
    /// The proof that this space had the token.
    pub proof: [u8; 64],
    /// Until when it asks, milliseconds since 1970.
    pub ends_ms: u64,
}

impl Peer {
    /// Whether releases of `project` are let in.
    #[must_use]
    pub fn may_release(&self, project: &Name) -> bool {
        self.is_open() && accepts(&self.grants, project)
    }

    /// Whether it said that it does not let releases of `project` in.
    #[must_use]
    pub fn declines(&self, project: &Name) -> bool {
        self.theirs.as_ref().is_some_and(|theirs| !accepts(theirs, project))
    }

    /// Whether its results are let in.
    #[must_use]
    pub fn may_report(&self) -> bool {
        self.is_open() && self.grants.contains(&Grant::AcceptResults)
    }

    /// How much of our results it is sent, if any.
    #[must_use]
    pub fn disclosure(&self) -> Option<Disclosure> {
        let mut grants = self.grants.iter().filter(|_| self.is_open());
        grants.find_map(|grant| match grant {
            Grant::SendResults(level) => Some(*level),
            Grant::AcceptReleases(_) | Grant::AcceptResults | Grant::Relay => None,
        })
    }

    /// Whether it may bring what others have signed, and pass on what it is sent.
    #[must_use]
    pub fn may_relay(&self) -> bool {
        self.is_open() && self.grants.contains(&Grant::Relay)
    }

    /// Whether it said that this space may bring it what others have signed, and pass on what it
    /// sends.
    #[must_use]
    pub fn lets_relay(&self) -> bool {
        self.theirs.as_ref().is_some_and(|theirs| theirs.contains(&Grant::Relay))
    }

    /// Whether it wrote an event of this kind in a newer version before.
    #[must_use]
    pub fn has_written_newer(&self, header: &Header) -> bool {
        header.version < self.versions.get(&header.kind).copied().unwrap_or(FIRST_VERSION)
    }

    /// Whether this side has not ended the link.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.revoked_ms.is_none()
    }
}

/// Whether one of `grants` lets releases of `project` in.
fn accepts(grants: &[Grant], project: &Name) -> bool {
    grants.iter().any(|grant| match grant {
        Grant::AcceptReleases(pattern) => covers(pattern, project),
        Grant::AcceptResults | Grant::SendResults(_) | Grant::Relay => false,
    })
}

/// All peers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Links {
    peers: BTreeMap<SpaceId, Peer>,
}

impl Links {
    /// A peer by its id.
    #[must_use]
    pub fn peer(&self, space: &SpaceId) -> Option<&Peer> {
        self.peers.get(space)
    }

    /// A peer by the name it has here.
    #[must_use]
    pub fn named(&self, name: &Name) -> Option<(SpaceId, &Peer)> {
        self.all().find(|(_, peer)| peer.name == *name).map(|(space, peer)| (*space, peer))
    }

    /// The peer at the other end of a link.
    #[must_use]
    pub fn on(&self, link: &LinkId) -> Option<(SpaceId, &Peer)> {
        self.all().find(|(_, peer)| peer.link == *link).map(|(space, peer)| (*space, peer))
    }

    /// Every peer, by id.
    pub fn all(&self) -> impl Iterator<Item = (&SpaceId, &Peer)> {
        self.peers.iter()
    }

    /// What the door needs.
    #[must_use]
    pub fn keyring(&self) -> Keyring {
        let mut keyring = Keyring::default();
        for peer in self.peers.values().filter(|peer| peer.is_open()) {
            keyring.admit(peer.link, peer.keys.clone());
        }
        keyring
    }

    pub(super) fn trust(&mut self, event: &PeerTrusted) {
        let certificate = Certificate::read(&event.certificate).ok();
        let Some(keys) = certificate.and_then(|read| Keys::verify(&read).ok()) else {
            return;
        };
        let before = self.peers.get(&event.peer);
        let versions = before.map(|peer| peer.versions.clone()).unwrap_or_default();
        let peer = Peer {
            name: event.name.clone(),
            keys,
            link: event.link,
            grants: event.grants.clone(),
            lost: Vec::new(),
            frozen: false,
            revoked_ms: None,
            theirs: None,
            told_grants: None,
            environments: Vec::new(),
            told: None,
            invitation: None,
            joining: None,
            versions,
        };
        self.peers.insert(event.peer, peer);
    }

    /// What was verified when it came is verified again: a log is not believed more than a peer.
    pub(super) fn stated(&mut self, event: &PeerStated) {
        let documents: Vec<Document> =
            event.statements.iter().filter_map(|json| Document::read(json).ok()).collect();
        if let Some(peer) = self.peers.get_mut(&event.peer)
            && let Ok(newer) = peer.keys.continued(&documents)
        {
            peer.keys = newer;
        }
    }

    /// A peer's log lost its end and lives on.
    pub(super) fn began(&mut self, origin: &SpaceId, event: &IncarnationBegan) {
        if let Some(peer) = self.peers.get_mut(origin) {
            peer.lost = event.lives.iter().map(|life| life.incarnation).collect();
        }
    }

    pub(super) fn invited(&mut self, peer: &SpaceId, invitation: InvitationId) {
        if let Some(peer) = self.peers.get_mut(peer) {
            peer.invitation = Some(invitation);
        }
    }

    pub(super) fn accepted(&mut self, event: &InvitationAccepted) {
        let Ok(offer) = Document::read(&event.offer) else { return };
        if let Some(peer) = self.peers.get_mut(&event.peer) {
            let (invitation, proof) = (event.invitation, event.proof);
            peer.invitation = Some(invitation);
            peer.joining = Some(Joining { invitation, offer, proof, ends_ms: event.ends_ms });
        }
    }

    pub(super) fn grant(&mut self, event: &GrantsChanged) {
        if let Some(peer) = self.on_mut(&event.link) {
            peer.grants.clone_from(&event.grants);
        }
    }

    pub(super) fn freeze(&mut self, link: &LinkId) {
        if let Some(peer) = self.on_mut(link) {
            peer.frozen = true;
        }
    }

    pub(super) fn revoke(&mut self, link: &LinkId, time_ms: u64) {
        if let Some(peer) = self.on_mut(link) {
            peer.revoked_ms = Some(time_ms);
        }
    }

    /// A peer wrote an entry with this header.
    pub fn wrote(&mut self, origin: &SpaceId, header: &Header) {
        if let Some(peer) = self.peers.get_mut(origin)
            && header.version > FIRST_VERSION
        {
            let newest = peer.versions.entry(header.kind).or_default();
            *newest = (*newest).max(header.version);
        }
    }

    pub(super) fn granted_by(&mut self, origin: &SpaceId, grants: &[Grant]) {
        if let Some(peer) = self.peers.get_mut(origin) {
            peer.theirs = Some(grants.to_vec());
        }
    }

    pub(super) fn told_grants(&mut self, audience: &Audience, grants: &[Grant]) {
        if let Audience::Link(link) = audience
            && let Some(peer) = self.on_mut(link)
        {
            peer.told_grants = Some(grants.to_vec());
        }
    }

    pub(super) fn published_by(&mut self, origin: &SpaceId, environments: &[Name]) {
        if let Some(peer) = self.peers.get_mut(origin) {
            peer.environments = environments.to_vec();
        }
    }

    pub(super) fn published_to(&mut self, audience: &Audience, environments: &[Name]) {
        if let Audience::Link(link) = audience
            && let Some(peer) = self.on_mut(link)
        {
            peer.told = Some(environments.to_vec());
        }
    }

    /// What peers were told last may have been lost, and be something else than what holds now.
    pub(super) fn tell_anew(&mut self) {
        for peer in self.peers.values_mut() {
            (peer.told_grants, peer.told) = (None, None);
        }
    }

    fn on_mut(&mut self, link: &LinkId) -> Option<&mut Peer> {
        self.peers.values_mut().find(|peer| peer.link == *link)
    }
}
