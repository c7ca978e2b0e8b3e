//! The way to peers on other nodes: whether the server between them is reached, and since when it
//! is not. A page says so at once; that a peer is silent is known only much later.

use super::freshness::ear;
use super::moment::Clock;
use super::text::visible;
use crate::port::Node;
use maud::{Markup, html};
use schema::id::SpaceId;

/// How the server between nodes is; nothing is wrong with one that is not there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Server {
    /// Since when there is no connection, milliseconds since 1970; none while there is one.
    cut_ms: Option<u64>,
    /// What is wrong.
    trouble: Option<String>,
}

/// The way from a space to its peers.
#[derive(Debug, Clone, Default)]
pub(super) struct Way {
    /// The spaces of this node, which need no server.
    here: Vec<SpaceId>,
    server: Server,
}

impl Server {
    /// How it is now. Does not wait for the space.
    pub(super) fn of(node: &dyn Node, space: &SpaceId) -> Self {
        let carriage = node.carriage(space);
        carriage.map_or_else(Self::default, |carriage| Self {
            cut_ms: carriage.disconnected_at_ms.filter(|_| !carriage.connected),
            trouble: carriage.trouble,
        })
    }
}

impl Way {
    /// The way as it is now.
    pub(super) fn of(node: &dyn Node, space: &SpaceId) -> Self {
        let here = node.spaces().into_iter().map(|(id, _)| id).collect();
        Self { here, server: Server::of(node, space) }
    }

    /// Since when nothing can be heard of `peer`, milliseconds since 1970.
    pub(super) fn cut(&self, peer: &SpaceId) -> Option<u64> {
        self.server.cut_ms.filter(|_| !self.here.contains(peer))
    }

    /// Whether this is what is wrong with the server: that is said once, for all peers.
    pub(super) fn is_trouble(&self, what: &str) -> bool {
        self.server.trouble.as_deref() == Some(what)
    }

    /// In words for those who listen; nothing while all is well.
    pub(super) fn says(&self, clock: Clock) -> String {
        let what = self.server.trouble.as_deref().unwrap_or("it is not known why");
        match (self.server.cut_ms, &self.server.trouble) {
            (Some(since), _) => {
                let since = clock.words(since);
                visible(&format!("no connection to the server since {since}: {what}"))
            }
            (None, Some(_)) => visible(&format!("trouble with the server: {what}")),
            (None, None) => String::new(),
        }
    }

    /// A line above everything that is shown of others; nothing while all is well.
    pub(super) fn line(&self, clock: Clock) -> Markup {
        let trouble = self.server.trouble.as_deref();
        html! {
            @match (self.server.cut_ms, trouble) {
                (Some(since), _) => p .silent {
                    (ear(false))
                    span {
                        b { "no connection to the server" } " since " (clock.exactly(since))
                        @if let Some(what) = trouble { ": " bdi { (visible(what)) } }
                    }
                }
                (None, Some(what)) => p .silent {
                    (ear(false))
                    span { b { "trouble with the server" } ": " bdi { (visible(what)) } }
                }
                (None, None) => {}
            }
        }
    }
}
