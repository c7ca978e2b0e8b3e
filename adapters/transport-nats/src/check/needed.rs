//! What a space must be able to do, tried so that nothing comes of it.

use super::{Attempt, Deed};
use crate::subject::{Class, consumer, stream, subject};
use schema::id::SpaceId;

/// What the space `me` must be allowed for each of its peers. That it may send signals is not
/// tried: the peer would hear one.
pub(super) fn needed(me: &SpaceId, peers: &[SpaceId]) -> Vec<Attempt> {
    let mut needed = Vec::new();
    for peer in peers {
        let (theirs, them) = (stream(peer), peer.short());
        let mut add = |deed, subject, body, what| {
            needed.push(Attempt { deed, subject, body, what });
        };
        let what = format!("It hears signals of {them}.");
        add(Deed::Subscribe, subject(peer, me, Class::Signals), "", what);
        for class in Class::STORED {
            let (token, ours) = (class.token(), consumer(me, class));
            let what = format!("It can leave {token} for {them}.");
            add(Deed::PublishUnstored, subject(me, peer, class), "", what);
            // What cannot be read brings nothing.
            let what = format!("It can pull {token} of {them}.");
            add(Deed::Publish, format!("$JS.API.CONSUMER.MSG.NEXT.{theirs}.{ours}"), "{", what);
            // More patience with a message that is not under way: there is none of number 0.
            let what = format!("It can acknowledge {token} of {them}.");
            add(Deed::Publish, format!("$JS.ACK.{theirs}.{ours}.1.0.0.0.0"), "+WPI", what);
        }
    }
    needed
}
