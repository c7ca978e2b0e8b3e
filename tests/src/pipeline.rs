//! The pipeline that most stories are told in: one space builds, two others deploy, one of them by
//! itself and one by a person.

use crate::world::{World, name};
use engine::command::{Command, Done, Rejection, ReleaseName};
use schema::name::Version;
use schema::v1::event::{Assignment, Definition, Pattern, Role, User};
use schema::v1::model::{
    Acceptance, Environment, HexHash, Lifecycle, Package, Per, Phase, Project, Step, Template,
    TemplateValue, ValueType,
};

/// The project.
pub const PROJECT: &str = "Web";

/// The three spaces.
#[derive(Debug, Clone, Copy)]
pub struct Pipeline {
    /// Builds, and deploys to Dev and Test.
    pub dev: usize,
    /// Accepts by policy.
    pub us: usize,
    /// Accepts by a person.
    pub eu: usize,
}

/// A text, or a mistake in the test.
///
/// # Panics
/// When it is too long.
#[must_use]
pub fn text(text: &str) -> schema::name::Text {
    text.parse().expect("a text")
}

/// A version, or a mistake in the test.
///
/// # Panics
/// When it is none.
#[must_use]
pub fn version(text: &str) -> Version {
    text.parse().expect("a version")
}

/// One phase.
#[must_use]
pub fn phase(called: &str, environments: &[&str], spaces: &[&str], automatic: bool) -> Phase {
    let names = |texts: &[&str]| texts.iter().map(|text| name(text)).collect();
    Phase::of(name(called), names(environments), names(spaces), automatic)
}

/// An environment without targets.
#[must_use]
pub fn environment(called: &str) -> Definition {
    Definition::Environment(Environment::named(name(called)))
}

/// A project of the lifecycle Standard with one step that succeeds, and nothing else.
#[must_use]
pub fn project(called: &str) -> Project {
    Project {
        name: name(called),
        lifecycle: name("Standard"),
        channels: Vec::new(),
        packages: Vec::new(),
        steps: vec![Step::running(name("run"), vec![text("true")], 60)],
        templates: Vec::new(),
        variables: Vec::new(),
        secrets: Vec::new(),
        values: Vec::new(),
    }
}

/// The template that is asked for.
#[must_use]
pub fn contact() -> Template {
    Template {
        name: name("CONTACT"),
        label: text("Who is called"),
        help: text(""),
        kind: ValueType::Text,
        per: Per::Environment,
        required: true,
        default: None,
    }
}

/// An answer to the template that is asked for.
#[must_use]
pub fn value(environment: &str, value: &str) -> TemplateValue {
    let (template, environment) = (name("CONTACT"), name(environment));
    TemplateValue::of(template, environment, Some(text(value)))
}

/// Those who act in stories: each owns the space in which they act.
#[must_use]
pub fn people() -> Vec<Definition> {
    let owner = |(who, token): (&str, u8)| {
        let (project, environment) = (Pattern::all(), Pattern::all());
        let roles = vec![Assignment { role: Role::SpaceOwner, project, environment }];
        Definition::User(User { name: name(who), token: [token; 32], roles })
    };
    [("dana", 1), ("erik", 2)].map(owner).to_vec()
}

/// The configuration of the space that builds. With `program` one step is run.
#[must_use]
pub fn source(program: &str) -> Vec<Definition> {
    let project = Project {
        packages: vec!["web".parse().expect("a package")],
        steps: vec![Step::running(name("run"), vec![text(program)], 60)],
        templates: vec![contact()],
        values: vec![value("Dev", "dana"), value("Test", "dana")],
        ..project(PROJECT)
    };
    let phases = vec![
        phase("Dev", &["Dev"], &[], false),
        phase("Test", &["Test"], &[], true),
        phase("Prod", &[], &["Prod US", "Prod EU"], true),
    ];
    let mut all = vec![
        environment("Dev"),
        environment("Test"),
        Definition::Lifecycle(Lifecycle { name: name("Standard"), phases }),
        Definition::Project(project),
    ];
    all.extend(people());
    all
}

/// The configuration of a space that deploys: by itself, or by a person.
#[must_use]
pub fn target(automatic: bool) -> Vec<Definition> {
    let phases = vec![
        phase("Staging", &["Staging"], &[], automatic),
        phase("Production", &["Production"], &[], automatic),
    ];
    let values = if automatic {
        vec![value("Staging", "ursula"), value("Production", "ursula")]
    } else {
        Vec::new()
    };
    let rule = Acceptance {
        from: name("DevTest Space"),
        project: name(PROJECT),
        lifecycle: name("Production"),
        automatic,
        values,
    };
    let mut all = vec![
        environment("Staging"),
        environment("Production"),
        Definition::Lifecycle(Lifecycle { name: name("Production"), phases }),
        Definition::Acceptance(rule),
    ];
    all.extend(people());
    all
}

impl Pipeline {
    /// Founds, links and configures the three spaces.
    ///
    /// # Panics
    /// When something of it is rejected.
    pub fn build(world: &mut World) -> Self {
        let dev = world.found("DevTest Space");
        let us = world.found("Prod US");
        let eu = world.found("Prod EU");
        for (site, definitions) in [(dev, source("true")), (us, target(true)), (eu, target(false))]
        {
            world.ask(site, "ops", Command::Apply { definitions }).expect("applied");
        }
        world.link(dev, us, World::usual_grants(PROJECT));
        world.link(dev, eu, World::usual_grants(PROJECT));
        Self { dev, us, eu }
    }

    /// Pushes a package of `size` bytes and creates a release of it.
    ///
    /// # Errors
    /// When it is rejected.
    pub fn create(&self, world: &mut World, release: &str, size: usize) -> Result<Done, Rejection> {
        let bytes: Vec<u8> = release.bytes().cycle().take(size).collect();
        let sha256 = HexHash(schema::hash::sha256(&[&bytes]));
        let object = world.put_object(self.dev, bytes);
        let package = Package {
            id: "web".parse().expect("a package"),
            version: version(release),
            size: size as u64,
            sha256,
            object,
        };
        world.ask(self.dev, "dana", Command::PushPackage { package })?;
        let command = Command::CreateRelease {
            project: name(PROJECT),
            version: version(release),
            notes: text("notes"),
            packages: Vec::new(),
            channel: None,
            revise: false,
        };
        world.ask(self.dev, "dana", command)
    }

    /// The release as `site` names it.
    #[must_use]
    pub fn release(&self, site: usize, release: &str) -> ReleaseName {
        let owner = (site != self.dev).then(|| name("DevTest Space"));
        ReleaseName::new(owner, name(PROJECT), version(release))
    }

    /// A person deploys.
    ///
    /// # Errors
    /// When it is rejected.
    pub fn deploy(
        &self,
        world: &mut World,
        site: usize,
        release: &str,
        environment: &str,
    ) -> Result<Done, Rejection> {
        let command = Command::Deploy {
            release: self.release(site, release),
            environment: name(environment),
            tenant: None,
            bypass: None,
        };
        world.ask(site, "erik", command)
    }

    /// A person accepts with the value that is asked for.
    ///
    /// # Errors
    /// When it is rejected.
    pub fn accept(&self, world: &mut World, release: &str) -> Result<Done, Rejection> {
        let command = Command::Accept {
            release: self.release(self.eu, release),
            lifecycle: None,
            values: vec![value("Staging", "erik"), value("Production", "erik")],
        };
        world.ask(self.eu, "erik", command)
    }
}
