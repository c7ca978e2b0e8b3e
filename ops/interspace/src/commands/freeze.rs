//! `freeze`: times in which nothing is deployed or promoted.

use crate::cli::Freeze as Verb;
use crate::client::Client;
use crate::commands::release::say;
use crate::failure::Failure;
use crate::output::{Output, moment, table};
use api_http::shape::command::Ask;
use api_http::shape::freeze::{Freeze, Freezing};
use schema::v1::event::Pattern;

pub(super) fn run(verb: &Verb, client: &Client, out: &mut Output) -> Result<(), Failure> {
    match verb {
        Verb::Create { name, project, environment, from, until, reason } => {
            let freezing = Freezing {
                name: name.clone(),
                projects: project.clone(),
                environments: environment.clone(),
                from_ms: *from,
                until_ms: *until,
                reason: reason.clone(),
            };
            let did = client.ask(Ask::Freeze { freezing })?;
            say(out, &did, &format!("freeze {name} of {} made", extent(project, environment)));
            out.say("what it holds up: `interspace release explain PROJECT VERSION`");
        }
        Verb::List => {
            let freezes: Vec<Freeze> = client.get(&client.path("freezes")?)?;
            out.value(&freezes, || text(&freezes));
        }
        Verb::Lift { name, reason } => {
            let (name, reason) = (name.clone(), reason.clone());
            let done = format!("freeze {name} lifted");
            let did = client.ask(Ask::LiftFreeze { name, reason })?;
            say(out, &did, &done);
        }
    }
    Ok(())
}

fn text(freezes: &[Freeze]) -> String {
    let rows = freezes.iter().map(row).collect();
    let head = ["freeze", "state", "projects", "in", "from", "until", "by", "reason"];
    table(&head, rows, "nothing is frozen: `interspace freeze create NAME --reason TEXT`")
}

fn row(freeze: &Freeze) -> Vec<String> {
    vec![
        freeze.name.clone(),
        if freeze.holds { "holds" } else { "will hold" }.to_owned(),
        freeze.projects.join(", "),
        freeze.environments.join(", "),
        moment(&freeze.from),
        freeze.until.as_deref().map_or_else(|| "it is lifted".to_owned(), moment),
        freeze.by.clone().unwrap_or_else(|| "policy".to_owned()),
        freeze.reason.clone(),
    ]
}

/// What a freeze is of, in words.
fn extent(projects: &[Pattern], environments: &[Pattern]) -> String {
    let list = |patterns: &[Pattern], all: &str| match patterns {
        [] => all.to_owned(),
        named => named.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    };
    let projects = list(projects, "all projects");
    format!("{projects} in {}", list(environments, "all environments, promotions too"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::tests::{NOON_MS, Stage, text as words};
    use api_http::shape::freeze::list;
    use engine::command::RejectionKind;

    fn freezing(name: &str, projects: &[&str]) -> Freezing {
        Freezing {
            name: name.parse().unwrap(),
            projects: patterns(projects),
            environments: Vec::new(),
            from_ms: None,
            until_ms: None,
            reason: words("we look at it"),
        }
    }

    fn shown(stage: &Stage, who: &str) -> Vec<(String, Vec<String>)> {
        let all = list(stage.engine(), &stage.rights(who), stage.now_ms);
        all.into_iter().map(|freeze| (freeze.name, freeze.projects)).collect()
    }

    #[test]
    fn a_freeze_that_begins_at_once_is_the_same_when_it_is_said_again_later() {
        let mut stage = Stage::given();
        let incident = freezing("Incident", &[]);
        assert_eq!(stage.ask("dana", Ask::Freeze { freezing: incident.clone() }), Ok(1));
        stage.now_ms += 60_000;
        assert_eq!(stage.ask("dana", Ask::Freeze { freezing: incident.clone() }), Ok(0));
        let all = list(stage.engine(), &stage.rights("dana"), stage.now_ms);
        assert_eq!(all[0].from, "2026-11-22T12:00:00.000Z");
        assert!(all[0].holds && all[0].environments == ["*"]);
        let another = Freezing { until_ms: Some(NOON_MS + 120_000), ..incident };
        let why = stage.ask("dana", Ask::Freeze { freezing: another }).unwrap_err();
        assert_eq!(why.kind, RejectionKind::Conflict);
        assert!(why.hint.contains("interspace freeze lift"), "{why}");
    }

    #[test]
    fn what_is_frozen_is_shown_until_it_is_over_to_who_may_see_its_projects() {
        let mut stage = Stage::given();
        let until_ms = Some(NOON_MS + 60_000);
        let short = Freezing { until_ms, ..freezing("Short", &[]) };
        stage.ask("dana", Ask::Freeze { freezing: short }).unwrap();
        stage.ask("dana", Ask::Freeze { freezing: freezing("Both", &["Web", "Vault"]) }).unwrap();
        stage.ask("dana", Ask::Freeze { freezing: freezing("Hidden", &["Vault"]) }).unwrap();
        assert_eq!(shown(&stage, "dana").len(), 3);
        let of = |name: &str, project: &str| (name.to_owned(), vec![project.to_owned()]);
        let mut theirs = shown(&stage, "vera");
        theirs.sort();
        assert_eq!(theirs, [of("Both", "Web"), of("Short", "*")]);
        stage.now_ms += 60_000;
        assert_eq!(shown(&stage, "vera"), [of("Both", "Web")]);
    }

    #[test]
    fn this_space_s_own_projects_are_its_own_by_either_name() {
        let mut stage = Stage::given();
        stage.ask("dana", Ask::Freeze { freezing: freezing("Web", &["Home: Web"]) }).unwrap();
        assert_eq!(shown(&stage, "dana")[0].1, ["Web"]);
    }

    fn patterns(all: &[&str]) -> Vec<Pattern> {
        all.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn a_freeze_says_how_far_it_goes() {
        let everything = extent(&[], &[]);
        assert_eq!(everything, "all projects in all environments, promotions too");
        let some = extent(&patterns(&["Web", "Shop"]), &patterns(&["Prod US: *"]));
        assert_eq!(some, "Web, Shop in Prod US: *");
    }

    #[test]
    fn a_freeze_without_an_end_lasts_until_it_is_lifted() {
        let freeze = Freeze {
            name: "Incident".to_owned(),
            holds: true,
            projects: vec!["*".to_owned()],
            environments: vec!["Live".to_owned()],
            from: "2026-11-22T12:00:00.000Z".to_owned(),
            until: None,
            reason: "we look at it".to_owned(),
            by: Some("mia".to_owned()),
            at: "2026-11-22T12:00:00.000Z".to_owned(),
        };
        let shown = text(&[freeze]);
        let last = shown.lines().last().unwrap();
        for word in ["Incident", "holds", "2026-11-22 12:00:00", "it is lifted", "we look at it"] {
            assert!(last.contains(word), "{word}: {shown}");
        }
        assert!(text(&[]).contains("interspace freeze create"));
    }
}
