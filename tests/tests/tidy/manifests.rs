//! What a package says about itself: its folder, its name, what it inherits, what it needs.

use crate::repository::{self, File, hold};
use toml::{Table, Value};

/// A package of the workspace.
pub(crate) struct Package {
    /// From the root, with slashes.
    pub(crate) folder: String,
    pub(crate) name: String,
    pub(crate) manifest: Table,
}

impl Package {
    /// The package of a manifest; none for that of the workspace.
    pub(crate) fn read(file: &File) -> Option<Self> {
        let folder = file.path.strip_suffix("/Cargo.toml")?;
        let manifest: Table = file.text.parse().expect("cargo reads it too");
        let name = manifest.get("package")?.get("name")?.as_str()?.to_owned();
        Some(Self { folder: folder.to_owned(), name, manifest })
    }

    /// What it depends on in any way, by the name of the package.
    pub(crate) fn needs(&self) -> Vec<String> {
        let mut needs = needs_of(&self.manifest);
        let targets = self.manifest.get("target").and_then(Value::as_table);
        for target in targets.into_iter().flat_map(Table::values) {
            needs.extend(target.as_table().map(needs_of).unwrap_or_default());
        }
        needs
    }
}

fn needs_of(table: &Table) -> Vec<String> {
    let mut needs = Vec::new();
    for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
        let found = table.get(kind).and_then(Value::as_table);
        for (key, value) in found.into_iter().flatten() {
            let renamed = value.get("package").and_then(Value::as_str);
            needs.push(renamed.unwrap_or(key).to_owned());
        }
    }
    needs
}

/// The packages of the workspace.
pub(crate) fn packages() -> Vec<Package> {
    let files = repository::files();
    let packages: Vec<_> = files.iter().filter_map(Package::read).collect();
    assert!(packages.len() >= 7, "the packages were not found");
    packages
}

fn misnamed(package: &Package) -> Option<String> {
    let folder = package.folder.rsplit('/').next();
    (folder != Some(&package.name))
        .then(|| format!("{}: the package is called {}", package.folder, package.name))
}

fn not_inherited(package: &Package) -> Vec<String> {
    let inherits = |value: Option<&Value>| {
        let value = value.and_then(|v| v.get("workspace"));
        value.and_then(Value::as_bool) == Some(true)
    };
    let own = package.manifest.get("package");
    let mut missing = Vec::new();
    for key in ["edition", "license", "rust-version", "version", "publish"] {
        if !inherits(own.and_then(|own| own.get(key))) {
            missing.push(format!("{}: {key}.workspace = true", package.folder));
        }
    }
    if !inherits(package.manifest.get("lints")) {
        missing.push(format!("{}: [lints] workspace = true", package.folder));
    }
    missing
}

#[test]
fn a_package_is_called_like_its_folder() {
    let breaches: Vec<_> = packages().iter().filter_map(misnamed).collect();
    hold(&breaches, "rename the folder or the package");
}

#[test]
fn every_package_inherits_from_the_workspace() {
    let breaches: Vec<_> = packages().iter().flat_map(not_inherited).collect();
    hold(&breaches, "add these lines to the Cargo.toml of the package");
}

#[test]
fn a_package_that_goes_its_own_way_is_noticed() {
    let text = "[package]\nname = \"motor\"\nedition = \"2021\"\nlicense.workspace = true\n\
                [lints.rust]\nunsafe_code = \"allow\"\n";
    let package = Package::read(&File::new("engine/Cargo.toml", text)).expect("a package");
    assert!(misnamed(&package).is_some());
    let missing = not_inherited(&package).join("\n");
    assert!(missing.contains("edition.workspace") && missing.contains("[lints]"));
    assert!(!missing.contains("license"));
}

#[test]
fn every_kind_of_dependency_is_seen() {
    let text = "[package]\nname = \"x\"\n[dependencies]\na = \"1\"\nb = { package = \"c\" }\n\
                [dev-dependencies]\nd.workspace = true\n[build-dependencies]\ne = \"1\"\n\
                [target.'cfg(unix)'.dependencies]\nf = \"1\"\n";
    let package = Package::read(&File::new("x/Cargo.toml", text)).expect("a package");
    assert_eq!(package.needs(), ["a", "c", "d", "e", "f"]);
}
