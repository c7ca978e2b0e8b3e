//! The kinds of envelopes, with their numbers and the labels of their keys.

/// What an envelope carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EnvelopeKind {
    /// Entries of the link.
    Entries,
    /// Durable here up to.
    Ack,
    /// My head is.
    Beat,
    /// A beat and an ack, when a connection begins.
    Hello,
    /// A request for pieces of an object.
    Want,
    /// One piece of an object.
    Piece,
    /// Key statements that the recipient may not know yet.
    Keys,
    /// A request for what was told in an earlier life.
    Reclaim,
    /// What was told in an earlier life, given back.
    Returned,
    /// Who accepted an invitation asks to be let in.
    Join,
}

impl EnvelopeKind {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Entries,
        Self::Ack,
        Self::Beat,
        Self::Hello,
        Self::Want,
        Self::Piece,
        Self::Keys,
        Self::Reclaim,
        Self::Returned,
        Self::Join,
    ];

    /// The number on the wire. Never renumber.
    #[must_use]
    pub const fn number(self) -> u16 {
        match self {
            Self::Entries => 1,
            Self::Ack => 2,
            Self::Beat => 3,
            Self::Hello => 4,
            Self::Want => 5,
            Self::Piece => 6,
            Self::Keys => 7,
            Self::Reclaim => 8,
            Self::Returned => 9,
            Self::Join => 10,
        }
    }

    /// The label under which the kind's key is exported from HPKE.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Entries => "interspace/v1/key/entries",
            Self::Ack => "interspace/v1/key/ack",
            Self::Beat => "interspace/v1/key/beat",
            Self::Hello => "interspace/v1/key/hello",
            Self::Want => "interspace/v1/key/want",
            Self::Piece => "interspace/v1/key/piece",
            Self::Keys => "interspace/v1/key/keys",
            Self::Reclaim => "interspace/v1/key/reclaim",
            Self::Returned => "interspace/v1/key/returned",
            Self::Join => "interspace/v1/key/join",
        }
    }

    /// The kind of this number, if there is one.
    pub(super) fn from_number(number: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }
}
