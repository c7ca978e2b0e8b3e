//! What a server says of a login: its account, and all that it may do. Servers before 2.10 do not
//! say the latter.

use super::{Attempt, Checked, Deed, Verdict};
use crate::examine::Visit;
use crate::examine::server::{NOT_ENABLED, Reply};
use crate::plan::{Permissions, covers};
use schema::id::SpaceId;
use serde::Deserialize;

/// Whether the space is in an account without streams. In one that has any, the answer to a badly
/// formed pull can be addressed to the server's own interface, and deletes a stream.
pub(super) async fn apart(visit: &Visit) -> Checked {
    let hint = "Give each space an account without JetStream, which imports what it needs: \
                `interspace broker plan` prints it.";
    let answer: Result<Reply, _> = visit.context.request("INFO", &()).await;
    match answer {
        Ok(Reply::Refused { error }) if error.err_code == NOT_ENABLED => {
            let what = "The space is in an account without streams: no answer becomes a request.";
            Checked::new(Verdict::Good, what, "")
        }
        Ok(Reply::Account(_)) => Checked::new(
            Verdict::TooWide,
            "The space is in the account that has the streams: whoever may pull there can delete \
             any of them, by the address of an answer.",
            hint,
        ),
        Ok(Reply::Refused { .. }) | Err(_) => Checked::new(
            Verdict::Unknown,
            "Whether the space is in an account without streams cannot be told.",
            "Allow this space to publish \"$JS.API.INFO\", or look at the server's configuration.",
        ),
    }
}

/// What a server says of a login.
#[derive(Deserialize)]
struct Statement {
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    #[serde(default)]
    permissions: Option<Stated>,
}

/// All that a login may do, as its server says it.
#[derive(Default, Deserialize)]
pub(super) struct Stated {
    #[serde(default)]
    publish: List,
    #[serde(default)]
    subscribe: List,
}

#[derive(Default, Deserialize)]
struct List {
    #[serde(default)]
    allow: Vec<String>,
}

/// All that our login may do; none where the server does not say.
pub(super) async fn permissions(visit: &Visit) -> Option<Stated> {
    let answer = visit.client.request("$SYS.REQ.USER.INFO", bytes::Bytes::new()).await.ok()?;
    let statement: Statement = serde_json::from_slice(&answer.payload).ok()?;
    Some(statement.data.permissions.unwrap_or_default())
}

/// What to take away so that an attempt is denied.
pub(super) fn hint(stated: Option<&Stated>, attempt: &Attempt) -> String {
    let list = stated.map(|stated| match attempt.deed {
        Deed::Publish | Deed::PublishUnstored => &stated.publish.allow,
        Deed::Subscribe => &stated.subscribe.allow,
    });
    let Some(list) = list else {
        return "Allow this space only what `interspace broker plan` prints.".to_owned();
    };
    if list.is_empty() {
        return "Name what is allowed: an empty list allows everything.".to_owned();
    }
    let covering: Vec<_> = list.iter().filter(|one| attempt.is_covered_by(one)).collect();
    format!("Take {covering:?} from what this space may do.")
}

/// What the server allows and the plan does not, beside what was found by trying; and the other way
/// round.
pub(super) fn compared(
    stated: Option<&Stated>,
    me: &SpaceId,
    peers: &[SpaceId],
    wide: &[Attempt],
) -> Vec<Checked> {
    let Some(Stated { publish, subscribe }) = stated else { return Vec::new() };
    let planned = Permissions::of(me, peers);
    let lists = [
        ("publish", &publish.allow, &planned.publish),
        ("subscribe to", &subscribe.allow, &planned.subscribe),
    ];
    let mut checked = Vec::new();
    for (verb, allowed, planned) in lists {
        for more in allowed.iter().filter(|one| !planned.contains(one)) {
            if wide.iter().any(|attempt| attempt.is_covered_by(more)) {
                continue;
            }
            checked.push(beyond(verb, more, me, peers));
        }
        for less in planned.iter().filter(|one| !allowed.iter().any(|more| covers(more, one))) {
            if !allowed.is_empty() {
                let what = format!("The server does not allow this space to {verb} {less:?}.");
                let hint = "Allow it: `interspace broker plan` prints all that a space needs.";
                checked.push(Checked::new(Verdict::Broken, what, hint));
            }
        }
    }
    if checked.is_empty() && wide.is_empty() {
        let what = "What the server says of this login is what is planned, word by word.";
        checked.push(Checked::new(Verdict::Good, what, ""));
    }
    checked
}

/// Something that is allowed and not needed; what is for a link that is not there yet may wait.
fn beyond(verb: &str, more: &str, me: &SpaceId, peers: &[SpaceId]) -> Checked {
    let shown = crate::events::said(more);
    let mut ids = more.split(['.', '-']).filter_map(|part| part.parse::<SpaceId>().ok());
    let other = ids.find(|id| id != me && !peers.contains(id));
    let for_another = other.is_some_and(|other| {
        let Permissions { publish, subscribe } = Permissions::of(me, &[other]);
        let list = if verb == "publish" { publish } else { subscribe };
        list.iter().any(|one| one == more)
    });
    if for_another {
        let what = format!("This space may {verb} {shown:?}, and has no such peer.");
        let hint = "Nothing is wrong if a link is still to come; take it away otherwise.";
        Checked::new(Verdict::Advice, what, hint)
    } else {
        let what = format!("This space may {verb} {shown:?}, which it does not need.");
        let hint = format!("Take {shown:?} from what this space may {verb}.");
        Checked::new(Verdict::TooWide, what, hint)
    }
}
