//! Stories of deployments that are run for real.

mod ending;
mod environments;
mod killed;
mod outcomes;
mod outputs;
mod packages;
mod variables;
mod world;
