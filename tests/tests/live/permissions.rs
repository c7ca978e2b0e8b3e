//! Who may do what, tried: everybody sends everything, over HTTP and through the command line.
//!
//! ```sh
//! INTERSPACE_PERMISSIONS=write cargo test --release -p tests --test live -- permissions
//! ```
//!
//! writes `ops/PERMISSIONS.md` anew. That is an approval: whoever does it says that it was meant.

mod commands;
mod requests;
mod stage;

use crate::node::Node;
use crate::space::Place;
use engine::decide::permission::Permission;
use schema::v1::event::Role;
use stage::{Everybody, Person};
use std::path::PathBuf;

/// What somebody needs who asks for something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// A role anywhere.
    AnyRole,
    /// A role anywhere, and a login of their own: what is done with one's own.
    OwnLogin,
    /// A permission for all that is asked for.
    May(Permission),
    /// To operate the node.
    Operator,
}

impl Need {
    /// Whether somebody whose role this is, for the whole space, may; none if the operator asks.
    fn permits(self, role: Option<Role>) -> bool {
        match (self, role) {
            (_, None) => true,
            (Self::Operator, Some(_)) => false,
            (Self::AnyRole | Self::OwnLogin, Some(_)) => true,
            (Self::May(permission), Some(role)) => permission.roles().contains(&role),
        }
    }

    fn words(self) -> String {
        match self {
            Self::AnyRole => "any role".to_owned(),
            Self::OwnLogin => "any role, own login".to_owned(),
            Self::May(permission) => format!("{permission:?}"),
            Self::Operator => "operator".to_owned(),
        }
    }
}

/// What came of it: whether they were let through, and if not, how it was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Said {
    Yes,
    No,
    /// What they named is not in what they see.
    Hidden,
    Unknown,
}

impl Said {
    const fn word(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "-",
            Self::Hidden => "unseen",
            Self::Unknown => "401",
        }
    }
}

/// A row of the matrix as it was found.
pub(crate) struct Row {
    pub(crate) what: String,
    pub(crate) need: Need,
    pub(crate) said: Vec<Said>,
}

/// What is about the node, and leaves out the spaces that are not theirs who ask.
const OF_THE_NODE: [&str; 5] =
    ["GET /v1/spaces", "GET /", "POST /v1/sign-in-links", "open", "space list"];

/// What is wrong for those of whom the roles tell; the rest the file tells.
fn breach(person: &Person, row: &Row, said: Said) -> Option<String> {
    let expected = match person {
        Person::Operator => row.need.permits(None),
        Person::Owner(role) => row.need.permits(Some(*role)),
        Person::Nobody => false,
        // They may do what is about the node and their own space.
        Person::Stranger => OF_THE_NODE.contains(&row.what.as_str()),
        Person::Expired | Person::Revoked | Person::Bare => {
            let wrong = said != Said::Unknown;
            return wrong.then(|| format!("{}: {person:?}: {said:?}", row.what));
        }
        Person::OwnerOfApp | Person::ViewingToken => return None,
    };
    let expected = if expected { Said::Yes } else { Said::No };
    let wrong = said != expected;
    wrong.then(|| format!("{}: {person:?}: {said:?}, not {expected:?}", row.what))
}

fn table(rows: &[Row], people: &[Person]) -> String {
    let heads: Vec<String> = people.iter().map(|person| person.words()).collect();
    let mut text = format!("| | needs | {} |\n", heads.join(" | "));
    text.push_str(&format!("| --- | --- |{}\n", " :-: |".repeat(people.len())));
    for row in rows {
        let said: Vec<&str> = row.said.iter().map(|said| said.word()).collect();
        text.push_str(&format!(
            "| `{}` | {} | {} |\n",
            row.what,
            row.need.words(),
            said.join(" | ")
        ));
    }
    text
}

fn roles() -> String {
    let heads: Vec<&str> = Role::ALL.iter().map(|role| role.as_str()).collect();
    let mut text =
        format!("| | {} |\n| --- |{}\n", heads.join(" | "), " :-: |".repeat(heads.len()));
    for permission in Permission::ALL {
        let may = |role: &Role| if permission.roles().contains(role) { "yes" } else { "-" };
        let may: Vec<&str> = Role::ALL.iter().map(may).collect();
        let what = allows(permission);
        text.push_str(&format!("| {permission:?}: {what} | {} |\n", may.join(" | ")));
    }
    text
}

const fn allows(permission: Permission) -> &'static str {
    match permission {
        Permission::See => "releases, journeys, the inbox, packages, what runs where and its logs",
        Permission::Deploy => "run a release in an environment, end that, answer manual steps",
        Permission::Push => "push packages",
        Permission::Create => "create releases",
        Permission::Promote => "send releases on to other spaces, and recall them",
        Permission::Answer => "accept and reject releases of other spaces",
        Permission::Approve => "approve releases for environments, or refuse to",
        Permission::Restrain => "freeze, and tell policy what to leave alone",
        Permission::Bypass => "go past freezes, windows and approvals",
        Permission::Carry => "make and bring media that carry sealed envelopes",
        Permission::Audit => "see links, certificates, proofs, trails, people and their tokens",
        Permission::Configure => "apply space.toml, and set the secrets of projects",
        Permission::Trust => "trust spaces, and say what may flow",
        Permission::People => "say who may do what, and make and revoke tokens of others",
    }
}

const PROSE: &str = "# Who may do what

Generated by `tests/tests/live/permissions.rs`, which sends every request below as everybody below
to a real node. Whatever is not allowed is denied, with HTTP 403 and exit code 4. Words in braces
are parameters; what a permission means is said in `engine/src/decide/permission.rs`.

A role holds for projects (`Web`, `Prod EU: Web`, `Prod EU: *`, `*`) and environments, written so
too. What is done in an environment needs the role there. What is done with a project as a whole
needs it in all environments; with the space as a whole, for all projects as well. To see the
releases of a project and their journeys, a role in any of its environments is enough; what is
deployed where, and its logs, needs the role in that environment.

Lists leave out what may not be seen. One thing that is asked for by name and may not be seen is
denied with 403 whether it is there or not, so that the answer tells nothing of it. Commands that
look into a list first say of such a thing that it is not there, with exit code 3: *unseen* below. A
token that has expired, was revoked or never was is answered with 401, which also is exit code 4.

A user without a role may do nothing. An API token takes away from the roles of its person and never
adds, and makes no tokens. The operator of the node may do everything in all of its spaces. Entries
name the person who acted, whichever of their tokens they used; the node traces which one it was.
";

fn document(everybody: &Everybody, requests: &[Row], commands: &[Row]) -> String {
    let people = &everybody.people;
    let local: Vec<String> =
        commands::LOCAL.iter().map(|(command, why)| format!("* `{command}`: {why}\n")).collect();
    let open: Vec<String> = requests::open().iter().map(|what| format!("* `{what}`\n")).collect();
    format!(
        "{PROSE}\n## Roles\n\n{}\n## Commands\n\n{}\nThese ask no node, or start one; who may run \
         them decides the machine:\n\n{}\n## Routes\n\n{}\nThese are open to anybody: they tell \
         nothing of a space, or decide by themselves.\n\n{}",
        roles(),
        table(commands, people),
        local.concat(),
        table(requests, people),
        open.concat(),
    )
}

fn kept() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../ops/PERMISSIONS.md")
}

#[test]
fn t28_nobody_does_what_their_roles_do_not_allow_over_http_and_on_the_command_line() {
    let place = Place::new();
    let node = Node::start(&place.node());
    let everybody = Everybody::gather(&place, &node);
    let requests = requests::all(&everybody);
    let commands = commands::all(&everybody);
    let found = requests.iter().chain(&commands).flat_map(|row| {
        let said = everybody.people.iter().zip(&row.said);
        said.filter_map(|(person, said)| breach(person, row, *said)).collect::<Vec<_>>()
    });
    let found: Vec<String> = found.collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
    let text = document(&everybody, &requests, &commands);
    if std::env::var("INTERSPACE_PERMISSIONS").is_ok_and(|how| how == "write") {
        std::fs::write(kept(), &text).unwrap();
    }
    let known = std::fs::read_to_string(kept()).unwrap_or_default();
    for (line, (one, other)) in text.lines().zip(known.lines()).enumerate() {
        assert_eq!(one, other, "line {} of ops/PERMISSIONS.md is another one", line + 1);
    }
    assert_eq!(text, known, "ops/PERMISSIONS.md is shorter or longer");
    node.stop();
}
