"""Certificates: a space's key statements from the first on, and perhaps an offer."""

from dataclasses import dataclass, replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from . import derivation, document, ids, signing
from .document import Document
from .refusal import Refused

STATEMENTS_MAX = 256
SUITE = 1


@dataclass(frozen=True)
class Statement:
    """One set of keys of a space, and which earlier ones it revokes."""

    payload: bytes
    genesis: tuple[str, int, str]
    name: str
    signing: bytes
    sealing: bytes
    revoked: frozenset[int]


@dataclass(frozen=True)
class Certificate:
    """A certificate that was verified."""

    space: str
    statements: tuple[Statement, ...]
    offer: bytes | None

    def statement(self, number: int) -> Statement | None:
        """The key statement of this number, if it is known."""
        return self.statements[number - 1] if 1 <= number <= len(self.statements) else None

    def newest(self) -> int:
        """The number of the newest statement."""
        return len(self.statements)

    def may_state(self, number: int) -> bool:
        """Whether a statement of this number may follow on these."""
        return self.newest() < number <= STATEMENTS_MAX

    def revoked(self) -> frozenset[int]:
        """The numbers of all keys that were revoked."""
        return frozenset().union(*(each.revoked for each in self.statements))

    def continues(self, older: "Certificate") -> bool:
        """Whether it has all statements that an older one of the same space has."""
        return (
            self.space == older.space
            and self.statements[: len(older.statements)] == older.statements
        )

    def extended(self, told: list[Document]) -> "Certificate":
        """With further statements; those that are known already have to be the same."""
        statements = list(self.statements)
        for each in told:
            number = each.payload["number"]
            known = self.statement(number)
            if known is None:
                statements.append(_statement(each, statements))
            elif known.payload != each.payload_bytes:
                raise Refused(f"Broken({number})")
        if len(statements) > STATEMENTS_MAX:
            raise Refused("certificate")
        return replace(self, statements=tuple(statements))

    def shown(self) -> dict[str, object]:
        """As the vectors show it."""
        newest = self.statements[-1]
        return {
            "space": self.space,
            "fingerprint": ids.fingerprint(self.space),
            "name": newest.name,
            "number": self.newest(),
            "signing": newest.signing.hex(),
            "sealing": newest.sealing.hex(),
            "offer": self.offer and self.offer.hex(),
        }


def _makes_zero(sealing: bytes) -> bool:
    # The library refuses to give the zero secret, whatever the other key is.
    try:
        X25519PrivateKey.generate().exchange(X25519PublicKey.from_public_bytes(sealing))
    except ValueError:
        return True
    return False


def _taken(told: Document) -> Statement:
    """The keys of a statement; nothing is verified yet."""
    says = told.payload
    genesis = says["genesis"]
    if genesis["suite"] != SUITE:
        raise Refused("certificate: suite")
    return Statement(
        told.payload_bytes,
        (genesis["root"].lower(), genesis["suite"], genesis["random"].lower()),
        says["name"],
        bytes.fromhex(says["signing"]),
        bytes.fromhex(says["sealing"]),
        frozenset(each["key"] for each in says["revoked"]),
    )


def _statement(told: Document, before: list[Statement]) -> Statement:
    """The next statement after those before it, with everything about it verified."""
    taken = _taken(told)
    number = len(before) + 1
    root, suite, random = taken.genesis
    space = derivation.space_id(bytes.fromhex(root), suite, bytes.fromhex(random))
    if signing.is_weak(bytes.fromhex(root)):
        raise Refused("WeakKey(0)")
    follows = (
        told.payload["number"] == number
        and told.space() == ids.show(space)
        and all(each.genesis == taken.genesis for each in before[-1:])
        and all(1 <= key < number for key in taken.revoked)
    )
    if not follows:
        raise Refused(f"Broken({number})")
    if signing.is_weak(taken.signing) or _makes_zero(taken.sealing):
        raise Refused(f"WeakKey({number})")
    _check_signatures(told, taken, before)
    return taken


def _check_signatures(told: Document, taken: Statement, before: list[Statement]) -> None:
    if not told.is_signed("root", bytes.fromhex(taken.genesis[0])):
        raise Refused("BadSignature(root)")
    # Whoever revokes the key before is not asked to have it still.
    if before and len(before) not in taken.revoked:
        if not told.is_signed(str(len(before)), before[-1].signing):
            raise Refused(f"BadSignature({len(before)})")


def _documents(values: list[Any]) -> tuple[list[Document], Document | None]:
    """The statements and the offer behind them."""
    values, offer = list(values), None
    if values and isinstance(values[-1], dict):
        if values[-1].get("payloadType") == document.TYPE.format("offer"):
            offer = document.open_envelope(values.pop(), "offer", "certificate")
    if len(values) > STATEMENTS_MAX:
        raise Refused("certificate")
    return [document.open_envelope(each, "key-statement", "certificate") for each in values], offer


def read(text: str) -> Certificate:
    """Verifies a certificate."""
    values = document.parse(text, "certificate")
    if not isinstance(values, list):
        raise Refused("certificate")
    return read_values(values)


def read_values(values: list[Any]) -> Certificate:
    """Verifies a certificate that is part of a larger JSON."""
    told, offer = _documents(values)
    if not told:
        raise Refused("Empty")
    statements: list[Statement] = []
    for each in told:
        statements.append(_statement(each, statements))
    random = bytes.fromhex(offer.payload["random"]) if offer else None
    certificate = Certificate(told[0].space(), tuple(statements), random)
    if offer:
        verify(offer, certificate)
    return certificate


def verify(signed: Document, certificate: Certificate) -> None:
    """Refuses a document that its space did not sign, with the key that the document names."""
    if signed.space() != certificate.space:
        raise Refused("Foreign")
    number = signed.payload["key"]
    statement = certificate.statement(number)
    if certificate.may_state(number):
        raise Refused(f"Unstated({number})")
    if statement is None or not signed.is_signed(str(number), statement.signing):
        raise Refused(f"BadSignature({number})")
