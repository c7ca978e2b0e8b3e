"""The order of versions."""

import re

# Digits and letters next to each other are parts of their own; a plus begins what does not count.
PART = re.compile(r"[0-9]+|[A-Za-z]+")


def _parts(text: str) -> list[tuple[int, int, str]]:
    """The parts of a text; letters stand before numbers, numbers go by value."""
    return [(1, int(part), "") if part.isdigit() else (0, 0, part) for part in PART.findall(text)]


def key(version: str) -> tuple[object, ...]:
    """What a version is compared by."""
    bare = version.removeprefix("v").split("+", 1)[0]
    before, _, suffix = bare.partition("-")
    parts = _parts(before)
    while parts and parts[-1] == (1, 0, ""):
        parts.pop()
    # Without a suffix comes after the same with one; what is equal then goes by its bytes.
    return parts, not suffix, _parts(suffix), version.encode("utf-8")


def in_order(versions: list[str]) -> list[str]:
    """The versions, oldest first."""
    return sorted(versions, key=key)
