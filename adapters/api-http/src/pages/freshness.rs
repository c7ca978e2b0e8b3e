//! How fresh what is known of a peer is: unchanged and unheard-of never look alike.

use super::moment::Clock;
use super::text::visible;
use super::way::Way;
use engine::engine::Engine;
use engine::step::Now;
use engine::views::dashboard::Shown;
use maud::{Markup, html};
use schema::id::SpaceId;
use schema::limits::BEAT_IDLE_MS;

/// How fresh it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Freshness {
    /// It is this space's own.
    Own,
    /// The peer was heard at this time, lately enough.
    Heard(u64),
    /// The same, and now there is no connection, since the second time: nothing can be heard.
    Cut(u64, u64),
    /// The peer was last heard at this time, too long ago.
    Silent(u64),
    /// The peer was heard at this time, and says that it has entries that are not here.
    Missing(u64),
    /// The peer was not heard since this node started.
    Never,
    /// The space itself is not heard: another one passed its newest result on, which is so fresh.
    Through(String, Box<Self>),
}

/// How fresh a cell is.
pub(super) fn of(engine: &Engine, cell: &Shown, now: Now, way: &Way) -> Freshness {
    let known = of_space(engine, &cell.space, now, way);
    match cell.through.filter(|_| known.stale()) {
        None => known,
        Some(relay) => Freshness::Through(
            visible(&engine.state().name_of(&relay)),
            Box::new(of_space(engine, &relay, now, way)),
        ),
    }
}

fn of_space(engine: &Engine, space: &SpaceId, now: Now, way: &Way) -> Freshness {
    if *space == engine.state().me() {
        return Freshness::Own;
    }
    let links = engine.links(now);
    let link = links.iter().find(|link| link.peer == *space);
    // A peer whose beats come is never older than this; one that is silent is stale much later.
    let lately_ms = BEAT_IDLE_MS * 3 / 2;
    match link.and_then(|link| Some((link.heard_ms?, link.fresh))) {
        None => Freshness::Never,
        Some((heard, true)) => {
            way.cut(space).map_or(Freshness::Heard(heard), |since| Freshness::Cut(heard, since))
        }
        Some((heard, false)) if now.wall_ms.saturating_sub(heard) < lately_ms => {
            Freshness::Missing(heard)
        }
        Some((heard, false)) => Freshness::Silent(heard),
    }
}

impl Freshness {
    /// Whether what is shown is shown as of an earlier time.
    pub(super) fn stale(&self) -> bool {
        match self {
            Self::Own | Self::Heard(_) | Self::Cut(..) => false,
            Self::Silent(_) | Self::Missing(_) | Self::Never => true,
            Self::Through(_, relay) => relay.stale(),
        }
    }

    /// In words for those who listen; nothing while all is well.
    pub(super) fn says(&self, clock: Clock) -> String {
        match self {
            // That there is no connection is said once, for all peers.
            Self::Own | Self::Heard(_) | Self::Cut(..) => String::new(),
            // Written down rather than counted: it is said once.
            Self::Silent(heard) => {
                format!(", not heard since {}", clock.words(*heard))
            }
            Self::Missing(_) => ", entries of it have not arrived".to_owned(),
            Self::Never => ", not heard since this node started".to_owned(),
            Self::Through(by, relay) => format!(", passed on by {by}{}", relay.says(clock)),
        }
    }

    /// A line in a cell; nothing for this space's own.
    pub(super) fn line(&self, clock: Clock) -> Markup {
        html! {
            @if *self != Self::Own {
                @let heard = self.heard();
                p class=(if heard { "heard" } else { "silent" }) {
                    (ear(heard))
                    span { (self.words(clock)) }
                }
            }
        }
    }

    /// Whether something can be heard of it, and was lately.
    fn heard(&self) -> bool {
        match self {
            Self::Own | Self::Heard(_) => true,
            Self::Cut(..) | Self::Silent(_) | Self::Missing(_) | Self::Never => false,
            Self::Through(_, relay) => relay.heard(),
        }
    }

    fn words(&self, clock: Clock) -> Markup {
        html! {
            @match self {
                Self::Own => {}
                Self::Heard(at) => { "heard " (clock.ago(*at)) }
                Self::Cut(at, since) => {
                    b { "no connection" } " since " (clock.at(*since)) "; heard " (clock.ago(*at))
                }
                Self::Silent(at) => {
                    "not heard since " b { (clock.at(*at)) } ", " (clock.ago(*at))
                }
                Self::Missing(at) => {
                    b { "entries have not arrived" } "; heard " (clock.ago(*at))
                }
                Self::Never => { b { "not heard" } " since this node started" }
                Self::Through(by, relay) => {
                    "passed on by " bdi { (by) } ", " (relay.words(clock))
                }
            }
        }
    }
}

/// Waves that arrive, or waves that are cut.
pub(super) fn ear(heard: bool) -> Markup {
    html! {
        svg class="ear" viewBox="0 0 16 16" width="14" height="14"
            aria-hidden="true" focusable="false" {
            circle class="fill" cx="3.5" cy="12.5" r="1.7" {}
            path class="ring" d="M3.5 7.5a5 5 0 0 1 5 5M3.5 3a9.5 9.5 0 0 1 9.5 9.5" {}
            @if !heard { path class="cut" d="M1.5 1.5l13 13" {} }
        }
    }
}
