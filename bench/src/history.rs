//! A log of own and mirrored entries, as a space writes it: by its own commands and by envelopes.

use crate::Failure;
use crate::party::{Lane, Party};
use engine::command::{Command, Request};
use engine::entropy::Entropy;
use engine::log::{Fault, Log};
use engine::space::Space;
use engine::step::{Effect, Input, Now};
use engine::trust::certificate::Keys;
#[cfg(test)]
use engine::trust::identity::Secrets;
use engine::trust::identity::Seeds;
use schema::hash::sha256;
use schema::id::{CommandId, Incarnation, ObjectId};
use schema::latest::Actor;
use schema::latest::model::{Grant, HexHash, Package};
use schema::name::Name;

/// Entries of each kind in one turn, and so in one block.
const TURN_ENTRIES: u64 = 128;

/// Packages whose versions are pushed in turn.
const PACKAGES: u64 = 64;

/// The clock while the log is written; it stands still.
pub(crate) const NOW: Now = Now { wall_ms: 1_700_000_000_000, monotonic_ms: 1 };

/// The keys of the space whose log it is.
pub(crate) fn seeds() -> Seeds {
    Seeds::draw(&mut Entropy::from_seed([11; 32]))
}

/// Random bytes for a start of that space.
pub(crate) fn entropy() -> Entropy {
    Entropy::from_seed([12; 32])
}

/// Writes a log into what `make` gives: in each block one envelope of 128 entries of 400 bytes
/// from a peer and 128 entries of the space's own, until there are `events` of them.
pub(crate) fn write<L: Log>(
    events: u64,
    make: impl FnOnce(Incarnation) -> Result<L, Fault>,
) -> Result<L, Failure> {
    let space = Space::found(&"harbour".parse()?, &seeds(), entropy(), NOW, make);
    let mut space = space?;
    let mut lane = trust(&mut space, Party::new("island", 2)?)?;
    let blocks = events.div_ceil(2 * TURN_ENTRIES).max(1);
    for block in 0..blocks {
        let run = lane.run(usize::try_from(TURN_ENTRIES)?)?;
        let envelope = lane.seal(&lane.head(), &run)?;
        let mut inputs = vec![space.receive(envelope)];
        for number in block * TURN_ENTRIES..(block + 1) * TURN_ENTRIES {
            inputs.push(ask(number + 1, push(number)?)?);
        }
        turn(&mut space, inputs)?;
    }
    let expected = blocks * TURN_ENTRIES;
    let inbox = &space.engine().traffic().get(&lane.link).ok_or("the link is gone")?.inbox;
    let (held, refused) = inbox.held_and_refused();
    if inbox.applied().0 != expected || held + refused != 0 {
        return Err(format!("only {} of {expected} entries were folded", inbox.applied()).into());
    }
    Ok(space.into_log())
}

/// Lets `space` trust `peer`, and gives the peer's side of their link.
fn trust<L: Log>(space: &mut Space<L>, peer: Party) -> Result<Lane, Failure> {
    let command = Command::Trust {
        certificate: peer.keys.certificate().write(),
        name: None,
        grants: vec![Grant::AcceptResults],
    };
    turn(space, vec![ask(0, command)?])?;
    let link = space.engine().traffic().keys().next().copied();
    let certificate = space.engine().state().certificate().ok_or("no certificate")?;
    Ok(Lane::new(peer, Keys::verify(&certificate)?, link.ok_or("no link")?))
}

fn ask(number: u64, command: Command) -> Result<Input, Failure> {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&number.to_be_bytes());
    let actor = Actor::Person("harbour-master".parse::<Name>()?);
    let request = Request { id: CommandId(id), actor, command };
    Ok(Input::Asked { request, reply: number })
}

/// The command that records the `number`th push: the next version of one of 64 packages.
fn push(number: u64) -> Result<Command, Failure> {
    let hash = sha256(&[&number.to_be_bytes()]);
    let package = Package {
        id: format!("harbour-web-{:02}", number % PACKAGES).parse()?,
        version: format!("1.0.{}", number / PACKAGES).parse()?,
        size: 1 + number,
        sha256: HexHash(hash),
        object: ObjectId(hash),
    };
    Ok(Command::PushPackage { package })
}

/// One turn in which nothing may be refused.
fn turn<L: Log>(space: &mut Space<L>, inputs: Vec<Input>) -> Result<(), Failure> {
    for input in &inputs {
        if let Input::Refused { reason, .. } = input {
            return Err(format!("an envelope was refused: {reason}").into());
        }
    }
    for effect in space.turn(NOW, inputs)? {
        if let Effect::Reply { answer, .. } = effect {
            answer?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::engine::Engine;
    use engine::log::verify::Verifier;
    use log_memory::LogMemory;
    use std::ops::ControlFlow;

    #[test]
    fn the_log_holds_as_many_mirrored_as_own_entries_and_replays() {
        let log = write(512, LogMemory::create).unwrap();
        let engine = Engine::replay(&log, &Secrets::from(&seeds()), entropy(), NOW).unwrap();
        assert_eq!(engine.state().packages.len(), 256);
        let mut verifier = Verifier::new();
        log.scan(&mut |first, bytes| {
            verifier.block(first, bytes).unwrap();
            ControlFlow::Continue(())
        })
        .unwrap();
        let (own, mirrored, evidence) = verifier.finish().unwrap().counts;
        // Beside the founding, the offer and the peer, and what follows from them.
        assert!((256 + 3..=256 + 5).contains(&own), "{own}");
        assert_eq!((mirrored, evidence), (256, 2));
    }
}
