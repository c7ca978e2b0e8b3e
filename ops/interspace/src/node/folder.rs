//! Where everything of a node is.
//!
//! ```text
//! node.lock                    held by the one process that runs the node
//! node.json                    where its interface listens, while it runs
//! tokens/operator.token        mode 0600
//! spaces/<name>-<id>/
//!   keys/root.pem            mode 0600; may be kept elsewhere
//!   keys/at-rest/<number>.pem  what the log's secrets are sealed to, mode 0600
//!   keys/<number>/{signing,sealing}.pem the pair of each key statement, mode 0600
//!   log/                       the event log, with its fence
//!   packages/                  objects by their hash
//!   environments/              a folder for each environment
//!   outputs/                   what steps said
//!   courier/                   how far each peer is that is reached by hand
//!   tokens/<person>.token      mode 0600
//! ```

use crate::cli::Options;
use crate::failure::{Failure, code};
use schema::id::SpaceId;
use schema::name::Name;
use serde::{Deserialize, Serialize};
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// The folder of a node.
#[derive(Debug, Clone)]
pub(crate) struct Folder(PathBuf);

/// What a running node tells the command line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NodeFile {
    /// Where the interface listens.
    pub(crate) address: String,
    /// The process.
    pub(crate) process: u32,
    /// The configuration that it was started with.
    #[serde(default)]
    pub(crate) config: Option<PathBuf>,
    /// The server that it was started with.
    #[serde(default)]
    pub(crate) nats: Option<String>,
}

/// The only owner of a node's folder, for as long as it lives.
#[derive(Debug)]
pub(crate) struct Lock(#[expect(dead_code, reason = "held, not read")] File);

impl Folder {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// The folder that the options name, or the usual one.
    pub(crate) fn of(options: &Options) -> Result<Self, Failure> {
        if let Some(dir) = &options.dir {
            return Ok(Self(dir.clone()));
        }
        let data = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from);
        let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/share"));
        let base = data.or_else(home).ok_or_else(|| {
            Failure::new(
                code::USAGE,
                "there is no home folder",
                "name the node's folder with --dir",
            )
        })?;
        Ok(Self(base.join("interspace")))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Makes the folder if it is not there, and locks it.
    pub(crate) fn lock(&self) -> Result<Lock, Failure> {
        make(&self.0.join("spaces"))?;
        make(&self.0.join("tokens"))?;
        let path = self.0.join("node.lock");
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        let file = file.map_err(|why| Failure::io("opening", &path, &why))?;
        match file.try_lock() {
            Ok(()) => Ok(Lock(file)),
            Err(TryLockError::WouldBlock) => {
                let what = format!("another node runs in {}", self.0.display());
                Err(Failure::new(code::CONFLICT, what, "stop it, or choose another --dir"))
            }
            Err(TryLockError::Error(why)) => Err(Failure::io("locking", &path, &why)),
        }
    }

    /// What the running node tells; none if none runs.
    pub(crate) fn node_file(&self) -> Result<Option<NodeFile>, Failure> {
        let path = self.0.join("node.json");
        match std::fs::read(&path) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes).ok()),
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(why) => Err(Failure::io("reading", &path, &why)),
        }
    }

    pub(crate) fn write_node_file(&self, node: &NodeFile) -> Result<(), Failure> {
        let json = serde_json::to_vec(node).unwrap_or_default();
        write_private(&self.0.join("node.json"), &json)
    }

    pub(crate) fn remove_node_file(&self) {
        // It is only a hint to the command line; the next node writes it anew.
        let _ = std::fs::remove_file(self.0.join("node.json"));
    }

    pub(crate) fn operator_token(&self) -> PathBuf {
        self.0.join("tokens/operator.token")
    }

    /// The folders of all spaces, in a stable order.
    pub(crate) fn spaces(&self) -> Result<Vec<PathBuf>, Failure> {
        let path = self.0.join("spaces");
        let mut found = Vec::new();
        let entries = match std::fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => return Ok(found),
            Err(why) => return Err(Failure::io("reading", &path, &why)),
        };
        for entry in entries {
            let entry = entry.map_err(|why| Failure::io("reading", &path, &why))?;
            let unfinished = entry.file_name().to_string_lossy().starts_with('.');
            if entry.path().is_dir() && !unfinished {
                found.push(entry.path());
            }
        }
        found.sort();
        Ok(found)
    }

    /// Where a space is.
    pub(crate) fn of_space(&self, name: &Name, id: &SpaceId) -> PathBuf {
        self.0.join(format!("spaces/{}-{}", slug(name.as_str()), id.short()))
    }

    /// The token file of a person, in the space of this name.
    pub(crate) fn person_token(&self, space: &Name, person: &Name) -> Result<PathBuf, Failure> {
        let begins = format!("{}-", slug(space.as_str()));
        let found = self.spaces()?.into_iter().find(|path| {
            let file_name = path.file_name().map(|name| name.to_string_lossy().into_owned());
            let rest = file_name.as_deref().and_then(|name| name.strip_prefix(&begins));
            rest.is_some_and(|id| id.len() == 8)
        });
        let folder = found.ok_or_else(|| {
            let what = format!("there is no space {space} in {}", self.0.display());
            Failure::new(code::NOT_FOUND, what, "`interspace space list` shows all spaces")
        })?;
        Ok(token_file(&folder, person))
    }
}

/// The token file of a person in the folder of a space.
pub(crate) fn token_file(space: &Path, person: &Name) -> PathBuf {
    space.join("tokens").join(format!("{}.token", slug(person.as_str())))
}

/// A name as a part of a file name: what is not plain becomes a dash, and then a hash follows, so
/// that different names stay different.
pub(crate) fn slug(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
        .take(40)
        .collect();
    let reversible = name.len() <= 40
        && name.chars().all(|c| c.is_ascii_alphanumeric() && !c.is_ascii_uppercase());
    if reversible {
        return plain;
    }
    let hash = schema::hash::sha256(&[name.as_bytes()]);
    format!("{plain}-{}", schema::id::base32(&hash[..5]))
}

/// Makes a folder that only its owner may enter.
pub(crate) fn make(path: &Path) -> Result<(), Failure> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|why| Failure::io("making the folder", path, &why))
}

/// Makes the names in a folder durable.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), Failure> {
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(|why| Failure::io("writing", folder, &why))
}

/// Writes a file that only its owner may read, durably, whole or not at all.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let failed = |why: std::io::Error| Failure::io("writing", path, &why);
    let unfinished = path.with_extension("new");
    let _ = std::fs::remove_file(&unfinished);
    let mut file = OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(&unfinished)
        .map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    file.sync_all().map_err(failed)?;
    std::fs::rename(&unfinished, path).map_err(failed)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
}
