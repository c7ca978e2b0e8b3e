//! A hostile user of a planned server, itself in the plan: what it tries against others fails.

use crate::neighbour::{unhearable, unpublishable};
use crate::planned::{Denials, Planned};
use crate::server::Server;
use crate::space::{Space, id, until};
use async_nats::jetstream::Context;
use async_nats::{Client, HeaderMap};
use transport_nats::{
    Class, WAITING_MAX, consumer, consumer_of, inbox, stream, stream_of, subject,
};

/// What the third user sends so that somebody answers, with bodies that are answered differently.
fn answered() -> Vec<(String, &'static str)> {
    let (theirs, ours) = (stream(&id(1)), consumer(&id(3), Class::Entries));
    let next = format!("$JS.API.CONSUMER.MSG.NEXT.{theirs}.{ours}");
    vec![
        (subject(&id(3), &id(1), Class::Entries), "x"),
        (format!("$JS.API.STREAM.INFO.{}", stream(&id(3))), ""),
        (format!("$JS.API.CONSUMER.INFO.{theirs}.{ours}"), ""),
        (format!("$JS.ACK.{theirs}.{ours}.1.9.9.1.0"), "+ACK"),
        ("$SYS.REQ.USER.INFO".to_owned(), ""),
        ("$JS.API.INFO".to_owned(), ""),
        (next.clone(), "{"),
        (next.clone(), "{\"batch\":1,\"no_wait\":true}"),
        (next, "1"),
    ]
}

/// Where an answer would do something.
fn addresses() -> Vec<String> {
    let (own, name) = (stream(&id(1)), consumer(&id(2), Class::Entries));
    vec![
        format!("$JS.API.STREAM.DELETE.{own}"),
        format!("$JS.API.STREAM.PURGE.{own}"),
        format!("$JS.API.STREAM.CREATE.{}", stream(&id(9))),
        format!("$JS.API.CONSUMER.DELETE.{own}.{name}"),
        format!("$JS.API.CONSUMER.MSG.NEXT.{own}.{name}"),
        subject(&id(1), &id(2), Class::Entries),
        subject(&id(1), &id(2), Class::Signals),
        format!("{}.1", inbox(&id(2))),
    ]
}

/// Streams, consumers and messages, as the operator sees them.
async fn held(operator: &Context) -> Vec<(String, u64, usize)> {
    let mut held = Vec::new();
    for n in [1, 2] {
        let of = operator.get_stream(stream(&id(n))).await.unwrap();
        let info = of.cached_info();
        held.push((info.config.name.clone(), info.state.messages, info.state.consumer_count));
    }
    held
}

/// Asks for something that is answered in order, so that all before it is over.
async fn over(client: &Client) {
    let own = subject(&id(3), &id(3), Class::Signals);
    let _ = client.request(own, "".into()).await;
}

#[tokio::test]
async fn t27_no_answer_to_a_user_of_a_planned_server_becomes_a_request() {
    let planned = Planned::start().await;
    let (operator, _) = planned.client("operator", "_INBOX.operator").await;
    let operator = async_nats::jetstream::new(operator);
    let (a, b) = (planned.space(1, &[2]), planned.space(2, &[]));
    a.reaches(2, 1).await;
    for n in 0..3 {
        a.entry(2, format!("{n}"));
    }
    a.until("they wait", || a.status().stored == 3).await;
    let before = held(&operator).await;
    let (hostile, _) = planned.client("3", &inbox(&id(3))).await;
    for (asked, body) in answered() {
        for address in addresses() {
            hostile.publish_with_reply(asked.clone(), address, body.into()).await.unwrap();
        }
        over(&hostile).await;
        assert_eq!(held(&operator).await, before, "{asked} {body}");
    }
    b.peers(&[1]);
    for n in 0..3 {
        b.hears(format!("{n}").as_bytes()).await;
    }
    assert_eq!(b.inbox().stored.len(), 3, "and nothing else");
    assert!(b.inbox().signals.is_empty(), "and nothing else");
}

/// Why the plan keeps users and streams apart: this is what happens otherwise. If a server ever
/// looks at the address of an answer, this test is the first to say so.
#[tokio::test]
async fn t27_where_users_and_streams_share_an_account_an_answer_deletes_a_stream() {
    let next = format!(
        "$JS.API.CONSUMER.MSG.NEXT.{}.{}",
        stream(&id(1)),
        consumer(&id(3), Class::Entries)
    );
    let least = format!("permissions: {{ publish: {{ allow: [{next:?}] }} }}");
    let server = Server::configured(&format!(
        "authorization {{ users: [ {{ user: \"3\", password: p, {least} }},
         {{ user: operator, password: p }} ] }}"
    ));
    let connect = async |name: &str| {
        let login = async_nats::ConnectOptions::new();
        let login = login.user_and_password(name.to_owned(), "p".to_owned());
        login.connect(server.address()).await.unwrap()
    };
    let operator = async_nats::jetstream::new(connect("operator").await);
    operator.create_stream(stream_of(&id(1))).await.unwrap();
    let config = consumer_of(&id(1), &id(3), Class::Entries);
    operator.create_consumer_on_stream(config, stream(&id(1))).await.unwrap();
    let hostile = connect("3").await;
    let address = format!("$JS.API.STREAM.DELETE.{}", stream(&id(1)));
    hostile.publish_with_reply(next, address, "{".into()).await.unwrap();
    hostile.flush().await.unwrap();
    let began = std::time::Instant::now();
    while operator.get_stream(stream(&id(1))).await.is_ok() {
        assert!(began.elapsed() < crate::space::PATIENCE, "servers look at it by now");
    }
}

#[tokio::test]
async fn t27_another_user_of_a_planned_server_can_neither_take_nor_add_nor_remove_nor_hear() {
    let planned = Planned::start().await;
    let a = planned.space(1, &[2]);
    a.reaches(2, 1).await;
    a.entry(2, "for the second");
    a.until("it waits", || a.status().stored == 1).await;
    let (hostile, denials) = planned.client("3", &inbox(&id(3))).await;
    let told = async |what: String| {
        let said = |denials: &Denials| denials.all().iter().any(|said| said.contains(&what));
        until(&what, || denials.all(), || said(&denials)).await;
    };
    for subject in unpublishable() {
        hostile.publish(subject.clone(), "x".into()).await.unwrap();
        told(format!("Publish to \"{subject}\"")).await;
    }
    for subject in unhearable() {
        let _heard = hostile.subscribe(subject.clone()).await.unwrap();
        told(format!("Subscription to \"{subject}\"")).await;
    }
    let b = planned.space(2, &[1]);
    b.hears(b"for the second").await;
    a.gets_through(&b, b"goes on").await;
    assert!(b.inbox().signals.is_empty());
    for space in [&a, &b] {
        assert_eq!((space.status().trouble, space.status().misplaced), (None, 0));
    }
}

#[tokio::test]
async fn t27_neither_the_ids_of_messages_nor_their_number_reach_over_to_others() {
    let planned = Planned::start().await;
    let (hostile, _) = planned.client("3", &inbox(&id(3))).await;
    let (first, _) = planned.client("1", &inbox(&id(1))).await;
    let mut headers = HeaderMap::new();
    headers.insert("Nats-Msg-Id", "the same");
    let [theirs, ours] = [(3, 1), (1, 2)].map(|(a, b)| subject(&id(a), &id(b), Class::Entries));
    for (client, subject) in [(&hostile, theirs), (&first, ours)] {
        let stored = client.request_with_headers(subject, headers.clone(), "x".into()).await;
        let stored = String::from_utf8(stored.unwrap().payload.to_vec()).unwrap();
        assert!(stored.contains("seq") && !stored.contains("duplicate"), "{stored}");
    }
    let full = Space::start(&planned.settings("3"), 3, &[1]);
    full.reaches(1, 1).await;
    let many = 2 * WAITING_MAX.unsigned_abs();
    for n in 0..many {
        full.entry(1, format!("{n}"));
    }
    let answered = || full.status().stored + full.status().not_stored == many;
    full.until("an answer for each", answered).await;
    let (a, b) = (planned.space(1, &[2]), planned.space(2, &[1]));
    a.gets_through(&b, b"there is room").await;
    assert_eq!(b.heard(b"x"), 1, "what waited still did");
}

#[tokio::test]
async fn t18_names_that_look_like_configuration_stay_comments() {
    // The names of the spaces hold quotes, braces, a hash and a variable: the server started, and
    // has the accounts of the plan and no others.
    let planned = Planned::start().await;
    let text = planned.plan.configuration();
    let named: Vec<_> = text.lines().filter(|line| line.contains("$X")).collect();
    assert_eq!(named.len(), 3);
    assert!(named.iter().all(|line| line.trim_start().starts_with("# ")), "{named:?}");
}
