"""Signals: beats, acks, wants and pieces."""

from typing import Any

from . import ids
from .refusal import Refused
from .wire import Reader

ACK_RANGES_MAX = 32
WANT_PIECES_MAX = 16
PIECE_BYTES_MAX = 131_072
OBJECT_BYTES_MAX = 17_179_869_184


def _mark(reader: Reader) -> dict[str, Any]:
    return {"start": reader.take(16).hex(), "count": reader.uint(8)}


def beat(reader: Reader) -> dict[str, Any]:
    """A beat."""
    return {
        "mark": _mark(reader),
        "echo": _mark(reader),
        "interval_ms": reader.uint(4),
        "time_ms": reader.uint(8),
    }


def _ranges(reader: Reader, acknowledged: int) -> list[list[int]]:
    count = reader.uint(1)
    if count > ACK_RANGES_MAX:
        raise Refused("ack")
    ranges = [[reader.uint(8), reader.uint(8)] for _ in range(count)]
    before = acknowledged
    for first, last in ranges:
        # What follows without a gap would belong to the range before.
        if first <= before + 1 or last < first:
            raise Refused("ack")
        before = last
    return ranges


def ack(reader: Reader) -> dict[str, Any]:
    """An ack."""
    shown: dict[str, Any] = {
        "incarnation": ids.show(reader.take(16)),
        "acknowledged": reader.uint(8),
        "chain": reader.take(32).hex(),
        "applied": reader.uint(8),
    }
    if shown["applied"] > shown["acknowledged"]:
        raise Refused("ack")
    shown["ranges"] = _ranges(reader, shown["acknowledged"])
    shown["credit_bytes"] = reader.uint(8)
    shown["credit_envelopes"] = reader.uint(4)
    shown["schema"] = reader.uint(2)
    shown["echo"] = _mark(reader)
    return shown


def want(reader: Reader) -> dict[str, Any]:
    """A want."""
    wanted = ids.show(reader.take(32))
    count = reader.uint(2)
    if not 1 <= count <= WANT_PIECES_MAX:
        raise Refused("want")
    offsets = [reader.uint(8) for _ in range(count)]
    if any(offset % PIECE_BYTES_MAX for offset in offsets):
        raise Refused("want")
    return {"object": wanted, "offsets": offsets}


def piece(reader: Reader) -> dict[str, Any]:
    """A piece; exactly as long as the object has bytes there."""
    name, total, offset = ids.show(reader.take(32)), reader.uint(8), reader.uint(8)
    part = reader.behind_length(PIECE_BYTES_MAX)
    there = min(PIECE_BYTES_MAX, max(0, total - offset))
    if total > OBJECT_BYTES_MAX or offset % PIECE_BYTES_MAX or len(part) != there:
        raise Refused("piece")
    return {"object": name, "total": total, "offset": offset, "bytes": part.hex()}


def hello(reader: Reader) -> list[dict[str, Any]]:
    """A hello: a beat, then an ack."""
    return [beat(reader), ack(reader)]
