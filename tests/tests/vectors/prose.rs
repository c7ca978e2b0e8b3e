//! The documents beside the schema say what the code says.

use schema::limits;
use schema::v1::entry::MUST_UNDERSTAND;
use schema::v1::event::TABLE;
use std::fs;
use std::path::Path;
use tests::draw::Draw;

fn read(path: &str) -> String {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schema");
    fs::read_to_string(schema.join(path)).expect("a document beside the schema")
}

/// The cells of each row of each table.
fn rows(text: &str) -> Vec<Vec<&str>> {
    let lines = text.lines().filter_map(|line| line.strip_prefix("| "));
    lines.map(|line| line.trim_end_matches('|').split(" | ").map(str::trim).collect()).collect()
}

#[test]
fn the_table_of_events_is_that_of_the_code() {
    let text = read("EVENTS.md");
    let told: Vec<Vec<&str>> = rows(&text)
        .into_iter()
        .filter(|row| row.len() == 6 && row[0].parse::<u16>().is_ok())
        .map(|row| row[..5].to_vec())
        .collect();
    let known: Vec<[String; 5]> = TABLE
        .iter()
        .map(|(kind, version, flags, called)| {
            let must = if flags & MUST_UNDERSTAND == 0 { "no" } else { "yes" };
            let crosses = Draw::new(1).event(*kind).crossing().is_some();
            let seen = if crosses { "a peer" } else { "the space" };
            [
                kind.to_string(),
                format!("`{called}`"),
                version.to_string(),
                must.to_owned(),
                seen.to_owned(),
            ]
        })
        .collect();
    assert_eq!(told, known);
    for (_, _, _, called) in TABLE {
        let named = rows(&text).into_iter().filter(|row| row.len() == 2);
        let mut named = named.filter(|row| row[0] == format!("`{called}`"));
        assert!(named.next().is_some(), "the fields of {called} are missing");
    }
}

#[test]
fn the_protocol_shows_a_real_envelope() {
    let text = read("PROTOCOL.md");
    let (_, after) = text.split_once("```hex\n").expect("an envelope in hex");
    let (hex, _) = after.split_once("```").expect("its end");
    let told: String = hex.split_whitespace().collect();
    let vectors = crate::files::read();
    let vector = vectors.iter().find(|vector| vector.name == "envelope_of_one_entry");
    let vector = vector.expect("the vector that the document names");
    assert_eq!(vector.input["bytes"].as_str(), Some(&*told));
}

/// A number as people write it.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[test]
fn the_table_of_limits_is_that_of_the_code() {
    let known = [
        ("ENTRY_BYTES_MAX", limits::ENTRY_BYTES_MAX as u64),
        ("ENVELOPE_ENTRIES_MAX", limits::ENVELOPE_ENTRIES_MAX as u64),
        ("ENVELOPE_BYTES_SOFT", limits::ENVELOPE_BYTES_SOFT as u64),
        ("ENVELOPE_BYTES_MAX", limits::ENVELOPE_BYTES_MAX as u64),
        ("ENVELOPE_FRAME_BYTES_MAX", limits::ENVELOPE_FRAME_BYTES_MAX as u64),
        ("PART_BYTES_MAX", limits::PART_BYTES_MAX as u64),
        ("PIECE_BYTES_MAX", limits::PIECE_BYTES_MAX as u64),
        ("WANT_PIECES_MAX", limits::WANT_PIECES_MAX as u64),
        ("OBJECT_BYTES_MAX", limits::OBJECT_BYTES_MAX),
        ("ACK_RANGES_MAX", limits::ACK_RANGES_MAX as u64),
        ("HOLD_BACK_ENVELOPES_MAX", limits::HOLD_BACK_ENVELOPES_MAX as u64),
        ("HOLD_BACK_BYTES_MAX", limits::HOLD_BACK_BYTES_MAX as u64),
        ("IN_FLIGHT_ENTRIES_MAX", limits::IN_FLIGHT_ENTRIES_MAX),
        ("IN_FLIGHT_BYTES_MAX", limits::IN_FLIGHT_BYTES_MAX),
        ("QUARANTINE_MAX", limits::QUARANTINE_MAX as u64),
        ("NAME_BYTES_MAX", limits::NAME_BYTES_MAX as u64),
        ("SECRET_BYTES_MAX", limits::SECRET_BYTES_MAX as u64),
        ("SECRETS_OF_ONE_MAX", limits::SECRETS_OF_ONE_MAX as u64),
        ("RETRIES_MAX", u64::from(limits::RETRIES_MAX)),
        ("TEXT_BYTES_MAX", limits::TEXT_BYTES_MAX as u64),
        ("DOCUMENT_BYTES_MAX", limits::DOCUMENT_BYTES_MAX as u64),
        ("CERTIFICATE_STATEMENTS_MAX", limits::CERTIFICATE_STATEMENTS_MAX as u64),
        ("KEY_STATEMENT_BYTES_MAX", limits::KEY_STATEMENT_BYTES_MAX as u64),
        ("STATEMENTS_TOLD_MAX", limits::STATEMENTS_TOLD_MAX as u64),
        ("INVITATION_CERTIFICATE_BYTES_MAX", limits::INVITATION_CERTIFICATE_BYTES_MAX as u64),
        ("INVITATIONS_OPEN_MAX", limits::INVITATIONS_OPEN_MAX as u64),
        ("INVITATION_LIFE_MS_MAX", limits::INVITATION_LIFE_MS_MAX),
        ("JOINS_A_SECOND_MAX", u64::from(limits::JOINS_A_SECOND_MAX)),
        ("ARCHIVE_LINE_BYTES_MAX", limits::ARCHIVE_LINE_BYTES_MAX as u64),
        ("PROOF_BYTES_MAX", limits::PROOF_BYTES_MAX as u64),
        ("PROOF_ENVELOPES_MAX", limits::PROOF_ENVELOPES_MAX as u64),
        ("STEP_OUTPUT_BYTES_MAX", limits::STEP_OUTPUT_BYTES_MAX as u64),
        ("STEP_OUTPUTS_MAX", limits::STEP_OUTPUTS_MAX as u64),
        ("OUTPUTS_BYTES_MAX", limits::OUTPUTS_BYTES_MAX as u64),
        ("RECEIPT_OUTPUT_BYTES_MAX", limits::RECEIPT_OUTPUT_BYTES_MAX as u64),
        ("RECEIPT_BYTES_MAX", limits::RECEIPT_BYTES_MAX as u64),
        ("AHEAD_BYTES_MAX", limits::AHEAD_BYTES_MAX),
        ("INTERRUPTED_RESTARTS_MAX", limits::INTERRUPTED_RESTARTS_MAX as u64),
        ("AWAITING_KEYS_ENTRIES_MAX", limits::AWAITING_KEYS_ENTRIES_MAX as u64),
        ("AWAITING_KEYS_BYTES_MAX", limits::AWAITING_KEYS_BYTES_MAX as u64),
        ("TOKENS_OF_ONE_MAX", limits::TOKENS_OF_ONE_MAX as u64),
        ("BEAT_BUSY_MS_MIN", limits::BEAT_BUSY_MS_MIN),
        ("BEAT_BUSY_MS", limits::BEAT_BUSY_MS),
        ("BEAT_IDLE_MS", limits::BEAT_IDLE_MS),
        ("HELLO_RETRY_MS_MIN", limits::HELLO_RETRY_MS_MIN),
        ("STALE_TENTHS", limits::STALE_TENTHS),
        ("SKEW_MS_MAX", limits::SKEW_MS_MAX),
        ("ACK_DELAY_MS", limits::ACK_DELAY_MS),
        ("ACK_ENVELOPES", limits::ACK_ENVELOPES as u64),
        ("RESEND_MS_MIN", limits::RESEND_MS_MIN),
        ("RESEND_MS_MAX", limits::RESEND_MS_MAX),
    ];
    let text = read("PROTOCOL.md");
    let known: Vec<(String, String)> =
        known.iter().map(|(called, value)| (format!("`{called}`"), grouped(*value))).collect();
    let told: Vec<(String, String)> = rows(&text)
        .into_iter()
        .filter(|row| row.len() == 2 && row[0].ends_with("_MAX`") || row[0].contains("_MS"))
        .map(|row| (row[0].to_owned(), row[1].to_owned()))
        .collect();
    for row in &told {
        assert!(known.contains(row), "{row:?} is not what the code says");
    }
    for row in &known {
        let line = format!("| {} | {} |", row.0, row.1);
        assert!(text.contains(&line), "{line} is missing");
    }
    let constants = include_str!("../../../schema/src/limits.rs");
    let count = constants.lines().filter(|line| line.starts_with("pub const ")).count();
    assert_eq!(count, known.len(), "a limit is not compared");
}

#[test]
fn every_refusal_is_named_by_a_vector_or_needs_a_space() {
    let vectors = crate::files::read();
    let codes: Vec<String> = vectors
        .iter()
        .filter_map(|vector| match &vector.expect {
            crate::files::Verdict::Refuse(code) => Some(code.clone()),
            crate::files::Verdict::Accept(_) => None,
        })
        .collect();
    for code in [
        "not-for-me",
        "reflected",
        "unknown-link",
        "wrong-origin",
        "unknown-key",
        "bad-signature",
        "cannot-open",
        "not-committed",
        "broken-chain",
        "entry-malformed",
        "wrong-audience",
        "downgraded",
        "does-not-cross",
        "not-its-own",
        "not-granted",
        "bad-document",
    ] {
        assert!(codes.iter().any(|known| known == code), "no vector for {code}");
        let documents = [read("PROTOCOL.md"), read("EVENTS.md")];
        let named = documents.iter().any(|text| text.contains(&format!("`{code}`")));
        assert!(named, "{code} is in no document");
    }
}
