//! The least that the user of a space may do at a server.

use crate::subject::{Class, consumer, inbox, stream, subject};
use schema::id::SpaceId;

/// Where a request for what a server knows of a stream leads, in the account of a space. Under its
/// usual name it would be answered twice, once by an account that has no streams; the server maps
/// the usual name to this one, and looks at permissions after that.
pub(crate) const STORE: &str = "interspace.store";

/// What a user may do. Both lists are the whole of it: a server denies the rest. Neither is ever
/// empty, because to a server an empty list allows everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permissions {
    /// Subjects under which it may publish.
    pub publish: Vec<String>,
    /// Subjects that it may hear.
    pub subscribe: Vec<String>,
}

impl Permissions {
    /// Of the space `me`, which has links with `peers`.
    #[must_use]
    pub fn of(me: &SpaceId, peers: &[SpaceId]) -> Self {
        let mut publish = vec![
            // What `doctor` and `broker check` ask: how long is the way, and who are we here?
            subject(me, me, Class::Signals),
            "$JS.API.INFO".to_owned(),
            "$SYS.REQ.USER.INFO".to_owned(),
        ];
        let mut subscribe = vec![format!("{}.>", inbox(me))];
        for peer in peers {
            publish.push(subject(me, peer, Class::Signals));
            subscribe.push(subject(peer, me, Class::Signals));
        }
        publish.extend(services(me, peers).into_iter().map(|service| service.from));
        Self { publish, subscribe }
    }

    /// As a server's configuration has it.
    pub(crate) fn text(&self) -> String {
        let list = |subjects: &[String]| {
            let lines: Vec<_> = subjects.iter().map(|one| format!("          {one:?}")).collect();
            lines.join("\n")
        };
        format!(
            "permissions: {{\n        publish: {{ allow: [\n{}\n        ] }}\n        \
             subscribe: {{ allow: [\n{}\n        ] }}\n      }}",
            list(&self.publish),
            list(&self.subscribe)
        )
    }
}

/// Something that the account of a space takes from the account of the store.
pub(super) struct Service {
    /// Its subject in the account of the space.
    pub(super) from: String,
    /// Its subject in the account of the store.
    pub(super) to: String,
    /// Whether there is more than one answer.
    pub(super) stream: bool,
}

/// All that the space `me` takes from the account of the store.
pub(super) fn services(me: &SpaceId, peers: &[SpaceId]) -> Vec<Service> {
    let plain = |to: String| Service { from: to.clone(), to, stream: false };
    let look = |of: String| Service {
        from: format!("{STORE}.{of}"),
        to: format!("$JS.API.{of}"),
        stream: false,
    };
    let own = stream(me);
    let mut services = vec![look(format!("STREAM.INFO.{own}"))];
    for peer in peers {
        let theirs = stream(peer);
        for class in Class::STORED {
            let (to_me, to_them) = (consumer(me, class), consumer(peer, class));
            let next = plain(format!("$JS.API.CONSUMER.MSG.NEXT.{theirs}.{to_me}"));
            services.extend([
                plain(subject(me, peer, class)),
                look(format!("CONSUMER.INFO.{own}.{to_them}")),
                look(format!("CONSUMER.INFO.{theirs}.{to_me}")),
                Service { stream: true, ..next },
                plain(format!("$JS.ACK.{theirs}.{to_me}.>")),
            ]);
        }
    }
    services
}

/// Whether everything that `subject` stands for is meant by `pattern`, as servers see it.
pub(crate) fn covers(pattern: &str, subject: &str) -> bool {
    let (mut patterns, mut tokens) = (pattern.split('.'), subject.split('.'));
    loop {
        match (patterns.next(), tokens.next()) {
            (Some(">"), Some(_)) | (None, None) => return true,
            (Some("*"), Some(token)) if token != ">" => {}
            (Some(one), Some(other)) if one == other => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t18_every_permission_is_made_of_ids_and_fixed_words() {
        let (me, peers) = (SpaceId([1; 32]), [SpaceId([2; 32]), SpaceId([0xff; 32])]);
        let Permissions { publish, subscribe } = Permissions::of(&me, &peers);
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-$>".contains(c);
        for subject in publish.iter().chain(&subscribe) {
            assert!(subject.chars().all(plain), "{subject}");
            // Nothing is allowed for more than one space, and nothing for none.
            let open = subject.contains('*') || subject.starts_with('>');
            assert!(!open, "{subject}");
        }
        let alone = Permissions::of(&me, &[]);
        assert!(!alone.publish.is_empty() && !alone.subscribe.is_empty(), "empty allows all");
    }

    #[test]
    fn a_pattern_covers_what_a_server_says_it_covers() {
        for (pattern, subject) in
            [(">", "a"), (">", "a.b"), ("a.>", "a.b.c"), ("a.*", "a.b"), ("a.b", "a.b"), ("*", "*")]
        {
            assert!(covers(pattern, subject), "{pattern} {subject}");
        }
        for (pattern, subject) in [
            ("a.>", "a"),
            ("a.*", "a.b.c"),
            ("a.*", "a.>"),
            ("a.b", "a.>"),
            ("a", "b"),
            ("a", "a.b"),
        ] {
            assert!(!covers(pattern, subject), "{pattern} {subject}");
        }
    }
}
