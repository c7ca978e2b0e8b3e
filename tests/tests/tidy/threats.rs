//! Threats: each has a test that carries its number, or a reason why it has none yet. The list of
//! them is `tests/THREATS.md`, and there is no other.

use crate::code::lines_with;
use crate::repository::{self, File, hold};

/// The list, from the root.
const LIST: &str = "tests/THREATS.md";

/// One row of the list.
#[derive(Debug)]
struct Threat {
    number: u32,
    /// What can go wrong.
    what: String,
    /// What keeps it from going wrong, and where.
    defence: String,
    /// The test that fails without the defence; none while there is no such test.
    test: Option<String>,
}

/// The rows of the list, in its order.
fn listed(text: &str) -> Vec<Threat> {
    let rows = text.lines().filter_map(|line| line.strip_prefix("| T"));
    let row = |row: &str| {
        let cells: Vec<_> = row.split(" | ").map(|cell| cell.trim_end_matches(" |")).collect();
        let [number, what, defence, test] = cells[..] else { panic!("four cells: {row}") };
        let test = test.strip_prefix('`').and_then(|test| test.strip_suffix('`'));
        Threat {
            number: number.parse().expect("a number"),
            what: what.to_owned(),
            defence: defence.to_owned(),
            test: test.map(str::to_owned),
        }
    };
    rows.map(row).collect()
}

/// The threats as the repository lists them.
fn threats() -> Vec<Threat> {
    let files = repository::files();
    let list = files.iter().find(|file| file.path == LIST).expect("the list");
    listed(&list.text)
}

/// Functions in code that are named like the test of a threat: digits, name, and whether it is a
/// test that runs.
fn named(file: &File) -> Vec<(String, String, bool)> {
    let code = file.code();
    let mut found = Vec::new();
    let mut runs = false;
    for line in code.lines().map(str::trim) {
        if line.starts_with("#[") {
            runs |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
            runs &= !is_left_out(line);
            continue;
        }
        let after = line.split_once("fn t").filter(|(before, _)| is_head(before));
        let digits =
            |after: &str| after.chars().take_while(char::is_ascii_digit).collect::<String>();
        if let Some((_, after)) = after
            && !digits(after).is_empty()
            && after[digits(after).len()..].starts_with('_')
        {
            let end = after.find(|c: char| !c.is_alphanumeric() && c != '_');
            found.push((digits(after), format!("t{}", &after[..end.unwrap_or(after.len())]), runs));
        }
        if !line.is_empty() {
            runs = false;
        }
    }
    found
}

/// Whether an attribute takes a test out of what the gate runs.
fn is_left_out(attribute: &str) -> bool {
    !lines_with(attribute, concat!("ig", "nore")).is_empty()
        || attribute.starts_with("#[cfg(any())")
}

/// Whether this is what may stand before `fn`.
fn is_head(before: &str) -> bool {
    before.split_whitespace().all(|word| word == "async" || word.starts_with("pub"))
}

/// The tests of all threats, by their names.
fn tests(sources: &[File]) -> Vec<String> {
    let all = sources.iter().flat_map(named);
    all.filter(|(.., runs)| *runs).map(|(_, name, _)| name).collect()
}

/// Functions that carry the number of no threat, or one that is not written with two digits.
fn misnumbered(file: &File, last: u32) -> Vec<String> {
    let wrong = |digits: &str| {
        let number = digits.parse().unwrap_or(0);
        digits.len() != 2 || !(1..=last).contains(&number)
    };
    let all = named(file).into_iter().filter(|(digits, ..)| wrong(digits));
    all.map(|(_, name, _)| format!("{}: fn {name}", file.path)).collect()
}

/// Where the list and the tests do not agree.
fn disagreements(threats: &[Threat], tests: &[String]) -> Vec<String> {
    let mut breaches = Vec::new();
    for Threat { number, test, .. } in threats {
        let own = |test: &&String| test.starts_with(&format!("t{number:02}_"));
        match (test, tests.iter().filter(own).count()) {
            (Some(test), _) if !tests.contains(test) => {
                breaches.push(format!("T{number}: there is no test {test}"));
            }
            (Some(test), _) if !own(&test) => {
                breaches.push(format!("T{number}: {test} is a test of another threat"));
            }
            (None, 1..) => breaches.push(format!("T{number}: it has a test now; name it")),
            (Some(_), _) | (None, 0) => {}
        }
    }
    breaches
}

#[test]
fn every_threat_has_a_test_that_carries_its_number_or_a_reason() {
    let breaches = disagreements(&threats(), &tests(&repository::sources()));
    hold(
        &breaches,
        &format!("{LIST} names the test of each threat that fails without the defence"),
    );
}

/// The issue that built them said which may not be without.
#[test]
fn what_is_built_to_be_trusted_without_a_network_has_its_tests() {
    let without = threats().into_iter().filter(|threat| threat.test.is_none());
    let due = |number: u32| matches!(number, 1..=14 | 16..=19 | 23..=27);
    let breaches: Vec<_> = without.map(|threat| threat.number).filter(|it| due(*it)).collect();
    assert_eq!(breaches, [0; 0], "threats without a test");
}

#[test]
fn the_threats_are_numbered_without_gaps_and_security_tells_of_each_that_has_a_test() {
    let threats = threats();
    assert!(threats.iter().map(|threat| threat.number).eq(1..=31));
    assert!(threats.iter().all(|threat| !threat.what.is_empty() && !threat.defence.is_empty()));
    let files = repository::files();
    let security = files.iter().find(|file| file.path == "SECURITY.md").expect("it is there");
    let told = |number: u32| security.text.contains(&format!("\n| T{number} | "));
    let tested = threats.iter().filter(|threat| threat.test.is_some());
    let untold: Vec<_> = tested.map(|threat| threat.number).filter(|it| !told(*it)).collect();
    assert_eq!(untold, [0; 0], "SECURITY.md says nothing of these");
}

#[test]
fn every_threat_that_a_test_names_exists() {
    let last = u32::try_from(threats().len()).expect("few");
    let sources = repository::sources();
    let breaches: Vec<_> = sources.iter().flat_map(|file| misnumbered(file, last)).collect();
    hold(&breaches, &format!("threats have two digits, from t01_ to t{last}_"));
}

/// For the gate, which runs this test alone and shows what it says.
#[test]
fn the_threats_and_how_many_tests_each_has() {
    let tests = tests(&repository::sources());
    let mut without = Vec::new();
    for Threat { number, what, defence, test } in threats() {
        let own = tests.iter().filter(|test| test.starts_with(&format!("t{number:02}_"))).count();
        let shown = test.unwrap_or_else(|| format!("none: {defence}"));
        println!("   T{number:<2} {own:>3}  {what}: {shown}");
        if own == 0 {
            without.push(format!("T{number}"));
        }
    }
    println!("   without a test: {}", without.join(" "));
}

#[test]
fn a_threat_that_does_not_exist_is_noticed() {
    let text = "fn t32_a() {}\nfn t9_b() {}\nfn t00_c() {}\nfn t009_d() {}\n";
    assert_eq!(misnumbered(&File::new("a.rs", text), 31).len(), 4);
    let text = "fn t09_a() {}\nfn t31_b() {}\nfn take() {}\nfn t2() {}\n// fn t99_c\n";
    assert!(misnumbered(&File::new("a.rs", text), 31).is_empty());
}

#[test]
fn only_a_test_that_runs_counts() {
    let left_out = concat!("#[test]\n#[ig", "nore = \"slow\"]\nfn t05_e() {}\n");
    let text = "#[test]\nfn t01_a() {}\n\n    #[tokio::test(start_paused = true)]\n    \
                async fn t02_b() {}\nfn t03_c() {}\n/// #[test]\n/// fn t04_d() {}\n\
                const A: &str = \"\n#[test]\nfn t06_f() {}\n\";\n";
    let files = [File::new("a.rs", &format!("{text}{left_out}"))];
    assert_eq!(tests(&files), ["t01_a", "t02_b"]);
}

#[test]
fn a_list_that_does_not_agree_with_the_tests_is_noticed() {
    let list = "| id | threat |\n| --- | --- |\n| T1 | a | b | `t01_x` |\n| T2 | a | later | - |\n";
    let threats = listed(list);
    let agree = |tests: &[&str]| {
        let tests: Vec<_> = tests.iter().map(|test| (*test).to_owned()).collect();
        disagreements(&threats, &tests).len()
    };
    assert_eq!(agree(&["t01_x", "t01_y"]), 0);
    assert_eq!(agree(&["t01_y"]), 1, "the test that is named is gone");
    assert_eq!(agree(&["t01_x", "t02_z"]), 1, "the reason is out of date");
    assert_eq!(disagreements(&listed("| T3 | a | b | `t01_x` |"), &["t01_x".to_owned()]).len(), 1);
}
