//! Token files: 256 random bits behind a prefix that scanners for secrets know. The log holds only
//! the hash.

use crate::client::random;
use crate::failure::{Failure, code};
use crate::node::folder::{make, write_private};
use schema::hash::{Domain, Hash, hash};
use schema::id::base32;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use zeroize::Zeroizing;

/// The hash of the token in `path`; a new one is made if the file is not there.
pub(crate) fn ensure(path: &Path) -> Result<Hash, Failure> {
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.mode() & 0o077 != 0 => {
            let what = format!("others may read the token {}", path.display());
            let hint =
                format!("`chmod 600 {}`; if it may have been read, remove it", path.display());
            return Err(Failure::new(code::FAILED, what, hint));
        }
        Ok(_) => {}
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => {
            if let Some(folder) = path.parent() {
                make(folder)?;
            }
            let token = Zeroizing::new(format!("isp_{}\n", base32(&random::<32>()?)));
            write_private(path, token.as_bytes())?;
        }
        Err(why) => return Err(Failure::io("reading the token", path, &why)),
    }
    let token = std::fs::read_to_string(path);
    let token = Zeroizing::new(token.map_err(|why| Failure::io("reading the token", path, &why))?);
    Ok(hash(Domain::Token, &[token.trim().as_bytes()]))
}

/// Throws a token away. One that is not there is gone already.
pub(crate) fn discard(path: &Path) -> Result<(), Failure> {
    match std::fs::remove_file(path) {
        Ok(()) => Ok(()),
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(why) => Err(Failure::io("removing the token", path, &why)),
    }
}
