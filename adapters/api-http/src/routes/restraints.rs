//! Routes about what holds releases up because somebody said so.

use super::reading::look;
use super::{Answer, Context};
use crate::gate::Entered;
use crate::shape::freeze::{self, Freeze};
use crate::shape::restraint::{self, Policy};
use axum::Extension;
use axum::extract::State;

/// The freezes of what may be seen.
pub(super) async fn freezes(
    State(context): State<Context>,
    Extension(entered): Extension<Entered>,
) -> Answer<Vec<Freeze>> {
    look(context, entered, |engine, now, rights| freeze::list(engine, rights, now.wall_ms)).await
}

/// What policy does by itself, and what it leaves alone, of what may be seen.
pub(super) async fn policy(
    State(context): State<Context>,
    Extension(entered): Extension<Entered>,
) -> Answer<Policy> {
    look(context, entered, |engine, _, rights| restraint::show(engine, rights)).await
}
