//! The simulator itself: honest worlds are clean, a seed repeats, and every sabotage is noticed by
//! the one whom it concerns.

use std::fs;
use std::process::Command;
use tests::simulation::campaign::{Campaign, Summary};
use tests::simulation::invariants::{NAMES, all};
use tests::simulation::sabotage::{OTHERS, Saboteur};
use tests::simulation::transcript::{Replayed, Transcript};
use tests::simulation::{Outcome, run};

fn campaign(from: u64, seeds: u64, threads: usize) -> Summary {
    let sabotaged = None;
    let campaign = Campaign { from, seeds, sabotaged, threads };
    campaign.run(&|_, _| {})
}

#[test]
fn honest_worlds_are_clean_and_everything_goes_wrong_in_them() {
    let summary = campaign(1, 24, 2);
    assert_eq!(summary.violations, []);
    assert!(summary.steps > 24 * 1_000);
    for (kind, count) in summary.faults.counts() {
        assert!(count > 0, "{kind} never happened");
    }
}

#[test]
fn people_meet_every_gate_in_honest_worlds() {
    let outcomes: Vec<Outcome> = (1..=24).map(|seed| run(seed, None)).collect();
    for what in
        ["is frozen by", "outside of its windows", " approved ", "was recalled", "is not complete"]
    {
        let told = |line: &String| line.contains("answer to wish") && line.contains(what);
        assert!(outcomes.iter().any(|it| it.lines.iter().any(told)), "nobody was told: {what}");
    }
    let met = |what: &str| outcomes.iter().filter_map(|it| it.met.get(what)).sum::<u64>();
    for what in [
        "a bypass",
        "a recall of a peer",
        "approvals that were enough",
        "an open window",
        "another revision",
        "a tenant",
        "an answer to a manual step",
        "an end by a person",
    ] {
        assert!(met(what) > 0, "it never happened: {what}");
    }
}

#[test]
fn the_same_seeds_give_the_same_transcript_on_any_number_of_threads() {
    let last = u64::MAX;
    let one = campaign(last, 2, 1);
    assert_eq!(one, campaign(last, 2, 2));
    let other = campaign(last - 1, 2, 1);
    assert_ne!(one.transcript, other.transcript);
}

#[test]
fn every_invariant_has_a_name_and_a_saboteur() {
    let names: Vec<_> = all().iter().map(|invariant| invariant.name()).collect();
    assert_eq!(names, NAMES.map(|(name, _)| name));
    assert!(names.iter().all(|name| Saboteur::of(name).is_some()));
    assert!(Saboteur::of("list").is_none());
}

#[test]
fn every_sabotage_is_noticed_and_its_transcript_replays() {
    let named = NAMES.map(|(invariant, _)| (invariant, invariant));
    let others = OTHERS.map(|(sabotage, invariant, _)| (sabotage, invariant));
    for (sabotage, invariant) in named.into_iter().chain(others) {
        // Not every world gives every sabotage its occasion.
        let worlds = (3..13).map(|seed| (seed, run(seed, Saboteur::of(sabotage))));
        let noticed = |(_, outcome): &(u64, Outcome)| outcome.violation.is_some();
        let (seed, outcome) = { worlds }.find(noticed).expect(sabotage);
        let violation = outcome.violation.clone().unwrap();
        assert_eq!(violation.invariant, invariant, "{sabotage}: {}", violation.what);
        let transcript = Transcript::of(seed, Some(sabotage), &outcome);
        let read = Transcript::read(&transcript.write()).unwrap();
        assert_eq!(read, transcript);
        assert_eq!(read.replay().1, Replayed::Again(violation));
    }
}

#[test]
fn a_transcript_that_was_altered_does_not_replay() {
    let outcome = run(3, Saboteur::of("audit"));
    let mut transcript = Transcript::of(3, Some("audit"), &outcome);
    transcript.lines[5].push('!');
    let Replayed::Otherwise { line, recorded, now } = transcript.replay().1 else {
        panic!("it replays although it was altered");
    };
    assert_eq!(line, 9, "three lines of head, then the sixth event");
    assert_eq!(recorded, now.map(|now| now + "!"));
}

#[test]
fn the_program_leaves_a_transcript_where_it_was_started() {
    let folder = tempfile::tempdir().unwrap();
    let simulate = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_simulate"));
        let output = command.args(arguments).current_dir(&folder).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let broken = ["--seeds", "1", "--from", "3", "--break", "audit", "-o", "json"];
    let (code, printed) = simulate(&broken);
    assert_eq!(code, Some(1));
    let result: serde_json::Value = serde_json::from_str(&printed).unwrap();
    assert_eq!((&result["seeds"], &result["from"]), (&1.into(), &3.into()));
    assert_eq!(result["violations"], 1);
    let (code, again) = simulate(&["--replay", "transcript-3", "-o", "json"]);
    assert_eq!(code, Some(1));
    let again: serde_json::Value = serde_json::from_str(&again).unwrap();
    assert_eq!(again["transcript"], result["transcript"]);
    let text = fs::read_to_string(folder.path().join("transcript-3")).unwrap();
    fs::write(folder.path().join("other"), text.replace("seed 3", "seed 4")).unwrap();
    assert_eq!(simulate(&["--replay", "other"]).0, Some(2));
    assert_eq!(simulate(&["--break", "nonsense"]).0, Some(2));
    let (code, listed) = simulate(&["--break", "list"]);
    assert_eq!((code, listed.lines().count()), (Some(0), NAMES.len() + OTHERS.len()));
}
