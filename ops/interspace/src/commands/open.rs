//! `open`: a link to the node's pages that signs in whoever has the token, once.

use crate::client::Client;
use crate::failure::Failure;
use crate::output::Output;
use api_http::pages::sign_in::Link;
use serde::Serialize;

/// A link as it is shown.
#[derive(Debug, Serialize)]
struct Shown {
    link: String,
    seconds: u64,
}

pub(super) fn run(client: &Client, out: &mut Output) -> Result<(), Failure> {
    let Link { path, seconds } = client.post("/v1/sign-in-links", &())?;
    let shown = Shown { link: client.url(&path), seconds };
    out.value(&shown, || shown.link.clone());
    out.say(&format!("good once, for {} minutes: whoever opens it is you", seconds / 60));
    Ok(())
}
