"""Envelopes, as far as they can be judged without knowing what came before."""

from dataclasses import dataclass, field
from typing import Any

from . import (
    derivation,
    document,
    header,
    ids,
    invitation,
    keys,
    returns,
    seal,
    signals,
    signing,
)
from .certificate import Certificate
from .entry import ENTRY_BYTES_MAX
from .header import Header
from .refusal import Refused
from .wire import Reader

ENVELOPE_BYTES_MAX = 655_360
# What the body of each kind that carries no entries holds, and how it is read.
SIGNALS = {
    2: ("ack", signals.ack),
    3: ("beat", signals.beat),
    4: ("hello", signals.hello),
    5: ("want", signals.want),
    6: ("piece", signals.piece),
    8: ("reclaim", returns.reclaim),
    9: ("returned", returns.returned),
    10: ("join", lambda reader: _asked_again(invitation.join(reader))),
}


def _asked_again(_told: invitation.Join) -> None:
    """A peer that was let in already: only the form of what it says counts."""


@dataclass(frozen=True)
class Recipient:
    """The space to which envelopes come, with its links."""

    certificate: Certificate
    sealing_seed: bytes
    links: dict[bytes, Certificate]
    invitations: dict[bytes, invitation.Invited] = field(default_factory=dict)

    def holds(self, number: int) -> bool:
        """Whether the sealing key of this number is the one that is held."""
        statement = self.certificate.statement(number)
        return statement is not None and statement.sealing == seal.public_key(self.sealing_seed)


@dataclass(frozen=True)
class Parts:
    """An envelope cut into its three parts; nothing is verified yet."""

    header: Header
    header_bytes: bytes
    body: bytes
    signature: bytes

    def body_hash(self) -> bytes:
        """H(body)."""
        return derivation.h("body", self.body)


def cut(data: bytes) -> Parts:
    """Checks 1 to 3: its form."""
    try:
        if len(data) > ENVELOPE_BYTES_MAX:
            raise Refused("envelope: too large")
        told = header.read(data)
        reader = Reader(data, "envelope")
        head = reader.take(header.HEADER_BYTES)
        parts = Parts(told, head, reader.take(told.body_length), reader.take(64))
        reader.end()
        return parts
    except Refused as error:
        raise Refused("malformed: " + error.reason) from error


def _check_recipient(told: Header, recipient: Recipient) -> None:
    """Check 4: to whom."""
    here = ids.read(recipient.certificate.space)
    if told.recipient != here:
        raise Refused("reflected" if told.origin == here else "not-for-me")


def _find_peer(told: Header, recipient: Recipient) -> Certificate:
    """Checks 5 and 6: over which link, by whom."""
    peer = recipient.links.get(told.link)
    if peer is None:
        raise Refused("unknown-link")
    if told.origin != ids.read(peer.space):
        raise Refused("wrong-origin")
    return peer


def verify_origin(
    peer: Certificate, told: Header, head: bytes, body_hash: bytes, signature: bytes
) -> None:
    """Check 7 and the signature of check 9: the origin's key is known, and it did sign."""
    statement = peer.statement(told.origin_key)
    if statement is None:
        raise Refused("unknown-key")
    if not signing.verifies(statement.signing, header.signed_bytes(head, body_hash), signature):
        raise Refused("bad-signature")


def _verify(parts: Parts, peer: Certificate) -> None:
    """Checks 7 to 9, without the recipient's key."""
    told = parts.header
    if peer.statement(told.origin_key) and told.origin_key != peer.newest():
        raise Refused("retired-key")
    verify_origin(peer, told, parts.header_bytes, parts.body_hash(), parts.signature)


def _open(parts: Parts, recipient: Recipient) -> bytes:
    """The recipient's key of check 9, and check 10."""
    if not recipient.holds(parts.header.recipient_key):
        raise Refused("unknown-key")
    return seal.open_body(parts.header, parts.header_bytes, parts.body, recipient.sealing_seed)


def _entries(told: Header, body: bytes) -> list[dict[str, Any]]:
    """The entries of a body, after check 12: their chain leads where the header says."""
    reader = Reader(body, "envelope: body")
    chain = told.chain_before
    shown = []
    for link_seq in range(told.first, told.first + told.count):
        incarnation, position, salt = reader.take(16), reader.uint(8), reader.take(16)
        entry = reader.behind_length(ENTRY_BYTES_MAX)
        commit = derivation.commit(salt, entry)
        chain = derivation.chain_next(chain, link_seq, incarnation, position, commit)
        shown.append(
            {
                "incarnation": ids.show(incarnation),
                "position": position,
                "salt": salt.hex(),
                "entry": entry.hex(),
            }
        )
    reader.end()
    if chain != told.chain_after:
        raise Refused("broken-chain")
    return shown


def _content(told: Header, body: bytes) -> dict[str, Any]:
    """Checks 11 and 12."""
    try:
        if told.kind == header.ENTRIES:
            return {"entries": _entries(told, body)}
        name, read = SIGNALS[told.kind]
        reader = Reader(body, "signal")
        content = {name: read(reader)}
        reader.end()
        return content
    except Refused as error:
        if error.reason == "broken-chain":
            raise
        raise Refused("malformed: envelope: body") from error


def _content_of_keys(parts: Parts, peer: Certificate, recipient: Recipient) -> dict[str, Any]:
    """Keys are opened first: they bring the statement of the key that signs them."""
    try:
        statements, cut = keys.read(_open(parts, recipient))
    except Refused as error:
        raise Refused("malformed: keys" if error.reason == "keys" else error.reason) from error
    try:
        told = [document.read(text, "key-statement") for text in statements]
        extended = peer.extended(told)
    except Refused as error:
        raise Refused("unknown-key") from error
    _verify(parts, extended)
    return {"keys": [statements, cut]}


def _content_of_join(parts: Parts, recipient: Recipient) -> dict[str, Any]:
    """Of who is not known yet: nothing is opened while no invitation is open."""
    if len(parts.body) > invitation.FRAME_BYTES + invitation.CERTIFICATE_BYTES_MAX:
        raise Refused("malformed: join")
    if all(each.standing != "open" for each in recipient.invitations.values()):
        raise Refused("not-invited")
    body = _open(parts, recipient)
    try:
        told = invitation.read_join(body)
    except Refused as error:
        raise Refused("malformed: join") from error
    _verify(parts, invitation.let_in(told, parts.header, recipient.invitations))
    return {"join": told.shown()}


def open_for(data: bytes, recipient: Recipient) -> dict[str, Any]:
    """What an envelope holds, as the vectors show it, after checks 1 to 12."""
    parts = cut(data)
    _check_recipient(parts.header, recipient)
    if parts.header.kind == header.JOIN and parts.header.link not in recipient.links:
        content = _content_of_join(parts, recipient)
    else:
        peer = _find_peer(parts.header, recipient)
        if parts.header.kind == header.KEYS:
            content = _content_of_keys(parts, peer, recipient)
        else:
            _verify(parts, peer)
            content = _content(parts.header, _open(parts, recipient))
    return {
        "header": parts.header.shown(),
        "body_hash": parts.body_hash().hex(),
        "signature": parts.signature.hex(),
        "content": content,
    }
