//! How a space reaches its server: addresses, credentials, TLS.

use crate::subject::inbox;
use async_nats::ConnectOptions;
use schema::id::SpaceId;
use std::path::PathBuf;
use std::time::Duration;
use thiserror::Error;

/// How often the server is asked for a sign of life. Two that stay out end the connection: a
/// half-open one is noticed within three intervals.
const PING_INTERVAL: Duration = Duration::from_secs(2);

/// How long a connection may take to be made, with its TLS.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(4);

/// How long the server may take to answer. What is denied is not answered at all.
pub(crate) const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);

/// Messages that wait in one subscription. The client counts messages, not bytes, so it is small.
const SUBSCRIPTION_CAPACITY: usize = 128;

/// Commands, most of them envelopes, that wait for a connection that is cut or slow. The client
/// counts them and not their bytes; its own default would be a gigabyte of the largest.
const CLIENT_CAPACITY: usize = 128;

/// Longest wait before the next attempt to connect.
const RECONNECT_DELAY_MS_MAX: u64 = 2_000;

/// How a space reaches its server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Addresses of the servers of one cluster, such as `nats://127.0.0.1:4222` or
    /// `tls://nats.example:4222`.
    pub servers: Vec<String>,
    /// Who the space is to the server.
    pub credentials: Credentials,
    /// How the connection is protected.
    pub tls: Tls,
    /// Whether the node makes streams and consumers that are not there. Where the server has
    /// accounts and permissions, its operator makes them.
    pub make_streams: bool,
}

/// Who a space is to the server. These are never the keys of the space.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Credentials {
    /// Nobody in particular, or whoever the address names.
    #[default]
    None,
    /// A file as `nsc` writes it: a JWT and the seed of its user.
    CredsFile(PathBuf),
    /// A file with the seed of an NKey.
    NKeyFile(PathBuf),
    /// A name and a file with its password.
    Password(String, PathBuf),
    /// A file with a token.
    TokenFile(PathBuf),
}

/// How a connection is protected.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tls {
    /// Whether a connection without TLS is refused.
    pub required: bool,
    /// Certificates of the authorities that may have signed the server's; the system's are not
    /// asked when there are any.
    pub ca: Option<PathBuf>,
    /// The client's certificate and its key.
    pub client: Option<(PathBuf, PathBuf)>,
}

/// The settings cannot be used.
#[derive(Debug, Error)]
pub enum BadSettings {
    /// A file cannot be read.
    #[error("{0} cannot be read: {1}")]
    Unreadable(PathBuf, std::io::Error),
    /// A file cannot be made.
    #[error("{0} cannot be written: {1}")]
    Unwritable(PathBuf, std::io::Error),
    /// A file with a secret can be read by others.
    #[error("others may read {0}: its mode is {1:o}")]
    TooOpen(PathBuf, u32),
    /// A file is not what it should be.
    #[error("{0} is not {1}")]
    NotThat(PathBuf, &'static str),
    /// An address is none.
    #[error("{0} is not the address of a server, such as nats://127.0.0.1:4222: {1}")]
    NoAddress(String, std::io::Error),
    /// There is no address.
    #[error("no server is named")]
    NoServer,
}

impl Settings {
    /// Settings for servers without credentials, such as those of a demo.
    #[must_use]
    pub fn plain(server: &str) -> Self {
        Self {
            servers: vec![server.to_owned()],
            credentials: Credentials::None,
            tls: Tls::default(),
            make_streams: true,
        }
    }

    /// Whether a carrier could be started with these for any space.
    ///
    /// # Errors
    /// When they cannot be used, as they are and with the files that they name now.
    pub fn check(&self) -> Result<(), BadSettings> {
        self.addresses()?;
        self.options(&SpaceId([0; 32])).map(drop)
    }

    /// The addresses, checked.
    pub(crate) fn addresses(&self) -> Result<Vec<async_nats::ServerAddr>, BadSettings> {
        let parsed = self.servers.iter().map(|server| {
            server
                .parse::<async_nats::ServerAddr>()
                .map_err(|why| BadSettings::NoAddress(server.clone(), why))
        });
        let addresses = parsed.collect::<Result<Vec<_>, _>>()?;
        if addresses.is_empty() { Err(BadSettings::NoServer) } else { Ok(addresses) }
    }

    /// What the client is told, for the space `me`. It tries once, unless it is told more.
    pub(crate) fn options(&self, me: &SpaceId) -> Result<ConnectOptions, BadSettings> {
        let mut options = ConnectOptions::new()
            .name(format!("interspace {}", me.short()))
            .custom_inbox_prefix(inbox(me))
            .ping_interval(PING_INTERVAL)
            .connection_timeout(CONNECTION_TIMEOUT)
            .request_timeout(Some(ANSWER_TIMEOUT))
            .subscription_capacity(SUBSCRIPTION_CAPACITY)
            .client_capacity(CLIENT_CAPACITY)
            .reconnect_delay_callback(reconnect_delay);
        options = self.credentials.add_to(options)?;
        options = options.require_tls(self.tls.required);
        for path in self.tls.ca.iter().chain(self.tls.client.iter().flat_map(|(c, k)| [c, k])) {
            // The client reads them later and says less.
            std::fs::metadata(path).map_err(|why| BadSettings::Unreadable(path.clone(), why))?;
        }
        if let Some(ca) = &self.tls.ca {
            options = options.add_root_certificates(ca.clone());
        }
        if let Some((certificate, key)) = &self.tls.client {
            check_mode(key)?;
            options = options.add_client_certificate(certificate.clone(), key.clone());
        }
        Ok(options)
    }
}

impl Credentials {
    fn add_to(&self, options: ConnectOptions) -> Result<ConnectOptions, BadSettings> {
        match self {
            Self::None => Ok(options),
            Self::CredsFile(path) => options
                .credentials(&secret(path)?)
                .map_err(|_| BadSettings::NotThat(path.clone(), "a credentials file of NATS")),
            Self::NKeyFile(path) => {
                let seed = secret(path)?;
                let looks_like_one = seed.starts_with("SU") && seed.len() == 58;
                if looks_like_one {
                    Ok(options.nkey(seed))
                } else {
                    Err(BadSettings::NotThat(path.clone(), "the seed of a user's NKey"))
                }
            }
            Self::Password(name, path) => {
                Ok(options.user_and_password(name.clone(), secret(path)?))
            }
            Self::TokenFile(path) => Ok(options.token(secret(path)?)),
        }
    }
}

/// What a file with a secret holds; only its owner may read it.
pub(crate) fn secret(path: &std::path::Path) -> Result<String, BadSettings> {
    check_mode(path)?;
    let text = std::fs::read_to_string(path);
    let text = text.map_err(|why| BadSettings::Unreadable(path.to_owned(), why))?;
    Ok(text.trim().to_owned())
}

fn check_mode(path: &std::path::Path) -> Result<(), BadSettings> {
    use std::os::unix::fs::MetadataExt as _;
    let metadata = std::fs::metadata(path);
    let mode = metadata.map_err(|why| BadSettings::Unreadable(path.to_owned(), why))?.mode();
    if mode & 0o077 == 0 {
        Ok(())
    } else {
        Err(BadSettings::TooOpen(path.to_owned(), mode & 0o777))
    }
}

/// At once, then ever more slowly, never more than two seconds.
fn reconnect_delay(attempts: usize) -> Duration {
    let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or(u32::MAX).min(6);
    let delay_ms = if attempts <= 1 { 0 } else { 50 << doublings };
    Duration::from_millis(delay_ms.min(RECONNECT_DELAY_MS_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_first_attempt_is_made_at_once_and_none_waits_longer_than_two_seconds() {
        assert_eq!(reconnect_delay(1), Duration::ZERO);
        assert!((2..100).all(|n| reconnect_delay(n) <= Duration::from_secs(2)));
        assert!((2..100).all(|n| reconnect_delay(n) >= Duration::from_millis(50)));
    }

    #[test]
    fn a_secret_that_others_may_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, "secret\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(secret(&path), Err(BadSettings::TooOpen(_, 0o644))));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(secret(&path).unwrap(), "secret");
    }

    #[test]
    fn settings_that_cannot_work_are_refused_before_anything_is_tried() {
        let me = SpaceId([1; 32]);
        let plain = || Settings::plain("nats://127.0.0.1:4222");
        let nowhere = Settings { servers: Vec::new(), ..plain() };
        assert!(matches!(nowhere.addresses(), Err(BadSettings::NoServer)));
        let strange = Settings { servers: vec!["ftp://x".to_owned()], ..plain() };
        assert!(matches!(strange.addresses(), Err(BadSettings::NoAddress(..))));
        let missing = PathBuf::from("/nowhere/at/all");
        let creds = Settings { credentials: Credentials::CredsFile(missing.clone()), ..plain() };
        assert!(matches!(creds.options(&me), Err(BadSettings::Unreadable(..))));
        let tls = Tls { ca: Some(missing), ..Tls::default() };
        assert!(matches!(
            Settings { tls, ..plain() }.options(&me),
            Err(BadSettings::Unreadable(..))
        ));
    }
}
