//! A server that is configured with nothing but a plan, and its streams and consumers as planned.

use crate::server::Server;
use crate::space::{Space, id, meanwhile};
use crate::tls::{Authority, trusting};
use async_nats::ServerError;
use async_nats::{Client, Event};
use schema::limits::ENVELOPE_BYTES_MAX;
use std::sync::{Arc, Mutex};
use transport_nats::{
    ACK_WAIT, Class, Credentials, Login, Plan, PlannedSpace, ServerFiles, Settings, Severity,
    apply, examine, login_in, stream,
};

/// A server for three spaces: the first has links with the others, who have none with each other.
pub(crate) struct Planned {
    pub(crate) server: Server,
    authority: Authority,
    pub(crate) plan: Plan,
}

impl Planned {
    /// As planned.
    pub(crate) async fn start() -> Self {
        Self::widened(|text| text).await
    }

    /// With a configuration that is not quite what was planned.
    pub(crate) async fn widened(change: impl FnOnce(String) -> String) -> Self {
        let (mut server, authority) = (Server::absent(), Authority::new());
        let plan = plan(&server, &authority);
        let text = change(plan.configuration());
        server.configure(&format!("# no jetstream beside that of the plan\n{text}"));
        server.run();
        let planned = Self { server, authority, plan };
        let made = apply(&planned.settings("operator"), &planned.plan).await;
        assert_eq!(made.len(), 3 + 8, "{made:#?}");
        assert!(made.iter().all(|one| one.severity == Severity::Good), "{made:#?}");
        planned
    }

    /// How whoever has this login reaches the server.
    pub(crate) fn settings(&self, name: &str) -> Settings {
        let credentials = Credentials::NKeyFile(self.server.file(name));
        let trusting = trusting(&self.server, &self.authority.path("ca.pem"));
        Settings { credentials, make_streams: false, ..trusting }
    }

    pub(crate) fn space(&self, n: u8, peers: &[u8]) -> Space {
        Space::start(&self.settings(&n.to_string()), n, peers)
    }

    /// A client with the login of a space, and what the server has denied it.
    pub(crate) async fn client(&self, name: &str, inbox: &str) -> (Client, Denials) {
        let denials = Denials::default();
        let told = denials.clone();
        let seed = std::fs::read_to_string(self.server.file(name)).unwrap();
        let client = async_nats::ConnectOptions::with_nkey(seed.trim().to_owned())
            .custom_inbox_prefix(inbox)
            .add_root_certificates(self.authority.path("ca.pem"))
            .require_tls(true)
            .event_callback(move |event| {
                if let Event::ServerError(ServerError::Other(said)) = &event {
                    told.0.lock().unwrap().push(said.clone());
                }
                async {}
            })
            .connect(self.server.address())
            .await
            .unwrap();
        (client, denials)
    }
}

/// What a server has denied, in its words.
#[derive(Clone, Default)]
pub(crate) struct Denials(Arc<Mutex<Vec<String>>>);

impl Denials {
    pub(crate) fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

pub(crate) fn login(server: &Server, name: &str) -> Login {
    login_in(&server.file(name)).unwrap()
}

fn plan(server: &Server, authority: &Authority) -> Plan {
    let space = |n: u8| {
        let name = format!("Space \" }} {n} # $X").parse().unwrap();
        (id(n), PlannedSpace { name, login: login(server, &n.to_string()) })
    };
    let files = ServerFiles {
        store: server.file("store \"of\" all"),
        certificate: authority.path("server.pem"),
        key: authority.path("server.key"),
        clients: None,
    };
    let links = [(id(1), id(2)), (id(3), id(1))];
    Plan::new((1..=3).map(space).collect(), &links, login(server, "operator"), files).unwrap()
}

#[tokio::test]
async fn two_spaces_exchange_everything_over_a_server_that_is_exactly_as_planned() {
    let planned = Planned::start().await;
    let (a, b) = (planned.space(1, &[2, 3]), planned.space(2, &[1]));
    a.reaches(2, 1).await;
    b.reaches(1, 1).await;
    for (from, to, n) in [(&a, &b, 2), (&b, &a, 1)] {
        from.entry(n, "an entry");
        from.entry(n, vec![7; ENVELOPE_BYTES_MAX]);
        assert!(from.send(n, Class::Pieces, "a piece"));
        assert!(from.send(n, Class::Signals, "a signal"));
        to.hears(b"an entry").await;
        to.hears(b"a piece").await;
        to.hears(&vec![7; ENVELOPE_BYTES_MAX]).await;
        to.until("the signal", || to.inbox().signals == [b"a signal"]).await;
    }
    for n in 0..200 {
        a.entry(2, format!("{n}"));
    }
    b.until("all of many", || (0..200).all(|n| b.heard(format!("{n}").as_bytes()) > 0)).await;
    meanwhile(ACK_WAIT.as_secs() * 1_000 + 500).await;
    for space in [&a, &b] {
        assert_eq!((space.status().trouble, space.status().misplaced), (None, 0));
        assert_eq!(space.heard(b"an entry"), 1, "what is durable may be acknowledged");
    }
    let found = examine(&planned.settings("1"), id(1), &[id(2), id(3)]).await;
    let problems = found.iter().filter(|finding| finding.severity == Severity::Problem);
    assert_eq!(problems.count(), 0, "{found:#?}");
    assert!(found.iter().any(|finding| finding.what.contains(&stream(&id(1)))), "{found:#?}");
}

#[tokio::test]
async fn what_was_applied_stays_when_it_is_applied_again() {
    let planned = Planned::start().await;
    let a = planned.space(1, &[2]);
    a.reaches(2, 1).await;
    a.entry(2, "waits");
    a.until("it waits", || a.status().stored == 1).await;
    let again = apply(&planned.settings("operator"), &planned.plan).await;
    assert!(again.iter().all(|one| one.severity == Severity::Good), "{again:#?}");
    let b = planned.space(2, &[1]);
    b.hears(b"waits").await;
    // Nobody else is the operator.
    let denied = apply(&planned.settings("3"), &planned.plan).await;
    assert!(denied.iter().any(|one| one.severity == Severity::Problem), "{denied:#?}");
}
