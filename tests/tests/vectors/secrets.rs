//! Vectors of secrets: commitments, values that are handed beside a bundle, values at rest.

use crate::cast::{Cast, bundle, release, snapshot};
use crate::doors::array;
use crate::files::{Vector, accept, refuse};
use engine::entropy::Entropy;
use engine::trust::epoch::SealingKey;
use engine::trust::rest::RestKeys;
use engine::trust::secret::{Salted, SecretValue};
use schema::id::{DocumentId, SpaceId, hex};
use schema::latest::{AtRest, Bundle, Document, HandedSecret, Kind, SecretCommitment};
use schema::name::Name;
use schema::v1::model::{HexHash, ReleaseId, Scope, Site, Snapshot, Where};
use schema::v1::secret::{About, Place};
use serde_json::{Value, json};
use tests::bundles;
use tests::world::name;

type Said = Result<Value, String>;

/// The values of the release, by name.
const VALUES: [(&str, &str); 2] = [("PASSWORD", "hunter2"), ("KEY_FILE", "häß\nlich\n")];

/// What cannot be opened, for whatever reason.
const CLOSED: &str = "cannot-open";

pub(crate) fn make(cast: &Cast, made: &mut Vec<Vector>) {
    commitments(cast, made);
    handed(cast, made);
    at_rest(cast, made);
}

fn salted(at: usize) -> Salted {
    let (_, value) = VALUES[at];
    let value = SecretValue::new(value.to_owned()).expect("a value");
    Salted { salt: [u8::try_from(at).expect("two") + 0x51; 32], value }
}

fn commitments(cast: &Cast, made: &mut Vec<Vector>) {
    let site = Site { space: cast.anna.id(), environment: Some(name("Production")) };
    let scoped = Scope { sites: vec![site], ..Scope::default() };
    for (case, at, scope) in [
        ("secret_commitment", 0, Scope::default()),
        ("secret_commitment_of_lines", 1, Scope::default()),
        ("secret_commitment_with_a_scope", 0, scoped),
    ] {
        let Salted { salt, value } = salted(at);
        let input = json!({
            "release": release(cast.berta.id()),
            "revision": 1,
            "name": VALUES[at].0,
            "scope": scope,
            "salt": hex(&salt),
            "value": value.expose(),
        });
        accept(made, case, "compute-secret-commitment", Value::Null, input);
    }
}

/// The bundle of Berta for Anna, with two secrets.
fn with_secrets(cast: &Cast) -> Document {
    let plain = bundle(&cast.berta, cast.anna.id());
    let everywhere = Scope::default();
    let secrets = VALUES.iter().enumerate().map(|(at, (called, _))| {
        let called = name(called);
        let about =
            About { release: &plain.release, revision: 1, name: &called, scope: &everywhere };
        let commitment = HexHash(salted(at).commitment(&about));
        SecretCommitment { name: called.clone(), scope: everywhere.clone(), commitment }
    });
    let snapshot = Snapshot { secrets: secrets.collect(), ..snapshot() };
    let digest = bundles::digest(&snapshot, &plain.release);
    let outline = snapshot.outline(&bundles::BLIND);
    cast.berta.document(Kind::Bundle, &Bundle { snapshot, outline, digest, ..plain })
}

fn handed(cast: &Cast, made: &mut Vec<Vector>) {
    let (anna, berta) = (&cast.anna, &cast.berta);
    let document = with_secrets(cast);
    let context = json!({
        "certificate": berta.certificate().write(),
        "bundle": document.write(),
        "recipient": {
            "space": anna.id(),
            "key": 1,
            "sealing_seed": hex(&anna.seeds().sealing),
        },
    });
    let to = (1, &SealingKey::from_seed(&anna.seeds().sealing).public());
    let entropy = &mut Entropy::from_seed([0x5e; 32]);
    let mut seal = |salted: &Salted, index, bundle| {
        salted.hand(bundle, index, anna.id(), to, entropy).expect("a key")
    };
    let id = document.id();
    let (first, second) = (seal(&salted(0), 0, &id), seal(&salted(1), 1, &id));
    accept(made, "secret", "secret", context.clone(), shown(&first));
    accept(made, "secret_of_lines", "secret", context.clone(), shown(&second));
    let elsewhere = seal(&salted(0), 0, &DocumentId([0x0e; 32]));
    let swapped = seal(&salted(1), 0, &id);
    let other_salt = seal(&Salted { salt: [0; 32], ..salted(0) }, 0, &id);
    let carla = cast.carla.id();
    let flipped = |at: usize| {
        let mut sealed = first.sealed.clone();
        sealed[at] ^= 1;
        HandedSecret { sealed, ..first.clone() }
    };
    for (case, code, odd) in [
        ("secret_at_another_index", CLOSED, HandedSecret { index: 1, ..first.clone() }),
        ("secret_beside_another_bundle", CLOSED, elsewhere),
        ("secret_flipped_bit", CLOSED, flipped(3)),
        ("secret_flipped_bit_of_its_tag", CLOSED, flipped(first.sealed.len() - 1)),
        ("secret_for_another_key", CLOSED, HandedSecret { key: 2, ..first.clone() }),
        (
            "secret_for_another_space",
            "not-for-me",
            HandedSecret { recipient: carla, ..first.clone() },
        ),
        (
            "secret_with_a_weak_encapsulation",
            CLOSED,
            HandedSecret { encapsulation: [0; 32], ..first.clone() },
        ),
        ("secret_with_another_salt", "not-committed", other_salt),
        ("secret_with_another_value", "not-committed", swapped),
        ("secret_without_a_tag", CLOSED, HandedSecret { sealed: Vec::new(), ..first.clone() }),
    ] {
        refuse(made, case, ("secret", code), context.clone(), shown(&odd));
    }
}

fn at_rest(cast: &Cast, made: &mut Vec<Vector>) {
    let key = [0x5f; 32];
    let context = json!({"space": cast.anna.id(), "number": 3, "key": hex(&key)});
    let keys = RestKeys::default().with(3, key);
    let entropy = &mut Entropy::from_seed([0x60; 32]);
    let set = json!({"set": {"project": "Web", "name": "PASSWORD", "steps": ["migrate"]}});
    let of_release = json!({"release": {
        "release": release(cast.berta.id()),
        "revision": 1,
        "name": "PASSWORD",
        "scope": Scope::default(),
    }});
    for (case, place, plain) in [
        ("at_rest_of_a_value_that_was_set", &set, b"hunter2".to_vec()),
        ("at_rest_of_a_secret_of_a_release", &of_release, salted(0).plain().to_vec()),
    ] {
        let sealed = with_place(place, |place| keys.seal(&cast.anna.id(), place, &plain, entropy));
        let sealed = sealed.expect("a key");
        let shown = |place: &Value, sealed: &AtRest| {
            json!({
                "place": place,
                "key": sealed.key,
                "nonce": hex(&sealed.nonce),
                "sealed": hex(&sealed.sealed),
            })
        };
        accept(made, case, "at-rest", context.clone(), shown(place, &sealed));
        let elsewhere = if *place == set { &of_release } else { &set };
        let other = AtRest { key: 4, ..sealed.clone() };
        let mut flipped = sealed.clone();
        flipped.sealed[0] ^= 1;
        for (odd, input) in [
            ("in_another_place", shown(elsewhere, &sealed)),
            ("to_another_key", shown(place, &other)),
            ("with_a_flipped_bit", shown(place, &flipped)),
        ] {
            let case = format!("{case}_{odd}");
            refuse(made, &case, ("at-rest", CLOSED), context.clone(), input);
        }
    }
}

fn shown(handed: &HandedSecret) -> Value {
    json!({
        "index": handed.index,
        "recipient": handed.recipient,
        "key": handed.key,
        "encapsulation": hex(&handed.encapsulation),
        "sealed": hex(&handed.sealed),
    })
}

fn taken<T: serde::de::DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).expect("a field of a vector")
}

/// The commitment that the input describes.
pub(crate) fn compute(input: &Value) -> Value {
    let (release, name, scope): (ReleaseId, Name, Scope) =
        (taken(&input["release"]), taken(&input["name"]), taken(&input["scope"]));
    let revision = taken(&input["revision"]);
    let about = About { release: &release, revision, name: &name, scope: &scope };
    let value = input["value"].as_str().expect("a value");
    json!(hex(&about.commitment(&array(&input["salt"]), value)))
}

/// What a space takes that is handed beside a bundle that it believes.
pub(crate) fn open(context: &Value, input: &Value) -> Said {
    let bundle = Document::read(context["bundle"].as_str().expect("a bundle")).expect("a document");
    let keys = crate::doors::believed(context)?;
    let content = keys.document(&bundle, Kind::Bundle, |bundle: &Bundle| {
        (bundle.release.project.space, bundle.key)
    });
    let content = content.expect("a bundle of who has the certificate");
    let me = &context["recipient"];
    let handed = HandedSecret {
        index: taken(&input["index"]),
        recipient: taken(&input["recipient"]),
        key: taken(&input["key"]),
        encapsulation: array(&input["encapsulation"]),
        sealed: crate::doors::blob(&input["sealed"]),
    };
    if handed.recipient != taken::<SpaceId>(&me["space"]) {
        return Err("not-for-me".to_owned());
    }
    let closed = || CLOSED.to_owned();
    let key = (handed.key == taken::<u32>(&me["key"])).then_some(&me["sealing_seed"]);
    let key = SealingKey::from_seed(&array(key.ok_or_else(closed)?));
    let salted = Salted::take(&bundle.id(), &handed, &key).ok_or_else(closed)?;
    let index = usize::try_from(handed.index).expect("small");
    let secret = content.snapshot.secrets.get(index).ok_or_else(closed)?;
    let Bundle { release, revision, .. } = &content;
    let about = About { release, revision: *revision, name: &secret.name, scope: &secret.scope };
    if !salted.is_committed(&about, &secret.commitment.0) {
        return Err("not-committed".to_owned());
    }
    let (salt, value) = (hex(&salted.salt), salted.value.expose());
    Ok(json!({"name": secret.name, "salt": salt, "value": value}))
}

fn with_place<T>(place: &Value, then: impl FnOnce(&Place<'_>) -> T) -> T {
    if let Some(set) = place.get("set") {
        let (project, name) = (taken(&set["project"]), taken(&set["name"]));
        let steps = taken(&set["steps"]);
        let scope = Where { steps, ..Where::default() };
        return then(&Place::Set { project: &project, name: &name, scope: &scope });
    }
    let of = &place["release"];
    let (release, name, scope) = (taken(&of["release"]), taken(&of["name"]), taken(&of["scope"]));
    let revision = taken(&of["revision"]);
    then(&Place::Release(About { release: &release, revision, name: &name, scope: &scope }))
}

/// What a space opens that it sealed for itself.
pub(crate) fn unseal(context: &Value, input: &Value) -> Said {
    let keys = RestKeys::default().with(taken(&context["number"]), array(&context["key"]));
    let space: SpaceId = taken(&context["space"]);
    let sealed = AtRest {
        key: taken(&input["key"]),
        nonce: array(&input["nonce"]),
        sealed: crate::doors::blob(&input["sealed"]),
    };
    let plain = with_place(&input["place"], |place| keys.open(&space, place, &sealed));
    plain.map(|plain| json!(hex(&plain))).ok_or_else(|| CLOSED.to_owned())
}
