//! Servers that deny: the operator is told what, and nothing else suffers.

use crate::server::Server;
use crate::space::{Space, id, meanwhile};
use schema::limits::ENVELOPE_BYTES_MAX;
use std::os::unix::fs::PermissionsExt as _;
use transport_nats::{
    ACK_WAIT, Class, Credentials, Settings, consumer, consumer_of, inbox, stream, stream_of,
    subject,
};

/// Users of the names "1", "2" and so on, the first with these permissions.
fn users(permissions: &str) -> String {
    let first = format!("{{ user: \"1\", password: p, permissions: {{ {permissions} }} }}");
    format!(
        "authorization {{ users: [ {first}, {{ user: \"2\", password: p }},
         {{ user: \"3\", password: p }} ] }}"
    )
}

pub(crate) fn login(server: &Server, name: &str) -> Settings {
    let file = server.file("password");
    std::fs::write(&file, "p\n").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    let credentials = Credentials::Password(name.to_owned(), file);
    Settings { credentials, ..server.settings() }
}

/// All that the space `me` may do, with one peer.
pub(crate) fn least(me: u8, peer: u8) -> String {
    let own = format!("interspace.v1.{}.>", id(me));
    let theirs = stream(&id(peer));
    let mut publish = vec![own, format!("$JS.API.STREAM.INFO.{}", stream(&id(me)))];
    for class in Class::STORED {
        let ours = consumer(&id(me), class);
        publish.push(format!("$JS.API.CONSUMER.INFO.{theirs}.{ours}"));
        publish.push(format!("$JS.API.CONSUMER.MSG.NEXT.{theirs}.{ours}"));
        publish.push(format!("$JS.ACK.{theirs}.{ours}.>"));
    }
    let subscribe = [format!("interspace.v1.*.{}.ctl", id(me)), format!("{}.>", inbox(&id(me)))];
    format!(
        "{{ user: \"{me}\", password: p, permissions: {{
         publish: {{ allow: {publish:?} }}, subscribe: {{ allow: {subscribe:?} }} }} }}"
    )
}

#[tokio::test]
async fn a_space_needs_no_more_than_its_own_prefix_and_its_own_consumers() {
    let operator = "{ user: \"operator\", password: p }";
    let server = Server::configured(&format!(
        "authorization {{ users: [ {}, {}, {operator} ] }}",
        least(1, 2),
        least(2, 1)
    ));
    let context = async_nats::ConnectOptions::new()
        .user_and_password("operator".to_owned(), "p".to_owned())
        .connect(server.address())
        .await
        .map(async_nats::jetstream::new)
        .unwrap();
    for (from, to) in [(1, 2), (2, 1)] {
        context.create_stream(stream_of(&id(from))).await.unwrap();
        for class in Class::STORED {
            let config = consumer_of(&id(from), &id(to), class);
            context.create_consumer_on_stream(config, stream(&id(from))).await.unwrap();
        }
    }
    let operated = |name| Settings { make_streams: false, ..login(&server, name) };
    let a = Space::start(&operated("1"), 1, &[2]);
    let b = Space::start(&operated("2"), 2, &[1]);
    a.reaches(2, 1).await;
    b.reaches(1, 1).await;
    for (from, to, n) in [(&a, &b, 2), (&b, &a, 1)] {
        from.entry(n, "an entry");
        assert!(from.send(n, Class::Pieces, "a piece"));
        assert!(from.send(n, Class::Signals, "a signal"));
        to.hears(b"an entry").await;
        to.hears(b"a piece").await;
        to.until("the signal", || to.inbox().signals == [b"a signal"]).await;
    }
    meanwhile(ACK_WAIT.as_secs() * 1_000 + 500).await;
    for space in [&a, &b] {
        assert_eq!(space.status().trouble, None);
        assert_eq!(space.heard(b"an entry"), 1, "what is durable may be acknowledged");
    }
    assert_eq!(context.get_stream(stream(&id(1))).await.unwrap().cached_info().state.messages, 0);
}

#[tokio::test]
async fn a_publish_that_is_denied_is_shown_as_that_until_it_is_allowed() {
    let denied = subject(&id(1), &id(2), Class::Entries);
    let server = Server::configured(&users(&format!("publish: {{ deny: \"{denied}\" }}")));
    let a = Space::start(&login(&server, "1"), 1, &[2, 3]);
    let b = Space::start(&login(&server, "2"), 2, &[1]);
    let c = Space::start(&login(&server, "3"), 3, &[1]);
    a.reaches(3, 1).await;
    a.untroubled().await;
    a.entry(2, "denied");
    a.troubled_by("Permissions Violation").await;
    assert!(a.trouble().contains(&denied), "{}", a.trouble());
    a.until("given up", || a.status().not_stored == 1).await;
    // The rest goes on.
    a.gets_through(&c, b"to another").await;
    assert!(a.send(2, Class::Pieces, "a piece"));
    b.hears(b"a piece").await;

    server.configure(&users(""));
    server.reload();
    a.gets_through(&b, b"allowed").await;
    a.untroubled().await;
    assert_eq!(b.heard(b"denied"), 0);
}

#[tokio::test]
async fn a_peer_that_may_not_be_written_to_holds_up_nobody_else() {
    let denied = subject(&id(1), &id(2), Class::Entries);
    let server = Server::configured(&users(&format!("publish: {{ deny: \"{denied}\" }}")));
    let a = Space::start(&login(&server, "1"), 1, &[2, 3]);
    let c = Space::start(&login(&server, "3"), 3, &[1]);
    a.reaches(3, 1).await;
    // Without an answer to any of these: more than a minute, if each were waited for.
    for _ in 0..3_000 {
        a.entry(2, "denied");
    }
    a.entry(3, "allowed");
    c.hears(b"allowed").await;
    a.until("all given up", || a.status().not_stored == 3_000).await;
}

#[tokio::test]
async fn what_may_be_heard_again_is_heard_again_without_a_restart() {
    let signals = subject(&id(2), &id(1), Class::Signals);
    let server = Server::configured(&users(&format!("subscribe: {{ deny: \"{signals}\" }}")));
    let deaf = Space::start(&login(&server, "1"), 1, &[2]);
    let b = Space::start(&login(&server, "2"), 2, &[1]);
    deaf.troubled_by("Permissions Violation for Subscription").await;
    assert!(deaf.trouble().contains(&signals), "{}", deaf.trouble());
    b.gets_through(&deaf, b"an entry").await;
    server.configure(&users(""));
    server.reload();
    let told = || b.send(1, Class::Signals, "a signal") && !deaf.inbox().signals.is_empty();
    deaf.until("signals", told).await;
    assert_eq!(deaf.status().connections, 1);
}

#[tokio::test]
async fn answers_that_may_be_heard_again_are_heard_again_without_a_restart() {
    let answers = format!("{}.>", inbox(&id(1)));
    let server = Server::configured(&users(&format!("subscribe: {{ deny: \"{answers}\" }}")));
    let a = Space::start(&login(&server, "1"), 1, &[2]);
    let b = Space::start(&login(&server, "2"), 2, &[1]);
    a.troubled_by("Permissions Violation for Subscription").await;
    server.configure(&users(""));
    server.reload();
    a.gets_through(&b, b"to").await;
    b.gets_through(&a, b"from").await;
    a.untroubled().await;
}

#[tokio::test]
async fn an_envelope_that_is_too_large_for_the_server_is_named_and_the_rest_goes_on() {
    let server = Server::configured("max_payload: 65536");
    let a = Space::start(&server.settings(), 1, &[2]);
    let b = Space::start(&server.settings(), 2, &[1]);
    a.reaches(2, 1).await;
    assert_eq!(a.inbox().connected, [(id(2), 65_536)]);
    a.entry(2, "before");
    a.entry(2, vec![7; ENVELOPE_BYTES_MAX]);
    a.entry(2, "after");
    b.hears(b"before").await;
    b.hears(b"after").await;
    a.troubled_by("too large").await;
    assert!(a.trouble().contains("65536"), "{}", a.trouble());
    assert_eq!((a.status().stored, a.status().not_stored), (2, 1));
    assert!(a.status().connected);
    // A signal is bounded by the same, and takes no connection with it.
    assert!(a.send(2, Class::Signals, vec![7; 100_000]));
    meanwhile(200).await;
    a.gets_through(&b, b"still there").await;
    assert_eq!(a.status().connections, 1);
}

#[tokio::test]
async fn a_server_without_jetstream_is_named_as_the_trouble() {
    let server = Server::configured("# no jetstream");
    let a = Space::start(&server.settings(), 1, &[2]);
    a.troubled_by("cannot be made").await;
    assert!(a.status().connected);
    a.entry(2, "nowhere to go");
    a.until("not stored", || a.status().not_stored == 1).await;
    // Signals need no store.
    let b = Space::start(&server.settings(), 2, &[1]);
    b.reaches(1, 1).await;
    assert!(a.send(2, Class::Signals, "a signal"));
    b.until("the signal", || !b.inbox().signals.is_empty()).await;
}
