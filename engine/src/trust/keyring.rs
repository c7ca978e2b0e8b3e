//! What the door needs to know to open: a copy of the trust, so that many doors can work at once.

use crate::trust::certificate::Keys;
use crate::trust::epoch::{Direction, EpochKeys, SealingKey, join};
use crate::trust::invitation::{Invited, Standing};
use schema::id::{InvitationId, LinkId, SpaceId};
use std::collections::{BTreeMap, VecDeque};

/// Epochs remembered; joining one again costs a few hundred microseconds and nothing else.
const EPOCHS_MAX: usize = 64;

/// Who may send, over which link.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keyring {
    links: BTreeMap<LinkId, Keys>,
    invitations: BTreeMap<InvitationId, Invited>,
}

impl Keyring {
    /// Lets the holder of `keys` in over `link`.
    pub fn admit(&mut self, link: LinkId, keys: Keys) {
        self.links.insert(link, keys);
    }

    /// Lets in who brings one of these invitations, as far as each is open.
    #[must_use]
    pub fn inviting(mut self, invitations: BTreeMap<InvitationId, Invited>) -> Self {
        self.invitations = invitations;
        self
    }

    /// Whether an invitation is open.
    #[must_use]
    pub fn invites(&self) -> bool {
        self.invitations.values().any(|invited| invited.standing == Standing::Open)
    }

    /// What is known of an invitation.
    #[must_use]
    pub fn invited(&self, invitation: &InvitationId) -> Option<&Invited> {
        self.invitations.get(invitation)
    }

    /// The peer of a link.
    #[must_use]
    pub fn peer(&self, link: &LinkId) -> Option<&Keys> {
        self.links.get(link)
    }
}

/// The epochs that were joined lately.
#[derive(Debug, Default)]
pub struct Epochs {
    known: BTreeMap<(LinkId, [u8; 32]), EpochKeys>,
    order: VecDeque<(LinkId, [u8; 32])>,
}

impl Epochs {
    /// The keys of an epoch. Only called for a verified signature, so that a stranger cannot push
    /// known epochs out.
    pub(crate) fn join(
        &mut self,
        me: SpaceId,
        secret: &SealingKey,
        origin: SpaceId,
        link: LinkId,
        encapsulation: [u8; 32],
    ) -> Option<&EpochKeys> {
        let id = (link, encapsulation);
        if !self.known.contains_key(&id) {
            let keys = join(&Direction { origin, recipient: me, link }, secret, &encapsulation)?;
            if self.order.len() >= EPOCHS_MAX
                && let Some(oldest) = self.order.pop_front()
            {
                self.known.remove(&oldest);
            }
            self.order.push_back(id);
            self.known.insert(id, keys);
        }
        self.known.get(&id)
    }
}
