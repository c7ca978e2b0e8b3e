//! The house rules, checked over the whole repository.
//!
//! Every rule is a function from what it reads to the breaches that it finds. It has two tests:
//! one holds the repository to it, the other shows that it notices a breach.

mod code;
mod dependencies;
mod documents;
mod gates;
mod manifests;
mod names;
mod openings;
mod repository;
mod sizes;
mod threats;
mod vectors;
mod words;
