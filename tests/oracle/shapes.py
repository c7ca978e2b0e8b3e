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


def actor(value: Any) -> None:
    """Who acted: policy, a person or a space."""
    if value == "policy":
        return
    _require(isinstance(value, dict) and len(value) == 1)
    [(who, inner)] = value.items()
    _require(who in ("person", "space"))
    (NAME if who == "person" else ID)(inner)


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
SNAPSHOT = fields(
    steps=list_of(fields(name=NAME, run=list_of(TEXT), timeout_s=U32)),
    templates=list_of(fields(name=NAME, label=TEXT, help=TEXT, required=flag, default=maybe(TEXT))),
    variables=list_of(fields(name=NAME, value=TEXT)),
    secrets=list_of(fields(name=NAME, scope=TEXT, commitment=BYTES_32)),
    packages=list_of(PACKAGE),
)
SIGNED = fields(
    payloadType=any_text,
    payload=any_text,
    signatures=list_of(fields(keyid=any_text, sig=any_text)),
)
STEP_DONE = fields(
    name=NAME,
    outcome=WORD,
    exit_code=maybe(sint32),
    duration_ms=U64,
    output_sha256=maybe(BYTES_32),
    output=maybe(TEXT),
    reason=maybe(TEXT),
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
        by=actor,
        disclosure=one_of("status", "summary", "full"),
        packages=list_of(PACKAGE),
        steps=list_of(STEP_DONE),
        key=U32,
    ),
}
