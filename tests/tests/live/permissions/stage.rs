//! Everybody there is: a person for each role, tokens that narrow, expire and are revoked, a
//! stranger, and two spaces of which one sends the other a release.

use crate::command::eventually;
use crate::node::Node;
use crate::space::Place;
use schema::v1::event::Role;
use serde_json::Value;
use std::path::{Path, PathBuf};
use tests::visitor::{Seen, Visitor};

/// Somebody who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Person {
    /// The operator of the node.
    Operator,
    /// Who has one role, for the whole space.
    Owner(Role),
    /// The owner of one project in one environment.
    OwnerOfApp,
    /// A token of the owner of the space, for a viewer of one project.
    ViewingToken,
    /// A user without a role.
    Nobody,
    /// A token of the owner whose time is over.
    Expired,
    /// A token of the owner that was revoked.
    Revoked,
    /// The owner of another space of this node.
    Stranger,
    /// Somebody without any token.
    Bare,
}

impl Person {
    /// The head of their column.
    pub(crate) fn words(self) -> String {
        let words = match self {
            Self::Operator => "operator",
            Self::Owner(role) => role.as_str(),
            Self::OwnerOfApp => "owner of App in Dev",
            Self::ViewingToken => "owner's token to view App",
            Self::Nobody => "no role",
            Self::Expired => "expired token",
            Self::Revoked => "revoked token",
            Self::Stranger => "owner of another space",
            Self::Bare => "no token",
        };
        words.to_owned()
    }

    /// The name of the user.
    pub(crate) fn user(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Owner(role) => role.as_str(),
            Self::OwnerOfApp => "app-owner",
            Self::ViewingToken | Self::Expired | Self::Revoked => Role::SpaceOwner.as_str(),
            Self::Nobody | Self::Bare => "nobody",
            Self::Stranger => "stranger",
        }
    }
}

/// Everybody, and the node that they ask.
pub(crate) struct Everybody {
    pub(crate) people: Vec<Person>,
    /// Where the token of each is; none for who has none.
    tokens: Vec<Option<PathBuf>>,
    /// The browser of each, signed in while their token was good.
    browsers: Vec<Visitor>,
    pub(crate) node: PathBuf,
    pub(crate) address: String,
    /// A configuration of the space as it is.
    pub(crate) file: String,
    /// A file without anything in it.
    pub(crate) empty: String,
}

const HOME: &str = r#"
[[environments]]
name = "Dev"

[[environments]]
name = "Live"

[[lifecycles]]
name = "Standard"

[[lifecycles.phases]]
name = "Dev"
environments = ["Dev", "Live"]

[[projects]]
name = "App"
lifecycle = "Standard"
packages = []

[[projects.steps]]
name = "run"
run = ["true"]

[[projects]]
name = "Other"
lifecycle = "Standard"

[[users]]
name = "nobody"

[[users]]
name = "app-owner"
roles = [{ role = "space-owner", project = "App", environment = "Dev" }]
"#;

const SOURCE: &str = r#"[space]
name = "Source"

[[users]]
name = "stranger"
roles = [{ role = "space-owner" }]

[[lifecycles]]
name = "Out"

[[lifecycles.phases]]
name = "Out"
spaces = ["Home"]

[[projects]]
name = "Web"
lifecycle = "Out"

[[projects.steps]]
name = "run"
run = ["true"]
"#;

impl Everybody {
    /// Founds the spaces and gathers everybody.
    pub(crate) fn gather(place: &Place, node: &Node) -> Self {
        let mut text = format!("[space]\nname = \"Home\"\n{HOME}");
        for role in Role::ALL {
            let role = role.as_str();
            text.push_str(&format!(
                "\n[[users]]\nname = \"{role}\"\nroles = [{{ role = \"{role}\" }}]\n"
            ));
        }
        let file = place.write("home.toml", &text);
        found(place, node, &file);
        let folder = node.folder.clone();
        let mut people = vec![Person::Operator];
        people.extend(Role::ALL.map(Person::Owner));
        people.extend([Person::OwnerOfApp, Person::ViewingToken, Person::Nobody]);
        people.extend([Person::Expired, Person::Revoked, Person::Stranger, Person::Bare]);
        let mut everybody = Self {
            people: people.clone(),
            tokens: Vec::new(),
            browsers: Vec::new(),
            address: node.address.clone(),
            file,
            empty: place.write("empty", ""),
            node: folder.clone(),
        };
        for person in people {
            let (token, browser) = everybody.equip(place, node, person);
            everybody.tokens.push(token);
            everybody.browsers.push(browser);
        }
        everybody
    }

    fn equip(&self, place: &Place, node: &Node, person: Person) -> (Option<PathBuf>, Visitor) {
        let nobody = Visitor::new(&self.address);
        let login = |space: &str| login(&self.node, space, person.user());
        let made = |name: &str, more: &[&str]| {
            let token = make(node, person.user(), name, more);
            let path = PathBuf::from(place.write(&format!("{name}.token"), &token));
            let browser = sign_in(&self.address, &token);
            (path, browser)
        };
        let path = match person {
            Person::Operator => self.node.join("tokens/operator.token"),
            Person::Owner(_) | Person::OwnerOfApp | Person::Nobody => login("home-"),
            Person::Stranger => login("source-"),
            Person::ViewingToken => {
                let (path, browser) = made("viewing", &["--role", "viewer", "--project", "App"]);
                return (Some(path), browser.expect("it is good"));
            }
            Person::Revoked => {
                let (path, browser) = made("revoked", &[]);
                revoke(node, "revoked");
                return (Some(path), browser.expect("it was good"));
            }
            Person::Expired => {
                // On a slow machine it may have expired before it was used; then another one.
                let signed = eventually("a session that outlives its token", || {
                    let (path, browser) = made("short", &["--expires", "3s"]);
                    if browser.is_none() {
                        eventually("its end", || is_over(&self.address, &path).then_some(()));
                    }
                    browser.map(|browser| (path, browser))
                });
                eventually("its end", || is_over(&self.address, &signed.0).then_some(()));
                return (Some(signed.0), signed.1);
            }
            Person::Bare => return (None, nobody),
        };
        let token = std::fs::read_to_string(&path).unwrap();
        let browser = sign_in(&self.address, token.trim()).expect("a login is good");
        (Some(path), browser)
    }

    /// A request over HTTP in the name of the `number`th of them, by their token or their session.
    pub(crate) fn send(&self, number: usize, method: &str, path: &str, body: &str) -> Seen {
        let json = ("Content-Type", "application/json");
        if !path.starts_with("/v1/") {
            return self.browsers[number].send(method, path, &[("Accept", "text/html")], body);
        }
        let visitor = Visitor::new(&self.address);
        match &self.tokens[number] {
            None => visitor.send(method, path, &[json], body),
            Some(file) => {
                let bearer = bearer(file);
                visitor.send(method, path, &[json, ("Authorization", &bearer)], body)
            }
        }
    }

    /// The status of a stream in the name of the `number`th of them.
    pub(crate) fn listen(&self, number: usize, path: &str) -> u16 {
        self.browsers[number].listen(path, None).status
    }

    /// The token file of the `number`th of them.
    pub(crate) fn token(&self, number: usize) -> Option<&Path> {
        self.tokens[number].as_deref()
    }
}

fn found(place: &Place, node: &Node, home: &str) {
    let source = place.write("source.toml", SOURCE);
    for (space, file) in [("Home", home), ("Source", &source)] {
        node.run(&["space", "create", space]).good();
        node.run(&["-s", space, "apply", "-f", file]).good();
        let certificate = place.file(&format!("{space}.cert"));
        node.run(&["-s", space, "certificate", "export", "-f", certificate.to_str().unwrap()])
            .good();
    }
    for (space, other) in [("Home", "Source"), ("Source", "Home")] {
        let certificate = place.file(&format!("{other}.cert"));
        let certificate = certificate.to_str().unwrap();
        let import = ["-s", space, "certificate", "import", certificate, "--accept-releases", "*"];
        node.run(&import).good();
    }
    node.run(&["-s", "Home", "release", "create", "App", "1.0.0"]).good();
    node.run(&["-s", "Source", "release", "create", "Web", "1.0.0"]).good();
    node.run(&["-s", "Source", "release", "promote", "Web", "1.0.0", "--to", "Home"]).good();
    node.run(&["-s", "Home", "--wait", "60", "inbox", "show", "Web", "1.0.0"]).good();
}

/// The login of somebody in the folder of a space.
fn login(node: &Path, space: &str, user: &str) -> PathBuf {
    let spaces = std::fs::read_dir(node.join("spaces")).unwrap().map(|entry| entry.unwrap().path());
    let mut spaces =
        spaces.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with(space));
    let tokens = spaces.next().expect("the folder of the space").join("tokens");
    let files = std::fs::read_dir(tokens).unwrap().map(|entry| entry.unwrap().path());
    let named = |path: &PathBuf| {
        let name = path.file_stem().unwrap().to_str().unwrap();
        name == user || name.strip_prefix(user).is_some_and(|rest| rest.len() == 9)
    };
    let found: Vec<PathBuf> = files.filter(named).collect();
    assert_eq!(found.len(), 1, "{user} has one login: {found:?}");
    found[0].clone()
}

fn make(node: &Node, user: &str, name: &str, more: &[&str]) -> String {
    let create = ["-s", "Home", "-o", "json", "--as", user, "token", "create", "--for", user];
    revoke(node, name);
    let made = node.run(&[&create[..], &["--name", name], more].concat()).good().json();
    made["token"].as_str().expect("it is shown once").to_owned()
}

/// Revokes the tokens of this name, so that there can be another one.
fn revoke(node: &Node, name: &str) {
    let tokens = node.run(&["-s", "Home", "-o", "json", "token", "list"]).good().json();
    let named = |token: &&Value| token["name"] == name && token["state"] == "good";
    for token in tokens.as_array().unwrap().iter().filter(named) {
        let id = token["id"].as_str().unwrap();
        node.run(&["-s", "Home", "token", "revoke", id]).good();
    }
}

fn sign_in(address: &str, token: &str) -> Option<Visitor> {
    let mut visitor = Visitor::new(address);
    let body = format!("token={token}");
    let seen = visitor.send("POST", "/sign-in", &tests::visitor::FORM, &body);
    visitor.keep(&seen);
    (seen.status == 303).then_some(visitor)
}

fn is_over(address: &str, file: &Path) -> bool {
    let bearer = bearer(file);
    let headers = [("Authorization", bearer.as_str())];
    Visitor::new(address).send("GET", "/v1/spaces", &headers, "").status == 401
}

fn bearer(file: &Path) -> String {
    format!("Bearer {}", std::fs::read_to_string(file).unwrap().trim())
}
