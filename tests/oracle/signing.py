"""Strict Ed25519: OpenSSL has the equation without the cofactor, this adds what it lets through."""

from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from . import curve
from .refusal import Refused

KEY_BYTES = 32
SIGNATURE_BYTES = 64


@lru_cache(maxsize=4096)
def is_weak(key: bytes) -> bool:
    """Whether a verification key is none: not on the curve, or of small order."""
    point = curve.decode(key)
    return point is None or curve.is_small(point)


def verifies(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the signature is right, strictly; a weak key verifies nothing."""
    if len(key) != KEY_BYTES or len(signature) != SIGNATURE_BYTES or is_weak(key):
        return False
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    if s >= curve.ORDER or not curve.is_canonical(r):
        return False
    point = curve.decode(r)
    if point is None or curve.is_small(point):
        return False
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def check(key: bytes, message: bytes, signature: bytes) -> None:
    """Refuses a weak key and a wrong signature, each in its own words."""
    if len(key) != KEY_BYTES or is_weak(key):
        raise Refused("weak key")
    if not verifies(key, message, signature):
        raise Refused("bad signature")
