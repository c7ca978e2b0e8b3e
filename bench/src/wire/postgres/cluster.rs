//! One PostgreSQL cluster of our own: a temporary folder, a socket in it, stopped by its id.

use crate::Failure;
use rustix::process::{Pid, Signal, kill_process};
use std::fs::{self, File, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A cluster may take this long until it can be reached.
const START_MAX: Duration = Duration::from_secs(30);

/// Where Debian puts one folder for each version.
const VERSIONS: &str = "/usr/lib/postgresql";

/// The programs of one version, and whom they run as.
#[derive(Debug, Clone)]
pub(crate) struct Programs {
    folder: PathBuf,
    /// User and group; none if we are not root, whom PostgreSQL refuses.
    user: Option<(u32, u32)>,
}

impl Programs {
    /// The newest that is installed.
    pub(crate) fn installed() -> Option<Self> {
        let versions = fs::read_dir(VERSIONS).ok()?.filter_map(|found| {
            let folder = found.ok()?.path();
            let version: u32 = folder.file_name()?.to_str()?.parse().ok()?;
            let folder = folder.join("bin");
            let all = ["initdb", "postgres", "psql"].iter().all(|name| folder.join(name).exists());
            all.then_some((version, folder))
        });
        let (_, folder) = versions.max_by_key(|(version, _)| *version)?;
        let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
        let user = rustix::process::getuid().is_root().then(|| unprivileged(&users));
        Some(Self { folder, user })
    }

    /// User and group that they run as, if not those of this process.
    pub(crate) const fn user(&self) -> Option<(u32, u32)> {
        self.user
    }

    /// What they say they are.
    pub(crate) fn version(&self) -> Result<String, Failure> {
        let output = self.command("postgres").arg("--version").output()?;
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(self.folder.join(name));
        command.env_clear().stdin(Stdio::null());
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
        command
    }
}

/// The user that Debian made for it, or nobody.
fn unprivileged(users: &str) -> (u32, u32) {
    let user = users.lines().find_map(|line| {
        let mut words = line.split(':');
        (words.next()? == "postgres").then_some(())?;
        Some((words.nth(1)?.parse().ok()?, words.next()?.parse().ok()?))
    });
    user.unwrap_or((65_534, 65_534))
}

/// A running cluster.
#[derive(Debug)]
pub(crate) struct Cluster {
    programs: Programs,
    folder: PathBuf,
    process: Child,
}

impl Cluster {
    /// Makes and starts one in `folder`, which comes into being. Everything is as it is by
    /// default but that it listens on a socket in there alone, logs for logical replication, and
    /// begins with it soon.
    pub(crate) fn start(programs: &Programs, folder: &Path) -> Result<Self, Failure> {
        fs::create_dir(folder)?;
        fs::set_permissions(folder, Permissions::from_mode(0o700))?;
        if let Some((user, group)) = programs.user {
            chown(folder, Some(user), Some(group))?;
        }
        let (data, told) = (folder.join("data"), folder.join("told"));
        let mut initdb = programs.command("initdb");
        initdb.args(["-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-locale", "-D"]);
        succeed(initdb.arg(&data).current_dir(folder))?;
        let mut postgres = programs.command("postgres");
        postgres.arg("-D").arg(&data).arg("-k").arg(folder);
        postgres.args(["-c", "listen_addresses=", "-c", "wal_level=logical"]);
        // How soon a subscription that was switched on begins; how fast it is does not change.
        postgres.args(["-c", "wal_retrieve_retry_interval=100ms"]);
        postgres.current_dir(folder).stdout(File::create(&told)?).stderr(File::create(&told)?);
        let process = postgres.spawn()?;
        // From here on dropping it stops the process.
        let mut cluster = Self { programs: programs.clone(), folder: folder.into(), process };
        let began = Instant::now();
        while let Err(failure) = cluster.run("SELECT 1") {
            if began.elapsed() > START_MAX || cluster.process.try_wait()?.is_some() {
                let told = fs::read_to_string(&told).unwrap_or_default();
                return Err(format!("PostgreSQL did not start: {failure} {told}").into());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(cluster)
    }

    /// How another cluster connects to it.
    pub(crate) fn address(&self) -> String {
        format!("host={} user=postgres dbname=postgres", self.folder.display())
    }

    /// Runs `script`, one statement after the other, and gives what the last lines say.
    pub(crate) fn run(&self, script: &str) -> Result<String, Failure> {
        let file = self.folder.join("script");
        fs::write(&file, script)?;
        let mut psql = self.programs.command("psql");
        psql.args(["-XAtq", "-v", "ON_ERROR_STOP=1", "-d"]).arg(self.address());
        succeed(psql.arg("-f").arg(&file).current_dir(&self.folder))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let id = i32::try_from(self.process.id()).ok().and_then(Pid::from_raw);
        // On this signal it ends its own processes, and keeps nothing, at once.
        let asked = id.map(|id| kill_process(id, Signal::QUIT));
        if !matches!(asked, Some(Ok(()))) {
            let _ = self.process.kill();
        }
        let _ = self.process.wait();
    }
}

fn succeed(command: &mut Command) -> Result<String, Failure> {
    let output = command.output().map_err(|error| {
        if error.kind() == ErrorKind::PermissionDenied {
            let where_to = "the folder for temporary files";
            return Failure::from(format!("PostgreSQL's user may not enter {where_to}: {error}"));
        }
        error.into()
    })?;
    if !output.status.success() {
        let told = String::from_utf8_lossy(&output.stderr);
        let program = command.get_program().display();
        return Err(format!("{program}: {}", told.trim()).into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_never_runs_as_root() {
        let users = "root:x:0:0::/root:/bin/sh\npostgres:x:101:104:PG,,,:/var:/bin/bash\n";
        assert_eq!(unprivileged(users), (101, 104));
        assert_eq!(unprivileged("root:x:0:0::/root:/bin/sh\n"), (65_534, 65_534));
    }
}
