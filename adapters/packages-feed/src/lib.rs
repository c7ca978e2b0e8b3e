//! Takes packages from a folder or over HTTP, where an operator keeps them.
//!
//! A feed is named by the operator of a node and by nobody else: no event and no bundle says where
//! anything is fetched from. What a release says of a package is its id, its version and its size;
//! they name a file below the feed, and none of them can leave it. What comes is only bytes:
//! whoever takes them checks the hash that the release is signed with.

mod http;
mod template;

use http::Http;
use schema::v1::model::Package;
use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom};
use std::path::PathBuf;
use template::Template;

/// Where an operator keeps packages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// In this folder.
    Folder(PathBuf),
    /// Below this address.
    Http {
        /// It begins with `https://` or `http://`.
        url: String,
        /// A file whose first line goes along as a bearer token.
        token: Option<PathBuf>,
        /// A file with the roots to trust, in PEM, instead of those of the system.
        ca: Option<PathBuf>,
    },
}

/// How packages are found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where.
    pub source: Source,
    /// What the file of a package is called below it; `{id}` and `{version}` are put in. Without it
    /// `{id}-{version}`.
    pub file: Option<String>,
}

/// Settings that make no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSettings {
    /// The pattern of file names.
    #[error(
        "{0:?} is no pattern for files of packages: it has {{id}} and {{version}} in it, is \
         relative, and goes up nowhere"
    )]
    Pattern(String),
    /// The address.
    #[error(
        "{0:?} is no address of a feed: it begins with https:// or http:// and names no user; \
         a token is in a file"
    )]
    Address(String),
    /// A token that would go in the clear.
    #[error("{0:?} would be sent its token in the clear: it begins with https://")]
    Open(String),
    /// A file with a secret or with roots.
    #[error("{0}: {1}")]
    File(String, String),
}

/// Why a package does not come from a feed. Each says where it was looked for.
#[derive(Debug, thiserror::Error)]
pub enum NotThere {
    /// There is no such file.
    #[error("{0} is not there")]
    Missing(String),
    /// It cannot be read.
    #[error("{0} cannot be read: {1}")]
    Unreadable(String, io::Error),
    /// It is not of the size that the release states.
    #[error("{at} has {has} bytes, and the release names a package of {wanted}")]
    OtherSize {
        /// Which file.
        at: String,
        /// How large it is.
        has: u64,
        /// How large it should be.
        wanted: u64,
    },
    /// The server declined. Redirects are not followed.
    #[error("{0} is answered with status {1}")]
    Status(String, u16),
    /// The server does not answer.
    #[error("{0} does not answer: {1}")]
    NoAnswer(String, String),
}

/// Where packages come from.
#[derive(Debug)]
pub struct Feed {
    from: From,
    file: Template,
}

#[derive(Debug)]
enum From {
    Folder(PathBuf),
    Http(Http),
}

impl Feed {
    /// A feed. Nothing is looked at but the files that `settings` name.
    ///
    /// # Errors
    /// When the settings make no sense.
    pub fn new(settings: &Settings) -> Result<Self, BadSettings> {
        let file = settings.file.as_deref().unwrap_or("{id}-{version}").parse()?;
        let from = match &settings.source {
            Source::Folder(folder) => From::Folder(folder.clone()),
            Source::Http { url, token, ca } => {
                From::Http(Http::new(url, token.as_deref(), ca.as_deref())?)
            }
        };
        Ok(Self { from, file })
    }

    /// Where it is, for people.
    #[must_use]
    pub fn place(&self) -> String {
        match &self.from {
            From::Folder(folder) => folder.display().to_string(),
            From::Http(http) => http.url().to_owned(),
        }
    }

    /// The bytes of a package, from `offset` on. It never gives more than the release states.
    ///
    /// # Errors
    /// When it is not there, or of another size.
    pub fn open(&self, package: &Package, offset: u64) -> Result<Box<dyn Read>, NotThere> {
        let below = self.file.of(package);
        let left = package.size.saturating_sub(offset);
        match &self.from {
            From::Folder(folder) => {
                let path = folder.join(&below);
                let at = path.display().to_string();
                let failed = |why: io::Error| {
                    let missing = why.kind() == io::ErrorKind::NotFound;
                    let unreadable = || NotThere::Unreadable(at.clone(), why);
                    if missing { NotThere::Missing(at.clone()) } else { unreadable() }
                };
                // Looked at before it is opened: opening a named pipe would wait for a writer.
                let known = path.metadata().map_err(failed)?;
                if !known.is_file() {
                    return Err(NotThere::Missing(at));
                }
                same_size(&at, known.len(), package)?;
                let mut file = File::open(&path).map_err(failed)?;
                file.seek(SeekFrom::Start(offset)).map_err(failed)?;
                Ok(Box::new(file.take(left)))
            }
            From::Http(http) => {
                let (mut body, from) = http.get(&below, package, offset)?;
                let at = || http.at(&below);
                let skipped = io::copy(&mut (&mut body).take(offset - from), &mut io::sink());
                skipped.map_err(|why| NotThere::Unreadable(at(), why))?;
                Ok(Box::new(body.take(left)))
            }
        }
    }
}

fn same_size(at: &str, has: u64, package: &Package) -> Result<(), NotThere> {
    if has == package.size {
        return Ok(());
    }
    Err(NotThere::OtherSize { at: at.to_owned(), has, wanted: package.size })
}

#[cfg(test)]
mod tests;
