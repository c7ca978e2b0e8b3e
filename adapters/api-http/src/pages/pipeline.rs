//! The pipeline of a release over all spaces, drawn: a lane for each space, a stop for each place.

use super::lane::{Lane, Stop};
use super::mark::Mark;
use super::moment::Clock;
use super::text::visible;
use maud::{Markup, html};

/// Measures of the drawing, in its own units, which are pixels where there is room for it.
const STOP_WIDTH: usize = 148;
const STOP_HEIGHT: usize = 76;
const GAP: usize = 24;
const LANE_HEIGHT: usize = 128;
const LANE_HEAD: usize = 34;
const MARGIN: usize = 12;
/// Characters of a line in a stop.
const NAME_CHARS: usize = 13;
const LINE_CHARS: usize = 19;

/// Where a stop is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Spot {
    x: usize,
    y: usize,
}

fn spot(lanes: &[Lane], lane: usize, stop: usize) -> Spot {
    let column = stop + lanes.get(lane).and_then(|lane| lane.from).unwrap_or(0);
    Spot { x: MARGIN + column * (STOP_WIDTH + GAP), y: MARGIN + lane * LANE_HEIGHT + LANE_HEAD }
}

/// Draws the lanes. Who does not see it reads the same in [`words`].
pub(super) fn draw(lanes: &[Lane], clock: Clock) -> Markup {
    let columns = lanes.iter().map(|lane| lane.from.unwrap_or(0) + lane.stops.len()).max();
    let width = 2 * MARGIN + columns.unwrap_or(0) * (STOP_WIDTH + GAP)
        - GAP.min(columns.unwrap_or(0) * GAP);
    let height = 2 * MARGIN + lanes.len() * LANE_HEIGHT - (LANE_HEIGHT - LANE_HEAD - STOP_HEIGHT);
    html! {
        div .wide.drawn aria-hidden="true" {
            svg .pipeline viewBox={ "0 0 " (width) " " (height) } width=(width) height=(height)
                focusable="false" {
                @for (at, lane) in lanes.iter().enumerate() {
                    (edges(lanes, at, lane))
                }
                @for (at, lane) in lanes.iter().enumerate() {
                    @let first = spot(lanes, at, 0);
                    text class="lane" x=(first.x) y=(first.y - 11) { (short(&lane.space, 34))
                        @if lane.own { tspan class="soft" { "  this space" } }
                    }
                    @for (number, stop) in lane.stops.iter().enumerate() {
                        (draw_stop(spot(lanes, at, number), lane.own, stop, clock))
                    }
                }
            }
        }
    }
}

/// The ways into the stops of a lane: along it, and from the first lane to its first stop.
fn edges(lanes: &[Lane], at: usize, lane: &Lane) -> Markup {
    let middle = STOP_HEIGHT / 2;
    let branch = lane.from.and_then(|from| from.checked_sub(1)).map(|from| {
        let origin = branch_lane(lanes, at);
        let before = lanes.get(origin).and_then(|lane| lane.from).unwrap_or(0);
        spot(lanes, origin, from.saturating_sub(before))
    });
    html! {
        @if let (Some(from), Some(stop)) = (branch, lane.stops.first()) {
            @let to = spot(lanes, at, 0);
            @let (x, y) = (from.x + STOP_WIDTH, from.y + middle);
            @let half = x + GAP / 2;
            path class=(edge(stop)) d={
                "M" (x) " " (y) "H" (half - 8) "Q" (half) " " (y) " " (half) " " (y + 8)
                "V" (to.y + middle - 8) "Q" (half) " " (to.y + middle) " " (half + 8) " "
                (to.y + middle) "H" (to.x - 2)
            } {}
        }
        @for (number, stop) in lane.stops.iter().enumerate().skip(1) {
            @let to = spot(lanes, at, number);
            path class=(edge(stop)) d={ "M" (to.x - GAP) " " (to.y + middle) "H" (to.x - 2) } {}
        }
    }
}

/// The lane from which a lane branches off: the source's for this space, this space's for others.
fn branch_lane(lanes: &[Lane], at: usize) -> usize {
    let own = lanes.iter().position(|lane| lane.own).unwrap_or(0);
    if at == own { 0 } else { own }
}

fn edge(stop: &Stop) -> &'static str {
    if stop.mark == Mark::Open { "edge ahead" } else { "edge" }
}

fn draw_stop(at: Spot, own: bool, stop: &Stop, clock: Clock) -> Markup {
    let place = if own { "near" } else { "far" };
    let when = stop.at_ms.map(|ms| clock.words(ms)).unwrap_or_default();
    let how =
        if stop.words == stop.name { &stop.by } else { &format!("{} {}", stop.words, stop.by) };
    html! {
        g class={ "stop " (place) " " (stop.mark.class()) } {
            title { (visible(&said(stop))) }
            rect x=(at.x) y=(at.y) width=(STOP_WIDTH) height=(STOP_HEIGHT) rx="9" {}
            g class={ "mark " (stop.mark.class()) }
                transform={ "translate(" (at.x + STOP_WIDTH - 27) " " (at.y + 10) ")" } {
                (stop.mark.drawing())
            }
            text class="name" x=(at.x + 12) y=(at.y + 24) { (short(&stop.name, NAME_CHARS)) }
            text class="line" x=(at.x + 12) y=(at.y + 45) { (short(how, LINE_CHARS)) }
            text class="line soft" x=(at.x + 12) y=(at.y + 63) {
                (when)
            }
        }
    }
}

/// At most so many characters of a text.
fn short(text: &str, most: usize) -> String {
    let shown = visible(text.trim());
    if shown.chars().count() <= most {
        return shown;
    }
    let cut: String = shown.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", cut.trim_end())
}

fn said(stop: &Stop) -> String {
    let phase = stop.phase.as_ref().map(|phase| format!(" (phase {phase})")).unwrap_or_default();
    format!("{}{phase}: {} {}", stop.name, stop.words, stop.by)
}

/// The same in words: a list for each space.
pub(super) fn words(lanes: &[Lane], clock: Clock) -> Markup {
    html! {
        div .told {
            @for lane in lanes {
                h3 { bdi { (visible(&lane.space)) } @if lane.own { " " small { "this space" } } }
                ol {
                    @for stop in &lane.stops {
                        li {
                            (stop.mark.beside())
                            span {
                                b { bdi { (visible(&stop.name)) } }
                                @if let Some(phase) = &stop.phase {
                                    small { " phase " bdi { (visible(phase)) } }
                                }
                                br;
                                @if stop.words != stop.name { bdi { (visible(&stop.words)) } " " }
                                bdi { (visible(&stop.by)) }
                                @if let Some(at) = stop.at_ms { " " (clock.at(at)) }
                            }
                        }
                    }
                }
            }
        }
    }
}
