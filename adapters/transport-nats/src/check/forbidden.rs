//! What a space must not be able to do: each trap of a server as an attempt that does no harm.

use super::{Attempt, Deed};
use crate::subject::{Class, consumer, inbox, stream, subject};
use schema::id::SpaceId;

/// What no server can read, and so nothing comes of it.
const UNREADABLE: &str = "{";

/// Requests about a stream that do nothing to one that exists when their body cannot be read.
const OF_A_STREAM: [(&str, &str); 9] = [
    ("STREAM.CREATE", "It can make a stream: one that takes in what is meant for others."),
    ("STREAM.UPDATE", "It can change a stream: let it take in, discard or copy what is others'."),
    ("STREAM.MSG.GET", "It can read what waits in a stream."),
    ("STREAM.MSG.DELETE", "It can delete what waits in a stream."),
    ("STREAM.SNAPSHOT", "It can copy a stream."),
    ("STREAM.RESTORE", "It can replace a stream."),
    ("CONSUMER.CREATE", "It can make a consumer: the server then delivers anywhere."),
    ("CONSUMER.NAMES", "It can see who takes from a stream."),
    ("CONSUMER.LIST", "It can see who takes how much from a stream."),
];

/// Requests that would do harm to a stream that exists, or need none.
const OF_NO_STREAM: [(&str, &str); 6] = [
    ("STREAM.DELETE", "It can delete a stream."),
    ("STREAM.PURGE", "It can empty a stream."),
    ("STREAM.INFO", "It can see how much others send."),
    ("STREAM.LEADER.STEPDOWN", "It can move a stream to another server."),
    ("STREAM.PEER.REMOVE", "It can take a server away from a stream."),
    ("DIRECT.GET", "It can read what waits in a stream."),
];

/// Requests about a consumer that nobody has.
const OF_A_CONSUMER: [(&str, &str); 8] = [
    ("CONSUMER.CREATE", "It can make a consumer: the server then delivers anywhere."),
    ("CONSUMER.DURABLE.CREATE", "It can make a consumer: the server then delivers anywhere."),
    ("CONSUMER.DELETE", "It can delete a consumer, and with it the way to its space."),
    ("CONSUMER.INFO", "It can see how much waits for others."),
    ("CONSUMER.MSG.NEXT", "It can take what is meant for others."),
    ("CONSUMER.PAUSE", "It can stop a consumer."),
    ("CONSUMER.UNPIN", "It can take a consumer from who uses it."),
    ("CONSUMER.LEADER.STEPDOWN", "It can move a consumer to another server."),
];

/// Requests about everything that an account has.
const OF_ALL: [(&str, &str); 2] = [
    ("STREAM.NAMES", "It can see who else uses the server."),
    ("STREAM.LIST", "It can see who else uses the server, and how much."),
];

/// What the space `me`, which has links with `peers`, must not be allowed. `strangers` are two ids
/// that no space has.
#[must_use]
pub fn forbidden(me: &SpaceId, peers: &[SpaceId], strangers: [SpaceId; 2]) -> Vec<Attempt> {
    let mut all = Forbidden { me, peers, strangers, attempts: Vec::new() };
    all.anything();
    all.envelopes();
    all.answers();
    all.requests();
    all.takings();
    all.attempts
}

struct Forbidden<'a> {
    me: &'a SpaceId,
    peers: &'a [SpaceId],
    strangers: [SpaceId; 2],
    attempts: Vec<Attempt>,
}

impl Forbidden<'_> {
    fn add(&mut self, deed: Deed, subject: String, body: &'static str, what: &str) {
        self.attempts.push(Attempt { deed, subject, body, what: what.to_owned() });
    }

    /// An empty list, or one that names no subject, allows everything.
    fn anything(&mut self) {
        let subject = self.strangers[0].to_string();
        self.add(Deed::Publish, subject.clone(), "", "It can publish anything.");
        self.add(Deed::Subscribe, subject, "", "It can hear anything.");
        let advisory = format!("$JS.EVENT.ADVISORY.{}", self.strangers[0]);
        self.add(Deed::Subscribe, advisory, "", "It can hear what the server tells of streams.");
    }

    /// Under the prefix of another it could add, suppress by the id of a message, and evict.
    fn envelopes(&mut self) {
        let (me, [one, other]) = (self.me, self.strangers);
        let forge = "It can send as another, and suppress or evict what the other sends.";
        let froms: Vec<_> = self.peers.iter().copied().chain([one]).collect();
        for class in [Class::Entries, Class::Pieces, Class::Signals] {
            let stranger = subject(me, &one, class);
            let what = "It can send to spaces that it has no link with, and fill the server.";
            self.add(Deed::PublishUnstored, stranger, "", what);
            for from in &froms {
                self.add(Deed::PublishUnstored, subject(from, &other, class), "", forge);
                let what = "It can hear what others send each other.";
                self.add(Deed::Subscribe, subject(from, &other, class), "", what);
            }
        }
        for class in Class::STORED {
            for from in &froms {
                self.add(Deed::PublishUnstored, subject(from, me, class), "", forge);
                let what = "It can hear past the store what is sent to it.";
                self.add(Deed::Subscribe, subject(from, me, class), "", what);
            }
        }
        let what = "It can hear signals of spaces that it has no link with.";
        self.add(Deed::Subscribe, subject(&one, me, Class::Signals), "", what);
        self.add(Deed::PublishUnstored, subject(&one, me, Class::Signals), "", forge);
    }

    /// What the server answers others.
    fn answers(&mut self) {
        let [one, other] = self.strangers;
        for space in self.peers.iter().copied().chain([one]).collect::<Vec<_>>() {
            let answer = format!("{}.{other}", inbox(&space));
            self.add(Deed::Publish, answer.clone(), "", "It can forge answers to another.");
            self.add(Deed::Subscribe, answer, "", "It can hear what is answered to another.");
        }
    }

    /// The streams that matter: its own, those of its peers, and one that nobody has.
    fn streams(&self) -> Vec<String> {
        let spaces = [self.me].into_iter().chain(self.peers).chain([&self.strangers[0]]);
        spaces.map(stream).collect()
    }

    fn requests(&mut self) {
        let nobody = stream(&self.strangers[0]);
        for (request, what) in OF_ALL {
            self.add(Deed::Publish, format!("$JS.API.{request}"), UNREADABLE, what);
        }
        for (request, what) in OF_NO_STREAM {
            self.add(Deed::Publish, format!("$JS.API.{request}.{nobody}"), UNREADABLE, what);
        }
        for stream in self.streams() {
            for (request, what) in OF_A_STREAM {
                self.add(Deed::Publish, format!("$JS.API.{request}.{stream}"), UNREADABLE, what);
            }
        }
    }

    /// Under the name of a consumer that nobody has, on each stream.
    fn takings(&mut self) {
        let name = consumer(&self.strangers[1], Class::Entries);
        let filter = subject(&self.strangers[0], &self.strangers[1], Class::Entries);
        let acknowledge = "It can acknowledge what is meant for others: it is gone.";
        for stream in self.streams() {
            for (request, what) in OF_A_CONSUMER {
                let subject = format!("$JS.API.{request}.{stream}.{name}");
                self.add(Deed::Publish, subject, UNREADABLE, what);
            }
            let subject = format!("$JS.API.CONSUMER.CREATE.{stream}.{name}.{filter}");
            let what = "It can make a consumer: the server then delivers anywhere.";
            self.add(Deed::Publish, subject, UNREADABLE, what);
            let subject = format!("$JS.ACK.{stream}.{name}.1.0.0.0.0");
            self.add(Deed::Publish, subject.clone(), "+WPI", acknowledge);
            self.add(Deed::Subscribe, subject, "", "It can hear what others acknowledge.");
        }
        let own = stream(self.me);
        for peer in self.peers {
            for name in Class::STORED.map(|class| consumer(peer, class)) {
                let subject = format!("$JS.API.CONSUMER.MSG.NEXT.{own}.{name}");
                let what = "It can take what is meant for others.";
                self.add(Deed::Publish, subject, UNREADABLE, what);
                let subject = format!("$JS.ACK.{own}.{name}.1.0.0.0.0");
                self.add(Deed::Publish, subject, "+WPI", acknowledge);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Permissions;
    use crate::plan::covers;

    #[test]
    fn nothing_that_is_tried_is_planned_or_could_do_harm() {
        let (me, peers) = (SpaceId([1; 32]), [SpaceId([2; 32]), SpaceId([3; 32])]);
        let strangers = [SpaceId([8; 32]), SpaceId([9; 32])];
        let Permissions { publish, subscribe } = Permissions::of(&me, &peers);
        let all = forbidden(&me, &peers, strangers);
        assert!(all.len() > 100, "{}", all.len());
        for Attempt { deed, subject, body, .. } in &all {
            let allowed = if *deed == Deed::Subscribe { &subscribe } else { &publish };
            assert!(!allowed.iter().any(|one| covers(one, subject)), "{subject} is planned");
            assert!(!subject.contains(['*', '>']), "{subject}: it could hear others");
            let deadly = ["DELETE", "PURGE", "PEER", "STEPDOWN"];
            if deadly.iter().any(|word| subject.contains(word)) {
                let nobodys = strangers.iter().any(|id| subject.contains(&id.to_string()));
                assert!(nobodys || subject.contains("MSG.DELETE"), "{subject}");
            }
            assert!(!subject.starts_with("$JS.API") || *body == UNREADABLE, "{subject}");
            let stored = subject.ends_with(".env") || subject.ends_with(".pkg");
            if subject.starts_with("interspace.v1.") && stored {
                assert!(*deed != Deed::Publish, "{subject} would be stored");
            }
        }
    }
}
