"""Certificates: a space's key statements from the first on, and perhaps an offer."""

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from . import derivation, document, ids, signing
from .document import Document
from .refusal import Refused

STATEMENTS_MAX = 256
SUITE = 1


@dataclass(frozen=True)
class Statement:
    """One set of keys of a space."""

    name: str
    signing: bytes
    sealing: bytes


@dataclass(frozen=True)
class Certificate:
    """A certificate that was verified."""

    space: str
    statements: tuple[Statement, ...]
    offer: bytes | None

    def statement(self, number: int) -> Statement | None:
        """The key statement of this number, if it is known."""
        return self.statements[number - 1] if 1 <= number <= len(self.statements) else None

    def continues(self, older: "Certificate") -> bool:
        """Whether it has all statements that an older one of the same space has."""
        return (
            self.space == older.space
            and self.statements[: len(older.statements)] == older.statements
        )

    def shown(self) -> dict[str, object]:
        """As the vectors show it."""
        newest = self.statements[-1]
        return {
            "space": self.space, "fingerprint": ids.fingerprint(self.space), "name": newest.name,
            "number": len(self.statements), "signing": newest.signing.hex(),
            "sealing": newest.sealing.hex(), "offer": self.offer and self.offer.hex(),
        }


def _makes_zero(sealing: bytes) -> bool:
    # The library refuses to give the zero secret, whatever the other key is.
    try:
        X25519PrivateKey.generate().exchange(X25519PublicKey.from_public_bytes(sealing))
    except ValueError:
        return True
    return False


def _check_statement(statement: Document, number: int, before: Document | None) -> None:
    """Everything about one statement; the first has none before it."""
    told = statement.payload
    genesis = told["genesis"]
    root = bytes.fromhex(genesis["root"])
    space = derivation.space_id(root, genesis["suite"], bytes.fromhex(genesis["random"]))
    if signing.is_weak(root):
        raise Refused("WeakKey(0)")
    if told["number"] != number or statement.space() != ids.show(space):
        raise Refused(f"Broken({number})")
    if before is not None and before.payload["genesis"] != genesis:
        raise Refused(f"Broken({number})")
    keys = bytes.fromhex(told["signing"]), bytes.fromhex(told["sealing"])
    if signing.is_weak(keys[0]) or _makes_zero(keys[1]):
        raise Refused(f"WeakKey({number})")
    if not statement.is_signed("root", root):
        raise Refused("BadSignature(root)")
    if before is not None:
        key = bytes.fromhex(before.payload["signing"])
        if not statement.is_signed(str(number - 1), key):
            raise Refused(f"BadSignature({number - 1})")


def _documents(text: str) -> tuple[list[Document], Document | None]:
    """The statements and the offer behind them."""
    values = document.parse(text, "certificate")
    if not isinstance(values, list):
        raise Refused("certificate")
    offer = None
    if values and isinstance(values[-1], dict):
        if values[-1].get("payloadType") == document.TYPE.format("offer"):
            offer = document.open_envelope(values.pop(), "offer", "certificate")
    if len(values) > STATEMENTS_MAX:
        raise Refused("certificate")
    return [document.open_envelope(each, "key-statement", "certificate") for each in values], offer


def read(text: str) -> Certificate:
    """Verifies a certificate."""
    statements, offer = _documents(text)
    if not statements:
        raise Refused("Empty")
    if any(each.payload["genesis"]["suite"] != SUITE for each in statements):
        raise Refused("certificate: suite")
    before = None
    for number, statement in enumerate(statements, 1):
        _check_statement(statement, number, before)
        before = statement
    certificate = Certificate(
        statements[0].space(),
        tuple(
            Statement(told["name"], bytes.fromhex(told["signing"]), bytes.fromhex(told["sealing"]))
            for told in (each.payload for each in statements)
        ),
        bytes.fromhex(offer.payload["random"]) if offer else None,
    )
    if offer:
        verify(offer, certificate)
    return certificate


def verify(signed: Document, certificate: Certificate) -> None:
    """Refuses a document that is not by the space of the certificate, with the key that it names."""
    if signed.space() != certificate.space:
        raise Refused("Foreign")
    number = signed.payload["key"]
    statement = certificate.statement(number)
    if statement is None or not signed.is_signed(str(number), statement.signing):
        raise Refused(f"BadSignature({number})")
