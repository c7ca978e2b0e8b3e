//! What releases are made of.

use super::Draw;
use schema::id::ObjectId;
use schema::latest::SecretCommitment;
use schema::name::{Name, Text};
use schema::v1::model::{
    Bound, Condition, HexHash, Package, Pattern, Per, Scope, Secret, Site, Snapshot, Step,
    Template, TemplateValue, ValueType, Variable, Where, Work,
};

impl Draw {
    pub(super) fn package(&mut self) -> Package {
        Package {
            id: self.package_name(),
            version: self.version(),
            size: self.number(),
            sha256: HexHash(self.bytes()),
            object: ObjectId(self.bytes()),
        }
    }

    pub(super) fn pattern(&mut self) -> Pattern {
        match self.below(3) {
            0 => Pattern::all(),
            1 => Pattern { space: None, name: self.name() },
            _ => Pattern { space: Some(self.name()), name: self.name() },
        }
    }

    /// Where something applies, as people write it.
    pub(super) fn applies(&mut self) -> Where {
        Where {
            environments: self.list(2, Self::pattern),
            tenants: self.list(2, Self::name),
            channels: self.list(2, Self::name),
            steps: self.list(2, Self::name),
        }
    }

    fn site(&mut self) -> Site {
        Site { space: self.space(), environment: self.maybe(Self::name) }
    }

    fn scope(&mut self) -> Scope {
        Scope {
            sites: self.list(2, Self::site),
            tenants: self.list(2, Self::name),
            steps: self.list(2, Self::name),
        }
    }

    fn work(&mut self) -> Work {
        match self.below(3) {
            0 => Work::Manual(self.text()),
            _ => Work::Run(self.list(3, Self::text)),
        }
    }

    fn step<S>(&mut self, scope: impl FnOnce(&mut Self) -> S) -> Step<S> {
        let conditions = [Condition::Success, Condition::Failure, Condition::Always];
        Step {
            name: self.name(),
            work: self.work(),
            timeout_s: u32::from_be_bytes(self.bytes()),
            retries: u32::from_be_bytes(self.bytes()),
            retry_delay_s: u32::from_be_bytes(self.bytes()),
            when: conditions[self.below(3)],
            scope: scope(self),
            roles: self.list(2, Self::name),
            packages: self.list(2, Self::package_name),
        }
    }

    /// A step as people define it.
    pub(super) fn step_of_project(&mut self) -> Step<Where> {
        self.step(Self::applies)
    }

    pub(super) fn template(&mut self) -> Template {
        let (kind, per) = match self.below(4) {
            0 => (ValueType::Text, Per::Environment),
            1 => (ValueType::Number, Per::Tenant),
            2 => (ValueType::Boolean, Per::TenantEnvironment),
            _ => (ValueType::Choice(self.list(2, Self::text)), Per::Environment),
        };
        Template {
            name: self.name(),
            label: self.text(),
            help: self.text(),
            kind,
            per,
            required: self.coin(),
            default: self.maybe(Self::text),
        }
    }

    pub(super) fn value(&mut self) -> TemplateValue {
        TemplateValue {
            template: self.name(),
            environment: self.maybe(Self::name),
            tenant: self.maybe(Self::name),
            value: self.maybe(Self::text),
        }
    }

    fn variable<S>(&mut self, scope: impl FnOnce(&mut Self) -> S) -> Variable<S> {
        Variable { name: self.name(), value: self.text(), scope: scope(self) }
    }

    /// A variable as people define it.
    pub(super) fn variable_of_project(&mut self) -> Variable<Where> {
        self.variable(Self::applies)
    }

    /// A secret as people declare it.
    pub(super) fn secret_of_project(&mut self) -> Secret {
        Secret { name: self.name(), scope: self.applies() }
    }

    pub(super) fn bound(&mut self) -> Bound {
        Bound { name: self.name(), value: self.text(), steps: self.list(2, Self::name) }
    }

    fn commitment(&mut self) -> SecretCommitment {
        let (name, scope) = (self.name(), self.scope());
        SecretCommitment { name, scope, commitment: HexHash(self.bytes()) }
    }

    /// A frozen project.
    pub fn snapshot(&mut self) -> Snapshot {
        Snapshot {
            channel: self.maybe(Self::name),
            steps: self.list(3, |draw| draw.step(Self::scope)),
            templates: self.list(3, Self::template),
            variables: self.list(3, |draw| draw.variable(Self::scope)),
            secrets: self.list(3, Self::commitment),
            packages: self.list(3, Self::package),
        }
    }

    /// A name and a text, where both are needed at once.
    pub(super) fn named_text(&mut self) -> (Name, Text) {
        (self.name(), self.text())
    }
}
