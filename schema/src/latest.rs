//! The version of each object that this build writes; what the other rooms import.

pub use crate::v1::archive::{ArchiveHead, ArchivedBlock};
pub use crate::v1::block::{Block, Checkpoint};
pub use crate::v1::document::approval::Approval;
pub use crate::v1::document::bundle::Bundle;
pub use crate::v1::document::certificate::{Certificate, KeyStatement, Offer, Revocation};
pub use crate::v1::document::dsse::{Document, Kind};
pub use crate::v1::document::recall::Recall;
pub use crate::v1::document::receipt::{Outcome, Receipt, StepOutput, StepReport, TargetReport};
pub use crate::v1::entry::{Actor, Audience, Entry, Header};
pub use crate::v1::envelope::{Carried, Envelope, EnvelopeHeader, EnvelopeKind};
pub use crate::v1::event::{self, Commitment, Event};
pub use crate::v1::invitation::Invitation;
pub use crate::v1::join::Join;
pub use crate::v1::model;
pub use crate::v1::part::{Flaw, Part, PartHead};
pub use crate::v1::piece::{Piece, Want};
pub use crate::v1::proof::{CheckpointsProof, ContradictionProof, Proof, SignedRun};
pub use crate::v1::reclaim::{Reclaim, Returned};
pub use crate::v1::record::{Evidence, Mirrored, Own, Record};
pub use crate::v1::secret::{self, AtRest, HandedSecret, KeptSecret, SecretCommitment};
pub use crate::v1::signal::{Ack, Beat, Mark};
pub use crate::v1::statements::Statements;
