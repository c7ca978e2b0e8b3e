//! T1: whoever carries envelopes reads, alters, cuts and prolongs them.

use crate::session::{SECRET, Session, knock, truth};
use engine::trust::refusal::Refusal;
use schema::latest::{Envelope, EnvelopeHeader, EnvelopeKind};
use std::collections::BTreeSet;

fn u32_at(bytes: &[u8], at: usize) -> u64 {
    let four: [u8; 4] = bytes[at..at + 4].try_into().expect("four bytes");
    u64::from(u32::from_be_bytes(four))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_be_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
}

/// What the header of an altered envelope contradicts in itself, by the layout in PROTOCOL.md.
fn contradicts_itself(bytes: &[u8]) -> Option<&'static str> {
    let entries = bytes[7] == 1;
    let (first, count) = (u64_at(bytes, 162), u32_at(bytes, 170));
    let (newest, oldest) = (u64_at(bytes, 238), u64_at(bytes, 246));
    if entries != (1..=256).contains(&count) || (!entries && count != 0) {
        return Some("envelope: count");
    }
    let last = u128::from(first) + u128::from(count);
    let beyond = last > u128::from(newest) + 1;
    let dense = entries || u128::from(first) == u128::from(newest) + 1;
    if first == 0 || beyond || !dense || oldest == 0 {
        return Some("envelope: numbers");
    }
    let moved = bytes[174..206] != bytes[206..238];
    (!entries && moved).then_some("envelope: chain")
}

/// Why an envelope whose byte at `at` was changed is refused.
fn reason(bytes: &[u8], at: usize) -> Refusal {
    let by_place = match at {
        0..4 => Some(Refusal::Malformed("envelope: magic")),
        4..6 => Some(Refusal::Malformed("envelope: protocol version")),
        6..8 if !(1..=6).contains(&u16::from_be_bytes([bytes[6], bytes[7]])) => {
            Some(Refusal::Malformed("envelope: kind"))
        }
        8..10 => Some(Refusal::Malformed("envelope: suite")),
        _ => None,
    };
    let by_numbers = contradicts_itself(bytes).map(Refusal::Malformed);
    let by_region = match at {
        10..42 => Refusal::WrongOrigin,
        42..46 => Refusal::UnknownKey,
        46..78 => Refusal::NotForMe,
        82..114 => Refusal::UnknownLink,
        302..306 => Refusal::Malformed("envelope"),
        _ => Refusal::BadSignature,
    };
    by_place.or(by_numbers).unwrap_or(by_region)
}

#[test]
fn t01_every_flipped_byte_of_a_session_is_refused_with_its_reason() {
    let mut session = Session::whole(1);
    let before = [session.dev, session.us].map(|site| truth(&session.world, site));
    let mut reasons = BTreeSet::new();
    for parcel in session.recorded.clone() {
        let mut inputs = Vec::new();
        for at in 0..parcel.bytes.len() {
            let mut altered = parcel.bytes.clone();
            altered[at] ^= 1 << (at % 8);
            let (refused, input) = knock(&mut session.world, parcel.to, &altered);
            assert_eq!(refused, Some(reason(&altered, at)), "byte {at}");
            reasons.extend(refused);
            inputs.push(input);
        }
        session.world.turn(parcel.to, inputs).expect("no fault");
    }
    let after = [session.dev, session.us].map(|site| truth(&session.world, site));
    assert!(before == after, "an altered envelope changed something");
    assert!(reasons.len() >= 12, "{reasons:?}");
}

#[test]
fn t01_every_length_of_every_envelope_is_refused_but_the_whole() {
    let mut session = Session::whole(2);
    let before = [session.dev, session.us].map(|site| truth(&session.world, site));
    for parcel in session.recorded.clone() {
        let mut inputs = Vec::new();
        for length in 0..parcel.bytes.len() {
            let cut = &parcel.bytes[..length];
            let (refused, input) = knock(&mut session.world, parcel.to, cut);
            assert_eq!(refused, Some(Refusal::Malformed("envelope")), "{length}");
            inputs.push(input);
        }
        for more in [1, 64, 330] {
            let long = [&parcel.bytes[..], &vec![0; more]].concat();
            let (refused, input) = knock(&mut session.world, parcel.to, &long);
            assert_eq!(refused, Some(Refusal::Malformed("envelope")));
            inputs.push(input);
        }
        session.world.turn(parcel.to, inputs).expect("no fault");
    }
    let after = [session.dev, session.us].map(|site| truth(&session.world, site));
    assert!(before == after, "a cut envelope changed something");
}

#[test]
fn t01_a_session_holds_every_kind_both_ways() {
    let session = Session::whole(3);
    let kinds = |site| -> BTreeSet<EnvelopeKind> {
        let sent = session.sent_to(site);
        let read = sent.iter().map(|bytes| Envelope::read(bytes));
        read.map(|envelope| envelope.expect("an envelope").header.kind).collect()
    };
    use EnvelopeKind::{Ack, Beat, Entries, Hello, Piece, Want};
    let to_target = BTreeSet::from([Entries, Ack, Beat, Hello, Piece]);
    let to_source = BTreeSet::from([Entries, Ack, Beat, Hello, Want]);
    assert_eq!(kinds(session.us), to_target);
    assert_eq!(kinds(session.dev), to_source);
}

#[test]
fn t01_a_marked_secret_is_nowhere_on_the_wire() {
    let session = Session::whole(4);
    let holds = |bytes: &[u8]| {
        let mut windows = bytes.windows(SECRET.len());
        windows.any(|window| window == SECRET.as_bytes())
    };
    let logs = [session.dev, session.us].map(|site| crate::session::image(&session.world, site));
    for image in logs {
        let stored: Vec<&[u8]> = (0..image.blocks()).filter_map(|n| image.bytes(n)).collect();
        assert!(stored.iter().any(|bytes| holds(bytes)), "the mark is real");
    }
    assert!(session.recorded.len() > 20);
    for parcel in &session.recorded {
        assert!(!holds(&parcel.bytes), "a secret on the wire");
    }
}

#[test]
fn t01_names_of_people_and_places_are_nowhere_on_the_wire() {
    let session = Session::whole(5);
    for word in ["DevTest", "Production", "dana", "ursula", "vnd.interspace", "1.0.0"] {
        for parcel in &session.recorded {
            let mut windows = parcel.bytes.windows(word.len());
            let found = windows.any(|window| window == word.as_bytes());
            assert!(!found, "{word} is on the wire");
        }
    }
}

#[test]
fn t01_what_is_dropped_is_sent_again_until_nothing_is_missing() {
    let mut session = Session::linked(6);
    session.release("1.0.0");
    for round in 0..40_u64 {
        // Two of three envelopes are lost.
        let mut count = round;
        session.world.network.lose(|_| {
            count += 1;
            count % 3 != 0
        });
        session.run(3_000);
    }
    session.run(120_000);
    for site in [session.dev, session.us] {
        for link in session.world.sites[site].engine().links(session.world.now()) {
            assert_eq!((link.head, link.refused), (link.acknowledged, 0));
            assert!(link.fresh && link.received > 0);
        }
    }
}

#[test]
fn t01_an_envelope_begins_with_its_whole_header() {
    let session = Session::linked(7);
    for parcel in &session.recorded {
        let envelope = Envelope::read(&parcel.bytes).expect("an envelope");
        assert_eq!(envelope.header_bytes.len(), EnvelopeHeader::LENGTH);
        assert_eq!(envelope.header.write(), envelope.header_bytes);
        assert_eq!(envelope.write(), parcel.bytes);
    }
}
