//! `secret`: values that go in and never come out again.

use crate::cli::{Declared, Secret as Verb};
use crate::client::{Client, encoded};
use crate::commands::or_dash;
use crate::failure::{Failure, code};
use crate::node::passphrase::ask;
use crate::output::{Output, moment, table};
use api_http::shape::person::Changed;
use api_http::shape::scope::Scope;
use api_http::shape::secret::{Secret, Sent};
use engine::trust::secret::SecretValue;
use schema::limits::SECRET_BYTES_MAX;
use schema::name::Name;
use std::fs::File;
use std::io::{IsTerminal as _, Read};
use std::path::Path;
use zeroize::Zeroizing;

pub(super) fn run(verb: &Verb, client: &Client, out: &mut Output) -> Result<(), Failure> {
    match verb {
        Verb::Set { secret, from } => {
            let Declared { project, name, .. } = secret;
            let value = read(name, from.as_deref())?;
            let (id, scope) = (client.command_id()?, scope(secret));
            let sent = Sent { id, scope, value: value.expose() };
            let changed: Changed = client.put(&path(client, secret)?, &sent)?;
            out.value(&changed, || match changed.changed {
                true => format!("{name} of {project} is set, for releases from now on"),
                false => "nothing changed: it has this value already".to_owned(),
            });
        }
        Verb::List => {
            let secrets: Vec<Secret> = client.get(&client.path("secrets")?)?;
            out.value(&secrets, || {
                let rows = secrets.iter().map(row).collect();
                let empty = "no secrets yet: declare one in space.toml, a variable with \
                             `secret = true`";
                table(&["project", "secret", "applies", "state", "since", "by"], rows, empty)
            });
        }
        Verb::Unset { secret } => {
            let Declared { project, name, .. } = secret;
            let json = scope(secret).map(|scope| serde_json::to_string(&scope)).transpose();
            let json = json.map_err(|why| Failure::new(code::FAILED, why, "try again"))?;
            let meant = json.map(|json| format!("?scope={}", encoded(&json))).unwrap_or_default();
            let changed: Changed = client.delete(&format!("{}{meant}", path(client, secret)?))?;
            out.value(&changed, || match changed.changed {
                true => format!("{name} of {project} has no value any more"),
                false => "nothing changed: it had no value".to_owned(),
            });
        }
    }
    Ok(())
}

/// Where the one that is meant applies; none where that was not said.
fn scope(secret: &Declared) -> Option<Scope> {
    let scope = Scope {
        environments: secret.environment.clone(),
        tenants: secret.tenant.clone(),
        channels: secret.channel.clone(),
        steps: secret.step.clone(),
    };
    (secret.everywhere || scope != Scope::default()).then_some(scope)
}

fn path(client: &Client, secret: &Declared) -> Result<String, Failure> {
    let (project, name) = (encoded(secret.project.as_str()), encoded(secret.name.as_str()));
    client.path(&format!("secrets/{project}/{name}"))
}

fn row(secret: &Secret) -> Vec<String> {
    vec![
        secret.project.clone(),
        secret.name.clone(),
        secret.scope.to_string(),
        secret.state.clone(),
        secret.set_at.as_deref().map_or_else(|| "-".to_owned(), moment),
        or_dash(secret.set_by.as_ref()),
    ]
}

/// A value from a file, from somebody who types it unseen, or from standard input.
fn read(name: &Name, from: Option<&Path>) -> Result<SecretValue, Failure> {
    let stdin = std::io::stdin();
    let unreadable = |why| match from {
        Some(path) => Failure::io("reading", path, &why),
        None => Failure::new(code::FAILED, why, "nothing was changed; try again"),
    };
    let text = match from {
        Some(path) => all_of(&mut File::open(path).map_err(unreadable)?).map_err(unreadable)?,
        None if stdin.is_terminal() => ask(&format!("value of {name}: "))?,
        None => all_of(&mut stdin.lock()).map_err(unreadable)?,
    };
    SecretValue::new(without_line_end(&text).to_owned())
        .map_err(|why| Failure::new(code::USAGE, why, "nothing was changed"))
}

/// What there is to read, and no more than makes plain that it is too long.
fn all_of(from: &mut impl Read) -> std::io::Result<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::with_capacity(SECRET_BYTES_MAX + 4));
    from.take(SECRET_BYTES_MAX as u64 + 4).read_to_string(&mut text)?;
    Ok(text)
}

/// The text without the end of its last line, which editors and `echo` add.
fn without_line_end(text: &str) -> &str {
    let text = text.strip_suffix('\n').unwrap_or(text);
    text.strip_suffix('\r').unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_value_only_the_end_of_its_last_line_is_left_out() {
        for (text, value) in [("a", "a"), ("a\n", "a"), ("a\r\n", "a"), ("a\nb\n\n", "a\nb\n")] {
            assert_eq!(without_line_end(text), value);
        }
    }

    #[test]
    fn a_value_that_is_too_long_is_not_read_to_its_end() {
        let long = "x".repeat(3 * SECRET_BYTES_MAX);
        let read = all_of(&mut long.as_bytes()).unwrap();
        assert!(read.len() > SECRET_BYTES_MAX && read.len() < long.len());
        assert!(SecretValue::new(read.to_string()).is_err());
    }
}
