"""A small log in which everything occurs that an archive can hold."""

import json
from dataclasses import dataclass
from typing import Any

from oracle import ids, outline
from oracle.record import Own

from .identity import Identity, drawn
from .scribe import Scribe, Sender, entry_of

ANNA, BERTA, CARLA = Identity("Anna"), Identity("Berta"), Identity("Carla")
EVERYWHERE: dict[str, Any] = {"sites": [], "tenants": [], "steps": []}
SNAPSHOT: dict[str, Any] = {
    "channel": None,
    "steps": [
        {
            "name": "install",
            "work": {"run": ["./install"]},
            "timeout_s": 60,
            "retries": 0,
            "retry_delay_s": 0,
            "when": "success",
            "scope": EVERYWHERE,
            "roles": [],
            "packages": [],
        }
    ],
    "templates": [],
    "variables": [{"name": "COLOUR", "value": "grün", "scope": EVERYWHERE}],
    "secrets": [{"name": "PASSWORD", "scope": EVERYWHERE, "commitment": "0c" * 32}],
    "packages": [],
}
BLIND = bytes([0xB1]) * 32
OUTLINE = outline.whole(SNAPSHOT, BLIND)


def release(owner: Identity) -> dict[str, Any]:
    """A release of the project Web."""
    return {"project": {"space": owner.id(), "name": "Web"}, "version": "1.0.0"}


def digest(owner: Identity) -> str:
    """Its digest."""
    return ids.show(outline.digest(release(owner), 1, SNAPSHOT, OUTLINE))


def receipt(by: Identity, of: Identity, use: str = "1") -> dict[str, Any]:
    """A receipt of one space for another's release."""
    place = f"{by.id()}/{ids.show(drawn(by.name, 'incarnation', 1)[:16])}/9"
    payload: dict[str, Any] = {
        "space": by.id(),
        "space_name": by.name,
        "deployment": place,
        "part_of": None,
        "release": release(of),
        "digest": digest(of),
        "environment": "Production",
        "tenant": None,
        "outcome": "succeeded",
        "started_ms": 1,
        "finished_ms": 2,
        "restarts": 0,
        "by": "policy",
        "disclosure": "status",
        "packages": [],
        "targets": [],
        "steps": [],
        "key": 1,
    }
    signed = by.sign("receipt", payload, use)
    signed["signatures"][0]["keyid"] = "1"
    return signed


def bundle(by: Identity, to: Identity, **other: Any) -> dict[str, Any]:
    """A bundle; `other` are fields that it lies about."""
    payload: dict[str, Any] = {
        "release": release(by),
        "digest": digest(by),
        "revision": 1,
        "targets": [to.id()],
        "source_name": by.name,
        "notes": "",
        "snapshot": SNAPSHOT,
        "outline": OUTLINE,
        "receipts": [receipt(by, by)],
        "key": 1,
        "time_ms": 1,
    }
    return by.sign("bundle", payload | other, "1")


def promotion(by: Identity, to: Identity, document: dict[str, Any]) -> dict[str, Any]:
    """The event that sends a bundle on."""
    return {
        "release": release(by),
        "digest": digest(by),
        "target": to.id(),
        "bundle": json.dumps(document),
        "receipts": [],
        "secrets": [[0, to.id(), 1, "0d" * 32, "0e" * 48]],
    }


@dataclass
class Story:
    """Berta's log: she trusts Anna, gets a release, deploys it and says so."""

    scribe: Scribe
    anna: Sender

    def environments(self, name: str) -> bytes:
        """An entry of Anna's."""
        return entry_of("environments.published", {"environments": [name]}, self.anna.link)

    def own(self, name: str, says: dict[str, Any], crosses: bool = False) -> Own:
        """A record of Berta's."""
        return self.scribe.own(name, says, self.anna.link if crosses else None)


def begun() -> Story:
    """The log up to the trust; its size is 3."""
    scribe = Scribe(BERTA)
    scribe.begin()
    scribe.append(scribe.trust(ANNA))
    return Story(scribe, Sender(ANNA, BERTA))


def told() -> Story:
    """The log up to the end; its size is 14."""
    story = begun()
    anna, scribe = story.anna, story.scribe
    promoted = entry_of("release.promoted", promotion(ANNA, BERTA, bundle(ANNA, BERTA)), anna.link)
    one, two = anna.publish(story.environments("Staging")), anna.publish(promoted)
    scribe.append(anna.evidence(1, 2), one, two)
    # An envelope that was sent again with what followed: its first entry is here already.
    three, four = anna.publish(story.environments("Test")), anna.publish(b"no entry at all")
    scribe.append(anna.evidence(2, 3), three, anna.evidence(4, 4), four)
    started = {
        "release": release(ANNA),
        "digest": digest(ANNA),
        "environment": "Production",
        "tenant": None,
        "variables": [],
        "restarts": 0,
    }
    done = json.dumps(receipt(BERTA, ANNA))
    scribe.append(
        story.own("deployment.started", started),
        story.own("deployment.finished", {"deployment": 11, "receipt": done}),
    )
    scribe.append(
        story.own("deployment.reported", {"receipt": done}, crosses=True),
        story.own("environments.published", {"environments": ["Production"]}, crosses=True),
    )
    return story
