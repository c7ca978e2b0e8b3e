//! `courier export`: what there is for a peer, written to a folder that somebody carries there.

use super::words::on_one_line;
use crate::client::{Client, encoded, random};
use crate::failure::{Failure, code};
use crate::output::Output;
use api_http::shape::courier::Plan;
use schema::bytes::Reader;
use schema::id::SetId;
use schema::latest::EnvelopeHeader;
use schema::limits::{ENVELOPE_BYTES_MAX, PIECE_BYTES_MAX};
use schema::name::Name;
use serde::Serialize;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};
use transport_file::{Export, Head, Sizes};

/// What goes along.
pub(super) struct What {
    /// The entry after which to begin; what the peer is known to have if none is named.
    pub(super) after: Option<u64>,
    /// Whether packages go along.
    pub(super) packages: bool,
}

/// What was written.
#[derive(Debug, Serialize)]
struct Exported {
    #[serde(flatten)]
    plan: Plan,
    /// The first and the last entry on the medium; none when there are no entries.
    entries: Option<(u64, u64)>,
    set: SetId,
    parts: Vec<String>,
    media: u32,
    bytes: u64,
    envelopes: u64,
}

pub(super) fn run(
    to: &Name,
    folder: &Path,
    medium_bytes_max: Option<u64>,
    what: &What,
    client: &Client,
    out: &mut Output,
) -> Result<(), Failure> {
    let base = client.path(&format!("courier/{}", encoded(to.as_str())))?;
    let plan: Plan = client.get(&base)?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let made_ms = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
    let head = Head { from: plan.from, to: plan.to, set: SetId(random()?), made_ms };
    let fault = |fault: transport_file::Fault| super::failure(&fault);
    let mut export = Export::begin(folder, &head, Sizes { medium_bytes_max }).map_err(fault)?;
    let mut add = |path: &str| -> Result<Vec<EnvelopeHeader>, Failure> {
        let envelopes = frames(&client.bytes(path)?)?;
        let mut headers = Vec::with_capacity(envelopes.len());
        for envelope in envelopes {
            headers.extend(EnvelopeHeader::of_envelope(&envelope));
            export.add(&envelope).map_err(fault)?;
        }
        Ok(headers)
    };
    add(&format!("{base}/signals"))?;
    let began = what.after.unwrap_or(plan.acknowledged);
    let mut after = began;
    loop {
        let added = add(&format!("{base}/entries?after={after}"))?;
        let Some(last) = added.last() else { break };
        after = last.last().0;
    }
    let packages = if what.packages { plan.packages.clone() } else { Vec::new() };
    for package in &packages {
        let mut number = 0;
        let pieces = package.size.div_ceil(PIECE_BYTES_MAX as u64).max(1);
        while number < pieces {
            let path = format!("{base}/packages/{}?after={number}", package.object);
            let added = add(&path)?.len() as u64;
            if added == 0 {
                out.say(&format!("package {} is not in this space's store", package.object));
                break;
            }
            number += added;
        }
    }
    let written = export.finish().map_err(fault)?;
    let exported = Exported {
        entries: (after > began).then_some((began + 1, after)),
        set: written.set,
        parts: written.parts.iter().map(|part| part.path.display().to_string()).collect(),
        media: written.media,
        bytes: written.parts.iter().map(|part| part.bytes).sum(),
        envelopes: written.parts.iter().map(|part| part.envelopes).sum(),
        plan: Plan { packages, ..plan },
    };
    out.value(&exported, || text(to, &exported));
    out.say(&format!("carry it there, then: interspace courier import {}", on_one_line(folder)));
    Ok(())
}

/// The envelopes behind their lengths.
fn frames(bytes: &[u8]) -> Result<Vec<Vec<u8>>, Failure> {
    let broken = |_| {
        let what = "the node's answer is no list of envelopes";
        Failure::new(code::FAILED, what, "is the node of the same version as this command?")
    };
    let mut input = Reader::new(bytes, "frames");
    let mut envelopes = Vec::new();
    while !input.is_empty() {
        envelopes.push(input.variable(ENVELOPE_BYTES_MAX).map_err(broken)?.to_vec());
    }
    Ok(envelopes)
}

fn text(to: &Name, exported: &Exported) -> String {
    let entries = match exported.entries {
        None => format!("no new entries; {to} is known to have {}", exported.plan.acknowledged),
        Some((first, last)) => format!("entries {first} to {last}"),
    };
    let packages = exported.plan.packages.len();
    format!(
        "for           {to}\nentries       {entries}\npackages      {packages}\n\
         parts         {} in {} bytes, on {} medium{}\n\
         head          {} entries, {}\nlog           {} records, {}",
        exported.parts.len(),
        exported.bytes,
        exported.media.max(1),
        if exported.media > 1 { "s" } else { "" },
        exported.plan.newest,
        short(&exported.plan.chain.0),
        exported.plan.log_size,
        short(&exported.plan.log_root.0),
    )
}

/// The beginning of a hash, for comparing aloud.
fn short(hash: &[u8; 32]) -> String {
    schema::id::hex(&hash[..8])
}
