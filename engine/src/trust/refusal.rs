//! Why strangers' bytes are declined.

use thiserror::Error;

/// Why an envelope is not admitted. Nothing of it is kept but the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Error)]
pub enum Refusal {
    /// Too many bytes, too few, or not of the fixed form.
    #[error("malformed: {0}")]
    Malformed(&'static str),
    /// Sealed for another space.
    #[error("sealed for another space")]
    NotForMe,
    /// Sent by this space itself and returned.
    #[error("returned to its own author")]
    Reflected,
    /// On a link that this space does not have.
    #[error("unknown link")]
    UnknownLink,
    /// On a link whose peer is another space than the origin.
    #[error("the origin is not the peer of the link")]
    WrongOrigin,
    /// Signed or sealed under a key statement that is not known.
    #[error("unknown key statement")]
    UnknownKey,
    /// Signed under a key statement that the origin has replaced.
    #[error("signed by a key that was replaced")]
    RetiredKey,
    /// The signature is not the origin's.
    #[error("wrong signature")]
    BadSignature,
    /// The seal does not open.
    #[error("the seal does not open")]
    CannotOpen,
    /// The entries are not those that the header's chain names.
    #[error("the entries do not fit the chain in the header")]
    BrokenChain,
    /// Of another incarnation than the one that is followed.
    #[error("unknown incarnation")]
    UnknownIncarnation,
    /// The link is frozen.
    #[error("the link is frozen")]
    Frozen,
    /// It contradicts what the origin signed before.
    #[error("contradicts what its origin signed before")]
    Contradiction,
    /// Somebody asks to be let in, and no invitation is open.
    #[error("no invitation is open")]
    NotInvited,
    /// More ask to be let in than are listened to.
    #[error("too many ask to be let in")]
    TooManyJoins,
    /// By an invitation that this space never made.
    #[error("unknown invitation")]
    UnknownInvitation,
    /// Without the secret of the invitation.
    #[error("the proof is not of the invitation's token")]
    WrongProof,
    /// By an invitation that somebody has used.
    #[error("the invitation was used")]
    InvitationUsed,
    /// By an invitation that was revoked.
    #[error("the invitation was revoked")]
    InvitationRevoked,
    /// By an invitation whose time is over.
    #[error("the invitation has ended")]
    InvitationEnded,
    /// By an invitation that names another space.
    #[error("the invitation is for another space")]
    InvitedAnother,
    /// With a certificate that is not believed, of another space, or that does not make the link.
    #[error("the certificate is not that of who asks to be let in")]
    BadCertificate,
    /// By an invitation, although there is a link already.
    #[error("who asks to be let in is trusted already")]
    TrustedAlready,
}

impl Refusal {
    /// A short stable word, for counters, vectors and runbooks.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::NotForMe => "not-for-me",
            Self::Reflected => "reflected",
            Self::UnknownLink => "unknown-link",
            Self::WrongOrigin => "wrong-origin",
            Self::UnknownKey => "unknown-key",
            Self::RetiredKey => "retired-key",
            Self::BadSignature => "bad-signature",
            Self::CannotOpen => "cannot-open",
            Self::BrokenChain => "broken-chain",
            Self::UnknownIncarnation => "unknown-incarnation",
            Self::Frozen => "frozen",
            Self::Contradiction => "contradiction",
            Self::NotInvited => "not-invited",
            Self::TooManyJoins => "too-many-joins",
            Self::UnknownInvitation => "unknown-invitation",
            Self::WrongProof => "wrong-proof",
            Self::InvitationUsed => "invitation-used",
            Self::InvitationRevoked => "invitation-revoked",
            Self::InvitationEnded => "invitation-ended",
            Self::InvitedAnother => "invited-another",
            Self::BadCertificate => "bad-certificate",
            Self::TrustedAlready => "trusted-already",
        }
    }
}

/// Why an entry is kept but never folded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Error)]
pub enum EntryRefusal {
    /// The entry or its event cannot be read.
    #[error("malformed")]
    Malformed,
    /// It was not written for this link.
    #[error("written for another audience")]
    WrongAudience,
    /// Its form is older than one in which its signer wrote such an event before.
    #[error("written in an older form than its signer used before")]
    Downgraded,
    /// Events of its kind do not cross links.
    #[error("an event of this kind does not cross links")]
    DoesNotCross,
    /// It is about something that does not belong to its signer.
    #[error("about what does not belong to its signer")]
    NotItsOwn,
    /// No grant lets it in.
    #[error("not granted")]
    NotGranted,
    /// A document inside is not believed.
    #[error("a document inside is not believed")]
    BadDocument,
    /// What it passes on is signed under a key that its signer has not stated here, and there is no
    /// room for more of the kind.
    #[error("signed under a key that is not stated here, and too many await such keys already")]
    UnstatedKey,
}

impl EntryRefusal {
    /// A short stable word.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "entry-malformed",
            Self::WrongAudience => "wrong-audience",
            Self::Downgraded => "downgraded",
            Self::DoesNotCross => "does-not-cross",
            Self::NotItsOwn => "not-its-own",
            Self::NotGranted => "not-granted",
            Self::BadDocument => "bad-document",
            Self::UnstatedKey => "unstated-key",
        }
    }
}
