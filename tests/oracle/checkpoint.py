"""Checkpoints: the text that a space signs about its log."""

from base64 import b64encode

from . import signing
from .certificate import Certificate
from .record import Checkpoint
from .refusal import Refused


def note(space: str, incarnation: str, checkpoint: Checkpoint) -> str:
    """The text that is signed."""
    root = b64encode(checkpoint.root).decode("ascii")
    origin = f"interspace/v1/{space}/{incarnation}"
    return f"{origin}\n{checkpoint.size}\n{root}\ntime {checkpoint.time_ms}\n"


def verify(certificate: Certificate, space: str, incarnation: str, checkpoint: Checkpoint) -> str:
    """The note, if it is signed by the space with the key that the checkpoint names."""
    text = note(space, incarnation, checkpoint)
    statement = certificate.statement(checkpoint.key)
    if (
        space != certificate.space
        or statement is None
        or not signing.verifies(statement.signing, text.encode(), checkpoint.signature)
    ):
        raise Refused("the checkpoint behind it is not signed by the space")
    return text
