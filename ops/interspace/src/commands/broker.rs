//! `broker`: the plan of a server between spaces, and whether it is as narrow as planned.

mod file;

use super::doctor::{away, settings_of_node};
use crate::cli::{Broker as Verb, Doctor, Options};
use crate::client::{Client, random};
use crate::failure::{Failure, code};
use crate::node::carriage;
use crate::output::{Output, visible};
use schema::id::SpaceId;
use schema::name::Name;
use serde::Serialize;
use std::path::Path;
use transport_nats::{
    BadSettings, Checked, Credentials, Finding, Making, Plan, Settings, Severity, Tls, Verdict,
};

pub(super) fn run(verb: &Verb, options: &Options, out: &mut Output) -> Result<(), Failure> {
    match verb {
        Verb::Login { file } => login(file, out),
        Verb::Plan { file } => {
            print(&file::read(file)?, out);
            Ok(())
        }
        Verb::Apply { file, nats, login, ca, certificate, key } => {
            let settings = Settings {
                servers: vec![nats.clone()],
                credentials: Credentials::NKeyFile(login.clone()),
                // A plan has no server without TLS.
                tls: Tls {
                    required: true,
                    ca: ca.clone(),
                    client: certificate.clone().zip(key.clone()),
                },
                make_streams: false,
            };
            apply(&settings, &file::read(file)?, out)
        }
        Verb::Check(how) => check(options, how, out),
    }
}

fn login(file: &Path, out: &mut Output) -> Result<(), Failure> {
    let login = transport_nats::login_in(file).map_err(|why| {
        let hint = match &why {
            BadSettings::TooOpen(..) => format!("`chmod 600 {}`", file.display()),
            BadSettings::Unreadable(..)
            | BadSettings::Unwritable(..)
            | BadSettings::NotThat(..)
            | BadSettings::NoAddress(..)
            | BadSettings::NoServer => "choose a new file in a folder that is yours".to_owned(),
        };
        Failure::new(code::FAILED, why, hint)
    })?;
    out.value(&serde_json::json!({ "login": login.to_string() }), || login.to_string());
    Ok(())
}

/// What a plan comes to, for programs.
#[derive(Serialize)]
struct Printed {
    configuration: String,
    users: Vec<User>,
    makings: Vec<Request>,
}

#[derive(Serialize)]
struct User {
    space: SpaceId,
    name: Name,
    login: String,
    publish: Vec<String>,
    subscribe: Vec<String>,
}

#[derive(Serialize)]
struct Request {
    subject: String,
    body: serde_json::Value,
}

const MAKINGS: &str = "
# What `interspace broker apply` sends as the operator, one request a line. Anything else that can
# send a request may do it instead.
";

fn print(plan: &Plan, out: &mut Output) {
    let configuration = plan.configuration();
    let users = plan.users().into_iter().map(|(space, planned, permissions)| User {
        space,
        name: planned.name,
        login: planned.login.to_string(),
        publish: permissions.publish,
        subscribe: permissions.subscribe,
    });
    let makings = plan.makings().into_iter();
    let makings = makings.map(|Making { subject, body, .. }| Request { subject, body });
    let printed = Printed { configuration, users: users.collect(), makings: makings.collect() };
    out.value(&printed, || {
        let lines = printed.makings.iter().map(|one| format!("#   {} {}\n", one.subject, one.body));
        format!("{}{MAKINGS}{}", printed.configuration, lines.collect::<String>())
    });
}

fn apply(settings: &Settings, plan: &Plan, out: &mut Output) -> Result<(), Failure> {
    let made = carriage::runtime()?.block_on(transport_nats::apply(settings, plan));
    for Finding { what, .. } in &made {
        out.say(&visible(what));
    }
    let problem = made.into_iter().find(|finding| finding.severity == Severity::Problem);
    problem.map_or(Ok(()), |Finding { what, hint, .. }| Err(Failure::new(code::FAILED, what, hint)))
}

/// One thing that was checked, as one space.
#[derive(Serialize)]
struct Row {
    space: String,
    state: &'static str,
    what: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    hint: String,
}

fn check(options: &Options, how: &Doctor, out: &mut Output) -> Result<(), Failure> {
    let client = Client::new(options)?;
    let mut rows = Vec::new();
    let mut narrow = true;
    for space in client.spaces()? {
        let Ok(name) = space.name.parse::<Name>() else { continue };
        if options.space.as_ref().is_some_and(|wanted| *wanted != name) {
            continue;
        }
        let Some(settings) = settings_of_node(options, how, &name)? else { continue };
        // Ids that nobody has.
        let strangers = [SpaceId(random()?), SpaceId(random()?)];
        let peers = away(&client, &space);
        let checking = transport_nats::check(&settings, space.id, &peers, strangers);
        let checked = carriage::runtime()?.block_on(checking);
        narrow &= checked.iter().all(|one| matches!(one.verdict, Verdict::Good | Verdict::Advice));
        rows.extend(checked.into_iter().map(|Checked { verdict, what, hint }| Row {
            space: space.name.clone(),
            state: word(verdict),
            what,
            hint,
        }));
    }
    if rows.is_empty() {
        let what = "no space of this node reaches others over a server";
        let hint = "start it with `interspace up --config` or `--nats`, or choose another --space";
        return Err(Failure::new(code::NOT_FOUND, what, hint));
    }
    out.value(&rows, || shown(&rows));
    if narrow {
        return Ok(());
    }
    let what = "the server is not as narrow as planned, or it cannot be told";
    let hint = "change what each of them says, or print the plan again and include it unchanged";
    Err(Failure::new(code::NOT_VERIFIED, what, hint))
}

const fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Good => "ok",
        Verdict::Advice => "advice",
        Verdict::Unknown => "cannot tell",
        Verdict::Broken => "broken",
        Verdict::TooWide => "too wide",
    }
}

/// What is as planned is counted, and the rest is told.
fn shown(rows: &[Row]) -> String {
    let good = rows.iter().filter(|row| row.state == "ok").count();
    let mut text = format!("{good} of {} as planned\n", rows.len());
    for Row { space, state, what, hint } in rows.iter().filter(|row| row.state != "ok") {
        text.push_str(&visible(&format!("{state:<11}  {space}: {what}\n")));
        if !hint.is_empty() {
            text.push_str(&visible(&format!("             next: {hint}\n")));
        }
    }
    text
}
