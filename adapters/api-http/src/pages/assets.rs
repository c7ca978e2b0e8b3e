//! The stylesheet and the module, which are part of the binary. Their names hold the hash of what
//! is in them, so that they may be kept for ever.

use crate::problem::Problem;
use axum::extract::Path;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use schema::hash::sha256;
use schema::id::hex;
use std::sync::LazyLock;

/// Something that pages load.
pub(super) struct Asset {
    name: &'static str,
    extension: &'static str,
    kind: &'static str,
    text: &'static str,
    path: LazyLock<String>,
}

/// How pages look.
pub(super) static STYLE: Asset = Asset {
    name: "style",
    extension: "css",
    kind: "text/css; charset=utf-8",
    text: include_str!("../../assets/style.css"),
    path: LazyLock::new(|| STYLE.hashed()),
};

/// What keeps pages live.
pub(super) static LIVE: Asset = Asset {
    name: "live",
    extension: "js",
    kind: "text/javascript; charset=utf-8",
    text: include_str!("../../assets/live.js"),
    path: LazyLock::new(|| LIVE.hashed()),
};

impl Asset {
    /// Where it is.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    fn hashed(&self) -> String {
        let hash = hex(&sha256(&[self.text.as_bytes()])[..8]);
        format!("/assets/{}.{hash}.{}", self.name, self.extension)
    }
}

/// Serves them. An older name is not found, so that no page runs what it was not written for.
pub(super) async fn serve(Path(file): Path<String>) -> Result<Response, Problem> {
    let path = format!("/assets/{file}");
    let found = [&STYLE, &LIVE].into_iter().find(|asset| asset.path() == path);
    let missing = || Problem::not_found("there is no such file here", "reload the page");
    let asset = found.ok_or_else(missing)?;
    let mut response = asset.text.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.kind));
    let kept = HeaderValue::from_static("public, max-age=31536000, immutable");
    headers.insert(header::CACHE_CONTROL, kept);
    Ok(response)
}
