//! A feed behind an HTTP server.

use crate::{BadSettings, NotThere, same_size};
use rustls::crypto::ring::default_provider;
use schema::v1::model::Package;
use std::fmt;
use std::fs;
use std::io::Read;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use ureq::Agent;
use ureq::http::Uri;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, TlsProvider, parse_pem};

/// Longest wait for a connection, and for the first byte of an answer.
const ANSWER: Duration = Duration::from_secs(30);

/// Longest silence in the middle of an answer.
const SILENCE: Duration = Duration::from_secs(60);

/// A server with packages.
pub(crate) struct Http {
    url: String,
    token: Option<String>,
    agent: Agent,
}

/// Without its token.
impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").field("url", &self.url).finish_non_exhaustive()
    }
}

impl Http {
    pub(crate) fn new(
        url: &str,
        token: Option<&Path>,
        ca: Option<&Path>,
    ) -> Result<Self, BadSettings> {
        let bad = || BadSettings::Address(url.to_owned());
        let parsed: Uri = url.parse().map_err(|_| bad())?;
        let scheme = parsed.scheme_str().is_some_and(|it| it == "https" || it == "http");
        let host = parsed.host().unwrap_or_default();
        // Who is let in is not written where addresses are shown.
        let named = parsed.authority().is_some_and(|it| it.as_str().contains('@'));
        if !scheme || host.is_empty() || named || url.contains(['?', '#']) {
            return Err(bad());
        }
        let here = ["localhost", "127.0.0.1", "[::1]"].contains(&host);
        if token.is_some() && parsed.scheme_str() == Some("http") && !here {
            return Err(BadSettings::Open(url.to_owned()));
        }
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .unversioned_rustls_crypto_provider(Arc::new(default_provider()))
            .root_certs(roots(ca)?)
            .build();
        let agent = Agent::config_builder()
            // Where it is fetched from is what the operator wrote, and no other place.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .proxy(None)
            .timeout_connect(Some(ANSWER))
            .timeout_recv_response(Some(ANSWER))
            .timeout_per_read(Some(SILENCE))
            .tls_config(tls)
            .build();
        let token = token.map(first_line).transpose()?;
        Ok(Self { url: url.trim_end_matches('/').to_owned(), token, agent: agent.into() })
    }

    /// Its address.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The address of a file below it. A version may have a plus sign, which some servers take for
    /// a space.
    pub(crate) fn at(&self, below: &str) -> String {
        format!("{}/{}", self.url, below.replace('+', "%2B").replace(' ', "%20"))
    }

    /// The bytes of a package, and from which one on they are: `offset`, if the server can do that.
    pub(crate) fn get(
        &self,
        below: &str,
        package: &Package,
        offset: u64,
    ) -> Result<(impl Read + use<>, u64), NotThere> {
        let at = self.at(below);
        let mut request = self.agent.get(&at);
        if offset > 0 {
            request = request.header("range", format!("bytes={offset}-"));
        }
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let answer =
            request.call().map_err(|why| NotThere::NoAnswer(at.clone(), why.to_string()))?;
        let from = match answer.status().as_u16() {
            200 => 0,
            206 if offset > 0 => offset,
            404 | 410 => return Err(NotThere::Missing(at)),
            other => return Err(NotThere::Status(at, other)),
        };
        if let Some(length) = answer.body().content_length() {
            same_size(&at, from.saturating_add(length), package)?;
        }
        if from > 0 {
            let range = answer.headers().get("content-range").and_then(|it| it.to_str().ok());
            if range.is_none_or(|range| !range.starts_with(&format!("bytes {from}-"))) {
                return Err(NotThere::Status(at, 206));
            }
        }
        Ok((answer.into_body().into_reader(), from))
    }
}

fn first_line(path: &Path) -> Result<String, BadSettings> {
    let failed = |why: String| BadSettings::File(path.display().to_string(), why);
    let mode = fs::metadata(path).map_err(|why| failed(why.to_string()))?.mode();
    if mode & 0o077 != 0 {
        return Err(failed(format!("others may read it: `chmod 600 {}`", path.display())));
    }
    let text = fs::read_to_string(path).map_err(|why| failed(why.to_string()))?;
    let line = text.lines().next().unwrap_or_default().trim();
    let plain = !line.is_empty() && line.chars().all(|c| c.is_ascii_graphic());
    if plain { Ok(line.to_owned()) } else { Err(failed("its first line is no token".to_owned())) }
}

/// Those in a file, or those of the system.
fn roots(ca: Option<&Path>) -> Result<RootCerts, BadSettings> {
    let Some(path) = ca else {
        let system = rustls_native_certs::load_native_certs().certs;
        let all: Vec<_> = system.iter().map(|it| Certificate::from_der(it).to_owned()).collect();
        return Ok(RootCerts::new_with_certs(&all));
    };
    let failed = |why: String| BadSettings::File(path.display().to_string(), why);
    let text = fs::read(path).map_err(|why| failed(why.to_string()))?;
    let mut all = Vec::new();
    for item in parse_pem(&text) {
        match item.map_err(|why| failed(why.to_string()))? {
            PemItem::Certificate(certificate) => all.push(certificate),
            PemItem::PrivateKey(_) => return Err(failed("it holds a private key".to_owned())),
            _ => {}
        }
    }
    if all.is_empty() {
        return Err(failed("it holds no certificate in PEM".to_owned()));
    }
    Ok(RootCerts::new_with_certs(&all))
}
