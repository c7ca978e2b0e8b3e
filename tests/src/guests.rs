//! Spaces of a world that are linked by one token.

use crate::world::World;
use engine::command::{Command, Done, Rejection};
use engine::trust::invitation::id_of;
use schema::id::SpaceId;
use schema::latest::Invitation;
use schema::v1::model::Grant;

/// How long invitations of a world are good, in milliseconds.
pub const INVITED_MS: u64 = 60 * 60 * 1_000;

impl World {
    /// A site invites whoever has the token, which is given back, for an hour.
    ///
    /// # Panics
    /// When that is rejected.
    pub fn invite(&mut self, site: usize, grants: Vec<Grant>) -> Invitation {
        self.invited(site, "ops", None, grants)
    }

    /// The same for one space alone.
    ///
    /// # Panics
    /// When that is rejected.
    pub fn invite_one(&mut self, site: usize, guest: SpaceId) -> Invitation {
        self.invited(site, "ops", Some(guest), Vec::new())
    }

    /// The same in somebody's name.
    ///
    /// # Panics
    /// When that is rejected.
    pub fn invite_as(&mut self, site: usize, who: &str) -> Invitation {
        self.invited(site, who, None, Vec::new())
    }

    fn invited(
        &mut self,
        site: usize,
        who: &str,
        guest: Option<SpaceId>,
        grants: Vec<Grant>,
    ) -> Invitation {
        let secret = self.bytes();
        let ends_ms = self.now_at(site).wall_ms + INVITED_MS;
        let invitation = id_of(&secret);
        let command = Command::Invite { invitation, guest, name: None, grants, ends_ms };
        self.ask(site, who, command).expect("invited");
        let token = self.sites[site].engine().state().token(secret).expect("just made").write();
        Invitation::read(&token).expect("just written")
    }

    /// A site accepts an invitation.
    ///
    /// # Errors
    /// When it is rejected.
    pub fn accept(
        &mut self,
        site: usize,
        token: &Invitation,
        grants: Vec<Grant>,
    ) -> Result<Done, Rejection> {
        let invitation = Box::new(token.clone());
        self.ask(site, "ops", Command::Join { invitation, name: None, grants })
    }
}
