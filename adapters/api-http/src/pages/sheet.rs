//! A sheet: what a live page shows of a space, cut into the parts that change by themselves.

use maud::{Markup, PreEscaped, html};
use schema::hash::sha256;
use schema::id::hex;
use std::collections::BTreeMap;

/// A sheet, written.
#[derive(Debug, Clone)]
pub(super) struct Sheet {
    /// The size of the log that it shows.
    pub(super) size: u64,
    /// All of it.
    pub(super) whole: String,
    /// Its parts by their ids, each as it stands in the whole.
    pub(super) parts: BTreeMap<String, String>,
    /// What it is without its parts: while this stays, exchanging parts is enough.
    pub(super) shape: String,
}

/// The parts of a sheet while it is written.
#[derive(Debug, Default)]
pub(super) struct Parts(Vec<(String, String)>);

impl Parts {
    /// A part. `says` is what is announced when it becomes another text; empty for nothing.
    pub(super) fn add(&mut self, id: &str, class: &str, says: &str, inner: &Markup) -> Markup {
        let says = (!says.is_empty()).then_some(says);
        let part = html! { div id=(id) class=(class) data-part data-says=[says] { (inner) } };
        self.0.push((id.to_owned(), part.0.clone()));
        part
    }
}

impl Sheet {
    /// Writes a sheet of a log of this size.
    pub(super) fn write(size: u64, write: impl FnOnce(&mut Parts) -> Markup) -> Self {
        let mut parts = Parts::default();
        let inner = write(&mut parts).into_string();
        let mut frame = String::with_capacity(inner.len());
        let mut rest = inner.as_str();
        for (id, part) in &parts.0 {
            // Parts stand in the sheet in the order in which they were added.
            let (before, after) = rest.split_once(part.as_str()).unwrap_or((rest, ""));
            frame.push_str(before);
            frame.push_str(id);
            rest = after;
        }
        frame.push_str(rest);
        let shape = hex(&sha256(&[frame.as_bytes()])[..8]);
        let whole = html! { div #sheet data-shape=(shape) { (PreEscaped(inner)) } }.into_string();
        Self { size, whole, parts: parts.0.into_iter().collect(), shape }
    }

    /// What a page must be told that shows `before`; none if nothing.
    pub(super) fn since(&self, before: Option<&Self>) -> Option<String> {
        match before {
            Some(before) if before.shape == self.shape => {
                let changed =
                    |(id, part): &(&String, &String)| before.parts.get(*id) != Some(*part);
                let parts: String =
                    self.parts.iter().filter(changed).map(|(_, part)| part.as_str()).collect();
                (!parts.is_empty()).then_some(parts)
            }
            Some(_) | None => Some(self.whole.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(heading: &str, cells: &[&str]) -> Sheet {
        Sheet::write(7, |parts| {
            html! {
                h2 { (heading) }
                @for (at, cell) in cells.iter().enumerate() {
                    (parts.add(&format!("c{at}"), "cell", "", &html! { (cell) }))
                }
            }
        })
    }

    #[test]
    fn a_page_is_told_only_the_parts_that_changed() {
        let (one, other) = (sheet("h", &["a", "b"]), sheet("h", &["a", "c"]));
        assert_eq!(one.shape, other.shape);
        let told = other.since(Some(&one)).unwrap();
        assert!(told.contains("id=\"c1\"") && !told.contains("c0"), "{told}");
        assert_eq!(other.since(Some(&other)), None);
        assert_eq!(other.since(None), Some(other.whole.clone()));
    }

    #[test]
    fn a_page_is_told_everything_when_its_shape_changed() {
        let one = sheet("h", &["a"]);
        for other in [sheet("i", &["a"]), sheet("h", &["a", "b"])] {
            assert_ne!(one.shape, other.shape);
            assert_eq!(other.since(Some(&one)), Some(other.whole.clone()));
        }
    }
}
