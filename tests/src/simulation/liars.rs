//! A hostile space: the source trusts it by its own certificate, and it signs rightly with its own
//! keys whatever it likes.

use super::Run;
use super::watch::Watched;
use crate::draw::Draw;
use crate::stranger::Stranger;
use crate::world::{World, name};
use engine::command::Command;
use engine::trust::seal;
use schema::id::{LinkSeq, SpaceId};
use schema::latest::{EnvelopeKind, Event, Want};
use schema::v1::event::EnvironmentsPublished;
use schema::v1::event::TABLE;
use schema::v1::model::Grant;

/// What a hostile space is called.
pub(super) const CALLED: &str = "Mallory";

/// Envelopes that it remembers, to send them again.
const REMEMBERED_MAX: usize = 200;

/// The step from which on it tells two stories, after which nobody listens any more.
const STORIES_FROM: u64 = 500;

/// The hostile space of a run, if it has one.
#[derive(Default)]
pub struct Liars(Option<Liar>);

struct Liar {
    stranger: Stranger,
    sent: Vec<Vec<u8>>,
    /// Whether the source was seen to listen no more.
    frozen: bool,
}

impl Run {
    /// A hostile space comes, and the source trusts it as far as it trusts anybody.
    pub(super) fn invite_a_liar(&mut self) -> Watched {
        let mut stranger = Stranger::new(CALLED, self.world.below(1 << 32));
        let certificate = stranger.certificate().write();
        let grants = vec![Grant::AcceptReleases(name("Gift")), Grant::AcceptResults];
        let trust = Command::Trust { certificate, name: None, grants };
        self.world.ask(0, "ops", trust).expect("a certificate to be believed");
        let source = self.world.sites[0].engine().state().certificate();
        let link = stranger.trust(&source.expect("founded"));
        self.watch.trusted_liar(stranger.id(), link);
        self.liars.0 = Some(Liar { stranger, sent: Vec::new(), frozen: false });
        self.look()
    }

    /// It does something, now and then.
    pub(super) fn suffer_liars(&mut self) -> Watched {
        let Some(mut liar) = self.liars.0.take() else { return Ok(()) };
        if self.world.chance.percent(15) {
            let stories = self.steps > STORIES_FROM;
            let peer = self.world.sites[0].id;
            let (what, envelopes) = liar.act(&mut self.world, peer, stories);
            self.note(&format!("{CALLED} sends {} envelopes: {what}", envelopes.len()));
            for envelope in envelopes {
                self.world.faults.count("lied");
                // To somebody whom it is not for, too.
                let astray = self.world.chance.percent(10);
                let to = if astray { self.world.chance.index(self.world.sites.len()) } else { 0 };
                self.world.receive(to, envelope.clone());
                if liar.sent.len() < REMEMBERED_MAX {
                    liar.sent.push(envelope);
                }
            }
        }
        let source = self.world.sites[0].space.as_ref();
        let peer = source.and_then(|it| it.engine().state().links.peer(&liar.stranger.id()));
        if !liar.frozen && peer.is_some_and(|peer| peer.frozen) {
            liar.frozen = true;
            self.world.faults.count("liar_frozen");
        }
        self.liars.0 = Some(liar);
        self.look()
    }
}

impl Liar {
    /// Something: what, and the envelopes.
    fn act(
        &mut self,
        world: &mut World,
        peer: SpaceId,
        stories: bool,
    ) -> (&'static str, Vec<Vec<u8>>) {
        let mut draw = Draw::new(world.below(u64::MAX));
        match world.below(if stories { 15 } else { 14 }) {
            0..=2 => ("what is not its own", vec![self.event(&peer, &mut draw)]),
            3..=4 => ("about itself", vec![self.environments(&peer, &mut draw)]),
            5 => {
                let entry = draw.blob(300);
                ("no entry at all", vec![self.stranger.tell(&peer, entry)])
            }
            6 => {
                let again = (0..=world.below(5)).filter_map(|_| world.chance.pick(&self.sent));
                ("what it sent before", again.cloned().collect())
            }
            7 => ("what follows on a gap", self.gap(world, &peer, &mut draw)),
            8 => {
                let many = world.below(1 << 40);
                ("a head that is too high", vec![self.boast(&peer, &mut draw, many)])
            }
            9 => {
                let ack = draw.ack();
                let mut body = schema::bytes::Writer::new();
                ack.write(&mut body);
                let body = body.finish();
                ("an ack of anything", vec![self.stranger.signal(&peer, EnvelopeKind::Ack, &body)])
            }
            10 => ("wishes for packages", self.want(world, &peer)),
            11 => {
                let kinds = [
                    EnvelopeKind::Keys,
                    EnvelopeKind::Hello,
                    EnvelopeKind::Reclaim,
                    EnvelopeKind::Returned,
                    EnvelopeKind::Beat,
                ];
                let kind = kinds[world.chance.index(kinds.len())];
                let body = draw.blob(400);
                ("a signal that is none", vec![self.stranger.signal(&peer, kind, &body)])
            }
            12 => {
                let piece = draw.piece().write();
                let envelope = self.stranger.signal(&peer, EnvelopeKind::Piece, &piece);
                ("a piece of what nobody asked for", vec![envelope])
            }
            13 if !self.stranger.line(&peer).said.is_empty() => {
                ("an old life", vec![self.other_life(&peer, &mut draw)])
            }
            _ => ("another story", self.story(world, &peer, &mut draw)),
        }
    }

    fn event(&mut self, peer: &SpaceId, draw: &mut Draw) -> Vec<u8> {
        let (kind, ..) = TABLE[draw.below(TABLE.len())];
        let event = draw.event(kind);
        let entry = self.stranger.entry(peer, &event);
        self.stranger.tell(peer, entry)
    }

    fn environments(&mut self, peer: &SpaceId, draw: &mut Draw) -> Vec<u8> {
        let environments = vec![draw.name()];
        let event = Event::EnvironmentsPublished(EnvironmentsPublished { environments });
        let entry = self.stranger.entry(peer, &event);
        self.stranger.tell(peer, entry)
    }

    /// Several entries, of which the first comes last or never.
    fn gap(&mut self, world: &mut World, peer: &SpaceId, draw: &mut Draw) -> Vec<Vec<u8>> {
        let mut envelopes = Vec::new();
        for _ in 0..2 + world.below(90) {
            envelopes.push(self.environments(peer, draw));
        }
        let first = envelopes.remove(0);
        if world.chance.percent(80) {
            envelopes.push(first);
        } else {
            // It is missing until it is sent again.
            self.sent.insert(0, first);
        }
        envelopes
    }

    fn boast(&mut self, peer: &SpaceId, draw: &mut Draw, many: u64) -> Vec<u8> {
        let mut body = schema::bytes::Writer::new();
        draw.beat().write(&mut body);
        let beat = self.stranger.signal(peer, EnvelopeKind::Beat, &body.finish());
        self.stranger.altered(&beat, |envelope| envelope.header.newest = LinkSeq(many))
    }

    /// A wish for any object of the source.
    fn want(&mut self, world: &mut World, peer: &SpaceId) -> Vec<Vec<u8>> {
        let Some(space) = &world.sites[0].space else { return Vec::new() };
        let objects: Vec<_> = space.engine().state().objects.iter().copied().collect();
        let Some(object) = world.chance.pick(&objects).copied() else { return Vec::new() };
        let want = Want { object, offsets: vec![0] }.write();
        vec![self.stranger.signal(peer, EnvelopeKind::Want, &want)]
    }

    fn other_life(&mut self, peer: &SpaceId, draw: &mut Draw) -> Vec<u8> {
        let event = draw.event(27);
        let entry = self.stranger.entry(peer, &event);
        let salt = draw.bytes();
        let incarnation = schema::id::Incarnation(draw.bytes());
        let position = schema::id::Position(1 + draw.number() % 100);
        let carried = schema::latest::Carried { incarnation, position, salt, entry };
        let (chain_before, chain_after) = (draw.bytes(), draw.bytes());
        let first = LinkSeq(1);
        let run = seal::Run { first, chain_before, chain_after, entries: vec![carried] };
        let envelope = self.stranger.run(peer, &run);
        self.stranger.altered(&envelope, |envelope| envelope.header.incarnation = incarnation)
    }

    /// The same numbers once more, with something else under them.
    fn story(&mut self, world: &mut World, peer: &SpaceId, draw: &mut Draw) -> Vec<Vec<u8>> {
        let said = self.stranger.line(peer).said.len() as u64;
        if said < 2 {
            return Vec::new();
        }
        self.stranger.forget_after(peer, LinkSeq(1 + world.below(said - 1)));
        (0..=world.below(3)).map(|_| self.environments(peer, draw)).collect()
    }
}
