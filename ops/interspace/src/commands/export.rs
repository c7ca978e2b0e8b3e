//! `export`: writes the configuration as the file that `apply` reads.

mod layout;
#[cfg(test)]
mod tests;

use crate::client::Client;
use crate::failure::{Failure, code};
use crate::output::Output;
use api_http::shape::configuration::SpaceFile;
use std::path::Path;

pub(super) fn run(file: Option<&Path>, client: &Client, out: &mut Output) -> Result<(), Failure> {
    let configuration: SpaceFile = client.get(&client.path("configuration")?)?;
    let text = write(&configuration)?;
    let Some(file) = file else {
        out.value(&configuration, || text);
        return Ok(());
    };
    std::fs::write(file, text).map_err(|why| Failure::io("writing", file, &why))?;
    let shown = file.display();
    out.value(&serde_json::json!({ "file": file }), || {
        format!("written to {shown}; `interspace apply -f {shown} --dry-run` compares")
    });
    Ok(())
}

/// The file: what it is, then every table.
fn write(configuration: &SpaceFile) -> Result<String, Failure> {
    let table = toml::Table::try_from(configuration).map_err(|why| {
        Failure::new(code::FAILED, format!("no file: {why}"), "this is a mistake of ours")
    })?;
    let name = &configuration.space.name;
    let mut text = format!(
        "# The configuration of {name}, as `interspace export` writes it and `interspace apply`\n\
         # reads it. What is left out has its default. Tokens and the values of secrets are not\n\
         # in it.\n"
    );
    layout::table(&mut text, "", &table);
    Ok(text)
}
