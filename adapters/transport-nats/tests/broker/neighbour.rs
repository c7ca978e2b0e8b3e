//! Another user of the same server, with the permissions of a space: what it tries with the others'
//! is denied by a real server, and nobody notices anything.

use crate::permissions::{least, login};
use crate::server::Server;
use crate::space::{Space, id, until};
use async_nats::{Client, Event};
use std::sync::{Arc, Mutex};
use transport_nats::{Class, Settings, consumer, consumer_of, inbox, stream, stream_of, subject};

#[tokio::test]
async fn t27_another_user_of_the_server_can_neither_take_nor_add_nor_remove_nor_hear() {
    let users = [least(1, 2), least(2, 1), least(3, 1)].join(", ");
    let server = Server::configured(&format!(
        "authorization {{ users: [ {users}, {{ user: operator, password: p }} ] }}"
    ));
    make(&server).await;
    let operated = |name| Settings { make_streams: false, ..login(&server, name) };
    let a = Space::start(&operated("1"), 1, &[2]);
    a.reaches(2, 1).await;
    a.entry(2, "for the second");
    a.until("it waits", || a.status().stored == 1).await;

    let (neighbour, denials) = neighbour(&server).await;
    for subject in unpublishable() {
        neighbour.publish(subject.clone(), "x".into()).await.unwrap();
        neighbour.flush().await.unwrap();
        let denied = format!("Publish to \"{subject}\"");
        let known = || denials.lock().unwrap().clone();
        until(&denied, known, || known().iter().any(|said| said.contains(&denied))).await;
    }
    for subject in unhearable() {
        let _heard = neighbour.subscribe(subject.clone()).await.unwrap();
        neighbour.flush().await.unwrap();
        let denied = format!("Subscription to \"{subject}\"");
        let known = || denials.lock().unwrap().clone();
        until(&denied, known, || known().iter().any(|said| said.contains(&denied))).await;
    }

    let b = Space::start(&operated("2"), 2, &[1]);
    b.hears(b"for the second").await;
    assert_eq!(b.inbox().stored.len(), 1, "and nothing else");
    assert!(b.inbox().signals.is_empty());
    a.gets_through(&b, b"goes on").await;
    for space in [&a, &b] {
        assert_eq!((space.status().trouble, space.status().misplaced), (None, 0));
    }
}

/// What the operator makes for the first two.
async fn make(server: &Server) {
    let operator = async_nats::ConnectOptions::new()
        .user_and_password("operator".to_owned(), "p".to_owned())
        .connect(server.address())
        .await
        .map(async_nats::jetstream::new)
        .unwrap();
    for (from, to) in [(1, 2), (2, 1)] {
        operator.create_stream(stream_of(&id(from))).await.unwrap();
        for class in Class::STORED {
            let config = consumer_of(&id(from), &id(to), class);
            operator.create_consumer_on_stream(config, stream(&id(from))).await.unwrap();
        }
    }
}

/// The third user, and what the server has denied it.
async fn neighbour(server: &Server) -> (Client, Arc<Mutex<Vec<String>>>) {
    let denials = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&denials);
    let client = async_nats::ConnectOptions::new()
        .user_and_password("3".to_owned(), "p".to_owned())
        .custom_inbox_prefix(inbox(&id(3)))
        .event_callback(move |event| {
            if let Event::ServerError(error) = event {
                told.lock().unwrap().push(error.to_string());
            }
            async {}
        })
        .connect(server.address())
        .await
        .unwrap();
    (client, denials)
}

/// What would add, take, remove, or send elsewhere what is not its own.
pub(crate) fn unpublishable() -> Vec<String> {
    let (own, name) = (stream(&id(1)), consumer(&id(2), Class::Entries));
    let mut subjects =
        vec![format!("{}.forged", inbox(&id(1))), format!("$JS.ACK.{own}.{name}.1.1.1.1.0")];
    for class in [Class::Entries, Class::Pieces, Class::Signals] {
        subjects.push(subject(&id(1), &id(2), class));
        subjects.push(subject(&id(2), &id(1), class));
    }
    let requests = [
        format!("STREAM.CREATE.{}", stream(&id(3))),
        format!("STREAM.UPDATE.{own}"),
        format!("STREAM.PURGE.{own}"),
        format!("STREAM.DELETE.{own}"),
        format!("STREAM.MSG.GET.{own}"),
        format!("STREAM.MSG.DELETE.{own}"),
        format!("STREAM.SNAPSHOT.{own}"),
        format!("DIRECT.GET.{own}"),
        format!("CONSUMER.CREATE.{own}"),
        format!("CONSUMER.CREATE.{own}.{name}.{}", subject(&id(1), &id(2), Class::Entries)),
        format!("CONSUMER.DURABLE.CREATE.{own}.mine"),
        format!("CONSUMER.DELETE.{own}.{name}"),
        format!("CONSUMER.MSG.NEXT.{own}.{name}"),
    ];
    subjects.extend(requests.map(|request| format!("$JS.API.{request}")));
    subjects
}

/// What would tell it of others.
pub(crate) fn unhearable() -> Vec<String> {
    vec![
        ">".to_owned(),
        "interspace.v1.>".to_owned(),
        subject(&id(1), &id(2), Class::Signals),
        subject(&id(1), &id(2), Class::Entries),
        "_INBOX.>".to_owned(),
        format!("{}.>", inbox(&id(1))),
        "$JS.ACK.>".to_owned(),
    ]
}
