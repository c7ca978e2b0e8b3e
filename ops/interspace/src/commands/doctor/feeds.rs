//! Feeds: whether packages come from where an operator keeps them.

use super::finding::Finding;
use crate::client::{Client, encoded};
use api_http::shape::inbox::Bundle;
use api_http::shape::space::Space;
use packages_feed::{Settings, Source};
use schema::name::Name;

/// A feed as it is configured: a folder is looked for, and nobody is called.
pub(super) fn of(space: Option<&Name>, feed: &Settings) -> Finding {
    let whose = space.map_or_else(|| "the node".to_owned(), |name| name.to_string());
    match &feed.source {
        Source::Http { url, .. } => {
            Finding::good("feed", format!("{whose} takes packages from {url}"))
        }
        Source::Folder(folder) if folder.is_dir() => {
            let what = format!("{whose} takes packages from {}", folder.display());
            Finding::good("feed", what)
        }
        Source::Folder(folder) => {
            let what =
                format!("{whose} takes packages from {}, which is not there", folder.display());
            let hint = "make or mount it; until then no package comes, from nobody else either";
            Finding::problem("feed", what, hint)
        }
    }
}

/// What a running space did not find in its feed.
pub(super) fn look(client: &Client, space: &Space) -> Vec<Finding> {
    let path = format!("/v1/spaces/{}/inbox", encoded(&space.name));
    let bundles: Vec<Bundle> = client.get(&path).unwrap_or_default();
    let packages = bundles.iter().flat_map(|bundle| &bundle.packages);
    let lacks = packages.filter_map(|package| package.lacks.as_ref());
    let mut all: Vec<&String> = lacks.collect();
    all.sort();
    all.dedup();
    let problem = |why: &&String| {
        let what = format!("{} lacks {why}", space.name);
        Finding::problem("feed", what, "put it there; it is looked for again by itself")
    };
    all.iter().map(problem).collect()
}
