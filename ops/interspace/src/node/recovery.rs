//! A space whose log lost its end: left closed at a start, let live on when its operator says so.

use crate::failure::Failure;
use crate::node::custodian::trouble;
use crate::node::directory::{Opened, lock};
use crate::node::owner::Mail;
use crate::node::stopped;
use crate::wire::Running;
use api_http::port::{Node as _, Trouble};
use engine::log::{Fault, Log};
use log_sled::LogSled;
use schema::id::{Incarnation, SpaceId};
use std::path::{Path, PathBuf};
use std::sync::PoisonError;
use std::sync::mpsc::sync_channel;

impl Running {
    /// Leaves a space closed whose log lost its end; the others go on.
    pub(crate) fn leave_closed(&self, folder: &Path, fault: Fault) -> Result<(), Failure> {
        let Some((id, name)) = stopped::identity(folder) else { return Err(fault.into()) };
        let why = format!(
            "{fault}; put the newest copy of its folder back, or let it live on from what is here: \
             `interspace space recover --space '{name}'`"
        );
        tracing::error!(space = %name, "{why}");
        self.spaces.add(id, Opened::closed(name, folder.to_owned(), why));
        Ok(())
    }

    /// The folder of a space.
    pub(crate) fn folder_of(&self, space: &SpaceId) -> Result<PathBuf, Trouble> {
        self.spaces.with(space, |opened| opened.folder.clone())
    }

    /// Reads in the log of a space.
    pub(crate) fn scan<T: Send + 'static>(
        &self,
        space: &SpaceId,
        read: impl FnOnce(&dyn Log) -> T + Send + 'static,
    ) -> Result<T, Trouble> {
        self.spaces.call(space, move |answer| {
            Mail::Scan(Box::new(move |log| {
                // Who asked may be gone.
                let _ = answer.send(read(log));
            }))
        })
    }

    /// Whether the end of a space's log is known to be lost: it is closed because of that, or a
    /// peer has more than it.
    fn has_lost(&self, space: &SpaceId) -> Result<bool, Trouble> {
        if self.spaces.with(space, |opened| opened.closed.why())?.is_some() {
            let log = LogSled::open(&self.folder_of(space)?.join("log"));
            return Ok(matches!(log, Err(Fault::RolledBack { .. })));
        }
        let (sender, receiver) = sync_channel(1);
        self.look(
            space,
            Box::new(move |engine, _| {
                let _ = sender.send(engine.is_read_only());
            }),
        )?;
        receiver.recv().map_err(|_| Trouble::Closed("it stops".to_owned()))
    }

    /// Closes a space, begins another life of its log, and opens it again.
    pub(crate) fn live_on(&self, space: &SpaceId, force: bool) -> Result<(), Trouble> {
        let _alone = self.rotating.lock().unwrap_or_else(PoisonError::into_inner);
        if !force && !self.has_lost(space)? {
            return Err(Trouble::Conflict(
                "nothing is known to be lost: no peer has more than this log, and its fence is \
                 where it ends; --force where a peer that is reached by hand told so"
                    .to_owned(),
            ));
        }
        let folder = self.folder_of(space)?;
        self.networks.detach(space);
        self.spaces.close(space, "it begins another life; repeat `interspace space recover`")?;
        let carrier = lock(&self.carriers).remove(space);
        if let Some(carrier) = carrier {
            self.carriage.end(&carrier);
        }
        let begun = || {
            let life = Incarnation(crate::client::random()?);
            let log = LogSled::begin_anew(&folder.join("log"), life)?;
            self.open_space(&folder, log)
        };
        begun().map(|_| ()).map_err(|failure: Failure| {
            self.networks.detach(space);
            let _ = self.spaces.close(space, &failure.to_string());
            trouble(failure)
        })
    }
}
