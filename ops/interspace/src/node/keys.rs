//! Key files: PKCS#8 version 1 in PEM, readable by OpenSSL, mode 0600 or the start is refused.

use crate::failure::{Failure, code};
use crate::node::folder::{make, write_private};
use engine::trust::identity::{Pair, Secrets, Seeds};
use pkcs8::der::asn1::OctetStringRef;
use pkcs8::der::{Decode as _, Encode as _};
use pkcs8::spki::AlgorithmIdentifierRef;
use pkcs8::{LineEnding, ObjectIdentifier, PrivateKeyInfoRef, SecretDocument};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use zeroize::Zeroizing;

/// Ed25519 and X25519 (RFC 8410).
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const X25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.110");
const LABEL: &str = "PRIVATE KEY";

/// Writes the key files of a new space: its root key, and the pair of its first key statement.
pub(crate) fn write(folder: &Path, seeds: &Seeds) -> Result<(), Failure> {
    make(folder)?;
    write_one(&folder.join("root.pem"), ED25519, &seeds.root)?;
    write_pair(folder, 1, &Pair { signing: seeds.signing, sealing: seeds.sealing })
}

/// Writes the key files of one key statement. They are durable before the log names them; what a
/// rotation that did not come to its end left behind is replaced.
pub(crate) fn write_pair(folder: &Path, number: u32, pair: &Pair) -> Result<(), Failure> {
    let folder = folder.join(number.to_string());
    make(&folder)?;
    write_one(&folder.join("signing.pem"), ED25519, &pair.signing)?;
    write_one(&folder.join("sealing.pem"), X25519, &pair.sealing)
}

/// Reads the key files of a space, all but that of its root key.
pub(crate) fn read(folder: &Path) -> Result<Secrets, Failure> {
    let failed = |why: std::io::Error| Failure::io("reading the keys", folder, &why);
    let mut secrets = Secrets::default();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let Some(number) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        // A rotation that was cut short may have left a folder without its files.
        let [signing, sealing] = ["signing.pem", "sealing.pem"].map(|name| entry.path().join(name));
        if !signing.exists() || !sealing.exists() {
            continue;
        }
        let pair =
            Pair { signing: read_one(&signing, ED25519)?, sealing: read_one(&sealing, X25519)? };
        secrets = secrets.with(number, pair);
    }
    Ok(secrets)
}

fn write_one(path: &Path, algorithm: ObjectIdentifier, seed: &[u8; 32]) -> Result<(), Failure> {
    let pem = to_pem(algorithm, seed).ok_or_else(|| unusable(path, "it cannot be encoded"))?;
    write_private(path, pem.as_bytes())
}

fn read_one(path: &Path, algorithm: ObjectIdentifier) -> Result<[u8; 32], Failure> {
    let failed = |why: std::io::Error| Failure::io("reading the key", path, &why);
    let mode = std::fs::metadata(path).map_err(failed)?.mode();
    if mode & 0o077 != 0 {
        let what =
            format!("others may read the key {}: its mode is {:o}", path.display(), mode & 0o777);
        let hint = format!("`chmod 600 {}`, and consider whether it was read", path.display());
        return Err(Failure::new(code::FAILED, what, hint));
    }
    let pem = Zeroizing::new(std::fs::read_to_string(path).map_err(failed)?);
    from_pem(algorithm, &pem).ok_or_else(|| unusable(path, "it is not the key that belongs here"))
}

fn unusable(path: &Path, why: &str) -> Failure {
    let what = format!("the key {} cannot be used: {why}", path.display());
    Failure::new(code::FAILED, what, "put the right file back, from a backup of the node's folder")
}

fn to_pem(algorithm: ObjectIdentifier, seed: &[u8; 32]) -> Option<Zeroizing<String>> {
    // RFC 8410: the private key is an octet string within the octet string.
    let inner = Zeroizing::new(OctetStringRef::new(seed).ok()?.to_der().ok()?);
    let algorithm = AlgorithmIdentifierRef { oid: algorithm, parameters: None };
    let info = PrivateKeyInfoRef::new(algorithm, OctetStringRef::new(&inner).ok()?);
    SecretDocument::encode_msg(&info).ok()?.to_pem(LABEL, LineEnding::LF).ok()
}

fn from_pem(algorithm: ObjectIdentifier, pem: &str) -> Option<[u8; 32]> {
    let (label, document) = SecretDocument::from_pem(pem).ok()?;
    let info: PrivateKeyInfoRef<'_> = document.decode_msg().ok()?;
    if label != LABEL || info.algorithm.oid != algorithm {
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
        let pem = to_pem(ED25519, &[7; 32]).expect("encodes");
        assert_eq!(from_pem(ED25519, &pem), Some([7; 32]));
        assert_eq!(from_pem(X25519, &pem), None);
        assert_eq!(from_pem(ED25519, &pem.replace("MC4C", "MC4D")), None);
    }

    #[test]
    fn a_key_file_is_pkcs8_version_1_of_48_bytes() {
        let pem = to_pem(X25519, &[7; 32]).expect("encodes");
        let (_, document) = SecretDocument::from_pem(&pem).expect("PEM");
        assert_eq!(document.as_bytes().len(), 48);
        assert_eq!(document.as_bytes()[..5], [0x30, 0x2e, 0x02, 0x01, 0x00]);
    }
}
