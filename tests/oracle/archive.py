"""Archives: a whole log on lines of JSON, verified from its first Position to its last."""

from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from . import checkpoint, document, entry, ids, record, shapes
from .ledger import Ledger
from .record import Block, Evidence, Mirrored, Own, Record
from .refusal import Refused
from .tree import Tree

LINE_BYTES_MAX = 67_108_864
FIRST_LINE = shapes.fields(
    archive=shapes.one_of("interspace/v1"),
    space=shapes.ID,
    incarnation=shapes.INCARNATION,
    size=shapes.U64,
    root=shapes.BYTES_32,
)
BLOCK_LINE = shapes.fields(first=shapes.U64, block=shapes.any_text)


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

    first_line: dict[str, Any]
    ledger: Ledger = field(default_factory=Ledger)
    tree: Tree = field(default_factory=Tree)
    blocks: int = 0
    records: Counter[str] = field(default_factory=Counter)
    mirrored: Counter[str] = field(default_factory=Counter)

    def take(self, block: Block) -> None:
        """Takes the next block, from its records to its checkpoint."""
        for position, each in enumerate(block.records, block.first):
            with _at(position):
                self._take_record(position, each)
            self.tree.append(block.leaves[position - block.first])
        last = block.first + len(block.records) - 1
        with _at(last):
            self._end_of_block(block)
        self.blocks += 1

    def _take_record(self, position: int, each: Record) -> None:
        self.records[record.kind(each)] += 1
        match each:
            case Own():
                self.ledger.take(position, each.entry)
            case Evidence():
                self._take_evidence(position, each)
            case Mirrored():
                self._take_mirrored(position, each)

    def _take_evidence(self, position: int, evidence: Evidence) -> None:
        told = self.ledger.verify_header(evidence.header, evidence.body_hash, evidence.signature)
        if self.ledger.peers[told.link].frozen:
            raise Refused("the link was frozen before this evidence came")
        if self.ledger.is_replaced(told):
            # It may have waited for what came before it, from before the newer keys were told.
            said = f"signed by key {told.origin_key}, which had been replaced"
            self.ledger.notes.append(f"Position {position}: {said}")
        self.ledger.strand(told).admit(told)

    def _take_mirrored(self, position: int, mirrored: Mirrored) -> None:
        peer = self.ledger.peers.get(mirrored.link)
        if peer is None or mirrored.origin != ids.read(peer.certificate.space):
            raise Refused("the entry is not of the peer on its link")
        strand = peer.strands.get(mirrored.link_incarnation)
        if strand is None:
            raise Refused("no evidence before it in its block proves the entry")
        strand.append(mirrored)
        self.mirrored[peer.certificate.space] += 1
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
        for peer in self.ledger.peers.values():
            for strand in peer.strands.values():
                strand.end_of_block()
        end = block.checkpoint
        if end.size != self.tree.size:
            raise Refused("the checkpoint behind it is of another size")
        if end.root != self.tree.root():
            raise Refused("the checkpoint behind it has another root")
        if end.key != self.ledger.own().newest():
            raise Refused("the checkpoint behind it is not signed by the newest key of the space")
        checkpoint.verify(self.ledger.own(), self.first_line["space"], self.ledger.incarnation, end)

    def end(self) -> None:
        """Compares with what the first line promises."""
        said = self.first_line
        if self.tree.size != said["size"]:
            missing = min(self.tree.size, said["size"]) + 1
            sizes = f"the first line promises {said['size']} records, there are {self.tree.size}"
            raise Refused(f"Position {missing}: {sizes}")
        with _at(self.tree.size):
            if self.tree.root().hex() != said["root"]:
                raise Refused("the root is not that of the first line")
            if self.ledger.incarnation != said["incarnation"]:
                raise Refused("the incarnation is not that of the first line")


def _line(raw: bytes, what: str, shape: shapes.Shape) -> Any:
    """One line, which is one JSON object."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused(f"{what} is not UTF-8") from error
    if len(raw) > LINE_BYTES_MAX or not text.endswith("\n") or "\r" in text:
        raise Refused(f"{what} is too long, or does not end with a line feed alone")
    value = document.parse(text, f"{what} is not JSON")
    document.require(shape, value, f"{what} does not have its fields")
    return value


def _block(raw: bytes, position: int) -> Block:
    """The block on a line."""
    value = _line(raw, "the line", BLOCK_LINE)
    if value["first"] != position:
        raise Refused(f"the line says that its block begins at {value['first']}")
    try:
        data = b64decode(value["block"], validate=True)
    except ValueError as error:
        raise Refused("the block is not base64") from error
    if b64encode(data).decode("ascii") != value["block"]:
        raise Refused("the block is not base64 as it is written")
    block = record.read_block(data, position)
    if not block.records:
        raise Refused("the block is empty")
    return block


def verify(file: BinaryIO) -> Archive:
    """Verifies an archive; the first thing that is wrong is refused with its Position."""
    with _at(1):
        first_line = _line(file.readline(LINE_BYTES_MAX + 1), "the first line", FIRST_LINE)
    archive = Archive(first_line)
    while raw := file.readline(LINE_BYTES_MAX + 1):
        position = archive.tree.size + 1
        with _at(position):
            block = _block(raw, position)
        archive.take(block)
    archive.end()
    return archive


def verify_file(path: Path) -> Archive:
    """Verifies the archive in a file."""
    with path.open("rb") as file:
        return verify(file)
