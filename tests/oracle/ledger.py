"""What the own entries of a log say, and whether they may: keys, offers, peers, releases.

An event with an effect on what is verified has a line in `EFFECTS`; all others only have to be
well-formed, with documents that verify.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from . import (
    certificate,
    derivation,
    document,
    entry,
    header,
    ids,
    invitation,
    judgement,
    outline,
    signing,
)
from .certificate import Certificate
from .document import Document
from .entry import Entry
from .envelope import verify_origin
from .events import Told
from .header import Header
from .papers import Papers
from .record import Evidence, Mirrored, Own
from .refusal import Refused
from .strand import Link, Strand, chain_over
from .tree import Tree

# Events whose document has to be this space's own.
OWN_DOCUMENTS = {
    "link.offered",
    "invitation.made",
    "invitation.accepted",
    "deployment.finished",
    "deployment.reported",
}

NOT_OF_OFFERS = "the link is not made of the offers of both sides"


@dataclass
class Peer:
    """A peer on its link, with the chain of each incarnation that came."""

    certificate: Certificate
    frozen: bool = False
    strands: dict[bytes, Strand] = field(default_factory=dict)
    # The incarnations that were followed, one after the other.
    lives: list[bytes] = field(default_factory=list)

    def follow(self, mirrored: Mirrored) -> None:
        """Follows the life of the peer's log that an entry is of; a new one says so at first."""
        life = mirrored.link_incarnation
        if self.lives and life != self.lives[-1]:
            told = entry.read(mirrored.entry).told()
            if told is None or told.event.name != "incarnation.began":
                raise Refused("another life of the log does not begin with saying so")
            named = [told.fields["incarnation"], *(each[0] for each in told.fields["lives"])]
            if named[0] != ids.show(life) or ids.show(self.lives[-1]) not in named[1:]:
                raise Refused("the life of the log does not follow the one that was followed")
        if life not in self.lives:
            self.lives.append(life)

    def renew(self, known: Certificate) -> None:
        """Takes newer keys, told by a file: what they revoke begins anew."""
        if known.revoked() != self.certificate.revoked():
            for strand in self.strands.values():
                strand.cut(0, None)
        self.certificate = known


@dataclass
class Ledger:
    """Everything that a log said so far."""

    certificate: Certificate | None = None
    incarnation: str = ""
    offers: list[bytes] = field(default_factory=list)
    # The peer that was trusted by the entry before, on a link that the next one has to explain.
    joining: bytes | None = None
    # Those that nobody used or revoked.
    invitations: set[str] = field(default_factory=set)
    peers: dict[bytes, Peer] = field(default_factory=dict)
    tree: Tree = field(default_factory=Tree)
    # What was written for each link, as long as this log lives its first life.
    sent: dict[bytes, Strand] = field(default_factory=dict)
    lives: int = 1
    # From where on a lost end may be given back, by link and incarnation.
    kept: dict[tuple[bytes, bytes], Strand] = field(default_factory=dict)
    papers: Papers = field(default_factory=Papers)
    events: Counter[str] = field(default_factory=Counter)
    skipped: list[tuple[int, int, int]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def own(self) -> Certificate:
        """The certificate of the log's space."""
        if self.certificate is None:
            raise Refused("the log does not begin with its space")
        return self.certificate

    def learn(self, known: Certificate) -> None:
        """Takes a certificate; a newer one continues the one that is known."""
        older = self.papers.known.get(known.space)
        if older is not None and not known.continues(older):
            raise Refused("the certificate does not continue the one that is known")
        self.papers.known[known.space] = known

    def take(self, position: int, record: Own) -> None:
        """Takes an own entry."""
        own = entry.read(record.entry)
        told = own.told()
        if (position == 1) != (told is not None and told.event.name == "space.created"):
            raise Refused("a log begins with its space, once")
        if told is None:
            self.skipped.append((position, own.kind, own.version))
            return
        self._check_audience(own, told)
        self.events[told.event.name] += 1
        if self.joining is not None and told.event.name != "invitation.accepted":
            raise Refused(NOT_OF_OFFERS)
        effect = EFFECTS.get(told.event.name)
        if effect:
            effect(self, told.fields, position)
        self._check_documents(told, position)
        if isinstance(own.audience, dict):
            commit = derivation.commit(record.salt, record.entry)
            life = ids.read(self.incarnation, ids.INCARNATION_BYTES)
            self.sent_on(ids.read(own.audience["link"])).append((life, position, commit))

    def sent_on(self, link: bytes) -> Strand:
        """The chain over what was written for a link."""
        if link not in self.sent:
            here, there = (
                ids.read(each.space) for each in (self.own(), self.peers[link].certificate)
            )
            life = ids.read(self.incarnation, ids.INCARNATION_BYTES)
            self.sent[link] = Strand(derivation.chain_begin(here, there, link, life))
        return self.sent[link]

    def _check_audience(self, own: Entry, told: Told) -> None:
        is_for_a_peer = isinstance(own.audience, dict)
        if is_for_a_peer != told.event.crosses:
            raise Refused(f"{told.event.name} has an audience that it never has")
        if is_for_a_peer and ids.read(own.audience["link"]) not in self.peers:
            raise Refused("the entry is for a link that the log does not know")

    def _check_documents(self, told: Told, position: int) -> None:
        for missing in self.papers.verify(told):
            self.notes.append(f"Position {position}: {missing}")
        if told.event.name in OWN_DOCUMENTS:
            if any(each.space() != self.own().space for each in self.papers.read(told)):
                raise Refused("Foreign")

    def strand(self, told: Header) -> Strand:
        """The chain to which an envelope belongs."""
        if self.is_returned(told):
            return self.kept[told.link, told.incarnation]
        peer = self.peers[told.link]
        if told.incarnation not in peer.strands:
            begin = derivation.chain_begin(told.origin, told.recipient, told.link, told.incarnation)
            peer.strands[told.incarnation] = Strand(begin)
        return peer.strands[told.incarnation]

    def verify_evidence(self, evidence: Evidence) -> Header:
        """The header of an envelope that a peer really sent to this space over this link."""
        false = "the envelope is not signed by its origin for this space"
        try:
            told = header.read(evidence.header)
        except Refused as error:
            raise Refused(false) from error
        peer = self.peers.get(told.link)
        if peer is None:
            raise Refused("the envelope is of no peer that was trusted then")
        there, here = (ids.read(each.space) for each in (peer.certificate, self.own()))
        returned = self.is_returned(told)
        if (told.origin, told.recipient) != ((here, there) if returned else (there, here)):
            raise Refused(false)
        try:
            parts = evidence.header, evidence.body_hash, evidence.signature
            verify_origin(self.own() if returned else peer.certificate, told, *parts)
        except Refused as error:
            raise Refused(false) from error
        if not returned and told.origin_key in peer.certificate.revoked():
            raise Refused("the envelope is signed by a key that was revoked before it")
        if len(evidence.header) != header.HEADER_BYTES:
            raise Refused(false)
        return told

    def is_returned(self, told: Header) -> bool:
        """Whether an envelope is one of this space's own, from the end that its log had lost."""
        is_own = told.origin == ids.read(self.own().space)
        return is_own and (told.link, told.incarnation) in self.kept

    def is_replaced(self, told: Header) -> bool:
        """Whether the peer had newer keys already when this envelope was taken."""
        return (
            not self.is_returned(told)
            and told.origin_key != self.peers[told.link].certificate.newest()
        )


def _created(ledger: Ledger, says: dict[str, Any], _position: int) -> None:
    ledger.certificate = certificate.read(says["certificate"])
    ledger.incarnation = says["incarnation"]
    ledger.learn(ledger.certificate)


def _offered(ledger: Ledger, says: dict[str, Any], _position: int) -> None:
    offer = document.read(says["offer"], "offer")
    ledger.offers.append(bytes.fromhex(offer.payload["random"]))


def _trusted(ledger: Ledger, says: dict[str, Any], _position: int) -> None:
    known = certificate.read(says["certificate"])
    if known.space != says["peer"] or known.space == ledger.own().space:
        raise Refused("the certificate is of another space than the peer")
    ledger.learn(known)
    link = ids.read(says["link"])
    if link in ledger.peers:
        if ledger.peers[link].certificate.space != known.space:
            raise Refused("the link is that of another peer")
        ledger.peers[link].renew(known)
        return
    if link not in _links(ledger, known):
        ledger.joining = link
    ledger.peers[link] = Peer(known)


def _accepted(ledger: Ledger, says: dict[str, Any], position: int) -> None:
    """The offer that one link alone is made of, behind the entry that trusts the peer."""
    link, ledger.joining = ledger.joining, None
    _offered(ledger, says, position)
    if link is None or link not in _links(ledger, ledger.peers[link].certificate):
        raise Refused(NOT_OF_OFFERS)
    here, there = ledger.own().space, ledger.peers[link].certificate.space
    if there != says["peer"]:
        raise Refused("the invitation is of another peer")
    _check_proof(says, link, here, there)


def _used(ledger: Ledger, says: dict[str, Any], _position: int) -> None:
    links = [
        link for link, peer in ledger.peers.items() if peer.certificate.space == says["peer"]
    ]
    if says["invitation"] not in ledger.invitations or not links:
        raise Refused("the log does not know the invitation, or who used it")
    ledger.invitations.remove(says["invitation"])
    _check_proof(says, links[-1], says["peer"], ledger.own().space)


def _made(ledger: Ledger, says: dict[str, Any], position: int) -> None:
    ledger.invitations.add(says["invitation"])
    _offered(ledger, says, position)


def _revoked(ledger: Ledger, says: dict[str, Any], _position: int) -> None:
    ledger.invitations.discard(says["invitation"])


def _check_proof(says: dict[str, Any], link: bytes, asking: str, inviting: str) -> None:
    signed = invitation.proved(link, ids.read(asking), ids.read(inviting))
    if not signing.verifies(ids.read(says["invitation"]), signed, bytes.fromhex(says["proof"])):
        raise Refused("the proof of the invitation is none")


def _links(ledger: Ledger, peer: Certificate) -> list[bytes]:
    """The ids that a link to this peer may have."""
    if peer.offer is None:
        return []
    here, there = ids.read(ledger.own().space), ids.read(peer.space)
    return [derivation.link_id(here, offer, there, peer.offer) for offer in ledger.offers]


def _granted(ledger: Ledger, says: dict[str, Any], _position: int) -> None:
    if ids.read(says["link"]) not in ledger.peers:
        raise Refused("the grants are for a link that the log does not know")


def _contradicted(ledger: Ledger, says: dict[str, Any], position: int) -> None:
    parts = (bytes.fromhex(says[name]) for name in ("header", "body_hash", "signature"))
    told = ledger.verify_evidence(Evidence(*parts))
    if told.link != ids.read(says["link"]):
        raise Refused("the proof is of another link")
    chains = {told.first - 1: told.chain_before, told.last(): told.chain_after}
    if "entries" in says:
        chains = chain_over(told, [_link(*each) for each in says["entries"]])
    if not ledger.strand(told).contradicts(chains):
        # The chains at both ends are right: only what lies between shows the difference.
        ledger.notes.append(
            f"Position {position}: the event alone does not prove the contradiction"
        )
    ledger.peers[told.link].frozen = True


def _link(incarnation: str, position: int, commit: str) -> Link:
    return ids.read(incarnation, ids.INCARNATION_BYTES), position, bytes.fromhex(commit)


def _stated(ledger: Ledger, says: dict[str, Any], _position: int) -> None:
    statement = document.read(says["statement"], "key-statement")
    renewed = ledger.own().extended([statement])
    if renewed.newest() != ledger.own().newest() + 1:
        raise Refused("the key statement is not the next one")
    ledger.certificate = renewed
    ledger.learn(renewed)


def _peer_stated(ledger: Ledger, says: dict[str, Any], _position: int) -> None:
    told = [document.read(text, "key-statement") for text in says["statements"]]
    peers = [each for each in ledger.peers.values() if each.certificate.space == says["peer"]]
    if not peers:
        raise Refused("the statements are of a space that is no peer")
    for peer in peers:
        peer.certificate = peer.certificate.extended(told)
        ledger.learn(peer.certificate)
        if says["cut"] is not None:
            incarnation, at, chain = says["cut"]
            strand = peer.strands.get(ids.read(incarnation, ids.INCARNATION_BYTES))
            if strand:
                strand.cut(at, bytes.fromhex(chain))


def _declared(ledger: Ledger, says: dict[str, Any], position: int) -> None:
    """The log lost its end: what it kept has to be what is here."""
    kept = says["predecessor"], says["size"], says["root"]
    if kept != (ledger.incarnation, position - 1, ledger.tree.root().hex()):
        raise Refused("what is said to be kept of the log is not what is here")
    life = ids.read(says["predecessor"], ids.INCARNATION_BYTES)
    for link, at, chain in says["links"]:
        raw = ids.read(link)
        if raw not in ledger.peers:
            raise Refused("the log does not know a link of which it says what it kept")
        here = ledger.sent_on(raw) if ledger.lives == 1 else None
        if here and (at, bytes.fromhex(chain)) != (here.newest(), here.chains[here.newest()]):
            raise Refused("what is said to be kept of a link is not what is here")
        ledger.kept[raw, life] = Strand(bytes.fromhex(chain), at)
    ledger.incarnation = says["incarnation"]
    ledger.sent.clear()
    # Whether one was used in the end that was lost is not known.
    ledger.invitations.clear()
    ledger.lives += 1


def _created_release(ledger: Ledger, says: dict[str, Any], _position: int) -> None:
    project = {"space": ledger.own().space, "name": says["project"]}
    release = {"project": project, "version": says["version"]}
    snapshot = says["snapshot"]
    parts = outline.whole(snapshot, bytes.fromhex(says["blind"]))
    if outline.digest(release, says["revision"], snapshot, parts) != ids.read(says["digest"]):
        raise Refused("the digest is not that of the snapshot")


def _promoted(_ledger: Ledger, says: dict[str, Any], _position: int) -> None:
    bundle: Document = document.read(says["bundle"], "bundle")
    same = judgement.same_release(bundle.payload["release"], says["release"])
    if not same or ids.read(bundle.payload["digest"]) != ids.read(says["digest"]):
        raise Refused("the bundle is of another release")


EFFECTS: dict[str, Callable[[Ledger, dict[str, Any], int], None]] = {
    "space.created": _created,
    "link.offered": _offered,
    "peer.trusted": _trusted,
    "invitation.made": _made,
    "invitation.revoked": _revoked,
    "invitation.used": _used,
    "invitation.accepted": _accepted,
    "grants.changed": _granted,
    "link.contradicted": _contradicted,
    "keys.stated": _stated,
    "peer.stated": _peer_stated,
    "incarnation.declared": _declared,
    "release.created": _created_release,
    "release.promoted": _promoted,
}
