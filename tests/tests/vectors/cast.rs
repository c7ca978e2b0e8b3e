//! Who appears in the vectors: three spaces with keys from seeds, and what they say.

use engine::trust::certificate::Keys;
use schema::id::{CommandId, DocumentId, EntryId, Incarnation, ObjectId, Position, SpaceId};
use schema::latest::{
    Actor, Audience, Bundle, Document, Entry, Event, Header, Kind, Outcome, Receipt,
    SecretCommitment, StepReport,
};
use schema::v1::document::receipt::DeployedBy;
use schema::v1::event::{LinkOffered, PeerTrusted, ReleaseCreated, ReleasePromoted, SpaceCreated};
use schema::v1::model::{
    Disclosure, Grant, HexHash, Package, Per, ProjectId, ReleaseId, Scope, Site, Snapshot, Step,
    Template, ValueType, Variable,
};
use serde_json::{Value, json};
use tests::bundles::{BLIND, digest};
use tests::pipeline::{text, version};
use tests::stranger::Stranger;
use tests::world::name;

/// Anna sends, Berta receives, Carla is somebody else.
pub(crate) struct Cast {
    pub(crate) anna: Stranger,
    pub(crate) berta: Stranger,
    pub(crate) carla: Stranger,
}

impl Cast {
    pub(crate) fn new() -> Self {
        let mut cast = Self {
            anna: Stranger::new("Anna", 1),
            berta: Stranger::new("Berta", 2),
            carla: Stranger::new("Carla", 3),
        };
        let [a, b, c] = [&cast.anna, &cast.berta, &cast.carla].map(|one| one.certificate().clone());
        cast.anna.trust(&b);
        cast.anna.trust(&c);
        cast.berta.trust(&a);
        cast.berta.trust(&c);
        cast.carla.trust(&a);
        cast.carla.trust(&b);
        cast
    }

    /// What the recipient of an envelope knows.
    pub(crate) fn recipient(recipient: &Stranger, peers: &[&Stranger]) -> Value {
        let links: Vec<Value> = peers
            .iter()
            .map(|peer| {
                json!({
                    "link": recipient.line(&peer.id()).link.to_string(),
                    "certificate": peer.certificate().write(),
                })
            })
            .collect();
        json!({
            "recipient": {
                "certificate": recipient.certificate().write(),
                "signing_seed": schema::id::hex(&recipient.seeds().signing),
                "sealing_seed": schema::id::hex(&recipient.seeds().sealing),
            },
            "links": links,
        })
    }

    /// A log of Berta's that trusts Anna and promoted a release to her.
    pub(crate) fn log(&self, grants: Vec<Grant>) -> Vec<Entry> {
        let (berta, anna) = (&self.berta, &self.anna);
        let link = berta.line(&anna.id()).link;
        let keys = Keys::verify(anna.certificate()).expect("a certificate");
        let offer = berta.certificate().documents.last().expect("an offer");
        let events = [
            Event::SpaceCreated(SpaceCreated {
                certificate: berta.certificate().write(),
                incarnation: berta.incarnation(),
            }),
            Event::LinkOffered(LinkOffered { offer: offer.write() }),
            Event::PeerTrusted(PeerTrusted {
                peer: anna.id(),
                name: name("Anna"),
                link,
                certificate: keys.certificate().write(),
                grants,
            }),
            Event::ReleaseCreated(ReleaseCreated {
                project: name("Web"),
                version: version("1.0.0"),
                revision: 1,
                notes: text("first"),
                snapshot: snapshot(),
                blind: BLIND,
                digest: digest(&snapshot(), &release(berta.id())),
                secrets: Vec::new(),
            }),
            Event::ReleasePromoted(promoted(berta, anna.id())),
        ];
        let entries = events.iter().zip(1_u8..);
        entries
            .map(|(event, number)| {
                let crosses = event.crossing().is_some();
                let audience = if crosses { Audience::Link(link) } else { Audience::Internal };
                Entry::write(header(number, audience), event).expect("a small entry")
            })
            .collect()
    }
}

/// A header with nothing special in it.
pub(crate) fn header(number: u8, audience: Audience) -> Header {
    Header {
        kind: 0,
        version: 0,
        flags: 0,
        time_ms: 1_767_225_600_000 + u64::from(number),
        command: CommandId([number; 16]),
        correlation: CommandId([number; 16]),
        causation: None,
        actor: Actor::Policy,
        audience,
    }
}

/// Version 1.0.0 of the project Web of `owner`.
pub(crate) fn release(owner: SpaceId) -> ReleaseId {
    let project = ProjectId { space: owner, name: name("Web") };
    ReleaseId { project, version: version("1.0.0") }
}

/// What is frozen in it.
pub(crate) fn snapshot() -> Snapshot {
    let run = vec![text("./install"), text("--quiet")];
    Snapshot {
        channel: None,
        steps: vec![Step::running(name("install"), run, 60)],
        templates: vec![Template {
            name: name("CONTACT"),
            label: text("Who is called"),
            help: text(""),
            kind: ValueType::Text,
            per: Per::Environment,
            required: true,
            default: None,
        }],
        variables: vec![Variable {
            name: name("COLOUR"),
            value: text("grün"),
            scope: Scope::default(),
        }],
        secrets: vec![SecretCommitment {
            name: name("PASSWORD"),
            scope: Scope::default(),
            commitment: HexHash([0x0c; 32]),
        }],
        packages: vec![Package {
            id: "web".parse().expect("an id"),
            version: version("1.0.0"),
            size: 7,
            sha256: HexHash(schema::hash::sha256(&[b"content"])),
            object: ObjectId([0x0b; 32]),
        }],
    }
}

/// What is frozen in a release of which a part is for some spaces alone.
pub(crate) fn scoped() -> Snapshot {
    let mut all = snapshot();
    let site = |number| Site { space: SpaceId([number; 32]), environment: None };
    let scope = |number| Scope { sites: vec![site(number)], ..Scope::default() };
    let check = Step::running(name("check"), vec![text("./check")], 5);
    all.steps.push(Step { scope: scope(8), ..check.clone() });
    all.steps.push(Step { name: name("at home"), scope: scope(9), ..check });
    let away = Variable { name: name("SHAPE"), value: text("round"), scope: scope(8) };
    let home = Variable { value: text("square"), scope: scope(9), ..away.clone() };
    all.variables.extend([away, home]);
    all
}

/// What the bundle of `owner` says.
pub(crate) fn bundle(owner: &Stranger, target: SpaceId) -> Bundle {
    let release = release(owner.id());
    Bundle {
        digest: digest(&snapshot(), &release),
        release,
        revision: 1,
        targets: vec![target],
        source_name: owner.identity().name().clone(),
        notes: text("first"),
        snapshot: snapshot(),
        outline: snapshot().outline(&BLIND),
        receipts: Vec::new(),
        key: 1,
        time_ms: 1_767_225_600_000,
    }
}

/// The event with which it is sent.
pub(crate) fn promoted(owner: &Stranger, target: SpaceId) -> ReleasePromoted {
    let bundle = bundle(owner, target);
    ReleasePromoted {
        release: bundle.release.clone(),
        digest: bundle.digest,
        target,
        bundle: owner.document(Kind::Bundle, &bundle).write(),
        receipts: Vec::new(),
        secrets: Vec::new(),
    }
}

/// What `deployer` says about the release of `owner`.
pub(crate) fn receipt(deployer: &Stranger, owner: SpaceId) -> Receipt {
    let release = release(owner);
    let entry = EntryId {
        origin: deployer.id(),
        incarnation: deployer.incarnation(),
        position: Position(9),
    };
    Receipt {
        space: deployer.id(),
        space_name: deployer.identity().name().clone(),
        deployment: Receipt::deployment_id(&entry),
        part_of: Some(DocumentId([0x0d; 32])),
        digest: digest(&snapshot(), &release),
        release,
        environment: name("Production"),
        tenant: None,
        outcome: Outcome::Succeeded,
        started_ms: 1_767_225_600_000,
        finished_ms: 1_767_225_601_000,
        restarts: 0,
        by: DeployedBy::Person(name("erik")),
        disclosure: Disclosure::Summary,
        packages: snapshot().packages,
        targets: Vec::new(),
        steps: vec![StepReport {
            name: name("install"),
            target: None,
            outcome: Outcome::Succeeded,
            attempts: 1,
            exit_code: Some(0),
            duration_ms: 900,
            output_sha256: HexHash(schema::hash::sha256(&[])),
            output: None,
            reason: None,
            outputs: Vec::new(),
            answered_by: None,
        }],
        key: 1,
    }
}

/// The id of a document in an event.
pub(crate) fn document_id(json: &str) -> DocumentId {
    Document::read(json).expect("a document").id()
}

/// An incarnation that nobody has.
pub(crate) const NOWHERE: Incarnation = Incarnation([0xee; 16]);
