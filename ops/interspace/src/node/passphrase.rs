//! The passphrase of key files: where it comes from, asked for only when a file needs it.

use crate::failure::{Failure, code};
use rustix::io::ioctl_fionread;
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use zeroize::Zeroizing;

/// Names a file that holds the passphrase.
const FILE: &str = "INTERSPACE_PASSPHRASE_FILE";

/// The folder of systemd's credentials, and the name of ours in it.
const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";
const CREDENTIAL: &str = "interspace-passphrase";

/// A terminal gives no more of a line than this, in bytes, and does not say so.
const LINE_BYTES_MAX: usize = 4_095;

/// A passphrase that is known, or will be when it is needed. It is wiped when it is dropped.
#[derive(Default)]
pub(crate) struct Passphrase(OnceLock<Zeroizing<String>>);

impl Passphrase {
    /// The passphrase: from the file that the environment names, from a credential of systemd, or
    /// from the terminal.
    pub(crate) fn get(&self) -> Result<&str, Failure> {
        if self.0.get().is_none() {
            let found = match file() {
                Some(path) => read(&path)?,
                None => ask("passphrase of the keys: ")?,
            };
            // Whoever was faster had it from the same place.
            let _ = self.0.set(found);
        }
        Ok(self.0.get().map_or("", |known| known.as_str()))
    }

    /// A new passphrase, asked for twice where somebody types it.
    pub(crate) fn choose() -> Result<Self, Failure> {
        let chosen = match file() {
            Some(path) => read(&path)?,
            None => {
                let chosen = ask("new passphrase of the keys: ")?;
                if *ask("once more: ")? != *chosen {
                    let what = "the two passphrases are not the same";
                    return Err(Failure::new(code::USAGE, what, "try again; nothing was changed"));
                }
                chosen
            }
        };
        if chosen.is_empty() {
            let what = "the passphrase is empty";
            return Err(Failure::new(code::USAGE, what, "choose one; nothing was changed"));
        }
        let known = Self::default();
        let _ = known.0.set(chosen);
        Ok(known)
    }
}

fn file() -> Option<PathBuf> {
    let named = std::env::var_os(FILE).map(PathBuf::from);
    let credential =
        || std::env::var_os(CREDENTIALS).map(|folder| PathBuf::from(folder).join(CREDENTIAL));
    named.or_else(|| credential().filter(|path| path.exists()))
}

/// What a file says, without the end of its line.
fn read(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let text = std::fs::read_to_string(path);
    let text = text.map_err(|why| Failure::io("reading the passphrase", path, &why))?;
    let text = Zeroizing::new(text);
    Ok(Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned()))
}

/// Asks at the terminal for something that is not shown while it is typed.
///
/// # Errors
/// When there is no terminal, or nothing can be heard from it.
pub(crate) fn ask(words: &str) -> Result<Zeroizing<String>, Failure> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        let what = "the keys are closed with a passphrase, and nobody can be asked for it";
        let hint = format!("name a file that holds it with {FILE}, or start it in a terminal");
        return Err(Failure::new(code::FAILED, what, hint));
    }
    let failed = |why: std::io::Error| Failure::new(code::FAILED, why, "try again");
    let shown = tcgetattr(&stdin).map_err(|why| failed(why.into()))?;
    let mut hidden = shown.clone();
    hidden.local_modes.remove(LocalModes::ECHO);
    let mut terminal = std::io::stderr();
    let _ = terminal.write_all(words.as_bytes());
    let _ = terminal.flush();
    tcsetattr(&stdin, OptionalActions::Flush, &hidden).map_err(|why| failed(why.into()))?;
    let mut typed = Zeroizing::new(String::new());
    let heard = stdin.lock().read_line(&mut typed);
    // A terminal gives a line at a time, and no longer one than this.
    let cut = ioctl_fionread(&stdin).unwrap_or(0) > 0 || typed.len() >= LINE_BYTES_MAX;
    // The terminal is as it was, also when nothing was heard; what was pasted behind the first line
    // is for nobody, least of all for the shell.
    let restored = tcsetattr(&stdin, OptionalActions::Flush, &shown);
    let _ = terminal.write_all(b"\n");
    heard.map_err(failed)?;
    restored.map_err(|why| failed(why.into()))?;
    if cut {
        let what = "more was typed or pasted than one short line";
        let hint = "nothing was changed; give it in a file, or to a secret through a pipe";
        return Err(Failure::new(code::USAGE, what, hint));
    }
    Ok(Zeroizing::new(typed.trim_end_matches(['\r', '\n']).to_owned()))
}
