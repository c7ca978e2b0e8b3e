//! Proves the packages of a plan: each file has the size and the SHA-256 that the release says.

use crate::control::{Control, End};
use crate::halt::Halt;
use schema::latest::model::Package;
use sha2::{Digest as _, Sha256};
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// Bytes read at once.
const CHUNK_BYTES: usize = 128 * 1024;

/// A package whose file was proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Proven {
    /// The package.
    pub(crate) package: Package,
    /// Where its bytes are.
    pub(crate) file: PathBuf,
}

/// Proves `packages` one after the other and appends each that holds to `proven`.
///
/// # Errors
/// At the first that is missing, has another size or another hash, or when the deployment is to
/// end.
pub(crate) fn prove(
    packages: &[Package],
    package_file: &dyn Fn(&Package) -> Option<PathBuf>,
    control: &Control,
    proven: &mut Vec<Proven>,
) -> Result<(), Halt> {
    for package in packages {
        let named = |reason: String| {
            Halt::packages(format!("package {} {}: {reason}", package.id, package.version))
        };
        let file = package_file(package).ok_or_else(|| named("it is not here".to_owned()))?;
        let found = measure(&file, package.size, control).map_err(|fault| match fault {
            Fault::Ended(end) => Halt::Ended(end),
            Fault::Said(reason) => named(reason),
        })?;
        if found != package.sha256.0 {
            let (found, expected) = (schema::id::hex(&found), schema::id::hex(&package.sha256.0));
            return Err(named(format!("its SHA-256 is {found}, the release says {expected}")));
        }
        proven.push(Proven { package: package.clone(), file });
    }
    Ok(())
}

enum Fault {
    Ended(End),
    Said(String),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Said(format!("its file cannot be read: {error}"))
    }
}

/// The SHA-256 of the file, which must be a plain file of `size` bytes.
fn measure(file: &Path, size: u64, control: &Control) -> Result<[u8; 32], Fault> {
    // Looked at before it is opened: opening a named pipe would wait for a writer.
    let metadata = fs::metadata(file)?;
    if !metadata.is_file() {
        return Err(Fault::Said("its file is not a plain file".to_owned()));
    }
    let mut reader = File::open(file)?;
    let mut hasher = Sha256::new();
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut count = 0_u64;
    loop {
        if let Some(end) = control.end() {
            return Err(Fault::Ended(end));
        }
        let read = match reader.read(&mut chunk) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error.into()),
        };
        count += read as u64;
        if count > size {
            break;
        }
        hasher.update(&chunk[..read]);
    }
    if count != size {
        let found = metadata.len();
        return Err(Fault::Said(format!("it has {found} bytes, the release says {size}")));
    }
    Ok(hasher.finalize().into())
}
