//! Who says it, and for whom: keys, certificates, documents, seals, and the one door for
//! strangers' bytes.
//!
//! What a stranger controls at each step of the door: before the size cap, everything; after it,
//! bounded bytes; after the header, the values of known fields; after the signature, nothing that
//! the signer did not write; after opening, nothing that was not written for us on this link.

pub mod certificate;
pub mod door;
pub mod epoch;
pub mod fingerprint;
pub mod guest;
pub mod identity;
pub mod invitation;
pub mod joins;
pub mod keyring;
pub mod proof;
pub mod refusal;
pub mod request;
pub mod rest;
pub mod seal;
pub mod secret;
pub mod signature;
