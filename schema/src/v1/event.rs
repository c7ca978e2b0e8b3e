//! Events: facts in the past tense, numbered for ever.
//!
//! The payload of an entry is the bincode form of one of the structs of this module's files. A
//! number is never used for anything else again; new fields are a new version, lifted here to the
//! latest form, by this one function, for live entries, replay, import and audit alike.

pub mod configuration;
mod crossing;
pub mod deployment;
pub mod gate;
pub mod invitation;
pub mod people;
pub mod promotion;
pub mod release;
pub mod secret;
pub mod trust;

use crate::bytes::Malformed;
use crate::codec;
use crate::v1::entry::{Header, MUST_UNDERSTAND};

pub use crate::v1::model::Pattern;
pub use configuration::{Change, ConfigurationApplied, Definition, Kind, User};
pub use crossing::Crossing;
pub use deployment::{
    DeploymentCancelled, DeploymentFinished, DeploymentReported, DeploymentStarted,
    ManualStepAnswered, ManualStepReached,
};
pub use gate::{
    ApprovalGiven, FreezeLifted, FreezeMade, GateBypassed, PolicyLifted, PolicyRule, PolicySet,
};
pub use invitation::{InvitationAccepted, InvitationMade, InvitationRevoked, InvitationUsed};
pub use people::{Assignment, Role, TokenCreated, TokenRevoked, TokenScope};
pub use promotion::{
    EnvironmentsPublished, PackageArrived, PromotionAnswered, PromotionRequested, ReleaseAccepted,
    ReleasePromoted, ReleaseRejected,
};
pub use release::{PackagePushed, ReleaseCreated, ReleaseRecalled};
pub use secret::{SecretSet, SecretUnset, SecretsKept};
pub use trust::{
    Commitment, Cut, GrantsChanged, GrantsPublished, IncarnationBegan, IncarnationDeclared, Kept,
    KeysStated, LinkContradicted, LinkOffered, LinkRevoked, PastLife, PeerStated, PeerTrusted,
    SpaceCreated,
};

macro_rules! events {
    ($(
        $(#[$doc:meta])*
        $name:ident = $kind:literal, version $version:literal, $flags:expr, $text:literal;
    )*) => {
        /// Any event, in its latest form.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Event {
            $($(#[$doc])* $name($name),)*
            /// What this build does not know: kept, passed on, never guessed at.
            Unknown {
                /// Its kind.
                kind: u16,
                /// The version of its form.
                version: u16,
                /// Whether nothing may be folded past it.
                must_understand: bool,
            },
        }

        impl Event {
            /// Kind, version, flags and payload.
            ///
            /// # Panics
            /// For [`Event::Unknown`]: nobody writes what they do not know.
            #[must_use]
            pub fn encode(&self) -> (u16, u16, u16, Vec<u8>) {
                match self {
                    $(Self::$name(event) => ($kind, $version, $flags, codec::encode(event)),)*
                    Self::Unknown { .. } => unreachable!("an unknown event is never written"),
                }
            }

            /// The event of an entry with this header and payload.
            ///
            /// # Errors
            /// When the payload is not exactly the bytes of such an event, or its flags are not
            /// those of its kind.
            pub fn decode(header: &Header, payload: &[u8]) -> Result<Self, Malformed> {
                match (header.kind, header.version) {
                    $(($kind, $version) => {
                        if header.flags != $flags {
                            return Err(Malformed::new("event: flags"));
                        }
                        codec::decode(payload, $text).map(Self::$name)
                    })*
                    (kind, version) => Ok(Self::Unknown {
                        kind,
                        version,
                        must_understand: header.flags & MUST_UNDERSTAND != 0,
                    }),
                }
            }

            /// Its name, as it is shown and as other tools see it.
            #[must_use]
            pub const fn name(&self) -> &'static str {
                match self {
                    $(Self::$name(_) => $text,)*
                    Self::Unknown { .. } => "unknown",
                }
            }
        }

        /// Kind, version, flags and name of each event, for documents and vectors.
        pub const TABLE: &[(u16, u16, u16, &str)] = &[$(($kind, $version, $flags, $text),)*];
    };
}

events! {
    /// A space began.
    SpaceCreated = 1, version 1, MUST_UNDERSTAND, "space.created";
    /// The random number for the ids of this space's links was drawn.
    LinkOffered = 2, version 1, MUST_UNDERSTAND, "link.offered";
    /// A peer became trusted.
    PeerTrusted = 3, version 1, MUST_UNDERSTAND, "peer.trusted";
    /// What may flow over a link changed.
    GrantsChanged = 4, version 1, MUST_UNDERSTAND, "grants.changed";
    /// A peer told two stories; the link is frozen.
    LinkContradicted = 5, version 1, MUST_UNDERSTAND, "link.contradicted";
    /// New keys of this space hold from here on.
    KeysStated = 6, version 1, MUST_UNDERSTAND, "keys.stated";
    /// A peer told its newer keys.
    PeerStated = 7, version 1, MUST_UNDERSTAND, "peer.stated";
    /// A link was ended by this side.
    LinkRevoked = 9, version 1, MUST_UNDERSTAND, "link.revoked";
    /// The configuration changed.
    ConfigurationApplied = 10, version 1, MUST_UNDERSTAND, "configuration.applied";
    /// This log lost its end and begins another life.
    IncarnationDeclared = 11, version 1, MUST_UNDERSTAND, "incarnation.declared";
    /// A peer's log begins another life.
    IncarnationBegan = 12, version 1, MUST_UNDERSTAND, "incarnation.began";
    /// An API token was made for a person.
    TokenCreated = 13, version 1, MUST_UNDERSTAND, "token.created";
    /// An API token is worth nothing any more.
    TokenRevoked = 14, version 1, MUST_UNDERSTAND, "token.revoked";
    /// The value of a secret was set.
    SecretSet = 16, version 1, MUST_UNDERSTAND, "secret.set";
    /// The value of a secret is gone.
    SecretUnset = 17, version 1, MUST_UNDERSTAND, "secret.unset";
    /// A package was put into the space's store.
    PackagePushed = 20, version 1, 0, "package.pushed";
    /// A release was created.
    ReleaseCreated = 21, version 1, 0, "release.created";
    /// A release was sent on to a peer. Crosses.
    ReleasePromoted = 22, version 1, MUST_UNDERSTAND, "release.promoted";
    /// A release of a peer was accepted.
    ReleaseAccepted = 23, version 1, 0, "release.accepted";
    /// A release of a peer was rejected.
    ReleaseRejected = 24, version 1, 0, "release.rejected";
    /// The answer to a promotion. Crosses.
    PromotionAnswered = 25, version 1, 0, "promotion.answered";
    /// A package of a peer's release is complete and proven.
    PackageArrived = 26, version 1, 0, "package.arrived";
    /// The names of the environments whose results will be sent. Crosses.
    EnvironmentsPublished = 27, version 1, 0, "environments.published";
    /// What this side of the link accepts and sends. Crosses.
    GrantsPublished = 28, version 1, 0, "grants.published";
    /// The secrets of a peer's bundle were opened and are kept.
    SecretsKept = 29, version 1, 0, "secrets.kept";
    /// A deployment began.
    DeploymentStarted = 30, version 1, 0, "deployment.started";
    /// A deployment ended.
    DeploymentFinished = 31, version 1, 0, "deployment.finished";
    /// The result of a deployment, as far as a peer may see it. Crosses.
    DeploymentReported = 32, version 1, 0, "deployment.reported";
    /// A manual step of a deployment waits for a person.
    ManualStepReached = 33, version 1, 0, "manual-step.reached";
    /// A person said how a manual step went.
    ManualStepAnswered = 34, version 1, 0, "manual-step.answered";
    /// Somebody asked to end a deployment.
    DeploymentCancelled = 35, version 1, 0, "deployment.cancelled";
    /// A release was found bad. Crosses.
    ReleaseRecalled = 36, version 1, MUST_UNDERSTAND, "release.recalled";
    /// Whoever has a token may become a peer, once.
    InvitationMade = 39, version 1, MUST_UNDERSTAND, "invitation.made";
    /// An invitation is worth nothing any more.
    InvitationRevoked = 40, version 1, MUST_UNDERSTAND, "invitation.revoked";
    /// Somebody became a peer by an invitation, which is worth nothing any more.
    InvitationUsed = 41, version 1, MUST_UNDERSTAND, "invitation.used";
    /// An invitation of a peer was accepted here.
    InvitationAccepted = 42, version 1, MUST_UNDERSTAND, "invitation.accepted";
    /// A person approved a release for an environment, or refused to.
    ApprovalGiven = 43, version 1, MUST_UNDERSTAND, "approval.given";
    /// Nothing is deployed or promoted for a while.
    FreezeMade = 44, version 1, MUST_UNDERSTAND, "freeze.made";
    /// A freeze is over before its time.
    FreezeLifted = 45, version 1, MUST_UNDERSTAND, "freeze.lifted";
    /// Somebody went past what held a release up.
    GateBypassed = 46, version 1, 0, "gate.bypassed";
    /// Policy was told to leave something alone.
    PolicySet = 47, version 1, MUST_UNDERSTAND, "policy.set";
    /// Policy need not leave that alone any more.
    PolicyLifted = 48, version 1, MUST_UNDERSTAND, "policy.lifted";
    /// A person sent a release on to a peer that may not know who that was.
    PromotionRequested = 49, version 1, 0, "promotion.requested";
}
