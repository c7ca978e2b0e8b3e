//! Too much of one thing: it holds up nothing else, and does not grow without end.

use crate::server::Server;
use crate::space::{Habit, PATIENCE, Space, id, meanwhile, pair};
use async_nats::jetstream::stream::Config;
use schema::limits::ENVELOPE_BYTES_MAX;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;
use transport_nats::{Class, stream, stream_of};

const PIECE_BYTES: usize = 256 * 1024;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entries_arrive_amid_a_flood_of_pieces() {
    let server = Server::start();
    let (a, b) = pair(&server.settings()).await;
    let (offered, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let flood = || {
        // As fast as there is room: the queue of pieces is never empty.
        while offered.load(Ordering::Relaxed) < 10_000 {
            if !a.send(2, Class::Pieces, vec![7; PIECE_BYTES]) {
                refused.fetch_add(1, Ordering::Relaxed);
                return;
            }
            offered.fetch_add(1, Ordering::Relaxed);
        }
    };
    for n in 0..200 {
        flood();
        let entry = format!("entry {n}");
        a.entry(2, entry.clone());
        b.until("an entry", || {
            flood();
            b.heard(entry.as_bytes()) > 0
        })
        .await;
    }
    let entries = 200;
    let pieces = b.inbox().stored.len() - entries;
    assert!(refused.load(Ordering::Relaxed) > 0, "there was no flood");
    b.until("pieces go on as well", || b.inbox().stored.len() > entries).await;
    // An entry waits for a few pieces that are on their way, never for all that were offered.
    assert!(pieces < entries * 64, "{pieces} pieces before {entries} entries");
}

#[tokio::test]
async fn pieces_that_nobody_takes_hold_up_no_entries() {
    let server = Server::start();
    let (a, b) = pair(&server.settings()).await;
    b.habit(Habit::Hold);
    for _ in 0..100 {
        let _ = a.send(2, Class::Pieces, vec![7; 1024]);
    }
    b.until("some pieces", || b.inbox().stored.len() >= 16).await;
    b.habit(Habit::Keep);
    for n in 0..100 {
        a.entry(2, format!("entry {n}"));
        b.hears(format!("entry {n}").as_bytes()).await;
    }
}

#[tokio::test]
async fn a_server_that_takes_nothing_makes_no_carrier_grow() {
    let server = Server::start();
    let a = Space::start(&server.settings(), 1, &[2]);
    a.reaches(2, 1).await;
    server.freeze();
    let taken = (0..4_000).filter(|_| a.send(2, Class::Entries, vec![7; PIECE_BYTES])).count();
    let megabytes = taken * PIECE_BYTES / 1024 / 1024;
    assert!(megabytes < 200, "{megabytes} of 1000 MB were taken in");
    assert!(a.status().not_stored >= 3_000);
    server.thaw();
}

#[tokio::test]
async fn what_is_larger_than_any_envelope_never_reaches_a_space() {
    let server = Server::configured("max_payload: 2097152");
    let operator = server.operator().await;
    // A stream that somebody has made for others, without a limit.
    let config = Config { max_message_size: -1, ..stream_of(&id(1)) };
    operator.create_stream(config).await.unwrap();
    let (a, b) = pair(&server.settings()).await;
    let large = vec![7; ENVELOPE_BYTES_MAX + 1];
    for class in [Class::Entries, Class::Pieces, Class::Signals] {
        assert!(a.send(2, class, large.clone()));
    }
    a.gets_through(&b, b"an entry").await;
    b.until("three are counted", || b.status().misplaced == 3).await;
    assert!(b.inbox().stored.iter().all(|stored| stored == b"an entry"));
    assert!(b.inbox().signals.is_empty());
    // Nor does it stay on the server.
    let stream = operator.get_stream(stream(&id(1))).await.unwrap();
    let kept = async || stream.get_info().await.unwrap().state.messages;
    let began = Instant::now();
    while kept().await > 0 {
        assert!(began.elapsed() < PATIENCE);
        meanwhile(20).await;
    }
}
