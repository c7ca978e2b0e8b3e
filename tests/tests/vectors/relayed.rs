//! Vectors of what is decided about an entry that passes on what somebody else signed.

use crate::cast::{Cast, header, promoted, receipt};
use crate::entries::{entry, grants, input, recalled};
use crate::files::{Vector, accept, refuse};
use engine::trust::certificate::Keys;
use schema::id::hex;
use schema::latest::{Audience, Entry, Event, Kind};
use schema::v1::event::{DeploymentReported, PeerTrusted};
use schema::v1::model::Grant;
use serde_json::{Value, json};
use tests::world::name;

/// Berta trusts Carla too, and lets Anna relay.
fn context(cast: &Cast) -> Value {
    let (berta, carla) = (&cast.berta, &cast.carla);
    let keys = Keys::verify(carla.certificate()).expect("a certificate");
    let trusted = Event::PeerTrusted(PeerTrusted {
        peer: carla.id(),
        name: name("Carla"),
        link: berta.line(&carla.id()).link,
        certificate: keys.certificate().write(),
        grants: grants(),
    });
    let trusted = Entry::write(header(6, Audience::Internal), &trusted).expect("small");
    let mut log = cast.log([grants(), vec![Grant::Relay]].concat());
    log.push(trusted);
    json!({"log": log.iter().map(|entry| hex(entry.bytes())).collect::<Vec<_>>()})
}

pub(crate) fn make(cast: &Cast, made: &mut Vec<Vector>) {
    let known = context(cast);
    let (berta, carla) = (&cast.berta, &cast.carla);
    let newer = carla.rotated();
    let mut bundle = promoted(&newer, berta.id());
    let content = schema::latest::Bundle { key: 2, ..crate::cast::bundle(&newer, berta.id()) };
    bundle.bundle = newer.document(Kind::Bundle, &content).write();
    let receipt = schema::latest::Receipt { key: 2, ..receipt(&newer, berta.id()) };
    let receipt = newer.document(Kind::Receipt, &receipt).write();
    for (case, event) in [
        ("a_relayed_recall", recalled(carla, carla.id(), 1)),
        ("a_relayed_recall_under_an_unstated_key", recalled(&newer, carla.id(), 2)),
        ("a_relayed_promotion_under_an_unstated_key", Event::ReleasePromoted(bundle)),
        (
            "a_relayed_report_under_an_unstated_key",
            Event::DeploymentReported(DeploymentReported { receipt }),
        ),
        // Nobody can tell yet who signed it.
        ("a_relayed_recall_under_an_invented_key", recalled(&cast.anna, carla.id(), 256)),
    ] {
        let input = input(cast, &entry(cast, &event));
        accept(made, &format!("verdict_on_{case}"), "verdict", known.clone(), input);
    }
    for (case, event) in [
        // No space can ever state so many.
        ("a_relayed_recall_under_an_impossible_key", recalled(&newer, carla.id(), 257)),
        ("a_relayed_recall_under_key_zero", recalled(&newer, carla.id(), 0)),
        ("a_relayed_recall_by_somebody_else", recalled(&cast.anna, carla.id(), 1)),
        // Its own keys a peer states before it uses them.
        ("its_own_recall_under_an_unstated_key", recalled(&cast.anna, cast.anna.id(), 2)),
    ] {
        let input = input(cast, &entry(cast, &event));
        let case = format!("verdict_on_{case}");
        refuse(made, &case, ("verdict", "bad-document"), known.clone(), input);
    }
}
