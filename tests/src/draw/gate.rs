//! Events of what lets a release go on and what holds it up.

use super::Draw;
use schema::id::ReleaseDigest;
use schema::latest::Event;
use schema::v1::event::{
    ApprovalGiven, FreezeLifted, FreezeMade, GateBypassed, PolicyLifted, PolicyRule, PolicySet,
    PromotionRequested,
};

impl Draw {
    fn rule(&mut self) -> PolicyRule {
        match self.below(3) {
            0 => PolicyRule::Pause { project: self.pattern(), place: self.pattern() },
            1 => PolicyRule::Pin {
                project: self.pattern(),
                environment: self.name(),
                version: self.version(),
            },
            _ => PolicyRule::Skip { place: self.pattern() },
        }
    }

    pub(super) fn gate_event(&mut self, kind: u16) -> Event {
        match kind {
            43 => Event::ApprovalGiven(ApprovalGiven { approval: self.text().to_string() }),
            44 => Event::FreezeMade(FreezeMade {
                name: self.name(),
                projects: self.list(2, Self::pattern),
                environments: self.list(2, Self::pattern),
                from_ms: self.number(),
                until_ms: self.maybe(Self::number),
                reason: self.text(),
            }),
            45 => {
                let (name, reason) = self.named_text();
                Event::FreezeLifted(FreezeLifted { name, reason })
            }
            46 => Event::GateBypassed(GateBypassed {
                release: self.release(),
                digest: ReleaseDigest(self.bytes()),
                place: self.name(),
                tenant: self.maybe(Self::name),
                gates: self.list(2, Self::text),
                reason: self.text(),
            }),
            47 => Event::PolicySet(PolicySet { rule: self.rule(), reason: self.text() }),
            48 => Event::PolicyLifted(PolicyLifted { rule: self.rule() }),
            _ => Event::PromotionRequested(PromotionRequested {
                release: self.release(),
                digest: ReleaseDigest(self.bytes()),
                target: self.space(),
            }),
        }
    }
}
