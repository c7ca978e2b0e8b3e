//! What is sent arrives, as it was, until it is durable, and not after that.

use crate::server::Server;
use crate::space::{Habit, Space, id, meanwhile, pair};
use schema::limits::ENVELOPE_BYTES_MAX;
use transport_nats::{ACK_WAIT, Class};

const ACK_WAIT_MS: u64 = ACK_WAIT.as_secs() * 1_000;

#[tokio::test]
async fn identical_envelopes_are_all_stored_and_delivered_from_one_peer_and_from_two() {
    let server = Server::start();
    let one = Space::start(&server.settings(), 1, &[3]);
    let two = Space::start(&server.settings(), 2, &[3]);
    let three = Space::start(&server.settings(), 3, &[1, 2]);
    one.reaches(3, 1).await;
    two.reaches(3, 1).await;
    for _ in 0..3 {
        one.entry(3, "the same");
        two.entry(3, "the same");
    }
    three.until("six", || three.heard(b"the same") == 6).await;
    // The word that it is stored may come after it.
    one.until("all are stored", || one.status().stored == 3).await;
    two.until("all are stored", || two.status().stored == 3).await;
    assert_eq!(three.status().taken, 6);
}

#[tokio::test]
async fn envelopes_of_every_size_arrive_as_they_were() {
    let server = Server::start();
    let (a, b) = pair(&server.settings()).await;
    // Together more than one pull takes, so that some end for their bytes.
    let mut sizes = vec![0, 1, 100, 64 * 1024, 256 * 1024];
    sizes.extend([ENVELOPE_BYTES_MAX; 20]);
    let envelope = |n: usize, size: usize| -> Vec<u8> {
        (0..size).map(|i| u8::try_from((i * 7 + n) % 251).unwrap()).collect()
    };
    let sent: Vec<_> = sizes.iter().enumerate().map(|(n, size)| envelope(n, *size)).collect();
    for each in &sent {
        a.entry(2, each.clone());
    }
    b.until("all", || sent.iter().all(|each| b.heard(each) > 0)).await;
    assert_eq!(a.status().not_stored, 0);
}

#[tokio::test]
async fn entries_pieces_and_signals_go_both_ways() {
    let server = Server::start();
    let (a, b) = pair(&server.settings()).await;
    for (from, to, n) in [(&a, &b, 2), (&b, &a, 1)] {
        from.entry(n, "an entry");
        assert!(from.send(n, Class::Pieces, "a piece"));
        assert!(from.send(n, Class::Signals, "a signal"));
        to.hears(b"an entry").await;
        to.hears(b"a piece").await;
        to.until("the signal", || to.inbox().signals == [b"a signal"]).await;
    }
}

#[tokio::test]
async fn what_was_taken_and_is_not_durable_is_delivered_again() {
    let server = Server::start();
    let (a, b) = pair(&server.settings()).await;
    b.habit(Habit::Forget);
    a.entry(2, "forgotten");
    b.hears(b"forgotten").await;
    b.habit(Habit::Keep);
    b.until("once more", || b.heard(b"forgotten") >= 2).await;
}

#[tokio::test]
async fn what_was_not_durable_is_delivered_to_the_next_carrier_and_what_was_is_not() {
    let server = Server::start();
    let (a, mut b) = pair(&server.settings()).await;
    a.entry(2, "durable");
    b.hears(b"durable").await;
    b.habit(Habit::Hold);
    a.entry(2, "held");
    b.hears(b"held").await;
    b.drop_carrier();
    let next = Space::start(&server.settings(), 2, &[1]);
    next.hears(b"held").await;
    assert_eq!(next.heard(b"durable"), 0);
    drop(b);
    meanwhile(ACK_WAIT_MS + 1_000).await;
    assert_eq!(next.heard(b"durable"), 0);
    assert_eq!(next.heard(b"held"), 1);
}

#[tokio::test]
async fn what_becomes_durable_late_is_durable() {
    let server = Server::start();
    let (a, b) = pair(&server.settings()).await;
    b.habit(Habit::Hold);
    a.entry(2, "held");
    b.hears(b"held").await;
    let held = std::mem::take(&mut b.inbox().held);
    held.into_iter().for_each(transport_nats::Taken::durable);
    meanwhile(ACK_WAIT_MS + 1_500).await;
    assert_eq!(b.heard(b"held"), 1);
}

#[tokio::test]
async fn an_envelope_without_room_comes_again_and_holds_up_no_other_peer_nor_class() {
    let server = Server::start();
    let (a, b) = pair(&server.settings()).await;
    let c = Space::start(&server.settings(), 3, &[1]);
    a.peers(&[2, 3]);
    a.reaches(3, 1).await;
    b.habit(Habit::Refuse);
    for n in 0..40 {
        a.entry(2, format!("refused {n}"));
    }
    b.until("refusals", || b.inbox().refused >= 40).await;
    for n in 0..40 {
        a.entry(3, format!("for another {n}"));
        assert!(a.send(2, Class::Signals, "a signal"));
    }
    c.until("all of another", || c.inbox().stored.len() == 40).await;
    b.until("signals", || b.inbox().signals.len() == 40).await;
    assert_eq!(b.inbox().stored.len(), 0);
    assert_eq!(b.status().taken, 0);
    b.habit(Habit::Keep);
    b.until("all", || (0..40).all(|n| b.heard(format!("refused {n}").as_bytes()) > 0)).await;
}

#[tokio::test]
async fn a_peer_is_heard_from_when_it_is_added_until_it_is_removed() {
    let server = Server::start();
    let (a, b) = pair(&server.settings()).await;
    let c = Space::start(&server.settings(), 3, &[2]);
    c.reaches(2, 1).await;
    c.entry(2, "from a stranger");
    c.until("stored", || c.status().stored == 1).await;
    assert!(c.send(2, Class::Signals, "a signal of a stranger"));
    a.entry(2, "from a peer");
    b.hears(b"from a peer").await;
    assert_eq!(b.heard(b"from a stranger"), 0);

    b.peers(&[1, 3]);
    b.reaches(3, 1).await;
    b.hears(b"from a stranger").await;
    c.until("heard", || c.send(2, Class::Signals, "now") && !b.inbox().signals.is_empty()).await;
    assert!(b.inbox().signals.iter().all(|signal| signal == b"now"));

    b.peers(&[3]);
    // What the tasks of a removed peer have in hand may still come.
    meanwhile(300).await;
    a.entry(2, "from a removed peer");
    a.until("stored", || a.status().stored == 2).await;
    c.entry(2, "from the other");
    b.hears(b"from the other").await;
    meanwhile(300).await;
    assert_eq!(b.heard(b"from a removed peer"), 0);
    b.peers(&[1, 3]);
    b.hears(b"from a removed peer").await;
    assert_eq!(b.inbox().connected.iter().filter(|(peer, _)| *peer == id(1)).count(), 2);
}
