//! Proofs that a peer contradicted itself: found in a log, and verified by whoever is shown one.

use super::archive::Readable;
use crate::cli::Options;
use crate::failure::{Failure, code};
use crate::node::folder::write_private;
use crate::output::Output;
use engine::log::contradiction::Noted;
use engine::trust::certificate::fingerprint;
use engine::trust::proof::{About, Proven, verify};
use schema::latest::Proof;
use schema::limits::PROOF_BYTES_MAX;
use serde::Serialize;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

/// What a proof proves, as it is shown.
#[derive(Serialize)]
struct Shown {
    /// What kind of contradiction: `entries` or `log`.
    about: &'static str,
    /// Whose it is, by the name that it gives itself.
    space: String,
    fingerprint: String,
    incarnation: String,
    /// The link and to whom both were told, where it is about entries.
    link: Option<String>,
    recipient: Option<String>,
    /// The number on the link, or the size of the log, of which it said two things.
    at: u64,
    /// The hashes that it signed: c at the number, or the root at the size.
    signed: [String; 2],
    verified: bool,
}

impl Shown {
    fn of(proven: &Proven) -> Self {
        let (about, link, recipient, at) = match proven.about {
            About::Entries { link, recipient, at } => {
                ("entries", Some(link.to_string()), Some(fingerprint(&recipient)), at.0)
            }
            About::Log { size } => ("log", None, None, size),
        };
        Self {
            about,
            space: proven.name.clone(),
            fingerprint: fingerprint(&proven.space),
            incarnation: proven.incarnation.to_string(),
            link,
            recipient,
            at,
            signed: proven.signed.map(|hash| schema::id::hex(&hash)),
            verified: true,
        }
    }

    fn text(&self) -> String {
        let what = match (&self.link, &self.recipient) {
            (Some(link), Some(recipient)) => {
                format!("number {} on link {link}\nto            {recipient}", self.at)
            }
            _ => format!("its log at size {}", self.at),
        };
        format!(
            "{} contradicted itself\nfingerprint   {}\nabout         {what}\n\
             incarnation   {}\nit signed     {}\nand           {}",
            self.space, self.fingerprint, self.incarnation, self.signed[0], self.signed[1]
        )
    }
}

/// Verifies a proof; nothing else needs to be there.
pub(super) fn verify_proof(
    file: &Path,
    expect: Option<&str>,
    out: &mut Output,
) -> Result<(), Failure> {
    let nothing = |why: String| {
        let what = format!("{} proves nothing: {why}", file.display());
        Failure::new(code::NOT_VERIFIED, what, "ask for the file again; believe nobody's word")
    };
    let failed = |why: std::io::Error| Failure::io("reading", file, &why);
    let mut bytes = Vec::new();
    let most = PROOF_BYTES_MAX as u64 + 1;
    File::open(file).map_err(failed)?.take(most).read_to_end(&mut bytes).map_err(failed)?;
    let text = String::from_utf8(bytes).map_err(|_| nothing("it is no text".to_owned()))?;
    let proof = Proof::read(&text).map_err(|why| nothing(why.to_string()))?;
    let proven = verify(&proof).map_err(|why| nothing(why.to_string()))?;
    let shown = Shown::of(&proven);
    if expect.is_some_and(|expected| plain(expected) != plain(&shown.fingerprint)) {
        return Err(nothing(format!("it is about {}, another space", shown.fingerprint)));
    }
    out.value(&shown, || shown.text());
    Ok(())
}

fn plain(text: &str) -> String {
    text.split_whitespace().collect::<String>().to_lowercase()
}

/// Writes the proof of what a peer did, as the log of a space holds it.
pub(super) fn write_proof(
    options: &Options,
    peer: &str,
    file: &Path,
    from: Option<&Path>,
    out: &mut Output,
) -> Result<(), Failure> {
    let log = Readable::of(options, from)?;
    let proof = search(&log, peer)?;
    write_private(file, proof.write().as_bytes())?;
    verify_proof(file, None, out)
}

/// Reads a log twice: for what was noted, and for what was said before.
fn search(log: &Readable, peer: &str) -> Result<Proof, Failure> {
    let mut noted = Noted::of(peer);
    log.read(|block| noted.block(block))?;
    if !noted.is_known() {
        let what = format!("no space was ever called {peer} in this log");
        return Err(Failure::new(code::NOT_FOUND, what, "`interspace link list` shows all links"));
    }
    let none = || {
        let what = format!("this log holds no contradiction of {peer}");
        Failure::new(code::NOT_FOUND, what, "a link that is frozen says so: `interspace link list`")
    };
    let mut told = noted.told().ok_or_else(none)?;
    log.read(|block| told.block(block))?;
    told.proof().ok_or_else(none)
}
