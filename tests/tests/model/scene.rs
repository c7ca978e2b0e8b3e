//! One space that builds and deploys, and others that it sends to.

use engine::command::{Command, Done, Rejection, ReleaseName};
use engine::engine::Engine;
use engine::state::releases::Release;
use engine::trust::secret::SecretValue;
use schema::id::SpaceId;
use schema::latest::{Entry, Event, Mirrored};
use schema::v1::event::{Assignment, Definition, Pattern, Role, User};
use schema::v1::model::{
    Acceptance, Environment, Lifecycle, Phase, Project, ProjectId, ReleaseId, Secret, Step,
    Variable, Where,
};
use tests::pipeline::{environment, phase, text, version};
use tests::world::{World, name};

/// The project of every scene.
pub(crate) const PROJECT: &str = "Web";

/// Somebody with one role everywhere.
pub(crate) fn user(who: &str, token: u8, role: Role) -> Definition {
    let (project, environment) = (Pattern::all(), Pattern::all());
    let roles = vec![Assignment { role, project, environment }];
    Definition::User(User { name: name(who), token: [token; 32], roles })
}

/// Dana makes releases and deploys, as an owner; Anna and Ben approve; Mia makes releases.
pub(crate) fn people() -> Vec<Definition> {
    vec![
        user("dana", 1, Role::SpaceOwner),
        user("anna", 2, Role::Approver),
        user("ben", 3, Role::Approver),
        user("mia", 4, Role::ReleaseManager),
    ]
}

/// A project with one step that succeeds, and nothing else.
pub(crate) fn project() -> Project {
    tests::pipeline::project(PROJECT)
}

/// A step that succeeds everywhere.
pub(crate) fn step(called: &str) -> Step<Where> {
    Step::running(name(called), vec![text("true")], 60)
}

/// In these environments.
pub(crate) fn within(patterns: &[&str]) -> Where {
    let environments = patterns.iter().map(|text| text.parse().unwrap()).collect();
    Where { environments, ..Where::default() }
}

/// A variable.
pub(crate) fn variable(called: &str, value: &str, scope: Where) -> Variable<Where> {
    Variable { name: name(called), value: text(value), scope }
}

/// A secret.
pub(crate) fn secret(called: &str, scope: Where) -> Secret {
    Secret { name: name(called), scope }
}

/// A lifecycle.
pub(crate) fn lifecycle(called: &str, phases: Vec<Phase>) -> Definition {
    Definition::Lifecycle(Lifecycle { name: name(called), phases })
}

/// A configuration: environments, the lifecycle Standard, the project.
pub(crate) fn space(
    environments: &[&str],
    phases: Vec<Phase>,
    project: Project,
) -> Vec<Definition> {
    let mut all: Vec<Definition> = environments.iter().map(|it| environment(it)).collect();
    all.push(lifecycle("Standard", phases));
    all.push(Definition::Project(project));
    all.extend(people());
    all
}

/// A configuration of a space whose project goes on to Away by itself after Dev.
pub(crate) fn from_home(web: Project) -> Vec<Definition> {
    let mut way = phases(&["Dev"]);
    way.push(phase("Out", &[], &["Away"], true));
    space(&["Dev"], way, web)
}

/// A configuration of a space that takes the project of another by itself.
pub(crate) fn target(from: &str, environments: &[&str], phases: Vec<Phase>) -> Vec<Definition> {
    let mut all: Vec<Definition> = environments.iter().map(|it| environment(it)).collect();
    all.push(lifecycle("Standard", phases));
    all.push(Definition::Acceptance(Acceptance {
        from: name(from),
        project: name(PROJECT),
        lifecycle: name("Standard"),
        automatic: true,
        values: Vec::new(),
    }));
    all.extend(people());
    all
}

/// Changes one environment of a configuration.
pub(crate) fn with(
    definitions: Vec<Definition>,
    called: &str,
    change: impl Fn(&mut Environment),
) -> Vec<Definition> {
    let changed = definitions.into_iter().map(|mut definition| {
        if let Definition::Environment(it) = &mut definition
            && it.name == name(called)
        {
            change(it);
        }
        definition
    });
    changed.collect()
}

/// One phase after the other, each with one environment, none of them automatic.
pub(crate) fn phases(environments: &[&str]) -> Vec<Phase> {
    environments.iter().map(|called| phase(called, &[called], &[], false)).collect()
}

/// Spaces, and the world they are in.
pub(crate) struct Scene {
    /// The world.
    pub(crate) world: World,
    /// The space that owns the project.
    pub(crate) home: usize,
}

impl Scene {
    /// One space with this configuration.
    pub(crate) fn given(definitions: Vec<Definition>) -> Self {
        let mut world = World::new(11);
        let home = world.found("Home");
        let mut scene = Self { world, home };
        scene.apply(home, definitions).unwrap();
        scene
    }

    /// Home with this project, see [`from_home`], and Away with this configuration; which site
    /// Away is.
    pub(crate) fn pair(web: Project, there: Vec<Definition>) -> (Self, usize) {
        let mut world = World::new(11);
        let (home, away) = (world.found("Home"), world.found("Away"));
        world.link(home, away, World::usual_grants(PROJECT));
        let mut scene = Self { world, home };
        scene.apply(home, from_home(web)).unwrap();
        scene.apply(away, there).unwrap();
        scene.world.run(10_000);
        (scene, away)
    }

    /// Makes the configuration of a site this.
    pub(crate) fn apply(
        &mut self,
        site: usize,
        definitions: Vec<Definition>,
    ) -> Result<Done, Rejection> {
        self.world.ask(site, "ops", Command::Apply { definitions })
    }

    /// Freezes the project under a version.
    pub(crate) fn create(&mut self, called: &str) -> Result<Done, Rejection> {
        self.create_as("dana", called, None, false)
    }

    /// The same, by somebody, in a channel, perhaps as a revision.
    pub(crate) fn create_as(
        &mut self,
        who: &str,
        called: &str,
        channel: Option<&str>,
        revise: bool,
    ) -> Result<Done, Rejection> {
        let command = Command::CreateRelease {
            project: name(PROJECT),
            version: version(called),
            notes: text("notes"),
            packages: Vec::new(),
            channel: channel.map(name),
            revise,
        };
        self.world.ask(self.home, who, command)
    }

    /// The release as a site names it.
    pub(crate) fn named(&self, site: usize, called: &str) -> ReleaseName {
        let owner = (site != self.home).then(|| name(&self.world.sites[self.home].called));
        ReleaseName::new(owner, name(PROJECT), version(called))
    }

    /// Dana deploys at home and waits until it has ended.
    pub(crate) fn deploy(&mut self, called: &str, environment: &str) -> Result<Done, Rejection> {
        self.deploy_at(self.home, "dana", called, environment, None)
    }

    /// Somebody deploys somewhere, perhaps for a tenant, and waits until it has ended.
    pub(crate) fn deploy_at(
        &mut self,
        site: usize,
        who: &str,
        called: &str,
        environment: &str,
        tenant: Option<&str>,
    ) -> Result<Done, Rejection> {
        let command = Command::Deploy {
            release: self.named(site, called),
            environment: name(environment),
            tenant: tenant.map(name),
            bypass: None,
        };
        let done = self.world.ask(site, who, command)?;
        self.world.run(5_000);
        Ok(done)
    }

    /// Sets a secret at home.
    pub(crate) fn set(&mut self, called: &str, scope: Option<Where>, value: &str) {
        let (project, name) = (name(PROJECT), name(called));
        let value = SecretValue::new(value.to_owned()).unwrap();
        let command = Command::SetSecret { project, name, scope, value };
        self.world.ask(self.home, "dana", command).unwrap();
    }

    /// The engine of a site.
    pub(crate) fn engine(&self, site: usize) -> &Engine {
        self.world.sites[site].engine()
    }

    /// The id of a site.
    pub(crate) fn id(&self, site: usize) -> SpaceId {
        self.world.sites[site].id
    }

    /// The id of a release.
    pub(crate) fn release_id(&self, called: &str) -> ReleaseId {
        let project = ProjectId { space: self.id(self.home), name: name(PROJECT) };
        ReleaseId { project, version: version(called) }
    }

    /// A release as a site knows it.
    pub(crate) fn release(&self, site: usize, called: &str) -> &Release {
        let id = self.release_id(called);
        self.engine(site).state().releases.get(&id).expect("the release is known here")
    }

    /// Whether a site knows a release.
    pub(crate) fn knows(&self, site: usize, called: &str) -> bool {
        let id = self.release_id(called);
        self.engine(site).state().releases.get(&id).is_some()
    }

    /// What is installed in an environment of `of`, as `site` sees it.
    pub(crate) fn installed(&self, site: usize, of: usize, environment: &str) -> Option<String> {
        let (of, there) = (self.id(of), name(environment));
        let state = self.engine(site).state();
        let mut cells = state.cells.all().filter(|(id, _)| {
            id.space == of && id.slot.environment == there && id.slot.tenant.is_none()
        });
        let (_, cell) = cells.next()?;
        Some(cell.installed.as_ref()?.receipt.release.version.to_string())
    }

    /// The events of a site's own log.
    pub(crate) fn events(&self, site: usize) -> Vec<Event> {
        self.world.sites[site].own_events()
    }

    /// Every byte of a site's log.
    pub(crate) fn log(&self, site: usize) -> Vec<u8> {
        self.world.sites[site].log_bytes()
    }

    /// What the steps of the newest deployment of a site saw: name and value, the open ones first.
    pub(crate) fn seen(&self, site: usize) -> Vec<(String, String)> {
        let plan = self.world.sites[site].runner.newest.as_ref().expect("something ran");
        let open = plan.variables.iter().map(|it| (it.name.to_string(), it.value.to_string()));
        let hidden =
            plan.secrets.iter().map(|it| (it.name.to_string(), it.value.expose().to_owned()));
        open.chain(hidden).collect()
    }

    /// The steps of the newest deployment of a site.
    pub(crate) fn ran(&self, site: usize) -> Vec<String> {
        let plan = self.world.sites[site].runner.newest.as_ref().expect("something ran");
        plan.steps.iter().map(|step| step.name.to_string()).collect()
    }
}

/// An entry of a peer that says something else.
pub(crate) fn saying(mirrored: &Mirrored, event: &Event) -> Mirrored {
    let header = Entry::read(&mirrored.entry).unwrap().header().clone();
    let entry = Entry::write(header, event).unwrap().bytes().to_vec();
    Mirrored { entry, ..mirrored.clone() }
}

/// What a rejection says, and what it says to do.
pub(crate) fn said(answer: Result<Done, Rejection>) -> String {
    let rejection = answer.expect_err("it is declined");
    format!("{}; {}", rejection.what, rejection.hint)
}
