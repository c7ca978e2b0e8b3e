//! `audit`: prove it from the log.

mod archive;
mod proof;
mod trust;

use crate::cli::{Audit, Options, Trail};
use crate::client::{Client, encoded};
use crate::commands::{place, yes};
use crate::failure::{Failure, code};
use crate::node::folder::Folder;
use crate::output::{Output, moment, table};
use api_http::shape::audit::{Reason, Verified};
use engine::trust::fingerprint::{Fit, fit};
use schema::name::Name;

pub(super) fn run(verb: &Audit, options: &Options, out: &mut Output) -> Result<(), Failure> {
    match verb {
        Audit::Verify { expect, archive: Some(file), .. } => {
            archive::verify_archive(file, expect.as_deref(), out)
        }
        Audit::Verify { expect, proof: Some(file), .. } => {
            proof::verify_proof(file, expect.as_deref(), out)
        }
        Audit::Verify { expect, .. } => verify(options, expect.as_deref(), out),
        Audit::Proof { peer, file, archive } => {
            proof::write_proof(options, peer, file, archive.as_deref(), out)
        }
        Audit::Export { file } => archive::export(options, file, out),
        Audit::Trust { at, peer, archive } => {
            let asked = trust::Asked { at: at.as_deref(), peer: peer.as_deref() };
            trust::show(options, asked, archive.as_deref(), out)
        }
        Audit::Trail(what) => trail(what, &Client::new(options)?, out),
    }
}

/// Verifies every log of the node, or the one that was chosen.
pub(crate) fn verify(
    options: &Options,
    expect: Option<&str>,
    out: &mut Output,
) -> Result<(), Failure> {
    let folder = Folder::of(options)?;
    if !folder.path().is_dir() {
        let what = format!("there is no folder {}", folder.path().display());
        return Err(Failure::new(code::NOT_FOUND, what, "name the node's folder with --dir"));
    }
    // A node that runs holds its logs open; it verifies them itself.
    let mut results = match folder.lock() {
        Ok(_lock) => stopped(&folder, options.space.as_ref())?,
        Err(failure) if failure.code == code::CONFLICT => running(&Client::new(options)?, options)?,
        Err(failure) => return Err(failure),
    };
    for result in &mut results {
        if pin(result, expect) == Some(Fit::Short) {
            out.say(&format!(
                "{}: the fingerprint is a short one, the id begins with it",
                result.space
            ));
        }
    }
    let hint = "keep the folder as it is, copy it, and restore from a backup or from peers";
    report(&results, hint, out)
}

/// Shows what audits found, and fails where a log is damaged.
fn report(results: &[Verified], hint: &str, out: &mut Output) -> Result<(), Failure> {
    out.value(&results, || {
        let rows = results.iter().map(row).collect();
        let head = ["space", "entries", "own", "mirrored", "envelopes", "intact", ""];
        let mut text = table(&head, rows, "there are no spaces here");
        for result in results {
            if let Some(fingerprint) = &result.fingerprint {
                text.push_str(&format!("\n{}: {fingerprint}", result.space));
            }
        }
        text
    });
    match results.iter().find(|result| !result.verified) {
        None => Ok(()),
        Some(damaged) => {
            let at = damaged.damaged_at.unwrap_or_default();
            let what = damaged.damage.as_deref().unwrap_or("damaged");
            Err(Failure::new(
                code::NOT_VERIFIED,
                format!("the log of {} is damaged at Position {at}: {what}", damaged.space),
                hint,
            ))
        }
    }
}

/// A log proves only what is signed by its own first entry: who else that is must be known.
fn pin(result: &mut Verified, expect: Option<&str>) -> Option<Fit> {
    let expected = expect?;
    let whole: String = result.fingerprint.as_deref().unwrap_or_default().split(' ').collect();
    let fit = whole.parse().map_or(Fit::Not, |space| fit(&space, expected));
    if fit == Fit::Not && result.verified {
        result.verified = false;
        result.damaged_at = Some(1);
        result.damage = Some("the log is of another space than the expected one".to_owned());
    }
    Some(fit)
}

fn stopped(folder: &Folder, only: Option<&Name>) -> Result<Vec<Verified>, Failure> {
    let mut results = Vec::new();
    for space in folder.spaces()? {
        let called =
            space.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
        let result = match crate::node::stopped::audit_folder(&space) {
            Ok(Ok(intact)) => Verified::intact(&intact),
            Ok(Err(damage)) => Verified::damaged(&called, &damage),
            Err(failure) if failure.code == code::NOT_VERIFIED || failure.code == code::FAILED => {
                // A log that does not even open is not intact.
                let position = schema::id::Position(1);
                let damage = schema::v1::block::Damage { position, what: failure.what };
                Verified::damaged(&called, &damage)
            }
            Err(failure) => return Err(failure),
        };
        if only.is_none_or(|only| result.space == only.as_str()) || !result.verified {
            results.push(result);
        }
    }
    Ok(results)
}

fn running(client: &Client, options: &Options) -> Result<Vec<Verified>, Failure> {
    let verify = |name: &str| client.get(&format!("/v1/spaces/{}/audit/verify", encoded(name)));
    // The one that was chosen is asked for, listed or not: nothing verified is no proof.
    match &options.space {
        Some(only) => Ok(vec![verify(only.as_str())?]),
        None => client.spaces()?.iter().map(|space| verify(&space.name)).collect(),
    }
}

fn row(result: &Verified) -> Vec<String> {
    let (own, mirrored, envelopes) = result.counts;
    let note = match (&result.damaged_at, &result.damage) {
        (Some(at), Some(what)) => format!("Position {at}: {what}"),
        _ => String::new(),
    };
    let mut row = vec![result.space.clone()];
    row.extend([result.entries, own, mirrored, envelopes].map(|count| count.to_string()));
    row.push(yes(result.verified).to_owned());
    row.push(note);
    row
}

/// Why what runs in a place runs there.
fn trail(what: &Trail, client: &Client, out: &mut Output) -> Result<(), Failure> {
    let (space, environment) = place(&what.place);
    let parts = [
        ("environment", Some(environment)),
        ("project", Some(what.project.as_str())),
        ("of", space),
        ("tenant", what.tenant.as_ref().map(Name::as_str)),
        ("owner", what.owner.as_ref().map(Name::as_str)),
    ];
    let reasons: Vec<Reason> = client.get(&client.query("audit/trail", &parts)?)?;
    out.value(&reasons, || {
        let row = |reason: &Reason| {
            vec![
                moment(&reason.at),
                reason.what.clone(),
                reason.who.clone().unwrap_or_else(|| "policy".to_owned()),
                format!("{} signed by {}", short(&reason.document), reason.signer),
                yes(reason.verified).to_owned(),
            ]
        };
        let rows = reasons.iter().map(row).collect();
        table(&["at", "what", "by", "proof", "verified"], rows, "nothing is installed there")
    });
    if reasons.iter().all(|reason| reason.verified) {
        return Ok(());
    }
    let what = "a document of the trail is not signed as it should be";
    Err(Failure::new(code::NOT_VERIFIED, what, "`interspace audit verify` tells more"))
}

/// A document's kind and the beginning of its id.
fn short(document: &str) -> String {
    document.chars().take(20).collect()
}
