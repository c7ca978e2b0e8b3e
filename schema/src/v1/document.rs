//! Documents: signed things that travel on unchanged and can be verified alone.

pub mod approval;
pub mod bundle;
pub mod certificate;
pub mod dsse;
pub mod recall;
pub mod receipt;
