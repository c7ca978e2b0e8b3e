"""Spaces with keys of their own, and the documents that they sign."""

import json
from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from oracle import derivation, document, ids


def drawn(*words: object) -> bytes:
    """32 bytes that are random enough for a test, and the same in every run."""
    return sha256(repr(words).encode()).digest()


@dataclass(frozen=True)
class Identity:
    """A space: its name is all that it is drawn from."""

    name: str

    def key(self, use: str) -> Ed25519PrivateKey:
        """A signing key: `root`, or a number."""
        return Ed25519PrivateKey.from_private_bytes(drawn(self.name, use))

    def public(self, use: str) -> bytes:
        """The verification key of one of its keys."""
        return self.key(use).public_key().public_bytes_raw()

    def space(self) -> bytes:
        """Its id."""
        return derivation.space_id(self.public("root"), 1, drawn(self.name, "genesis"))

    def id(self) -> str:
        """Its id, as it is written."""
        return ids.show(self.space())

    def offer_random(self) -> bytes:
        """What its offer holds."""
        return drawn(self.name, "offer")

    def sign(self, kind: str, payload: dict[str, Any], *uses: str) -> dict[str, Any]:
        """A document with a signature by each of these keys."""
        raw = json.dumps(payload, ensure_ascii=False).encode()
        unsigned = document.Document(kind, payload, raw, ())
        signatures = [
            {"keyid": use, "sig": b64encode(self.key(use).sign(unsigned.signed_bytes())).decode()}
            for use in uses
        ]
        return {
            "payloadType": document.TYPE.format(kind),
            "payload": b64encode(raw).decode(),
            "signatures": signatures,
        }

    def statement(self, number: int, *revoked: int) -> dict[str, Any]:
        """A key statement, signed by the key before unless it revokes that one."""
        sealing = X25519PrivateKey.from_private_bytes(drawn(self.name, "sealing", number))
        payload = {
            "space": self.id(),
            "number": number,
            "name": self.name,
            "genesis": {
                "root": self.public("root").hex(),
                "suite": 1,
                "random": drawn(self.name, "genesis").hex(),
            },
            "signing": self.public(str(number)).hex(),
            "sealing": sealing.public_key().public_bytes_raw().hex(),
            "time_ms": 1,
            "revoked": [
                {"key": key, "incarnation": ids.show(bytes(16)), "size": 40} for key in revoked
            ],
        }
        before = [] if number == 1 or number - 1 in revoked else [str(number - 1)]
        return self.sign("key-statement", payload, "root", *before)

    def offer(self) -> dict[str, Any]:
        """Its offer."""
        payload = {"space": self.id(), "key": 1, "random": self.offer_random().hex()}
        return self.sign("offer", payload, "1")

    def certificate(self, statements: int = 1) -> str:
        """Its certificate, with its offer."""
        numbers = range(1, statements + 1)
        return json.dumps([*(self.statement(number) for number in numbers), self.offer()])

    def link(self, other: "Identity") -> bytes:
        """The id of its link to another."""
        return derivation.link_id(
            self.space(), self.offer_random(), other.space(), other.offer_random()
        )
