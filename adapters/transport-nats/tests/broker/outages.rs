//! Servers that die, freeze, forget, or are cut off: everything goes on by itself.

use crate::proxy::Proxy;
use crate::server::Server;
use crate::space::{Habit, PATIENCE, Space, id, meanwhile, pair};
use std::io::Write as _;
use std::time::{Duration, Instant};
use transport_nats::{Class, stream};

fn told(what: &str, took: Duration) {
    let _ = writeln!(std::io::stderr(), "{what}: {} ms", took.as_millis());
    assert!(took < PATIENCE, "{what}: {took:?}");
}

#[tokio::test]
async fn a_server_that_was_killed_and_comes_again_goes_on() {
    let mut server = Server::start();
    let (a, b) = pair(&server.settings()).await;
    a.peers(&[2, 3]);
    a.reaches(3, 1).await;
    a.entry(3, "waits");
    a.until("stored", || a.status().stored == 1).await;
    server.kill();
    a.until("noticed", || !a.status().connected).await;
    a.troubled_by("cannot be reached").await;
    server.run();
    let began = Instant::now();
    a.gets_through(&b, b"after the kill").await;
    told("through again after a kill", began.elapsed());
    a.untroubled().await;
    a.reaches(2, 2).await;
    b.reaches(1, 2).await;
    let late = Space::start(&server.settings(), 3, &[1]);
    late.hears(b"waits").await;
    assert_eq!(a.status().connections, 2);
}

#[tokio::test]
async fn a_server_that_has_lost_its_store_is_set_up_anew_by_both_sides() {
    let mut server = Server::start();
    let (a, b) = pair(&server.settings()).await;
    server.kill();
    server.wipe();
    server.run();
    let began = Instant::now();
    a.reaches(2, 2).await;
    b.reaches(1, 2).await;
    a.gets_through(&b, b"one way").await;
    b.gets_through(&a, b"the other way").await;
    told("through again after the store was lost", began.elapsed());
    assert!(a.send(2, Class::Pieces, "a piece"));
    b.hears(b"a piece").await;
    a.untroubled().await;
    b.untroubled().await;
}

#[tokio::test]
async fn a_stream_that_somebody_deletes_is_made_anew() {
    let server = Server::start();
    let (a, b) = pair(&server.settings()).await;
    a.entry(2, "before");
    b.hears(b"before").await;
    server.operator().await.delete_stream(stream(&id(1))).await.unwrap();
    let began = Instant::now();
    a.gets_through(&b, b"after").await;
    told("through again after a stream was deleted", began.elapsed());
}

#[tokio::test]
async fn a_connection_that_is_cut_is_made_again() {
    let server = Server::start();
    let proxy = Proxy::before(server.port());
    let a = Space::start(&proxy.settings(), 1, &[2]);
    let b = Space::start(&server.settings(), 2, &[1]);
    a.reaches(2, 1).await;
    for round in 2..5 {
        proxy.cut();
        a.reaches(2, round).await;
        a.gets_through(&b, format!("to {round}").as_bytes()).await;
        b.gets_through(&a, format!("from {round}").as_bytes()).await;
    }
    assert_eq!(b.status().connections, 1);
}

#[tokio::test]
async fn a_half_open_connection_is_noticed_and_left() {
    let server = Server::start();
    let proxy = Proxy::before(server.port());
    let a = Space::start(&proxy.settings(), 1, &[2]);
    let b = Space::start(&server.settings(), 2, &[1]);
    a.reaches(2, 1).await;
    a.gets_through(&b, b"before").await;
    let before = proxy.accepted();
    proxy.silence(true);
    let began = Instant::now();
    a.until("noticed", || !a.status().connected).await;
    told("a half-open connection was noticed", began.elapsed());
    // Not by an end of the old one: the way through is a new connection.
    a.until("another try", || proxy.accepted() > before).await;
    proxy.silence(false);
    a.gets_through(&b, b"to").await;
    b.gets_through(&a, b"from").await;
    told("through again after it", began.elapsed());
}

#[tokio::test]
async fn a_frozen_server_is_noticed_and_goes_on_when_it_wakes() {
    let server = Server::start();
    let (a, b) = pair(&server.settings()).await;
    server.freeze();
    let began = Instant::now();
    a.until("noticed", || !a.status().connected).await;
    told("a frozen server was noticed", began.elapsed());
    assert!(a.status().trouble.is_some());
    server.thaw();
    a.gets_through(&b, b"awake").await;
    a.untroubled().await;
}

#[tokio::test]
async fn a_time_out_does_not_mean_that_it_was_not_stored() {
    let server = Server::start();
    let (a, b) = pair(&server.settings()).await;
    server.freeze();
    a.entry(2, "was it stored");
    a.until("given up", || a.status().not_stored == 1).await;
    assert!(a.status().connected, "it is the answer that is late, not the connection");
    server.thaw();
    b.hears(b"was it stored").await;
    // The protocol could not know and sends it again: a duplicate, which harms nobody.
    a.entry(2, "was it stored");
    b.until("both", || b.heard(b"was it stored") == 2).await;
    a.untroubled().await;
}

#[tokio::test]
async fn a_server_that_is_not_there_yet_is_waited_for() {
    let mut server = Server::absent();
    let a = Space::start(&server.settings(), 1, &[2]);
    let b = Space::start(&server.settings(), 2, &[1]);
    a.troubled_by("refused").await;
    assert!(a.trouble().contains(&server.port().to_string()), "{}", a.trouble());
    assert!(!a.status().connected);
    a.entry(2, "too early");
    a.until("not stored", || a.status().not_stored == 1).await;
    assert!(a.inbox().connected.is_empty());
    server.run();
    a.reaches(2, 1).await;
    a.gets_through(&b, b"in time").await;
    a.untroubled().await;
    assert!(a.status().server.is_some_and(|server| server.contains("2.")));
}

#[tokio::test]
async fn a_name_that_leads_nowhere_is_named_as_the_trouble() {
    let settings = transport_nats::Settings::plain("nats://nowhere.invalid:4222");
    let a = Space::start(&settings, 1, &[2]);
    a.troubled_by("name").await;
}

#[tokio::test]
async fn what_waits_with_a_recipient_outlives_the_server() {
    let mut server = Server::start();
    let (a, b) = pair(&server.settings()).await;
    b.habit(Habit::Hold);
    a.entry(2, "in hand");
    b.hears(b"in hand").await;
    server.kill();
    server.run();
    b.reaches(1, 2).await;
    // Told over the new connection, of which the server knows nothing: late, or again.
    b.habit(Habit::Keep);
    let held = std::mem::take(&mut b.inbox().held);
    held.into_iter().for_each(transport_nats::Taken::durable);
    meanwhile(200).await;
    a.gets_through(&b, b"goes on").await;
    assert!((1..=2).contains(&b.heard(b"in hand")));
}
