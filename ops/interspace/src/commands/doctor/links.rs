//! The links of a running node.

use super::finding::Finding;
use crate::client::{Client, encoded};
use api_http::shape::link::Link;
use api_http::shape::space::Space;
use schema::id::SpaceId;

/// The peers of a space that are not on its node.
pub(in crate::commands) fn away(client: &Client, space: &Space) -> Vec<SpaceId> {
    let path = format!("/v1/spaces/{}/links", encoded(&space.name));
    let links: Vec<Link> = client.get(&path).unwrap_or_default();
    let away = links.iter().filter(|link| link.carried != "here" && link.revoked_at.is_none());
    let ids = away.map(|link| link.fingerprint.split_whitespace().collect::<String>());
    ids.filter_map(|id| id.parse().ok()).collect()
}

/// Looks at every link of every space.
pub(super) fn look(client: &Client, spaces: &[Space]) -> Vec<Finding> {
    spaces.iter().flat_map(|space| of_space(client, space)).collect()
}

fn of_space(client: &Client, space: &Space) -> Vec<Finding> {
    if let Some(why) = &space.closed {
        let hint = "the node's output says more; start it again when the cause is gone";
        return vec![Finding::problem("space", format!("{} is closed: {why}", space.name), hint)];
    }
    match client.get::<Vec<Link>>(&format!("/v1/spaces/{}/links", encoded(&space.name))) {
        Ok(links) => links.iter().map(|link| of_link(&space.name, link)).collect(),
        Err(failure) => vec![Finding::problem("space", failure.what, failure.hint)],
    }
}

fn of_link(space: &str, link: &Link) -> Finding {
    let called = format!("{space} to {}", link.peer);
    let waiting = link.head - link.acknowledged;
    if let Some(at) = &link.revoked_at {
        return Finding::good("link", format!("{called}: revoked since {at}"));
    }
    // What no carrier mends is said whatever carries it.
    if let Some(hint) = serious(link) {
        let what = link.trouble.as_deref().unwrap_or("it needs a decision");
        return Finding::problem("link", format!("{called}: {what}"), hint);
    }
    if link.carried == "nothing" {
        let what = format!("{called}: nothing carries it");
        let hint = "the peer is on another node: `interspace up --nats URL`, on both";
        return Finding::problem("link", what, hint);
    }
    if let Some(trouble) = &link.trouble {
        let hint = "if it is the broker's, see below; it goes on by itself when that is mended";
        return Finding::problem("link", format!("{called}: {trouble}"), hint);
    }
    if link.held > 0 {
        let what = format!("{called}: {} entries wait for a newer build", link.held);
        return Finding::advice("link", what, "upgrade this node; nothing is lost meanwhile");
    }
    if link.fresh
        && let Some(waits) = link.awaits()
    {
        let hint = "it counts as soon as that space states its keys here: connect the two, or take \
                    its newest certificate: `interspace certificate import`";
        let what = format!("{called}: {waits}");
        // What there is no room for is lost.
        let lost = link.awaiting.iter().any(|it| it.turned_away > 0);
        let finding = if lost { Finding::problem } else { Finding::advice };
        return finding("link", what, hint);
    }
    if link.fresh
        && let Some(clock) = link.clock()
    {
        let hint = "set the wrong one of the two right; nothing is ordered by clocks, but times \
                    that people read, and the expiry of tokens, go by them";
        return Finding::advice("link", format!("{called}: {clock}"), hint);
    }
    match (&link.heard_at, link.fresh) {
        (Some(_), true) if waiting == 0 => Finding::good("link", format!("{called}: fresh")),
        (Some(_), true) => {
            Finding::good("link", format!("{called}: fresh, {waiting} entries on their way"))
        }
        (Some(at), false) => Finding::problem(
            "link",
            format!("{called}: not heard since {at}, {waiting} entries wait"),
            "does the peer's node run, and reach the same server? `interspace doctor` there",
        ),
        (None, _) if link.invited => not_let_in(&called, link),
        (None, _) => Finding::problem(
            "link",
            format!("{called}: never heard since this node was started"),
            "has the peer imported this space's certificate, and does its node run?",
        ),
    }
}

/// A link that an invitation made and over which nothing was heard since the start.
fn not_let_in(called: &str, link: &Link) -> Finding {
    if let Some(until) = &link.asks_until {
        let what = format!("{called}: asks to be let in, until {until}");
        let hint = "does the node that invited run, and is the invitation open there? \
                    `interspace link invitations`";
        return Finding::advice("link", what, hint);
    }
    if link.theirs.is_none() {
        let hint = "end it, `interspace link revoke`, and accept another invitation";
        let what = format!("{called}: the invitation ended before the peer let this space in");
        return Finding::problem("link", what, hint);
    }
    let hint =
        "does its node run? if it ended the link, end this side too: `interspace link revoke`";
    Finding::problem("link", format!("{called}: never heard since this node was started"), hint)
}

/// What to do about trouble that does not go by itself.
fn serious(link: &Link) -> Option<&'static str> {
    if link.frozen {
        Some(
            "`interspace audit proof PEER FILE` writes down what convinces others; speak with \
             whoever runs it, and end the link: `interspace link revoke PEER`",
        )
    } else if link.rolled_back {
        Some("`interspace space recover`, when this log is known to be an old copy")
    } else {
        None
    }
}
