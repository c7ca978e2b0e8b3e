//! Who a space is to a server.

use crate::server::Server;
use crate::space::{Space, pair};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use transport_nats::{Credentials, Settings};

fn secret(server: &Server, name: &str, text: &str) -> PathBuf {
    let file = server.file(name);
    std::fs::write(&file, text).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    file
}

fn settings(server: &Server, credentials: Credentials) -> Settings {
    Settings { credentials, ..server.settings() }
}

#[tokio::test]
async fn a_name_and_a_password_let_in_and_wrong_ones_are_named_as_the_trouble() {
    let known = "authorization { users: [ { user: ada, password: \"right\" } ] }";
    let mut server = Server::configured(known);
    let right = secret(&server, "right", "right\n");
    let right = settings(&server, Credentials::Password("ada".to_owned(), right));
    let (a, b) = pair(&right).await;
    a.gets_through(&b, b"let in").await;

    let wrong = secret(&server, "wrong", "wrong");
    let wrong = settings(&server, Credentials::Password("ada".to_owned(), wrong));
    let c = Space::start(&wrong, 3, &[1]);
    let nobody = Space::start(&server.settings(), 4, &[1]);
    for refused in [&c, &nobody] {
        refused.troubled_by("credentials").await;
        let trouble = refused.trouble().to_lowercase();
        assert!(trouble.contains("authorization violation"), "{trouble}");
        assert!(!trouble.contains("timed out"), "{trouble}");
        assert!(!refused.status().connected);
    }
    server.kill();
    server.configure("authorization { users: [ { user: ada, password: \"wrong\" } ] }");
    server.run();
    c.reaches(1, 1).await;
    c.untroubled().await;
    a.troubled_by("credentials").await;
}

#[tokio::test]
async fn credentials_that_are_withdrawn_and_given_back_are_noticed_without_a_restart() {
    let known = "authorization { users: [ { user: ada, password: \"right\" } ] }";
    let server = Server::configured(known);
    let file = secret(&server, "right", "right");
    let (a, b) = pair(&settings(&server, Credentials::Password("ada".to_owned(), file))).await;
    a.gets_through(&b, b"before").await;
    server.configure("authorization { users: [ { user: ada, password: \"other\" } ] }");
    server.reload();
    a.troubled_by("credentials").await;
    assert!(!a.status().connected);
    server.configure(known);
    server.reload();
    a.gets_through(&b, b"after").await;
    a.untroubled().await;
}

#[tokio::test]
async fn a_token_lets_in() {
    let server = Server::configured("authorization { token: \"let me in\" }");
    let file = secret(&server, "token", "let me in\n");
    let (a, b) = pair(&settings(&server, Credentials::TokenFile(file))).await;
    a.gets_through(&b, b"let in").await;
    let file = secret(&server, "other", "please");
    let c = Space::start(&settings(&server, Credentials::TokenFile(file)), 3, &[1]);
    c.troubled_by("credentials").await;
}

#[tokio::test]
async fn a_key_lets_in_and_another_does_not() {
    let (ours, other) = (nkeys::KeyPair::new_user(), nkeys::KeyPair::new_user());
    let server = Server::configured(&format!(
        "authorization {{ users: [ {{ nkey: {} }} ] }}",
        ours.public_key()
    ));
    let file = secret(&server, "seed", &format!("{}\n", ours.seed().unwrap()));
    let (a, b) = pair(&settings(&server, Credentials::NKeyFile(file))).await;
    a.gets_through(&b, b"let in").await;
    let file = secret(&server, "other", &other.seed().unwrap());
    let c = Space::start(&settings(&server, Credentials::NKeyFile(file)), 3, &[1]);
    c.troubled_by("credentials").await;
}
