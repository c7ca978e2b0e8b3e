"""The table of events: whoever adds one to EVENTS.md adds its line here, and nothing else."""

from dataclasses import dataclass
from typing import Any

from . import payload
from .payload import (
    HASH,
    ID,
    INCARNATION,
    NAME,
    PACKAGE_ID,
    TEXT,
    U16,
    U32,
    U64,
    VERSION,
    Bool,
    Bytes,
    Certificate,
    Document,
    Fields,
    Fixed,
    Form,
    KeyStatement,
    ListOf,
    Named,
    Octets,
    OneOf,
    Option,
    Pattern,
)
from .refusal import Refused

RELEASE = Named(project=Named(space=ID, name=NAME), version=VERSION)
SITE = Named(space=ID, environment=Option(NAME))
PARTS_SCOPE = Named(sites=ListOf(SITE), tenants=ListOf(NAME), steps=ListOf(NAME))
WHERE = Named(
    environments=ListOf(Pattern()),
    tenants=ListOf(NAME),
    channels=ListOf(NAME),
    steps=ListOf(NAME),
)
WORK = OneOf(run=ListOf(TEXT), manual=TEXT)
CONDITION = OneOf(success=None, failure=None, always=None)
TYPE = OneOf(text=None, number=None, boolean=None, choice=ListOf(TEXT))
PER = OneOf(**dict.fromkeys(("environment", "tenant", "tenant-environment")))


def _step(scope: Form) -> Named:
    return Named(
        name=NAME,
        work=WORK,
        timeout_s=U32,
        retries=U32,
        retry_delay_s=U32,
        when=CONDITION,
        scope=scope,
        roles=ListOf(NAME),
        packages=ListOf(PACKAGE_ID),
    )


def _variable(scope: Form) -> Named:
    return Named(name=NAME, value=TEXT, scope=scope)


STEP, VARIABLE = _step(PARTS_SCOPE), _variable(PARTS_SCOPE)
TEMPLATE = Named(
    name=NAME,
    label=TEXT,
    help=TEXT,
    kind=TYPE,
    per=PER,
    required=Bool(),
    default=Option(TEXT),
)
VALUE = Named(
    template=NAME, environment=Option(NAME), tenant=Option(NAME), value=Option(TEXT)
)
BOUND = Named(name=NAME, value=TEXT, steps=ListOf(NAME))
SECRET = Named(name=NAME, scope=PARTS_SCOPE, commitment=HASH)
PACKAGE = Named(id=PACKAGE_ID, version=VERSION, size=U64, sha256=HASH, object=ID)
SNAPSHOT = Named(
    channel=Option(NAME),
    steps=ListOf(STEP),
    templates=ListOf(TEMPLATE),
    variables=ListOf(VARIABLE),
    secrets=ListOf(SECRET),
    packages=ListOf(PACKAGE),
)
AT_REST = Fields(U32, Fixed(24, False), Bytes())
KEPT_SECRET = Fields(ID, INCARNATION, U64, AT_REST)
HANDED = Fields(U32, ID, U32, HASH, Bytes())
COMMITMENT = Fields(INCARNATION, U64, HASH)
CUT = Fields(INCARNATION, U64, HASH)
LIFE = Fields(INCARNATION, U64, HASH)
KEPT = Fields(ID, U64, HASH)
DISCLOSURE = OneOf(status=None, summary=None, full=None)
GRANT = OneOf(
    accept_releases=NAME, accept_results=None, send_results=DISCLOSURE, relay=None
)
ROLE = OneOf(
    **dict.fromkeys(
        ("viewer", "deployer", "release-manager", "approver", "space-owner", "auditor")
    )
)
ASSIGNMENT = Named(role=ROLE, project=Pattern(), environment=Pattern())
SCOPE = Named(roles=ListOf(ROLE), project=Pattern(), environment=Pattern())
KIND = OneOf(
    environment=None, lifecycle=None, project=None, acceptance=None, user=None, tenant=None
)
ENVIRONMENT = Named(
    name=NAME,
    targets=ListOf(Named(name=NAME, roles=ListOf(NAME), health=ListOf(TEXT))),
    when_down=OneOf(Fail=None, Skip=None),
    approval=Option(Named(quorum=U32, per=OneOf(Release=None, Deployment=None))),
    windows=ListOf(Named(days=Octets(), from_min=U16, until_min=U16)),
)
PHASE = Named(
    name=NAME,
    environments=ListOf(Pattern()),
    spaces=ListOf(NAME),
    onward=ListOf(NAME),
    automatic=Bool(),
    minimum=Option(U32),
    optional=Bool(),
    soak_s=U32,
)
VERSIONS = Named(
    **{"from": Option(VERSION)}, below=Option(VERSION), pre_release=Option(NAME)
)
PROJECT = Named(
    name=NAME,
    lifecycle=NAME,
    channels=ListOf(Named(name=NAME, lifecycle=Option(NAME), versions=VERSIONS)),
    packages=ListOf(PACKAGE_ID),
    steps=ListOf(_step(WHERE)),
    templates=ListOf(TEMPLATE),
    variables=ListOf(_variable(WHERE)),
    secrets=ListOf(Named(name=NAME, scope=WHERE)),
    values=ListOf(VALUE),
)
ACCEPTANCE = Named(
    **{"from": NAME}, project=NAME, lifecycle=NAME, automatic=Bool(), values=ListOf(VALUE)
)
DEFINITION = OneOf(
    environment=ENVIRONMENT,
    lifecycle=Named(name=NAME, phases=ListOf(PHASE)),
    project=PROJECT,
    acceptance=ACCEPTANCE,
    user=Fields(NAME, HASH, ListOf(ASSIGNMENT)),
    tenant=Named(name=NAME, projects=ListOf(Pattern()), environments=ListOf(NAME)),
)
RULE = OneOf(
    pause=Named(project=Pattern(), place=Pattern()),
    pin=Named(project=Pattern(), environment=NAME, version=VERSION),
    skip=Named(place=Pattern()),
)
CHANGE = OneOf(put=DEFINITION, remove=Fields(KIND, TEXT))


@dataclass(frozen=True)
class Event:
    """One form of one event: what stands in the tables of EVENTS.md."""

    name: str
    must_understand: bool
    crosses: bool
    fields: dict[str, Form]

    def form(self) -> Fields:
        """The form of the whole payload."""
        return Fields(*self.fields.values())


MUST, CROSSES = 1, 2


def _event(name: str, marks: int, /, **fields: Form) -> Event:
    return Event(name, bool(marks & MUST), bool(marks & CROSSES), fields)


EVENTS: dict[tuple[int, int], Event] = {
    (1, 1): _event("space.created", MUST, certificate=Certificate(), incarnation=INCARNATION),
    (2, 1): _event("link.offered", MUST, offer=Document("offer")),
    (3, 1): _event(
        "peer.trusted", MUST,
        peer=ID, name=NAME, link=ID, certificate=Certificate(), grants=ListOf(GRANT),
    ),
    (4, 1): _event(
        "grants.changed", MUST,
        link=ID, grants=ListOf(GRANT), **{"from": U64}, sending_from=U64,
    ),
    (5, 1): _event(
        "link.contradicted", MUST,
        link=ID, at=U64, header=Bytes(), body_hash=HASH, signature=Fixed(64, False),
        entries=ListOf(COMMITMENT),
    ),
    (6, 1): _event("keys.stated", MUST, statement=KeyStatement()),
    (7, 1): _event(
        "peer.stated", MUST, peer=ID, statements=ListOf(KeyStatement()), cut=Option(CUT)
    ),
    (9, 1): _event("link.revoked", MUST, link=ID, received=U64, sent=U64),
    (10, 1): _event("configuration.applied", MUST, changes=ListOf(CHANGE)),
    (11, 1): _event(
        "incarnation.declared", MUST,
        incarnation=INCARNATION, predecessor=INCARNATION, size=U64, root=HASH, links=ListOf(KEPT),
    ),
    (12, 1): _event(
        "incarnation.began", MUST | CROSSES,
        incarnation=INCARNATION, lives=ListOf(LIFE), size=U64, root=HASH,
    ),
    (13, 1): _event(
        "token.created", MUST,
        id=INCARNATION, user=NAME, name=NAME, hash=HASH, scope=SCOPE, expires=Option(U64),
    ),
    (14, 1): _event("token.revoked", MUST, id=INCARNATION),
    (16, 1): _event("secret.set", MUST, project=NAME, name=NAME, scope=WHERE, sealed=AT_REST),
    (17, 1): _event("secret.unset", MUST, project=NAME, name=NAME, scope=WHERE),
    (20, 1): _event(
        "package.pushed", 0, id=PACKAGE_ID, version=VERSION, size=U64, sha256=HASH, object=ID
    ),
    (21, 1): _event(
        "release.created", 0,
        project=NAME, version=VERSION, revision=U32, notes=TEXT, snapshot=SNAPSHOT, blind=HASH,
        digest=ID, secrets=ListOf(KEPT_SECRET),
    ),
    (22, 1): _event(
        "release.promoted", MUST | CROSSES,
        release=RELEASE, digest=ID, target=ID, bundle=Document("bundle"),
        receipts=ListOf(Document("receipt")), secrets=ListOf(HANDED),
    ),
    (23, 1): _event(
        "release.accepted", 0, bundle=ID, release=RELEASE, lifecycle=NAME, values=ListOf(VALUE)
    ),
    (24, 1): _event("release.rejected", 0, bundle=ID, release=RELEASE, reason=TEXT),
    (25, 1): _event(
        "promotion.answered", CROSSES, bundle=ID, release=RELEASE, rejected=Option(TEXT)
    ),
    (26, 1): _event("package.arrived", 0, object=ID, size=U64),
    (27, 1): _event("environments.published", CROSSES, environments=ListOf(NAME)),
    (28, 1): _event("grants.published", CROSSES, grants=ListOf(GRANT)),
    (29, 1): _event("secrets.kept", 0, bundle=ID, release=RELEASE, secrets=ListOf(KEPT_SECRET)),
    (30, 1): _event(
        "deployment.started", 0,
        release=RELEASE, digest=ID, environment=NAME, tenant=Option(NAME),
        variables=ListOf(BOUND), restarts=U32,
    ),
    (31, 1): _event("deployment.finished", 0, deployment=U64, receipt=Document("receipt")),
    (32, 1): _event("deployment.reported", CROSSES, receipt=Document("receipt")),
    (33, 1): _event("manual-step.reached", 0, deployment=U64, step=NAME),
    (34, 1): _event(
        "manual-step.answered", 0, deployment=U64, step=NAME, done=Bool(), note=TEXT
    ),
    (35, 1): _event("deployment.cancelled", 0, deployment=U64, reason=TEXT),
    (36, 1): _event("release.recalled", MUST | CROSSES, recall=Document("recall")),
    (39, 1): _event(
        "invitation.made", MUST,
        invitation=ID, offer=Document("offer"), guest=Option(ID), name=Option(NAME),
        grants=ListOf(GRANT), ends=U64,
    ),
    (40, 1): _event("invitation.revoked", MUST, invitation=ID),
    (41, 1): _event("invitation.used", MUST, invitation=ID, peer=ID, proof=Fixed(64, False)),
    (42, 1): _event(
        "invitation.accepted", MUST,
        invitation=ID, peer=ID, offer=Document("offer"), proof=Fixed(64, False), ends=U64,
    ),
    (43, 1): _event("approval.given", MUST, approval=Document("approval")),
    (44, 1): _event(
        "freeze.made", MUST,
        name=NAME, projects=ListOf(Pattern()), environments=ListOf(Pattern()),
        from_ms=U64, until_ms=Option(U64), reason=TEXT,
    ),
    (45, 1): _event("freeze.lifted", MUST, name=NAME, reason=TEXT),
    (46, 1): _event(
        "gate.bypassed", 0,
        release=RELEASE, digest=ID, place=NAME, tenant=Option(NAME), gates=ListOf(TEXT),
        reason=TEXT,
    ),
    (47, 1): _event("policy.set", MUST, rule=RULE, reason=TEXT),
    (48, 1): _event("policy.lifted", MUST, rule=RULE),
    (49, 1): _event("promotion.requested", 0, release=RELEASE, digest=ID, target=ID),
}  # fmt: skip


@dataclass(frozen=True)
class Told:
    """An event that was read: its line of the table, and its fields by name."""

    event: Event
    fields: dict[str, Any]

    def shown(self) -> dict[str, Any]:
        """As the vectors show it."""
        return {"event": self.event.name, "fields": list(self.fields.values())}

    def parts(self, wanted: type[Form]) -> list[tuple[Any, Any]]:
        """Every certificate, or every document, in it."""
        return list(self.event.form().parts(list(self.fields.values()), wanted))


def read(kind: int, version: int, flags: int, data: bytes) -> Told | None:
    """The event of an entry; None if this kind or version of it is not known."""
    event = EVENTS.get((kind, version))
    if event is None:
        return None
    if flags != int(event.must_understand):
        raise Refused("event: flags")
    values = payload.read(event.form(), data, event.name)
    return Told(event, dict(zip(event.fields, values, strict=True)))


def write(name: str, fields: dict[str, Any]) -> tuple[int, int, int, bytes]:
    """Kind, version, flags and payload of an event."""
    for (kind, version), event in EVENTS.items():
        if event.name == name:
            values = [fields[field] for field in event.fields]
            return kind, version, int(event.must_understand), event.form().write(values)
    raise KeyError(name)
