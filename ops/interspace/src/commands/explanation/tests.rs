//! Tests that an explanation says the one thing to know, and what to type next.

use super::{headline, text};
use crate::commands::tests::{NOON_MS, Stage, release, text as words};
use api_http::shape::command::Ask;
use api_http::shape::explanation::{Explanation, Place, outside};
use api_http::shape::freeze::Freezing;
use api_http::shape::restraint::Rule;
use engine::state::releases::{Answer, Import, Release, Source};
use schema::latest::{Bundle, Document, Kind, Outcome};
use std::sync::Arc;

fn freeze(until_ms: Option<u64>) -> Ask {
    let freezing = Freezing {
        name: "Holidays".parse().unwrap(),
        projects: Vec::new(),
        environments: Vec::new(),
        from_ms: None,
        until_ms,
        reason: words("nobody is here"),
    };
    Ask::Freeze { freezing }
}

fn place<'a>(explanation: &'a Explanation, name: &str) -> &'a Place {
    explanation.places.iter().find(|it| it.place == name).unwrap()
}

fn gates(explanation: &Explanation, name: &str) -> Vec<String> {
    place(explanation, name).obstacles.iter().map(|it| it.gate.clone()).collect()
}

#[test]
fn a_new_release_is_told_where_it_goes_first_and_what_to_type() {
    let mut stage = Stage::given();
    stage.create("1.0.0");
    let explanation = stage.explain("dana", "1.0.0");
    let shown = text(&explanation);
    let expected = "\
Web 1.0.0 of Home, created here
next is Dev: `interspace deploy Web 1.0.0 --to Dev`

… Dev   Dev   not deployed; next: `interspace deploy Web 1.0.0 --to Dev`
✗ Live  Live  not deployed
    phase: Web 1.0.0 cannot be deployed to Live: phase Dev is not complete: Dev has \
not been deployed
    approval: Web 1.0.0 is approved for Live 0 of 1 times
      next: somebody with the role approver, who neither made nor deploys it: `interspace approve \
Web 1.0.0 --in Live`; who may goes past it: `--bypass REASON`

no gate is passed yet: there is nothing to prove";
    assert_eq!(shown, expected);
}

#[test]
fn what_has_passed_a_phase_is_held_up_by_what_is_missing_next_and_the_phase_is_proven() {
    let mut stage = Stage::given();
    stage.in_dev("1.0.0");
    let explanation = stage.explain("dana", "1.0.0");
    let what = "held up at Live by approval: Web 1.0.0 is approved for Live 0 of 1 times";
    assert_eq!(headline(&explanation), what);
    assert!(place(&explanation, "Dev").done && place(&explanation, "Dev").next.is_none());
    let [proof] = &explanation.proofs[..] else { panic!("{:?}", explanation.proofs) };
    assert_eq!((proof.kind.as_str(), proof.signer.as_str()), ("receipt", "Home"));
    assert!(proof.verified && proof.gate.contains("Dev"), "{proof:?}");
    let shown = text(&explanation);
    assert!(shown.contains("✓ Dev   Dev   succeeded\n"), "{shown}");
    assert!(shown.contains(&proof.document), "{shown}");
}

#[test]
fn a_freeze_says_why_and_when_it_is_over() {
    let mut stage = Stage::given();
    stage.in_dev("1.0.0");
    stage.approve("anna", "1.0.0", true, "");
    stage.ask("dana", freeze(Some(NOON_MS + 2 * 60 * 60 * 1_000))).unwrap();
    let explanation = stage.explain("dana", "1.0.0");
    assert_eq!(gates(&explanation, "Live"), ["freeze"]);
    let what = "held up at Live by freeze: Live is frozen by Holidays: nobody is here";
    assert_eq!(headline(&explanation), what);
    let shown = text(&explanation);
    assert!(shown.contains("nobody is here; opens 2026-11-22 14:00:00\n"), "{shown}");
    assert!(shown.contains("`interspace freeze lift Holidays`"), "{shown}");
}

#[test]
fn a_window_that_is_shut_says_when_it_opens() {
    let window = "approvals = 1\nwindows = [\"Mon-Fri 09:00-17:00\"]";
    let mut stage = Stage::with(&[("approvals = 1", window)]);
    stage.in_dev("1.0.0");
    stage.approve("anna", "1.0.0", true, "");
    let explanation = stage.explain("dana", "1.0.0");
    assert_eq!(gates(&explanation, "Live"), ["window"]);
    let shown = text(&explanation);
    assert!(shown.contains("; opens 2026-11-23 09:00:00\n"), "{shown}");
}

#[test]
fn whose_own_approval_it_is_is_told_that_somebody_else_deploys() {
    let mut stage = Stage::given();
    stage.in_dev("1.0.0");
    stage.approve("anna", "1.0.0", true, "");
    let theirs = stage.explain("dana", "1.0.0");
    assert_eq!(gates(&theirs, "Live"), Vec::<String>::new());
    let next = "`interspace deploy Web 1.0.0 --to Live`";
    assert_eq!(place(&theirs, "Live").next.as_deref(), Some(next));
    let own = stage.explain("anna", "1.0.0");
    assert_eq!(gates(&own, "Live"), ["own approval"]);
    assert!(headline(&own).contains("does not count when you deploy it"), "{}", headline(&own));
}

#[test]
fn a_refusal_is_told_with_its_reason() {
    let mut stage = Stage::given();
    stage.in_dev("1.0.0");
    stage.approve("anna", "1.0.0", false, "it is too slow");
    let headline = headline(&stage.explain("dana", "1.0.0"));
    assert!(headline.ends_with("anna refused Web 1.0.0 for Live: it is too slow"), "{headline}");
}

#[test]
fn what_runs_is_not_held_up_by_what_it_has_passed() {
    let mut stage =
        Stage::with(&[("approvals = 1", "approvals = 1\napprovals_per = \"deployment\"")]);
    stage.in_dev("1.0.0");
    stage.approve("anna", "1.0.0", true, "");
    stage.deploy("1.0.0", "Live").unwrap();
    let running = stage.explain("dana", "1.0.0");
    assert_eq!(gates(&running, "Live"), ["turn"]);
    stage.end(Outcome::Succeeded);
    let done = stage.explain("dana", "1.0.0");
    assert_eq!(gates(&done, "Live"), Vec::<String>::new());
    assert_eq!(headline(&done), "it is everywhere where it goes from here");
    let kinds: Vec<&str> = done.proofs.iter().map(|it| it.kind.as_str()).collect();
    assert_eq!(kinds, ["receipt", "approval", "receipt"]);
    assert!(done.proofs.iter().all(|it| it.verified), "{:?}", done.proofs);
}

#[test]
fn where_policy_is_paused_it_is_left_to_people_and_says_why() {
    let mut stage = Stage::with(&[("automatic = false", "automatic = true")]);
    let all = || "*".parse().unwrap();
    let rule = Rule::Pause { project: all(), place: all() };
    stage.ask("dana", Ask::SetPolicy { rule, reason: words("we look at it") }).unwrap();
    stage.in_dev("1.0.0");
    stage.approve("anna", "1.0.0", true, "");
    let explanation = stage.explain("dana", "1.0.0");
    let what = "left to people at Live: policy is paused there: we look at it";
    assert_eq!(headline(&explanation), what);
    let shown = text(&explanation);
    assert!(shown.contains("next: `interspace deploy Web 1.0.0 --to Live`\n"), "{shown}");
}

#[test]
fn what_policy_does_it_does_by_itself_and_never_an_older_version() {
    let mut stage = Stage::with(&[("automatic = false", "automatic = true")]);
    stage.create("1.0.0");
    stage.in_dev("2.0.0");
    stage.approve("anna", "2.0.0", true, "");
    stage.end(Outcome::Succeeded);
    stage.deploy("1.0.0", "Dev").unwrap();
    stage.approve("anna", "1.0.0", true, "");
    stage.end(Outcome::Succeeded);
    let older = stage.explain("dana", "1.0.0");
    let next = "`interspace deploy Web 1.0.0 --to Live`";
    let live = place(&older, "Live");
    assert_eq!(live.next.as_deref(), Some(next));
    let why = live.left_alone.as_deref().unwrap();
    assert!(why.contains("a newer version was tried there"), "{why}");
}

#[test]
fn of_a_tenant_it_is_said_that_policy_leaves_it_to_people() {
    let mut stage = Stage::with(&[("automatic = false", "automatic = true")]);
    stage.in_dev("1.0.0");
    let explanation = stage.explain_for(Some("Acme"), "dana", "1.0.0");
    let live = place(&explanation, "Live");
    assert_eq!(live.left_alone.as_deref(), Some("policy leaves tenants to people"));
    assert_eq!(explanation.tenant.as_deref(), Some("Acme"));
}

#[test]
fn a_release_that_was_recalled_says_so_first() {
    let mut stage = Stage::given();
    stage.in_dev("1.0.0");
    let reason = words("it loses orders");
    stage.ask("dana", Ask::Recall { release: release("1.0.0"), reason }).unwrap();
    let explanation = stage.explain("dana", "1.0.0");
    assert_eq!(headline(&explanation), "recalled: it loses orders");
    let recalled = explanation.recalled.as_ref().unwrap();
    assert_eq!(recalled.exposed, ["Dev"]);
    assert_eq!(gates(&explanation, "Live")[0], "recall");
}

/// What is told of a release of Web that came from elsewhere, with this answer.
fn imported(answer: Answer) -> Explanation {
    let mut stage = Stage::given();
    stage.create("1.0.0");
    let state = stage.engine().state();
    let (id, known) = state.releases.all().next().unwrap();
    let content = Bundle {
        release: id.clone(),
        digest: known.digest,
        revision: known.revision,
        targets: vec![state.me()],
        source_name: "Home".parse().unwrap(),
        notes: known.notes.clone(),
        snapshot: known.snapshot.clone(),
        outline: known.outline.clone(),
        receipts: Vec::new(),
        key: 1,
        time_ms: NOON_MS,
    };
    let document = Document::sign(Kind::Bundle, &content, |_| Vec::new());
    let import = Import {
        bundle: document.id(),
        document,
        content: Arc::new(content),
        from: state.me(),
        receipts: Vec::new(),
        handed: Vec::new(),
        answer,
    };
    let release = Release { source: Source::Imported(Box::new(import)), ..known.clone() };
    let obstacles = outside(id, &release, true);
    Explanation { obstacles, places: Vec::new(), ..stage.explain("dana", "1.0.0") }
}

#[test]
fn what_waits_in_the_inbox_says_so_and_what_to_type() {
    let waiting = imported(Answer::Waiting);
    assert_eq!(headline(&waiting), "acceptance: Web 1.0.0 waits in the inbox");
    let shown = text(&waiting);
    for typed in ["show Web 1.0.0`", "accept Web 1.0.0`", "reject Web 1.0.0 --reason TEXT`"] {
        assert!(shown.contains(&format!("`interspace inbox {typed}")), "{typed}: {shown}");
    }
    let rejected = imported(Answer::Rejected { reason: words("it is too big") });
    assert_eq!(headline(&rejected), "acceptance: Web 1.0.0 was rejected: it is too big");
}

#[test]
fn where_policy_deploys_the_approval_of_who_asks_counts() {
    let mut stage = Stage::with(&[("automatic = false", "automatic = true")]);
    stage.in_dev("1.0.0");
    stage.ask("dana", freeze(None)).unwrap();
    stage.approve("anna", "1.0.0", true, "");
    assert_eq!(gates(&stage.explain("anna", "1.0.0"), "Live"), ["freeze"]);
}

#[test]
fn it_is_an_object_with_the_proofs_of_what_was_passed() {
    let mut stage = Stage::given();
    stage.in_dev("1.0.0");
    let shown = serde_json::to_value(stage.explain("dana", "1.0.0")).unwrap();
    assert_eq!(shown["release"]["project"], "Web");
    assert_eq!(shown["places"][0]["done"], true);
    let proof = shown["proofs"][0].as_object().unwrap();
    let mut keys: Vec<&str> = proof.keys().map(String::as_str).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["document", "gate", "kind", "signer", "verified"]);
}

#[test]
fn an_optional_place_is_not_what_a_release_waits_for() {
    let optional = ("environments = [\"Live\"],", "environments = [\"Live\"], optional = true,");
    let mut stage = Stage::with(&[optional]);
    stage.in_dev("1.0.0");
    let explanation = stage.explain("dana", "1.0.0");
    assert!(place(&explanation, "Live").optional);
    let told = "it is everywhere where it has to go; optional: Live";
    assert_eq!(headline(&explanation), told);
}
