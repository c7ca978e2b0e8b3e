//! What is shown of outputs with secrets in them, case by case.

mod properties;

use super::*;

fn values(texts: &[&str]) -> Vec<SecretValue> {
    texts.iter().map(|text| SecretValue::new((*text).to_owned()).unwrap()).collect()
}

/// What is shown of an output that comes in pieces of this many bytes.
fn shown(secrets: &[&str], output: &str, piece_bytes: usize) -> String {
    let mut mask = Mask::of(values(secrets).iter());
    let mut all = Vec::new();
    for piece in output.as_bytes().chunks(piece_bytes) {
        all.extend(mask.push(piece));
    }
    all.extend(mask.finish());
    String::from_utf8(all).unwrap()
}

fn assert_shown(cases: &[(&[&str], &str, &str)]) {
    for (secrets, output, expected) in cases {
        for piece_bytes in [1, 2, 3, 5, 1000] {
            assert_eq!(shown(secrets, output, piece_bytes), *expected, "in {piece_bytes}");
        }
    }
}

#[test]
fn t23_a_secret_is_masked_in_whatever_pieces_it_comes() {
    assert_shown(&[
        (&[], "nothing to hide", "nothing to hide"),
        (&["hunter2"], "the word is hunter2, hunter2!", "the word is ***, ***!"),
        (&["hunter2"], "hunter hunte hunter3 hunter2", "hunter hunte hunter3 ***"),
        (&["aaab"], "aaaab aaaaab", "a*** aa***"),
        (&["abcd", "abcdefgh"], "abcdefg abcdefgh abcd", "***efg *** ***"),
        (&["abcde", "defgh"], "-abcdefgh-", "-***-"),
        (&["abcdefg", "cdef"], "-abcdefg-cdef-", "-***-***-"),
        (&["abcd"], "-abcdabcd-", "-***-"),
        (&["häß"], "ein häß!", "ein ***!"),
    ]);
}

#[test]
fn t23_each_longer_line_of_a_secret_is_masked_alone_too() {
    let key = "-----BEGIN-----\r\nc2VjcmV0\nabc\n-----END-----\n";
    let all = format!("<{key}> and c2VjcmV0, abc, {}", key.trim_end());
    assert_shown(&[(&[key], &all, "<***\n> and ***, abc, ***")]);
}

#[test]
fn t23_a_secret_that_is_split_over_lines_is_masked() {
    assert_shown(&[
        (&["hunter2"], "it is hun\nter2.", "it is ***."),
        (&["hunter2"], "h\r\nu\r\n\t n\nter2\nnext", "***\nnext"),
        (&["hunter2"], "hun\n\nter2 hun ter2", "*** hun ter2"),
        (&["one  two"], "one\n  two one \n two", "*** ***"),
        (&["one two\n  three"], "one twothree one two\n      three", "*** ***"),
    ]);
}

#[test]
fn t23_a_secret_in_base64_is_masked_wherever_it_begins_in_what_was_encoded() {
    assert_shown(&[
        // "hunter2", "user:hunter2", "xhunter2x", "xxhunter2xx"
        (&["hunter2"], "aHVudGVyMg== aHVudGVyMg", "***== ***"),
        (&["hunter2"], "Basic dXNlcjpodW50ZXIy", "Basic dXNlcj***"),
        (&["hunter2"], "eGh1bnRlcjJ4, eHhodW50ZXIyeHg=", "e***4, eH***eHg="),
        // "??>>??" in both alphabets.
        (&["??>>??"], "Pz8+Pj8/ Pz8-Pj8_", "*** ***"),
        (&["hunter2"], "aHVu\ndGVy\r\n  Mg==", "***=="),
    ]);
}

#[test]
fn t23_a_secret_is_masked_in_hexadecimal_and_percent_encoding_and_json() {
    assert_shown(&[
        (&["hunter2"], "68756e74657232 68756E74657232 f68756e746572320", "*** *** f***0"),
        (&["p w/ö+1"], "p%20w%2F%C3%B6%2B1 p%20w/%c3%b6+1 p+w%2Fö%2B1", "*** *** ***"),
        (&["p\"w\\ö\n  x"], r#""p\"w\\ö\n  x" "p\u0022w\\\u00f6\nx""#, r#""***" "***""#),
        (&["it's me"], r"it\'s\ me", "***"),
    ]);
}

#[test]
fn t23_an_output_that_ends_within_a_secret_shows_nothing_of_it() {
    for piece_bytes in [1, 3, 1000] {
        assert_eq!(shown(&["hunter2"], "it is hunter", piece_bytes), "it is ***");
        assert_eq!(shown(&["hunter2"], "it is hunt\n", piece_bytes), "it is ***\n");
        assert_eq!(shown(&["hunter2"], "it is hun", piece_bytes), "it is hun");
        assert_eq!(shown(&["hunter2"], "it is aHVudGV", piece_bytes), "it is ***");
        assert_eq!(shown(&["hunt", "hunter2"], "hunte", piece_bytes), "***");
    }
}

#[test]
fn t23_a_line_that_a_shell_wrote_without_the_blanks_around_it_is_masked() {
    let value = "{\n  \"password\": \"hunter2\"\n}";
    assert_eq!(shown(&[value], "{ \"password\": \"hunter2\" }", 1000), "{ *** }");
    assert_eq!(shown(&[" tail "], "it is tail.", 1000), "it is ***.");
}

#[test]
fn what_is_too_short_to_be_a_secret_is_shown() {
    let short = ["x", "abc", "  abc  ", "ab\nc"];
    let output = "x abc   abc   ab c YWJj 616263";
    assert_eq!(shown(&short, output, 3), output);
    assert_eq!(shown(&["abcd\nx"], "x abcd x", 3), "x *** x");
}

#[test]
fn a_mask_is_as_new_after_it_was_finished() {
    let mut mask = Mask::of(values(&["hunter2"]).iter());
    assert_eq!([mask.push(b"it is hunter"), mask.finish()].concat(), b"it is ***");
    assert_eq!([mask.push(b"2 hunter2"), mask.finish()].concat(), b"2 ***");
    assert_eq!(mask.fresh().text("hunter2! hunter"), "***! hunter");
}

#[test]
fn blanks_without_end_are_not_held_back() {
    let mut mask = Mask::of(values(&["hunter2"]).iter());
    let mut shown = mask.push(b"hunt\n");
    for _ in 0..1000 {
        shown.extend(mask.push(&[b' '; 100]));
        assert!(mask.held.len() <= 200, "{}", mask.held.len());
    }
    assert_eq!(shown.len() + mask.held.len(), 5 + 100_000);
}

#[test]
fn what_masks_shows_nothing_of_it() {
    let mut mask = Mask::of(values(&["hunter2"]).iter());
    let _ = mask.push(b"hunt");
    assert!(!format!("{mask:?}").contains("hun"), "{mask:?}");
}
