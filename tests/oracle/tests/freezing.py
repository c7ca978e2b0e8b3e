"""Records that freeze a link, with envelopes that contradict what came before or do not."""

from typing import Any

from oracle import ids
from oracle.record import Evidence, Mirrored, Own

from .scribe import Sender
from .story import ANNA, BERTA, Story


def frozen(written: Story, proof: Evidence, *entries: Mirrored, link: bytes | None = None) -> Own:
    """The record that freezes Anna's link, or another, because of an envelope."""
    says: dict[str, Any] = {
        "link": ids.show(link or written.anna.link),
        "at": 1,
        "header": proof.header.hex(),
        "body_hash": proof.body_hash.hex(),
        "signature": proof.signature.hex(),
        "entries": [
            [ids.show(each.incarnation), each.position, each.commit().hex()] for each in entries
        ],
    }
    return written.own("link.contradicted", says)


def contradiction(written: Story) -> Own:
    """The record that freezes Anna's link, because she told another first entry as well."""
    other = Sender(ANNA, BERTA)
    told = other.publish(written.environments("Another story"))
    return frozen(written, other.evidence(1, 1), told)
