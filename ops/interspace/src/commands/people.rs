//! `user` and `token`: who may act in a space, and what acts for them.

use crate::cli::{Scope, Token as TokenVerb, User as UserVerb};
use crate::client::{Client, encoded};
use crate::commands::or_dash;
use crate::failure::Failure;
use crate::output::{Output, table};
use api_http::shape::person::{Changed, Made, Making, Roles, Token, User, words};
use schema::v1::event::{Assignment, TokenScope};

pub(super) fn user(verb: &UserVerb, client: &Client, out: &mut Output) -> Result<(), Failure> {
    match verb {
        UserVerb::List => {
            let users: Vec<User> = client.get(&client.path("users")?)?;
            out.value(&users, || {
                let rows = users.iter().map(user_row).collect();
                table(&["user", "roles", "tokens"], rows, "no users yet: `interspace user create`")
            });
        }
        UserVerb::Create { name, scope } => {
            let assigned = |role| Assignment {
                role,
                project: scope.project.clone(),
                environment: scope.environment.clone(),
            };
            let roles = scope.role.iter().copied().map(assigned).collect();
            let path = client.path(&format!("users/{}", encoded(name.as_str())))?;
            let changed: Changed = client.put(&path, &Roles { roles })?;
            out.value(&changed, || said(&changed, "made; put it into space.toml as well"));
            if scope.role.is_empty() {
                out.say(&format!("{name} has no role and may do nothing: name one with --role"));
            }
        }
        UserVerb::Revoke { name } => {
            let path = client.path(&format!("users/{}", encoded(name.as_str())))?;
            let changed: Changed = client.delete(&path)?;
            out.value(&changed, || said(&changed, "removed; take it out of space.toml as well"));
        }
    }
    Ok(())
}

pub(super) fn token(verb: &TokenVerb, client: &Client, out: &mut Output) -> Result<(), Failure> {
    match verb {
        TokenVerb::Create { user, name, scope, expires } => {
            let making = Making {
                id: client.command_id()?,
                user: user.clone(),
                name: name.clone(),
                scope: narrowed(scope),
                seconds: expires.0,
            };
            let made: Made = client.post(&client.path("tokens")?, &making)?;
            out.value(&made, || match &made.token {
                Some(token) => token.clone(),
                None => "it was made before, and shown then".to_owned(),
            });
            let until = made
                .expires_at
                .as_ref()
                .map_or_else(|| "for ever".to_owned(), |at| format!("until {at}"));
            out.say(&format!(
                "token {} of {user} is good {until}; keep what is shown: it is not shown again",
                made.id
            ));
        }
        TokenVerb::List => {
            let tokens: Vec<Token> = client.get(&client.path("tokens")?)?;
            out.value(&tokens, || {
                let rows = tokens.iter().map(token_row).collect();
                let head = ["id", "user", "name", "hash", "scope", "expires", "state"];
                table(&head, rows, "no tokens yet: `interspace token create`")
            });
        }
        TokenVerb::Revoke { id } => {
            let changed: Changed = client.delete(&client.path(&format!("tokens/{id}"))?)?;
            out.value(&changed, || said(&changed, "revoked"));
        }
    }
    Ok(())
}

fn narrowed(scope: &Scope) -> TokenScope {
    let Scope { role, project, environment } = scope.clone();
    TokenScope { roles: role, project, environment }
}

fn said(changed: &Changed, done: &str) -> String {
    if changed.changed { done } else { "nothing changed" }.to_owned()
}

fn user_row(user: &User) -> Vec<String> {
    let roles: Vec<String> = user.roles.iter().map(words).collect();
    let good = user.tokens.iter().filter(|token| token.state == "good").map(|token| {
        format!("{} ({}, {})", token.name, token.hash, or_dash(token.expires_at.as_ref()))
    });
    let tokens: Vec<String> = good.collect();
    let list = |texts: &[String]| match texts {
        [] => "-".to_owned(),
        texts => texts.join(", "),
    };
    vec![user.name.clone(), list(&roles), list(&tokens)]
}

fn token_row(token: &Token) -> Vec<String> {
    let TokenScope { roles, project, environment } = &token.scope;
    let roles: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
    let roles = if roles.is_empty() { "every role".to_owned() } else { roles.join(", ") };
    vec![
        token.id.to_string(),
        token.user.clone(),
        token.name.clone(),
        token.hash.clone(),
        format!("{roles} of {project} in {environment}"),
        or_dash(token.expires_at.as_ref()),
        token.state.clone(),
    ]
}
