"""Proofs that a space contradicted itself: two things that it signed and that cannot both be."""

from base64 import b64encode
from dataclasses import dataclass
from typing import Any

from . import certificate, envelope, header, ids, lines, shapes
from .certificate import Certificate
from .header import Header
from .refusal import Refused
from .strand import Link, chain_over

PROOF_BYTES_MAX = 4_194_304
ENVELOPES_MAX = 16
MALFORMED = "malformed proof"
SIGNED = {"header": shapes.any_text, "bodyHash": shapes.BYTES_32, "signature": shapes.any_text}
COMMITMENT = shapes.fields(
    incarnation=shapes.INCARNATION, position=shapes.U64, commit=shapes.BYTES_32
)
SIDE = shapes.list_of(shapes.fields(**SIGNED, entries=shapes.list_of(COMMITMENT)))
SHAPES = {
    "interspace/v1/contradiction": shapes.fields(
        proof=shapes.any_text,
        certificate=shapes.list_of(shapes.SIGNED),
        link=shapes.ID,
        incarnation=shapes.INCARNATION,
        recipient=shapes.ID,
        at=shapes.U64,
        one=SIDE,
        other=SIDE,
    ),
    "interspace/v1/checkpoints": shapes.fields(
        proof=shapes.any_text,
        certificate=shapes.list_of(shapes.SIGNED),
        incarnation=shapes.INCARNATION,
        size=shapes.U64,
        one=shapes.fields(**SIGNED),
        other=shapes.fields(**SIGNED),
    ),
}
ORDER = [
    *("proof", "certificate", "link", "recipient", "at", "size", "one", "other"),
    *("payloadType", "payload", "signatures", "keyid", "sig"),
    *("header", "bodyHash", "signature", "entries", "incarnation", "position", "commit"),
]


@dataclass(frozen=True)
class Signed:
    """An envelope without its body, with what the chain needs of its entries."""

    header: Header
    head: bytes
    body_hash: bytes
    signature: bytes
    links: list[Link]


def _in_order(value: Any) -> Any:
    """With the fields in the order in which they are written."""
    if isinstance(value, list):
        return [_in_order(each) for each in value]
    if not isinstance(value, dict):
        return value
    names = sorted(value, key=ORDER.index)
    if "link" in value or "size" in value:
        # At the top, the incarnation stands behind the link or, without one, the certificate.
        names.remove("incarnation")
        names.insert(names.index("link" if "link" in value else "certificate") + 1, "incarnation")
    return {name: _in_order(value[name]) for name in names}


def _signed(told: dict[str, Any]) -> Signed:
    head = lines.binary(told["header"], MALFORMED)
    signature = lines.binary(told["signature"], MALFORMED)
    links = [
        (
            ids.read(each["incarnation"], ids.INCARNATION_BYTES),
            each["position"],
            bytes.fromhex(each["commit"]),
        )
        for each in told.get("entries", [])
    ]
    one_form = told["header"], told["signature"], told["bodyHash"]
    written = b64encode(head).decode(), b64encode(signature).decode(), told["bodyHash"].lower()
    if one_form != written or len(head) != header.HEADER_BYTES or len(links) > header.ENTRIES_MAX:
        raise Refused(MALFORMED)
    try:
        read = header.read(head)
    except Refused as error:
        raise Refused(MALFORMED) from error
    return Signed(read, head, bytes.fromhex(told["bodyHash"]), signature, links)


def _check(known: Certificate, told: dict[str, Any], each: Signed) -> None:
    """That it is of the space, over what the proof names, and signed."""
    said = each.header
    named = [ids.read(told["incarnation"], ids.INCARNATION_BYTES), ids.read(known.space)]
    found = [said.incarnation, said.origin]
    if "link" in told:
        named += [ids.read(told["link"]), ids.read(told["recipient"])]
        found += [said.link, said.recipient]
    if named != found:
        raise Refused("another-link")
    try:
        envelope.verify_origin(known, said, each.head, each.body_hash, each.signature)
    except Refused as error:
        raise Refused("bad-signature") from error


def _story(side: list[Signed]) -> dict[int, bytes]:
    """c at every number of which a side speaks."""
    chains: dict[int, bytes] = {}
    for each in side:
        if each.header.kind != header.ENTRIES:
            raise Refused("broken-chain")
        if chains and chains.get(each.header.first - 1) != each.header.chain_before:
            raise Refused("broken-chain")
        if chains and max(chains) != each.header.first - 1:
            raise Refused("broken-chain")
        chains |= chain_over(each.header, each.links)
    return chains


def _contradiction(known: Certificate, told: dict[str, Any]) -> dict[str, Any]:
    sides = [told["one"], told["other"]]
    if not all(1 <= len(side) <= ENVELOPES_MAX for side in sides):
        raise Refused(MALFORMED)
    signed = [[_signed(each) for each in side] for side in sides]
    for each in signed[0] + signed[1]:
        _check(known, told, each)
    one, other = (_story(side) for side in signed)
    differ = [at for at in sorted(one.keys() & other.keys()) if one[at] != other[at]]
    if not differ:
        raise Refused("same-story")
    at = differ[0]
    if at != told["at"]:
        raise Refused("elsewhere")
    about = {"link": told["link"], "recipient": told["recipient"], "at": at}
    return {"about": about, "signed": [one[at].hex(), other[at].hex()]}


def _checkpoints(known: Certificate, told: dict[str, Any]) -> dict[str, Any]:
    one, other = (_signed(told[side]) for side in ("one", "other"))
    for each in (one, other):
        _check(known, told, each)
    sizes = {each.header.checkpoint_size for each in (one, other)}
    roots = [each.header.checkpoint_root for each in (one, other)]
    if len(sizes) != 1 or roots[0] == roots[1]:
        raise Refused("same-story")
    if sizes != {told["size"]}:
        raise Refused("elsewhere")
    return {"about": {"size": told["size"]}, "signed": [root.hex() for root in roots]}


def verify(raw: bytes) -> dict[str, Any]:
    """What a proof proves, as the vectors show it."""
    if len(raw) > PROOF_BYTES_MAX:
        raise Refused(MALFORMED)
    told = lines.parse(raw, lambda value: None, MALFORMED)
    kind = told.get("proof") if isinstance(told, dict) else None
    if not isinstance(kind, str):
        raise Refused(MALFORMED)
    if kind not in SHAPES:
        raise Refused(MALFORMED + ": version")
    lines.parse(raw, SHAPES[kind], MALFORMED)
    lines.same(raw, _in_order(told), MALFORMED)
    try:
        known = certificate.read_values(told["certificate"])
    except Refused as error:
        raise Refused("bad-certificate") from error
    prove = _contradiction if "at" in told else _checkpoints
    named = {"space": known.space, "name": known.statements[-1].name}
    return named | {"incarnation": told["incarnation"]} | prove(known, told)
