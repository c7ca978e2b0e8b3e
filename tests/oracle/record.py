"""Records and blocks: what a log consists of."""

from dataclasses import dataclass

from . import derivation
from .entry import ENTRY_BYTES_MAX
from .refusal import Refused
from .wire import Reader, behind_length, uint

RECORD_BYTES_MAX = ENTRY_BYTES_MAX + 4096


@dataclass(frozen=True)
class Own:
    """An entry that this log's space wrote."""

    salt: bytes
    entry: bytes

    def leaf(self) -> bytes:
        """Its leaf in the tree."""
        return derivation.leaf_own(derivation.commit(self.salt, self.entry))

    def write(self) -> bytes:
        """Its bytes."""
        return b"\x01" + self.salt + self.entry


@dataclass(frozen=True)
class Mirrored:
    """An entry that a peer wrote, with where it stands in the peer's log and on the link."""

    origin: bytes
    incarnation: bytes
    position: int
    link: bytes
    link_incarnation: bytes
    link_seq: int
    salt: bytes
    entry: bytes

    def commit(self) -> bytes:
        """What the chain says about its content."""
        return derivation.commit(self.salt, self.entry)

    def identity(self) -> bytes:
        """Where it stands, as record and leaf have it."""
        return b"".join(
            [
                self.origin,
                self.incarnation,
                uint(self.position, 8),
                self.link,
                self.link_incarnation,
                uint(self.link_seq, 8),
            ]
        )

    def leaf(self) -> bytes:
        """Its leaf in the tree."""
        return derivation.leaf_mirrored(self.identity(), self.commit())

    def write(self) -> bytes:
        """Its bytes."""
        return b"\x02" + self.identity() + self.salt + self.entry


@dataclass(frozen=True)
class Evidence:
    """What remains of an envelope: enough to prove who sent it, and over which chain."""

    header: bytes
    body_hash: bytes
    signature: bytes

    def leaf(self) -> bytes:
        """Its leaf in the tree."""
        return derivation.leaf_evidence(self.header, self.body_hash, self.signature)

    def write(self) -> bytes:
        """Its bytes."""
        return b"\x03" + behind_length(self.header) + self.body_hash + self.signature


Record = Own | Mirrored | Evidence


@dataclass(frozen=True)
class Checkpoint:
    """What the space signed about its log at the end of a block."""

    size: int
    root: bytes
    time_ms: int
    key: int
    signature: bytes


@dataclass(frozen=True)
class Block:
    """One durable append: records with their leaves, and a checkpoint."""

    first: int
    records: list[Record]
    leaves: list[bytes]
    checkpoint: Checkpoint

    def write(self) -> bytes:
        """Its bytes."""
        end = self.checkpoint
        pairs = zip(self.records, self.leaves, strict=True)
        return b"".join(
            [
                b"\x01",
                uint(self.first, 8),
                uint(len(self.records), 4),
                *(behind_length(record.write()) + leaf for record, leaf in pairs),
                uint(end.size, 8),
                end.root,
                uint(end.time_ms, 8),
                uint(end.key, 4),
                end.signature,
            ]
        )


def read(data: bytes) -> Record:
    """The record that is exactly these bytes."""
    reader = Reader(data, "record")
    match reader.uint(1):
        case 1:
            return Own(reader.take(16), reader.take(reader.left()))
        case 2:
            return _mirrored(reader)
        case 3:
            evidence = Evidence(
                reader.behind_length(RECORD_BYTES_MAX), reader.take(32), reader.take(64)
            )
            reader.end()
            return evidence
        case _:
            raise Refused("record")


def _mirrored(reader: Reader) -> Mirrored:
    return Mirrored(
        origin=reader.take(32),
        incarnation=reader.take(16),
        position=reader.uint(8),
        link=reader.take(32),
        link_incarnation=reader.take(16),
        link_seq=reader.uint(8),
        salt=reader.take(16),
        entry=reader.take(reader.left()),
    )


def kind(record: Record) -> str:
    """The word for the kind of a record."""
    return type(record).__name__.lower()


def read_block(data: bytes, first: int) -> Block:
    """The block that begins at the Position `first`; each record matches its leaf."""
    reader = Reader(data, f"Position {first}: the block is cut short or too long")
    if reader.uint(1) != 1:
        raise Refused(f"Position {first}: the block has an unknown form")
    if reader.uint(8) != first:
        raise Refused(f"Position {first}: the block claims another place")
    records: list[Record] = []
    leaves: list[bytes] = []
    for position in range(first, first + reader.uint(4)):
        record, leaf = _record(reader, position)
        records.append(record)
        leaves.append(leaf)
    end = Checkpoint(
        reader.uint(8), reader.take(32), reader.uint(8), reader.uint(4), reader.take(64)
    )
    reader.end()
    return Block(first, records, leaves, end)


def _record(reader: Reader, position: int) -> tuple[Record, bytes]:
    data = reader.behind_length(RECORD_BYTES_MAX)
    leaf = reader.take(32)
    try:
        record = read(data)
    except Refused as error:
        raise Refused(f"Position {position}: this is no record") from error
    if record.leaf() != leaf:
        raise Refused(f"Position {position}: the record does not match its leaf")
    return record, leaf
