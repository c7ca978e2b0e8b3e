//! Invitations: a token lets one in, once, and whoever knocks without one costs next to nothing.

use crate::session::{deliver, image, knock, truth};
use engine::command::Command;
use engine::decide::configuration::OPERATOR;
use engine::trust::certificate::Keys;
use engine::trust::invitation::{id_of, prove};
use engine::trust::refusal::Refusal;
use schema::id::InvitationId;
use schema::latest::{Actor, Certificate, EnvelopeKind, Invitation, Join};
use schema::limits::{INVITATIONS_OPEN_MAX, JOINS_A_SECOND_MAX};
use schema::v1::event::{Assignment, Definition, Role, User};
use schema::v1::model::{Grant, Lifecycle};
use tests::guests::INVITED_MS;
use tests::pipeline::{environment, phase};
use tests::stranger::Stranger;
use tests::world::{World, name};

/// A host, another space, and two strangers of whom the first is meant.
struct Scene {
    world: World,
    host: usize,
    anna: Stranger,
    carla: Stranger,
    token: Invitation,
}

/// The envelope with which somebody who has the token asks to be let in.
fn join(guest: &mut Stranger, token: &Invitation) -> Vec<u8> {
    let certificate = Certificate::read(&token.certificate).expect("in every token");
    let host = Keys::verify(&certificate).expect("its own").space();
    let link = guest.trust(&certificate);
    let proof = prove(&token.secret, &link, &guest.id(), &host);
    let said =
        Join { invitation: id_of(&token.secret), proof, certificate: guest.certificate().write() };
    guest.signal(&host, EnvelopeKind::Join, &said.write())
}

/// The stranger who is meant, with the same keys each time.
fn anna() -> Stranger {
    Stranger::new("Anna", 1)
}

impl Scene {
    fn new(seed: u64) -> Self {
        let mut world = World::new(seed);
        let host = world.found("Host");
        let token = world.invite(host, vec![Grant::AcceptResults]);
        let (anna, carla) = (anna(), Stranger::new("Carla", 3));
        Self { world, host, anna, carla, token }
    }

    fn deliver(&mut self, envelope: &[u8]) -> Option<Refusal> {
        deliver(&mut self.world, self.host, envelope)
    }

    /// Who was let in, by the names they have here.
    fn inside(&self) -> Vec<String> {
        let state = self.world.sites[self.host].engine().state();
        let open = state.links.all().filter(|(_, peer)| peer.is_open());
        open.map(|(_, peer)| peer.name.to_string()).collect()
    }

    /// How often something was refused for this reason, at the door or behind it.
    fn refused(&self, reason: Refusal) -> u64 {
        let quarantine = self.world.sites[self.host].engine().quarantine();
        quarantine.counts().get(reason.code()).copied().unwrap_or_default()
    }

    fn uninvite(&mut self, invitation: InvitationId) {
        let command = Command::Uninvite { invitation };
        self.world.ask(self.host, "ops", command).expect("ended");
    }

    /// Another invitation is open, so that the door says what is wrong with this one.
    fn invite_another(&mut self) -> Invitation {
        self.world.invite(self.host, Vec::new())
    }
}

#[test]
fn t10_a_token_lets_one_in_and_nobody_with_a_copy() {
    let mut scene = Scene::new(1);
    let (first, copied) =
        (join(&mut scene.anna, &scene.token), join(&mut scene.carla, &scene.token));
    assert_eq!(scene.deliver(&first), None);
    assert_eq!(scene.inside(), ["Anna"]);
    let before = truth(&scene.world, scene.host);
    assert_eq!(scene.deliver(&copied), Some(Refusal::NotInvited), "nothing is open any more");
    scene.invite_another();
    let with_another = truth(&scene.world, scene.host);
    assert_eq!(scene.deliver(&copied), Some(Refusal::InvitationUsed));
    assert_eq!(scene.inside(), ["Anna"]);
    assert!(before != with_another && with_another == truth(&scene.world, scene.host));
}

#[test]
fn t10_of_two_who_come_in_one_turn_the_first_is_let_in() {
    let mut scene = Scene::new(2);
    let envelopes = [join(&mut scene.anna, &scene.token), join(&mut scene.carla, &scene.token)];
    let host = scene.host;
    let inputs = envelopes.map(|envelope| knock(&mut scene.world, host, &envelope).1);
    scene.world.turn(host, inputs.into()).expect("no log fails here");
    assert_eq!(scene.inside(), ["Anna"]);
    assert_eq!(scene.refused(Refusal::InvitationUsed), 1);
}

#[test]
fn t10_a_proof_that_somebody_saw_is_of_no_use_to_another() {
    let mut scene = Scene::new(3);
    let certificate = Certificate::read(&scene.token.certificate).expect("in every token");
    let host = scene.world.sites[scene.host].id;
    let link = scene.anna.trust(&certificate);
    let invitation = id_of(&scene.token.secret);
    let proof = prove(&scene.token.secret, &link, &scene.anna.id(), &host);
    scene.carla.trust(&certificate);
    let certificate = scene.carla.certificate().write();
    let said = Join { invitation, proof, certificate };
    let stolen = scene.carla.signal(&host, EnvelopeKind::Join, &said.write());
    assert_eq!(scene.deliver(&stolen), Some(Refusal::WrongProof));
    assert!(scene.inside().is_empty());
}

#[test]
fn t10_a_join_for_one_space_opens_at_no_other() {
    let mut scene = Scene::new(4);
    let other = scene.world.found("Other");
    scene.world.invite(other, Vec::new());
    let envelope = join(&mut scene.anna, &scene.token);
    assert_eq!(deliver(&mut scene.world, other, &envelope), Some(Refusal::NotForMe));
    let id = scene.world.sites[other].id;
    let forwarded = scene.anna.altered(&envelope, |it| it.header.recipient = id);
    assert_eq!(deliver(&mut scene.world, other, &forwarded), Some(Refusal::CannotOpen));
}

#[test]
fn t05_a_join_that_comes_again_changes_nothing_also_after_a_restart_and_when_the_link_is_ended() {
    let mut scene = Scene::new(5);
    let envelope = join(&mut scene.anna, &scene.token);
    assert_eq!(scene.deliver(&envelope), None);
    let before = truth(&scene.world, scene.host);
    for _ in 0..3 {
        assert_eq!(scene.deliver(&envelope), None);
        scene.world.crash(scene.host);
        scene.world.start(scene.host).expect("it starts again");
    }
    assert!(before == truth(&scene.world, scene.host));
    let revoke = Command::Revoke { peer: name("Anna") };
    scene.world.ask(scene.host, "ops", revoke).expect("revoked");
    assert_eq!(scene.deliver(&envelope), Some(Refusal::NotInvited));
    scene.invite_another();
    assert_eq!(scene.deliver(&envelope), Some(Refusal::InvitationUsed));
    assert!(scene.inside().is_empty());
}

#[test]
fn an_invitation_that_has_ended_was_revoked_or_names_another_lets_nobody_in() {
    let mut scene = Scene::new(6);
    let envelope = join(&mut scene.anna, &scene.token);
    scene.invite_another();
    scene.uninvite(id_of(&scene.token.secret));
    assert_eq!(scene.deliver(&envelope), Some(Refusal::InvitationRevoked));

    let mut scene = Scene::new(7);
    let envelope = join(&mut scene.anna, &scene.token);
    scene.world.wall_shift_ms += INVITED_MS;
    scene.world.turn(scene.host, Vec::new()).expect("no log fails here");
    scene.invite_another();
    assert_eq!(scene.deliver(&envelope), Some(Refusal::InvitationEnded));
    scene.world.wall_shift_ms -= 1;
    scene.world.turn(scene.host, Vec::new()).expect("no log fails here");
    assert_eq!(scene.deliver(&envelope), None, "by its own clock alone");

    let mut scene = Scene::new(8);
    let named = scene.world.invite_one(scene.host, scene.carla.id());
    let envelope = join(&mut scene.anna, &named);
    assert_eq!(scene.deliver(&envelope), Some(Refusal::InvitedAnother));
    let envelope = join(&mut scene.carla, &named);
    assert_eq!(scene.deliver(&envelope), None);
    assert_eq!(scene.inside(), ["Carla"]);
}

#[test]
fn t14_while_nothing_is_open_nothing_of_a_join_is_opened_and_then_a_few_in_a_second() {
    let mut scene = Scene::new(9);
    let envelope = join(&mut scene.anna, &scene.token);
    let sealed_wrong = scene.anna.altered(&envelope, |it| it.body[0] ^= 1);
    assert_eq!(scene.deliver(&sealed_wrong), Some(Refusal::CannotOpen), "it is tried");
    scene.uninvite(id_of(&scene.token.secret));
    assert_eq!(scene.deliver(&sealed_wrong), Some(Refusal::NotInvited), "it is not");
    scene.invite_another();
    scene.world.clock_ms += 1_000;
    scene.world.turn(scene.host, Vec::new()).expect("no log fails here");
    for _ in 0..JOINS_A_SECOND_MAX {
        assert_eq!(scene.deliver(&sealed_wrong), Some(Refusal::CannotOpen));
    }
    assert_eq!(scene.deliver(&sealed_wrong), Some(Refusal::TooManyJoins));
    scene.world.clock_ms += 1_000;
    scene.world.turn(scene.host, Vec::new()).expect("no log fails here");
    assert_eq!(scene.deliver(&sealed_wrong), Some(Refusal::CannotOpen));
}

#[test]
fn who_lost_the_right_to_trust_others_takes_their_invitations_along() {
    let mut scene = Scene::new(10);
    let everywhere = || "*".parse().expect("a pattern");
    let role = |role| Assignment { role, project: everywhere(), environment: everywhere() };
    let user = |roles| User { name: name("olga"), token: [7; 32], roles };
    let put = |scene: &mut Scene, held| {
        let command = Command::PutUser { user: user(vec![role(held)]) };
        scene.world.ask(scene.host, "ops", command).expect("put");
    };
    put(&mut scene, Role::SpaceOwner);
    scene.token = scene.world.invite_as(scene.host, "olga");
    put(&mut scene, Role::Viewer);
    let envelope = join(&mut scene.anna, &scene.token);
    assert_eq!(scene.deliver(&envelope), Some(Refusal::InvitationRevoked));
    // What is over stays over, also for another person of that name.
    put(&mut scene, Role::SpaceOwner);
    assert_eq!(scene.deliver(&envelope), Some(Refusal::InvitationRevoked));
    assert!(scene.inside().is_empty());
}

#[test]
fn t13_what_is_no_key_is_no_invitation_and_few_are_open_at_a_time() {
    let mut scene = Scene::new(11);
    let ends_ms = scene.world.now_at(scene.host).wall_ms + 1_000;
    let mut identity = [0; 32];
    identity[0] = 1;
    let ask = |scene: &mut Scene, id: [u8; 32], ends_ms| {
        let invitation = InvitationId(id);
        let (guest, name, grants) = (None, None, Vec::new());
        let command = Command::Invite { invitation, guest, name, grants, ends_ms };
        scene.world.ask(scene.host, "ops", command)
    };
    assert!(ask(&mut scene, identity, ends_ms).is_err(), "of small order");
    let known = id_of(&scene.token.secret).0;
    assert!(ask(&mut scene, known, ends_ms).is_err(), "it is there already");
    let good = id_of(&[9; 32]).0;
    assert!(ask(&mut scene, good, ends_ms - 1_000).is_err(), "it would have ended");
    assert!(ask(&mut scene, good, u64::MAX).is_err(), "it would never end");
    for _ in 1..INVITATIONS_OPEN_MAX {
        scene.invite_another();
    }
    assert!(ask(&mut scene, good, ends_ms).is_err(), "too many");
}

#[test]
fn t08_another_life_of_the_log_ends_every_invitation() {
    let mut scene = Scene::new(12);
    let backup = image(&scene.world, scene.host);
    let envelope = join(&mut scene.anna, &scene.token);
    assert_eq!(scene.deliver(&envelope), None);
    scene.world.restore(scene.host, backup).expect("an old log opens");
    scene.world.live_on(scene.host).expect("it lives on");
    let envelope = join(&mut scene.carla, &scene.token);
    assert_eq!(scene.deliver(&envelope), Some(Refusal::NotInvited));
    scene.invite_another();
    assert_eq!(scene.deliver(&envelope), Some(Refusal::InvitationRevoked));
}

#[test]
fn a_guest_does_not_take_the_name_of_another() {
    let mut scene = Scene::new(13);
    let other = scene.invite_another();
    let envelope = join(&mut scene.anna, &scene.token);
    assert_eq!(scene.deliver(&envelope), None);
    let mut impostor = Stranger::new("Anna", 7);
    let envelope = join(&mut impostor, &other);
    assert_eq!(scene.deliver(&envelope), None);
    let mut inside = scene.inside();
    inside.sort();
    assert_eq!(inside, ["Anna".to_owned(), format!("Anna {}", impostor.id().short())]);
    let by = Actor::Person(name(OPERATOR));
    let state = scene.world.sites[scene.host].engine().state();
    assert!(state.invitations.all().all(|(_, it)| it.made_by == by && it.used_by.is_some()));
}

#[test]
fn who_comes_first_does_not_take_a_name_that_the_configuration_speaks_of() {
    let mut scene = Scene::new(14);
    let phases = vec![phase("In", &["Dev"], &[], false), phase("Out", &[], &["Anna"], true)];
    let definitions = vec![
        environment("Dev"),
        Definition::Lifecycle(Lifecycle { name: name("Standard"), phases }),
    ];
    let apply = Command::Apply { definitions };
    scene.world.ask(scene.host, "ops", apply).expect("applied");
    let envelope = join(&mut scene.anna, &scene.token);
    assert_eq!(scene.deliver(&envelope), None);
    assert_eq!(scene.inside(), [format!("Anna {}", scene.anna.id().short())]);
}

#[test]
fn t05_who_was_shut_out_does_not_come_back_by_an_older_invitation() {
    let mut scene = Scene::new(15);
    let (older, named) =
        (scene.invite_another(), scene.world.invite_one(scene.host, scene.anna.id()));
    let envelope = join(&mut scene.anna, &scene.token);
    assert_eq!(scene.deliver(&envelope), None);
    let second = join(&mut anna(), &older);
    assert_eq!(scene.deliver(&second), None, "the door knows no links of guests");
    assert_eq!(scene.refused(Refusal::TrustedAlready), 1);
    let revoke = Command::Revoke { peer: name("Anna") };
    scene.world.ask(scene.host, "ops", revoke).expect("revoked");
    let by_name = join(&mut anna(), &named);
    assert_eq!(scene.deliver(&by_name), Some(Refusal::InvitationRevoked));
    assert_eq!(scene.deliver(&second), None);
    assert_eq!(scene.refused(Refusal::InvitationRevoked), 2);
    assert!(scene.inside().is_empty());
    // It is still good for others, and another one is good for her.
    let envelope = join(&mut scene.carla, &older);
    assert_eq!(scene.deliver(&envelope), None);
    let newer = scene.invite_another();
    let envelope = join(&mut anna(), &newer);
    assert_eq!(scene.deliver(&envelope), None);
    let mut inside = scene.inside();
    inside.sort();
    assert_eq!(inside, ["Anna", "Carla"]);
}

#[test]
fn t03_who_comes_back_with_keys_that_were_replaced_is_not_let_in() {
    let mut scene = Scene::new(16);
    let older = anna();
    scene.anna = older.rotated();
    let envelope = join(&mut scene.anna, &scene.token);
    assert_eq!(scene.deliver(&envelope), None);
    let revoke = Command::Revoke { peer: name("Anna") };
    scene.world.ask(scene.host, "ops", revoke).expect("revoked");
    let another = scene.invite_another();
    let envelope = join(&mut anna(), &another);
    assert_eq!(scene.deliver(&envelope), None);
    assert_eq!(scene.refused(Refusal::RetiredKey), 1);
    let trust = |stranger: &Stranger| Command::Trust {
        certificate: stranger.certificate().write(),
        name: None,
        grants: Vec::new(),
    };
    let rejected = scene.world.ask(scene.host, "ops", trust(&older)).expect_err("older keys");
    assert!(rejected.what.contains("does not follow"), "{rejected:?}");
    let envelope = join(&mut anna().rotated(), &another);
    assert_eq!(scene.deliver(&envelope), None);
    assert_eq!(scene.inside(), ["Anna"]);
}

#[test]
fn t05_one_secret_in_two_tokens_is_accepted_of_the_first_alone() {
    let mut scene = Scene::new(17);
    let guest = scene.world.found("Guest");
    scene.world.accept(guest, &scene.token, Vec::new()).expect("accepted");
    // Who saw the token writes another certificate into it: no signature covers the secret.
    let mallory = Stranger::new("Mallory", 5);
    let forged = Invitation { certificate: mallory.certificate().write(), ..scene.token.clone() };
    let rejected = scene.world.accept(guest, &forged, Vec::new()).expect_err("forged");
    assert!(rejected.what.contains("the invitation of Host under another name"), "{rejected:?}");
    let endless = Invitation { ends_ms: u64::MAX, ..scene.invite_another() };
    let third = scene.world.found("Third");
    let rejected = scene.world.accept(third, &endless, Vec::new()).expect_err("endless");
    assert!(rejected.what.contains("longer than any"), "{rejected:?}");
}
