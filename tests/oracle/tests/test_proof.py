"""A proof shows that a space contradicted itself, and nothing else is one."""

import json
import unittest
from base64 import b64encode
from collections.abc import Callable
from typing import Any

from oracle import ids, proof
from oracle.record import Evidence
from oracle.refusal import Refused

from .identity import drawn
from .scribe import Sender
from .story import ANNA, BERTA, CARLA


def signed(evidence: Evidence, *links: Any) -> dict[str, Any]:
    """An envelope as a proof has it."""
    entries = [
        {
            "incarnation": ids.show(each.incarnation),
            "position": each.position,
            "commit": each.commit().hex(),
        }
        for each in links
    ]
    told = {
        "header": b64encode(evidence.header).decode(),
        "bodyHash": evidence.body_hash.hex(),
        "signature": b64encode(evidence.signature).decode(),
    }
    return told | {"entries": entries} if links else told


def contradiction() -> dict[str, Any]:
    """Anna told Berta two stories, from the second entry on; one of them in two envelopes."""
    one, other = Sender(ANNA, BERTA), Sender(ANNA, BERTA)
    for sender, words in ((one, (b"a", b"b", b"c")), (other, (b"a", b"x", b"y"))):
        for word in words:
            sender.publish(word)
    return {
        "proof": "interspace/v1/contradiction",
        "certificate": json.loads(ANNA.certificate()),
        "link": ids.show(one.link),
        "incarnation": ids.show(one.incarnation),
        "recipient": BERTA.id(),
        "at": 2,
        "one": [signed(one.evidence(1, 3), *one.entries)],
        "other": [
            signed(other.evidence(1, 1), *other.entries[:1]),
            signed(other.evidence(2, 3), *other.entries[1:]),
        ],
    }


def checkpoints() -> dict[str, Any]:
    """Anna told two roots of one size, one to Berta and one to Carla."""
    sides = []
    for to, root in ((BERTA, "one"), (CARLA, "other")):
        sender = Sender(ANNA, to)
        sender.publish(b"a")
        sides.append(signed(sender.evidence(1, 1, checkpoint_root=drawn(root))))
    return {
        "proof": "interspace/v1/checkpoints",
        "certificate": json.loads(ANNA.certificate()),
        "incarnation": ids.show(sender.incarnation),
        "size": 9,
        "one": sides[0],
        "other": sides[1],
    }


def written(told: dict[str, Any], more: str = "\n") -> bytes:
    """The bytes of a proof."""
    return (json.dumps(told, separators=(",", ":")) + more).encode()


class Proofs(unittest.TestCase):
    def refused(self, told: dict[str, Any], more: str = "\n") -> str:
        """Why a proof is refused."""
        with self.assertRaises(Refused) as caught:
            proof.verify(written(told, more))
        return caught.exception.reason

    def test_two_stories_on_one_link_are_proven_at_the_first_difference(self) -> None:
        proven = proof.verify(written(contradiction()))
        self.assertEqual(proven["about"]["at"], 2)
        self.assertEqual((proven["space"], proven["name"]), (ANNA.id(), "Anna"))
        self.assertNotEqual(*proven["signed"])

    def test_two_logs_of_one_size_are_proven(self) -> None:
        proven = proof.verify(written(checkpoints()))
        self.assertEqual(proven["about"], {"size": 9})
        self.assertEqual(proven["signed"], [drawn("one").hex(), drawn("other").hex()])

    def test_a_contradiction_that_is_none_is_refused(self) -> None:
        changes: list[tuple[str, Callable[[dict[str, Any]], object]]] = [
            ("elsewhere", lambda told: told.update(at=3)),
            ("same-story", lambda told: told.update(other=told["one"])),
            ("another-link", lambda told: told.update(recipient=CARLA.id())),
            ("another-link", lambda told: told.update(link=CARLA.id())),
            ("another-link", lambda told: told.update(incarnation=ids.show(bytes(16)))),
            ("another-link", lambda told: told.update(certificate=certificate_of_carla())),
            ("bad-certificate", lambda told: told.update(certificate=[])),
            ("bad-signature", lambda told: told["one"][0].update(bodyHash="00" * 32)),
            ("broken-chain", lambda told: told["one"][0]["entries"].pop()),
            ("broken-chain", lambda told: told["one"][0]["entries"].reverse()),
            ("broken-chain", lambda told: told["other"].reverse()),
            ("broken-chain", lambda told: told["other"].append(told["other"][0])),
            ("malformed proof: version", lambda told: told.update(proof="interspace/v2/x")),
            ("malformed proof", lambda told: told.update(more=1)),
            ("malformed proof", lambda told: told.update(one=[])),
            ("malformed proof", lambda told: told.update(one=told["one"] * 17)),
            ("malformed proof", lambda told: told["one"][0].update(header="AAAA")),
            ("malformed proof", lambda told: told["one"][0].update(bodyHash="AA" * 32)),
            ("malformed proof", lambda told: told.update(at=told.pop("at"))),
        ]
        for number, (reason, change) in enumerate(changes):
            with self.subTest(number=number, reason=reason):
                told = contradiction()
                change(told)
                self.assertEqual(self.refused(told), reason)

    def test_the_envelopes_of_a_story_go_on_from_each_other(self) -> None:
        told, other = contradiction(), Sender(ANNA, BERTA)
        for word in (b"z", b"x", b"y"):
            other.publish(word)
        told["other"][1] = signed(other.evidence(2, 3), *other.entries[1:])
        self.assertEqual(self.refused(told), "broken-chain")

    def test_only_an_envelope_of_entries_tells_a_story(self) -> None:
        told, other = contradiction(), Sender(ANNA, BERTA)
        for word in (b"a", b"x"):
            other.publish(word)
        beat = other.evidence(3, 2, kind=3)
        told["other"] = [signed(beat) | {"entries": []}]
        self.assertEqual(self.refused(told), "broken-chain")

    def test_two_checkpoints_that_agree_are_refused(self) -> None:
        told = checkpoints()
        self.assertEqual(self.refused(told | {"size": 8}), "elsewhere")
        self.assertEqual(self.refused(told | {"other": told["one"]}), "same-story")

    def test_a_proof_has_one_form(self) -> None:
        told = contradiction()
        for more in ("", "\n\n", " \n"):
            self.assertEqual(self.refused(told, more), "malformed proof")
        for raw in (b"[]\n", b"{}\n", b"\xff\n", b""):
            with self.assertRaises(Refused):
                proof.verify(raw)


def certificate_of_carla() -> Any:
    """A certificate of somebody else."""
    return json.loads(CARLA.certificate())
