"""What the oracle prints about what it has verified."""

from collections import Counter
from typing import Any

from .archive import Archive
from .vectors import Outcome


def _counted(counter: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counter.items())) or "none"


def of_vectors(outcome: Outcome) -> list[str]:
    """How many vectors of each kind held, and everything that did not."""
    lines = []
    kinds = sorted({kind for _, kind in outcome.held})
    for kind in kinds:
        accepted, refused = outcome.held["accept", kind], outcome.held["refuse", kind]
        lines.append(f"{kind:26} {accepted:4} accepted {refused:4} refused")
    total = {
        side: sum(n for (at, _), n in outcome.held.items() if at == side)
        for side in ("accept", "refuse")
    }
    lines.append(
        f"{'all kinds':26} {total['accept']:4} accepted {total['refuse']:4} refused"
        f" {len(outcome.wrong):4} wrong"
    )
    return lines + [f"wrong: {each}" for each in outcome.wrong]


def of_archive(archive: Archive) -> list[str]:
    """What was found in an archive that is right."""
    ledger = archive.ledger
    skipped = Counter(f"of kind {kind} version {version}" for _, kind, version in ledger.skipped)
    lines = [
        f"space        {archive.head['space']} ({ledger.own().statements[-1].name})",
        f"size         {archive.tree.size} in {archive.blocks} blocks, each checkpoint signed",
        f"root         {archive.tree.root().hex()}",
        f"records      {_counted(archive.records)}",
        f"events       {_counted(ledger.events)}",
        f"documents    {_counted(ledger.papers.verified)}",
    ]
    for peer in ledger.peers.values():
        space = peer.certificate.space
        frozen = ", frozen" if peer.frozen else ""
        name = peer.certificate.statements[-1].name
        lines.append(
            f"peer         {space} ({name}): {archive.mirrored[space]} entries proven{frozen}"
        )
    returned = archive.mirrored[ledger.own().space]
    if ledger.lives > 1:
        lines.append(
            f"lives        {ledger.lives}, with {returned} own entries given back and proven"
        )
    if skipped:
        lines.append(f"skipped      {_counted(skipped)}")
    return lines + [f"note         {note}" for note in ledger.notes]


def of_proof(proven: dict[str, Any]) -> list[str]:
    """What a proof proves."""
    about = ", ".join(f"{name} {value}" for name, value in proven["about"].items())
    return [
        f"space        {proven['space']} ({proven['name']}), incarnation {proven['incarnation']}",
        f"about        {about}",
        *(f"signed       {each}" for each in proven["signed"]),
    ]
