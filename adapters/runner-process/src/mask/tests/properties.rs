//! What holds of a mask for every secret, every output and every split of it.

use crate::mask::Mask;
use engine::trust::secret::SecretValue;
use proptest::prelude::*;
use std::fmt::Write as _;

/// One text as something may write it.
type Form = fn(&str) -> String;

fn base64(text: &str, alphabet: &[u8; 64], padded: bool) -> String {
    let mut written = String::new();
    for three in text.as_bytes().chunks(3) {
        let bits = three.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
        let bits = bits << (8 * (3 - three.len()));
        for i in 0..=three.len() {
            written.push(char::from(alphabet[(bits >> (18 - 6 * i)) as usize & 63]));
        }
        for _ in three.len()..3 * usize::from(padded) {
            written.push('=');
        }
    }
    written
}

fn standard(text: &str) -> String {
    base64(text, b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", true)
}

fn url(text: &str) -> String {
    base64(text, b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", false)
}

fn folded(text: &str, columns: usize) -> String {
    let mut lines = String::new();
    for (i, c) in text.chars().enumerate() {
        if i > 0 && i % columns == 0 {
            lines.push('\n');
        }
        lines.push(c);
    }
    lines
}

fn hexadecimal(text: &str) -> String {
    text.bytes().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn percent(text: &str) -> String {
    text.bytes().fold(String::new(), |mut written, byte| {
        if byte.is_ascii_alphanumeric() {
            written.push(char::from(byte));
        } else {
            let _ = write!(written, "%{byte:02X}");
        }
        written
    })
}

fn json(text: &str) -> String {
    text.chars().fold(String::new(), |mut written, c| {
        match c {
            '"' | '\\' => written.extend(['\\', c]),
            '\n' => written.push_str("\\n"),
            c if c.is_ascii() => written.push(c),
            c => c.encode_utf16(&mut [0; 2]).iter().for_each(|half| {
                let _ = write!(written, "\\u{half:04x}");
            }),
        }
        written
    })
}

/// Every form.
const FORMS: [Form; 12] = [
    str::to_owned,
    |text| folded(text, 1),
    |text| folded(text, 5),
    standard,
    url,
    |text| folded(&standard(text), 64),
    |text| folded(&standard(text), 76),
    hexadecimal,
    |text| hexadecimal(text).to_uppercase(),
    |text| folded(&hexadecimal(text), 60),
    percent,
    json,
];

/// A secret that is masked: long enough, and without blanks at the ends of its lines, which fold
/// away with the line breaks.
fn secret() -> impl Strategy<Value = String> {
    let short = "[a-z0-9A-Z\"\\\\%+/=ö😀 -]{4,40}";
    let lines = "[a-z\"ö]{4,80}(\n[A-Z0-9 +/=]{1,80}){0,3}";
    let fits = |text: &String| text.len() >= 4 && text.lines().all(|line| line.trim() == line);
    prop_oneof![short, lines].prop_filter("a secret that is masked", fits)
}

/// The output in pieces of these sizes, again and again.
fn pieces<'a>(output: &'a [u8], sizes: &'a [usize]) -> impl Iterator<Item = &'a [u8]> {
    let mut rest = output;
    let mut sizes = sizes.iter().cycle();
    std::iter::from_fn(move || {
        let size = rest.len().min(*sizes.next()?);
        let piece = rest.split_off(..size)?;
        (!piece.is_empty()).then_some(piece)
    })
}

fn shown(secrets: &[String], output: &str, sizes: &[usize]) -> String {
    let values: Vec<_> = secrets.iter().map(|it| SecretValue::new(it.clone()).unwrap()).collect();
    let mut mask = Mask::of(values.iter());
    let mut shown = Vec::new();
    for piece in pieces(output.as_bytes(), sizes) {
        shown.extend(mask.push(piece));
    }
    shown.extend(mask.finish());
    String::from_utf8(shown).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn t23_no_form_of_a_secret_comes_through_however_it_is_split(
        secret in secret(),
        others in prop::collection::vec(secret(), 0..4),
        form in 0..FORMS.len(),
        sizes in prop::collection::vec(1_usize..50, 1..6),
    ) {
        let written = FORMS[form](&secret);
        let output = format!("<< {written} >> {written} <<");
        let secrets = [&[secret], others.as_slice()].concat();
        let shown = shown(&secrets, &output, &sizes);
        let padding = shown.replace('=', "");
        prop_assert_eq!(padding, "<< *** >> *** <<");
    }

    #[test]
    fn t23_a_secret_within_something_encoded_does_not_come_through(
        before in "[a-z:]{0,7}",
        secret in "[A-Z0-9]{4,90}",
        after in "[a-z:]{0,7}",
        form in 0..FORMS.len(),
        sizes in prop::collection::vec(1_usize..50, 1..6),
    ) {
        let written = FORMS[form](&format!("{before}{secret}{after}"));
        let shown = shown(std::slice::from_ref(&secret), &written, &sizes);
        prop_assert!(shown.contains("***"), "{}", shown);
        // What is left is shorter by what stood for the secret, but for digits at its ends.
        let shortest = secret.len();
        prop_assert!(shown.len() <= written.len() + 3 - shortest, "{} of {}", shown, written);
        prop_assert!(!shown.contains(&secret));
    }

    #[test]
    fn an_output_without_a_secret_is_unchanged(
        secrets in prop::collection::vec("[A-M]{5,20}", 0..4),
        output in "[n-z \n\r%\\\\+/=0-9ö]{0,300} ",
        sizes in prop::collection::vec(1_usize..50, 1..6),
    ) {
        prop_assert_eq!(shown(&secrets, &output, &sizes), output);
    }

    #[test]
    fn how_an_output_is_split_changes_nothing(
        secrets in prop::collection::vec("[abA0]{4,6}", 0..4),
        output in "[abA0%\\\\u\n ]{0,200}",
        sizes in prop::collection::vec(1_usize..50, 1..6),
    ) {
        prop_assert_eq!(shown(&secrets, &output, &sizes), shown(&secrets, &output, &[1000]));
    }
}
