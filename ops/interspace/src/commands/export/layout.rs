//! How an export is laid out: one key a line, then the tables below, in the order of the keys. The
//! same tables give the same bytes, with whatever build.

use schema::name::is_hidden;
use toml::{Table, Value};

/// Adds the keys of a table to `text`, then its tables. `path` is its name; empty at the top.
pub(super) fn table(text: &mut String, path: &str, table: &Table) {
    for (key, value) in table.iter().filter(|(_, value)| !holds_tables(value)) {
        text.push_str(&format!("{key} = {}\n", shown(value)));
    }
    for (key, value) in table.iter() {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        if let Some(inner) = value.as_table() {
            text.push_str(&format!("\n[{path}]\n"));
            self::table(text, &path, inner);
        }
        for inner in tables(value) {
            text.push_str(&format!("\n[[{path}]]\n"));
            self::table(text, &path, inner);
        }
    }
}

/// The tables of an array of tables.
fn tables(value: &Value) -> impl Iterator<Item = &Table> {
    value.as_array().into_iter().flatten().filter_map(Value::as_table)
}

fn holds_tables(value: &Value) -> bool {
    value.is_table() || tables(value).next().is_some()
}

fn shown(value: &Value) -> String {
    match (value.as_str(), value.as_array()) {
        (Some(text), _) => quoted(text),
        (None, Some(all)) => {
            format!("[{}]", all.iter().map(shown).collect::<Vec<_>>().join(", "))
        }
        (None, None) => value.to_string(),
    }
}

/// A text on one line. What nobody would see in it is written as an escape.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            c if is_hidden(c) => quoted.push_str(&format!("\\U{:08X}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_comes_back_as_it_was_and_hides_nothing() {
        for text in ["", "plain", "\"a\\b\"", "two\nlines\tand\r", "a\u{202e}b\u{0}\u{1f600}'''"] {
            let line = quoted(text);
            assert!(!line.contains(is_hidden), "{line}");
            let read: Table = format!("x = {line}").parse().unwrap();
            assert_eq!(read["x"].as_str(), Some(text));
        }
    }
}
