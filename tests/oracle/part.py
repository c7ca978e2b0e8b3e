"""Parts: envelopes in a file, as they lie on a medium that somebody carries."""

from dataclasses import dataclass
from typing import Any

from . import derivation, envelope, ids
from .refusal import Refused
from .wire import Reader

PART_BYTES_MAX = 16_777_216
CHECKSUM_BYTES = 32
PIECE = 6
# An envelope has at least the bytes of its length.
ENVELOPE_BYTES_MIN = 4


@dataclass(frozen=True)
class Head:
    """What a part says about itself."""

    origin: bytes
    recipient: bytes
    set: bytes
    made_ms: int
    number: int
    last: int
    count: int
    length: int


def _head(reader: Reader) -> Head:
    """Checks 2 to 5."""
    if reader.take(4) != b"ISPP":
        raise Refused("not-a-part")
    if reader.uint(2) != 1:
        raise Refused("unknown-version")
    head = Head(
        origin=reader.take(32),
        recipient=reader.take(32),
        set=reader.take(16),
        made_ms=reader.uint(8),
        number=reader.uint(4),
        last=reader.uint(1),
        count=reader.uint(4),
        length=reader.uint(4),
    )
    possible = head.number and head.count and head.last <= 1
    if not possible or head.count * ENVELOPE_BYTES_MIN > head.length:
        raise Refused("bad-head")
    return head


def _envelopes(head: Head, data: bytes) -> list[bytes]:
    """As many envelopes as the head says."""
    reader = Reader(data, "bad-envelopes: the number of envelopes")
    envelopes = [reader.behind_length(PART_BYTES_MAX) for _ in range(head.count)]
    reader.end()
    return envelopes


def _check(head: Head, envelopes: list[bytes]) -> None:
    """The rest of check 8, and checks 9 and 10."""
    try:
        headers = [envelope.cut(each).header for each in envelopes]
    except Refused as error:
        raise Refused("bad-envelopes: " + error.reason.removeprefix("malformed: ")) from error
    ways = {(each.link, each.incarnation) for each in headers}
    ends = {(each.origin, each.recipient) for each in headers}
    if ends != {(head.origin, head.recipient)} or len(ways) != 1:
        raise Refused("foreign-envelope")
    if len({each.kind == PIECE for each in headers}) != 1:
        raise Refused("mixed")


def read(data: bytes) -> dict[str, Any]:
    """What a part holds, as the vectors show it."""
    if len(data) > PART_BYTES_MAX:
        raise Refused("too-large")
    reader = Reader(data, "cut")
    head = _head(reader)
    body, checksum = reader.take(head.length), reader.take(CHECKSUM_BYTES)
    if reader.left():
        raise Refused("grown")
    if derivation.h("part", data[:-CHECKSUM_BYTES]) != checksum:
        raise Refused("checksum")
    envelopes = _envelopes(head, body)
    _check(head, envelopes)
    return {
        "from": ids.show(head.origin),
        "to": ids.show(head.recipient),
        "set": ids.show(head.set),
        "made_ms": head.made_ms,
        "number": head.number,
        "last": head.last == 1,
        "envelopes": [each.hex() for each in envelopes],
    }
