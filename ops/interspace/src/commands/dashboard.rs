//! `dashboard`: what is installed where, here and in other spaces.

use crate::client::Client;
use crate::commands::{revised, slot};
use crate::failure::Failure;
use crate::output::{Output, table};
use api_http::shape::cell::Cell;

pub(super) fn run(client: &Client, out: &mut Output) -> Result<(), Failure> {
    let cells: Vec<Cell> = client.get(&client.path("dashboard")?)?;
    out.value(&cells, || {
        let rows = cells.iter().map(row).collect();
        let head = ["project", "place", "version", "outcome", "last attempt", "heard", "proof"];
        table(
            &head,
            rows,
            "nothing to show yet: `interspace apply` defines projects and environments",
        )
    });
    Ok(())
}

fn heard(fresh: bool, at: Option<&str>) -> String {
    match at {
        _ if fresh => "fresh".to_owned(),
        Some(at) => format!("not since {at}"),
        None => "not heard yet".to_owned(),
    }
}

fn row(cell: &Cell) -> Vec<String> {
    let place = slot(&cell.environment, cell.tenant.as_deref());
    let place = if cell.remote { format!("{}: {place}", cell.space) } else { place };
    let recalled = if cell.recalled { ", recalled" } else { "" };
    let installed = cell.version.as_ref();
    let installed = installed
        .map(|version| format!("{}{recalled}", revised(version, cell.revision.unwrap_or(1))));
    let version = match (&installed, &cell.running) {
        (Some(version), None) => version.clone(),
        (None, None) => "-".to_owned(),
        (Some(version), Some(running)) => format!("{version}, deploying {running}"),
        (None, Some(running)) => format!("deploying {running}"),
    };
    let last = cell
        .last_attempt
        .as_ref()
        .map_or_else(|| "-".to_owned(), |last| format!("{} {}", last.version, last.outcome));
    let heard = match &cell.through {
        _ if !cell.remote => "here".to_owned(),
        Some(by) if !cell.fresh => {
            format!("through {} ({})", by.space, heard(by.fresh, by.heard_at.as_deref()))
        }
        Some(_) | None => heard(cell.fresh, cell.heard_at.as_deref()),
    };
    let proof = match (&cell.receipt, cell.proven) {
        (Some(receipt), true) => format!("✓ {}", &receipt[..receipt.len().min(12)]),
        (Some(_), false) => "NOT PROVEN".to_owned(),
        (None, _) => "-".to_owned(),
    };
    let outcome = cell.outcome.clone().unwrap_or_else(|| "-".to_owned());
    vec![cell.project.clone(), place, version, outcome, last, heard, proof]
}
