//! Vectors of what is small: ids, chains, trees, names, signatures, beats, acks, wants, pieces.

use crate::files::{Vector, accept, refuse};
use schema::bytes::Writer;
use schema::hash::sha256;
use schema::id::{Incarnation, LinkId, SpaceId, hex};
use schema::latest::{Piece, Returned, Want};
use schema::limits::{ACK_RANGES_MAX, NAME_BYTES_MAX, PIECE_BYTES_MAX, WANT_PIECES_MAX};
use serde_json::{Value, json};
use tests::draw::Draw;

const NONE: Value = Value::Null;

pub(crate) fn make(made: &mut Vec<Vector>) {
    ids(made);
    chains(made);
    names(made);
    signatures(made);
    signals(made);
    acks(made);
    objects(made);
}

fn ids(made: &mut Vec<Vector>) {
    let genesis = json!({"root": hex(&[1; 32]), "suite": 1, "random": hex(&[2; 32])});
    accept(made, "space_id", "compute-space-id", NONE, genesis);
    let id = SpaceId(std::array::from_fn(|at| u8::try_from(at * 7).unwrap_or(0)));
    accept(made, "fingerprint", "compute-fingerprint", NONE, json!({"space": id}));
    let side = |id, random| json!({"space": SpaceId([id; 32]), "random": hex(&[random; 32])});
    let one_way = json!({"one": side(1, 3), "other": side(2, 4)});
    let other_way = json!({"one": side(2, 4), "other": side(1, 3)});
    accept(made, "link_id", "compute-link-id", NONE, one_way);
    accept(made, "link_id_from_the_other_side", "compute-link-id", NONE, other_way);
    let input = json!({"salt": hex(&[5; 16]), "entry": hex(b"an entry")});
    accept(made, "commit", "compute-commit", NONE, input);
    let input = json!({
        "origin": SpaceId([6; 32]),
        "incarnation": Incarnation([7; 16]),
        "position": 8,
        "rule": "accept",
    });
    accept(made, "command_id_of_policy", "compute-command-id", NONE, input);
    let release = crate::cast::release(SpaceId([9; 32]));
    let input = json!({
        "release": release,
        "revision": 1,
        "snapshot": crate::cast::scoped(),
        "blind": hex(&tests::bundles::BLIND),
        "spaces": [SpaceId([8; 32])],
    });
    accept(made, "release_digest", "compute-release-digest", NONE, input);
}

fn chains(made: &mut Vec<Vector>) {
    let entries: Vec<Value> = (1..=3_u8)
        .map(|n| {
            json!({
                "link_seq": n,
                "incarnation": Incarnation([4; 16]),
                "position": u64::from(n) * 10,
                "commit": hex(&[n; 32]),
            })
        })
        .collect();
    let input = json!({
        "origin": SpaceId([1; 32]),
        "recipient": SpaceId([2; 32]),
        "link": LinkId([3; 32]),
        "incarnation": Incarnation([4; 16]),
        "entries": entries,
    });
    accept(made, "chain", "compute-chain", NONE, input);
    let leaves: Vec<String> = (0..9_u8).map(|n| hex(&sha256(&[&[0], &[n]]))).collect();
    accept(made, "tree_roots", "compute-tree", NONE, json!({"leaves": leaves}));
}

fn names(made: &mut Vec<Vector>) {
    let input = |grammar, text: &str| json!({"grammar": grammar, "text": text});
    for (case, grammar, text) in [
        ("name_with_spaces_inside", "name", "Prod EU"),
        ("name_in_other_letters", "name", "本番/Münster"),
        ("package_id", "package id", "Acme.Web-Shop_2"),
        ("version_with_four_numbers", "version", "1.2.3.4"),
        ("version_with_build", "version", "v1.2-rc1+build.7"),
        ("text_with_lines", "text", "first\nsecond"),
        ("id_in_upper_case", "id", &SpaceId([0xa5; 32]).to_string().to_uppercase()),
    ] {
        accept(made, case, "name", NONE, input(grammar, text));
    }
    let long = "x".repeat(NAME_BYTES_MAX + 1);
    for (case, grammar, text) in [
        ("name_empty", "name", ""),
        ("name_with_a_space_at_the_end", "name", "Prod "),
        ("name_with_a_colon", "name", "Prod: EU"),
        ("name_with_a_line_break", "name", "Prod\nEU"),
        ("name_with_a_right_to_left_override", "name", "Prod\u{202e}EU"),
        ("name_with_a_zero_width_space", "name", "Prod\u{200b}EU"),
        ("name_too_long", "name", &long),
        ("package_id_that_climbs", "package id", "../web"),
        ("package_id_with_a_slash", "package id", "a/b"),
        ("version_that_begins_with_a_dot", "version", ".1"),
        ("version_with_a_space", "version", "1 0"),
        ("version_with_arabic_digits", "version", "\u{661}.0"),
        ("id_too_short", "id", "aaaa"),
        ("id_with_an_asterisk", "id", "*"),
        // The last letter of a whole id holds one bit; the other four must be zero.
        ("id_with_bits_left_over", "id", &format!("{}b", "a".repeat(51))),
    ] {
        let code = format!("no {grammar}");
        refuse(made, case, ("name", &code), NONE, input(grammar, text));
    }
    let versions = json!({"versions": [
        "2.0.0", "1.10.0", "1.9.0", "1.0.0-rc10", "1.0.0-rc2", "1.0.0", "v1.2", "1.0.0+b1",
    ]});
    accept(made, "version_order", "compute-version-order", NONE, versions);
}

/// A key that is made of a known secret, and a signature of it.
const KEY: &str = "ec8e9d353ac161aa42328af1fad043fa4c738bd7576cc2d53297910334fc6d72";
const R: &str = "65be07342b6e384c1c3722d970ec2113bd5f2a806c6893476cb2b9c2ec6445a7";
const S: &str = "84705b545cdb92e29fe96b681eaa7b2830639edb0417d9a68843461b833d9009";
/// The same S with the order of the group added.
const S_LONG: &str = "714451b1763ea53a7686630bfda35a3d30639edb0417d9a68843461b833d9019";
const MESSAGE: &[u8] = b"a message of a vector";

/// Each point of small order in each of its encodings: any message verifies under some of them.
const SMALL: [(&str, &str); 14] = [
    ("1", "0100000000000000000000000000000000000000000000000000000000000000"),
    ("1_odd", "0100000000000000000000000000000000000000000000000000000000000080"),
    ("2", "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    ("2_odd", "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"),
    ("4", "0000000000000000000000000000000000000000000000000000000000000000"),
    ("4_odd", "0000000000000000000000000000000000000000000000000000000000000080"),
    ("8a", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
    ("8a_odd", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85"),
    ("8b", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
    ("8b_odd", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa"),
    ("4_long", "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    ("4_long_odd", "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"),
    ("1_long", "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    ("1_long_odd", "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"),
];

fn signatures(made: &mut Vec<Vector>) {
    let input = |key: &str, message: &[u8], r: &str, s: &str| {
        let signature = format!("{r}{s}");
        json!({"key": key, "message": hex(message), "signature": signature})
    };
    accept(made, "signature", "signature", NONE, input(KEY, MESSAGE, R, S));
    for (order, key) in SMALL {
        let name = format!("signature_key_of_order_{order}");
        let forged = input(key, MESSAGE, key, &"0".repeat(64));
        refuse(made, &name, ("signature", "weak key"), NONE, forged);
    }
    let bad = ("signature", "bad signature");
    let odd = [
        ("signature_s_not_reduced", KEY, MESSAGE, R, S_LONG),
        (
            "signature_r_of_order_1",
            KEY,
            MESSAGE,
            "0100000000000000000000000000000000000000000000000000000000000000",
            "45b0d3a915ceab2d0d791c57026095e021a6c48f68813a70a4c474b20d7ee301",
        ),
        (
            "signature_r_of_order_8",
            KEY,
            MESSAGE,
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
            "1d8c00e0e385e27180501cfb6016ee73a2c36c9631ab687b526bd4b684a16100",
        ),
        (
            "signature_r_not_canonical",
            KEY,
            MESSAGE,
            "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "ada77e2adb169557aec99ce1dcfa18afe0b04e072fe2c4756bc0abce4597dd0c",
        ),
        (
            "signature_that_only_a_cofactor_verifies",
            "f5736b73472d71d2cbb76c0a3b6756699da164f63ed61e3ead13f9904b31579c",
            b"mixed 1",
            R,
            "2c1fa6a095fd0edff8ec1bb6a18a5d15996dfa4327f9c1e65fd361ff95ad8308",
        ),
        ("signature_of_another_message", KEY, b"massage", R, S),
        ("signature_one_byte_short", KEY, MESSAGE, R, &S[2..]),
    ];
    for (name, key, message, r, s) in odd {
        refuse(made, name, bad, NONE, input(key, message, r, s));
    }
}

fn bytes(bytes: &[u8]) -> Value {
    json!({"bytes": hex(bytes)})
}

fn signals(made: &mut Vec<Vector>) {
    let mut out = Writer::new();
    Draw::new(1).beat().write(&mut out);
    let beat = out.finish();
    accept(made, "beat", "beat", NONE, bytes(&beat));
    let short = &beat[..beat.len() - 1];
    refuse(made, "beat_truncated", ("beat", "signal"), NONE, bytes(short));
    let long = [&beat[..], &[0]].concat();
    refuse(made, "beat_trailing_byte", ("beat", "signal"), NONE, bytes(&long));
}

fn acks(made: &mut Vec<Vector>) {
    let write = |ack: &schema::latest::Ack| {
        let mut out = Writer::new();
        ack.write(&mut out);
        bytes(&out.finish())
    };
    let mut draw = Draw::new(2);
    let mut ack = draw.ack();
    while ack.ranges.len() < 2 {
        ack = draw.ack();
    }
    accept(made, "ack_with_ranges", "ack", NONE, write(&ack));
    let mut none = ack.clone();
    none.ranges.clear();
    accept(made, "ack_without_ranges", "ack", NONE, write(&none));
    let bad = ("ack", "ack");
    let mut odd = ack.clone();
    odd.applied = odd.acknowledged.next();
    refuse(made, "ack_applied_beyond_acknowledged", bad, NONE, write(&odd));
    let mut odd = ack.clone();
    odd.ranges[0].0 = odd.acknowledged.next();
    refuse(made, "ack_range_that_leaves_no_gap", bad, NONE, write(&odd));
    let mut odd = ack.clone();
    odd.ranges.swap(0, 1);
    refuse(made, "ack_ranges_descending", bad, NONE, write(&odd));
    let mut odd = ack.clone();
    let (first, last) = odd.ranges[0];
    odd.ranges[0] = (last.next(), first);
    refuse(made, "ack_range_backwards", bad, NONE, write(&odd));
    let mut odd = ack;
    odd.ranges = vec![odd.ranges[0]; ACK_RANGES_MAX + 1];
    refuse(made, "ack_with_33_ranges", bad, NONE, write(&odd));
}

fn objects(made: &mut Vec<Vector>) {
    let want = Draw::new(3).want();
    accept(made, "want", "want", NONE, bytes(&want.write()));
    let bad = ("want", "want");
    let none = Want { offsets: Vec::new(), ..want.clone() };
    refuse(made, "want_of_nothing", bad, NONE, bytes(&none.write()));
    let many = Want { offsets: vec![0; WANT_PIECES_MAX + 1], ..want.clone() };
    refuse(made, "want_of_17_pieces", bad, NONE, bytes(&many.write()));
    let between = Want { offsets: vec![1], ..want };
    refuse(made, "want_between_pieces", bad, NONE, bytes(&between.write()));
    let reclaim = Draw::new(5).reclaim();
    accept(made, "reclaim", "reclaim", NONE, bytes(&reclaim.write()));
    let longer = [&reclaim.write()[..], &[0]].concat();
    refuse(made, "reclaim_trailing_byte", ("reclaim", "reclaim"), NONE, bytes(&longer));
    let returned = Draw::new(6).returned();
    accept(made, "returned", "returned", NONE, bytes(&returned.write()));
    let nothing = Returned { run: None, ..returned.clone() };
    accept(made, "returned_nothing", "returned", NONE, bytes(&nothing.write()));
    let bad = ("returned", "returned");
    let shorter = &returned.write()[..returned.write().len() - 1];
    refuse(made, "returned_truncated", bad, NONE, bytes(shorter));
    let (evidence, _) = returned.run.clone().expect("a run");
    let empty = Returned { run: Some((evidence, Vec::new())), ..returned };
    refuse(made, "returned_run_of_nothing", bad, NONE, bytes(&empty.write()));
    let piece = Draw::new(4).piece();
    accept(made, "piece", "piece", NONE, bytes(&piece.write()));
    let bad = ("piece", "piece");
    let more = Piece { total: piece.total + 1, ..piece.clone() };
    refuse(made, "piece_shorter_than_it_should_be", bad, NONE, bytes(&more.write()));
    let between = Piece { offset: 1, ..piece.clone() };
    refuse(made, "piece_between_pieces", bad, NONE, bytes(&between.write()));
    let beyond = Piece { offset: PIECE_BYTES_MAX as u64, ..piece.clone() };
    refuse(made, "piece_beyond_the_end", bad, NONE, bytes(&beyond.write()));
    let huge = Piece { total: u64::MAX, ..piece };
    refuse(made, "piece_of_a_huge_object", bad, NONE, bytes(&huge.write()));
}
