"""The header of an envelope: 330 bytes that are signed and bound to the seal."""

from dataclasses import dataclass
from typing import Any

from . import ids
from .refusal import Refused
from .wire import Reader, uint

HEADER_BYTES = 330
ENTRIES_MAX = 256
U64_MAX = 2**64 - 1
ENTRIES = 1
KEYS = 7
JOIN = 10
# Number, and the label of its key.
KINDS: dict[int, str] = {
    1: "interspace/v1/key/entries",
    2: "interspace/v1/key/ack",
    3: "interspace/v1/key/beat",
    4: "interspace/v1/key/hello",
    5: "interspace/v1/key/want",
    6: "interspace/v1/key/piece",
    7: "interspace/v1/key/keys",
    8: "interspace/v1/key/reclaim",
    9: "interspace/v1/key/returned",
    10: "interspace/v1/key/join",
}


@dataclass(frozen=True)
class Header:
    """The fields of a header, by their names in the protocol."""

    kind: int
    origin: bytes
    origin_key: int
    recipient: bytes
    recipient_key: int
    link: bytes
    incarnation: bytes
    encapsulation: bytes
    first: int
    count: int
    chain_before: bytes
    chain_after: bytes
    newest: int
    oldest: int
    checkpoint_size: int
    checkpoint_root: bytes
    checkpoint_time_ms: int
    body_length: int
    nonce: bytes

    def last(self) -> int:
        """The LinkSeq of its last entry; first - 1 when it has none."""
        return self.first + self.count - 1

    def write(self) -> bytes:
        """Its bytes."""
        return b"".join(
            [
                b"ISP1",
                uint(1, 2),
                uint(self.kind, 2),
                uint(1, 2),
                self.origin,
                uint(self.origin_key, 4),
                self.recipient,
                uint(self.recipient_key, 4),
                self.link,
                self.incarnation,
                self.encapsulation,
                uint(self.first, 8),
                uint(self.count, 4),
                self.chain_before,
                self.chain_after,
                uint(self.newest, 8),
                uint(self.oldest, 8),
                uint(self.checkpoint_size, 8),
                self.checkpoint_root,
                uint(self.checkpoint_time_ms, 8),
                uint(self.body_length, 4),
                self.nonce,
            ]
        )

    def shown(self) -> dict[str, Any]:
        """As the vectors show it."""
        as_id = {"origin", "recipient", "link", "incarnation"}
        return {
            name: (ids.show(value) if name in as_id else value.hex())
            if isinstance(value, bytes)
            else value
            for name, value in vars(self).items()
        }


def _constants(reader: Reader) -> int:
    """What must be the same in every envelope; gives the kind."""
    if reader.take(4) != b"ISP1":
        raise Refused("envelope: magic")
    if reader.uint(2) != 1:
        raise Refused("envelope: protocol version")
    kind = reader.uint(2)
    if kind not in KINDS:
        raise Refused("envelope: kind")
    if reader.uint(2) != 1:
        raise Refused("envelope: suite")
    return kind


def _check(header: Header) -> None:
    """Refuses counts, numbers and chains that cannot be."""
    holds = header.kind == ENTRIES
    if not (1 <= header.count <= ENTRIES_MAX if holds else header.count == 0):
        raise Refused("envelope: count")
    possible = (
        header.first >= 1
        and header.oldest >= 1
        and header.last() <= U64_MAX
        and (header.newest >= header.last() if holds else header.first == header.newest + 1)
    )
    if not possible:
        raise Refused("envelope: numbers")
    if not holds and header.chain_before != header.chain_after:
        raise Refused("envelope: chain")


def read(data: bytes) -> Header:
    """The header at the start of some bytes."""
    reader = Reader(data[:HEADER_BYTES], "envelope")
    if len(data) < HEADER_BYTES:
        raise Refused("envelope")
    header = Header(
        kind=_constants(reader),
        origin=reader.take(32),
        origin_key=reader.uint(4),
        recipient=reader.take(32),
        recipient_key=reader.uint(4),
        link=reader.take(32),
        incarnation=reader.take(16),
        encapsulation=reader.take(32),
        first=reader.uint(8),
        count=reader.uint(4),
        chain_before=reader.take(32),
        chain_after=reader.take(32),
        newest=reader.uint(8),
        oldest=reader.uint(8),
        checkpoint_size=reader.uint(8),
        checkpoint_root=reader.take(32),
        checkpoint_time_ms=reader.uint(8),
        body_length=reader.uint(4),
        nonce=reader.take(24),
    )
    _check(header)
    return header


def signed_bytes(header: bytes, body_hash: bytes) -> bytes:
    """What the origin signs."""
    return b"interspace/v1/envelope\x00" + header + body_hash
