//! What the node does with the keys and the log of a space on behalf of its operator.

use crate::failure::Failure;
use crate::node::{keys, x509};
use crate::wire::{Running, entropy};
use api_http::custody::{Custody, Divided, Held, LATER_MAX, Own, Since};
use api_http::port::{Node as _, Trouble};
use engine::engine::Engine;
use engine::log::{Fault, Log};
use engine::trust::identity::Pair;
use schema::id::{Position, SpaceId};
use schema::latest::{Audience, Block, Record};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::PoisonError;
use std::sync::mpsc::sync_channel;

/// What went wrong, as the interface says it.
pub(crate) fn trouble(failure: Failure) -> Trouble {
    Trouble::Failed(format!("{}; {}", failure.what, failure.hint))
}

impl Running {
    fn keys_of(&self, space: &SpaceId) -> Result<PathBuf, Trouble> {
        Ok(self.folder_of(space)?.join("keys"))
    }
}

impl Custody for Running {
    fn held(&self, space: &SpaceId) -> Result<Held, Trouble> {
        let folder = self.keys_of(space)?;
        let numbers = keys::numbers(&folder).map_err(trouble)?;
        let whole = numbers.into_iter().filter(|(_, folder)| keys::is_whole(folder));
        Ok(Held {
            root: keys::root_file(&folder).exists(),
            numbers: whole.map(|(number, _)| number).collect(),
            protected: keys::is_protected(&folder).map_err(trouble)?,
        })
    }

    fn prepare(
        &self,
        space: &SpaceId,
        fresh: bool,
        number: &mut dyn FnMut() -> Result<u32, Trouble>,
        make: &mut dyn FnMut(&Pair),
    ) -> Result<(), Trouble> {
        let _alone = self.rotating.lock().unwrap_or_else(PoisonError::into_inner);
        let (folder, number) = (self.keys_of(space)?, number()?);
        let place = folder.join(number.to_string());
        let pair = if !fresh && keys::is_whole(&place) {
            keys::read_pair(&place, &self.passphrase).map_err(trouble)?
        } else {
            let pair = Pair::draw(&mut entropy().map_err(trouble)?);
            let protected = keys::is_protected(&folder).map_err(trouble)?;
            let passphrase = protected.then_some(&self.passphrase);
            keys::write_pair(&folder, number, &pair, passphrase).map_err(trouble)?;
            crate::node::folder::sync_folder(&folder).map_err(trouble)?;
            pair
        };
        make(&pair);
        Ok(())
    }

    fn install(
        &self,
        space: &SpaceId,
        number: u32,
        state: &mut dyn FnMut(Pair),
    ) -> Result<(), Trouble> {
        let _alone = self.rotating.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = self.keys_of(space)?;
        let pair = keys::pair_of(&folder, number, &self.passphrase);
        state(pair.map_err(trouble)?);
        Ok(())
    }

    fn x509(&self, space: &SpaceId) -> Result<String, Trouble> {
        let (sender, receiver) = sync_channel(1);
        let look = move |engine: &Engine, _| {
            let newest = engine.state().keys.as_ref().map(|keys| keys.newest().clone());
            let _ = sender.send(newest);
        };
        self.look(space, Box::new(look))?;
        let statement = receiver.recv().ok().flatten();
        let statement = statement.ok_or_else(|| Trouble::Closed("it stops".to_owned()))?;
        let pair = keys::pair_of(&self.keys_of(space)?, statement.number, &self.passphrase);
        let pem = x509::pem(&statement, &pair.map_err(trouble)?.signing);
        pem.ok_or_else(|| Trouble::Failed("the certificate cannot be encoded".to_owned()))
    }

    fn divided(&self, space: &SpaceId, since: Since) -> Result<Divided, Trouble> {
        let failed = |fault: Fault| Trouble::Failed(fault.to_string());
        self.scan(space, move |log| divide(log, since))?.map_err(failed)
    }

    fn recover(&self, space: &SpaceId, force: bool) -> Result<(), Trouble> {
        self.live_on(space, force)
    }
}

/// Goes through a log once and divides it.
fn divide(log: &dyn Log, since: Since) -> Result<Divided, Fault> {
    let mut divided = Divided { stays: log.size(), size: log.size(), ..Divided::default() };
    if let Since::Position(position) = since {
        divided.stays = position.min(log.size());
    }
    log.scan(&mut |first, bytes| match Block::read(bytes, first) {
        Ok(block) => {
            for (position, (record, _)) in (block.first.0..).map(Position).zip(&block.records) {
                if let Record::Own(own) = record {
                    count(&mut divided, since, position, &own.entry);
                }
            }
            ControlFlow::Continue(())
        }
        // What is damaged is told by an audit; what comes before it is divided all the same.
        Err(_) => ControlFlow::Break(()),
    })?;
    Ok(divided)
}

fn count(divided: &mut Divided, since: Since, position: Position, entry: &schema::latest::Entry) {
    let header = entry.header();
    if let Since::TimeMs(time_ms) = since
        && header.time_ms > time_ms
    {
        divided.stays = divided.stays.min(position.0 - 1);
    }
    if position.0 <= divided.stays {
        return;
    }
    divided.later += 1;
    if divided.first.len() < LATER_MAX {
        divided.first.push(Own {
            position: position.0,
            at: api_http::shape::time(header.time_ms),
            event: entry.event().map_or("unknown", |event| event.name()).to_owned(),
            link: match header.audience {
                Audience::Link(link) => Some(link.to_string()),
                Audience::Internal => None,
            },
        });
    }
}
