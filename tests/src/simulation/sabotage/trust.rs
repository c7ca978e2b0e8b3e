//! Sabotage by those who trust a broker: a sender takes the broker's word for its peer's.

use super::Done;
use crate::broker::Confirmed;
use crate::broker::message::{Class, Message};
use crate::simulation::Run;
use crate::simulation::watch::Violation;
use crate::site::Site;
use engine::engine::Engine;
use engine::entropy::Entropy;
use engine::space::Space;
use engine::step::{Input, Now};
use engine::trust::seal::{Head, Sealer};
use log_memory::LogMemory;
use schema::bytes::Writer;
use schema::id::LinkSeq;
use schema::latest::{Ack, EnvelopeHeader, EnvelopeKind, Mark};

/// A sender counts as delivered what the broker has stored.
pub(super) fn take_storing_for_delivery(run: &mut Run) -> Done {
    listen(run);
    believe(run, |confirmed| match confirmed {
        Confirmed::Stored(message) => Some(message),
        Confirmed::Removed(_) => None,
    })
}

/// A recipient acknowledges to the broker before it has appended, and the sender counts as
/// delivered what was acknowledged so.
///
/// # Errors
/// Never; appends are made to fail more often than else, as the weather makes them.
pub(super) fn acknowledge_before_appending(run: &mut Run) -> Result<Done, Violation> {
    listen(run);
    run.world.acknowledges_early = true;
    if run.world.chance.percent(10) {
        run.plan_mishap()?;
    }
    let done = believe(run, |confirmed| match confirmed {
        Confirmed::Stored(_) => None,
        Confirmed::Removed(message) => Some(message),
    });
    Ok(done)
}

/// The store of the source reads a piece for a space that may not have it.
pub(super) fn give_away_a_package(run: &mut Run) -> Done {
    let source = &mut run.world.sites[0];
    let Some(space) = &source.space else { return Done::NotYet };
    let state = space.engine().state();
    let named = state.links.named(&crate::world::name(super::super::liars::CALLED));
    let Some(link) = named.map(|(_, peer)| peer.link) else { return Done::NotYet };
    let mut objects = state.objects.iter();
    let piece = objects.find_map(|object| source.store.piece(*object, 0));
    let Some(piece) = piece else { return Done::NotYet };
    source.inputs.push(Input::Read { link, piece });
    run.note("sabotage: a package is given away");
    Done::Yes
}

/// The broker carries every link, and what it confirms is written down.
fn listen(run: &mut Run) {
    if run.world.broker.confirmed.is_none() {
        run.note("sabotage: the broker carries every link, and its word is taken for the peer's");
        run.world.broker.confirmed = Some(Vec::new());
        for target in 1..run.world.sites.len() {
            run.world.carriers.broker(0, target);
        }
    }
}

fn believe(run: &mut Run, believed: impl Fn(Confirmed) -> Option<Message>) -> Done {
    let confirmed = run.world.broker.confirmed.replace(Vec::new()).unwrap_or_default();
    for message in confirmed.into_iter().filter_map(believed) {
        if message.subject.class == Class::Envelopes
            && let Some(ack) = ack_of(run, &message)
        {
            run.world.receive(message.subject.from, ack);
        }
    }
    // It goes on believing.
    Done::NotYet
}

/// The space of a site that is down, as its device has it.
fn rebuilt(site: &Site) -> Option<Engine> {
    let log = LogMemory::open(&site.device).ok()?;
    Engine::rebuilt(&log, &site.secrets, Entropy::from_seed([5; 32]), Now::default()).ok()
}

/// The ack that the sender imagines: of everything in the message, as its peer would write it.
fn ack_of(run: &mut Run, message: &Message) -> Option<Vec<u8>> {
    let header = EnvelopeHeader::read(message.bytes.get(..EnvelopeHeader::LENGTH)?).ok()?;
    let entropy = &mut Entropy::from_seed(run.world.bytes());
    let site = &run.world.sites[message.subject.to];
    let rebuilt = match &site.space {
        Some(_) => None,
        None => rebuilt(site),
    };
    let peer = rebuilt.as_ref().or_else(|| site.space.as_ref().map(Space::engine))?;
    let traffic = peer.traffic().get(&header.link)?;
    let (_, sender) = peer.state().links.on(&header.link)?;
    let (size, root, time_ms) = peer.checkpoint();
    let head = Head {
        incarnation: peer.state().incarnation?,
        newest: traffic.outbox.newest(),
        chain: traffic.outbox.chain(),
        oldest: LinkSeq(1),
        checkpoint: (size, root, time_ms),
    };
    let ack = Ack {
        incarnation: header.incarnation,
        acknowledged: header.last(),
        chain: header.chain_after,
        applied: LinkSeq(0),
        ranges: Vec::new(),
        credit_bytes: 1,
        credit_envelopes: 1,
        schema: 1,
        echo: Mark::default(),
    };
    let mut body = Writer::new();
    ack.write(&mut body);
    let (me, keys) = (peer.identity(), &sender.keys);
    Sealer::default().signal(me, keys, header.link, &head, EnvelopeKind::Ack, body, entropy)
}
