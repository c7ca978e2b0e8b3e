//! What a command says: data on standard output, words for people on standard error.

use crate::failure::Failure;
use comfy_table::{ContentArrangement, LineStyle, Table, TableStyle};
pub(crate) use schema::name::visible;
use serde::Serialize;
use std::io::{IsTerminal as _, Write};

/// The form of data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Form {
    /// For people.
    Table,
    /// Exactly one JSON object or array.
    Json,
}

/// Where a command's words go.
pub(crate) struct Output {
    form: Form,
    data: Box<dyn Write>,
    people: Box<dyn Write>,
    interactive: bool,
}

impl Output {
    /// To the standard streams.
    pub(crate) fn to_terminal(form: Form) -> Self {
        let interactive = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        let (data, people) = (Box::new(std::io::stdout()), Box::new(std::io::stderr()));
        Self { form, data, people, interactive }
    }

    /// Everything to one writer, as the demo shows it.
    pub(crate) fn to(writer: impl Write + Clone + 'static) -> Self {
        let (data, people) = (Box::new(writer.clone()), Box::new(writer));
        Self { form: Form::Table, data, people, interactive: false }
    }

    /// Whether somebody can be asked.
    pub(crate) const fn interactive(&self) -> bool {
        self.interactive
    }

    /// Whether data is JSON.
    pub(crate) const fn json(&self) -> bool {
        matches!(self.form, Form::Json)
    }

    /// One value: as JSON, or as `text` says it.
    pub(crate) fn value<T: Serialize>(&mut self, value: &T, text: impl FnOnce() -> String) {
        let shown = match self.form {
            Form::Json => serde_json::to_string_pretty(value).unwrap_or_default(),
            Form::Table => text(),
        };
        // Somebody who closes the pipe has seen enough.
        let _ = writeln!(self.data, "{}", shown.trim_end());
        let _ = self.data.flush();
    }

    /// Text as it is, without a form.
    pub(crate) fn raw(&mut self, text: &str) {
        let _ = self.data.write_all(text.as_bytes());
        let _ = self.data.flush();
    }

    /// Words for people.
    pub(crate) fn say(&mut self, words: &str) {
        let _ = writeln!(self.people, "{words}");
        let _ = self.people.flush();
    }

    /// A failed command.
    pub(crate) fn failure(&mut self, failure: &Failure) {
        let (what, hint) = (visible(&failure.what), visible(&failure.hint));
        let _ = writeln!(self.people, "error: {what}");
        if !hint.is_empty() {
            let _ = writeln!(self.people, "  next: {hint}");
        }
        let _ = self.people.flush();
    }
}

/// A table, or `empty` where it has no rows.
pub(crate) fn table(head: &[&str], rows: Vec<Vec<String>>, empty: &str) -> String {
    if rows.is_empty() {
        return empty.to_owned();
    }
    let mut table = Table::new();
    // A line under the head and none between the rows.
    let style = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));
    table.load_style(style);
    if std::io::stdout().is_terminal() {
        table.set_content_arrangement(ContentArrangement::Dynamic);
    }
    table.set_header(head);
    for row in rows {
        table.add_row(row.iter().map(|cell| visible(cell)).collect::<Vec<_>>());
    }
    table.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

/// A time as RFC 3339 gives it, for people: to the second.
pub(crate) fn moment(time: &str) -> String {
    time.get(..19).map_or_else(|| time.to_owned(), |time| time.replace('T', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t19_escapes_and_turned_text_are_shown_and_not_sent() {
        let shown = visible("a\u{1b}[31mb\u{202e}c\rd\u{9b}e");
        assert_eq!(shown, "a\\u{1b}[31mb\\u{202e}c\\u{d}d\\u{9b}e");
        assert_eq!(visible("Münster\n本番"), "Münster\n本番");
    }
}
