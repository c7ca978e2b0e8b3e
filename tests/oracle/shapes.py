"""The fields of the JSON in documents: which there are, and what each may hold."""

import re
from collections.abc import Callable
from typing import Any

from . import grammar, ids
from .refusal import Refused

Shape = Callable[[Any], None]


class Misshapen(Exception):
    """A value does not have the shape that is asked for."""


def _require(holds: object) -> None:
    if not holds:
        raise Misshapen


def text_of(accepts: Callable[[str], Any]) -> Shape:
    """A text of some grammar."""

    def check(value: Any) -> None:
        _require(isinstance(value, str))
        try:
            accepts(value)
        except Refused as error:
            raise Misshapen from error

    return check


def uint(bits: int) -> Shape:
    """A whole number from 0; JSON's `true` is none."""

    def check(value: Any) -> None:
        _require(type(value) is int and 0 <= value < 1 << bits)

    return check


def sint32(value: Any) -> None:
    """An exit code."""
    _require(type(value) is int and -(1 << 31) <= value < 1 << 31)


def flag(value: Any) -> None:
    """True or false."""
    _require(type(value) is bool)


def hex_of(size: int) -> Shape:
    """So many bytes in hexadecimal."""

    def check(value: Any) -> None:
        _require(isinstance(value, str) and re.fullmatch(f"[0-9a-fA-F]{{{2 * size}}}", value))

    return check


def maybe(shape: Shape) -> Shape:
    """Null, or a value."""

    def check(value: Any) -> None:
        if value is not None:
            shape(value)

    return check


def list_of(shape: Shape) -> Shape:
    """Any number of values."""

    def check(value: Any) -> None:
        _require(isinstance(value, list))
        for each in value:
            shape(each)

    return check


def fields(**shapes: Shape) -> Shape:
    """Exactly these fields, in any order."""

    def check(value: Any) -> None:
        _require(isinstance(value, dict) and value.keys() == shapes.keys())
        for name, shape in shapes.items():
            shape(value[name])

    return check


def one_of(*words: str) -> Shape:
    """One of these words."""

    def check(value: Any) -> None:
        _require(isinstance(value, str) and value in words)

    return check


def deployed_by(value: Any) -> None:
    """Who deployed, as far as it is disclosed: policy, a person or nobody named."""
    if value in ("policy", "undisclosed"):
        return
    _require(isinstance(value, dict) and value.keys() == {"person"})
    NAME(value["person"])


def any_text(value: Any) -> None:
    """Any text; who reads it knows more."""
    _require(isinstance(value, str))


def deployment(value: Any) -> None:
    """A place in a log: space, incarnation and Position with slashes between."""
    _require(isinstance(value, str) and value.count("/") == 2)
    space, incarnation, position = value.split("/")
    ID(space)
    INCARNATION(incarnation)
    _require(re.fullmatch("[0-9]{1,20}", position))


NAME, TEXT, ID = text_of(grammar.name), text_of(grammar.text), text_of(ids.read)
VERSION, PACKAGE_ID = text_of(grammar.version), text_of(grammar.package_id)
INCARNATION = text_of(lambda text: ids.read(text, ids.INCARNATION_BYTES))
WORD = text_of(grammar.name)
U16, U32, U64 = uint(16), uint(32), uint(64)
BYTES_32 = hex_of(32)

RELEASE = fields(project=fields(space=ID, name=NAME), version=VERSION)
PACKAGE = fields(id=PACKAGE_ID, version=VERSION, size=U64, sha256=BYTES_32, object=ID)
SCOPE = fields(
    sites=list_of(fields(space=ID, environment=maybe(NAME))),
    tenants=list_of(NAME),
    steps=list_of(NAME),
)


def work(value: Any) -> None:
    """What a step does: it runs a program, or waits for a person."""
    _require(isinstance(value, dict) and len(value) == 1)
    [(what, inner)] = value.items()
    _require(what in ("run", "manual"))
    (list_of(TEXT) if what == "run" else TEXT)(inner)


def value_type(value: Any) -> None:
    """What a value may be."""
    if isinstance(value, dict):
        fields(choice=list_of(TEXT))(value)
    else:
        one_of("text", "number", "boolean")(value)


def leaf(value: Any) -> None:
    """One part in an outline: here with its salt, or withheld with its leaf."""
    _require(isinstance(value, dict) and len(value) == 1)
    [(state, inner)] = value.items()
    _require(state in ("here", "withheld") and isinstance(inner, list) and len(inner) == 2)
    one_of("step", "template", "variable", "secret", "package")(inner[0])
    BYTES_32(inner[1])


SNAPSHOT = fields(
    channel=maybe(NAME),
    steps=list_of(
        fields(
            name=NAME,
            work=work,
            timeout_s=U32,
            retries=U32,
            retry_delay_s=U32,
            when=one_of("success", "failure", "always"),
            scope=SCOPE,
            roles=list_of(NAME),
            packages=list_of(PACKAGE_ID),
        )
    ),
    templates=list_of(
        fields(
            name=NAME,
            label=TEXT,
            help=TEXT,
            kind=value_type,
            per=one_of("environment", "tenant", "tenant-environment"),
            required=flag,
            default=maybe(TEXT),
        )
    ),
    variables=list_of(fields(name=NAME, value=TEXT, scope=SCOPE)),
    secrets=list_of(fields(name=NAME, scope=SCOPE, commitment=BYTES_32)),
    packages=list_of(PACKAGE),
)
SIGNED = fields(
    payloadType=any_text,
    payload=any_text,
    signatures=list_of(fields(keyid=any_text, sig=any_text)),
)
STEP_DONE = fields(
    name=NAME,
    target=maybe(NAME),
    outcome=WORD,
    attempts=U32,
    exit_code=maybe(sint32),
    duration_ms=U64,
    output_sha256=BYTES_32,
    output=maybe(TEXT),
    reason=maybe(TEXT),
    outputs=list_of(fields(name=NAME, value=TEXT)),
    answered_by=maybe(NAME),
)

PAYLOADS: dict[str, Shape] = {
    "key-statement": fields(
        space=ID,
        number=U32,
        name=NAME,
        genesis=fields(root=BYTES_32, suite=U16, random=BYTES_32),
        signing=BYTES_32,
        sealing=BYTES_32,
        time_ms=U64,
        revoked=list_of(fields(key=U32, incarnation=INCARNATION, size=U64)),
    ),
    "offer": fields(space=ID, key=U32, random=BYTES_32),
    "bundle": fields(
        release=RELEASE,
        digest=ID,
        revision=U32,
        targets=list_of(ID),
        source_name=NAME,
        notes=TEXT,
        snapshot=SNAPSHOT,
        outline=list_of(leaf),
        receipts=list_of(SIGNED),
        key=U32,
        time_ms=U64,
    ),
    "receipt": fields(
        space=ID,
        space_name=NAME,
        deployment=deployment,
        part_of=maybe(ID),
        release=RELEASE,
        digest=ID,
        environment=NAME,
        tenant=maybe(NAME),
        outcome=WORD,
        started_ms=U64,
        finished_ms=U64,
        restarts=U32,
        by=deployed_by,
        disclosure=one_of("status", "summary", "full"),
        packages=list_of(PACKAGE),
        targets=list_of(fields(name=NAME, up=flag, outcome=maybe(WORD))),
        steps=list_of(STEP_DONE),
        key=U32,
    ),
    "recall": fields(release=RELEASE, revision=U32, reason=TEXT, time_ms=U64, key=U32),
    "approval": fields(
        space=ID,
        release=RELEASE,
        digest=ID,
        environment=NAME,
        approved=flag,
        by=NAME,
        reason=TEXT,
        time_ms=U64,
        key=U32,
    ),
}
