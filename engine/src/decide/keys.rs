//! Under which keys this space goes on.

use crate::command::Rejection;
use crate::decide::Draft;
use crate::state::State;
use schema::latest::{Actor, Document, Event, KeyStatement, Kind};
use schema::v1::event::KeysStated;

/// Goes on under the keys of a statement. The same statement again changes nothing.
///
/// # Errors
/// When it does not continue this space's certificate, or revokes a key in a log that is not this
/// one.
pub fn state(state: &State, actor: &Actor, statement: &Document) -> Result<Vec<Draft>, Rejection> {
    let not_ours = |why: String| {
        Rejection::invalid(
            format!("this is not the next key statement of this space: {why}"),
            "`interspace key show` tells which one is in use; make the next one with `interspace \
             key rotate`",
        )
    };
    let Some(keys) = &state.keys else {
        return Err(not_ours("the space has no certificate".to_owned()));
    };
    let newer = keys
        .continued(std::slice::from_ref(statement))
        .map_err(|disbelief| not_ours(disbelief.to_string()))?;
    if newer.newest().number == keys.newest().number {
        return Ok(Vec::new());
    }
    let told: KeyStatement =
        statement.payload(Kind::KeyStatement).map_err(|why| not_ours(why.to_string()))?;
    if told.revoked.iter().any(|revoked| !state.has_lived(&revoked.incarnation)) {
        return Err(not_ours("it revokes a key as of another log".to_owned()));
    }
    let event = KeysStated { statement: statement.write() };
    Ok(vec![Draft::internal(actor.clone(), Event::KeysStated(event))])
}
