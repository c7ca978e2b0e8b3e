//! Objects as the vectors show them: plain JSON, bytes as hex, ids as base32.

use crate::doors::{hexed, object};
use engine::trust::door::{Content, Verified};
use engine::trust::invitation::id_of;
use schema::id::{EntryId, hex};
use schema::latest::{
    Ack, Actor, AtRest, Audience, Beat, Carried, Checkpoint, Commitment, Entry, EnvelopeHeader,
    Event, HandedSecret, Invitation, Join, KeptSecret, Mark, Part, Piece, Reclaim, Record,
    Returned, Want,
};
use schema::v1::event::{Change, Cut, Definition, Kept, PastLife};
use schema::v1::model::{Disclosure, Grant, Package};
use serde_json::{Value, json};

pub(crate) fn entry(entry: &Entry) -> Value {
    let header = entry.header();
    let causation = header.causation.map(|id| {
        json!({
            "origin": id.origin,
            "incarnation": id.incarnation,
            "position": id.position,
        })
    });
    let actor = match &header.actor {
        Actor::Policy => json!("policy"),
        Actor::Person(name) => json!({"person": name}),
        Actor::Space(space) => json!({"space": space}),
    };
    let audience = match &header.audience {
        Audience::Internal => json!("internal"),
        Audience::Link(link) => json!({"link": link}),
    };
    let event = match entry.event() {
        Ok(event) => self::event(&event),
        Err(malformed) => json!({"malformed": malformed.what}),
    };
    json!({
        "kind": header.kind,
        "version": header.version,
        "flags": header.flags,
        "time_ms": header.time_ms,
        "command": header.command,
        "correlation": header.correlation,
        "causation": causation,
        "actor": actor,
        "audience": audience,
        "payload": hex(entry.payload()),
        "event": event,
    })
}

pub(crate) fn reclaim(reclaim: &Reclaim) -> Value {
    json!([reclaim.incarnation.to_string(), reclaim.after])
}

pub(crate) fn returned(returned: &Returned) -> Value {
    let run = returned.run.as_ref().map(|(evidence, entries)| {
        let entries: Vec<Value> = entries.iter().map(carried).collect();
        json!([hex(&evidence.header), hex(&evidence.body_hash), hex(&evidence.signature), entries])
    });
    json!([returned.incarnation.to_string(), returned.newest, run])
}

fn carried(carried: &Carried) -> Value {
    json!({
        "incarnation": carried.incarnation,
        "position": carried.position,
        "salt": hex(&carried.salt),
        "entry": hex(&carried.entry),
    })
}

pub(crate) fn join(join: &Join) -> Value {
    json!([join.invitation.to_string(), hex(&join.proof), join.certificate])
}

/// What a token says, and whose it is.
pub(crate) fn invitation(invitation: &Invitation) -> Value {
    json!({
        "certificate": invitation.certificate,
        "ends_ms": invitation.ends_ms,
        "secret": hex(&invitation.secret),
        "invitation": id_of(&invitation.secret).to_string(),
    })
}

fn past(life: &PastLife) -> Value {
    json!([life.incarnation.to_string(), life.at, hex(&life.chain)])
}

fn kept(kept: &Kept) -> Value {
    json!([kept.link.to_string(), kept.at, hex(&kept.chain)])
}

fn cut(cut: &Cut) -> Value {
    json!([cut.incarnation.to_string(), cut.at, hex(&cut.chain)])
}

/// The name of an event and its fields in the order of their bytes.
pub(crate) fn event(event: &Event) -> Value {
    let fields = fields(event);
    json!({"event": event.name(), "fields": fields})
}

#[rustfmt::skip]
fn fields(event: &Event) -> Value {
    match event {
        Event::SpaceCreated(e) => json!([e.certificate, e.incarnation]),
        Event::LinkOffered(e) => json!([e.offer]),
        Event::PeerTrusted(e) => json!([e.peer, e.name, e.link, e.certificate, grants(&e.grants)]),
        Event::IncarnationDeclared(e) => json!([
            e.incarnation.to_string(),
            e.predecessor.to_string(),
            e.size,
            hex(&e.root),
            e.links.iter().map(kept).collect::<Vec<_>>(),
        ]),
        Event::IncarnationBegan(e) => json!([
            e.incarnation.to_string(),
            e.lives.iter().map(past).collect::<Vec<_>>(),
            e.size,
            hex(&e.root),
        ]),
        Event::KeysStated(e) => json!([e.statement]),
        Event::PeerStated(e) => json!([e.peer, e.statements, e.cut.as_ref().map(cut)]),
        Event::GrantsChanged(e) => json!([e.link, grants(&e.grants), e.from, e.sending_from]),
        Event::GrantsPublished(e) => json!([grants(&e.grants)]),
        Event::LinkRevoked(e) => json!([e.link, e.received, e.sent]),
        Event::LinkContradicted(e) =>
            json!([e.link, e.at, hex(&e.header), hex(&e.body_hash), hex(&e.signature),
                e.entries.iter().map(commitment).collect::<Vec<_>>()]),
        Event::ConfigurationApplied(e) => json!([e.changes.iter().map(change).collect::<Vec<_>>()]),
        Event::TokenCreated(e) =>
            json!([e.id, e.user, e.name, hex(&e.hash), e.scope, e.expires_ms]),
        Event::TokenRevoked(e) => json!([e.id]),
        Event::SecretSet(e) => json!([e.project, e.name, e.scope, at_rest(&e.sealed)]),
        Event::SecretUnset(e) => json!([e.project, e.name, e.scope]),
        Event::SecretsKept(e) => json!([e.bundle, e.release, kept_secrets(&e.secrets)]),
        Event::InvitationMade(e) =>
            json!([e.invitation, e.offer, e.guest, e.name, grants(&e.grants), e.ends_ms]),
        Event::InvitationRevoked(e) => json!([e.invitation]),
        Event::InvitationUsed(e) => json!([e.invitation, e.peer, hex(&e.proof)]),
        Event::InvitationAccepted(e) =>
            json!([e.invitation, e.peer, e.offer, hex(&e.proof), e.ends_ms]),
        Event::PackagePushed(e) => package(&e.package),
        Event::ReleaseCreated(e) => json!([
            e.project, e.version, e.revision, e.notes, e.snapshot, hex(&e.blind), e.digest,
            kept_secrets(&e.secrets),
        ]),
        Event::ReleasePromoted(e) => json!([
            e.release, e.digest, e.target, e.bundle, e.receipts,
            e.secrets.iter().map(handed).collect::<Vec<_>>(),
        ]),
        Event::ReleaseAccepted(e) => json!([e.bundle, e.release, e.lifecycle, e.values]),
        Event::ReleaseRejected(e) => json!([e.bundle, e.release, e.reason]),
        Event::PromotionAnswered(e) => json!([e.bundle, e.release, e.rejected]),
        Event::PackageArrived(e) => json!([object(&e.object), e.size]),
        Event::EnvironmentsPublished(e) => json!([e.environments]),
        Event::DeploymentStarted(e) =>
            json!([e.release, e.digest, e.environment, e.tenant, e.variables, e.restarts]),
        Event::DeploymentFinished(e) => json!([e.deployment, e.receipt]),
        Event::DeploymentReported(e) => json!([e.receipt]),
        Event::ManualStepReached(e) => json!([e.deployment, e.step]),
        Event::ManualStepAnswered(e) => json!([e.deployment, e.step, e.done, e.note]),
        Event::DeploymentCancelled(e) => json!([e.deployment, e.reason]),
        Event::ReleaseRecalled(e) => json!([e.recall]),
        Event::ApprovalGiven(e) => json!([e.approval]),
        Event::FreezeMade(e) =>
            json!([e.name, e.projects, e.environments, e.from_ms, e.until_ms, e.reason]),
        Event::FreezeLifted(e) => json!([e.name, e.reason]),
        Event::GateBypassed(e) =>
            json!([e.release, e.digest, e.place, e.tenant, e.gates, e.reason]),
        Event::PolicySet(e) => json!([e.rule, e.reason]),
        Event::PolicyLifted(e) => json!([e.rule]),
        Event::PromotionRequested(e) => json!([e.release, e.digest, e.target]),
        Event::Unknown { kind, version, must_understand } =>
            json!([kind, version, must_understand]),
    }
}

fn at_rest(sealed: &AtRest) -> Value {
    json!([sealed.key, hex(&sealed.nonce), hex(&sealed.sealed)])
}

fn kept_secrets(kept: &[KeptSecret]) -> Value {
    let shown = kept.iter().map(|kept| {
        let EntryId { origin, incarnation, position } = kept.from;
        json!([origin, incarnation.to_string(), position, at_rest(&kept.sealed)])
    });
    Value::from(shown.collect::<Vec<_>>())
}

fn handed(handed: &HandedSecret) -> Value {
    let HandedSecret { index, recipient, key, encapsulation, sealed } = handed;
    json!([index, recipient, key, hex(encapsulation), hex(sealed)])
}

fn commitment(entry: &Commitment) -> Value {
    json!([entry.incarnation, entry.position, hex(&entry.commit)])
}

fn package(package: &Package) -> Value {
    json!([
        package.id,
        package.version,
        package.size,
        hexed(&package.sha256),
        object(&package.object),
    ])
}

fn grants(grants: &[Grant]) -> Value {
    let shown = grants.iter().map(|grant| match grant {
        Grant::AcceptReleases(name) => json!({"accept_releases": name}),
        Grant::AcceptResults => json!("accept_results"),
        Grant::SendResults(level) => json!({"send_results": word(*level)}),
        Grant::Relay => json!("relay"),
    });
    Value::from(shown.collect::<Vec<_>>())
}

const fn word(level: Disclosure) -> &'static str {
    match level {
        Disclosure::Status => "status",
        Disclosure::Summary => "summary",
        Disclosure::Full => "full",
    }
}

fn change(change: &Change) -> Value {
    match change {
        Change::Put(definition) => json!({"put": self::definition(definition)}),
        Change::Remove(kind, key) => json!({"remove": [kind.as_str(), key]}),
    }
}

fn definition(definition: &Definition) -> Value {
    match definition {
        Definition::Environment(environment) => json!({"environment": environment}),
        Definition::Lifecycle(lifecycle) => json!({"lifecycle": lifecycle}),
        Definition::Project(project) => json!({"project": project}),
        Definition::Acceptance(rule) => json!({"acceptance": rule}),
        Definition::Tenant(tenant) => json!({"tenant": tenant}),
        Definition::User(user) => json!({"user": [user.name, hex(&user.token), user.roles]}),
    }
}

pub(crate) fn record(record: &Record) -> Value {
    let kind = match record {
        Record::Own(_) => "own",
        Record::Mirrored(_) => "mirrored",
        Record::Evidence(_) => "evidence",
    };
    json!({"kind": kind, "leaf": hex(&record.leaf())})
}

pub(crate) fn checkpoint(checkpoint: &Checkpoint) -> Value {
    json!({
        "size": checkpoint.size,
        "root": hex(&checkpoint.root),
        "time_ms": checkpoint.time_ms,
        "key": checkpoint.key,
        "signature": hex(&checkpoint.signature),
    })
}

fn mark(mark: &Mark) -> Value {
    json!({"start": hex(&mark.start), "count": mark.count})
}

pub(crate) fn beat(beat: &Beat) -> Value {
    json!({
        "mark": mark(&beat.mark),
        "echo": mark(&beat.echo),
        "interval_ms": beat.interval_ms,
        "time_ms": beat.time_ms,
    })
}

pub(crate) fn ack(ack: &Ack) -> Value {
    json!({
        "incarnation": ack.incarnation,
        "acknowledged": ack.acknowledged,
        "chain": hex(&ack.chain),
        "applied": ack.applied,
        "ranges": ack.ranges,
        "credit_bytes": ack.credit_bytes,
        "credit_envelopes": ack.credit_envelopes,
        "schema": ack.schema,
        "echo": mark(&ack.echo),
    })
}

pub(crate) fn want(want: &Want) -> Value {
    json!({"object": object(&want.object), "offsets": want.offsets})
}

pub(crate) fn piece(piece: &Piece) -> Value {
    json!({
        "object": object(&piece.object),
        "total": piece.total,
        "offset": piece.offset,
        "bytes": hex(&piece.bytes),
    })
}

pub(crate) fn part(part: &Part) -> Value {
    let envelopes: Vec<String> = part.envelopes.iter().map(|envelope| hex(envelope)).collect();
    json!({
        "from": part.head.from,
        "to": part.head.to,
        "set": part.head.set,
        "made_ms": part.head.made_ms,
        "number": part.head.number,
        "last": part.head.last,
        "envelopes": envelopes,
    })
}

fn header(header: &EnvelopeHeader) -> Value {
    json!({
        "kind": header.kind.number(),
        "origin": header.origin,
        "origin_key": header.origin_key,
        "recipient": header.recipient,
        "recipient_key": header.recipient_key,
        "link": header.link,
        "incarnation": header.incarnation,
        "encapsulation": hex(&header.encapsulation),
        "first": header.first,
        "count": header.count,
        "chain_before": hex(&header.chain_before),
        "chain_after": hex(&header.chain_after),
        "newest": header.newest,
        "oldest": header.oldest,
        "checkpoint_size": header.checkpoint_size,
        "checkpoint_root": hex(&header.checkpoint_root),
        "checkpoint_time_ms": header.checkpoint_time_ms,
        "body_length": header.body_length,
        "nonce": hex(&header.nonce),
    })
}

pub(crate) fn envelope(verified: &Verified) -> Value {
    let content = match verified.content() {
        Content::Entries(entries) => {
            json!({"entries": entries.iter().map(carried).collect::<Vec<_>>()})
        }
        Content::Ack(ack) => json!({"ack": self::ack(ack)}),
        Content::Beat(beat) => json!({"beat": self::beat(beat)}),
        Content::Hello(beat, ack) => json!({"hello": [self::beat(beat), self::ack(ack)]}),
        Content::Want(want) => json!({"want": self::want(want)}),
        Content::Piece(piece) => json!({"piece": self::piece(piece)}),
        Content::Reclaim(reclaim) => json!({"reclaim": self::reclaim(reclaim)}),
        Content::Returned(returned) => json!({"returned": self::returned(returned)}),
        Content::Join(guest) => json!({"join": guest.as_ref().map(|guest| join(&guest.join))}),
        Content::Keys(told) => json!({"keys": [told.statements, told.cut.as_ref().map(cut)]}),
    };
    let evidence = verified.evidence();
    json!({
        "header": header(verified.header()),
        "body_hash": hex(&evidence.body_hash),
        "signature": hex(&evidence.signature),
        "content": content,
    })
}
