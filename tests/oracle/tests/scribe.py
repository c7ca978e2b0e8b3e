"""Writes logs as the protocol describes them, for the oracle to read; and archives of them."""

import json
from base64 import b64encode
from typing import Any

from oracle import checkpoint, derivation, entry, events, header, ids
from oracle.header import Header
from oracle.record import Block, Checkpoint, Evidence, Mirrored, Own, Record
from oracle.tree import Tree

from .identity import Identity, drawn


def entry_of(name: str, says: dict[str, Any], link: bytes | None = None) -> bytes:
    """An entry by policy with this event."""
    kind, version, flags, payload = events.write(name, says)
    audience: Any = "internal" if link is None else {"link": ids.show(link)}
    return entry.write(
        entry.Entry(
            kind, version, flags, 5, b"\x01" * 16, b"\x02" * 16, None, "policy", audience, payload
        )
    )


class Sender:
    """A peer that publishes entries on its link, with the chain over them."""

    def __init__(self, origin: Identity, recipient: Identity, life: int = 1) -> None:
        self.origin, self.recipient = origin, recipient
        self.link = origin.link(recipient)
        self.incarnation = drawn(origin.name, "incarnation", life)[:16]
        self.chains = [
            derivation.chain_begin(origin.space(), recipient.space(), self.link, self.incarnation)
        ]
        self.entries: list[Mirrored] = []

    def publish(self, data: bytes) -> Mirrored:
        """Gives an entry its number."""
        number = len(self.entries) + 1
        told = Mirrored(
            self.origin.space(),
            self.incarnation,
            10 + number,
            self.link,
            self.incarnation,
            number,
            drawn("salt", number)[:16],
            data,
        )
        self.entries.append(told)
        self.chains.append(
            derivation.chain_next(
                self.chains[-1], number, told.incarnation, told.position, told.commit()
            )
        )
        return told

    def evidence(self, first: int, last: int, /, use: str = "1", **other: Any) -> Evidence:
        """What remains of an envelope with these entries; `other` are fields that it lies about."""
        fields: dict[str, Any] = dict(
            kind=1,
            origin=self.origin.space(),
            origin_key=1,
            recipient=self.recipient.space(),
            recipient_key=1,
            link=self.link,
            incarnation=self.incarnation,
            encapsulation=bytes(32),
            first=first,
            count=last - first + 1,
            chain_before=self.chains[first - 1],
            chain_after=self.chains[last],
            newest=last,
            oldest=1,
            checkpoint_size=9,
            checkpoint_root=bytes(32),
            checkpoint_time_ms=5,
            body_length=100,
            nonce=bytes(24),
        )
        head = Header(**(fields | other)).write()
        body_hash = drawn("body", first, last)
        signature = self.origin.key(use).sign(header.signed_bytes(head, body_hash))
        return Evidence(head, body_hash, signature)


class Scribe:
    """Writes one log, block by block."""

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        self.incarnation = ids.show(drawn(identity.name, "incarnation", 1)[:16])
        self.key = 1
        self.tree = Tree()
        self.blocks: list[Block] = []

    def own(self, name: str, says: dict[str, Any], link: bytes | None = None) -> Own:
        """A record of an own entry."""
        return Own(drawn(name, self.tree.size)[:16], entry_of(name, says, link))

    def append(self, *records: Record, **other: Any) -> None:
        """One durable append; `other` are fields of the checkpoint that it lies about."""
        first = self.tree.size + 1
        leaves = [record.leaf() for record in records]
        for leaf in leaves:
            self.tree.append(leaf)
        fields: dict[str, Any] = dict(
            size=self.tree.size, root=self.tree.root(), time_ms=5, key=self.key, signature=b""
        )
        unsigned = Checkpoint(**(fields | other))
        note = checkpoint.note(self.identity.id(), self.incarnation, unsigned)
        signature = self.identity.key(str(self.key)).sign(note.encode())
        signed = Checkpoint(**(vars(unsigned) | {"signature": signature}))
        self.blocks.append(Block(first, list(records), leaves, signed))

    def begin(self) -> None:
        """The first block of every log."""
        self.append(
            self.own(
                "space.created",
                {"certificate": self.identity.certificate(), "incarnation": self.incarnation},
            ),
            self.own("link.offered", {"offer": json.dumps(self.identity.offer())}),
        )

    def trust(self, peer: Identity, statements: int = 1) -> Own:
        """The record in which a peer becomes trusted."""
        return self.own(
            "peer.trusted",
            {
                "peer": peer.id(),
                "name": peer.name,
                "link": ids.show(peer.link(self.identity)),
                "certificate": peer.certificate(statements),
                "grants": ["accept_results", {"accept_releases": "*"}],
            },
        )

    def archive(self) -> bytes:
        """The whole log on lines."""
        first = {
            "archive": "interspace/v1",
            "space": self.identity.id(),
            "incarnation": self.incarnation,
            "size": self.tree.size,
            "root": self.tree.root().hex(),
        }
        blocks = [
            {"first": block.first, "block": b64encode(block.write()).decode()}
            for block in self.blocks
        ]
        return b"".join(
            json.dumps(line, separators=(",", ":")).encode() + b"\n" for line in [first, *blocks]
        )
