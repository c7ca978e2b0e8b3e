//! The file that says how a node runs: `node.toml`.
//!
//! ```toml
//! dir = "/var/lib/interspace"        # the node's folder; --dir wins
//! listen = "127.0.0.1:7400"          # its interface; --listen wins
//!
//! [nats]                             # how its spaces reach others; without it, only each other
//! servers = ["tls://nats.example:4222"]
//! credentials = "node.creds"         # or nkey, token, or user and password: files, mode 0600
//! make_streams = false               # true, unless the operator of the server has made them
//!
//! [nats.tls]
//! required = true
//! ca = "ca.pem"
//! certificate = "client.pem"
//! key = "client.key"
//!
//! [packages]                         # packages come from here, not from who sent the release
//! url = "https://packages.example"   # or folder = "/srv/packages"
//! file = "{id}/{version}"            # what a package is called there: {id}-{version} without it
//! token = "feed.token"               # sent as a bearer token; a file, mode 0600
//! ca = "ca.pem"                      # roots to trust instead of those of the system
//!
//! [space."Prod EU".nats]             # where one space has credentials of its own
//! credentials = "prod-eu.creds"
//!
//! [space."Prod EU".packages]         # or a feed of its own
//! folder = "/mnt/prod-eu"
//! ```
//!
//! Paths are relative to the file. A key that is not known is an error.

use crate::failure::{Failure, code};
use packages_feed::{Feed, Source};
use schema::name::Name;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use transport_nats::{Credentials, Settings, Tls};

/// How a node runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The node's folder.
    pub(crate) dir: Option<PathBuf>,
    /// Where its interface listens.
    pub(crate) listen: Option<SocketAddr>,
    nats: Option<Nats>,
    packages: Option<PackagesConfig>,
    #[serde(default)]
    space: BTreeMap<Name, SpaceConfig>,
    /// The file that it was read from.
    #[serde(skip)]
    pub(crate) file: Option<PathBuf>,
    /// The server that was named beside it.
    #[serde(skip)]
    pub(crate) server: Option<String>,
}

/// What differs for one space.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct SpaceConfig {
    nats: Option<Nats>,
    packages: Option<PackagesConfig>,
}

/// Where packages come from, if not from who sent the release.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct PackagesConfig {
    folder: Option<PathBuf>,
    url: Option<String>,
    file: Option<String>,
    token: Option<PathBuf>,
    ca: Option<PathBuf>,
}

/// How a server is reached.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nats {
    #[serde(default)]
    servers: Vec<String>,
    credentials: Option<PathBuf>,
    nkey: Option<PathBuf>,
    token: Option<PathBuf>,
    user: Option<String>,
    password: Option<PathBuf>,
    make_streams: Option<bool>,
    tls: Option<TlsConfig>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct TlsConfig {
    #[serde(default)]
    required: bool,
    ca: Option<PathBuf>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
}

impl Config {
    /// Reads a file.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path);
        let text = text.map_err(|why| Failure::io("reading", path, &why))?;
        let mut config: Self = toml::from_str(&text).map_err(|why| {
            let what = format!("{} is not a node's configuration: {why}", path.display());
            Failure::new(code::USAGE, what, "`interspace up --help` shows an example")
        })?;
        let folder = path.parent().unwrap_or(Path::new(""));
        config.resolve(folder);
        config.file = std::path::absolute(path).ok();
        // A mistake in the credentials of one space is told before any space is opened.
        config.settings(None)?;
        config.feed(None)?;
        for space in config.space.keys() {
            config.settings(Some(space))?;
            config.feed(Some(space))?;
        }
        Ok(config)
    }

    /// A node whose spaces reach others over one server without credentials.
    #[must_use]
    pub fn with_nats(server: &str) -> Self {
        let nats = Nats { servers: vec![server.to_owned()], ..Nats::default() };
        Self { nats: Some(nats), ..Self::default() }
    }

    /// The same with another server.
    pub(crate) fn or_nats(mut self, server: Option<&str>) -> Self {
        if let Some(server) = server {
            let nats = self.nats.get_or_insert_default();
            nats.servers = vec![server.to_owned()];
            self.server = Some(server.to_owned());
        }
        self
    }

    /// How a space reaches others; none where it does not.
    pub(crate) fn settings(&self, space: Option<&Name>) -> Result<Option<Settings>, Failure> {
        let own = space.and_then(|name| self.space.get(name)).and_then(|space| space.nats.as_ref());
        match (own, &self.nats) {
            (None, None) => Ok(None),
            (Some(own), Some(node)) => own.over(node).settings().map(Some),
            (Some(nats), None) | (None, Some(nats)) => nats.settings().map(Some),
        }
    }

    /// Where a space takes its packages from, if not from who sends it releases.
    pub(crate) fn feed(
        &self,
        space: Option<&Name>,
    ) -> Result<Option<packages_feed::Settings>, Failure> {
        let own = space.and_then(|name| self.space.get(name)?.packages.as_ref());
        own.or(self.packages.as_ref()).map(PackagesConfig::settings).transpose()
    }

    /// Every feed that is named, with the space that it is for; none for the node's.
    pub(crate) fn feeds(&self) -> Result<Vec<(Option<&Name>, packages_feed::Settings)>, Failure> {
        let own = self.space.iter().map(|(name, it)| (Some(name), it.packages.as_ref()));
        let all = own.chain([(None, self.packages.as_ref())]);
        let named = all.filter_map(|(name, feed)| Some((name, feed?)));
        named.map(|(name, feed)| Ok((name, feed.settings()?))).collect()
    }

    /// Makes every path one that does not depend on where the process was started.
    fn resolve(&mut self, folder: &Path) {
        let place = |path: &mut PathBuf| *path = folder.join(&*path);
        self.dir.iter_mut().for_each(place);
        let feeds = self.space.values_mut().filter_map(|space| space.packages.as_mut());
        for PackagesConfig { folder, token, ca, .. } in self.packages.iter_mut().chain(feeds) {
            [folder, token, ca].into_iter().flatten().for_each(place);
        }
        let spaces = self.space.values_mut().filter_map(|space| space.nats.as_mut());
        for nats in self.nats.iter_mut().chain(spaces) {
            let Nats { credentials, nkey, token, password, tls, .. } = nats;
            let files = [credentials, nkey, token, password].into_iter().flatten();
            let tls =
                tls.iter_mut().flat_map(|tls| [&mut tls.ca, &mut tls.certificate, &mut tls.key]);
            files.chain(tls.flatten()).for_each(place);
        }
    }
}

impl Nats {
    /// These, and what they do not say as in `node`. Credentials are taken as a whole.
    fn over(&self, node: &Self) -> Self {
        let mut sum = if self.names_somebody() { self.clone() } else { node.clone() };
        sum.servers = if self.servers.is_empty() { &node.servers } else { &self.servers }.clone();
        sum.make_streams = self.make_streams.or(node.make_streams);
        sum.tls = self.tls.clone().or_else(|| node.tls.clone());
        sum
    }

    const fn names_somebody(&self) -> bool {
        self.credentials.is_some()
            || self.nkey.is_some()
            || self.token.is_some()
            || self.user.is_some()
            || self.password.is_some()
    }

    fn settings(&self) -> Result<Settings, Failure> {
        if self.servers.is_empty() {
            let what = "[nats] names no server";
            return Err(usage(what, "add servers = [\"nats://127.0.0.1:4222\"]"));
        }
        Ok(Settings {
            servers: self.servers.clone(),
            credentials: self.who()?,
            tls: self.tls.as_ref().map_or_else(|| Ok(Tls::default()), TlsConfig::tls)?,
            make_streams: self.make_streams.unwrap_or(true),
        })
    }

    fn who(&self) -> Result<Credentials, Failure> {
        let Self { credentials, nkey, token, user, password, .. } = self;
        Ok(match (credentials, nkey, token, user, password) {
            (None, None, None, None, None) => Credentials::None,
            (Some(file), None, None, None, None) => Credentials::CredsFile(file.clone()),
            (None, Some(file), None, None, None) => Credentials::NKeyFile(file.clone()),
            (None, None, Some(file), None, None) => Credentials::TokenFile(file.clone()),
            (None, None, None, Some(user), Some(file)) => {
                Credentials::Password(user.clone(), file.clone())
            }
            _ => {
                let what = "[nats] says in more than one way, or only by half, who the space is";
                return Err(usage(
                    what,
                    "name one: credentials, nkey, token, or user and password",
                ));
            }
        })
    }
}

impl PackagesConfig {
    fn settings(&self) -> Result<packages_feed::Settings, Failure> {
        let Self { folder, url, file, token, ca } = self;
        let source = match (folder, url) {
            (Some(folder), None) if token.is_none() && ca.is_none() => {
                Source::Folder(folder.clone())
            }
            (None, Some(url)) => {
                Source::Http { url: url.clone(), token: token.clone(), ca: ca.clone() }
            }
            _ => {
                let what = "[packages] says in more than one way, or by half, where packages are";
                return Err(usage(what, "name a folder, or a url with its token and ca"));
            }
        };
        let settings = packages_feed::Settings { source, file: file.clone() };
        // What is wrong with it is told before any space is opened.
        let made = Feed::new(&settings);
        made.map_err(|why| {
            usage(&why.to_string(), "correct [packages], see `interspace up --help`")
        })?;
        Ok(settings)
    }
}

impl TlsConfig {
    fn tls(&self) -> Result<Tls, Failure> {
        let client = match (&self.certificate, &self.key) {
            (None, None) => None,
            (Some(certificate), Some(key)) => Some((certificate.clone(), key.clone())),
            (Some(_), None) | (None, Some(_)) => {
                let what = "[nats.tls] has a certificate without its key, or a key without it";
                return Err(usage(what, "name both, or neither"));
            }
        };
        Ok(Tls { required: self.required, ca: self.ca.clone(), client })
    }
}

fn usage(what: &str, hint: &str) -> Failure {
    Failure::new(code::USAGE, what, hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Config, Failure> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("node.toml");
        std::fs::write(&path, text).unwrap();
        Config::read(&path)
    }

    #[test]
    fn a_node_without_a_server_reaches_nobody_else() {
        assert_eq!(read("").unwrap().settings(None), Ok(None));
    }

    #[test]
    fn a_space_has_its_own_credentials_and_the_rest_of_the_node() {
        let config = read(
            "[nats]\nservers = [\"nats://a:1\"]\ncredentials = \"node.creds\"\n\
             make_streams = false\n[nats.tls]\nrequired = true\n\
             [space.\"Prod EU\".nats]\nnkey = \"/keys/eu\"\n",
        )
        .unwrap();
        let own = config.settings(Some(&"Prod EU".parse().unwrap())).unwrap().unwrap();
        assert_eq!(own.credentials, Credentials::NKeyFile("/keys/eu".into()));
        assert_eq!(own.servers, ["nats://a:1"]);
        assert!(own.tls.required && !own.make_streams);
        let other = config.settings(Some(&"Prod US".parse().unwrap())).unwrap().unwrap();
        let Credentials::CredsFile(path) = other.credentials else { panic!("{other:?}") };
        assert!(path.is_absolute() && path.ends_with("node.creds"), "relative to the file");
    }

    #[test]
    fn a_space_has_its_own_feed_or_that_of_the_node() {
        let config = read(
            "[packages]\nurl = \"https://a/b\"\n[space.\"Prod EU\".packages]\nfolder = \"eu\"\n",
        )
        .unwrap();
        let feed = |space: &str| config.feed(Some(&space.parse().unwrap())).unwrap().unwrap();
        let Source::Folder(folder) = feed("Prod EU").source else { panic!("its own") };
        assert!(folder.is_absolute() && folder.ends_with("eu"), "relative to the file");
        let Source::Http { url, .. } = feed("Prod US").source else { panic!("the node's") };
        assert_eq!(url, "https://a/b");
        assert_eq!(read("").unwrap().feed(None), Ok(None));
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_what_to_do() {
        let wrong = [
            ("natz = 1\n", "unknown field"),
            ("[nats]\n", "names no server"),
            ("[nats]\nservers = [\"nats://a:1\"]\nuser = \"x\"\n", "only by half"),
            ("[nats]\nservers = [\"a:1\"]\nnkey = \"x\"\ntoken = \"y\"\n", "more than one way"),
            ("[nats]\nservers = [\"a:1\"]\n[nats.tls]\nkey = \"x\"\n", "without"),
            ("[space.\"Prod EU\".nats]\nnkey = \"x\"\n", "names no server"),
            ("[packages]\n", "by half"),
            ("[packages]\nfolder = \"a\"\nurl = \"http://b\"\n", "more than one way"),
            ("[packages]\nfolder = \"a\"\ntoken = \"b\"\n", "more than one way"),
            ("[packages]\nurl = \"ftp://b\"\n", "no address of a feed"),
            ("[packages]\nfolder = \"a\"\nfile = \"../{id}-{version}\"\n", "no pattern"),
            ("[packages]\nurl = \"https://b\"\ntoken = \"none\"\n", "none: "),
        ];
        for (text, what) in wrong {
            let failure = read(text).unwrap_err();
            assert!(failure.what.contains(what), "{failure:?}");
            assert_eq!(failure.code, code::USAGE);
        }
    }
}
