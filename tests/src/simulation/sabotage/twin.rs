//! Sabotage by a twin: a restored copy of a space, with its keys, tells its peer another story.

use super::{Done, up};
use crate::simulation::Run;
use crate::simulation::settings::target;
use crate::site::Site;
use engine::command::{Command, Request};
use engine::engine::Engine;
use engine::entropy::Entropy;
use engine::outbox::Outgoing;
use engine::step::Input;
use log_memory::{Device, LogMemory};
use schema::hash::chain_next;
use schema::id::{CommandId, LinkId, LinkSeq, Position};
use schema::latest::{Actor, Audience, Block, Record};

/// A copy of a target is restored from before its newest entry that the source has, goes on
/// otherwise, and sends what it wrote.
pub(super) fn tell_another_story(run: &mut Run) -> Done {
    for site in up(&mut run.world) {
        if site == 0 || run.world.sites[0].space.is_none() {
            continue;
        }
        let Some(envelope) = envelope(run, site) else {
            continue;
        };
        run.note(&format!("sabotage: a twin of site {site} tells another story"));
        let at_ms = run.world.clock_ms + 1;
        run.world.network.send(site, 0, envelope, at_ms);
        return Done::Perhaps;
    }
    Done::NotYet
}

fn envelope(run: &mut Run, site: usize) -> Option<Vec<u8>> {
    let peer = run.world.sites[site].id;
    let source = run.world.sites[0].engine();
    let (link, traffic) = source.traffic().iter().find(|(_, traffic)| traffic.peer == peer)?;
    let (link, durable) = (*link, traffic.inbox.acknowledged());
    let mut twin = restored(&run.world.sites[site], link, durable)?;
    let mut definitions = target(false, &mut run.world.chance);
    definitions.push(crate::pipeline::environment("Elsewhere"));
    let request = Request {
        id: CommandId([9; 16]),
        actor: Actor::Policy,
        token: None,
        command: Command::Apply { definitions },
    };
    let traffic = twin.traffic().get(&link)?;
    let (first, before) = (traffic.outbox.newest().next(), traffic.outbox.chain());
    let asked = Input::Asked { request, reply: 1 };
    let block = twin.step(run.world.now_at(site), vec![asked]).block?;
    let (position, record) = first_for(&block, link)?;
    let Record::Own(own) = &record else {
        return None;
    };
    let incarnation = twin.state().incarnation?;
    let commit = own.entry.commit(&own.salt);
    let story = Outgoing {
        first,
        chain_before: before,
        chain_after: chain_next(&before, first, &incarnation, position, &commit),
        positions: vec![position],
    };
    let (_, bytes) = twin.seal(link, &story, vec![record])?;
    Some(bytes)
}

/// A copy of the space as it was before it wrote the newest entry that the recipient has.
fn restored(site: &Site, link: LinkId, durable: LinkSeq) -> Option<Engine> {
    let all = site.device.image().blocks();
    for lost in 1..all {
        let copy = Device::from_image(site.device.image());
        copy.forget(lost);
        // The fence forbids it, as it should; then the copy is of an older fence.
        let incarnation = site.engine().state().incarnation?;
        copy.begin_anew(incarnation).ok()?;
        let log = LogMemory::open(&copy).ok()?;
        let entropy = Entropy::from_seed([3; 32]);
        let twin =
            Engine::rebuilt(&log, &site.secrets, entropy, engine::step::Now::default()).ok()?;
        match twin.traffic().get(&link) {
            None => return None,
            Some(traffic) if traffic.outbox.newest() < durable => return Some(twin),
            Some(_) => {}
        }
    }
    None
}

fn first_for(block: &Block, link: LinkId) -> Option<(Position, Record)> {
    let places = (block.first.0..).map(Position);
    let mut records = places.zip(&block.records);
    records.find_map(|(position, (record, _))| match record {
        Record::Own(own) if own.entry.header().audience == Audience::Link(link) => {
            Some((position, record.clone()))
        }
        Record::Own(_) | Record::Mirrored(_) | Record::Evidence(_) => None,
    })
}
