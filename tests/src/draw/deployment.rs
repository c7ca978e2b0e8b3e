//! Events of releases: created, sent on, answered, deployed.

use super::Draw;
use schema::id::{DocumentId, ObjectId, Position, ReleaseDigest};
use schema::latest::Event;
use schema::v1::event::{
    DeploymentCancelled, DeploymentFinished, DeploymentReported, DeploymentStarted,
    EnvironmentsPublished, ManualStepAnswered, ManualStepReached, PackageArrived,
    PromotionAnswered, ReleaseAccepted, ReleaseCreated, ReleasePromoted, ReleaseRecalled,
    ReleaseRejected,
};

impl Draw {
    pub(super) fn release_event(&mut self, kind: u16) -> Event {
        if kind == 36 {
            return Event::ReleaseRecalled(ReleaseRecalled { recall: self.text().to_string() });
        }
        Event::ReleaseCreated(ReleaseCreated {
            project: self.name(),
            version: self.version(),
            revision: u32::from_be_bytes(self.bytes()),
            notes: self.text(),
            snapshot: self.snapshot(),
            blind: self.bytes(),
            digest: ReleaseDigest(self.bytes()),
            secrets: self.list(3, Self::kept_secret),
        })
    }

    pub(super) fn promotion_event(&mut self, kind: u16) -> Event {
        match kind {
            22 => Event::ReleasePromoted(ReleasePromoted {
                release: self.release(),
                digest: ReleaseDigest(self.bytes()),
                target: self.space(),
                bundle: self.text().to_string(),
                receipts: self.list(2, |draw| draw.text().to_string()),
                secrets: self.list(3, Self::handed_secret),
            }),
            23 => Event::ReleaseAccepted(ReleaseAccepted {
                bundle: DocumentId(self.bytes()),
                release: self.release(),
                lifecycle: self.name(),
                values: self.list(3, Self::value),
            }),
            24 => Event::ReleaseRejected(ReleaseRejected {
                bundle: DocumentId(self.bytes()),
                release: self.release(),
                reason: self.text(),
            }),
            25 => Event::PromotionAnswered(PromotionAnswered {
                bundle: DocumentId(self.bytes()),
                release: self.release(),
                rejected: self.maybe(Self::text),
            }),
            26 => Event::PackageArrived(PackageArrived {
                object: ObjectId(self.bytes()),
                size: self.number(),
            }),
            _ => Event::EnvironmentsPublished(EnvironmentsPublished {
                environments: self.list(5, Self::name),
            }),
        }
    }

    pub(super) fn deployment_event(&mut self, kind: u16) -> Event {
        match kind {
            30 => Event::DeploymentStarted(DeploymentStarted {
                release: self.release(),
                digest: ReleaseDigest(self.bytes()),
                environment: self.name(),
                tenant: self.maybe(Self::name),
                variables: self.list(3, Self::bound),
                restarts: u32::from_be_bytes(self.bytes()),
            }),
            31 => Event::DeploymentFinished(DeploymentFinished {
                deployment: Position(self.number()),
                receipt: self.text().to_string(),
            }),
            32 => {
                Event::DeploymentReported(DeploymentReported { receipt: self.text().to_string() })
            }
            33 => Event::ManualStepReached(ManualStepReached {
                deployment: Position(self.number()),
                step: self.name(),
            }),
            34 => {
                let deployment = Position(self.number());
                let ((step, note), done) = (self.named_text(), self.coin());
                Event::ManualStepAnswered(ManualStepAnswered { deployment, step, done, note })
            }
            35 => Event::DeploymentCancelled(DeploymentCancelled {
                deployment: Position(self.number()),
                reason: self.text(),
            }),
            _ => unreachable!("no event has the number {kind}"),
        }
    }
}
