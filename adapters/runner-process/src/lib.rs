//! Runs the steps of a deployment as processes under a guard.
