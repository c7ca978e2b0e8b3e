//! `policy`: what happens by itself, and what is left to people.

use crate::cli::{Paused, Policy as Verb, Which};
use crate::client::Client;
use crate::commands::release::{name, say};
use crate::failure::{Failure, code};
use crate::output::{Output, moment, table, visible};
use api_http::shape::command::{Ask, Did};
use api_http::shape::restraint::{Accepted, Automatic, Policy, Rule, Told};
use api_http::shape::space::Space;
use engine::argument::argument;
use schema::name::{Name, Text};
use schema::v1::event::Pattern;

pub(super) fn run(verb: &Verb, client: &Client, out: &mut Output) -> Result<(), Failure> {
    match verb {
        Verb::Show => {
            let policy = policy(client)?;
            out.value(&policy, || text(&policy));
        }
        Verb::Pause { what, reason } => set(client, out, paused(what), reason)?,
        Verb::Resume { what } => lift(client, out, paused(what))?,
        Verb::Pin { release, environment, reason } => {
            set(client, out, pin(client, release, environment)?, reason)?;
        }
        Verb::Unpin { project, environment, owner } => {
            let own = own_name(client)?;
            let owner = owner.as_ref().map(Name::as_str);
            match pinned(&policy(client)?.rules, project, environment, (owner, &own))? {
                Some(rule) => lift(client, out, rule)?,
                None => say(
                    out,
                    &Did { positions: Vec::new(), repeated: false },
                    &format!("{project} was unpinned in {environment}"),
                ),
            }
        }
        Verb::Skip { place, reason } => {
            set(client, out, Rule::Skip { place: place.clone() }, reason)?;
        }
        Verb::Unskip { place } => lift(client, out, Rule::Skip { place: place.clone() })?,
    }
    Ok(())
}

fn policy(client: &Client) -> Result<Policy, Failure> {
    client.get(&client.path("policy")?)
}

fn paused(Paused { project, at }: &Paused) -> Rule {
    Rule::Pause { project: project.clone(), place: at.clone() }
}

fn set(client: &Client, out: &mut Output, rule: Rule, reason: &Text) -> Result<(), Failure> {
    let did = client.ask(Ask::SetPolicy { rule: rule.clone(), reason: reason.clone() })?;
    say(out, &did, &rule.to_string());
    out.say(&format!("to end that: `{}`", rule.undo()));
    Ok(())
}

/// Ends a rule. Where others of its kind go on, it says so: a release that stays where it is would
/// be a riddle.
fn lift(client: &Client, out: &mut Output, rule: Rule) -> Result<(), Failure> {
    let did = client.ask(Ask::LiftPolicy { rule: rule.clone() })?;
    say(out, &did, &format!("no more {rule}"));
    for line in still(&policy(client)?.rules, &rule) {
        out.say(&line);
    }
    Ok(())
}

/// What goes on of the kind of a rule that has ended, and what to type so that it ends too.
fn still(left: &[Told], ended: &Rule) -> Vec<String> {
    let same = |told: &&Told| std::mem::discriminant(&told.rule) == std::mem::discriminant(ended);
    let line = |told: &Told| format!("still {}; to end that: `{}`", told.rule, told.undo);
    left.iter().filter(same).map(line).collect()
}

/// A pin to a release that is here.
fn pin(client: &Client, release: &Which, environment: &Name) -> Result<Rule, Failure> {
    let release = name(client, release)?;
    let own = own_name(client)?;
    // What is this space's own names no space, so that what is said is how it is kept.
    let space = release.owner.filter(|owner| owner.as_str() != own);
    let project = Pattern { space, name: release.project };
    Ok(Rule::Pin { project, environment: environment.clone(), version: release.version })
}

/// What the chosen space is called.
fn own_name(client: &Client) -> Result<String, Failure> {
    Ok(client.get::<Space>(&client.path("")?)?.name)
}

/// The pin that is meant; none if there is none. Of `owner`, if one is named; `own` is this space.
fn pinned(
    rules: &[Told],
    project: &Name,
    environment: &Name,
    (owner, own): (Option<&str>, &str),
) -> Result<Option<Rule>, Failure> {
    let pins = rules.iter().filter_map(|told| match &told.rule {
        Rule::Pin { project: of, environment: there, .. } => {
            let of_space = of.space.as_ref().map_or(own, Name::as_str);
            let owned = owner.is_none_or(|owner| owner == of_space);
            let found = of.name == *project && there == environment && owned;
            found.then_some((of_space, &told.rule))
        }
        Rule::Pause { .. } | Rule::Skip { .. } => None,
    });
    let found: Vec<(&str, &Rule)> = pins.collect();
    match found[..] {
        [] => Ok(None),
        [(_, rule)] => Ok(Some(rule.clone())),
        [(one, _), (other, _), ..] => Err(Failure::new(
            code::USAGE,
            format!("projects called {project} of several spaces are pinned in {environment}"),
            format!(
                "say whose it is: `--owner {}` or `--owner {}`",
                argument(one),
                argument(other)
            ),
        )),
    }
}

fn text(policy: &Policy) -> String {
    let Policy { automatic, accepts, rules } = policy;
    let does = automatic.iter().map(acts).chain(accepts.iter().map(takes)).collect();
    let nothing = "nothing happens by itself: `automatic` in space.toml";
    let does = table(&["by itself", "what", "where"], does, nothing);
    let head = ["left alone", "reason", "by", "since", "to end that"];
    let left = table(&head, rules.iter().map(row).collect(), "nothing of that is left alone");
    format!("{does}\n\n{left}")
}

fn acts(Automatic { lifecycle, phase, places }: &Automatic) -> Vec<String> {
    let what = format!("lifecycle {lifecycle}, phase {phase}");
    vec!["deploys or promotes".to_owned(), what, places.join(", ")]
}

fn takes(Accepted { from, project, lifecycle }: &Accepted) -> Vec<String> {
    let what = format!("releases of {project} from {from}");
    vec!["accepts".to_owned(), what, format!("lifecycle {lifecycle}")]
}

fn row(Told { rule, reason, by, at, undo }: &Told) -> Vec<String> {
    let by = by.clone().unwrap_or_else(|| "policy".to_owned());
    vec![rule.to_string(), visible(reason), by, moment(at), undo.clone()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::tests::{Stage, text as words};
    use api_http::shape::restraint::show;

    #[test]
    fn policy_shows_what_it_does_and_what_it_was_told_to_who_may_see_that() {
        let mut stage = Stage::with(&[("automatic = false", "automatic = true")]);
        let pause = |project: &str| Rule::Pause {
            project: project.parse().unwrap(),
            place: "Live".parse().unwrap(),
        };
        for rule in [pause("Web"), pause("Vault")] {
            let ask = Ask::SetPolicy { rule, reason: words("we look at it") };
            assert_eq!(stage.ask("dana", ask.clone()), Ok(1));
            assert_eq!(stage.ask("dana", ask), Ok(0));
        }
        assert_eq!(show(stage.engine(), &stage.rights("dana")).rules.len(), 2);
        let seen = show(stage.engine(), &stage.rights("vera"));
        let [told] = &seen.rules[..] else { panic!("{:?}", seen.rules) };
        assert_eq!((told.rule.clone(), told.by.as_deref()), (pause("Web"), Some("dana")));
        assert_eq!(seen.automatic[0].phase, "Live");
        let named = Rule::Pause {
            project: "Home: Web".parse().unwrap(),
            place: "Home: Live".parse().unwrap(),
        };
        assert_eq!(stage.ask("dana", Ask::LiftPolicy { rule: named }), Ok(1));
    }

    fn told(rule: Rule) -> Told {
        let (reason, by) = ("we look at it".to_owned(), Some("mia".to_owned()));
        Told { undo: rule.undo(), rule, reason, by, at: "2026-11-22T12:00:00.000Z".to_owned() }
    }

    fn pin(project: &str) -> Told {
        let version = "1.0.0".parse().unwrap();
        let environment = "Live".parse().unwrap();
        told(Rule::Pin { project: project.parse().unwrap(), environment, version })
    }

    #[test]
    fn who_ends_a_pause_is_told_which_others_still_hold() {
        let pause = |project: &str| Rule::Pause {
            project: project.parse().unwrap(),
            place: "Live".parse().unwrap(),
        };
        let left = [told(pause("*")), pin("Web")];
        let line = "still paused: all projects, Live; to end that: `interspace policy resume --at \
            Live`";
        assert_eq!(still(&left, &pause("Web")), [line]);
    }

    #[test]
    fn a_pin_is_found_by_project_and_environment_and_by_owner_where_that_is_not_enough() {
        let (web, live) = ("Web".parse().unwrap(), "Live".parse().unwrap());
        let rules = [pin("Web"), pin("Shop")];
        assert_eq!(pinned(&rules, &web, &live, (None, "Home")), Ok(Some(rules[0].rule.clone())));
        assert_eq!(pinned(&rules[1..], &web, &live, (None, "Home")), Ok(None));
        let both = [pin("Dev: Web"), pin("Lab: Web")];
        let why = pinned(&both, &web, &live, (None, "Home")).unwrap_err();
        assert!(why.hint.contains("--owner Dev") && why.hint.contains("--owner Lab"), "{why}");
        let of_dev = pinned(&both, &web, &live, (Some("Dev"), "Home"));
        assert_eq!(of_dev, Ok(Some(both[0].rule.clone())));
    }

    #[test]
    fn a_pin_of_this_space_s_own_project_is_found_by_its_name_too() {
        let (web, live) = ("Web".parse().unwrap(), "Live".parse().unwrap());
        let both = [pin("Web"), pin("Lab: Web")];
        let own = pinned(&both, &web, &live, (Some("Home"), "Home"));
        assert_eq!(own, Ok(Some(both[0].rule.clone())));
        let why = pinned(&both, &web, &live, (None, "Home")).unwrap_err();
        assert!(why.hint.contains("--owner Home"), "{why}");
    }

    #[test]
    fn what_is_left_alone_is_shown_with_what_to_type_to_end_it() {
        let pause = Rule::Pause { project: Pattern::all(), place: "Live".parse().unwrap() };
        let automatic = Automatic {
            lifecycle: "Standard".to_owned(),
            phase: "Live".to_owned(),
            places: vec!["Live".to_owned(), "Prod US".to_owned()],
        };
        let policy =
            Policy { automatic: vec![automatic], accepts: Vec::new(), rules: vec![told(pause)] };
        let shown = text(&policy);
        for words in [
            "lifecycle Standard, phase Live",
            "Live, Prod US",
            "paused: all projects, Live",
            "we look at it",
            "interspace policy resume --at Live",
        ] {
            assert!(shown.contains(words), "{words}: {shown}");
        }
    }

    #[test]
    fn where_nothing_happens_by_itself_it_says_how_that_would_be() {
        let shown = text(&Policy::default());
        assert!(shown.contains("`automatic` in space.toml"), "{shown}");
        assert!(shown.contains("nothing of that is left alone"), "{shown}");
    }
}
