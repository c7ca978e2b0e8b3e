"""What brings back the lost end of a log: reclaims, and what a peer returns."""

from typing import Any

from . import ids
from .entry import ENTRY_BYTES_MAX
from .header import ENTRIES_MAX, HEADER_BYTES
from .refusal import Refused
from .wire import Reader


def reclaim(reader: Reader) -> list[Any]:
    """A reclaim: an earlier incarnation, and the newest LinkSeq that was kept of it."""
    return [ids.show(reader.take(ids.INCARNATION_BYTES)), reader.uint(8)]


def entry_told(reader: Reader) -> dict[str, Any]:
    """An entry as an envelope carries it."""
    return {
        "incarnation": ids.show(reader.take(ids.INCARNATION_BYTES)),
        "position": reader.uint(8),
        "salt": reader.take(16).hex(),
        "entry": reader.behind_length(ENTRY_BYTES_MAX).hex(),
    }


def _run(reader: Reader) -> list[Any] | None:
    match reader.uint(1):
        case 0:
            return None
        case 1:
            head = [reader.take(size).hex() for size in (HEADER_BYTES, 32, 64)]
            count = reader.uint(2)
            if not 1 <= count <= ENTRIES_MAX:
                raise Refused(reader.reason)
            return [*head, [entry_told(reader) for _ in range(count)]]
        case _:
            raise Refused(reader.reason)


def returned(reader: Reader) -> list[Any]:
    """What is returned: an incarnation, its newest LinkSeq that is here, and perhaps a run."""
    return [ids.show(reader.take(ids.INCARNATION_BYTES)), reader.uint(8), _run(reader)]
