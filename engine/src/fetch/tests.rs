//! Fetches against stores that are slow and peers that are silent or wrong.

use super::*;
use schema::v1::model::HexHash;

const PEER: SpaceId = SpaceId([1; 32]);
const PIECE: u64 = PIECE_BYTES_MAX as u64;

fn object(number: u8) -> ObjectId {
    ObjectId([number; 32])
}

/// A fetch of each size, of which the store holds nothing yet.
fn fetches(sizes: &[u64]) -> Fetches {
    let mut fetches = Fetches::default();
    for (number, size) in (1..).zip(sizes) {
        fetches.begin(&package(object(number), *size), PEER);
        let _ = fetches.held(&object(number), held(0), 0);
    }
    fetches
}

fn package(object: ObjectId, size: u64) -> Package {
    Package {
        id: "web".parse().unwrap(),
        version: "1".parse().unwrap(),
        size,
        sha256: HexHash([0; 32]),
        object,
    }
}

fn held(have: u64) -> Held {
    Held { have, complete: false, looked: true, elsewhere: false }
}

fn piece(total: u64, offset: u64) -> Piece {
    let length = (total - offset).min(PIECE);
    Piece {
        object: object(1),
        total,
        offset,
        bytes: vec![0; usize::try_from(length).expect("a piece")],
    }
}

fn wants(due: &[Due]) -> Vec<(SpaceId, Want)> {
    let asked = due.iter().filter_map(|due| match due {
        Due::Ask(from, want) => Some((*from, want.clone())),
        Due::Look(..) | Due::Discard(..) => None,
    });
    asked.collect()
}

fn offsets(due: &[Due]) -> Vec<u64> {
    wants(due).into_iter().flat_map(|(_, want)| want.offsets).collect()
}

#[test]
fn a_fetch_that_waits_for_its_turn_has_no_deadline() {
    let mut fetches = fetches(&[PIECE, PIECE]);
    assert_eq!(fetches.due(10).len(), 1, "one object of a peer at a time");
    assert_eq!(fetches.deadline_ms(), Some(10 + RESEND_MS_MIN));
    assert_eq!(fetches.due(10), []);
}

#[test]
fn what_the_store_has_is_not_missing_and_what_it_has_not_told_is() {
    let mut fetches = fetches(&[3 * PIECE, 7]);
    let _ = fetches.held(&object(1), held(PIECE), 0);
    fetches.begin(&package(object(3), 11), PEER);
    assert_eq!(fetches.missing_bytes().collect::<Vec<_>>(), [2 * PIECE, 7, 11]);
    fetches.end(&object(1));
    assert_eq!(fetches.missing_bytes().sum::<u64>(), 18);
}

#[test]
fn a_piece_that_comes_before_the_store_has_answered_is_not_forgotten() {
    let total = 3 * PIECE;
    let mut fetches = fetches(&[total]);
    assert_eq!(offsets(&fetches.due(0)), [0, PIECE, 2 * PIECE]);
    assert_eq!(fetches.piece(&PEER, piece(total, 0)).len(), 1);
    assert_eq!(fetches.piece(&PEER, piece(total, PIECE)).len(), 1);
    assert_eq!(fetches.held(&object(1), held(PIECE), 1), []);
    let last = fetches.piece(&PEER, piece(total, 2 * PIECE));
    assert_eq!(last.len(), 1, "the store gets it behind what it has");
}

#[test]
fn what_the_store_lost_is_asked_for_again() {
    let total = 2 * PIECE;
    let mut fetches = fetches(&[total]);
    let _ = fetches.due(0);
    assert_eq!(fetches.piece(&PEER, piece(total, 0)).len(), 1);
    let _ = fetches.held(&object(1), held(0), 1);
    let retry = fetches.deadline_ms().expect("it waits");
    assert_eq!(offsets(&fetches.due(retry)), [0, PIECE]);
}

#[test]
fn progress_puts_asking_again_off() {
    let total = 2 * PIECE;
    let mut fetches = fetches(&[total]);
    let _ = fetches.due(0);
    let _ = fetches.piece(&PEER, piece(total, 0));
    let _ = fetches.held(&object(1), held(PIECE), 900);
    assert_eq!(fetches.due(RESEND_MS_MIN), []);
    assert_eq!(offsets(&fetches.due(900 + RESEND_MS_MIN)), [PIECE]);
}

#[test]
fn an_object_that_was_wrong_rests_and_lets_others_come_first() {
    let total = 2 * PIECE;
    let mut fetches = fetches(&[total, PIECE]);
    let _ = fetches.held(&object(1), held(PIECE), 0);
    let _ = fetches.held(&object(1), held(0), 5);
    let asked = fetches.due(5);
    assert_eq!(wants(&asked)[0].1.object, object(2));
    fetches.end(&object(2));
    assert_eq!(fetches.deadline_ms(), Some(5 + RESEND_MS_MAX));
    assert_eq!(wants(&fetches.due(5 + RESEND_MS_MAX))[0].1.object, object(1));
}

#[test]
fn an_empty_object_is_one_empty_piece() {
    let mut fetches = fetches(&[0]);
    assert_eq!(offsets(&fetches.due(0)), [0]);
    assert_eq!(fetches.piece(&PEER, piece(0, 0)), [(0, Vec::new())]);
    assert_eq!(offsets(&fetches.due(RESEND_MS_MIN)), [0], "it was lost");
}

#[test]
fn a_peer_that_is_silent_is_left_for_another_from_the_beginning() {
    const HONEST: SpaceId = SpaceId([2; 32]);
    let total = 2 * PIECE;
    let mut fetches = fetches(&[total + 1]);
    fetches.begin(&package(object(1), total), HONEST);
    let mut discarded = false;
    for now_ms in (0..120_000).step_by(100) {
        for due in fetches.due(now_ms) {
            match due {
                Due::Ask(HONEST, want) => {
                    assert!(discarded, "nothing of the silent peer is left");
                    assert_eq!(want.offsets, [0, PIECE]);
                    assert_eq!(fetches.piece(&HONEST, piece(total, 0)).len(), 1);
                    return;
                }
                Due::Ask(from, _) => assert_eq!(from, PEER),
                Due::Look(..) => unreachable!("the store has told"),
                Due::Discard(_, size) => {
                    assert_eq!(size, total);
                    discarded = true;
                    assert_eq!(fetches.held(&object(1), held(0), now_ms), []);
                }
            }
        }
    }
    panic!("the honest peer was never asked");
}

#[test]
fn a_peer_that_sends_something_else_is_left_for_another() {
    const HONEST: SpaceId = SpaceId([2; 32]);
    let mut fetches = fetches(&[2 * PIECE]);
    fetches.begin(&package(object(1), 2 * PIECE), HONEST);
    let _ = fetches.held(&object(1), held(PIECE), 0);
    // The store found the whole to be wrong.
    let _ = fetches.held(&object(1), held(0), 5);
    assert_eq!(fetches.due(6), [Due::Discard(object(1), 2 * PIECE)]);
    let _ = fetches.held(&object(1), held(0), 7);
    assert_eq!(wants(&fetches.due(5 + RESEND_MS_MAX))[0].0, HONEST);
}

#[test]
fn an_order_to_the_store_that_was_lost_is_given_again() {
    let mut fetches = Fetches::default();
    fetches.begin(&package(object(1), PIECE), PEER);
    assert_eq!(fetches.due(0), [Due::Look(object(1), PIECE)]);
    assert_eq!(fetches.due(1), []);
    let again = fetches.deadline_ms().expect("it waits");
    assert_eq!(fetches.due(again), [Due::Look(object(1), PIECE)]);
}

#[test]
fn what_the_store_says_late_of_a_source_that_was_left_counts_for_nothing() {
    const HONEST: SpaceId = SpaceId([2; 32]);
    let mut fetches = fetches(&[2 * PIECE]);
    fetches.begin(&package(object(1), 2 * PIECE), HONEST);
    let _ = fetches.held(&object(1), held(PIECE), 0);
    let _ = fetches.held(&object(1), held(0), 5);
    // A piece of the source that was left is stored only now.
    let late = Held { have: PIECE, complete: false, looked: false, elsewhere: false };
    let _ = fetches.held(&object(1), late, 6);
    assert_eq!(fetches.due(7), [Due::Discard(object(1), 2 * PIECE)]);
    let _ = fetches.held(&object(1), held(0), 8);
    assert_eq!(wants(&fetches.due(5 + RESEND_MS_MAX))[0].0, HONEST);
}

#[test]
fn a_peer_has_one_word_about_an_object() {
    let mut fetches = fetches(&[PIECE]);
    for size in 1..100 {
        fetches.begin(&package(object(1), size * PIECE), PEER);
    }
    fetches.begin(&package(object(1), PIECE), SpaceId([2; 32]));
    assert_eq!(fetches.open[&object(1)].sources.len(), 2);
}

#[test]
fn what_comes_from_elsewhere_is_looked_for_and_no_peer_is_asked_but_what_is_brought_is_taken() {
    let mut fetches = Fetches::default();
    fetches.begin(&package(object(1), 2 * PIECE), PEER);
    let other = Package { version: "2".parse().unwrap(), ..package(object(1), 2 * PIECE) };
    fetches.begin(&other, PEER);
    assert_eq!(fetches.called(&object(1)).len(), 2, "a feed may have it under either name");
    assert_eq!(fetches.due(0), [Due::Look(object(1), 2 * PIECE)]);
    let elsewhere = Held { elsewhere: true, ..held(0) };
    let _ = fetches.held(&object(1), elsewhere, 1);
    assert!(!fetches.is_storing(&PEER), "nobody waits for the feed");
    assert_eq!(fetches.due(2), []);
    let again = fetches.deadline_ms().unwrap();
    assert_eq!(fetches.due(again), [Due::Look(object(1), 2 * PIECE)]);
    assert_eq!(fetches.piece(&PEER, piece(2 * PIECE, 0)).len(), 1, "from a stick");
}
