//! The real doors: one for each kind of object, from the JSON of a vector to what it says.

use crate::shown;
use engine::inbox::verdict::{Verdict, judge};
use engine::log::archive::Archive;
use engine::log::tree::Tree;
use engine::state::{At, State};
use engine::trust::certificate::{Disbelief, Keys};
use engine::trust::door;
use engine::trust::identity::{Identity, Seeds};
use engine::trust::invitation::{Invited, Standing};
use engine::trust::keyring::{Epochs, Keyring};
use engine::trust::proof::About;
use engine::trust::refusal::Refusal;
use engine::trust::signature::PublicKey;
use schema::bytes::{Malformed, Reader};
use schema::hash::{chain_next, chain_start, commit};
use schema::id::{
    CommandId, EntryId, Incarnation, LinkId, LinkSeq, ObjectId, Position, SpaceId, hex,
};
use schema::latest::{
    Ack, Beat, Block, Bundle, Certificate, Checkpoint, Document, Entry, Event, Flaw, Header,
    Invitation, Join, Kind, Mirrored, Offer, Part, Piece, Proof, Receipt, Reclaim, Record,
    Returned, Want,
};
use schema::name::{Name, PackageName, Text, Version};
use schema::v1::document::certificate::Genesis;
use schema::v1::model::{HexHash, ReleaseId, Snapshot, Titled};
use serde_json::{Value, json};

type Said = Result<Value, String>;

/// A space's id in the three forms in which people compare it.
fn fingerprints(input: &Value) -> Value {
    let space: SpaceId = serde_json::from_value(input["space"].clone()).expect("an id");
    json!({
        "whole": engine::trust::certificate::fingerprint(&space),
        "words": engine::trust::fingerprint::words(&space),
        "hex": engine::trust::fingerprint::hex(&space),
    })
}

/// What the door for `kind` says.
pub(crate) fn open(kind: &str, context: &Value, input: &Value) -> Said {
    match kind {
        "compute-space-id" => Ok(json!(genesis(input).space().to_string())),
        "compute-fingerprint" => Ok(fingerprints(input)),
        "compute-link-id" => Ok(json!(link_id(input).to_string())),
        "compute-commit" => Ok(json!(hex(&commit(&array(&input["salt"]), &blob(&input["entry"]))))),
        "compute-chain" => Ok(chain(input)),
        "compute-tree" => Ok(tree(input)),
        "compute-command-id" => Ok(command(input)),
        "compute-release-digest" => Ok(release_digest(input)),
        "compute-secret-commitment" => Ok(crate::secrets::compute(input)),
        "compute-version-order" => Ok(version_order(input)),
        "name" => name(input),
        "entry" => said(Entry::read(&blob(&input["bytes"])), |entry| shown::entry(&entry)),
        "event" => event(input),
        "record" => said(Record::read(&blob(&input["bytes"])), |record| shown::record(&record)),
        "block" => block(input),
        "archive" => archive(input),
        "proof" => proof(input),
        "checkpoint" => checkpoint(context, input),
        "signature" => signature(input),
        "certificate" => certificate(input),
        "document" => document(context, input),
        "envelope" => envelope(context, input),
        "secret" => crate::secrets::open(context, input),
        "at-rest" => crate::secrets::unseal(context, input),
        "verdict" => verdict(context, input),
        "beat" => whole(input, Beat::read, shown::beat),
        "ack" => whole(input, Ack::read, shown::ack),
        "reclaim" => {
            said(Reclaim::read(&blob(&input["bytes"])), |reclaim| shown::reclaim(&reclaim))
        }
        "returned" => said(Returned::read(&blob(&input["bytes"])), |back| shown::returned(&back)),
        "join" => said(Join::read(&blob(&input["bytes"])), |join| shown::join(&join)),
        "invitation" => said(Invitation::read(text(&input["text"])), |it| shown::invitation(&it)),
        "want" => said(Want::read(&blob(&input["bytes"])), |want| shown::want(&want)),
        "part" => part(input),
        "piece" => said(Piece::read(&blob(&input["bytes"])), |piece| shown::piece(&piece)),
        _ => panic!("there is no door for {kind}"),
    }
}

fn said<T>(read: Result<T, Malformed>, show: impl FnOnce(T) -> Value) -> Said {
    read.map(show).map_err(|malformed| malformed.what.to_owned())
}

/// The bytes behind a hex text.
pub(crate) fn blob(value: &Value) -> Vec<u8> {
    let text = value.as_str().expect("hex").as_bytes();
    let digit = |c: u8| (c as char).to_digit(16).expect("a hex digit");
    let pairs = text.chunks_exact(2);
    pairs.map(|pair| u8::try_from(digit(pair[0]) * 16 + digit(pair[1])).expect("a byte")).collect()
}

pub(crate) fn array<const N: usize>(value: &Value) -> [u8; N] {
    blob(value).try_into().expect("hex of the right length")
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

fn number(value: &Value) -> u64 {
    value.as_u64().expect("a number")
}

fn space(value: &Value) -> SpaceId {
    text(value).parse().expect("a space")
}

fn link(value: &Value) -> LinkId {
    text(value).parse().expect("a link")
}

fn incarnation(value: &Value) -> Incarnation {
    text(value).parse().expect("an incarnation")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

fn genesis(input: &Value) -> Genesis {
    serde_json::from_value(input.clone()).expect("a genesis")
}

fn link_id(input: &Value) -> LinkId {
    let side = |side: &Value| (space(&side["space"]), array(&side["random"]));
    let (one, other) = (side(&input["one"]), side(&input["other"]));
    LinkId::between((&one.0, &one.1), (&other.0, &other.1))
}

fn chain(input: &Value) -> Value {
    let (origin, recipient) = (space(&input["origin"]), space(&input["recipient"]));
    let life = incarnation(&input["incarnation"]);
    let mut last = chain_start(&origin, &recipient, &link(&input["link"]), &life);
    let mut chain = vec![hex(&last)];
    for entry in list(&input["entries"]) {
        last = chain_next(
            &last,
            LinkSeq(number(&entry["link_seq"])),
            &incarnation(&entry["incarnation"]),
            Position(number(&entry["position"])),
            &array(&entry["commit"]),
        );
        chain.push(hex(&last));
    }
    json!(chain)
}

fn tree(input: &Value) -> Value {
    let mut tree = Tree::new();
    let mut roots = vec![hex(&tree.root())];
    for leaf in list(&input["leaves"]) {
        tree.push(array(leaf));
        roots.push(hex(&tree.root()));
    }
    json!(roots)
}

fn command(input: &Value) -> Value {
    let cause = EntryId {
        origin: space(&input["origin"]),
        incarnation: incarnation(&input["incarnation"]),
        position: Position(number(&input["position"])),
    };
    json!(CommandId::derived(&cause, text(&input["rule"])).to_string())
}

fn release_digest(input: &Value) -> Value {
    let release: ReleaseId = serde_json::from_value(input["release"].clone()).expect("a release");
    let snapshot: Snapshot = serde_json::from_value(input["snapshot"].clone()).expect("a snapshot");
    let revision = u32::try_from(number(&input["revision"])).expect("a revision");
    let blind = array(&input["blind"]);
    let titled = Titled { release: &release, revision };
    let whole = snapshot.outline(&blind);
    let spaces = list(&input["spaces"]).iter().map(space);
    let (slice, outline) = snapshot.slice(&whole, &spaces.collect::<Vec<_>>());
    let digest = whole.digest(&titled, &snapshot).expect("its own outline");
    assert_eq!(
        outline.digest(&titled, &slice),
        Some(digest),
        "a slice has the digest of the whole"
    );
    json!({
        "snapshot": hex(&schema::codec::encode(&snapshot)),
        "outline": whole,
        "digest": digest.to_string(),
        "slice": slice,
        "slice_outline": outline,
    })
}

fn version_order(input: &Value) -> Value {
    let versions = list(&input["versions"]).iter();
    let mut versions: Vec<Version> =
        versions.map(|version| text(version).parse().expect("a version")).collect();
    versions.sort();
    json!(versions)
}

fn name(input: &Value) -> Said {
    let given = text(&input["text"]);
    let told = match text(&input["grammar"]) {
        "name" => given.parse::<Name>().map(|name| name.to_string()),
        "package id" => given.parse::<PackageName>().map(|name| name.to_string()),
        "version" => given.parse::<Version>().map(|version| version.to_string()),
        "text" => given.parse::<Text>().map(|text| text.to_string()),
        "id" => {
            let id = given.parse::<SpaceId>().map(|id| id.to_string());
            return id.map(Value::from).map_err(|_| "no id".to_owned());
        }
        grammar => panic!("there is no grammar of a {grammar}"),
    };
    let grammar = text(&input["grammar"]);
    told.map(Value::from).map_err(|_| format!("no {grammar}"))
}

fn event(input: &Value) -> Said {
    let short = |field: &Value| u16::try_from(number(field)).expect("a u16");
    let header = Header {
        kind: short(&input["kind"]),
        version: short(&input["version"]),
        flags: short(&input["flags"]),
        ..crate::cast::header(1, schema::latest::Audience::Internal)
    };
    said(Event::decode(&header, &blob(&input["payload"])), |event| shown::event(&event))
}

fn part(input: &Value) -> Said {
    let part = Part::read(&blob(&input["bytes"])).map_err(|flaw| {
        if let Flaw::Envelopes(malformed) = &flaw {
            return format!("{}: {}", flaw.code(), malformed.what);
        }
        flaw.code().to_owned()
    })?;
    Ok(shown::part(&part))
}

fn block(input: &Value) -> Said {
    let first = Position(number(&input["first"]));
    let block = Block::read(&blob(&input["bytes"]), first);
    let block = block.map_err(|damage| damage.to_string())?;
    let leaves: Vec<String> = block.records.iter().map(|(_, leaf)| hex(leaf)).collect();
    Ok(json!({"leaves": leaves, "checkpoint": shown::checkpoint(&block.checkpoint)}))
}

fn archive(input: &Value) -> Said {
    let mut archive = Archive::new();
    let text = text(&input["text"]).as_bytes();
    let mut lines = text.split_inclusive(|byte| *byte == b'\n');
    let verified = lines.try_for_each(|line| archive.line(line).map(|_| ()));
    let intact = verified.and_then(|()| archive.finish()).map_err(|damage| damage.to_string())?;
    Ok(json!({
        "space": intact.space,
        "name": intact.name,
        "incarnation": intact.incarnation,
        "size": intact.size,
        "own": intact.counts.0,
        "mirrored": intact.counts.1,
        "envelopes": intact.counts.2,
        "root": hex(&intact.root),
        "time_ms": intact.time_ms,
    }))
}

fn proof(input: &Value) -> Said {
    let proof = Proof::read(text(&input["text"])).map_err(|malformed| malformed.to_string())?;
    let proven = engine::trust::proof::verify(&proof).map_err(|why| why.code().to_owned())?;
    let about = match proven.about {
        About::Entries { link, recipient, at } => {
            json!({"link": link, "recipient": recipient, "at": at})
        }
        About::Log { size } => json!({"size": size}),
    };
    Ok(json!({
        "space": proven.space,
        "name": proven.name,
        "incarnation": proven.incarnation,
        "about": about,
        "signed": proven.signed.map(|hash| hex(&hash)),
    }))
}

fn checkpoint(context: &Value, input: &Value) -> Said {
    let note = Checkpoint::note(
        &space(&input["space"]),
        &incarnation(&input["incarnation"]),
        number(&input["size"]),
        &array(&input["root"]),
        number(&input["time_ms"]),
    );
    let keys = believed(context)?;
    let key = u32::try_from(number(&input["key"])).expect("a u32");
    let signed = keys
        .signing(key)
        .is_some_and(|key| key.verifies(note.as_bytes(), &blob(&input["signature"])));
    if signed && keys.space() == space(&input["space"]) {
        Ok(json!(note))
    } else {
        Err("the checkpoint behind it is not signed by the space".to_owned())
    }
}

fn signature(input: &Value) -> Said {
    let key = PublicKey::from_bytes(&array(&input["key"])).ok_or("weak key")?;
    let verified = key.verifies(&blob(&input["message"]), &blob(&input["signature"]));
    verified.then_some(json!(true)).ok_or("bad signature".to_owned())
}

fn disbelief(why: &Disbelief) -> String {
    match why {
        Disbelief::Malformed(malformed) => malformed.what.to_owned(),
        Disbelief::Empty => "Empty".to_owned(),
        Disbelief::Broken(number) => format!("Broken({number})"),
        Disbelief::WeakKey(number) => format!("WeakKey({number})"),
        Disbelief::BadSignature(key) => format!("BadSignature({key})"),
        Disbelief::Unstated(number) => format!("Unstated({number})"),
        Disbelief::Foreign => "Foreign".to_owned(),
    }
}

pub(crate) fn believed(context: &Value) -> Result<Keys, String> {
    keys(text(&context["certificate"]))
}

fn keys(json: &str) -> Result<Keys, String> {
    let certificate = Certificate::read(json).map_err(|malformed| malformed.what.to_owned())?;
    Keys::verify(&certificate).map_err(|why| disbelief(&why))
}

fn certificate(input: &Value) -> Said {
    let keys = keys(text(&input["json"]))?;
    let newest = keys.newest();
    Ok(json!({
        "space": keys.space().to_string(),
        "name": keys.name().as_str(),
        "fingerprint": keys.fingerprint(),
        "number": newest.number,
        "signing": hex(&newest.signing.0),
        "sealing": hex(&newest.sealing.0),
        "offer": keys.offer().map(|offer| hex(offer)),
    }))
}

fn document(context: &Value, input: &Value) -> Said {
    let keys = believed(context)?;
    let document = Document::read(text(&input["json"])).map_err(|why| why.what.to_owned())?;
    let payload = match text(&context["kind"]) {
        "offer" => keys
            .document(&document, Kind::Offer, |offer: &Offer| (offer.space, offer.key))
            .map(|offer| json!(offer)),
        "bundle" => keys
            .document(&document, Kind::Bundle, |bundle: &Bundle| {
                (bundle.release.project.space, bundle.key)
            })
            .map(|bundle| json!(bundle)),
        "receipt" => keys
            .document(&document, Kind::Receipt, |receipt: &Receipt| (receipt.space, receipt.key))
            .map(|receipt| json!(receipt)),
        kind => panic!("no document is a {kind}"),
    };
    let payload = payload.map_err(|why| disbelief(&why))?;
    Ok(json!({
        "id": document.id().to_string(),
        "signed_bytes": hex(&document.signed_bytes()),
        "payload": payload,
    }))
}

/// The code of a refusal; of a malformed envelope the part that is.
pub(crate) fn code(refusal: Refusal) -> String {
    match refusal {
        Refusal::Malformed(what) => format!("{}: {what}", refusal.code()),
        Refusal::NotForMe
        | Refusal::Reflected
        | Refusal::UnknownLink
        | Refusal::WrongOrigin
        | Refusal::UnknownKey
        | Refusal::RetiredKey
        | Refusal::BadSignature
        | Refusal::CannotOpen
        | Refusal::BrokenChain
        | Refusal::UnknownIncarnation
        | Refusal::Frozen
        | Refusal::Contradiction
        | Refusal::NotInvited
        | Refusal::TooManyJoins
        | Refusal::UnknownInvitation
        | Refusal::WrongProof
        | Refusal::InvitationUsed
        | Refusal::InvitationRevoked
        | Refusal::InvitationEnded
        | Refusal::InvitedAnother
        | Refusal::BadCertificate
        | Refusal::TrustedAlready => refusal.code().to_owned(),
    }
}

fn envelope(context: &Value, input: &Value) -> Said {
    let me = &context["recipient"];
    let seeds = Seeds {
        root: [0; 32],
        signing: array(&me["signing_seed"]),
        sealing: array(&me["sealing_seed"]),
        at_rest: [0; 32],
    };
    let identity = Identity::new(&keys(text(&me["certificate"]))?, &seeds).expect("its own keys");
    let mut keyring = Keyring::default();
    for peer in list(&context["links"]) {
        keyring.admit(link(&peer["link"]), keys(text(&peer["certificate"]))?);
    }
    let invited = context["invitations"].as_array().into_iter().flatten().map(|one| {
        let offer = array(&one["offer"]);
        let guest = one["guest"].as_str().map(|id| id.parse().expect("an id"));
        (
            text(&one["invitation"]).parse().expect("an id"),
            Invited { standing: standing(one), offer, guest },
        )
    });
    let keyring = keyring.inviting(invited.collect());
    let bytes = blob(&input["bytes"]);
    let opened = door::open(&bytes, &identity, &keyring, &mut Epochs::default());
    opened.map(|verified| shown::envelope(&verified)).map_err(code)
}

fn standing(invitation: &Value) -> Standing {
    let all = [Standing::Open, Standing::Used, Standing::Revoked, Standing::Ended];
    let said = text(&invitation["standing"]);
    all.into_iter().find(|one| one.as_str() == said).expect("a standing")
}

/// What the log in `context` makes true in the space that wrote it.
fn state(context: &Value) -> State {
    let mut state = State::default();
    for (bytes, position) in list(&context["log"]).iter().zip(1..) {
        let entry = Entry::read(&blob(bytes)).expect("an entry of the log");
        let event = entry.event().expect("an event");
        let (origin, incarnation) = if let Event::SpaceCreated(created) = &event {
            (SpaceId([0; 32]), created.incarnation)
        } else {
            (state.me(), state.incarnation.expect("begun"))
        };
        let position = Position(position);
        let id = EntryId { origin, incarnation, position };
        let at = At { id, position, header: entry.header(), here_ms: 0 };
        state.fold_own(&at, &event);
    }
    state
}

fn verdict(context: &Value, input: &Value) -> Said {
    let mut state = state(context);
    let link = link(&input["link"]);
    let (origin, _) = state.links.on(&link).expect("a link of the log");
    for came in context["came"].as_array().into_iter().flatten() {
        let came = Entry::read(&blob(came)).expect("an entry of the peer");
        state.links.wrote(&origin, came.header());
    }
    let peer = state.links.peer(&origin).expect("of that link");
    let incarnation = incarnation(&input["incarnation"]);
    let mirrored = Mirrored {
        id: EntryId { origin, incarnation, position: Position(number(&input["position"])) },
        link,
        link_incarnation: incarnation,
        link_seq: LinkSeq(number(&input["link_seq"])),
        salt: array(&input["salt"]),
        entry: blob(&input["entry"]),
    };
    match judge(&state, peer, &mirrored) {
        Verdict::Fold(_, event) => Ok(json!({"fold": event.name()})),
        Verdict::Skip(_) => Ok(json!("skip")),
        Verdict::Hold => Ok(json!("hold")),
        Verdict::Await { signer, key } => {
            Ok(json!({"await": {"signer": signer.to_string(), "key": key}}))
        }
        Verdict::Refuse(refusal) => Err(refusal.code().to_owned()),
    }
}

fn whole<T>(
    input: &Value,
    read: impl FnOnce(&mut Reader<'_>) -> Result<T, Malformed>,
    show: impl FnOnce(&T) -> Value,
) -> Said {
    let bytes = blob(&input["bytes"]);
    let mut reader = Reader::new(&bytes, "signal");
    let value = read(&mut reader);
    let value = value.and_then(|value| reader.finish().map(|()| value));
    said(value, |value| show(&value))
}

/// The fields of an object and of a hash as the vectors write them.
pub(crate) fn object(object: &ObjectId) -> Value {
    json!(object.to_string())
}

/// A hash in hex, as documents write it.
pub(crate) fn hexed(hash: &HexHash) -> Value {
    json!(hex(&hash.0))
}
