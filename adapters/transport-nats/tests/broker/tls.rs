//! Connections that are protected, and those that would not be.

use crate::server::Server;
use crate::space::{Space, pair};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;
use transport_nats::{Settings, Tls};

/// An authority, and what it has signed for 127.0.0.1.
pub(crate) struct Authority(TempDir);

impl Authority {
    pub(crate) fn new() -> Self {
        let authority = Self(tempfile::tempdir().unwrap());
        authority.openssl(&format!(
            "req -x509 -newkey ed25519 -nodes -days 2 -subj /CN=authority \
             -addext basicConstraints=critical,CA:TRUE -keyout {} -out {}",
            authority.path("ca.key").display(),
            authority.path("ca.pem").display(),
        ));
        authority.sign("server", "serverAuth");
        authority.sign("client", "clientAuth");
        authority
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn openssl(&self, line: &str) {
        let ended = Command::new("openssl").args(line.split(' ')).output().expect("openssl");
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    }

    fn sign(&self, name: &str, usage: &str) {
        let at = |end: &str| self.path(&format!("{name}.{end}")).display().to_string();
        fs::write(at("ext"), format!("subjectAltName=IP:127.0.0.1\nextendedKeyUsage={usage}\n"))
            .unwrap();
        self.openssl(&format!(
            "req -newkey rsa:2048 -nodes -subj /CN={name} -keyout {} -out {}",
            at("key"),
            at("csr")
        ));
        self.openssl(&format!(
            "x509 -req -in {} -CA {} -CAkey {} -set_serial 1 -days 2 -extfile {} -out {}",
            at("csr"),
            self.path("ca.pem").display(),
            self.path("ca.key").display(),
            at("ext"),
            at("pem")
        ));
        fs::set_permissions(at("key"), fs::Permissions::from_mode(0o600)).unwrap();
    }

    /// What a server is configured with.
    fn server(&self, more: &str) -> String {
        format!(
            "tls {{ cert_file: \"{}\", key_file: \"{}\", ca_file: \"{}\" {more} }}",
            self.path("server.pem").display(),
            self.path("server.key").display(),
            self.path("ca.pem").display(),
        )
    }
}

pub(crate) fn trusting(server: &Server, ca: &Path) -> Settings {
    let tls = Tls { required: true, ca: Some(ca.to_owned()), client: None };
    Settings { tls, ..server.settings() }
}

#[tokio::test]
async fn a_server_that_a_known_authority_has_signed_is_reached_and_others_are_not() {
    let (ours, other) = (Authority::new(), Authority::new());
    let server = Server::configured(&ours.server(""));
    let (a, b) = pair(&trusting(&server, &ours.path("ca.pem"))).await;
    a.gets_through(&b, b"protected").await;

    let c = Space::start(&trusting(&server, &other.path("ca.pem")), 3, &[1]);
    c.troubled_by("certificate").await;
    assert!(!c.status().connected);
    // Also when TLS is not required but the server asks for it, and no authority is named.
    let d = Space::start(&server.settings(), 4, &[1]);
    d.troubled_by("certificate").await;
}

#[tokio::test]
async fn a_plain_server_is_refused_where_tls_is_required() {
    let ours = Authority::new();
    let server = Server::start();
    let a = Space::start(&trusting(&server, &ours.path("ca.pem")), 1, &[2]);
    a.troubled_by("TLS is required").await;
    assert_eq!(a.status().connections, 0);
}

#[tokio::test]
async fn a_client_that_must_show_a_certificate_is_let_in_with_one_only() {
    let ours = Authority::new();
    let server = Server::configured(&ours.server(", verify: true"));
    let without = trusting(&server, &ours.path("ca.pem"));
    let client = Some((ours.path("client.pem"), ours.path("client.key")));
    let with = Settings { tls: Tls { client, ..without.tls.clone() }, ..without.clone() };
    let (a, b) = pair(&with).await;
    a.gets_through(&b, b"both are known").await;
    let c = Space::start(&without, 3, &[1]);
    c.troubled_by("certificate").await;
}
