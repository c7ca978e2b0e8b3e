//! Invitations: one token that links two spaces.

use super::granted;
use crate::cli::{Grants as Given, Link as Verb};
use crate::client::Client;
use crate::commands::{certificate, or_dash};
use crate::failure::{Failure, code};
use crate::output::{Output, table};
use api_http::shape::invitation::{Accepted, Accepting, Ended, Invitation, Made, Making};
use api_http::shape::link::Link;
use schema::limits::INVITATION_CERTIFICATE_BYTES_MAX;
use schema::name::Name;
use std::io::Read as _;

pub(super) fn run(verb: &Verb, client: &Client, out: &mut Output) -> Result<(), Failure> {
    match verb {
        Verb::Invite { guest, name, grants, valid_for } => {
            let making = Making {
                id: client.command_id()?,
                guest: *guest,
                name: name.clone(),
                grants: certificate::shape(grants),
                seconds: *valid_for,
            };
            invite(&making, client, out)?;
        }
        Verb::Accept { token, name, grants } => accept(token, name.as_ref(), grants, client, out)?,
        Verb::Invitations => {
            let invitations: Vec<Invitation> = client.get(&client.path("invitations")?)?;
            out.value(&invitations, || {
                let rows = invitations.iter().map(row).collect();
                let head = ["id", "state", "ends", "for", "made by", "lets flow", "used by"];
                table(&head, rows, "no invitations yet: `interspace link invite`")
            });
        }
        Verb::Uninvite { invitation } => {
            let path = client.path(&format!("invitations/{invitation}"))?;
            let ended: Ended = client.delete(&path)?;
            out.value(&ended, || {
                let done = "ended: its token is worth nothing any more";
                if ended.changed { done } else { "it was over already" }.to_owned()
            });
        }
        Verb::List | Verb::Show { .. } | Verb::Grant { .. } | Verb::Revoke { .. } => {}
    }
    Ok(())
}

fn invite(making: &Making, client: &Client, out: &mut Output) -> Result<(), Failure> {
    let made: Made = client.post(&client.path("invitations")?, making)?;
    out.value(&made, || match &made.token {
        Some(token) => token.clone(),
        None => "it was made before, and shown then".to_owned(),
    });
    if let (Some(id), Some(ends_at)) = (&made.invitation, &made.ends_at) {
        out.say(&format!(
            "invitation {id} is good until {ends_at}, once: whoever has the token may use it, and \
             it is not shown again. On the other side: `interspace link accept TOKEN`"
        ));
    }
    out.say(&format!(
        "compare aloud what the other side then says of this space:\n  {}\n  {}",
        made.fingerprint_words, made.fingerprint_hex
    ));
    Ok(())
}

fn accept(
    token: &str,
    name: Option<&Name>,
    grants: &Given,
    client: &Client,
    out: &mut Output,
) -> Result<(), Failure> {
    let accepting = Accepting {
        id: client.command_id()?,
        token: if token == "-" { brought()? } else { token.to_owned() },
        name: name.cloned(),
        grants: certificate::shape(grants),
    };
    let accepted: Accepted = client.post(&client.path("links")?, &accepting)?;
    out.value(&accepted, || {
        let (peer, until) = (&accepted.peer, &accepted.asks_until);
        let what = if accepted.changed { "trusted" } else { "accepted already" };
        format!(
            "{peer} is {what}; it is asked until {until} to let this space in. Compare the \
             fingerprint aloud, on both sides:\n  {}\n  {}",
            accepted.fingerprint_words, accepted.fingerprint_hex
        )
    });
    if !client.waits() {
        return Ok(());
    }
    client.patiently(|| heard(&accepted.peer, client))?;
    out.say(&format!("{} let this space in", accepted.peer));
    Ok(())
}

/// Fails for as long as a peer was not heard.
fn heard(peer: &str, client: &Client) -> Result<(), Failure> {
    let links: Vec<Link> = client.get(&client.path("links")?)?;
    if links.iter().any(|link| link.peer == peer && link.heard_at.is_some()) {
        return Ok(());
    }
    let what = format!("{peer} was not heard yet");
    let hint = "is its node up, the invitation still open there, and the same server between both? \
                `interspace link invitations` there; asking goes on";
    Err(Failure { not_yet: true, ..Failure::new(code::UNREACHABLE, what, hint) })
}

/// A token from standard input.
fn brought() -> Result<String, Failure> {
    let mut text = String::new();
    // Four characters for three bytes, and what a mail puts between them.
    let most = 2 * INVITATION_CERTIFICATE_BYTES_MAX as u64;
    std::io::stdin().take(most).read_to_string(&mut text).map_err(|why| {
        let what = format!("no token could be read: {why}");
        Failure::new(code::USAGE, what, "pass it as an argument")
    })?;
    Ok(text)
}

fn row(invitation: &Invitation) -> Vec<String> {
    let used = invitation.used_by.as_ref().map(|name| {
        let words = or_dash(invitation.used_by_words.as_ref());
        format!("{name}: {words}")
    });
    vec![
        invitation.invitation.to_string(),
        invitation.state.clone(),
        invitation.ends_at.clone(),
        invitation.guest.clone().unwrap_or_else(|| "anybody with the token".to_owned()),
        or_dash(invitation.made_by.as_ref()),
        granted(&invitation.grants),
        or_dash(used.as_ref()),
    ]
}
