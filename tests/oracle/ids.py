"""Ids as people see them: lowercase base32 without padding, in exactly one form."""

from base64 import b32decode, b32encode

from .refusal import Refused

SPACE_BYTES = 32
INCARNATION_BYTES = 16


def show(raw: bytes) -> str:
    """The text of an id."""
    return b32encode(raw).decode("ascii").rstrip("=").lower()


def read(text: str, size: int = SPACE_BYTES) -> bytes:
    """The `size` bytes of an id; upper case is read as well, bits left over are refused."""
    try:
        raw = b32decode(text.upper() + "=" * (-len(text) % 8))
    except ValueError as error:
        raise Refused("no id") from error
    # Comparing with the one way to write it finds whatever the library is lenient about.
    if len(raw) != size or show(raw) != text.lower():
        raise Refused("no id")
    return raw


def fingerprint(space: str) -> str:
    """A space's id in groups of four, as it is compared aloud."""
    return " ".join(space[at : at + 4] for at in range(0, len(space), 4))
