//! `inbox show`: everything that there is to know of a bundle before it is accepted.

use super::{sizes, whom};
use crate::commands::release::compare;
use crate::commands::yes;
use crate::output::{moment, table, visible};
use api_http::shape::inbox::Bundle;
use api_http::shape::inbox::part::{Package, Question, Receipt, Secret, Step, Variable};
use schema::v1::model::Condition;

pub(super) fn show(bundle: &Bundle) -> String {
    let parts = [
        head(bundle),
        section("receipts", &["", "place", "ended", "proves"], &bundle.receipts, receipt),
        section("packages", &["", "package", "version", "here"], &bundle.packages, package),
        section("templates", &["", "what", "name", "for", "value"], &bundle.questions, question),
        section(
            "values that it brings",
            &["name", "applies", "value"],
            &bundle.variables,
            variable,
        ),
        section("secrets", &["name", "applies", "readable here"], &bundle.secrets, secret),
        section("process", &["step", "does", "applies", "when", "on"], &bundle.steps, step),
        changes(bundle),
        foot(bundle),
    ];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
}

fn head(bundle: &Bundle) -> String {
    let Bundle { from, owner, project, version, status, digest, .. } = bundle;
    let signed = if bundle.signed { "✓ signed by" } else { "⚠ NOT PROVEN to be signed by" };
    let sent = if from == owner { String::new() } else { format!(", sent on by {from}") };
    let lifecycle = bundle.lifecycle.clone().unwrap_or_else(|| {
        format!("not chosen: --lifecycle, one of {}", bundle.lifecycles.join(", "))
    });
    let mut text = format!(
        "Import release {version} of {project} from {owner}\n{signed} {owner}{sent}\n\
         status     {}\n",
        visible(status)
    );
    if let Some(reason) = &bundle.recalled {
        text.push_str(&format!("⚠ recalled: {}\n", visible(reason)));
    }
    if bundle.revision > 1 {
        text.push_str(&format!("revision   {}\n", bundle.revision));
    }
    if let Some(channel) = &bundle.channel {
        text.push_str(&format!("channel    {channel}\n"));
    }
    text.push_str(&format!("digest     {digest}\nlifecycle  {lifecycle}\n"));
    if !bundle.notes.is_empty() {
        text.push_str("notes\n");
        text.push_str(&compare::indented(&bundle.notes));
    }
    text
}

/// A part of the preview: its name, and a row for each; nothing where there are none.
fn section<T>(name: &str, head: &[&str], all: &[T], row: impl Fn(&T) -> Vec<String>) -> String {
    if all.is_empty() {
        return String::new();
    }
    format!("{name}\n{}\n", table(head, all.iter().map(row).collect(), ""))
}

fn mark(good: bool) -> String {
    if good { "✓" } else { "⚠" }.to_owned()
}

fn receipt(receipt: &Receipt) -> Vec<String> {
    let Receipt { space, place, outcome, packages, verified, .. } = receipt;
    let proves = match (verified, packages) {
        (false, _) => "nothing: its signature could not be checked".to_owned(),
        (true, 0) => "this release".to_owned(),
        (true, 1) => "this release, 1 package by its hash".to_owned(),
        (true, count) => format!("this release, {count} packages by their hashes"),
    };
    let ended = format!("{outcome} {}", moment(&receipt.finished_at));
    vec![mark(*verified), format!("{space}: {place}"), ended, proves]
}

fn package(package: &Package) -> Vec<String> {
    let Package { id, version, size, here, lacks, .. } = package;
    let (mark, how) = match lacks {
        _ if here == size => ("✓", format!("{size} bytes")),
        Some(why) => ("⚠", format!("does not come: {why}")),
        None => ("…", format!("on its way: {here} of {size} bytes")),
    };
    vec![mark.to_owned(), id.clone(), version.clone(), how]
}

fn question(question: &Question) -> Vec<String> {
    let Question { name, label, answered, required, value, wants, .. } = question;
    let value = match (answered, value) {
        (true, Some(value)) => value.clone(),
        (true, None) => "no value".to_owned(),
        (false, _) if *required => format!("needs a value: {wants}"),
        (false, _) => format!("nobody has answered; none is needed: {wants}"),
    };
    vec![mark(*answered || !required), label.clone(), name.clone(), whom(question), value]
}

fn variable(variable: &Variable) -> Vec<String> {
    vec![variable.name.clone(), variable.applies.clone(), variable.value.clone()]
}

fn secret(secret: &Secret) -> Vec<String> {
    let readable = if secret.readable { yes(true) } else { "no: it is only carried" };
    vec![secret.name.clone(), secret.applies.clone(), readable.to_owned()]
}

fn step(step: &Step) -> Vec<String> {
    let when = match step.when {
        Condition::Success => "all is well",
        Condition::Failure => "something has failed",
        Condition::Always => "always",
    };
    let on = if step.roles.is_empty() { "-".to_owned() } else { step.roles.join(", ") };
    vec![step.name.clone(), step.does.clone(), step.applies.clone(), when.to_owned(), on]
}

fn changes(bundle: &Bundle) -> String {
    let Some(compared) = &bundle.changes else { return String::new() };
    let used = compare::name(&compared.from);
    format!("changes since {used}, which is in use here\n{}", compare::text(compared))
}

fn foot(bundle: &Bundle) -> String {
    let mut text = String::new();
    if bundle.withheld > 0 {
        let owner = &bundle.owner;
        text.push_str(&match bundle.withheld {
            1 => format!("1 part of the release does not apply here and stays with {owner}\n"),
            count => {
                format!("{count} parts of the release do not apply here and stay with {owner}\n")
            }
        });
    }
    let (here, size) = sizes(bundle);
    if here < size && bundle.status == "waiting" {
        text.push_str("packages are still on their way; it can be accepted before they are here\n");
    }
    if let Some(next) = &bundle.next {
        text.push_str(&format!("next: {}\n", visible(next)));
    }
    text
}
