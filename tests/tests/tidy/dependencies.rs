//! The direction of dependencies: `schema <- engine <- adapters/* <- ops/interspace`.

use crate::manifests::{Package, packages};
use crate::repository::hold;

/// Packages outside the workspace that only some rooms may know, and why.
const CONFINED: [(&str, &[&str], &str); 2] = [
    ("bincode", &["schema"], "bytes are made and read in schema/src/codec.rs"),
    ("log", &[], "the log is the event log; diagnostics are traces (tracing)"),
];

/// Whether a package in `folder` may depend on the workspace's package in `other`.
fn may_know(folder: &str, other: &str) -> bool {
    match folder {
        "schema" => false,
        "engine" => other == "schema",
        "ops/interspace" => !matches!(other, "tests" | "bench"),
        // Leaves: they may know everything, and nobody knows them.
        "tests" | "bench" => !matches!(other, "tests" | "bench"),
        // An adapter, and whatever else there may be one day.
        _ => matches!(other, "schema" | "engine"),
    }
}

fn against_the_direction(packages: &[Package]) -> Vec<String> {
    let mut breaches = Vec::new();
    for package in packages {
        for need in package.needs() {
            let known = packages.iter().find(|other| other.name == need);
            if known.is_some_and(|other| !may_know(&package.folder, &other.folder)) {
                breaches.push(format!("{} depends on {need}", package.folder));
            }
            for (name, rooms, why) in CONFINED {
                if need == name && !rooms.contains(&&*package.folder) {
                    breaches.push(format!("{} depends on {name}: {why}", package.folder));
                }
            }
        }
    }
    breaches
}

#[test]
fn dependencies_point_in_one_direction() {
    hold(
        &against_the_direction(&packages()),
        "schema <- engine <- adapters/* <- ops/interspace; tests and bench are leaves: move what \
         is needed down into the engine or the schema, or join the two in ops/interspace",
    );
}

#[test]
fn a_dependency_against_the_direction_is_noticed() {
    let folders = [
        "schema",
        "engine",
        "adapters/log-sled",
        "adapters/api-http",
        "ops/interspace",
        "ops/other",
        "tests",
        "bench",
    ];
    let breaches_of = |from: &str, to: &str| {
        let packages: Vec<_> = folders.iter().map(|f| package(f, from, to)).collect();
        against_the_direction(&packages).len()
    };
    let forbidden = [
        ("schema", "engine"),
        ("schema", "log-sled"),
        ("schema", "log"),
        ("engine", "log-sled"),
        ("engine", "bincode"),
        ("adapters/log-sled", "api-http"),
        ("adapters/log-sled", "interspace"),
        ("adapters/api-http", "tests"),
        ("ops/interspace", "bench"),
        ("ops/other", "log-sled"),
        ("tests", "bench"),
        ("bench", "tests"),
    ];
    for (from, to) in forbidden {
        assert_eq!(breaches_of(from, to), 1, "{from} depends on {to}");
    }
    let allowed = [
        ("schema", "bincode"),
        ("engine", "schema"),
        ("adapters/log-sled", "engine"),
        ("ops/interspace", "api-http"),
        ("tests", "interspace"),
        ("bench", "log-sled"),
    ];
    for (from, to) in allowed {
        assert_eq!(breaches_of(from, to), 0, "{from} depends on {to}");
    }
}

/// A package in `folder` that depends on `to` if its folder is `from`.
fn package(folder: &str, from: &str, to: &str) -> Package {
    let manifest = if folder == from {
        format!("[dev-dependencies]\n{to}.workspace = true\n")
    } else {
        String::new()
    };
    Package {
        folder: folder.to_owned(),
        name: folder.rsplit('/').next().unwrap_or_default().to_owned(),
        manifest: manifest.parse().expect("a manifest"),
    }
}
