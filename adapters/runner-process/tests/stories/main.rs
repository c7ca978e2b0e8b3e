//! Stories of deployments that are run for real.

mod conditions;
mod ending;
mod environments;
mod killed;
mod manual;
mod outcomes;
mod outputs;
mod packages;
mod passing;
mod retries;
mod targets;
mod variables;
mod world;
