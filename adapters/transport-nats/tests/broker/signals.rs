//! Signals are told once, to whom listens, and kept nowhere.

use crate::server::Server;
use crate::space::{Space, id, meanwhile, pair};
use transport_nats::{Class, stream, subject};

#[tokio::test]
async fn signals_are_stored_nowhere_and_a_late_listener_gets_no_old_ones() {
    let server = Server::start();
    let (a, b) = pair(&server.settings()).await;
    a.peers(&[2, 3]);
    a.reaches(3, 1).await;
    for n in 0..100 {
        assert!(a.send(2, Class::Signals, format!("signal {n}")));
        assert!(a.send(3, Class::Signals, format!("early {n}")));
    }
    b.until("all signals", || b.inbox().signals.len() == 100).await;
    let told = b.inbox().signals.clone();
    assert!((0..100).all(|n| told[n] == format!("signal {n}").as_bytes()), "in order");

    let operator = server.operator().await;
    for space in [1, 2] {
        let held = operator.get_stream(stream(&id(space))).await.unwrap();
        let info = held.get_info().await.unwrap();
        assert_eq!((info.state.messages, info.state.last_sequence), (0, 0));
        let ctl = subject(&id(space), &id(3), Class::Signals);
        assert!(!info.config.subjects.contains(&ctl));
    }

    let late = Space::start(&server.settings(), 3, &[1]);
    late.reaches(1, 1).await;
    assert!(a.send(3, Class::Signals, "late"));
    late.until("the late one", || !late.inbox().signals.is_empty()).await;
    assert_eq!(late.inbox().signals, [b"late"]);
    assert_eq!(a.status().stored, 0);
}

#[tokio::test]
async fn signals_without_a_server_are_lost_and_not_told_late() {
    let mut server = Server::start();
    let (a, b) = pair(&server.settings()).await;
    server.kill();
    a.until("noticed", || !a.status().connected).await;
    for _ in 0..100 {
        let _ = a.send(2, Class::Signals, "old");
    }
    meanwhile(200).await;
    server.run();
    a.reaches(2, 2).await;
    b.reaches(1, 2).await;
    assert!(a.send(2, Class::Signals, "new"));
    b.until("the new one", || b.inbox().signals.iter().any(|signal| signal == b"new")).await;
    assert_eq!(b.inbox().signals.len(), 1);
}
