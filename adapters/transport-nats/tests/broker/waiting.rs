//! What waits for a peer that is not there.

use crate::server::Server;
use crate::space::{Habit, Space, id};
use async_nats::jetstream::stream::RetentionPolicy;
use transport_nats::{Class, WAITING_MAX, stream};

#[tokio::test]
async fn an_absent_peer_blocks_itself_and_nobody_else_and_makes_room_when_it_comes() {
    let server = Server::start();
    let a = Space::start(&server.settings(), 1, &[2, 3]);
    let present = Space::start(&server.settings(), 2, &[1]);
    a.reaches(2, 1).await;
    a.reaches(3, 1).await;
    let bound = usize::try_from(WAITING_MAX).unwrap();
    for n in 0..bound + 50 {
        a.entry(3, format!("waiting {n}"));
    }
    let answered = || a.status().stored + a.status().not_stored == 50 + bound as u64;
    a.until("an answer for each", answered).await;
    assert_eq!(a.status().not_stored, 50);

    // Others go on, also in their second hundred, and so does the other class.
    for n in 0..300 {
        a.entry(2, format!("present {n}"));
        let through = || present.heard(format!("present {n}").as_bytes()) == 1;
        present.until("present", through).await;
    }
    assert!(a.send(3, Class::Pieces, "a piece"));
    assert_eq!(a.status().not_stored, 50);

    // Nothing old was pushed out, and there is room again, more often than once.
    let absent = Space::start(&server.settings(), 3, &[1]);
    absent.until("all that waits", || absent.inbox().stored.len() == bound + 1).await;
    assert!((0..bound).all(|n| absent.heard(format!("waiting {n}").as_bytes()) == 1));
    absent.hears(b"a piece").await;
    for n in 0..bound + 50 {
        a.entry(3, format!("later {n}"));
        absent.hears(format!("later {n}").as_bytes()).await;
    }
    assert_eq!(a.status().not_stored, 50);
}

#[tokio::test]
async fn what_was_taken_is_gone_from_the_server() {
    let server = Server::start();
    let a = Space::start(&server.settings(), 1, &[2]);
    let b = Space::start(&server.settings(), 2, &[1]);
    a.reaches(2, 1).await;
    b.habit(Habit::Hold);
    for n in 0..20 {
        a.entry(2, format!("{n}"));
    }
    b.until("all", || b.inbox().stored.len() == 20).await;
    let operator = server.operator().await;
    let held = operator.get_stream(stream(&id(1))).await.unwrap();
    assert_eq!(held.get_info().await.unwrap().config.retention, RetentionPolicy::WorkQueue);
    assert_eq!(held.get_info().await.unwrap().state.messages, 20);
    let taken = std::mem::take(&mut b.inbox().held);
    taken.into_iter().for_each(transport_nats::Taken::durable);
    let began = std::time::Instant::now();
    while held.get_info().await.unwrap().state.messages > 0 {
        assert!(began.elapsed() < crate::space::PATIENCE);
    }
}
