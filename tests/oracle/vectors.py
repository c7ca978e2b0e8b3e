"""Runs the vectors: what is to be accepted gives what is expected, what is not gives the reason."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from . import (
    archive,
    certificate,
    checkpoint,
    derivation,
    document,
    entry,
    envelope,
    events,
    grammar,
    history,
    ids,
    invitation,
    judgement,
    order,
    outline,
    part,
    proof,
    record,
    returns,
    secret,
    signals,
    signing,
)
from .refusal import Refused
from .tree import Tree
from .wire import Reader

Run = Callable[[Any, Any], Any]
GRAMMARS: dict[str, Callable[[str], str]] = {
    "id": grammar.space,
    "name": grammar.name,
    "package id": grammar.package_id,
    "version": grammar.version,
    "text": grammar.text,
}


def _signal(read: Callable[[Reader], Any], cut_short: str = "signal") -> Run:
    def run(given: Any, _context: Any) -> Any:
        reader = Reader(bytes.fromhex(given["bytes"]), cut_short)
        shown = read(reader)
        reader.end()
        return shown

    return run


def _signature(given: Any, _context: Any) -> bool:
    signing.check(*(bytes.fromhex(given[name]) for name in ("key", "message", "signature")))
    return True


def _name(given: Any, _context: Any) -> str:
    return GRAMMARS[given["grammar"]](given["text"])


def _certificate(given: Any, _context: Any) -> Any:
    return certificate.read(given["json"]).shown()


def _document(given: Any, context: Any) -> Any:
    signed = document.read(given["json"], context["kind"])
    certificate.verify(signed, certificate.read(context["certificate"]))
    return {
        "id": signed.id(),
        "payload": signed.payload,
        "signed_bytes": signed.signed_bytes().hex(),
    }


def _secret(given: Any, context: Any) -> Any:
    bundle = document.read(context["bundle"], "bundle")
    certificate.verify(bundle, certificate.read(context["certificate"]))
    return secret.take(bundle, given, context["recipient"])


def _at_rest(given: Any, context: Any) -> str:
    return secret.unseal(given, context).hex()


def _secret_commitment(given: Any, _context: Any) -> str:
    return secret.commitment(given).hex()


def _checkpoint(given: Any, context: Any) -> str:
    signed = record.Checkpoint(
        given["size"],
        bytes.fromhex(given["root"]),
        given["time_ms"],
        given["key"],
        bytes.fromhex(given["signature"]),
    )
    known = certificate.read(context["certificate"])
    return checkpoint.verify(known, given["space"], given["incarnation"], signed)


def _entry(given: Any, _context: Any) -> Any:
    data = bytes.fromhex(given["bytes"])
    read = entry.read(data)
    if entry.write(read) != data:
        raise Refused("entry: written again it is another")
    return entry.shown(read)


def _event(given: Any, _context: Any) -> Any:
    kind, version, flags = given["kind"], given["version"], given["flags"]
    told = events.read(kind, version, flags, bytes.fromhex(given["payload"]))
    if told is None:
        return {"event": "unknown", "fields": [kind, version, bool(flags & entry.MUST_UNDERSTAND)]}
    return told.shown()


def _record(given: Any, _context: Any) -> Any:
    data = bytes.fromhex(given["bytes"])
    read = record.read(data)
    if read.write() != data:
        raise Refused("record: written again it is another")
    return {"kind": record.kind(read), "leaf": read.leaf().hex()}


def _block(given: Any, _context: Any) -> Any:
    data = bytes.fromhex(given["bytes"])
    block = record.read_block(data, given["first"])
    if block.write() != data:
        raise Refused("block: written again it is another")
    end = block.checkpoint
    shown = {
        "size": end.size,
        "root": end.root.hex(),
        "time_ms": end.time_ms,
        "key": end.key,
        "signature": end.signature.hex(),
    }
    return {"leaves": [leaf.hex() for leaf in block.leaves], "checkpoint": shown}


def _envelope(given: Any, context: Any) -> Any:
    here = context["recipient"]
    recipient = envelope.Recipient(
        certificate.read(here["certificate"]),
        bytes.fromhex(here["sealing_seed"]),
        {
            ids.read(each["link"]): certificate.read(each["certificate"])
            for each in context["links"]
        },
        {
            ids.read(each["invitation"]): invitation.Invited(
                each["standing"],
                bytes.fromhex(each["offer"]),
                each["guest"] and ids.read(each["guest"]),
            )
            for each in context.get("invitations", [])
        },
    )
    return envelope.open_for(bytes.fromhex(given["bytes"]), recipient)


def _invitation(given: Any, _context: Any) -> Any:
    return invitation.read(given["text"])


def _verdict(given: Any, context: Any) -> Any:
    so_far = history.History()
    for data in context["log"]:
        own = entry.read(bytes.fromhex(data))
        told = own.told()
        if told is not None:
            so_far.fold(told, own.audience)
    versions = so_far.peers[given["link"]].versions
    for data in context.get("came", []):
        came = entry.read(bytes.fromhex(data))
        versions[came.kind] = max(versions.get(came.kind, 0), came.version)
    return judgement.judge(so_far, given["link"], given["link_seq"], bytes.fromhex(given["entry"]))


def _chain(given: Any, _context: Any) -> list[str]:
    origin, recipient, link = (ids.read(given[name]) for name in ("origin", "recipient", "link"))
    chain = derivation.chain_begin(origin, recipient, link, ids.read(given["incarnation"], 16))
    shown = [chain.hex()]
    for each in given["entries"]:
        chain = derivation.chain_next(
            chain,
            each["link_seq"],
            ids.read(each["incarnation"], 16),
            each["position"],
            bytes.fromhex(each["commit"]),
        )
        shown.append(chain.hex())
    return shown


def _tree(given: Any, _context: Any) -> list[str]:
    tree = Tree()
    roots = [tree.root().hex()]
    for leaf in given["leaves"]:
        tree.append(bytes.fromhex(leaf))
        roots.append(tree.root().hex())
    return roots


def _link_id(given: Any, _context: Any) -> str:
    sides = (given["one"], given["other"])
    (one, first), (other, second) = [
        (ids.read(side["space"]), bytes.fromhex(side["random"])) for side in sides
    ]
    return ids.show(derivation.link_id(one, first, other, second))


def _space_id(given: Any, _context: Any) -> str:
    root, random = bytes.fromhex(given["root"]), bytes.fromhex(given["random"])
    return ids.show(derivation.space_id(root, given["suite"], random))


def _fingerprint(given: Any, _context: Any) -> Any:
    return derivation.fingerprint(ids.read(given["space"]))


def _release_digest(given: Any, _context: Any) -> Any:
    snapshot = given["snapshot"]
    whole = outline.whole(snapshot, bytes.fromhex(given["blind"]))
    sliced, rest = outline.cut(snapshot, whole, [ids.read(space) for space in given["spaces"]])
    return {
        "digest": ids.show(outline.digest(given["release"], given["revision"], snapshot, whole)),
        "outline": whole,
        "slice": sliced,
        "slice_outline": rest,
        "snapshot": events.SNAPSHOT.write(snapshot).hex(),
    }


def _archive(given: Any, _context: Any) -> Any:
    return archive.verify(BytesIO(given["text"].encode("utf-8"))).shown()


def _part(given: Any, _context: Any) -> Any:
    return part.read(bytes.fromhex(given["bytes"]))


def _proof(given: Any, _context: Any) -> Any:
    return proof.verify(given["text"].encode("utf-8"))


def _command_id(given: Any, _context: Any) -> str:
    origin, incarnation = ids.read(given["origin"]), ids.read(given["incarnation"], 16)
    return ids.show(derivation.command_id(origin, incarnation, given["position"], given["rule"]))


def _commit(given: Any, _context: Any) -> str:
    return derivation.commit(bytes.fromhex(given["salt"]), bytes.fromhex(given["entry"])).hex()


def _version_order(given: Any, _context: Any) -> list[str]:
    return order.in_order(given["versions"])


KINDS: dict[str, Run] = {
    "ack": _signal(signals.ack),
    "beat": _signal(signals.beat),
    "want": _signal(signals.want),
    "piece": _signal(signals.piece),
    "reclaim": _signal(returns.reclaim, "reclaim"),
    "returned": _signal(returns.returned, "returned"),
    "join": _signal(lambda reader: invitation.join(reader).shown(), "join"),
    "invitation": _invitation,
    "signature": _signature,
    "name": _name,
    "certificate": _certificate,
    "document": _document,
    "checkpoint": _checkpoint,
    "entry": _entry,
    "event": _event,
    "record": _record,
    "block": _block,
    "envelope": _envelope,
    "verdict": _verdict,
    "archive": _archive,
    "part": _part,
    "proof": _proof,
    "secret": _secret,
    "at-rest": _at_rest,
    "compute-chain": _chain,
    "compute-tree": _tree,
    "compute-link-id": _link_id,
    "compute-space-id": _space_id,
    "compute-fingerprint": _fingerprint,
    "compute-release-digest": _release_digest,
    "compute-command-id": _command_id,
    "compute-commit": _commit,
    "compute-secret-commitment": _secret_commitment,
    "compute-version-order": _version_order,
}


@dataclass
class Outcome:
    """How many vectors of each kind held, and what did not."""

    held: Counter[tuple[str, str]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def _differs(side: str, vector: Any) -> str | None:
    """What is wrong with one vector; None when it holds."""
    run = KINDS.get(vector["kind"])
    if run is None:
        return f"no reader for the kind {vector['kind']!r}"
    try:
        given = run(vector["input"], vector["context"])
    except Refused as error:
        if side == "accept":
            return f"refused: {error.reason}"
        if error.reason != vector["expect"]:
            return f"refused as {error.reason!r}, not as {vector['expect']!r}"
        return None
    if side == "refuse":
        return f"accepted, but it is {vector['expect']!r}"
    return None if given == vector["expect"] else f"gave {given!r}"


def run_all(folder: Path) -> Outcome:
    """Runs every file under `accept` and `refuse`."""
    outcome = Outcome()
    for side in ("accept", "refuse"):
        files = sorted((folder / side).glob("*.json"))
        if not files:
            outcome.wrong.append(f"{side}: there is no vector in {folder / side}")
        for path in files:
            vector = json.loads(path.read_text(encoding="utf-8"))
            wrong = _differs(side, vector)
            if wrong:
                outcome.wrong.append(f"{side}/{path.name}: {wrong}")
            else:
                outcome.held[side, vector["kind"]] += 1
    return outcome
