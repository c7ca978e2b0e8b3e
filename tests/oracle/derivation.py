"""The hashes of the protocol, each named as in its list of derivations."""

from hashlib import sha256

from blake3 import blake3
from mnemonic import Mnemonic

from . import ids
from .wire import behind_length, uint


def h(context: str, data: bytes) -> bytes:
    """H(d; x): BLAKE3 in mode derive_key."""
    return blake3(data, derive_key_context="interspace/v1/" + context).digest()


def space_id(root: bytes, suite: int, random: bytes) -> bytes:
    """The id of the space with this genesis."""
    return h("space", root + uint(suite, 2) + random)


def link_id(one: bytes, offer_of_one: bytes, other: bytes, offer_of_other: bytes) -> bytes:
    """The id of the link between two spaces, whichever is named first."""
    (low, offer_of_low), (high, offer_of_high) = sorted(
        [(one, offer_of_one), (other, offer_of_other)]
    )
    return h("link", low + high + offer_of_low + offer_of_high)


def chain_begin(origin: bytes, recipient: bytes, link: bytes, incarnation: bytes) -> bytes:
    """c(0)."""
    return h("chain", origin + recipient + link + incarnation)


def chain_next(
    before: bytes, link_seq: int, incarnation: bytes, position: int, commit_: bytes
) -> bytes:
    """c(n), from c(n-1) and the entry that has the LinkSeq n."""
    return h("chain", before + uint(link_seq, 8) + incarnation + uint(position, 8) + commit_)


def release_salt(blind: bytes, index: int) -> bytes:
    """What keeps the leaf of one part of a release from being guessed."""
    return h("release-salt", blind + uint(index, 4))


def release_leaf(part: int, salt: bytes, written: bytes) -> bytes:
    """One part of a release, as its digest sees it."""
    return h("release-part", uint(part, 1) + salt + written)


def release_digest(
    owner: bytes, title: tuple[str, str, str], revision: int, leaves: list[bytes]
) -> bytes:
    """What was frozen as a revision of a version, as one hash; title is name, version, channel."""
    name, version, channel = (behind_length(each.encode()) for each in title)
    counted = uint(len(leaves), 4) + b"".join(leaves)
    return h("release", owner + name + version + uint(revision, 4) + channel + counted)


def document_id(kind: str, payload: bytes) -> bytes:
    """The id of a document: of its type and payload, whoever signed it how often."""
    return h("document", behind_length(kind.encode()) + behind_length(payload))


def command_id(origin: bytes, incarnation: bytes, position: int, rule: str) -> bytes:
    """The command that policy gives because of one entry and one rule."""
    return h("command", origin + incarnation + uint(position, 8) + rule.encode())[:16]


def commit(salt: bytes, entry: bytes) -> bytes:
    """What is said about an entry where its content is not."""
    return sha256(b"interspace/v1/entry\x00" + salt + entry).digest()


def leaf_own(commit_: bytes) -> bytes:
    """The leaf of an own entry."""
    return sha256(b"\x00\x01" + commit_).digest()


def leaf_mirrored(identity: bytes, commit_: bytes) -> bytes:
    """The leaf of a peer's entry; `identity` is what stands between kind and salt in its record."""
    return sha256(b"\x00\x02" + identity + commit_).digest()


def leaf_evidence(header: bytes, body_hash: bytes, signature: bytes) -> bytes:
    """The leaf of an envelope that was accepted."""
    return sha256(b"\x00\x03" + sha256(header + body_hash + signature).digest()).digest()


def fingerprint(space: bytes) -> dict[str, str]:
    """A space's id as it is compared aloud: whole, and in short as words and as hex."""

    def fours(text: str) -> str:
        return " ".join(text[at : at + 4] for at in range(0, len(text), 4))

    bits = "".join(f"{byte:08b}" for byte in space[:17])
    words = Mnemonic("english").wordlist
    said = " ".join(words[int(bits[at : at + 11], 2)] for at in range(0, 132, 11))
    return {"whole": fours(ids.show(space)), "words": said, "hex": fours(space[:16].hex())}
