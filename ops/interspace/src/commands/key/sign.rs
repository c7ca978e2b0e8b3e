//! `key sign`: the root key at work, far from any node.

use crate::failure::{Failure, code};
use crate::node::keys::read_root;
use crate::node::passphrase::Passphrase;
use crate::output::Output;
use engine::trust::request;
use schema::latest::Document;
use std::path::Path;
use zeroize::Zeroizing;

pub(super) fn run(
    file: &Path,
    root_path: &Path,
    into: Option<&Path>,
    out: &mut Output,
) -> Result<(), Failure> {
    let text = std::fs::read_to_string(file).map_err(|why| Failure::io("reading", file, &why))?;
    let seed = root(root_path, &Passphrase::default())?;
    let signed = approve(&text, &seed)?;
    out.say(&told(&signed)?);
    match into {
        None => out.raw(&format!("{signed}\n")),
        Some(into) => {
            std::fs::write(into, format!("{signed}\n"))
                .map_err(|why| Failure::io("writing", into, &why))?;
            out.say(&format!("next: `interspace key rotate --install {}`", into.display()));
        }
    }
    Ok(())
}

/// What was signed, for who has to answer for it.
fn told(signed: &str) -> Result<String, Failure> {
    let document = Document::read(signed).map_err(not_one)?;
    let statement = request::read(&document).map_err(not_one)?;
    let revoked: Vec<String> = statement
        .revoked
        .iter()
        .map(|it| format!("; it revokes key {} from Position {} on", it.key, it.size + 1))
        .collect();
    let (number, name, space) = (statement.number, &statement.name, statement.space.short());
    Ok(format!("signed: statement {number} of {name} ({space}){}", revoked.concat()))
}

/// The root key in a file, wiped when it is dropped.
pub(super) fn root(path: &Path, passphrase: &Passphrase) -> Result<Zeroizing<[u8; 32]>, Failure> {
    read_root(path, passphrase).map(Zeroizing::new)
}

/// The statement, signed by the root key too.
pub(super) fn approve(statement: &str, root: &[u8; 32]) -> Result<String, Failure> {
    let document = Document::read(statement).map_err(not_one)?;
    match request::approve(&document, root) {
        Ok(signed) => Ok(signed.write()),
        Err(why) => Err(Failure::new(
            code::NOT_VERIFIED,
            format!("the root key did not sign: {why}"),
            "is it the root key of this space? nothing was changed",
        )),
    }
}

fn not_one(why: impl std::fmt::Display) -> Failure {
    let what = format!("this is no key statement: {why}");
    Failure::new(code::USAGE, what, "make it with `interspace key rotate --request FILE`")
}
