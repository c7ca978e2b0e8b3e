"""What a log has said so far about its own space and its peers, as judging a peer needs it."""

from dataclasses import dataclass, field
from typing import Any

from . import certificate, document, events, ids
from .certificate import Certificate


@dataclass(frozen=True)
class Sent:
    """One promotion."""

    release: Any
    digest: str
    bundle: str
    targets: list[str]


@dataclass
class Peer:
    """One peer, on its link."""

    certificate: Certificate
    # From which LinkSeq on, and what: the newest that has begun holds.
    grants: list[tuple[int, list[Any]]]
    # Each bundle that went to this peer.
    promoted: list[Sent] = field(default_factory=list)
    # By kind of event, the newest version of one that it wrote.
    versions: dict[int, int] = field(default_factory=dict)

    def granted(self, link_seq: int) -> list[Any]:
        """The grants that hold for an entry."""
        return [grants for since, grants in self.grants if since <= link_seq][-1]

    def newest_grants(self) -> list[Any]:
        """The grants that hold for what others bring of this peer."""
        return self.grants[-1][1]


@dataclass
class History:
    """The state that own entries add up to."""

    certificate: Certificate | None = None
    peers: dict[str, Peer] = field(default_factory=dict)

    def fold(self, told: events.Told, audience: Any) -> None:
        """Takes an own entry's event."""
        says = told.fields
        match told.event.name:
            case "space.created":
                self.certificate = certificate.read(says["certificate"])
            case "peer.trusted":
                known = certificate.read(says["certificate"])
                self.peers[says["link"]] = Peer(known, [(0, says["grants"])])
            case "grants.changed":
                self.peers[says["link"]].grants.append((says["from"], says["grants"]))
            case "keys.stated":
                statement = document.read(says["statement"], "key-statement")
                self.certificate = self.own().extended([statement])
            case "peer.stated":
                told_keys = [document.read(text, "key-statement") for text in says["statements"]]
                for peer in self.peers.values():
                    if peer.certificate.space == says["peer"]:
                        peer.certificate = peer.certificate.extended(told_keys)
            case "release.promoted":
                bundle = document.read(says["bundle"], "bundle")
                targets = bundle.payload["targets"]
                sent = Sent(says["release"], says["digest"], bundle.id(), targets)
                self.peers[audience["link"]].promoted.append(sent)

    def peer_of(self, space: str) -> Peer | None:
        """The peer that is this space, if it is one."""
        found = [it for it in self.peers.values() if ids.read(it.certificate.space) == ids.read(space)]
        return found[0] if found else None

    def own(self) -> Certificate:
        """The certificate of the space whose log this is."""
        assert self.certificate is not None, "a log begins with its space"
        return self.certificate

    def space(self) -> str:
        """The space whose log this is."""
        return self.own().space
