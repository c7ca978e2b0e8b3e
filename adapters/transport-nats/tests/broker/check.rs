//! Whether a login is as narrow as planned: said of a server that is, and of each way in which it
//! is not.

use crate::permissions::login as password;
use crate::planned::{Planned, login};
use crate::server::Server;
use crate::space::{Habit, id, pair};
use futures_util::StreamExt as _;
use futures_util::stream::iter;
use schema::id::SpaceId;
use transport_nats::{
    Attempt, Checked, Class, Deed, Permissions, Settings, Verdict, check, forbidden, inbox, stream,
    subject,
};

/// Two ids that no space has.
const STRANGERS: [SpaceId; 2] = [SpaceId([0x88; 32]), SpaceId([0x99; 32])];

/// Checks that run side by side.
const AT_ONCE: usize = 20;

fn with(checked: &[Checked], verdict: Verdict) -> Vec<&Checked> {
    checked.iter().filter(|one| one.verdict == verdict).collect()
}

async fn first(settings: &Settings) -> Vec<Checked> {
    check(settings, id(1), &[id(2), id(3)], STRANGERS).await
}

#[tokio::test]
async fn a_server_that_is_as_planned_is_as_narrow_as_planned() {
    let planned = Planned::start().await;
    for (n, peers) in [(1, vec![id(2), id(3)]), (2, vec![id(1)]), (3, vec![id(1)])] {
        let settings = planned.settings(&n.to_string());
        let checked = check(&settings, id(n), &peers, STRANGERS).await;
        for verdict in [Verdict::TooWide, Verdict::Broken, Verdict::Unknown] {
            assert_eq!(with(&checked, verdict), [&checked[0]; 0], "space {n}");
        }
        let tried = forbidden(&id(n), &peers, STRANGERS).len();
        assert!(with(&checked, Verdict::Good).len() > tried, "space {n}");
    }
}

/// The permissions of the first space, and one more.
fn widened(deed: Deed, subject: &str) -> Permissions {
    let mut permissions = Permissions::of(&id(1), &[id(2), id(3)]);
    match deed {
        Deed::Subscribe => permissions.subscribe.push(subject.to_owned()),
        Deed::Publish | Deed::PublishUnstored => permissions.publish.push(subject.to_owned()),
    }
    permissions
}

/// A planned server at which the first space has more logins, each with permissions of its own.
async fn with_logins(of_each: &[Permissions]) -> Planned {
    let mut planned = Planned::start().await;
    let users: Vec<_> = of_each
        .iter()
        .enumerate()
        .map(|(n, Permissions { publish, subscribe })| {
            let login = login(&planned.server, &format!("more-{n}"));
            format!(
                "{{ nkey: {login}, permissions: {{ publish: {{ allow: {publish:?} }}, \
                 subscribe: {{ allow: {subscribe:?} }} }} }}\n"
            )
        })
        .collect();
    let first = format!("{{ nkey: {}", login(&planned.server, "1"));
    let text = planned.plan.configuration().replace(&first, &format!("{}{first}", users.concat()));
    planned.server.kill();
    planned.server.configure(&format!("# no jetstream beside that of the plan\n{text}"));
    planned.server.run();
    planned
}

/// What the first space finds with each of its logins.
async fn found_with_each(of_each: &[Permissions]) -> Vec<Vec<Checked>> {
    let planned = with_logins(of_each).await;
    let check = async |n: usize| first(&planned.settings(&format!("more-{n}"))).await;
    iter(0..of_each.len()).map(check).buffered(AT_ONCE).collect().await
}

#[tokio::test]
async fn each_single_thing_that_is_allowed_and_should_not_be_is_found_and_nothing_else() {
    let attempts = forbidden(&id(1), &[id(2), id(3)], STRANGERS);
    let permission = |attempt: &Attempt| {
        // The planned server looks at permissions behind its mapping.
        let subject = attempt.subject.clone();
        let looks = ["STREAM", "CONSUMER"].map(|of| format!("$JS.API.{of}.INFO."));
        let mapped = looks.iter().any(|look| subject.starts_with(look));
        let elsewhere = subject.replacen("$JS.API", "interspace.store", 1);
        widened(attempt.deed, if mapped { &elsewhere } else { &subject })
    };
    let of_each: Vec<_> = attempts.iter().map(permission).collect();
    let found = found_with_each(&of_each).await;
    for (attempt, checked) in attempts.iter().zip(found) {
        let wide = with(&checked, Verdict::TooWide);
        assert_eq!(wide.len(), 1, "{attempt:?}: {wide:#?}");
        assert!(wide[0].what.contains(&attempt.permission()), "{attempt:?}: {wide:#?}");
        assert!(wide[0].what.starts_with(&attempt.what) && !wide[0].hint.is_empty(), "{wide:#?}");
        let unsure =
            checked.iter().filter(|one| matches!(one.verdict, Verdict::Unknown | Verdict::Broken));
        assert_eq!(unsure.count(), 0, "{attempt:?}: {checked:#?}");
    }
}

#[tokio::test]
async fn what_an_operator_may_write_to_have_less_to_write_is_found() {
    let (me, peer) = (id(1), id(2));
    let cases = [
        (Deed::Publish, ">".to_owned(), "publish anything"),
        (Deed::Publish, "interspace.v1.>".to_owned(), "send as another"),
        (Deed::Publish, format!("interspace.v1.{me}.>"), "no link with"),
        (Deed::Publish, format!("interspace.v1.*.{me}.*"), "send as another"),
        (Deed::Publish, "$JS.API.>".to_owned(), "delete a stream"),
        (Deed::Publish, "$JS.API.STREAM.>".to_owned(), "empty a stream"),
        (Deed::Publish, format!("$JS.API.STREAM.*.{}", stream(&me)), "change a stream"),
        (Deed::Publish, "$JS.API.CONSUMER.>".to_owned(), "delivers anywhere"),
        (Deed::Publish, format!("$JS.API.CONSUMER.*.{}.>", stream(&peer)), "delivers anywhere"),
        (Deed::Publish, "$JS.API.CONSUMER.MSG.NEXT.>".to_owned(), "take what is meant"),
        (Deed::Publish, "$JS.ACK.>".to_owned(), "it is gone"),
        (Deed::Publish, "_INBOX.>".to_owned(), "forge answers"),
        (Deed::Subscribe, ">".to_owned(), "hear anything"),
        (Deed::Subscribe, "interspace.v1.>".to_owned(), "others send each other"),
        (Deed::Subscribe, format!("interspace.v1.*.{me}.*"), "past the store"),
        (Deed::Subscribe, "_INBOX.>".to_owned(), "answered to another"),
        (Deed::Subscribe, format!("{}.>", inbox(&peer)), "answered to another"),
        (Deed::Subscribe, "$JS.>".to_owned(), "others acknowledge"),
    ];
    let of_each: Vec<_> = cases.iter().map(|(deed, more, _)| widened(*deed, more)).collect();
    let nothing = Permissions { publish: Vec::new(), subscribe: Vec::new() };
    let of_each: Vec<_> = of_each.into_iter().chain([nothing]).collect();
    let found = found_with_each(&of_each).await;
    for ((_, more, words), checked) in cases.iter().zip(&found) {
        let wide = with(checked, Verdict::TooWide);
        assert!(wide.iter().any(|one| one.what.contains(words)), "{more}: {wide:#?}");
    }
    let empty = with(found.last().unwrap(), Verdict::TooWide);
    let all = forbidden(&id(1), &[id(2), id(3)], STRANGERS).len();
    assert_eq!(empty.len(), all, "an empty list allows everything");
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let ours = Permissions::of(&id(1), &[id(2), id(3)]);
    let without = |subject: &str| {
        let keep = |list: &[String]| list.iter().filter(|one| *one != subject).cloned().collect();
        Permissions { publish: keep(&ours.publish), subscribe: keep(&ours.subscribe) }
    };
    let of = transport_nats::consumer(&id(1), Class::Pieces);
    let missing = [
        subject(&id(1), &id(2), Class::Entries),
        subject(&id(2), &id(1), Class::Signals),
        format!("$JS.API.CONSUMER.MSG.NEXT.{}.{of}", stream(&id(3))),
        format!("$JS.ACK.{}.{of}.>", stream(&id(3))),
    ];
    let of_each: Vec<_> = missing.iter().map(|subject| without(subject)).collect();
    for (subject, checked) in missing.iter().zip(found_with_each(&of_each).await) {
        let broken = with(&checked, Verdict::Broken);
        let named = subject.trim_end_matches('>');
        assert!(broken.iter().any(|one| one.hint.contains(named)), "{subject}: {broken:#?}");
        assert!(with(&checked, Verdict::TooWide).is_empty(), "{subject}");
    }
}

#[tokio::test]
async fn a_check_of_a_server_that_allows_everything_changes_nothing_there() {
    let server = Server::start();
    let (a, b) = pair(&server.settings()).await;
    b.habit(Habit::Hold);
    for n in 0..7 {
        a.entry(2, format!("{n}"));
    }
    b.until("all", || b.inbox().stored.len() == 7).await;
    let operator = server.operator().await;
    let held = async || {
        let mut held = Vec::new();
        let mut streams = operator.streams();
        while let Some(Ok(info)) = streams.next().await {
            let of = operator.get_stream(&info.config.name).await.unwrap();
            let names: Vec<_> = of.consumer_names().map(Result::unwrap).collect().await;
            held.push((info.config, info.state.messages, info.state.last_sequence, names.len()));
        }
        held
    };
    let before = held().await;
    assert_eq!(before.iter().map(|(_, messages, ..)| messages).sum::<u64>(), 7);
    let checked = check(&server.settings(), id(1), &[id(2)], STRANGERS).await;
    let wide = with(&checked, Verdict::TooWide);
    assert!(wide.len() > forbidden(&id(1), &[id(2)], STRANGERS).len(), "{wide:#?}");
    assert_eq!(held().await, before);
    a.gets_through(&b, b"goes on").await;
    assert_eq!((b.status().misplaced, b.inbox().signals.len()), (0, 0), "and nobody noticed");
}

#[tokio::test]
async fn a_space_in_the_account_of_the_streams_is_told_so() {
    let all = "permissions: { publish: { allow: [\"interspace.>\", \"$JS.>\", \"$SYS.>\"] } }";
    let users = format!("users: [ {{ user: \"1\", password: p, {all} }} ]");
    let server = Server::configured(&format!("accounts {{ ALL {{ jetstream: true, {users} }} }}"));
    let checked = check(&password(&server, "1"), id(1), &[], STRANGERS).await;
    let wide = with(&checked, Verdict::TooWide);
    let told = wide.iter().any(|one| one.what.contains("by the address of an answer"));
    assert!(told, "{checked:#?}");
}

#[tokio::test]
async fn a_server_that_cannot_be_reached_is_not_called_narrow() {
    let absent = Server::absent();
    let checked = check(&absent.settings(), id(1), &[id(2)], STRANGERS).await;
    assert_eq!(with(&checked, Verdict::Broken).len(), 1, "{checked:#?}");
}
