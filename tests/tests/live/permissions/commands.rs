//! Every command of the command line with an example: something that does no harm where it is
//! allowed.

use super::stage::{Everybody, Person};
use super::{Need, Row, Said};
use crate::command::{interspace, run};
use engine::decide::permission::Permission::{
    Answer, Approve, Audit, Carry, Configure, Create, Deploy, People, Promote, Push, Restrain,
    Trust,
};

/// Commands that ask no node, or start one.
pub(crate) const LOCAL: [(&str, &str); 11] = [
    ("broker login", "makes a file"),
    ("broker plan", "reads a file"),
    ("broker apply", "asks a server, as its operator"),
    ("broker check", "asks a server, with the node's own login"),
    ("key protect", "changes files of a node that does not run"),
    ("key unprotect", "the same"),
    ("key sign", "needs the root key and nothing else"),
    ("courier inspect", "reads what anybody may read"),
    ("demo", "a node of its own, in a folder of its own"),
    ("doctor", "reads the node's folder, and asks the node as the operator"),
    ("up", "starts the node: whoever may read its folder is its operator"),
];

/// The words of every command that does something.
fn leaves(command: &clap::Command, above: &str) -> Vec<String> {
    let mut found = Vec::new();
    for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
        let name = format!("{above} {}", inner.get_name());
        let below = leaves(inner, name.trim());
        if below.is_empty() {
            found.push(name.trim().to_owned());
        }
        found.extend(below);
    }
    found
}

/// Runs everything as everybody.
pub(crate) fn all(everybody: &Everybody) -> Vec<Row> {
    let mut rows = Vec::new();
    for what in leaves(&interspace::command_line(), "") {
        if LOCAL.iter().any(|(local, _)| *local == what) {
            continue;
        }
        let (need, rest) = example(&what);
        let codes = everybody.people.iter().enumerate();
        let codes = codes.map(|(number, person)| try_it(everybody, number, *person, &what, rest));
        let codes: Vec<i32> = codes.collect();
        let said = codes.iter().zip(&everybody.people);
        let said = said.map(|(code, person)| meant(*code, codes[0], *person, &what)).collect();
        let what = match what.as_str() {
            "policy unpin" => "policy unpin: of what is not pinned".to_owned(),
            _ => what,
        };
        rows.push(Row { said, need, what });
    }
    rows
}

/// The exit code of a command in somebody's name.
fn try_it(everybody: &Everybody, number: usize, person: Person, what: &str, rest: &str) -> i32 {
    let rest = rest.replace("{file}", &everybody.file).replace("{empty}", &everybody.empty);
    let all = format!("-s Home --no-prompt {what} {}", rest.replace("{me}", person.user()));
    let mut arguments: Vec<&str> = all.split_whitespace().collect();
    // The command line cannot ask without a token: it says so.
    let token =
        everybody.token(number).map_or("/nowhere/token".into(), |path| path.display().to_string());
    arguments.extend(["--token-file", &token]);
    run(interspace(&arguments).arg("--dir").arg(&everybody.node)).code
}

/// What an exit code means, beside that of the operator.
fn meant(code: i32, of_the_operator: i32, person: Person, what: &str) -> Said {
    let unknown = matches!(person, Person::Expired | Person::Revoked | Person::Bare);
    match code {
        4 if unknown => Said::Unknown,
        4 => Said::No,
        3 if of_the_operator != 3 => Said::Hidden,
        0 | 2 | 3 | 5 => Said::Yes,
        _ => panic!("`{what}` by {person:?} ended with {code}"),
    }
}

/// What a command needs, and an example of it. A new command has no place here, and this fails
/// until it has one.
fn example(what: &str) -> (Need, &'static str) {
    let may = Need::May;
    match what {
        "open" | "space list" | "space show" | "certificate show" | "package list"
        | "release list" | "inbox list" | "deployment list" | "dashboard" | "token list"
        | "secret list" | "freeze list" | "policy show" => (Need::AnyRole, ""),
        "space create" => (Need::Operator, "Third"),
        "space recover" => (Need::Operator, "--yes"),
        "key show" => (Need::Operator, ""),
        "key rotate" => (Need::Operator, "--install {empty}"),
        "key revoke" => (Need::Operator, "1 --since 1 --dry-run"),
        "certificate export" | "link list" | "user list" | "audit verify" | "audit trust" => {
            (may(Audit), "")
        }
        "certificate import" => (may(Trust), "{empty}"),
        "link show" => (may(Audit), "Nowhere"),
        "link grant" | "link revoke" => (may(Trust), "Nowhere"),
        // A name that the space itself has: nothing comes of it.
        "link invite" => (may(Trust), "--name Home"),
        "link accept" => (may(Trust), "isp-invite-1-"),
        "link invitations" => (may(Audit), ""),
        "link uninvite" => (may(Trust), "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
        "courier export" => (may(Carry), "--to Nowhere ."),
        "courier import" => (may(Carry), "."),
        "audit export" => (may(Audit), "{empty}"),
        "audit proof" => (may(Audit), "Nowhere proof.json"),
        "export" => (may(Configure), ""),
        "apply" => (may(Configure), "--dry-run -f {file}"),
        "secret set" => (may(Configure), "App NOWHERE --from {file}"),
        "secret unset" => (may(Configure), "App NOWHERE"),
        "user create" => (may(People), "eve --role viewer --project Nowhere"),
        "user revoke" => (may(People), "eve"),
        "token create" => (may(People), "--for nobody-there --name made"),
        "token revoke" => (may(People), "aaaaaaaaaaaaaaaaaaaaaaaaaa"),
        "package push" => (may(Push), "web 1.0.0 {empty}"),
        "release create" => (may(Create), "App 1.0.0 --notes others"),
        "release show" | "release explain" | "journey" => (Need::AnyRole, "App 1.0.0"),
        "release compare" => (Need::AnyRole, "App 1.0.0 1.0.0"),
        "release recall" => (may(Promote), "App 1.0.0 --reason others"),
        "approve" => (may(Approve), "App 1.0.0 --in Nowhere"),
        "reject" => (may(Approve), "App 1.0.0 --in Nowhere --reason others"),
        "freeze create" => (may(Restrain), "Nothing --until 1970-01-02T00:00:00Z --reason others"),
        "freeze lift" => (may(Restrain), "Nowhere --reason others"),
        "policy pause" => (may(Restrain), "--at Nowhere --reason others"),
        "policy resume" => (may(Restrain), "--at Nowhere"),
        "policy pin" => (may(Restrain), "App 1.0.0 --in Nowhere --reason others"),
        // Nothing is pinned there, which whoever sees the policy is told; that lifting a pin needs
        // more is asked over HTTP.
        "policy unpin" => (Need::AnyRole, "App --in Nowhere"),
        "policy skip" => (may(Restrain), "Nowhere --reason others"),
        "policy unskip" => (may(Restrain), "Nowhere"),
        "release promote" => (may(Promote), "App 1.0.0 --to Nowhere"),
        "release await" => (Need::AnyRole, "App 1.0.0 --in Dev"),
        "inbox show" => (Need::AnyRole, "Web 1.0.0"),
        "inbox accept" => (may(Answer), "Web 1.0.0 --value Dev/X=y"),
        "inbox reject" => (may(Answer), "Web 1.0.0 --reason ="),
        "deploy" => (may(Deploy), "App 1.0.0 --to Nowhere"),
        "deployment show" => (Need::AnyRole, "999"),
        "deployment logs" => (Need::AnyRole, "999"),
        "deployment cancel" => (may(Deploy), "999 --reason others"),
        "deployment confirm" => (may(Deploy), "999"),
        "deployment refuse" => (may(Deploy), "999 --note others"),
        "audit trail" => (may(Audit), "--in Dev --project App"),
        _ => panic!("say what an example of `{what}` is, and who may"),
    }
}
