//! Carriers that end, in order or not: nothing is left behind.

use crate::proxy::Proxy;
use crate::server::Server;
use crate::space::{PATIENCE, Space, id, meanwhile, pair, until};
use std::time::Duration;
use tokio::runtime::Handle;
use transport_nats::{Class, stream};

#[tokio::test]
async fn a_stop_lets_what_was_sent_before_reach_the_server() {
    let server = Server::start();
    let (mut a, b) = pair(&server.settings()).await;
    a.peers(&[2, 3]);
    a.reaches(3, 1).await;
    for n in 0..200 {
        a.entry(3, vec![7; 20_000]);
        // Not more than may wait in a subscription at once.
        assert!(n >= 100 || a.send(2, Class::Signals, format!("{n}")));
    }
    a.stop().await;
    let held = server.operator().await.get_stream(stream(&id(1))).await.unwrap();
    assert_eq!(held.get_info().await.unwrap().state.messages, 200);
    b.until("all signals", || b.inbox().signals.len() == 100).await;
}

#[tokio::test]
async fn a_stop_ends_with_any_server() {
    let server = Server::start();
    let (mut a, mut b) = pair(&server.settings()).await;
    let mut nowhere = Space::start(&Server::absent().settings(), 3, &[1]);
    server.freeze();
    for _ in 0..300 {
        let _ = a.send(2, Class::Entries, vec![7; 100_000]);
    }
    let all = async {
        tokio::join!(a.stop(), b.stop(), nowhere.stop());
    };
    tokio::time::timeout(PATIENCE, all).await.expect("a stop that ends");
    server.thaw();
}

#[tokio::test]
async fn a_carrier_that_is_dropped_leaves_no_task() {
    let server = Server::start();
    let before = Handle::current().metrics().num_alive_tasks();
    let (mut a, mut b) = pair(&server.settings()).await;
    a.gets_through(&b, b"alive").await;
    a.drop_carrier();
    b.stop().await;
    let alive = || Handle::current().metrics().num_alive_tasks();
    until(&"no task", alive, || alive() <= before).await;
}

#[tokio::test]
async fn a_carrier_that_is_dropped_without_a_server_tries_no_more() {
    let server = Server::absent();
    let proxy = Proxy::before(server.port());
    let mut a = Space::start(&proxy.settings(), 1, &[2]);
    a.until("tries", || proxy.accepted() >= 3).await;
    a.drop_carrier();
    meanwhile(100).await;
    let tried = proxy.accepted();
    meanwhile(Duration::from_secs(4).as_millis().try_into().unwrap()).await;
    assert!(proxy.accepted() <= tried + 1, "one may have been under way");
}
