//! The server itself: its age, its bounds, and whom it lets in.

use super::{Finding, Visit};
use crate::settings::Settings;
use crate::subject::{Class, subject};
use async_nats::ServerInfo;
use async_nats::client::RequestErrorKind;
use async_nats::jetstream::context::RequestErrorKind as Unanswered;
use schema::limits::ENVELOPE_BYTES_MAX;
use serde::Deserialize;
use std::time::Instant;

/// The oldest line that can do what a carrier needs.
const OLDEST: [u32; 3] = [2, 9, 0];

/// The first releases of each line without known faults that matter here; what is newer than the
/// last has none that are known.
const SOUND: [[u32; 3]; 2] = [[2, 12, 12], [2, 14, 3]];

pub(crate) async fn examine(visit: &Visit, settings: &Settings) -> Vec<Finding> {
    let info = visit.client.server_info();
    let mut findings = vec![round_trip(visit, &info).await];
    findings.push(version(&info.version));
    findings.push(payload(info.max_payload));
    findings.push(tls(&info, settings));
    findings.push(logins(&info));
    if info.jetstream {
        findings.extend(account(visit).await);
    } else {
        findings.push(no_jetstream());
    }
    findings
}

/// To our own subject, at which nobody listens: the server says so at once.
async fn round_trip(visit: &Visit, info: &ServerInfo) -> Finding {
    let own = subject(&visit.me, &visit.me, Class::Signals);
    let began = Instant::now();
    let answer = visit.client.request(own, bytes::Bytes::new()).await;
    let took = began.elapsed();
    let name = format!("nats-server {}", info.version);
    let silent = answer.is_err_and(|why| why.kind() == RequestErrorKind::TimedOut);
    if silent {
        let what = format!("{name} lets us in and does not answer{}.", visit.denials());
        let hint = "Allow this space to publish under its own prefix and to listen at its inbox.";
        return Finding::problem(what, hint).and_that_is_all();
    }
    Finding::good(format!("{name} answers in {:.1} ms.", took.as_secs_f64() * 1_000.0))
}

fn version(text: &str) -> Finding {
    let numbers = numbers(text);
    let sound = SOUND.iter().any(|first| first[..2] == numbers[..2] && numbers >= *first)
        || numbers >= SOUND[SOUND.len() - 1];
    let hint = "Run nats-server 2.12.12, 2.14.3 or newer in production.";
    if numbers < OLDEST {
        Finding::problem(format!("nats-server {text} is too old: it needs 2.9."), hint)
    } else if sound {
        Finding::good(format!("nats-server {text} has no known faults that matter."))
    } else {
        Finding::advice(format!("nats-server {text} is of a line with known faults."), hint)
    }
}

/// The first three numbers of a version, such as `2.12.0-RC.1`.
fn numbers(text: &str) -> [u32; 3] {
    let mut parts = text.trim_start_matches('v').split('.').map(|part| {
        let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().unwrap_or(0)
    });
    std::array::from_fn(|_| parts.next().unwrap_or(0))
}

fn payload(max: usize) -> Finding {
    if max >= ENVELOPE_BYTES_MAX {
        Finding::good(format!("It takes envelopes of {max} bytes: all there are."))
    } else {
        Finding::problem(
            format!(
                "It takes messages of {max} bytes, and envelopes may have {ENVELOPE_BYTES_MAX}: \
                 what is larger never arrives, and its link waits for it."
            ),
            format!("Set max_payload of the server to {ENVELOPE_BYTES_MAX} or more."),
        )
    }
}

fn tls(info: &ServerInfo, settings: &Settings) -> Finding {
    let schemed = settings.servers.iter().all(|server| server.starts_with("tls://"));
    if settings.tls.required || schemed {
        return Finding::good("The connection is protected by TLS.");
    }
    if info.tls_required {
        return Finding::advice(
            "The connection is protected by TLS because the server asks for it; someone between \
             could leave that out.",
            "Require TLS in the settings, or begin the address with tls://.",
        );
    }
    if settings.addresses().is_ok_and(|all| all.iter().all(|one| is_loopback(one.host()))) {
        return Finding::good("The connection is not protected, and does not leave this machine.");
    }
    Finding::advice(
        "The connection is not protected: everyone on the way sees who talks to whom, and the \
         login if it is a password or token.",
        "Set up TLS on the server, and require it in the settings.",
    )
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

fn logins(info: &ServerInfo) -> Finding {
    if info.auth_required {
        Finding::good("The server asks who we are and has let us in.")
    } else {
        Finding::advice(
            "The server lets everybody in: anyone on it sees who talks to whom, and can delete \
             or hold back what waits. Nobody can read or change it.",
            "Give each space a login of its own: ops/nats/README.md says how.",
        )
    }
}

fn no_jetstream() -> Finding {
    Finding::problem(
        "JetStream is not enabled: nothing can wait for a peer.",
        "Start the server with -js, or enable JetStream for this account.",
    )
    .and_that_is_all()
}

/// The server's number for an account without JetStream.
pub(crate) const NOT_ENABLED: u64 = 10_039;

/// What a server answers when it is asked for an account.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Reply {
    Account(Account),
    Refused { error: Refused },
}

/// Why a server does not say more.
#[derive(Deserialize)]
pub(crate) struct Refused {
    pub(crate) err_code: u64,
}

/// What a server says of an account. The client's own type does not fit what old servers say.
#[derive(Deserialize)]
pub(crate) struct Account {
    storage: u64,
    streams: u64,
    limits: Bounds,
}

/// Negative is without a bound.
#[derive(Deserialize)]
struct Bounds {
    max_storage: i64,
    max_streams: i64,
    #[serde(default)]
    max_bytes_required: bool,
}

async fn account(visit: &Visit) -> Vec<Finding> {
    let account: Result<Reply, _> = visit.context.request("INFO", &()).await;
    let look = "Look at the account yourself.";
    match account.map_err(|why| (why.kind(), why)) {
        Ok(Reply::Account(account)) => bounds(&account),
        Ok(Reply::Refused { error }) if error.err_code == NOT_ENABLED => {
            vec![Finding::good("The streams are in another account than ours, as they should be.")]
        }
        Ok(Reply::Refused { error }) => {
            let what = format!("The bounds of our account are unknown: error {}.", error.err_code);
            vec![Finding::advice(what, look)]
        }
        Err((Unanswered::NoResponders, _)) => vec![no_jetstream()],
        Err((Unanswered::TimedOut, _)) => vec![Finding::advice(
            format!("The bounds of our account may not be looked at{}.", visit.denials()),
            "Allow $JS.API.INFO to this space, or look at the account yourself.",
        )],
        Err((_, why)) => {
            vec![Finding::advice(format!("The bounds of our account are unknown: {why}."), look)]
        }
    }
}

fn bounds(account: &Account) -> Vec<Finding> {
    let mut findings = Vec::new();
    let limits = &account.limits;
    if limits.max_bytes_required {
        findings.push(Finding::problem(
            "The account only takes streams that are bounded in bytes, and ours are bounded by \
             subject.",
            "Set max_bytes_required of the account to false, or make the streams yourself.",
        ));
    }
    let bound = |max: i64| u64::try_from(max).ok().filter(|max| *max > 0);
    let (storage, streams) = (bound(limits.max_storage), bound(limits.max_streams));
    if streams.is_some_and(|max| account.streams >= max) {
        findings.push(Finding::advice(
            format!("The account holds {} streams, as many as it may.", account.streams),
            "Raise its bound before another space joins: each has a stream of its own.",
        ));
    }
    // A tenth is left for what comes until somebody has read this.
    if storage.is_some_and(|max| account.storage >= max - max / 10) {
        findings.push(Finding::problem(
            format!("The account is nearly full: it stores {} bytes.", account.storage),
            "Raise its bound, or find out which peer does not take what waits for it.",
        ));
    }
    if findings.is_empty() {
        let held = format!("{} streams, {} bytes", account.streams, account.storage);
        findings.push(Finding::good(format!("JetStream is enabled and has room: {held}.")));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::Severity;
    use super::*;

    #[test]
    fn versions_are_too_old_or_faulty_or_sound() {
        for old in ["2.8.4", "1.4.1", "", "x"] {
            assert_eq!(version(old).severity, Severity::Problem, "{old}");
        }
        for faulty in ["2.9.10", "2.10.29", "2.11.0", "2.12.11", "2.13.9", "2.14.2", "2.12.0-RC.1"]
        {
            assert_eq!(version(faulty).severity, Severity::Advice, "{faulty}");
        }
        for sound in ["2.12.12", "2.12.100", "2.14.3", "2.15.0", "3.0.0", "v2.14.3"] {
            assert_eq!(version(sound).severity, Severity::Good, "{sound}");
        }
    }

    #[test]
    fn a_connection_without_tls_is_fine_on_this_machine_only() {
        for (host, expected) in [
            ("127.0.0.1", Severity::Good),
            ("[::1]", Severity::Good),
            ("localhost", Severity::Good),
            ("10.1.2.3", Severity::Advice),
            ("nats.example", Severity::Advice),
        ] {
            let settings = Settings::plain(&format!("nats://{host}:4222"));
            let found = tls(&ServerInfo::default(), &settings);
            assert_eq!(found.severity, expected, "{host}");
        }
    }

    #[test]
    fn a_bound_on_messages_that_is_too_low_is_a_problem() {
        assert_eq!(payload(ENVELOPE_BYTES_MAX).severity, Severity::Good);
        assert_eq!(payload(ENVELOPE_BYTES_MAX - 1).severity, Severity::Problem);
    }
}
