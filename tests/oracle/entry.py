"""Entries: the header that every event has, and the event."""

from dataclasses import dataclass
from typing import Any

from . import events, grammar, ids
from .refusal import Refused
from .wire import Reader, behind_length, uint

ENTRY_BYTES_MAX = 524_288
MUST_UNDERSTAND = 1


@dataclass(frozen=True)
class Entry:
    """An entry; `actor` and `audience` are as the vectors show them."""

    kind: int
    version: int
    flags: int
    time_ms: int
    command: bytes
    correlation: bytes
    causation: tuple[bytes, bytes, int] | None
    actor: Any
    audience: Any
    payload: bytes

    def told(self) -> events.Told | None:
        """Its event; None if it is of an unknown kind or version."""
        return events.read(self.kind, self.version, self.flags, self.payload)

    def must_understand(self) -> bool:
        """Whether a reader that does not know the event has to stop here."""
        return bool(self.flags & MUST_UNDERSTAND)


def _causation(reader: Reader) -> tuple[bytes, bytes, int] | None:
    match reader.uint(1):
        case 0:
            return None
        case 1:
            return reader.take(32), reader.take(16), reader.uint(8)
        case _:
            raise Refused("entry: causation")


def _person(reader: Reader) -> str:
    raw = reader.behind_length(grammar.NAME_BYTES_MAX)
    try:
        return grammar.name(raw.decode("utf-8"))
    except (UnicodeDecodeError, Refused) as error:
        raise Refused("entry: actor") from error


def _actor(reader: Reader) -> Any:
    match reader.uint(1):
        case 0:
            return "policy"
        case 1:
            return {"person": _person(reader)}
        case 2:
            return {"space": ids.show(reader.take(32))}
        case _:
            raise Refused("entry: actor")


def _audience(reader: Reader) -> Any:
    match reader.uint(1):
        case 0:
            return "internal"
        case 1:
            return {"link": ids.show(reader.take(32))}
        case _:
            raise Refused("entry: audience")


def read(data: bytes) -> Entry:
    """The entry that is exactly these bytes."""
    if len(data) > ENTRY_BYTES_MAX:
        raise Refused("entry")
    reader = Reader(data, "entry")
    entry = Entry(
        kind=reader.uint(2),
        version=reader.uint(2),
        flags=reader.uint(2),
        time_ms=reader.uint(8),
        command=reader.take(16),
        correlation=reader.take(16),
        causation=_causation(reader),
        actor=_actor(reader),
        audience=_audience(reader),
        payload=reader.behind_length(ENTRY_BYTES_MAX),
    )
    reader.end()
    return entry


def write(entry: Entry) -> bytes:
    """The bytes of an entry."""
    return b"".join(
        [
            uint(entry.kind, 2),
            uint(entry.version, 2),
            uint(entry.flags, 2),
            uint(entry.time_ms, 8),
            entry.command,
            entry.correlation,
            _written_causation(entry.causation),
            _written_actor(entry.actor),
            b"\x00" if entry.audience == "internal" else b"\x01" + ids.read(entry.audience["link"]),
            behind_length(entry.payload),
        ]
    )


def _written_causation(causation: tuple[bytes, bytes, int] | None) -> bytes:
    if causation is None:
        return b"\x00"
    origin, incarnation, position = causation
    return b"\x01" + origin + incarnation + uint(position, 8)


def _written_actor(actor: Any) -> bytes:
    if actor == "policy":
        return b"\x00"
    if "person" in actor:
        return b"\x01" + behind_length(actor["person"].encode("utf-8"))
    return b"\x02" + ids.read(actor["space"])


def shown(entry: Entry) -> dict[str, Any]:
    """As the vectors show it."""
    told = entry.told()
    causation = entry.causation and {
        "origin": ids.show(entry.causation[0]),
        "incarnation": ids.show(entry.causation[1]),
        "position": entry.causation[2],
    }
    unknown = {"event": "unknown", "fields": [entry.kind, entry.version, entry.must_understand()]}
    return {
        "kind": entry.kind,
        "version": entry.version,
        "flags": entry.flags,
        "time_ms": entry.time_ms,
        "command": ids.show(entry.command),
        "correlation": ids.show(entry.correlation),
        "causation": causation,
        "actor": entry.actor,
        "audience": entry.audience,
        "payload": entry.payload.hex(),
        "event": unknown if told is None else told.shown(),
    }
