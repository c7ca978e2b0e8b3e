//! Sizes: a file is a thought, and a line fits on a page.

use crate::repository::{self, File, hold};

const SOURCE_LINES_MAX: usize = 400;
const TEST_LINES_MAX: usize = 600;
const COLUMNS_MAX: usize = 100;
/// Half of the sources are shorter than this.
const MEDIAN_LINES: usize = 150;

/// Files that may be longer: path, lines, and why they are one thought all the same.
const LONG: [(&str, usize, &str); 1] = [(
    "ops/interspace/src/wire.rs",
    460,
    "the only file that may know more than one adapter: two files would be two that may",
)];

fn usual_lines_max(file: &File) -> usize {
    if file.is_test() { TEST_LINES_MAX } else { SOURCE_LINES_MAX }
}

fn lines_max(file: &File) -> usize {
    let listed = LONG.iter().find(|(path, _, _)| *path == file.path);
    listed.map_or(usual_lines_max(file), |(_, lines, _)| *lines)
}

fn too_long(file: &File) -> Option<String> {
    let (lines, most) = (file.text.lines().count(), lines_max(file));
    (lines > most).then(|| format!("{}: {lines} lines, at most {most}", file.path))
}

fn too_wide(file: &File) -> Vec<String> {
    let lines = file.text.lines().enumerate();
    let wide = lines.filter(|(_, line)| line.chars().count() > COLUMNS_MAX);
    let told = wide.map(|(index, _)| format!("{}:{}", file.path, index + 1));
    told.collect()
}

/// Lines of the file in the middle, of those that are shipped.
fn median(files: &[File]) -> usize {
    let sources = files.iter().filter(|file| !file.is_test());
    let mut lines: Vec<_> = sources.map(|file| file.text.lines().count()).collect();
    lines.sort_unstable();
    lines.get(lines.len() / 2).copied().unwrap_or(0)
}

#[test]
fn a_file_is_one_thought_long() {
    let breaches: Vec<_> = repository::sources().iter().filter_map(too_long).collect();
    hold(&breaches, "split the file where one thought ends, or list it in LONG with a reason");
}

#[test]
fn a_line_fits_on_a_page() {
    let breaches: Vec<_> = repository::sources().iter().flat_map(too_wide).collect();
    hold(&breaches, "break these lines: they have more than 100 columns");
}

#[test]
fn half_of_the_sources_are_short() {
    let median = median(&repository::sources());
    let breach = format!("the median is {median} lines");
    let breaches: &[String] = if median < MEDIAN_LINES { &[] } else { &[breach] };
    hold(breaches, "split the longest files until it is below 150");
}

#[test]
fn every_exception_is_still_needed_and_has_a_reason() {
    let sources = repository::sources();
    let mut breaches = Vec::new();
    for (path, lines, why) in LONG {
        let file = sources.iter().find(|file| file.path == path);
        let needed = file.is_some_and(|file| {
            let usual = usual_lines_max(file);
            lines > usual && file.text.lines().count() > usual
        });
        if !needed || why.len() < 10 {
            breaches.push(path.to_owned());
        }
    }
    hold(&breaches, "remove it from LONG, or say why it is there");
}

#[test]
fn a_long_file_and_a_wide_line_are_noticed() {
    let lines = |path, count: usize| File::new(path, &"x\n".repeat(count));
    assert_eq!(too_long(&lines("a/src/b.rs", 400)), None);
    assert!(too_long(&lines("a/src/b.rs", 401)).is_some());
    assert_eq!(too_long(&lines("a/tests/b.rs", 600)), None);
    assert!(too_long(&lines("a/tests/b.rs", 601)).is_some());
    let wide = format!("{}\n{}\n", "ü".repeat(100), "x".repeat(101));
    assert_eq!(too_wide(&File::new("a.rs", &wide)), ["a.rs:2"]);
    let files = [("a.rs", 9), ("b.rs", 151), ("c.rs", 200), ("tests/d.rs", 1)];
    assert_eq!(median(&files.map(|(path, count)| lines(path, count))), 151);
}
