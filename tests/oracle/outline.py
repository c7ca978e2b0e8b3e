"""The parts of a release: its outline, its digest, and what of it goes to which spaces."""

from typing import Any

from . import derivation, events, ids
from .payload import Form
from .refusal import Refused

# In the order in which they are counted through: the field, the word of it, and how it is written.
PARTS: list[tuple[str, str, Form]] = [
    ("steps", "step", events.STEP),
    ("templates", "template", events.TEMPLATE),
    ("variables", "variable", events.VARIABLE),
    ("secrets", "secret", events.SECRET),
    ("packages", "package", events.PACKAGE),
]
WORDS = [word for _, word, _ in PARTS]
NO_DIGEST = "the outline does not fit the snapshot"


def _parts(snapshot: Any) -> list[tuple[str, bytes]]:
    return [
        (word, form.write(part)) for field, word, form in PARTS for part in snapshot[field]
    ]


def whole(snapshot: Any, blind: bytes) -> list[Any]:
    """The outline of everything that was frozen."""
    return [
        {"here": [word, derivation.release_salt(blind, index).hex()]}
        for index, (word, _) in enumerate(_parts(snapshot))
    ]


def _leaf(word: str, salt: str, written: bytes) -> bytes:
    return derivation.release_leaf(WORDS.index(word) + 1, bytes.fromhex(salt), written)


def digest(release: Any, revision: int, snapshot: Any, outline: list[Any]) -> bytes:
    """The digest of the release of which this is a part."""
    here = iter(_parts(snapshot))
    leaves, kinds = [], []
    for each in outline:
        [(state, (word, told))] = each.items()
        kinds.append(WORDS.index(word))
        if state == "withheld":
            leaves.append(bytes.fromhex(told))
            continue
        found, written = next(here, ("", b""))
        if found != word:
            raise Refused(NO_DIGEST)
        leaves.append(_leaf(word, told, written))
    if next(here, None) is not None or kinds != sorted(kinds):
        raise Refused(NO_DIGEST)
    project = release["project"]
    title = (project["name"], release["version"], snapshot["channel"] or "")
    return derivation.release_digest(ids.read(project["space"]), title, revision, leaves)


def _reaches(scope: Any, spaces: list[bytes]) -> bool:
    sites = [ids.read(site["space"]) for site in scope["sites"]]
    return not scope["tenants"] and (not sites or any(space in sites for space in spaces))


def cut(snapshot: Any, outline: list[Any], spaces: list[bytes]) -> tuple[Any, list[Any]]:
    """What can apply in one of these spaces, and its outline."""
    steps = [step for step in snapshot["steps"] if _reaches(step["scope"], spaces)]
    names = [step["name"] for step in steps]

    def seen(part: Any) -> bool:
        by = part["scope"]["steps"]
        return _reaches(part["scope"], spaces) and (not by or any(name in by for name in names))

    def used(package: Any) -> bool:
        return any(not step["packages"] or package["id"] in step["packages"] for step in steps)

    stays = {
        "steps": lambda step: step in steps,
        "templates": lambda _: True,
        "variables": seen,
        "secrets": seen,
        "packages": used,
    }
    kept = [stays[field](part) for field, _, _ in PARTS for part in snapshot[field]]
    written = [bytes_ for _, bytes_ in _parts(snapshot)]
    leaves = []
    for leaf, keep, part in zip(outline, kept, written, strict=True):
        word, salt = leaf["here"]
        leaves.append(leaf if keep else {"withheld": [word, _leaf(word, salt, part).hex()]})
    left = iter(kept)
    sliced = {"channel": snapshot["channel"]}
    for field, _, _ in PARTS:
        sliced[field] = [part for part in snapshot[field] if next(left)]
    return sliced, leaves
