//! One key as a file: PKCS#8 in PEM, plain or closed with a passphrase, both readable by OpenSSL.

use crate::client::random;
use crate::failure::{Failure, code};
use crate::node::folder::write_private;
use crate::node::passphrase::Passphrase;
use pkcs8::der::asn1::OctetStringRef;
use pkcs8::der::{Decode as _, Encode as _};
use pkcs8::pkcs5::pbes2::Parameters;
use pkcs8::pkcs5::scrypt;
use pkcs8::spki::AlgorithmIdentifierRef;
use pkcs8::{
    EncryptedPrivateKeyInfoRef, LineEnding, ObjectIdentifier, PrivateKeyInfoRef, SecretDocument,
};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use zeroize::Zeroizing;

/// Ed25519 and X25519 (RFC 8410).
pub(crate) const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
pub(crate) const X25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.110");

/// What an at-rest key is for, by the nearest name that there is (RFC 8103): its nonces are longer.
pub(crate) const CHACHA20_POLY1305: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.3.18");

const PLAIN: &str = "PRIVATE KEY";
const CLOSED: &str = "ENCRYPTED PRIVATE KEY";

/// What scrypt costs: 16 MiB, and the time of five rounds. OpenSSL reads no more than 32 MiB
/// without being told to.
const SCRYPT: (u8, u32, u32) = (14, 8, 5);

/// A key file as it lies there.
pub(crate) struct KeyFile {
    label: String,
    document: SecretDocument,
}

/// Writes a key, closed if there is a passphrase.
pub(crate) fn write(
    path: &Path,
    algorithm: ObjectIdentifier,
    seed: &[u8; 32],
    passphrase: Option<&Passphrase>,
) -> Result<(), Failure> {
    let plain = plain(algorithm, seed).ok_or_else(|| unusable(path, "it cannot be encoded"))?;
    write_document(path, &plain, passphrase)
}

/// Writes a plain key, closed if there is a passphrase.
fn write_document(
    path: &Path,
    plain: &SecretDocument,
    passphrase: Option<&Passphrase>,
) -> Result<(), Failure> {
    let closed = passphrase.map(|passphrase| close(path, plain, passphrase)).transpose()?;
    let (label, document) = match &closed {
        Some(closed) => (CLOSED, closed),
        None => (PLAIN, plain),
    };
    let pem = document.to_pem(label, LineEnding::LF);
    let pem = pem.map_err(|_| unusable(path, "it cannot be encoded"))?;
    write_private(path, pem.as_bytes())
}

impl KeyFile {
    /// Reads a key file that nobody else may read.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let failed = |why: std::io::Error| Failure::io("reading the key", path, &why);
        let mode = std::fs::metadata(path).map_err(failed)?.mode();
        if mode & 0o077 != 0 {
            let what = format!(
                "others may read the key {}: its mode is {:o}",
                path.display(),
                mode & 0o777
            );
            let hint = format!("`chmod 600 {}`, and consider whether it was read", path.display());
            return Err(Failure::new(code::FAILED, what, hint));
        }
        let pem = Zeroizing::new(std::fs::read_to_string(path).map_err(failed)?);
        let read = SecretDocument::from_pem(&pem).ok();
        let (label, document) = read.ok_or_else(|| unusable(path, "it is not a key in PEM"))?;
        let label = label.to_owned();
        Ok(Self { label, document })
    }

    /// Whether a passphrase is needed.
    pub(crate) fn is_closed(&self) -> bool {
        self.label == CLOSED
    }

    /// The seed, if it is a key of this algorithm.
    pub(crate) fn seed(
        self,
        path: &Path,
        algorithm: ObjectIdentifier,
        passphrase: &Passphrase,
    ) -> Result<[u8; 32], Failure> {
        let plain = self.opened(path, passphrase)?;
        seed_of(&plain, algorithm)
            .ok_or_else(|| unusable(path, "it is not the key that belongs here"))
    }

    fn opened(self, path: &Path, passphrase: &Passphrase) -> Result<SecretDocument, Failure> {
        match self.label.as_str() {
            PLAIN => Ok(self.document),
            CLOSED => {
                let info: EncryptedPrivateKeyInfoRef<'_> = self
                    .document
                    .decode_msg()
                    .map_err(|_| unusable(path, "its closed form is not one that is known"))?;
                let word = passphrase.get()?;
                info.decrypt(word).map_err(|_| {
                    let what = format!("the passphrase does not open the key {}", path.display());
                    Failure::new(
                        code::DENIED,
                        what,
                        "try again with the right one; nothing changed",
                    )
                })
            }
            _ => Err(unusable(path, "it is not a private key")),
        }
    }

    /// Writes it anew, closed with `next` or plain.
    pub(crate) fn rewrite(
        self,
        path: &Path,
        passphrase: &Passphrase,
        next: Option<&Passphrase>,
    ) -> Result<(), Failure> {
        let plain = self.opened(path, passphrase)?;
        write_document(path, &plain, next)
    }
}

fn unusable(path: &Path, why: &str) -> Failure {
    let what = format!("the key {} cannot be used: {why}", path.display());
    Failure::new(code::FAILED, what, "put the right file back, from a backup of the node's folder")
}

fn close(
    path: &Path,
    plain: &SecretDocument,
    passphrase: &Passphrase,
) -> Result<SecretDocument, Failure> {
    let (salt, iv) = (random::<16>()?, random::<16>()?);
    let word = passphrase.get()?;
    let closed = || {
        let (log_n, r, p) = SCRYPT;
        let cost = scrypt::Params::new(log_n, r, p).ok()?;
        let parameters = Parameters::generate_scrypt_aes256cbc(cost, &salt, iv).ok()?;
        let bytes = parameters.encrypt(word, plain.as_bytes()).ok()?;
        let encrypted_data = OctetStringRef::new(&bytes).ok()?;
        let info =
            EncryptedPrivateKeyInfoRef { encryption_algorithm: parameters.into(), encrypted_data };
        SecretDocument::encode_msg(&info).ok()
    };
    closed().ok_or_else(|| unusable(path, "it cannot be closed with a passphrase"))
}

fn plain(algorithm: ObjectIdentifier, seed: &[u8; 32]) -> Option<SecretDocument> {
    // RFC 8410: the private key is an octet string within the octet string.
    let inner = Zeroizing::new(OctetStringRef::new(seed).ok()?.to_der().ok()?);
    let algorithm = AlgorithmIdentifierRef { oid: algorithm, parameters: None };
    let info = PrivateKeyInfoRef::new(algorithm, OctetStringRef::new(&inner).ok()?);
    SecretDocument::encode_msg(&info).ok()
}

fn seed_of(plain: &SecretDocument, algorithm: ObjectIdentifier) -> Option<[u8; 32]> {
    let info: PrivateKeyInfoRef<'_> = plain.decode_msg().ok()?;
    if info.algorithm.oid != algorithm {
        return None;
    }
    let inner = <&OctetStringRef>::from_der(info.private_key.as_bytes()).ok()?;
    inner.as_bytes().try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_is_read_back_and_only_as_what_it_is() {
        let document = plain(ED25519, &[7; 32]).expect("encodes");
        assert_eq!(seed_of(&document, ED25519), Some([7; 32]));
        assert_eq!(seed_of(&document, X25519), None);
    }

    #[test]
    fn a_key_file_is_pkcs8_version_1_of_48_bytes() {
        let document = plain(X25519, &[7; 32]).expect("encodes");
        assert_eq!(document.as_bytes().len(), 48);
        assert_eq!(document.as_bytes()[..5], [0x30, 0x2e, 0x02, 0x01, 0x00]);
    }
}
