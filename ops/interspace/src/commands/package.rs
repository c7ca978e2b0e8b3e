//! `package`: files that releases are made of.

use crate::cli::Package as Verb;
use crate::client::{Client, encoded};
use crate::failure::Failure;
use crate::output::{Output, table};
use schema::v1::model::Package;
use std::fs::File;

pub(super) fn run(verb: &Verb, client: &Client, out: &mut Output) -> Result<(), Failure> {
    match verb {
        Verb::Push { id, version, file } => {
            let opened = File::open(file).map_err(|why| Failure::io("reading", file, &why))?;
            let (id, version) = (encoded(id.as_str()), encoded(version.as_str()));
            let path = client.path(&format!("packages/{id}/{version}"))?;
            let package: Package = client.upload(&path, opened)?;
            out.value(&package, || {
                let sha256 = schema::id::hex(&package.sha256.0);
                format!(
                    "{} {}  {} bytes\nSHA-256 {sha256}",
                    package.id, package.version, package.size
                )
            });
        }
        Verb::List => {
            let packages: Vec<Package> = client.get(&client.path("packages")?)?;
            let row = |package: &Package| {
                vec![
                    package.id.to_string(),
                    package.version.to_string(),
                    package.size.to_string(),
                    schema::id::hex(&package.sha256.0),
                ]
            };
            out.value(&packages, || {
                let rows = packages.iter().map(row).collect();
                let empty = "no packages yet: `interspace package push ID VERSION FILE`";
                table(&["package", "version", "bytes", "SHA-256"], rows, empty)
            });
        }
    }
    Ok(())
}
