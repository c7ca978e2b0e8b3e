"""The body of an envelope of keys: newer key statements, and up to where older entries stay."""

from typing import Any

from . import ids
from .refusal import Refused
from .wire import Reader

STATEMENT_BYTES_MAX = 16_384


def _cut(reader: Reader) -> list[Any] | None:
    match reader.uint(1):
        case 0:
            return None
        case 1:
            return [ids.show(reader.take(16)), reader.uint(8), reader.take(32).hex()]
        case _:
            raise Refused(reader.reason)


def read(body: bytes) -> tuple[list[str], list[Any] | None]:
    """The texts of the statements, and the cut as the vectors show it."""
    reader = Reader(body, "keys")
    count = reader.uint(1)
    if count == 0:
        raise Refused("keys")
    try:
        statements = [
            reader.behind_length(STATEMENT_BYTES_MAX).decode("utf-8") for _ in range(count)
        ]
    except UnicodeDecodeError as error:
        raise Refused("keys") from error
    cut = _cut(reader)
    reader.end()
    return statements, cut
