//! Tests of the outbox: what acks do to it, and what it sends when.

use super::*;
use schema::latest::Mark;

const LIFE: Incarnation = Incarnation([3; 16]);
const START: [u8; 16] = [4; 16];

fn outbox(entries: u64) -> Outbox {
    let link = LinkId([5; 32]);
    let mut outbox = Outbox::new(SpaceId([1; 32]), SpaceId([2; 32]), link, LIFE);
    for position in 1..=entries {
        outbox.push(LIFE, Position(position), 100, &[6; 32]);
    }
    outbox
}

/// An ack of so many entries, written when so many of our beats had been heard.
fn ack(outbox: &Outbox, acknowledged: u64, count: u64) -> Ack {
    Ack {
        incarnation: LIFE,
        acknowledged: LinkSeq(acknowledged),
        chain: outbox.chain[usize::try_from(acknowledged).expect("few")],
        applied: LinkSeq(acknowledged),
        ranges: Vec::new(),
        credit_bytes: 0,
        credit_envelopes: 0,
        schema: 1,
        echo: Mark { start: START, count },
    }
}

#[test]
fn an_old_ack_that_comes_late_takes_nothing_back() {
    let mut outbox = outbox(3);
    let (old, new) = (ack(&outbox, 1, 1), ack(&outbox, 3, 1));
    assert_eq!(outbox.acknowledge(&new, &START, &[], false, 0), Acknowledged::Taken);
    assert_eq!(outbox.acknowledge(&old, &START, &[], false, 1), Acknowledged::Taken);
    assert_eq!((outbox.acknowledged(), outbox.applied()), (LinkSeq(3), LinkSeq(3)));
}

#[test]
fn t12_an_ack_that_understands_less_takes_nothing_back() {
    let mut outbox = outbox(1);
    let mut say = |schema, start, count| {
        let ack = Ack { schema, echo: Mark { start, count }, ..ack(&outbox, 0, 0) };
        assert_eq!(outbox.acknowledge(&ack, &START, &[], false, 0), Acknowledged::Taken);
        outbox.understood()
    };
    assert_eq!(say(8, [9; 16], 1), 0, "said to another start: it may be an old one");
    assert_eq!(say(2, START, 1), 2);
    assert_eq!(say(1, START, 1), 2, "it was on its way for longer");
    assert_eq!(say(1, START, 2), 2, "nor does a newer one take it back");
    assert_eq!(say(3, START, 1), 3);
}

#[test]
fn a_carrier_of_small_envelopes_gets_small_ones_and_a_large_entry_goes_alone() {
    let mut outbox = outbox(10);
    let answer = ack(&outbox, 0, 1);
    let _ = outbox.acknowledge(&answer, &START, &[], false, 0);
    let frame = 100 + Carried::FRAME;
    outbox.carry(ENVELOPE_FRAME_BYTES_MAX + 3 * frame);
    assert_eq!(outbox.next(0).expect("due").positions.len(), 3);
    outbox.carry(1);
    assert_eq!(outbox.next(0).expect("due").positions.len(), 1);
}

#[test]
fn what_is_under_way_is_bounded_in_bytes_too() {
    let mut outbox = outbox(0);
    for position in 1..=100 {
        outbox.push(LIFE, Position(position), 512 * 1024, &[6; 32]);
    }
    let answer = ack(&outbox, 0, 1);
    let _ = outbox.acknowledge(&answer, &START, &[], false, 0);
    let runs = std::iter::from_fn(|| outbox.next(0)).count();
    assert_eq!(runs as u64, IN_FLIGHT_BYTES_MAX / (512 * 1024));
}

#[test]
fn a_new_connection_ends_a_long_wait_for_an_ack() {
    let mut outbox = outbox(1);
    let answer = ack(&outbox, 0, 1);
    let _ = outbox.acknowledge(&answer, &START, &[], false, 0);
    let mut now_ms = 0;
    for _ in 0..6 {
        assert!(outbox.next(now_ms).is_some());
        now_ms = outbox.deadline_ms().expect("it waits");
    }
    outbox.connected(0);
    assert_eq!(outbox.deadline_ms(), Some(RESEND_MS_MIN));
}

#[test]
fn what_a_restored_peer_lost_is_neither_acknowledged_nor_applied() {
    let mut outbox = outbox(3);
    let (before, restored) = (ack(&outbox, 3, 1), ack(&outbox, 1, 2));
    let _ = outbox.acknowledge(&before, &START, &[], false, 0);
    let _ = outbox.acknowledge(&restored, &START, &[], false, 1);
    assert_eq!((outbox.acknowledged(), outbox.applied()), (LinkSeq(1), LinkSeq(1)));
    let run = outbox.next(1).expect("it is sent again");
    assert_eq!((run.first, run.positions.len()), (LinkSeq(2), 2));
}

#[test]
fn a_peer_whose_acks_rise_and_fall_is_sent_everything_once_in_a_while_only() {
    let mut outbox = outbox(3);
    let mut sent = 0;
    for count in 1..=200 {
        let now_ms = count * 10;
        let answer = ack(&outbox, if count % 2 == 0 { 0 } else { 3 }, count);
        let _ = outbox.acknowledge(&answer, &START, &[], false, now_ms);
        sent += std::iter::from_fn(|| outbox.next(now_ms)).count();
    }
    assert_eq!(sent as u64, 2_000 / RESEND_MS_MIN);
    let fallen = ack(&outbox, 0, 201);
    let _ = outbox.acknowledge(&fallen, &START, &[], false, 2_010);
    let due = outbox.deadline_ms().expect("what fell late is not forgotten");
    assert_eq!(outbox.next(due).expect("due").positions.len(), 3);
}

#[test]
fn a_peer_that_holds_back_what_this_log_does_not_have_tells_that_it_was_rolled_back() {
    let mut outbox = outbox(3);
    let mut told = ack(&outbox, 2, 1);
    told.ranges = vec![(LinkSeq(5), LinkSeq(6))];
    assert_eq!(outbox.acknowledge(&told, &START, &[], false, 0), Acknowledged::RolledBack);
    assert!(outbox.rolled_back());
}
