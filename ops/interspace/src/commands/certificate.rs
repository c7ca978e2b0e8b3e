//! `certificate`: what two spaces exchange before anything flows.

use crate::cli::{Certificate as Verb, Grants as Given};
use crate::client::Client;
use crate::failure::Failure;
use crate::output::Output;
use api_http::shape::command::{Ask, Grants};
use api_http::shape::space::Space;

pub(super) fn run(verb: &Verb, client: &Client, out: &mut Output) -> Result<(), Failure> {
    match verb {
        Verb::Show => {
            let space: Space = client.get(&client.path("")?)?;
            out.value(&space, || {
                format!(
                    "{}\n{}\n{}\n{}",
                    space.name, space.fingerprint, space.fingerprint_words, space.fingerprint_hex
                )
            });
        }
        Verb::Export { file, x509 } => {
            let form = if *x509 { "certificate/x509" } else { "certificate" };
            let certificate = client.text(&client.path(form)?)?;
            match file {
                None => out.raw(&certificate),
                Some(file) => {
                    std::fs::write(file, certificate)
                        .map_err(|why| Failure::io("writing", file, &why))?;
                    let space: Space = client.get(&client.path("")?)?;
                    out.say(&format!("{}  {}", space.name, space.fingerprint));
                }
            }
        }
        Verb::Import { file, name, grants } => {
            let certificate =
                std::fs::read_to_string(file).map_err(|why| Failure::io("reading", file, &why))?;
            let grants = shape(grants);
            let did = client.ask(Ask::Trust { certificate, name: name.clone(), grants })?;
            out.value(&did, || {
                if did.positions.is_empty() {
                    "trusted already, nothing changed".to_owned()
                } else {
                    "trusted; compare the fingerprint aloud: `interspace link list`".to_owned()
                }
            });
        }
    }
    Ok(())
}

/// Grants as they are sent.
pub(super) fn shape(given: &Given) -> Grants {
    Grants {
        accept_releases: given.accept_releases.clone(),
        accept_results: given.accept_results,
        send_results: given.send_results,
        relay: given.relay,
    }
}
