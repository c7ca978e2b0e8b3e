//! `key show`: what there is of keys, and what stands in the way of forgetting old ones.

use super::known;
use crate::client::Client;
use crate::commands::yes;
use crate::failure::Failure;
use crate::output::{Output, moment, table};
use api_http::shape::keys::{Keys, Statement};

pub(super) fn run(client: &Client, out: &mut Output) -> Result<(), Failure> {
    let keys = known(client)?;
    out.value(&keys, || text(&keys));
    Ok(())
}

fn text(keys: &Keys) -> String {
    let rows = keys.statements.iter().map(row).collect();
    let head = ["statement", "since", "in use", "keys here", "revoked"];
    let mut text = table(&head, rows, "the space has no key statement");
    let rows = keys.peers.iter().map(|peer| {
        let seals = peer.seals_to.map(|number| number.to_string());
        vec![peer.peer.clone(), seals.unwrap_or_else(|| "not heard since the start".to_owned())]
    });
    let peers = table(&["peer", "seals to"], rows.collect(), "no peers yet");
    let root = match keys.root_here {
        true => "in the folder of the space; safer elsewhere: `key rotate --help`",
        false => "not here",
    };
    text.push_str(&format!(
        "\n\n{peers}\n\nroot key      {root}\npassphrase    {}",
        yes(keys.protected)
    ));
    if let Some(why) = &keys.kept_because {
        text.push_str(&format!("\nold keys      kept: {why}"));
    }
    text
}

fn row(statement: &Statement) -> Vec<String> {
    let revoked = statement.revoked.as_ref().map_or_else(
        || "-".to_owned(),
        |revoked| format!("by {}, from Position {} on", revoked.by, revoked.size + 1),
    );
    vec![
        statement.number.to_string(),
        moment(&statement.since),
        yes(statement.in_use).to_owned(),
        yes(statement.kept).to_owned(),
        revoked,
    ]
}
