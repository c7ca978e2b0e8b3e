//! What a release manager does with a release, told on pure functions: given a space, when somebody
//! asks, then these events.

#![allow(clippy::unwrap_used, reason = "all of this is tests, and what they are made of")]

mod approvals;
mod channels;
mod freezes;
mod journeys;
mod manual;
mod phases;
mod policy;
mod recall;
mod relay;
mod revisions;
mod scene;
mod taken_back;
mod tenants;
mod unstated;
mod values;
