//! Servers whose operator makes streams and consumers, and may make them wrong.

use crate::server::Server;
use crate::space::{Habit, Space, id, meanwhile, pair};
use async_nats::jetstream::Context;
use async_nats::jetstream::consumer::pull;
use futures_util::StreamExt as _;
use transport_nats::{Class, Settings, consumer, consumer_of, stream, stream_of, subject};

fn operated(server: &Server) -> Settings {
    Settings { make_streams: false, ..server.settings() }
}

async fn make(operator: &Context, from: u8, to: u8) {
    operator.create_stream(stream_of(&id(from))).await.unwrap();
    for class in Class::STORED {
        let config = consumer_of(&id(from), &id(to), class);
        operator.create_consumer_on_stream(config, stream(&id(from))).await.unwrap();
    }
}

#[tokio::test]
async fn what_an_operator_has_not_made_is_named_and_nothing_is_made() {
    let server = Server::start();
    let a = Space::start(&operated(&server), 1, &[2]);
    let b = Space::start(&operated(&server), 2, &[1]);
    a.troubled_by(&format!(
        "{} of the stream {}",
        consumer(&id(1), Class::Entries),
        stream(&id(2))
    ))
    .await;
    a.reaches(2, 1).await;
    a.entry(2, "nowhere to go");
    a.until("not stored", || a.status().not_stored == 1).await;
    meanwhile(500).await;
    let operator = server.operator().await;
    assert_eq!(operator.stream_names().count().await, 0);

    make(&operator, 2, 1).await;
    a.troubled_by(&format!("the stream {} is not there", stream(&id(1)))).await;
    make(&operator, 1, 2).await;
    a.gets_through(&b, b"to").await;
    b.gets_through(&a, b"from").await;
    a.untroubled().await;
    b.untroubled().await;
    assert_eq!(operator.stream_names().count().await, 2);
}

#[tokio::test]
async fn a_consumer_that_leads_elsewhere_delivers_nothing_foreign() {
    let server = Server::start();
    let operator = server.operator().await;
    operator.create_stream(stream_of(&id(1))).await.unwrap();
    // What is for the third space comes to the second.
    let config = pull::Config {
        filter_subject: subject(&id(1), &id(3), Class::Entries),
        ..consumer_of(&id(1), &id(2), Class::Entries)
    };
    operator.create_consumer_on_stream(config, stream(&id(1))).await.unwrap();
    let b = Space::start(&operated(&server), 2, &[1]);
    let a = Space::start(&server.settings(), 1, &[3]);
    a.reaches(3, 1).await;
    for n in 0..5 {
        a.entry(3, format!("for the third {n}"));
    }
    b.until("misplaced", || b.status().misplaced >= 5).await;
    assert!(b.inbox().stored.is_empty());
    assert_eq!(b.status().taken, 0);
}

#[tokio::test]
async fn a_consumer_that_is_deleted_is_made_anew() {
    let server = Server::start();
    let (a, b) = pair(&server.settings()).await;
    a.gets_through(&b, b"before").await;
    let operator = server.operator().await;
    let name = consumer(&id(2), Class::Entries);
    operator.delete_consumer_from_stream(name, stream(&id(1))).await.unwrap();
    a.gets_through(&b, b"after").await;
}

#[tokio::test]
async fn two_carriers_of_one_space_share_and_lose_nothing() {
    let server = Server::start();
    let (a, b) = pair(&server.settings()).await;
    let twin = Space::start(&server.settings(), 2, &[1]);
    twin.reaches(1, 1).await;
    twin.habit(Habit::Keep);
    for n in 0..200 {
        a.entry(2, format!("{n}"));
    }
    let heard = |n: usize| {
        let envelope = format!("{n}");
        b.heard(envelope.as_bytes()) + twin.heard(envelope.as_bytes()) > 0
    };
    b.until("all", || (0..200).all(heard)).await;
}
