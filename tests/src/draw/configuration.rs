//! What `apply` defines.

use super::Draw;
use schema::latest::Event;
use schema::v1::event::{Change, ConfigurationApplied, Definition, Kind, User};
use schema::v1::model::{
    Acceptance, ApprovalRule, ApprovedPer, Channel, Environment, Lifecycle, Phase, Project, Target,
    Tenant, VersionRule, WhenDown, Window,
};

impl Draw {
    fn environment(&mut self) -> Environment {
        Environment {
            name: self.name(),
            targets: self.list(2, |draw| Target {
                name: draw.name(),
                roles: draw.list(2, Self::name),
                health: draw.list(2, Self::text),
            }),
            when_down: if self.coin() { WhenDown::Fail } else { WhenDown::Skip },
            approval: self.maybe(|draw| ApprovalRule {
                quorum: u32::from_be_bytes(draw.bytes()),
                per: if draw.coin() { ApprovedPer::Release } else { ApprovedPer::Deployment },
            }),
            windows: self.list(2, |draw| Window {
                days: draw.blob(7),
                from_min: u16::from_be_bytes(draw.bytes()),
                until_min: u16::from_be_bytes(draw.bytes()),
            }),
        }
    }

    fn phase(&mut self) -> Phase {
        Phase {
            name: self.name(),
            environments: self.list(3, Self::pattern),
            spaces: self.list(3, Self::name),
            onward: self.list(2, Self::name),
            automatic: self.coin(),
            minimum: self.maybe(|draw| u32::from_be_bytes(draw.bytes())),
            optional: self.coin(),
            soak_s: u32::from_be_bytes(self.bytes()),
        }
    }

    fn channel(&mut self) -> Channel {
        Channel {
            name: self.name(),
            lifecycle: self.maybe(Self::name),
            versions: VersionRule {
                from: self.maybe(Self::version),
                below: self.maybe(Self::version),
                pre_release: self.maybe(Self::name),
            },
        }
    }

    fn project(&mut self) -> Project {
        Project {
            name: self.name(),
            lifecycle: self.name(),
            channels: self.list(2, Self::channel),
            packages: self.list(3, Self::package_name),
            steps: self.list(3, Self::step_of_project),
            templates: self.list(3, Self::template),
            variables: self.list(3, Self::variable_of_project),
            secrets: self.list(3, Self::secret_of_project),
            values: self.list(3, Self::value),
        }
    }

    fn acceptance(&mut self) -> Acceptance {
        Acceptance {
            from: self.name(),
            project: self.name(),
            lifecycle: self.name(),
            automatic: self.coin(),
            values: self.list(3, Self::value),
        }
    }

    fn tenant(&mut self) -> Tenant {
        Tenant {
            name: self.name(),
            projects: self.list(2, Self::pattern),
            environments: self.list(2, Self::name),
        }
    }

    fn change(&mut self) -> Change {
        let definition = match self.below(7) {
            0 => Definition::Environment(self.environment()),
            1 => {
                let (name, phases) = (self.name(), self.list(3, Self::phase));
                Definition::Lifecycle(Lifecycle { name, phases })
            }
            2 => Definition::Project(self.project()),
            3 => Definition::Acceptance(self.acceptance()),
            4 => {
                let (name, token) = (self.name(), self.bytes());
                Definition::User(User { name, token, roles: self.list(3, Self::assignment) })
            }
            5 => Definition::Tenant(self.tenant()),
            _ => {
                let kinds = [Kind::Environment, Kind::Lifecycle, Kind::Project, Kind::Tenant];
                let kind = kinds[self.below(4)];
                return Change::Remove(kind, self.name().to_string());
            }
        };
        Change::Put(definition)
    }

    pub(super) fn configuration_event(&mut self) -> Event {
        Event::ConfigurationApplied(ConfigurationApplied { changes: self.list(4, Self::change) })
    }
}
