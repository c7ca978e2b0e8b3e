"""Invitations: the token that one space passes on, and how who has it asks to be let in."""

import base64
import re
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from . import certificate, derivation, ids, signing
from .certificate import Certificate
from .header import Header
from .refusal import Refused
from .wire import Reader

PREFIX = "isp-invite-1-"
CERTIFICATE_BYTES_MAX = 65_536
CHECKSUM_BYTES = 8
TEXT_MAX = len(PREFIX) + (4 + CERTIFICATE_BYTES_MAX + 8 + 32 + CHECKSUM_BYTES + 2) // 3 * 4
# Invitation, proof, length and the tag of the seal: what a body has beside the certificate.
FRAME_BYTES = 32 + 64 + 4 + 16


@dataclass(frozen=True)
class Invited:
    """An invitation as who made it knows it."""

    standing: str
    offer: bytes
    guest: bytes | None


@dataclass(frozen=True)
class Join:
    """What who has a token says."""

    invitation: bytes
    proof: bytes
    certificate: str

    def shown(self) -> list[str]:
        """As the vectors show it."""
        return [ids.show(self.invitation), self.proof.hex(), self.certificate]


def _certificate(reader: Reader) -> str:
    try:
        return reader.behind_length(CERTIFICATE_BYTES_MAX).decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused(reader.reason) from error


def _bytes(body: str) -> bytes:
    """Base64url without padding, in its one form."""
    if not re.fullmatch(r"[A-Za-z0-9_-]*", body, re.ASCII) or len(body) % 4 == 1:
        raise Refused("invitation")
    data = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
    if base64.urlsafe_b64encode(data).decode().rstrip("=") != body:
        raise Refused("invitation")
    return data


def read(text: str) -> dict[str, Any]:
    """What a token says; white space between its parts does not count."""
    text = re.sub(r"[ \t\n\f\r]", "", text)
    if len(text.encode("utf-8")) > TEXT_MAX:
        raise Refused("invitation: too large")
    if not text.startswith(PREFIX):
        raise Refused("invitation")
    data = _bytes(text.removeprefix(PREFIX))
    if len(data) < CHECKSUM_BYTES:
        raise Refused("invitation")
    said, told = data[:-CHECKSUM_BYTES], data[-CHECKSUM_BYTES:]
    if derivation.h("invitation", said)[:CHECKSUM_BYTES] != told:
        raise Refused("invitation: checksum")
    reader = Reader(said, "invitation")
    shown = {"certificate": _certificate(reader), "ends_ms": reader.uint(8)}
    secret = reader.take(32)
    reader.end()
    key = Ed25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()
    return {**shown, "secret": secret.hex(), "invitation": ids.show(key)}


def join(reader: Reader) -> Join:
    """The body of an envelope of kind join."""
    return Join(reader.take(32), reader.take(64), _certificate(reader))


def read_join(body: bytes) -> Join:
    """The same, to the last byte."""
    reader = Reader(body, "join")
    told = join(reader)
    reader.end()
    return told


def proved(link: bytes, asking: bytes, inviting: bytes) -> bytes:
    """What a proof is a signature over."""
    return b"interspace/v1/join\0" + link + asking + inviting


def _believed(told: Join, header: Header) -> Certificate:
    try:
        known = certificate.read(told.certificate)
    except Refused as error:
        raise Refused("bad-certificate") from error
    if ids.read(known.space) != header.origin or known.offer is None:
        raise Refused("bad-certificate")
    return known


def let_in(told: Join, header: Header, invitations: dict[bytes, Invited]) -> Certificate:
    """Whose key signs the envelope, if they bring an invitation that lets them in."""
    invited = invitations.get(told.invitation)
    if invited is None:
        raise Refused("unknown-invitation")
    signed = proved(header.link, header.origin, header.recipient)
    if not signing.verifies(told.invitation, signed, told.proof):
        raise Refused("wrong-proof")
    if invited.standing != "open":
        raise Refused(f"invitation-{invited.standing}")
    if invited.guest is not None and invited.guest != header.origin:
        raise Refused("invited-another")
    known = _believed(told, header)
    here, offer = header.recipient, known.offer
    if offer is None or header.link != derivation.link_id(
        here, invited.offer, header.origin, offer
    ):
        raise Refused("bad-certificate")
    return known
