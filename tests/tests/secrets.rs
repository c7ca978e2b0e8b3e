//! Secrets: given a project that declares one, when its release travels, then the steps of each
//! space see the value, and nobody else does.

#![allow(clippy::unwrap_used, reason = "all of this is tests, and what they are made of")]

use engine::command::{Command, Done, Rejection, RejectionKind};
use engine::engine::Engine;
use engine::state::releases::{Answer, Release, Source};
use engine::trust::secret::SecretValue;
use schema::latest::Event;
use schema::v1::event::Definition;
use schema::v1::model::{ReleaseId, Secret, Where};
use tests::pipeline::{PROJECT, Pipeline, source, version};
use tests::world::{World, name};

/// The secret that the project declares, and what nobody may read.
const SECRET: &str = "DB_PASSWORD";
const VALUE: &str = "correct horse battery staple";

struct Scene {
    world: World,
    at: Pipeline,
}

fn value(text: &str) -> SecretValue {
    SecretValue::new(text.to_owned()).unwrap()
}

/// The configuration of the space that builds, with these secrets.
fn declaring(secrets: &[&str]) -> Vec<Definition> {
    let mut all = source("true");
    for definition in &mut all {
        if let Definition::Project(project) = definition {
            let scope = Where::default();
            let secret = |text: &&str| Secret { name: name(text), scope: scope.clone() };
            project.secrets = secrets.iter().map(secret).collect();
        }
    }
    all
}

impl Scene {
    /// Three spaces; the project of the first declares a secret.
    fn given() -> Self {
        let mut world = World::new(7);
        let at = Pipeline::build(&mut world);
        let mut scene = Self { world, at };
        scene.apply(&[SECRET]).unwrap();
        scene.world.run(2_000);
        scene
    }

    /// The same, and the secret has a value.
    fn given_a_value() -> Self {
        let mut scene = Self::given();
        scene.set(VALUE).unwrap();
        scene
    }

    fn apply(&mut self, secrets: &[&str]) -> Result<Done, Rejection> {
        self.world.ask(self.at.dev, "ops", Command::Apply { definitions: declaring(secrets) })
    }

    fn set(&mut self, text: &str) -> Result<Done, Rejection> {
        self.set_called(SECRET, text)
    }

    fn set_called(&mut self, called: &str, text: &str) -> Result<Done, Rejection> {
        let (project, name) = (name(PROJECT), name(called));
        let command = Command::SetSecret { project, name, scope: None, value: value(text) };
        self.world.ask(self.at.dev, "dana", command)
    }

    fn unset(&mut self) -> Result<Done, Rejection> {
        let (project, name) = (name(PROJECT), name(SECRET));
        let command = Command::UnsetSecret { project, name, scope: None };
        self.world.ask(self.at.dev, "dana", command)
    }

    fn create(&mut self, called: &str) -> Result<Done, Rejection> {
        self.at.create(&mut self.world, called, 3_000)
    }

    /// Creates a release and lets it go out.
    fn send(&mut self, called: &str) {
        self.create(called).unwrap();
        self.at.deploy(&mut self.world, self.at.dev, called, "Dev").unwrap();
        self.world.run(20_000);
    }

    fn engine(&self, site: usize) -> &Engine {
        self.world.sites[site].engine()
    }

    fn release(&self, site: usize, called: &str) -> Release {
        let project = schema::v1::model::ProjectId {
            space: self.world.sites[self.at.dev].id,
            name: name(PROJECT),
        };
        let id = ReleaseId { project, version: version(called) };
        self.engine(site).state().releases.get(&id).expect("the release is known").clone()
    }

    fn answer(&self, site: usize, called: &str) -> Answer {
        match self.release(site, called).source {
            Source::Imported(import) => import.answer,
            Source::Local => panic!("it was created here"),
        }
    }

    /// What the newest deployment of a site was given.
    fn seen(&self, site: usize) -> Vec<(String, String)> {
        let plan = self.world.sites[site].runner.newest.as_ref().expect("something ran");
        plan.secrets
            .iter()
            .map(|secret| (secret.name.to_string(), secret.value.expose().to_owned()))
            .collect()
    }

    /// The events of a site's own log.
    fn events(&self, site: usize) -> Vec<Event> {
        self.world.sites[site].own_events()
    }

    /// Every byte of a site's log, and everything that its engine would show of itself.
    fn everything(&self, site: usize) -> Vec<u8> {
        let mut all = self.world.sites[site].log_bytes();
        all.extend(format!("{:?}", self.engine(site).state()).into_bytes());
        all.extend(format!("{:?}", self.world.happened).into_bytes());
        all.extend(format!("{:?}", self.world.sites[site].runner).into_bytes());
        all
    }
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn the_steps_of_every_space_see_the_value_and_no_log_shows_it() {
    let mut scene = Scene::given_a_value();
    scene.send("1.0.0");
    scene.at.accept(&mut scene.world, "1.0.0").unwrap();
    scene.at.deploy(&mut scene.world, scene.at.eu, "1.0.0", "Staging").unwrap();
    scene.world.run(20_000);
    for site in [scene.at.dev, scene.at.us, scene.at.eu] {
        assert_eq!(scene.seen(site), [(SECRET.to_owned(), VALUE.to_owned())]);
        let everything = scene.everything(site);
        assert!(holds(&everything, SECRET), "the name is there to be found");
        assert!(!holds(&everything, VALUE), "the value is in {}", scene.world.sites[site].called);
    }
}

#[test]
fn a_release_is_not_made_before_every_secret_has_a_value() {
    let mut scene = Scene::given();
    let refused = scene.create("1.0.0").unwrap_err();
    assert_eq!(refused.kind, RejectionKind::Conflict);
    assert!(refused.what.contains(SECRET) && refused.hint.contains("secret set"), "{refused:?}");
    scene.set(VALUE).unwrap();
    scene.unset().unwrap();
    assert!(scene.create("1.0.0").is_err(), "it has none any more");
    scene.set(VALUE).unwrap();
    scene.create("1.0.0").unwrap();
}

#[test]
fn only_what_a_project_declares_can_be_set_and_what_is_not_declared_any_more_is_forgotten() {
    let mut scene = Scene::given_a_value();
    let refused = scene.set_called("OTHER", VALUE).unwrap_err();
    assert_eq!(refused.kind, RejectionKind::NotFound);
    scene.apply(&[]).unwrap();
    scene.apply(&[SECRET]).unwrap();
    assert!(scene.create("1.0.0").is_err(), "who declares it again sets it again");
}

#[test]
fn a_secret_has_no_name_that_something_else_has() {
    let mut scene = Scene::given();
    for secrets in [&[SECRET, SECRET][..], &["CONTACT"]] {
        let refused = scene.apply(secrets).unwrap_err();
        assert_eq!(refused.kind, RejectionKind::Invalid);
        assert!(refused.what.contains("called"), "{refused:?}");
    }
    let many: Vec<String> = (0..65).map(|n| format!("S{n}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert!(scene.apply(&many).is_err());
    scene.apply(&many[..64]).unwrap();
}

#[test]
fn the_value_that_is_set_already_changes_nothing_and_another_does() {
    let mut scene = Scene::given_a_value();
    assert_eq!(scene.set(VALUE).unwrap().entries, []);
    assert_eq!(scene.set("another").unwrap().entries.len(), 1);
    assert_eq!(scene.unset().unwrap().entries.len(), 1);
    assert_eq!(scene.unset().unwrap().entries, []);
}

#[test]
fn a_release_that_is_made_again_is_the_same_while_its_secrets_are() {
    let mut scene = Scene::given_a_value();
    scene.create("1.0.0").unwrap();
    assert_eq!(scene.create("1.0.0").unwrap().entries, [], "though salts are drawn anew");
    scene.set("another").unwrap();
    assert_eq!(scene.create("1.0.0").unwrap_err().kind, RejectionKind::Conflict);
    scene.set(VALUE).unwrap();
    let set_anew = scene.create("1.0.0").unwrap_err();
    assert_eq!(set_anew.kind, RejectionKind::Conflict, "it was set anew");
}

#[test]
fn equal_values_never_look_equal() {
    let mut scene = Scene::given();
    scene.apply(&["ONE", "TWO"]).unwrap();
    scene.set_called("ONE", VALUE).unwrap();
    scene.set_called("TWO", VALUE).unwrap();
    scene.send("1.0.0");
    scene.send("1.0.1");
    let mut seen = Vec::new();
    for event in scene.events(scene.at.dev).into_iter().chain(scene.events(scene.at.us)) {
        #[allow(clippy::wildcard_enum_match_arm, reason = "the others hold no secret")]
        match event {
            Event::SecretSet(set) => seen.push(set.sealed.sealed),
            Event::ReleaseCreated(created) => {
                seen.extend(created.snapshot.secrets.iter().map(|one| one.commitment.0.to_vec()));
                seen.extend(created.secrets.into_iter().map(|kept| kept.sealed.sealed));
            }
            Event::ReleasePromoted(promoted) => {
                seen.extend(promoted.secrets.into_iter().map(|handed| handed.sealed));
            }
            Event::SecretsKept(kept) => {
                seen.extend(kept.secrets.into_iter().map(|kept| kept.sealed.sealed));
            }
            _ => {}
        }
    }
    // Set twice; two releases with two commitments and two values; two peers; kept by one.
    assert_eq!(seen.len(), 2 + 2 * 4 + 2 * 2 * 2 + 2 * 2);
    let count = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), count);
}

#[test]
fn a_value_that_changes_later_changes_nothing_in_a_release() {
    let mut scene = Scene::given_a_value();
    scene.send("1.0.0");
    scene.set("another").unwrap();
    scene.at.deploy(&mut scene.world, scene.at.dev, "1.0.0", "Dev").unwrap();
    assert_eq!(scene.seen(scene.at.dev)[0].1, VALUE);
    scene.world.run(20_000);
    scene.send("1.0.1");
    assert_eq!(scene.seen(scene.at.us)[0].1, "another");
}

#[test]
fn what_came_sealed_is_kept_over_rotations_and_restarts() {
    let mut scene = Scene::given_a_value();
    let (dev, eu) = (scene.at.dev, scene.at.eu);
    scene.send("1.0.0");
    for turn in 0..2 {
        scene.world.rotate(eu, Vec::new()).unwrap();
        scene.world.rotate(dev, Vec::new()).unwrap();
        scene.world.run(60_000);
        for site in [dev, eu] {
            let space = scene.world.sites[site].space.as_mut().unwrap();
            assert_eq!(space.forget_keys(), Some(turn + 2), "nobody seals to the old key");
            scene.world.crash(site);
            scene.world.start(site).unwrap();
        }
        if turn == 0 {
            scene.at.accept(&mut scene.world, "1.0.0").unwrap();
        }
    }
    scene.at.deploy(&mut scene.world, eu, "1.0.0", "Staging").unwrap();
    scene.at.deploy(&mut scene.world, dev, "1.0.0", "Dev").unwrap();
    assert_eq!(scene.seen(eu)[0].1, VALUE);
    assert_eq!(scene.seen(dev)[0].1, VALUE);
}

#[test]
fn what_was_promoted_while_keys_were_replaced_is_opened_before_they_are_forgotten() {
    let mut scene = Scene::given_a_value();
    let (dev, eu) = (scene.at.dev, scene.at.eu);
    // What is promoted is sealed to the first key, and cannot leave yet.
    scene.create("1.0.0").unwrap();
    let until = scene.world.clock_ms + 10_000;
    scene.world.cut(dev, eu, until);
    scene.at.deploy(&mut scene.world, dev, "1.0.0", "Dev").unwrap();
    scene.world.run(5_000);
    scene.world.rotate(eu, Vec::new()).unwrap();
    // A node forgets as soon as it may.
    let forgotten = (0..30_000).find(|_| {
        scene.world.run(10);
        let knows = scene.world.sites[eu].engine().traffic().values().any(|it| it.knows == 2);
        assert!(knows || scene.world.sites[eu].secrets.pair(1).is_some());
        scene.world.sites[eu].space.as_mut().unwrap().forget_keys() == Some(2)
    });
    assert!(forgotten.is_some(), "one day it may");
    assert_eq!(scene.answer(eu, "1.0.0"), Answer::Waiting, "it was opened before");
    scene.at.accept(&mut scene.world, "1.0.0").unwrap();
}

#[test]
fn a_secret_that_was_sealed_to_a_forgotten_key_rejects_the_release_and_says_so() {
    let mut scene = Scene::given_a_value();
    let (dev, eu) = (scene.at.dev, scene.at.eu);
    scene.create("1.0.0").unwrap();
    let until = scene.world.clock_ms + 20_000;
    scene.world.cut(dev, eu, until);
    scene.at.deploy(&mut scene.world, dev, "1.0.0", "Dev").unwrap();
    scene.world.run(5_000);
    scene.world.rotate(eu, Vec::new()).unwrap();
    // Somebody lost the old key while the release was under way.
    let pair = scene.world.sites[eu].secrets.pair(2).unwrap().clone();
    let at_rest = scene.world.sites[eu].seeds.at_rest;
    scene.world.crash(eu);
    scene.world.sites[eu].secrets =
        engine::trust::identity::Secrets::default().with(2, pair).with_at_rest(1, at_rest);
    scene.world.start(eu).unwrap();
    scene.world.run(60_000);
    let Answer::Rejected { reason } = scene.answer(eu, "1.0.0") else {
        panic!("it was not rejected");
    };
    assert!(reason.as_str().contains("sealed to key 1"), "{reason}");
    let told = scene.release(dev, "1.0.0").promotions[&scene.world.sites[eu].id].answer.clone();
    assert_eq!(told, Some(Err(reason)), "the source was told why");
    scene.send("1.0.1");
    scene.at.accept(&mut scene.world, "1.0.1").unwrap();
}

#[test]
fn a_lost_at_rest_key_is_told_before_anything_runs() {
    let mut scene = Scene::given_a_value();
    let (dev, eu) = (scene.at.dev, scene.at.eu);
    scene.send("1.0.0");
    scene.at.accept(&mut scene.world, "1.0.0").unwrap();
    for site in [dev, eu] {
        scene.world.crash(site);
        let (pair, other) = (scene.world.sites[site].secrets.pair(1).unwrap().clone(), [9; 32]);
        let secrets = engine::trust::identity::Secrets::default().with(1, pair);
        scene.world.sites[site].secrets = secrets.with_at_rest(2, other);
        scene.world.start(site).unwrap();
    }
    for (site, place) in [(dev, "Dev"), (eu, "Staging")] {
        let refused = scene.at.deploy(&mut scene.world, site, "1.0.0", place).unwrap_err();
        assert_eq!(refused.kind, RejectionKind::Conflict);
        assert!(refused.what.contains("at-rest key"), "{refused:?}");
    }
    let refused = scene.create("1.0.1").unwrap_err();
    assert!(refused.what.contains("at-rest key"), "{refused:?}");
    scene.set(VALUE).unwrap();
    scene.send("1.0.1");
    scene.at.accept(&mut scene.world, "1.0.1").unwrap();
    scene.at.deploy(&mut scene.world, eu, "1.0.1", "Staging").unwrap();
    assert_eq!(scene.seen(eu)[0].1, VALUE);
}

#[test]
fn secrets_too_large_to_travel_are_refused_when_the_release_is_made() {
    let mut scene = Scene::given();
    let names: Vec<String> = (0..20).map(|n| format!("S{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    scene.apply(&names).unwrap();
    for called in &names {
        scene.set_called(called, &"x".repeat(32 * 1024)).unwrap();
    }
    let refused = scene.create("1.0.0").unwrap_err();
    assert_eq!(refused.kind, RejectionKind::Invalid);
    assert!(refused.hint.contains("secrets"), "{refused:?}");
    scene.apply(&names[..12]).unwrap();
    scene.send("1.0.0");
    assert_eq!(scene.seen(scene.at.us).len(), 12, "it did travel");
}

#[test]
fn who_may_not_configure_the_project_sets_no_secret() {
    let mut scene = Scene::given();
    let user = schema::v1::event::User {
        name: name("maria"),
        token: [9; 32],
        roles: vec![schema::v1::event::Assignment {
            role: schema::v1::event::Role::ReleaseManager,
            project: schema::v1::event::Pattern::all(),
            environment: schema::v1::event::Pattern::all(),
        }],
    };
    scene.world.ask(scene.at.dev, "ops", Command::PutUser { user }).unwrap();
    for command in [
        Command::SetSecret {
            project: name(PROJECT),
            name: name(SECRET),
            scope: None,
            value: value(VALUE),
        },
        Command::UnsetSecret { project: name(PROJECT), name: name(SECRET), scope: None },
        Command::KeepSecrets {
            release: ReleaseId {
                project: schema::v1::model::ProjectId {
                    space: scene.world.sites[scene.at.dev].id,
                    name: name(PROJECT),
                },
                version: version("1.0.0"),
            },
        },
    ] {
        let denied = scene.world.ask(scene.at.dev, "maria", command).unwrap_err();
        assert_eq!(denied.kind, RejectionKind::Denied);
    }
}
