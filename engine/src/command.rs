//! What can be asked of a space, who asks, and what is answered.

use crate::trust::identity::Pair;
use crate::trust::secret::SecretValue;
use schema::hash::Hash;
use schema::id::{
    CommandId, DocumentId, EntryId, InvitationId, Position, ReleaseDigest, SpaceId, TokenId,
};
use schema::latest::{Actor, Document, Invitation};
use schema::name::{Name, PackageName, Text, Version};
use schema::v1::event::{Definition, FreezeMade, PolicyRule, TokenScope, User};
use schema::v1::model::{Grant, Package, ReleaseId, TemplateValue, Where};
use thiserror::Error;

/// A request, in the imperative.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Make the configuration exactly this.
    Apply {
        /// All definitions; what is not among them is removed.
        definitions: Vec<Definition>,
    },
    /// Define a person as they are now, and leave the rest of the configuration.
    PutUser {
        /// The person.
        user: User,
    },
    /// Remove a person, and leave the rest of the configuration.
    RemoveUser {
        /// Who.
        name: Name,
    },
    /// Make an API token for a person.
    CreateToken {
        /// For whom.
        user: Name,
        /// What it is called.
        name: Name,
        /// H(token); the token itself never comes here.
        hash: Hash,
        /// What it leaves of the person's roles.
        scope: Box<TokenScope>,
        /// From when on it is worth nothing, milliseconds since 1970; none: it never expires.
        expires_ms: Option<u64>,
    },
    /// Let an API token be worth nothing any more.
    RevokeToken {
        /// Which.
        token: TokenId,
    },
    /// Trust the space that this certificate is of.
    Trust {
        /// Its certificate with its offer, as JSON.
        certificate: String,
        /// What to call it here; its own name if none is given.
        name: Option<Name>,
        /// What may flow.
        grants: Vec<Grant>,
    },
    /// Go on under new keys.
    StateKeys {
        /// The key statement.
        statement: Document,
        /// The seeds of its keys.
        pair: Pair,
    },
    /// Change what may flow.
    Grant {
        /// The peer.
        peer: Name,
        /// All grants of this side, from now on.
        grants: Vec<Grant>,
    },
    /// End the link to a peer.
    Revoke {
        /// The peer.
        peer: Name,
    },
    /// Set the value of a secret of a project.
    SetSecret {
        /// The project.
        project: Name,
        /// The secret.
        name: Name,
        /// Where it applies, as it is declared; not needed where only one has that name.
        scope: Option<Where>,
        /// The value.
        value: SecretValue,
    },
    /// Forget the value of a secret of a project.
    UnsetSecret {
        /// The project.
        project: Name,
        /// The secret.
        name: Name,
        /// Where it applies, as it is declared; not needed where only one has that name.
        scope: Option<Where>,
    },
    /// Invite whoever has the token.
    Invite {
        /// The public key whose seed is in the token, which itself never comes here.
        invitation: InvitationId,
        /// Who alone may come; whoever has the token if none is named.
        guest: Option<SpaceId>,
        /// What to call who comes; their own name if none is given.
        name: Option<Name>,
        /// What may flow then.
        grants: Vec<Grant>,
        /// From when on it is worth nothing, milliseconds since 1970.
        ends_ms: u64,
    },
    /// End an invitation.
    Uninvite {
        /// Which.
        invitation: InvitationId,
    },
    /// Accept the invitation of another space.
    Join {
        /// What its token says.
        invitation: Box<Invitation>,
        /// What to call it here; its own name if none is given.
        name: Option<Name>,
        /// What may flow.
        grants: Vec<Grant>,
    },
    /// Record a package that is durable in this space's store.
    PushPackage {
        /// The package.
        package: Package,
    },
    /// Freeze the project as it is.
    CreateRelease {
        /// The project.
        project: Name,
        /// The version.
        version: Version,
        /// Notes.
        notes: Text,
        /// The version of each package; the release's own version where none is named.
        packages: Vec<(PackageName, Version)>,
        /// The channel; the first of the project that lets the version in, where none is named.
        channel: Option<Name>,
        /// Whether the project as it is now becomes the next revision of a release that is there.
        revise: bool,
    },
    /// Send a release on to a peer.
    Promote {
        /// Which.
        release: ReleaseName,
        /// To whom.
        peer: Name,
        /// Why a freeze is not waited for, where somebody may do that.
        bypass: Option<Text>,
    },
    /// Accept a bundle.
    Accept {
        /// Which.
        release: ReleaseName,
        /// The lifecycle; chosen by itself where only one fits.
        lifecycle: Option<Name>,
        /// Values of this space's environments.
        values: Vec<TemplateValue>,
    },
    /// Reject a bundle.
    Reject {
        /// Which.
        release: ReleaseName,
        /// Why; it travels back.
        reason: Text,
    },
    /// Run a release in an environment.
    Deploy {
        /// Which.
        release: ReleaseName,
        /// Where.
        environment: Name,
        /// For which tenant, if for one.
        tenant: Option<Name>,
        /// Why freezes, windows and approvals are not waited for, where somebody may do that.
        bypass: Option<Text>,
    },
    /// Say whether a release may be deployed to an environment.
    Approve {
        /// Which.
        release: ReleaseName,
        /// Where.
        environment: Name,
        /// Whether it may.
        approved: bool,
        /// Why.
        reason: Text,
    },
    /// Let nothing be deployed or promoted for a while.
    Freeze {
        /// What, from when and until when.
        freeze: Box<FreezeMade>,
    },
    /// End a freeze before its time.
    LiftFreeze {
        /// Which.
        name: Name,
        /// Why.
        reason: Text,
    },
    /// Tell policy to leave something alone.
    SetPolicy {
        /// What.
        rule: PolicyRule,
        /// Why.
        reason: Text,
    },
    /// Tell policy that it need not leave that alone any more.
    LiftPolicy {
        /// What.
        rule: PolicyRule,
    },
    /// End a deployment that runs.
    Cancel {
        /// Where it began.
        deployment: Position,
        /// Why.
        reason: Text,
    },
    /// Say how a manual step went, for which a deployment waits.
    AnswerManual {
        /// Where the deployment began.
        deployment: Position,
        /// Which step is meant; may only be left out where it can be no other.
        step: Option<Name>,
        /// Whether it was done; the step has failed if not.
        done: bool,
        /// What there is to say about it.
        note: Text,
    },
    /// Block a release that was found bad, wherever it went.
    Recall {
        /// Which.
        release: ReleaseName,
        /// Why; it travels along.
        reason: Text,
    },
    /// Policy's own: tell a recall to whom this space sent the release.
    PassRecall {
        /// Of which release.
        release: ReleaseId,
    },
    /// Policy's own: pass a result of a third space on to the space that sent the release here.
    PassResult {
        /// Of which release.
        release: ReleaseId,
        /// The receipt.
        receipt: DocumentId,
    },
    /// Policy's own: open the secrets of a peer's bundle and keep them, or reject it.
    KeepSecrets {
        /// Of which release.
        release: ReleaseId,
    },
    /// Policy's own: run again what a stop of the node cut short.
    Restart {
        /// The deployment that was cut short.
        deployment: Position,
    },
}

/// A release as people name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseName {
    /// The space that owns the project, by the name it has here; this space if none is given.
    pub owner: Option<Name>,
    /// The project.
    pub project: Name,
    /// The version.
    pub version: Version,
    /// The digest of the revision that is meant, where that is said: who read one revision does
    /// not mean the next, which may come in between.
    pub digest: Option<ReleaseDigest>,
}

impl ReleaseName {
    /// A release, in whichever revision counts.
    #[must_use]
    pub fn new(owner: Option<Name>, project: Name, version: Version) -> Self {
        Self { owner, project, version, digest: None }
    }
}

/// A command with its sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// What makes it repeatable: the same id again gives the same answer and does nothing.
    pub id: CommandId,
    /// Who asks.
    pub actor: Actor,
    /// The API token through which they ask; none for a person's own login, the operator and
    /// policy. It narrows what they may do.
    pub token: Option<TokenId>,
    /// What.
    pub command: Command,
}

/// What a command did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Done {
    /// The entries that it wrote; none when everything was so already.
    pub entries: Vec<EntryId>,
    /// Whether it had been done before, under the same id.
    pub repeated: bool,
}

/// What kind of rejection: the exit code and HTTP status follow from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RejectionKind {
    /// The request makes no sense as it is.
    Invalid,
    /// What it names is not there.
    NotFound,
    /// It does not fit what is.
    Conflict,
    /// It may fit later, by itself.
    NotYet,
    /// Who asks may not.
    Denied,
}

/// A command declined, with what to do.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{what}")]
pub struct Rejection {
    /// Which kind.
    pub kind: RejectionKind,
    /// What is wrong.
    pub what: String,
    /// What to do next.
    pub hint: String,
}

impl Rejection {
    /// A rejection.
    pub fn new(kind: RejectionKind, what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { kind, what: what.into(), hint: hint.into() }
    }

    /// The request makes no sense as it is.
    pub fn invalid(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(RejectionKind::Invalid, what, hint)
    }

    /// What it names is not there.
    pub fn not_found(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(RejectionKind::NotFound, what, hint)
    }

    /// It does not fit what is.
    pub fn conflict(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(RejectionKind::Conflict, what, hint)
    }

    /// It may fit later, by itself.
    pub fn not_yet(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(RejectionKind::NotYet, what, hint)
    }

    /// Who asks may not.
    pub fn denied(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(RejectionKind::Denied, what, hint)
    }
}
