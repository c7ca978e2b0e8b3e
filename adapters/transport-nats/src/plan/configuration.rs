//! A plan as the configuration of a nats-server: names in comments alone, ids everywhere else.

use super::permissions::{STORE, Service, services};
use super::{BadPlan, Plan, ServerFiles};
use crate::layout::WAITING_MAX;
use crate::subject::{Class, subject};
use schema::id::SpaceId;
use schema::limits::ENVELOPE_BYTES_MAX;
use schema::name::visible;
use std::fmt::Write as _;
use std::path::Path;

/// What a stored message takes beside its envelope: its subject and the server's own bookkeeping.
const ROOM_BESIDE: usize = 1_024;

/// Connections of one space: its node's, one that is dead and not noticed yet, and a few for people
/// who look.
const CONNECTIONS: usize = 8;

/// Subscriptions of one connection: those of its inbox, and for each peer signals and pulls, also
/// such as end only now.
const SUBSCRIPTIONS: usize = 16;

/// The account that has the streams.
const STORE_ACCOUNT: &str = "INTERSPACE";

const HEAD: &str = "\
# A nats-server for spaces, as `interspace broker plan` prints it. Do not change it here: change the
# plan and print it again. The server's own file says where it listens, and includes this one:
#
#   listen: \"0.0.0.0:4222\"
#   include \"interspace.conf\"
#
# A second `accounts` block would take the place of the one below. Never set `no_auth_user`, and
# never empty a list: to a server an empty `allow` allows everything.
";

/// Whether each path can stand in a configuration.
pub(super) fn checked(files: &ServerFiles) -> Result<(), BadPlan> {
    let ServerFiles { store, certificate, key, clients } = files;
    let mut all = [store, certificate, key].into_iter().chain(clients);
    let odd = all.find(|path| path.to_str().is_none_or(|text| text.contains(char::is_control)));
    odd.map_or(Ok(()), |path| Err(BadPlan::Path(path.clone())))
}

/// A path between quotes. A server reads a backslash as the beginning of something else.
fn quoted(path: &Path) -> String {
    let text = path.to_str().unwrap_or_default();
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

pub(super) fn text(plan: &Plan) -> String {
    let mut text = format!("{HEAD}\n{}\n", server(plan));
    text.push_str("accounts {\n");
    text.push_str(&store_account(plan));
    for (id, space, permissions) in plan.users() {
        // The account of a space has no streams, so that no answer can turn into a request.
        let peers = plan.peers(&id);
        let _ = write!(
            text,
            "\n  # {}\n  {} {{\n{}\n    mappings: {{\n      \
             \"$JS.API.STREAM.INFO.*\": \"{STORE}.STREAM.INFO.$1\"\n      \
             \"$JS.API.CONSUMER.INFO.*.*\": \"{STORE}.CONSUMER.INFO.$1.$2\"\n    }}\n    \
             users: [\n      {{ nkey: {}, {} }}\n    ]\n  }}\n",
            visible(space.name.as_str()).replace(['\n', '\t'], " "),
            account(&id),
            imports(&id, &peers),
            space.login,
            permissions.text(),
        );
    }
    text.push_str("}\n");
    text
}

/// What holds for everybody.
fn server(plan: &Plan) -> String {
    let ServerFiles { store, certificate, key, clients } = &plan.files;
    let mut tls = format!("  cert_file: {}\n  key_file: {}\n", quoted(certificate), quoted(key));
    if let Some(clients) = clients {
        let _ = write!(tls, "  ca_file: {}\n  verify: true\n", quoted(clients));
    }
    let peers_max = plan.spaces.keys().map(|id| plan.peers(id).len()).max().unwrap_or(0);
    format!(
        "tls {{\n{tls}}}\n\njetstream {{\n  store_dir: {}\n  max_file_store: {}\n}}\n\n\
         max_payload: {ENVELOPE_BYTES_MAX}\nmax_connections: {}\nmax_subscriptions: {}\n",
        quoted(store),
        stored_bytes_max(plan),
        CONNECTIONS * (plan.spaces.len() + 1),
        SUBSCRIPTIONS * (peers_max + 1),
    )
}

/// Bytes that can wait when everybody is away: then too everybody has room for what is theirs.
fn stored_bytes_max(plan: &Plan) -> usize {
    let waiting_max = usize::try_from(WAITING_MAX).unwrap_or(usize::MAX);
    let directions = 2 * plan.links.len();
    directions * Class::STORED.len() * waiting_max * (ENVELOPE_BYTES_MAX + ROOM_BESIDE)
}

/// The account of a space.
fn account(id: &SpaceId) -> String {
    format!("interspace_{id}")
}

fn store_account(plan: &Plan) -> String {
    let mut exports = String::new();
    for id in plan.spaces.keys() {
        for Service { to, stream, .. } in services(id, &plan.peers(id)) {
            let kind = if stream { ", response_type: stream" } else { "" };
            let of = account(id);
            let _ = writeln!(exports, "      {{ service: {to:?}, accounts: [{of}]{kind} }}");
        }
    }
    format!(
        "  # The streams of all spaces, and nobody but the operator.\n  {STORE_ACCOUNT} {{\n    \
         jetstream: {{ max_memory: 0, max_file: {}, max_streams: {}, max_consumers: {} }}\n    \
         users: [\n      {{ nkey: {}, permissions: {{\n        publish: {{ allow: [\"$JS.API.>\"] \
         }}\n        subscribe: {{ allow: [\"_INBOX.>\"] }}\n      }} }}\n    ]\n    exports: \
         [\n{exports}    ]\n  }}\n",
        stored_bytes_max(plan),
        // One more than there are: at the bound, a server also refuses what is there already.
        plan.spaces.len() + 1,
        2 * plan.links.len() * Class::STORED.len() + 1,
        plan.operator,
    )
}

/// What the account of a space takes from others, and what it lets others hear.
fn imports(id: &SpaceId, peers: &[SpaceId]) -> String {
    let (mut imports, mut exports) = (String::new(), String::new());
    for Service { from, to, .. } in services(id, peers) {
        let renamed = if from == to { String::new() } else { format!(", to: {from:?}") };
        let _ = writeln!(
            imports,
            "      {{ service: {{ account: {STORE_ACCOUNT}, subject: {to:?} }}{renamed} }}"
        );
    }
    for peer in peers {
        let (heard, told) = (subject(peer, id, Class::Signals), subject(id, peer, Class::Signals));
        let of = account(peer);
        let _ = writeln!(imports, "      {{ stream: {{ account: {of}, subject: {heard:?} }} }}");
        let _ = writeln!(exports, "      {{ stream: {told:?}, accounts: [{of}] }}");
    }
    format!("    imports: [\n{imports}    ]\n    exports: [\n{exports}    ]")
}
