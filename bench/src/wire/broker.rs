//! A NATS server of our own: a free port, a store that is gone afterwards, stopped by its id.

use crate::Failure;
use serde::Deserialize;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The server may take this long until it can be reached.
const START_MAX: Duration = Duration::from_secs(10);

/// A running server.
#[derive(Debug)]
pub(crate) struct Broker {
    process: Child,
    /// Where clients reach it.
    pub(crate) url: String,
    /// What it says of itself.
    pub(crate) version: String,
}

/// What the server writes about its ports.
#[derive(Deserialize)]
struct Ports {
    nats: Vec<String>,
}

impl Broker {
    /// Starts the server that `NATS_SERVER` names, or that is found on the PATH, with JetStream in
    /// `folder` and everything else as it is by default.
    ///
    /// # Errors
    /// When there is none, or it does not start.
    pub(crate) fn start(folder: &Path) -> Result<Self, Failure> {
        let program = std::env::var_os("NATS_SERVER").unwrap_or_else(|| "nats-server".into());
        let program = PathBuf::from(program);
        let version = version(&program)?;
        let (store, ports) = (folder.join("store"), folder.join("ports"));
        fs::create_dir_all(&ports)?;
        let told = folder.join("told");
        let mut command = Command::new(&program);
        command.args(["-a", "127.0.0.1", "-p", "-1", "-js", "-sd"]).arg(&store);
        command.arg("--ports_file_dir").arg(&ports);
        let process = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&told)?)
            .spawn()?;
        // From here on dropping it stops the process.
        let mut broker = Self { process, url: String::new(), version };
        let began = Instant::now();
        while broker.url.is_empty() {
            if began.elapsed() > START_MAX || broker.process.try_wait()?.is_some() {
                let told = fs::read_to_string(&told).unwrap_or_default();
                return Err(format!("{} did not start: {told}", program.display()).into());
            }
            std::thread::sleep(Duration::from_millis(10));
            broker.url = url(&ports)?.unwrap_or_default();
        }
        Ok(broker)
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // It may have ended by itself; its store goes away with the folder.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn version(program: &Path) -> Result<String, Failure> {
    let output = Command::new(program).arg("--version").output().map_err(|error| {
        if error.kind() == ErrorKind::NotFound {
            let name = program.display();
            Failure::from(format!("no NATS server: {name} was not found; NATS_SERVER names one"))
        } else {
            error.into()
        }
    })?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The address in the file that the server writes once it listens.
fn url(ports: &Path) -> Result<Option<String>, Failure> {
    for found in fs::read_dir(ports)? {
        let text = fs::read_to_string(found?.path())?;
        // The file may be there before its content.
        if let Ok(ports) = serde_json::from_str::<Ports>(&text) {
            return Ok(ports.nats.into_iter().next());
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_read_once_it_is_written() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(url(folder.path()).unwrap(), None);
        let file = folder.path().join("nats-server_1.ports");
        fs::write(&file, "").unwrap();
        assert_eq!(url(folder.path()).unwrap(), None);
        fs::write(&file, r#"{"nats":["nats://127.0.0.1:1"]}"#).unwrap();
        assert_eq!(url(folder.path()).unwrap().as_deref(), Some("nats://127.0.0.1:1"));
    }

    #[test]
    fn a_server_that_is_not_there_is_named() {
        let why = version(Path::new("/nowhere/nats-server")).unwrap_err().to_string();
        assert!(why.contains("/nowhere/nats-server") && why.contains("NATS_SERVER"), "{why}");
    }
}
