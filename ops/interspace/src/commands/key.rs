//! `key`: the keys of a space, replaced, revoked, and closed with a passphrase.

mod protect;
mod show;
mod sign;

use crate::cli::{Key as Verb, Options, keys::Root};
use crate::client::Client;
use crate::failure::{Failure, code};
use crate::node::folder::Folder;
use crate::node::keys::root_file;
use crate::node::passphrase::Passphrase;
use crate::output::{Output, moment, table};
use api_http::custody::{Divided, Since};
use api_http::shape::command::Did;
use api_http::shape::keys::{Ask, Keys, Requested, Revoke};
use std::path::{Path, PathBuf};

pub(super) fn run(verb: &Verb, options: &Options, out: &mut Output) -> Result<(), Failure> {
    let node = || Client::new(options);
    match verb {
        Verb::Show => show::run(&node()?, out),
        Verb::Rotate { install: Some(file), .. } => install_file(file, &node()?, out),
        Verb::Rotate { to, root, install: None } => rotate(*to, root, options, out),
        Verb::Revoke { key, since, dry_run, root } => {
            revoke((*key, since), *dry_run, root, options, out)
        }
        Verb::Sign { request, root, file } => sign::run(request, root, file.as_deref(), out),
        Verb::Protect => protect::run(options, true, out),
        Verb::Unprotect => protect::run(options, false, out),
    }
}

fn known(client: &Client) -> Result<Keys, Failure> {
    client.get(&client.path("keys")?)
}

/// The root key's file: the one that was named, or the one in the space's folder.
fn root_path(given: Option<&PathBuf>, keys: &Keys, options: &Options) -> Result<PathBuf, Failure> {
    if let Some(given) = given {
        return Ok(given.clone());
    }
    let name = keys.name.parse();
    let name = name.map_err(|why| Failure::new(code::FAILED, why, "this is a mistake of ours"))?;
    let path = root_file(&Folder::of(options)?.of_space(&name, &keys.space).join("keys"));
    if path.exists() {
        return Ok(path);
    }
    let what = "the root key is not in the folder of the space";
    let hint = "name it with --root FILE, or take a request to it: --request FILE";
    Err(Failure::new(code::NOT_FOUND, what, hint))
}

fn rotate(
    to: Option<u32>,
    root: &Root,
    options: &Options,
    out: &mut Output,
) -> Result<(), Failure> {
    let client = Client::new(options)?;
    let keys = known(&client)?;
    if to.is_some_and(|to| to <= keys.number) {
        out.value(&keys, || format!("statement {} is in use already", keys.number));
        return Ok(());
    }
    if let Some(to) = to.filter(|to| *to != keys.number + 1) {
        let what = format!("statement {} is in use: {to} is not the next one", keys.number);
        return Err(Failure::new(code::CONFLICT, what, "one after the other"));
    }
    replace(Vec::new(), root, &keys, options, &client, out)
}

/// Goes on under fresh keys, or writes what the root key has to sign for that.
fn replace(
    revoke: Vec<Revoke>,
    root: &Root,
    keys: &Keys,
    options: &Options,
    client: &Client,
    out: &mut Output,
) -> Result<(), Failure> {
    let ask = Ask::Request { revoke };
    if let Some(file) = &root.request {
        let requested: Requested = client.post(&client.path("keys")?, &ask)?;
        std::fs::write(file, format!("{}\n", requested.statement))
            .map_err(|why| Failure::io("writing", file, &why))?;
        out.value(&requested, || format!("statement {} waits for the root key", requested.number));
        out.say(&format!(
            "next: `interspace key sign {} --root ROOT.pem -f SIGNED.json`, and then `interspace \
             key rotate --install SIGNED.json`",
            file.display()
        ));
        return Ok(());
    }
    // First of all the root key: without it nothing is begun.
    let path = root_path(root.root.as_ref(), keys, options)?;
    let seed = sign::root(&path, &Passphrase::default())?;
    let requested: Requested = client.post(&client.path("keys")?, &ask)?;
    let statement = sign::approve(&requested.statement, &seed)?;
    install(statement, client, out)
}

fn install_file(file: &Path, client: &Client, out: &mut Output) -> Result<(), Failure> {
    let statement =
        std::fs::read_to_string(file).map_err(|why| Failure::io("reading", file, &why))?;
    install(statement, client, out)
}

fn install(statement: String, client: &Client, out: &mut Output) -> Result<(), Failure> {
    let did: Did = client.post(&client.path("keys")?, &Ask::Install { statement })?;
    let keys = known(client)?;
    out.value(&keys, || {
        let done = if did.repeated || did.positions.is_empty() { "is" } else { "is now" };
        format!(
            "statement {} {done} in use; peers are told by themselves: `interspace key show`",
            keys.number
        )
    });
    Ok(())
}

/// Where a revocation begins, as people say it.
fn place(text: &str) -> Result<Since, Failure> {
    if let Ok(position) = text.parse() {
        return Ok(Since::Position(position));
    }
    let time = api_http::shape::moment(text).ok_or_else(|| {
        let what = format!("{text} is neither a Position nor a time");
        Failure::new(code::USAGE, what, "a time is written so: 2026-11-22T06:00:00Z")
    })?;
    Ok(Since::TimeMs(time))
}

fn revoke(
    (key, since): (u32, &str),
    dry_run: bool,
    root: &Root,
    options: &Options,
    out: &mut Output,
) -> Result<(), Failure> {
    let since = place(since)?;
    let client = Client::new(options)?;
    let keys = known(&client)?;
    let statement = keys.statements.iter().find(|statement| statement.number == key);
    let statement = statement.ok_or_else(|| {
        let what = format!("there is no key statement {key}");
        Failure::new(code::NOT_FOUND, what, "`interspace key show` shows all of them")
    })?;
    let divided: Divided = client.post(&client.path("keys")?, &Ask::Divide { since })?;
    let done = statement.revoked.as_ref().filter(|revoked| revoked.size <= divided.stays);
    if let Some(done) = done {
        out.value(&keys, || {
            format!(
                "key {key} is revoked already, by statement {}: up to Position {} it stays",
                done.by, done.size
            )
        });
        return Ok(());
    }
    if dry_run {
        out.value(&divided, || explained(key, &divided));
        out.say("nothing was changed");
        return Ok(());
    }
    out.say(&explained(key, &divided));
    let revoke = vec![Revoke { key, size: divided.stays }];
    replace(revoke, root, &keys, options, &client, out)
}

/// What a revocation means, before it is done.
fn explained(key: u32, divided: &Divided) -> String {
    let mut text = format!(
        "key {key}: of {} records the first {} stay. What a peer has from after that is left out \
         there, whoever wrote it, and {} own entries of this log that came after it are sent \
         again, signed by the new key. Rather too early than too late.\n",
        divided.size, divided.stays, divided.later
    );
    let rows: Vec<Vec<String>> = divided
        .first
        .iter()
        .map(|own| {
            let to = own.link.as_deref().map_or("-", |_| "a peer");
            vec![own.position.to_string(), moment(&own.at), own.event.clone(), to.to_owned()]
        })
        .collect();
    text.push_str(&table(&["position", "at", "entry", "told to"], rows, "no own entry came after"));
    text
}
