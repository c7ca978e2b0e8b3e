//! One thing that is tried at a server, and what becomes of it.

use crate::examine::Visit;
use crate::plan::{STORE, covers};
use crate::subject::{Class, subject};
use async_nats::client::{Request, RequestErrorKind};
use async_nats::{HeaderMap, Message, RequestError};
use std::time::Duration;

/// How long a denial may stay behind an answer that the server gave after it: it comes through
/// another queue of the client.
const DENIAL_BEHIND: Duration = Duration::from_millis(250);

/// How often it is looked whether one has come.
const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// Names the stream that is to store a message. One that has another name refuses it.
const EXPECTED_STREAM: &str = "Nats-Expected-Stream";

/// What is done under a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// A message is published.
    Publish,
    /// A message is published that no stream may store.
    PublishUnstored,
    /// It is listened.
    Subscribe,
}

/// Something to try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// What is done.
    pub deed: Deed,
    /// Under which subject.
    pub subject: String,
    /// With what, where something is published.
    pub body: &'static str,
    /// What it would mean, as a sentence.
    pub what: String,
}

impl Attempt {
    /// What a server would have to allow, in words.
    #[must_use]
    pub fn permission(&self) -> String {
        match self.deed {
            Deed::Publish | Deed::PublishUnstored => format!("to publish {:?}", self.subject),
            Deed::Subscribe => format!("to subscribe to {:?}", self.subject),
        }
    }

    /// Whether a permission for `pattern` is what allows it, here or behind a planned mapping.
    pub(super) fn is_covered_by(&self, pattern: &str) -> bool {
        let looks = |what: &str| self.subject.starts_with(&format!("$JS.API.{what}.INFO."));
        let mapped = looks("STREAM") || looks("CONSUMER");
        let elsewhere = self.subject.replacen("$JS.API", STORE, 1);
        covers(pattern, &self.subject) || (mapped && covers(pattern, &elsewhere))
    }
}

/// What became of an attempt.
pub(super) enum Outcome {
    Allowed,
    Denied,
    /// Nobody knows, and why.
    Unknown(String),
}

/// Tries it. A server answers in order, so what was neither denied nor answered when it has
/// answered something later was allowed.
pub(super) async fn attempt(visit: &Visit, attempt: &Attempt) -> Outcome {
    let own = subject(&visit.me, &visit.me, Class::Signals);
    let kind = match attempt.deed {
        Deed::Publish | Deed::PublishUnstored => "Violation for Publish",
        Deed::Subscribe => "Violation for Subscription",
    };
    let before = visit.denied().len();
    let denied = async {
        while !visit.denied()[before..].iter().any(|s| s.contains(kind) && !s.contains(&own)) {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Outcome::Denied
    };
    tokio::select! {
        biased;
        outcome = denied => outcome,
        outcome = done(visit, attempt, own.clone()) => outcome,
    }
}

async fn done(visit: &Visit, attempt: &Attempt, own: String) -> Outcome {
    let client = &visit.client;
    // Asked after the attempt, on the same connection.
    let later = async {
        let later = client.request(own, bytes::Bytes::new()).await;
        tokio::time::sleep(DENIAL_BEHIND).await;
        was_let_through(&later)
    };
    let mut request = Request::new().payload(attempt.body.into());
    if attempt.deed == Deed::PublishUnstored {
        let mut headers = HeaderMap::new();
        headers.insert(EXPECTED_STREAM, "interspace-no-stream");
        request = request.headers(headers);
    }
    let known = if attempt.deed == Deed::Subscribe {
        match client.subscribe(attempt.subject.clone()).await {
            Ok(_heard) => later.await,
            Err(_) => false,
        }
    } else {
        let answer = client.send_request(attempt.subject.clone(), request);
        tokio::pin!(answer, later);
        tokio::select! {
            // In this order, so that they leave in it too.
            biased;
            answer = &mut answer => was_let_through(&answer) || later.await,
            known = &mut later => known,
        }
    };
    if known {
        Outcome::Allowed
    } else {
        Outcome::Unknown("The server stopped answering: look at it, and ask again.".to_owned())
    }
}

/// A request is answered, also by a server that says that nobody hears it, if it was not denied.
fn was_let_through(answer: &Result<Message, RequestError>) -> bool {
    answer.as_ref().map_or_else(|why| why.kind() == RequestErrorKind::NoResponders, |_| true)
}
