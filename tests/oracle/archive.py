"""Archives: a whole log on lines of JSON, verified from its first Position to its last."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from . import checkpoint, entry, ids, lines, record
from .header import Header
from .ledger import NOT_OF_OFFERS, Ledger
from .record import Block, Evidence, Mirrored, Own, Record
from .refusal import Refused
from .strand import Strand
from .tree import Tree


@contextmanager
def _at(position: int) -> Iterator[None]:
    """Names the Position in whatever is refused within, unless that is named already."""
    try:
        yield
    except Refused as error:
        if error.reason.startswith("Position "):
            raise
        raise Refused(f"Position {position}: {error.reason}") from error


@dataclass
class Archive:
    """What was verified so far."""

    head: dict[str, Any]
    ledger: Ledger = field(default_factory=Ledger)
    blocks: int = 0
    time_ms: int = 0
    records: Counter[str] = field(default_factory=Counter)
    mirrored: Counter[str] = field(default_factory=Counter)
    # The evidence whose entries stand here, and whether some of them did not follow it.
    proving: tuple[Strand, Header] | None = None
    owing: bool = False

    @property
    def tree(self) -> Tree:
        """The tree over the leaves so far."""
        return self.ledger.tree

    def take(self, block: Block) -> None:
        """Takes the next block, from its records to its checkpoint."""
        for position, each in enumerate(block.records, block.first):
            with _at(position):
                self._take_record(position, each)
            self.tree.append(block.leaves[position - block.first])
        with _at(block.first):
            if block.checkpoint.root != self.tree.root():
                raise Refused("the block has another root than its checkpoint")
        with _at(self.tree.size):
            self._end_of_block(block)
        self.blocks += 1
        self.time_ms = block.checkpoint.time_ms

    def _take_record(self, position: int, each: Record) -> None:
        self.records[record.kind(each)] += 1
        match each:
            case Own():
                self._end_of_proof()
                self.ledger.take(position, each)
                if self.ledger.own().space != self.head["space"]:
                    raise Refused("the archive says that it is another log than it is")
            case Evidence():
                self._end_of_proof()
                self._take_evidence(position, each)
            case Mirrored():
                self._take_mirrored(position, each)

    def _end_of_proof(self) -> None:
        """Nothing but its entries may follow evidence; what is missing then is told at the end."""
        if self.proving is not None:
            strand, told = self.proving
            self.owing = self.owing or strand.newest() < told.last()
        self.proving = None

    def _take_evidence(self, position: int, evidence: Evidence) -> None:
        if self.owing:
            raise Refused("entries of an envelope are missing behind it")
        told = self.ledger.verify_evidence(evidence)
        peer = self.ledger.peers[told.link]
        if peer.frozen:
            raise Refused("the link was frozen before this evidence came")
        if told.incarnation in peer.lives[:-1]:
            raise Refused("the envelope is of a life of its log that is over")
        if self.ledger.is_replaced(told):
            # It may have waited for what came before it, from before the newer keys were told.
            said = f"signed by key {told.origin_key}, which had been replaced"
            self.ledger.notes.append(f"Position {position}: {said}")
        strand = self.ledger.strand(told)
        strand.check(told)
        self.proving = strand, told

    def _take_mirrored(self, position: int, mirrored: Mirrored) -> None:
        if self.proving is None:
            raise Refused("no envelope proves the mirrored entry")
        strand, told = self.proving
        proven = told.origin, told.link, told.incarnation
        if proven != (mirrored.origin, mirrored.link, mirrored.link_incarnation):
            raise Refused("no envelope proves the mirrored entry")
        strand.prove(mirrored, told)
        if not self.ledger.is_returned(told):
            self.ledger.peers[told.link].follow(mirrored)
        self.mirrored[ids.show(told.origin)] += 1
        self._read_mirrored(position, mirrored)

    def _read_mirrored(self, position: int, mirrored: Mirrored) -> None:
        """A peer's entry is kept whatever it holds: what is wrong in it is noted, not refused."""
        try:
            told = entry.read(mirrored.entry).told()
            missing = [] if told is None else list(self.ledger.papers.verify(told))
            self.ledger.notes += [f"Position {position}: {each}" for each in missing]
        except Refused as error:
            self.ledger.notes.append(f"Position {position}: a peer's entry, kept: {error.reason}")

    def _end_of_block(self, block: Block) -> None:
        self._end_of_proof()
        if self.ledger.joining is not None:
            raise Refused(NOT_OF_OFFERS)
        end = block.checkpoint
        if end.size != self.tree.size:
            raise Refused("the checkpoint behind it is of another size")
        if end.key != self.ledger.own().newest():
            raise Refused("the checkpoint behind it is not signed by the newest key of the space")
        checkpoint.verify(self.ledger.own(), self.head["space"], self.ledger.incarnation, end)
        if self.owing:
            raise Refused("entries of an envelope are missing behind it")

    def end(self) -> None:
        """Compares with what the first line says."""
        size = self.head["size"]
        with _at(self.tree.size + 1):
            if self.tree.size < size:
                raise Refused(f"the record is missing; the archive is said to have {size}")
        with _at(self.tree.size):
            if self.tree.root().hex() != self.head["root"]:
                raise Refused("the archive says another root than its log has")
            if self.ledger.incarnation != self.head["incarnation"]:
                raise Refused("the archive says that it is another log than it is")

    def shown(self) -> dict[str, Any]:
        """As the vectors show it."""
        own = self.ledger.own()
        return {
            "space": own.space,
            "name": own.statements[-1].name,
            "incarnation": self.ledger.incarnation,
            "size": self.tree.size,
            "root": self.tree.root().hex(),
            "time_ms": self.time_ms,
            "own": self.records["own"],
            "mirrored": self.records["mirrored"],
            "envelopes": self.records["evidence"],
        }


def _line(file: BinaryIO) -> bytes:
    """The next line with its line feed; nothing at the end."""
    raw = file.readline(lines.LINE_BYTES_MAX + 1)
    if raw and not raw.endswith(b"\n"):
        raise Refused("the line is cut short, or longer than one may be")
    return raw


def _block(archive: Archive, raw: bytes) -> Block:
    """The block on a line, which is the next one."""
    size = archive.head["size"]
    if archive.tree.size >= size:
        raise Refused("the archive goes on behind its own end")
    first, data = lines.block(raw)
    if first != archive.tree.size + 1:
        raise Refused("the record is missing")
    block = record.read_block(data, first)
    if not block.records:
        raise Refused("the block is empty")
    if first + len(block.records) - 1 > size:
        raise Refused(f"Position {size + 1}: the archive goes on behind its own end")
    return block


def verify(file: BinaryIO) -> Archive:
    """Verifies an archive; the first thing that is wrong is refused with its Position."""
    with _at(1):
        raw = _line(file)
        if not raw:
            raise Refused("the archive is empty")
        archive = Archive(lines.head(raw))
    while True:
        with _at(archive.tree.size + 1):
            raw = _line(file)
            if not raw:
                break
            block = _block(archive, raw)
        archive.take(block)
    archive.end()
    return archive


def verify_file(path: Path) -> Archive:
    """Verifies the archive in a file."""
    with path.open("rb") as file:
        return verify(file)
