//! The next key statement on its way to the root key, which may be kept far from the node.
//!
//! ```text
//! node: fresh keys, durable -> request, signed by the key before
//!                                 |
//! wherever the root key is:   approve: signed by the root key too
//!                                 |
//! node: `StateKeys`           <- the whole statement
//! ```

use crate::trust::certificate::{Disbelief, Keys};
use crate::trust::identity::{Identity, Pair, next};
use crate::trust::signature::SecretKey;
use schema::latest::{Document, KeyStatement, Kind, Revocation};
use schema::v1::document::dsse::Signature;

/// The next statement after those of `keys`, for the keys of `pair`, as far as the node can sign
/// it: by the key before, unless the statement revokes that one.
#[must_use]
pub fn request(
    keys: &Keys,
    identity: &Identity,
    pair: &Pair,
    revoked: Vec<Revocation>,
    time_ms: u64,
) -> Document {
    let before = keys.newest().number;
    let signs = !revoked.iter().any(|revoked| revoked.key == before);
    let statement = next(keys, pair, revoked, time_ms);
    Document::sign(Kind::KeyStatement, &statement, |message| {
        let signature = || Signature {
            keyid: identity.number().to_string(),
            sig: identity.sign(message).to_vec(),
        };
        signs.then(signature).into_iter().collect()
    })
}

/// What a request says.
///
/// # Errors
/// When it is no key statement.
pub fn read(request: &Document) -> Result<KeyStatement, Disbelief> {
    Ok(request.payload(Kind::KeyStatement)?)
}

/// The whole statement: the request, signed by the root key of this seed too.
///
/// # Errors
/// When it is no key statement, or of a space with another root key.
pub fn approve(request: &Document, root: &[u8; 32]) -> Result<Document, Disbelief> {
    let statement = read(request)?;
    let root = SecretKey::from_seed(root);
    let genesis = &statement.genesis;
    if genesis.root.0 != root.public() || genesis.space() != statement.space {
        return Err(Disbelief::Foreign);
    }
    Ok(request.countersigned(|message| Signature {
        keyid: "root".to_owned(),
        sig: root.sign(message).to_vec(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::Entropy;
    use crate::trust::identity::{Seeds, continue_statements, found};

    #[test]
    fn a_request_that_the_root_key_approved_is_what_both_keys_at_one_place_make() {
        let mut entropy = Entropy::from_seed([7; 32]);
        let (seeds, other) = (Seeds::draw(&mut entropy), Seeds::draw(&mut entropy));
        let certificate = found(&"Home".parse().unwrap(), &seeds, entropy.bytes(), 5);
        let keys = Keys::verify(&certificate).unwrap();
        let identity = Identity::new(&keys, &seeds).unwrap();
        let (pair, before) =
            (Pair::draw(&mut entropy), Pair { signing: seeds.signing, sealing: seeds.sealing });
        let incarnation = schema::id::Incarnation([1; 16]);
        for revoked in [vec![], vec![Revocation { key: 1, incarnation, size: 3 }]] {
            let asked = request(&keys, &identity, &pair, revoked.clone(), 9);
            assert!(keys.continued(std::slice::from_ref(&asked)).is_err(), "not without the root");
            assert_eq!(approve(&asked, &other.root), Err(Disbelief::Foreign));
            let whole = approve(&asked, &seeds.root).unwrap();
            let at_once = continue_statements(&keys, &seeds.root, Some(&before), &pair, revoked, 9);
            assert_eq!(whole, at_once);
            assert!(keys.continued(&[whole]).is_ok());
        }
    }
}
