"""What a log makes of a peer's entry: fold it, skip it, hold the link, await a key, or refuse it."""

import json
from collections.abc import Callable
from typing import Any

from . import certificate, document, entry, events, grammar, ids, outline
from .document import Document
from .entry import Entry
from .history import History, Peer
from .refusal import Refused


class Unstated(Exception):
    """Something passed on is signed under a key that its signer has not stated here yet."""

    def __init__(self, signer: str, key: int) -> None:
        super().__init__(f"key {key} of {signer}")
        self.signer = signer
        self.key = key


def judge(history: History, link: str, link_seq: int, data: bytes) -> Any:
    """`{"fold": event}`, `"skip"`, `"hold"` or `{"await": key}`; what is refused has its code."""
    peer = history.peers[link]
    try:
        told_entry = entry.read(data)
    except Refused as error:
        raise Refused("entry-malformed") from error
    _address(told_entry, link, peer)
    if told_entry.version < peer.versions.get(told_entry.kind, 1):
        raise Refused("downgraded")
    told = _told(told_entry)
    if told is None:
        return "hold" if told_entry.must_understand() else "skip"
    if not told.event.crosses:
        raise Refused("does-not-cross")
    judge_event = JUDGES.get(told.event.name)
    if judge_event:
        try:
            judge_event(history, peer, told.fields, peer.granted(link_seq))
        except Unstated as unstated:
            return {"await": {"signer": unstated.signer, "key": unstated.key}}
    return {"fold": told.event.name}


def _address(told: Entry, link: str, peer: Peer) -> None:
    if told.audience != {"link": link}:
        raise Refused("wrong-audience")
    if isinstance(told.actor, dict) and "space" in told.actor:
        if told.actor["space"] != peer.certificate.space:
            raise Refused("not-its-own")


def _told(told_entry: Entry) -> events.Told | None:
    try:
        return told_entry.told()
    except Refused as error:
        raise Refused("entry-malformed") from error


def _signed_by(peer: Peer, read: Callable[[], Document]) -> Document:
    try:
        signed = read()
        certificate.verify(signed, peer.certificate)
    except Refused as error:
        raise Refused("bad-document") from error
    return signed


def _passed_on(signer: Peer, peer: Peer, read: Callable[[], Document]) -> Document:
    """What a peer brings of `signer`: it may be here before the signer has stated its key."""
    try:
        signed = read()
    except Refused as error:
        raise Refused("bad-document") from error
    known = signer.certificate
    if signer is not peer and signed.space() == known.space:
        if known.may_state(signed.payload["key"]):
            raise Unstated(known.space, signed.payload["key"])
    return _signed_by(signer, lambda: signed)


def same_release(one: Any, other: Any) -> bool:
    """Ids in documents may be in upper case."""
    return (
        ids.read(one["project"]["space"]) == ids.read(other["project"]["space"])
        and one["project"]["name"] == other["project"]["name"]
        and one["version"] == other["version"]
    )


def bundle_fits(bundle: Any) -> bool:
    """Whether the digest of a bundle is that of its outline and its part of the snapshot."""
    try:
        found = outline.digest(
            bundle["release"], bundle["revision"], bundle["snapshot"], bundle["outline"]
        )
    except Refused:
        return False
    return found == ids.read(bundle["digest"])


def _signer(history: History, peer: Peer, space: str, grants: list[Any]) -> Peer:
    """Whose word counts for what a peer brings of `space`: its own, or that of another peer."""
    if ids.read(space) == ids.read(peer.certificate.space):
        return peer
    known = history.peer_of(space) if "relay" in grants else None
    if known is None:
        raise Refused("not-its-own")
    return known


def _promoted(history: History, peer: Peer, says: Any, grants: list[Any]) -> None:
    project = says["release"]["project"]
    if says["target"] != history.space():
        raise Refused("not-its-own")
    owner = _signer(history, peer, project["space"], grants)
    relayed = owner is not peer
    allowed = owner.newest_grants() if relayed else grants
    accepted = [grant["accept_releases"] for grant in allowed if "accept_releases" in grant]
    if not any(grammar.covers(pattern, project["name"]) for pattern in accepted):
        raise Refused("not-granted")
    bundle = _passed_on(owner, peer, lambda: document.read(says["bundle"], "bundle")).payload
    digest = ids.read(says["digest"])
    meant = [ids.read(target) for target in bundle["targets"]]
    right = (
        same_release(bundle["release"], says["release"])
        and ids.read(bundle["digest"]) == digest
        and ids.read(history.space()) in meant
        and (not relayed or ids.read(peer.certificate.space) in meant)
        and bundle_fits(bundle)
        and all(_receipt_fits(owner, receipt, says) for receipt in bundle["receipts"])
        and (relayed or not says["receipts"])
        and all(_receipt_fits(peer, json.loads(each), says) for each in says["receipts"])
    )
    if not right:
        raise Refused("bad-document")


def _receipt_fits(peer: Peer, value: Any, says: Any) -> bool:
    """Whether a receipt in a bundle is the peer's own, of the same release and digest."""
    receipt = _signed_by(peer, lambda: document.open_envelope(value, "receipt")).payload
    return same_release(receipt["release"], says["release"]) and ids.read(
        receipt["digest"]
    ) == ids.read(says["digest"])


def _answered(_history: History, peer: Peer, says: Any, _grants: list[Any]) -> None:
    sent = [(sent.release, sent.bundle) for sent in peer.promoted]
    if (says["release"], says["bundle"]) not in sent:
        raise Refused("not-its-own")


def _published(_history: History, _peer: Peer, _says: Any, grants: list[Any]) -> None:
    if "accept_results" not in grants:
        raise Refused("not-granted")


def _reported(history: History, peer: Peer, says: Any, grants: list[Any]) -> None:
    if "accept_results" not in grants:
        raise Refused("not-granted")
    try:
        claimed = document.read(says["receipt"], "receipt").payload
    except Refused as error:
        raise Refused("bad-document") from error
    signer = _signer(history, peer, claimed["space"], grants)
    if signer is not peer and "accept_results" not in signer.newest_grants():
        raise Refused("not-granted")
    receipt = _passed_on(signer, peer, lambda: document.read(says["receipt"], "receipt")).payload
    digest, space = ids.read(receipt["digest"]), ids.read(signer.certificate.space)
    sent = any(
        same_release(sent.release, receipt["release"])
        and ids.read(sent.digest) == digest
        and space in [ids.read(target) for target in sent.targets]
        for each in history.peers.values()
        for sent in each.promoted
    )
    if not sent:
        raise Refused("not-its-own")


def _recalled(history: History, peer: Peer, says: Any, grants: list[Any]) -> None:
    try:
        claimed = document.read(says["recall"], "recall").payload
    except Refused as error:
        raise Refused("bad-document") from error
    owner = _signer(history, peer, claimed["release"]["project"]["space"], grants)
    _passed_on(owner, peer, lambda: document.read(says["recall"], "recall"))


JUDGES = {
    "release.promoted": _promoted,
    "promotion.answered": _answered,
    "environments.published": _published,
    "deployment.reported": _reported,
    "release.recalled": _recalled,
}
