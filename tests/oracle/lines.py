"""Files of JSON that have exactly one form: what was understood is written again and compared."""

import json
from base64 import b64decode, b64encode
from typing import Any

from . import document, ids, shapes
from .refusal import Refused

LINE_BYTES_MAX = 67_108_864
HEAD = shapes.fields(
    archive=shapes.any_text,
    space=shapes.ID,
    incarnation=shapes.INCARNATION,
    size=shapes.U64,
    root=shapes.BYTES_32,
)
BLOCK = shapes.fields(first=shapes.U64, block=shapes.any_text)


def binary(text: str, reason: str) -> bytes:
    """What is in padded base64; that it has one form, the comparison finds."""
    try:
        return b64decode(text, validate=True)
    except ValueError as error:
        raise Refused(reason) from error


def same(raw: bytes, understood: Any, reason: str) -> None:
    """Refuses a line that is not what was understood of it."""
    text = json.dumps(understood, separators=(",", ":"), ensure_ascii=False)
    if (text + "\n").encode("utf-8") != raw:
        raise Refused(reason)


def parse(raw: bytes, shape: shapes.Shape, reason: str) -> Any:
    """The JSON of a line, if it has this shape."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused(reason) from error
    value = document.parse(text, reason)
    document.require(shape, value, reason)
    return value


def head(raw: bytes) -> dict[str, Any]:
    """The first line of an archive."""
    reason = "malformed archive: head"
    told = parse(raw, HEAD, reason)
    if told["archive"] != "interspace/v1":
        raise Refused("malformed archive: version")
    understood = {
        "archive": told["archive"],
        "space": ids.show(ids.read(told["space"])),
        "incarnation": ids.show(ids.read(told["incarnation"], ids.INCARNATION_BYTES)),
        "size": told["size"],
        "root": told["root"].lower(),
    }
    same(raw, understood, reason)
    return understood


def block(raw: bytes) -> tuple[int, bytes]:
    """Any other line of an archive: where its block begins, and the block."""
    reason = "malformed archive: block"
    told = parse(raw, BLOCK, reason)
    data = binary(told["block"], reason)
    same(raw, {"first": told["first"], "block": b64encode(data).decode("ascii")}, reason)
    return told["first"], data
