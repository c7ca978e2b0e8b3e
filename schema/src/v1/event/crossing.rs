//! The events that cross a link: what spaces tell each other. All others stay in the log of the
//! space that wrote them.

use super::{
    DeploymentReported, EnvironmentsPublished, Event, GrantsPublished, IncarnationBegan,
    PromotionAnswered, ReleasePromoted, ReleaseRecalled,
};

/// An event that is written for a peer. Whoever handles what came from a peer, or went to one,
/// matches on this, so that the list of what crosses stands here alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Crossing<'a> {
    /// See [`Event::IncarnationBegan`].
    IncarnationBegan(&'a IncarnationBegan),
    /// See [`Event::ReleasePromoted`].
    ReleasePromoted(&'a ReleasePromoted),
    /// See [`Event::PromotionAnswered`].
    PromotionAnswered(&'a PromotionAnswered),
    /// See [`Event::EnvironmentsPublished`].
    EnvironmentsPublished(&'a EnvironmentsPublished),
    /// See [`Event::GrantsPublished`].
    GrantsPublished(&'a GrantsPublished),
    /// See [`Event::DeploymentReported`].
    DeploymentReported(&'a DeploymentReported),
    /// See [`Event::ReleaseRecalled`].
    ReleaseRecalled(&'a ReleaseRecalled),
}

impl Event {
    /// This event, if its kind is written for a peer. None of the others ever leaves its space;
    /// nor is it known of one that this build does not know.
    #[must_use]
    pub const fn crossing(&self) -> Option<Crossing<'_>> {
        Some(match self {
            Self::IncarnationBegan(event) => Crossing::IncarnationBegan(event),
            Self::ReleasePromoted(event) => Crossing::ReleasePromoted(event),
            Self::PromotionAnswered(event) => Crossing::PromotionAnswered(event),
            Self::EnvironmentsPublished(event) => Crossing::EnvironmentsPublished(event),
            Self::GrantsPublished(event) => Crossing::GrantsPublished(event),
            Self::DeploymentReported(event) => Crossing::DeploymentReported(event),
            Self::ReleaseRecalled(event) => Crossing::ReleaseRecalled(event),
            Self::SpaceCreated(_)
            | Self::LinkOffered(_)
            | Self::PeerTrusted(_)
            | Self::GrantsChanged(_)
            | Self::LinkContradicted(_)
            | Self::KeysStated(_)
            | Self::PeerStated(_)
            | Self::IncarnationDeclared(_)
            | Self::LinkRevoked(_)
            | Self::ConfigurationApplied(_)
            | Self::TokenCreated(_)
            | Self::TokenRevoked(_)
            | Self::SecretSet(_)
            | Self::SecretUnset(_)
            | Self::SecretsKept(_)
            | Self::InvitationMade(_)
            | Self::InvitationRevoked(_)
            | Self::InvitationUsed(_)
            | Self::InvitationAccepted(_)
            | Self::PackagePushed(_)
            | Self::ReleaseCreated(_)
            | Self::ReleaseAccepted(_)
            | Self::ReleaseRejected(_)
            | Self::PackageArrived(_)
            | Self::DeploymentStarted(_)
            | Self::DeploymentFinished(_)
            | Self::ManualStepReached(_)
            | Self::ManualStepAnswered(_)
            | Self::DeploymentCancelled(_)
            | Self::ApprovalGiven(_)
            | Self::FreezeMade(_)
            | Self::FreezeLifted(_)
            | Self::GateBypassed(_)
            | Self::PolicySet(_)
            | Self::PolicyLifted(_)
            | Self::PromotionRequested(_)
            | Self::Unknown { .. } => return None,
        })
    }
}
