"""Documents: DSSE around JSON, each type with its own fields and its own claim of whose it is."""

import json
from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import Any

from . import derivation, grammar, ids, shapes, signing
from .refusal import Refused

TYPE = "application/vnd.interspace.{}.v1+json"


@dataclass(frozen=True)
class Document:
    """A document that was read; nothing is verified yet."""

    kind: str
    payload: dict[str, Any]
    payload_bytes: bytes
    signatures: tuple[tuple[str, bytes], ...]

    def signed_bytes(self) -> bytes:
        """What its signatures are over."""
        kind = TYPE.format(self.kind).encode()
        length = len(self.payload_bytes)
        return b"DSSEv1 %d %s %d " % (len(kind), kind, length) + self.payload_bytes

    def id(self) -> str:
        """Its id."""
        return ids.show(derivation.document_id(TYPE.format(self.kind), self.payload_bytes))

    def space(self) -> str:
        """Whose it says it is."""
        if self.kind in ("bundle", "recall"):
            return grammar.space(self.payload["release"]["project"]["space"])
        return grammar.space(self.payload["space"])

    def is_signed(self, keyid: str, key: bytes) -> bool:
        """Whether a signature with this number is right."""
        message = self.signed_bytes()
        return any(
            signing.verifies(key, message, signature)
            for number, signature in self.signatures
            if number == keyid
        )


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a field is there twice")
    return dict(pairs)


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def parse(text: str, reason: str) -> Any:
    """JSON without repeated fields, without what only Python takes for JSON."""
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Refused(reason) from error


def require(shape: shapes.Shape, value: Any, reason: str) -> None:
    """Refuses what has another shape."""
    try:
        shape(value)
    except shapes.Misshapen as error:
        raise Refused(reason) from error


def _base64(text: str, reason: str) -> bytes:
    try:
        raw = b64decode(text, validate=True)
    except ValueError as error:
        raise Refused(reason) from error
    # There is one way to write some bytes; Python would let unused bits be anything.
    if b64encode(raw).decode("ascii") != text:
        raise Refused(reason)
    return raw


def open_envelope(value: Any, kind: str, reason: str = "document") -> Document:
    """The document in a JSON value that is already parsed."""
    require(shapes.SIGNED, value, reason)
    raw = _base64(value["payload"], reason)
    signatures = tuple(
        (each["keyid"], _base64(each["sig"], reason)) for each in value["signatures"]
    )
    if value["payloadType"] != TYPE.format(kind):
        raise Refused("document: payload type")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused("document: payload") from error
    payload = parse(text, "document: payload")
    require(shapes.PAYLOADS[kind], payload, "document: payload")
    return Document(kind, payload, raw, signatures)


def read(text: str, kind: str) -> Document:
    """The document of this kind in a JSON text."""
    try:
        grammar.document(text)
    except Refused as error:
        raise Refused("document") from error
    return open_envelope(parse(text, "document"), kind)
