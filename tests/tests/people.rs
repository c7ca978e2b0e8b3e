//! Who may do what: given the people of a space, when somebody asks, then it is done or denied.

#![allow(clippy::unwrap_used, reason = "all of this is tests, and what they are made of")]

use engine::command::{Command, Done, Rejection, RejectionKind, ReleaseName, Request};
use engine::decide::configuration::OPERATOR;
use engine::state::tokens::Bearer;
use schema::id::{CommandId, TokenId};
use schema::latest::Actor;
use schema::name::Name;
use schema::v1::event::{Assignment, Definition, Pattern, Role, TokenScope, User};
use schema::v1::model::Project;
use tests::pipeline::{PROJECT, Pipeline, source, text, version};
use tests::world::{World, name};

/// A day in milliseconds.
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// A space that builds two projects, `Web` and `Other`, with one person in it.
struct Scene {
    world: World,
    pipeline: Pipeline,
    commands: u8,
}

fn pattern(text: &str) -> Pattern {
    text.parse().unwrap()
}

fn role(role: Role, project: &str, environment: &str) -> Assignment {
    Assignment { role, project: pattern(project), environment: pattern(environment) }
}

fn release(project: &str) -> ReleaseName {
    ReleaseName::new(None, name(project), version("1.0.0"))
}

fn create(project: &str) -> Command {
    Command::CreateRelease {
        project: name(project),
        version: version("1.0.0"),
        notes: text(""),
        packages: Vec::new(),
        channel: None,
        revise: false,
    }
}

fn deploy(project: &str, environment: &str) -> Command {
    let (release, environment) = (release(project), name(environment));
    Command::Deploy { release, environment, tenant: None, bypass: None }
}

fn promote(project: &str) -> Command {
    Command::Promote { release: release(project), peer: name("Prod US"), bypass: None }
}

fn token(user: &str, called: &str, scope: TokenScope, expires_ms: Option<u64>) -> Command {
    let hash = schema::hash::sha256(&[user.as_bytes(), called.as_bytes()]);
    let scope = Box::new(scope);
    Command::CreateToken { user: name(user), name: name(called), hash, scope, expires_ms }
}

fn whole() -> TokenScope {
    TokenScope { roles: Vec::new(), project: Pattern::all(), environment: Pattern::all() }
}

/// The configuration in which `maria` has these roles.
fn definitions(roles: &[Assignment]) -> Vec<Definition> {
    let mut all = source("true");
    let web = all.iter_mut().find_map(|definition| match definition {
        Definition::Project(project) => Some(project),
        Definition::Environment(_)
        | Definition::Lifecycle(_)
        | Definition::Acceptance(_)
        | Definition::User(_)
        | Definition::Tenant(_) => None,
    });
    let web = web.unwrap();
    web.packages.clear();
    let other = Project { name: name("Other"), ..web.clone() };
    all.push(Definition::Project(other));
    let roles = roles.to_vec();
    all.push(Definition::User(User { name: name("maria"), token: [9; 32], roles }));
    all
}

impl Scene {
    fn given(roles: &[Assignment]) -> Self {
        let mut world = World::new(3);
        let pipeline = Pipeline::build(&mut world);
        let apply = Command::Apply { definitions: definitions(roles) };
        world.ask(pipeline.dev, OPERATOR, apply).unwrap();
        Self { world, pipeline, commands: 0 }
    }

    fn when(
        &mut self,
        who: &str,
        token: Option<TokenId>,
        what: Command,
    ) -> Result<Done, Rejection> {
        self.commands += 1;
        let id = CommandId([self.commands; 16]);
        let request = Request { id, actor: Actor::Person(name(who)), token, command: what };
        self.world.ask_as(self.pipeline.dev, request)
    }

    /// Neither done nor let through: denied, and nothing was written.
    fn denied(&mut self, who: &str, token: Option<TokenId>, what: Command) -> Rejection {
        let before = self.size();
        let said = self.when(who, token, what.clone()).expect_err("it was done");
        assert_eq!(said.kind, RejectionKind::Denied, "{what:?}: {said}");
        assert_eq!(self.size(), before);
        said
    }

    /// Not denied: whether it is possible is another question.
    fn let_through(&mut self, who: &str, token: Option<TokenId>, what: Command) {
        let said = self.when(who, token, what.clone());
        let denied = said.as_ref().is_err_and(|said| said.kind == RejectionKind::Denied);
        assert!(!denied, "{what:?}: {said:?}");
    }

    fn size(&self) -> u64 {
        self.world.sites[self.pipeline.dev].engine().checkpoint().0
    }

    /// A token of maria's that she made herself.
    fn token(&mut self, called: &str, scope: TokenScope, expires_ms: Option<u64>) -> TokenId {
        self.when("maria", None, token("maria", called, scope, expires_ms)).unwrap();
        TokenId([self.commands; 16])
    }
}

#[test]
fn who_has_no_role_may_do_nothing() {
    let mut scene = Scene::given(&[]);
    for who in ["maria", "nobody"] {
        for what in [create(PROJECT), deploy(PROJECT, "Dev"), promote(PROJECT)] {
            scene.denied(who, None, what);
        }
        scene.denied(who, None, Command::Apply { definitions: source("true") });
        scene.denied(who, None, token(who, "ci", whole(), None));
    }
}

#[test]
fn a_role_holds_for_its_project_and_no_other() {
    let mut scene = Scene::given(&[role(Role::ReleaseManager, PROJECT, "*")]);
    scene.let_through("maria", None, create(PROJECT));
    scene.let_through("maria", None, promote(PROJECT));
    let said = scene.denied("maria", None, create("Other"));
    assert!(said.what.contains("maria may not create releases of Other"), "{said}");
    assert!(said.what.contains("release-manager or space-owner"), "{said}");
    assert!(said.hint.contains("dana") && said.hint.contains("operator"), "{}", said.hint);
    scene.denied("maria", None, deploy(PROJECT, "Dev"));
}

#[test]
fn what_is_not_there_is_denied_like_what_is_there() {
    let mut scene = Scene::given(&[role(Role::ReleaseManager, PROJECT, "*")]);
    scene.denied("maria", None, promote("Nothing of the kind"));
    let owner = Some(name("Nowhere"));
    let release = ReleaseName { owner, ..release(PROJECT) };
    scene.denied("maria", None, Command::Promote { release, peer: name("Prod US"), bypass: None });
}

#[test]
fn a_deployer_of_one_environment_deploys_to_no_other() {
    let mut scene = Scene::given(&[role(Role::Deployer, PROJECT, "Dev")]);
    scene.let_through("maria", None, deploy(PROJECT, "Dev"));
    let said = scene.denied("maria", None, deploy(PROJECT, "Test"));
    assert!(said.what.contains("deploy Web in Test"), "{said}");
}

#[test]
fn a_role_in_one_environment_is_none_for_the_project_as_a_whole() {
    let mut scene = Scene::given(&[role(Role::SpaceOwner, PROJECT, "Dev")]);
    scene.let_through("maria", None, deploy(PROJECT, "Dev"));
    scene.denied("maria", None, create(PROJECT));
    scene.denied("maria", None, promote(PROJECT));
}

#[test]
fn a_role_for_projects_of_another_space_holds_for_them_alone() {
    let mut scene = Scene::given(&[role(Role::Approver, "Prod US: *", "*")]);
    let of = |owner: Option<&str>| {
        let release = ReleaseName { owner: owner.map(name), ..release(PROJECT) };
        Command::Reject { release, reason: text("no") }
    };
    scene.let_through("maria", None, of(Some("Prod US")));
    scene.denied("maria", None, of(Some("Prod EU")));
    scene.denied("maria", None, of(None));
}

#[test]
fn only_the_owner_of_the_whole_space_configures_it() {
    let mut scene = Scene::given(&[role(Role::SpaceOwner, PROJECT, "*")]);
    let user = User { name: name("eve"), token: [7; 32], roles: Vec::new() };
    for what in [
        Command::Apply { definitions: source("true") },
        Command::PutUser { user: user.clone() },
        Command::RemoveUser { name: name("erik") },
        Command::Grant { peer: name("Prod US"), grants: Vec::new() },
    ] {
        scene.denied("maria", None, what.clone());
        scene.let_through("dana", None, what.clone());
        scene.let_through(OPERATOR, None, what);
    }
}

#[test]
fn nobody_gives_themselves_more_than_they_have() {
    let mut scene = Scene::given(&[role(Role::ReleaseManager, "*", "*")]);
    let roles = vec![role(Role::SpaceOwner, "*", "*")];
    let user = User { name: name("maria"), token: [9; 32], roles };
    scene.denied("maria", None, Command::PutUser { user });
    scene.denied("maria", None, token("dana", "mine", whole(), None));
    let scope = TokenScope { roles: vec![Role::SpaceOwner], ..whole() };
    let taken = scene.token("mine", scope, None);
    scene.let_through("maria", Some(taken), create(PROJECT));
    scene.denied("maria", Some(taken), Command::RemoveUser { name: name("dana") });
}

#[test]
fn a_token_narrows_and_never_widens() {
    let mut scene =
        Scene::given(&[role(Role::Deployer, "*", "*"), role(Role::ReleaseManager, PROJECT, "*")]);
    let whole_one = scene.token("whole", whole(), None);
    scene.let_through("maria", Some(whole_one), create(PROJECT));
    scene.denied("maria", Some(whole_one), create("Other"));
    let scope = TokenScope { roles: vec![Role::Deployer], ..whole() };
    let deployer = scene.token("deployer", scope, None);
    scene.let_through("maria", Some(deployer), deploy(PROJECT, "Dev"));
    scene.denied("maria", Some(deployer), create(PROJECT));
    let scope = TokenScope { roles: vec![Role::Viewer], ..whole() };
    let viewer = scene.token("viewer", scope, None);
    scene.denied("maria", Some(viewer), deploy(PROJECT, "Dev"));
    let project = TokenScope { project: pattern("Other"), ..whole() };
    let other = scene.token("other", project, None);
    scene.let_through("maria", Some(other), deploy("Other", "Dev"));
    scene.denied("maria", Some(other), deploy(PROJECT, "Dev"));
    let environment = TokenScope { environment: pattern("Dev"), ..whole() };
    let dev = scene.token("dev", environment, None);
    scene.let_through("maria", Some(dev), deploy(PROJECT, "Dev"));
    scene.denied("maria", Some(dev), deploy(PROJECT, "Test"));
    scene.denied("maria", Some(dev), create(PROJECT));
}

#[test]
fn a_token_that_is_over_or_of_somebody_else_opens_nothing() {
    let mut scene = Scene::given(&[role(Role::Deployer, "*", "*")]);
    let now_ms = scene.world.now().wall_ms;
    let short = scene.token("short", whole(), Some(now_ms + DAY_MS));
    let revoked = scene.token("revoked", whole(), None);
    for token in [short, revoked] {
        scene.let_through("maria", Some(token), deploy(PROJECT, "Dev"));
        scene.denied("erik", Some(token), deploy(PROJECT, "Dev"));
        scene.denied(OPERATOR, Some(token), deploy(PROJECT, "Dev"));
    }
    scene.when("maria", None, Command::RevokeToken { token: revoked }).unwrap();
    scene.world.wall_shift_ms += DAY_MS;
    for token in [short, revoked, TokenId([200; 16])] {
        scene.denied("maria", Some(token), deploy(PROJECT, "Dev"));
    }
    let late = token("maria", "late", whole(), Some(now_ms));
    let said = scene.when("maria", None, late).unwrap_err();
    assert_eq!(said.kind, RejectionKind::Invalid);
}

#[test]
fn t25_a_wall_clock_that_jumps_moves_the_end_of_tokens_and_nothing_else_of_them() {
    const TEN_YEARS_MS: u64 = 3_652 * DAY_MS;
    let mut scene = Scene::given(&[role(Role::Deployer, "*", "*")]);
    let ends = scene.world.now().wall_ms + DAY_MS;
    let short = scene.token("short", whole(), Some(ends));
    let endless = scene.token("endless", whole(), None);
    let revoked = scene.token("revoked", whole(), Some(ends));
    scene.when("maria", None, Command::RevokeToken { token: revoked }).unwrap();
    let may = |scene: &mut Scene, token| {
        let said = scene.when("maria", Some(token), deploy(PROJECT, "Dev"));
        said.err().is_none_or(|why| why.kind != RejectionKind::Denied)
    };
    let all = |scene: &mut Scene| [short, endless, revoked].map(|token| may(scene, token));
    assert_eq!(all(&mut scene), [true, true, false]);
    scene.world.wall_shift_ms += TEN_YEARS_MS;
    assert_eq!(all(&mut scene), [false, true, false]);
    // Whoever may set the node's clock back may use again what was over; never what was revoked.
    scene.world.wall_shift_ms -= TEN_YEARS_MS;
    assert_eq!(all(&mut scene), [true, true, false]);
}

#[test]
fn a_token_makes_no_tokens_and_may_end_itself() {
    let mut scene = Scene::given(&[role(Role::SpaceOwner, "*", "*")]);
    let owner = scene.token("owner", whole(), None);
    scene.denied("maria", Some(owner), token("maria", "for ever", whole(), None));
    scene.when("maria", Some(owner), Command::RevokeToken { token: owner }).unwrap();
    scene.denied("maria", Some(owner), create(PROJECT));
}

#[test]
fn people_make_and_revoke_their_own_tokens_and_owners_everybodys() {
    let mut scene = Scene::given(&[role(Role::Viewer, PROJECT, "*")]);
    let own = scene.token("own", whole(), None);
    let taken = token("maria", "own", whole(), None);
    assert_eq!(scene.when("maria", None, taken).unwrap_err().kind, RejectionKind::Conflict);
    scene.when("dana", None, token("dana", "hers", whole(), None)).unwrap();
    let hers = TokenId([scene.commands; 16]);
    scene.denied("maria", None, Command::RevokeToken { token: hers });
    scene.when("dana", None, Command::RevokeToken { token: own }).unwrap();
    let again = scene.when("dana", None, Command::RevokeToken { token: own }).unwrap();
    assert!(again.entries.is_empty(), "it is revoked already");
    let nobody = scene.when("dana", None, token("nobody", "x", whole(), None)).unwrap_err();
    assert_eq!(nobody.kind, RejectionKind::NotFound);
}

#[test]
fn who_is_removed_and_comes_back_has_none_of_their_old_tokens() {
    let mut scene = Scene::given(&[role(Role::Deployer, "*", "*")]);
    let old = scene.token("old", whole(), None);
    let hash = schema::hash::sha256(&[b"maria", b"old"]);
    let bearer = |scene: &Scene| {
        let engine = scene.world.sites[scene.pipeline.dev].engine();
        engine.state().bearer(&hash, scene.world.now().wall_ms)
    };
    assert_eq!(bearer(&scene), Some(Bearer::Token(name("maria"), old)));
    scene.when(OPERATOR, None, Command::RemoveUser { name: name("maria") }).unwrap();
    assert_eq!(bearer(&scene), Some(Bearer::Revoked));
    scene.denied("maria", None, deploy(PROJECT, "Dev"));
    let roles = vec![role(Role::Deployer, "*", "*")];
    let user = User { name: name("maria"), token: [8; 32], roles };
    scene.when(OPERATOR, None, Command::PutUser { user: user.clone() }).unwrap();
    let again = scene.when(OPERATOR, None, Command::PutUser { user }).unwrap();
    assert!(again.entries.is_empty(), "it is so already");
    scene.let_through("maria", None, deploy(PROJECT, "Dev"));
    assert_eq!(bearer(&scene), Some(Bearer::Revoked));
}

#[test]
fn a_role_for_what_is_not_defined_is_a_mistake_and_changes_nothing() {
    let mut scene = Scene::given(&[]);
    let put = |role: Assignment| {
        let user = User { name: name("eve"), token: [7; 32], roles: vec![role.clone(), role] };
        Command::PutUser { user }
    };
    let mut refused = |role: Assignment, word: &str| {
        let said = scene.when("dana", None, put(role)).unwrap_err();
        assert_eq!(said.kind, RejectionKind::Invalid);
        assert!(format!("{said}; {}", said.hint).contains(word), "{said}; {}", said.hint);
    };
    refused(role(Role::Viewer, "Wbe", "*"), "SPACE: NAME");
    refused(role(Role::Viewer, "*", "Production"), "Production");
    refused(role(Role::Viewer, "Prod US: Web", "Prod US: Staging"), "twice");
}

#[test]
fn everything_that_people_do_bears_their_name() {
    let mut scene = Scene::given(&[role(Role::ReleaseManager, PROJECT, "*")]);
    let ci = scene.token("ci", whole(), None);
    let token = &scene.world.sites[scene.pipeline.dev].engine().state().tokens;
    assert_eq!(token.get(&ci).unwrap().created_by, Actor::Person(name("maria")));
    scene.when("maria", Some(ci), create(PROJECT)).unwrap();
    let engine = scene.world.sites[scene.pipeline.dev].engine();
    let releases: Vec<_> = engine.state().releases.all().map(|(id, _)| id.clone()).collect();
    let created = engine.journeys().of(&releases[0]).iter().find(|s| s.event == "release.created");
    let maria: Name = name("maria");
    assert_eq!(created.unwrap().actor, Actor::Person(maria));
}

#[test]
fn who_may_not_any_more_is_not_told_what_they_did_before() {
    let mut scene = Scene::given(&[role(Role::ReleaseManager, PROJECT, "*")]);
    scene.when("maria", None, create(PROJECT)).unwrap();
    let done = CommandId([scene.commands; 16]);
    let again = |actor: &str| Request {
        id: done,
        actor: Actor::Person(name(actor)),
        token: None,
        command: create(PROJECT),
    };
    let dev = scene.pipeline.dev;
    assert!(scene.world.ask_as(dev, again("maria")).unwrap().repeated);
    let apply = Command::Apply { definitions: definitions(&[]) };
    scene.when(OPERATOR, None, apply).unwrap();
    let said = scene.world.ask_as(dev, again("maria")).unwrap_err();
    assert_eq!(said.kind, RejectionKind::Denied);
}
