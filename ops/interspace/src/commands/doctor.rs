//! `doctor`: what is wrong here, and what to do. It looks and changes nothing.

mod broker;
mod feeds;
mod finding;
mod folder;
mod links;

use crate::cli::{Doctor, Options};
use crate::client::Client;
use crate::failure::{Failure, code};
use crate::node::config::Config;
use crate::node::folder::{Folder, NodeFile};
use crate::output::{Output, visible};
use api_http::shape::space::Space;
use finding::{Finding, State};
pub(in crate::commands) use links::away;
use schema::name::Name;

/// Looks at everything.
pub(super) fn run(options: &Options, how: &Doctor, out: &mut Output) -> Result<(), Failure> {
    let folder = Folder::of(options)?;
    let node = folder.node_file()?;
    let config = config(how, node.as_ref())?;
    let mut findings = folder::look(&folder);
    findings.extend(config.feeds()?.iter().map(|(space, feed)| feeds::of(*space, feed)));
    let client = Client::new(options).ok();
    let running: Option<(Client, Vec<Space>)> = client.and_then(|client| {
        let spaces = client.spaces().ok()?;
        Some((client, spaces))
    });
    match (&running, &node) {
        (Some((client, spaces)), Some(node)) => {
            let what = format!("the node runs: process {}, http://{}", node.process, node.address);
            findings.push(Finding::good("node", what));
            findings.extend(links::look(client, spaces));
            for space in spaces {
                findings.extend(feeds::look(client, space));
                if let Ok(name) = space.name.parse() {
                    let away = away(client, space);
                    findings.extend(broker::look(&config, &name, space.id, &away));
                }
            }
        }
        (None, Some(node)) => findings.push(Finding::problem(
            "node",
            format!(
                "the node at {} does not answer; its process was {}",
                node.address, node.process
            ),
            "was it killed? `interspace up` starts it again, and nothing that was answered is lost",
        )),
        (_, None) => {
            findings.push(Finding::advice("node", "no node runs here", "`interspace up`"));
        }
    }
    if running.is_none() {
        findings.extend(folder::look_at_logs(&folder, &config));
    }
    show(&findings, out)
}

/// How a space of the node reaches others; none where it does not.
pub(super) fn settings_of_node(
    options: &Options,
    how: &Doctor,
    space: &Name,
) -> Result<Option<transport_nats::Settings>, Failure> {
    let node = Folder::of(options)?.node_file()?;
    config(how, node.as_ref())?.settings(Some(space))
}

/// How the node runs: as asked, or as the running node says of itself.
fn config(how: &Doctor, node: Option<&NodeFile>) -> Result<Config, Failure> {
    let file = how.config.clone().or_else(|| node.and_then(|node| node.config.clone()));
    let nats = how.nats.clone().or_else(|| node.and_then(|node| node.nats.clone()));
    let config = file.as_deref().map_or_else(|| Ok(Config::default()), Config::read)?;
    Ok(config.or_nats(nats.as_deref()))
}

fn show(findings: &[Finding], out: &mut Output) -> Result<(), Failure> {
    out.value(&findings, || findings.iter().map(text).collect());
    let problems = findings.iter().filter(|finding| finding.state == State::Problem).count();
    if problems == 0 {
        return Ok(());
    }
    let what = match problems {
        1 => "there is a problem".to_owned(),
        _ => format!("there are {problems} problems"),
    };
    Err(Failure::new(code::FAILED, what, "do what each of them says, and look again"))
}

/// The words come before the colour: there is none.
fn text(finding: &Finding) -> String {
    let Finding { about, state, what, hint } = finding;
    let mark = match state {
        State::Good => "ok     ",
        State::Advice => "advice ",
        State::Problem => "PROBLEM",
    };
    let mut text = format!("{mark}  {about:<7}  {}\n", visible(what));
    if let Some(hint) = hint {
        text.push_str(&format!("                    next: {}\n", visible(hint)));
    }
    text
}
