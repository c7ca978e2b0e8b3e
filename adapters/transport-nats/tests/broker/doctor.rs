//! What an operator is told of a server before anything depends on it.

use crate::proxy::Proxy;
use crate::server::Server;
use crate::space::{Habit, PATIENCE, Space, id, pair};
use async_nats::jetstream::consumer::{AckPolicy, pull};
use async_nats::jetstream::stream::{Config, DiscardPolicy, RetentionPolicy, StorageType};
use futures_util::StreamExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;
use transport_nats::{
    Class, Credentials, Finding, Settings, Severity, Tls, WAITING_MAX, consumer_of, examine,
    stream, stream_of, subject,
};

/// What is found as the space number 1 with the peer number 2.
async fn found(settings: &Settings) -> Vec<Finding> {
    let examined = tokio::time::timeout(PATIENCE, examine(settings, id(1), &[id(2)])).await;
    let findings = examined.expect("an end, whatever the server does");
    assert!(!findings.is_empty());
    for finding in &findings {
        assert_eq!(finding.hint.is_empty(), finding.severity == Severity::Good, "{finding:?}");
        assert!(finding.what.ends_with('.'), "{finding:?}");
    }
    findings
}

fn with(findings: &[Finding], severity: Severity) -> Vec<&str> {
    let found = findings.iter().filter(|finding| finding.severity == severity);
    found.map(|finding| finding.what.as_str()).collect()
}

fn says(findings: &[Finding], severity: Severity, words: &str) {
    let said = with(findings, severity);
    assert!(said.iter().any(|what| what.contains(words)), "{words:?} not in {findings:#?}");
}

#[tokio::test]
async fn a_server_that_is_used_well_has_no_problems_and_its_queues_are_counted() {
    let server = Server::start();
    let (a, b) = pair(&server.settings()).await;
    b.habit(Habit::Hold);
    for n in 0..7 {
        a.entry(2, format!("{n}"));
    }
    b.until("all", || b.inbox().stored.len() == 7).await;
    let findings = found(&server.settings()).await;
    assert_eq!(with(&findings, Severity::Problem), [""; 0]);
    says(&findings, Severity::Good, "answers in");
    says(&findings, Severity::Good, "does not leave this machine");
    says(&findings, Severity::Good, "JetStream is enabled");
    says(&findings, Severity::Good, &format!("The stream {} is as it should be", stream(&id(1))));
    says(&findings, Severity::Good, "7 waiting, 7 under way");
    says(&findings, Severity::Advice, "lets everybody in");
}

#[tokio::test]
async fn an_empty_server_is_looked_at_and_stays_empty() {
    let server = Server::start();
    let findings = found(&server.settings()).await;
    says(&findings, Severity::Problem, &format!("The stream {} is not there", stream(&id(1))));
    says(&findings, Severity::Advice, &format!("The stream {} is not there", stream(&id(2))));
    assert_eq!(server.operator().await.stream_names().count().await, 0);
}

#[tokio::test]
async fn a_peer_that_takes_nothing_is_seen() {
    let server = Server::start();
    let a = Space::start(&server.settings(), 1, &[2]);
    a.reaches(2, 1).await;
    for n in 0..WAITING_MAX {
        a.entry(2, format!("{n}"));
    }
    a.until("stored", || a.status().stored == WAITING_MAX.unsigned_abs()).await;
    let findings = found(&server.settings()).await;
    says(&findings, Severity::Advice, "256 waiting, 0 under way. There is no room for more");
}

#[tokio::test]
async fn every_way_in_which_a_stream_is_wrong_is_named() {
    let server = Server::start();
    let operator = server.operator().await;
    let right = stream_of(&id(1));
    let all = vec![format!("interspace.v1.{}.>", id(1))];
    let cases = [
        (Config { retention: RetentionPolicy::Limits, ..right.clone() }, "wedges when it is full"),
        (
            Config { discard: DiscardPolicy::Old, discard_new_per_subject: false, ..right.clone() },
            "pushes out what waits for another",
        ),
        (Config { discard_new_per_subject: false, ..right.clone() }, "discard_new_per_subject"),
        (
            Config {
                max_messages_per_subject: -1,
                discard_new_per_subject: false,
                ..right.clone()
            },
            "no bound by subject",
        ),
        (Config { subjects: all, ..right.clone() }, "it also stores"),
        (Config { subjects: right.subjects[..1].to_vec(), ..right.clone() }, "does not store"),
        (Config { max_message_size: 1_000, ..right.clone() }, "1000 bytes"),
        (Config { no_ack: true, ..right.clone() }, "does not acknowledge"),
    ];
    for (config, words) in cases {
        operator.create_stream(config).await.unwrap();
        says(&found(&server.settings()).await, Severity::Problem, words);
        operator.delete_stream(&right.name).await.unwrap();
    }
    let config = Config {
        max_messages_per_subject: 10,
        max_bytes: 1_000_000,
        max_age: Duration::from_secs(600),
        storage: StorageType::Memory,
        ..right
    };
    operator.create_stream(config).await.unwrap();
    let findings = found(&server.settings()).await;
    for words in ["another than the usual", "bounded as a whole", "forgets", "in memory"] {
        says(&findings, Severity::Advice, words);
    }
}

#[tokio::test]
async fn every_way_in_which_a_consumer_is_wrong_is_named() {
    let server = Server::start();
    let operator = server.operator().await;
    operator.create_stream(stream_of(&id(1))).await.unwrap();
    operator.create_stream(stream_of(&id(2))).await.unwrap();
    let says_of_entries = async |config: pull::Config, words: &str| {
        operator.create_consumer_on_stream(config, stream(&id(1))).await.unwrap();
        says(&found(&server.settings()).await, Severity::Problem, words);
        let name = transport_nats::consumer(&id(2), Class::Entries);
        operator.delete_consumer_from_stream(name, stream(&id(1))).await.unwrap();
    };
    let right = consumer_of(&id(1), &id(2), Class::Entries);
    let elsewhere = subject(&id(1), &id(3), Class::Entries);
    let config = pull::Config { filter_subject: elsewhere.clone(), ..right.clone() };
    says_of_entries(config, &elsewhere).await;
    let config = pull::Config { max_deliver: 3, ..right.clone() };
    says_of_entries(config, "gives up after 3").await;
    says(&found(&server.settings()).await, Severity::Problem, "is not there");
    assert_eq!(right.ack_policy, AckPolicy::Explicit);
}

#[tokio::test]
async fn a_server_that_cannot_be_reached_is_one_problem_that_says_why() {
    let absent = Server::absent();
    let server = Server::configured("authorization { users: [ { user: ada, password: b } ] }");
    let plain = Server::start();
    let file = server.file("password");
    std::fs::write(&file, "wrong").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    let credentials = Credentials::Password("ada".to_owned(), file.clone());
    let missing = Credentials::TokenFile(server.file("missing"));
    let required = Tls { required: true, ..Tls::default() };
    let cases = [
        (absent.settings(), "refused"),
        (server.settings(), "credentials"),
        (Settings { credentials, ..server.settings() }, "credentials"),
        (Settings { credentials: missing, ..server.settings() }, "cannot be read"),
        (Settings { tls: required, ..plain.settings() }, "TLS"),
        (Settings::plain("nats://nowhere.invalid:4222"), "DNS"),
    ];
    for (settings, words) in cases {
        let findings = found(&settings).await;
        assert_eq!(findings.len(), 1, "{findings:?}");
        says(&findings, Severity::Problem, words);
    }
}

#[tokio::test]
async fn a_server_that_says_nothing_is_left_in_time() {
    let server = Server::start();
    let proxy = Proxy::before(server.port());
    proxy.silence(true);
    let findings = found(&proxy.settings()).await;
    says(&findings, Severity::Problem, "cannot be reached");
}

#[tokio::test]
async fn what_the_server_lacks_is_named() {
    let server = Server::configured("# no jetstream\nmax_payload: 65536");
    let findings = found(&server.settings()).await;
    says(&findings, Severity::Problem, "JetStream is not enabled");
    says(&findings, Severity::Problem, "messages of 65536 bytes");
    // There is nothing else to look at.
    assert!(!findings.iter().any(|finding| finding.what.contains("The stream")));
}

#[tokio::test]
async fn what_the_server_denies_is_named_in_its_words() {
    let allowed = "publish: { allow: [\"interspace.>\", \"$JS.API.INFO\"] }";
    let server = Server::configured(&format!(
        "authorization {{ users: [ {{ user: ada, password: b, permissions: {{ {allowed} }} }} ] }}"
    ));
    let file = server.file("password");
    std::fs::write(&file, "b").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    let credentials = Credentials::Password("ada".to_owned(), file);
    let findings = found(&Settings { credentials, ..server.settings() }).await;
    says(&findings, Severity::Good, "has let us in");
    says(&findings, Severity::Problem, "Permissions Violation");
    says(&findings, Severity::Problem, &format!("$JS.API.STREAM.INFO.{}", stream(&id(1))));
}
