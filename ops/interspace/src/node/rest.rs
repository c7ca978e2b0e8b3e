//! The at-rest key of a space that is opened: made where there is none, and missed aloud.

use crate::failure::Failure;
use crate::node::keys;
use crate::wire::Running;
use engine::log::Log;
use engine::space::Space;
use std::path::Path;
use zeroize::Zeroizing;

impl Running {
    /// The space with an at-rest key to seal to. Says what cannot be opened any more, because an
    /// earlier one is lost: the space works all the same.
    pub(crate) fn with_at_rest<L: Log>(
        &self,
        mut space: Space<L>,
        folder: &Path,
    ) -> Result<Space<L>, Failure> {
        if let Some(number) = space.engine().missing_at_rest() {
            let key = Zeroizing::new(crate::client::random::<32>()?);
            let closed = keys::is_protected(folder)?.then_some(&self.passphrase);
            keys::write_at_rest(folder, number, &key, closed)?;
            space.learn_at_rest(number, *key);
        }
        let name = space.engine().identity().name();
        for what in space.engine().lost_secrets() {
            tracing::error!(space = %name, "{what}");
        }
        Ok(space)
    }
}
