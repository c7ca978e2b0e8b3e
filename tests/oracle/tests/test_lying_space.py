"""What a space may not write is found in its log, although leaves, roots and signatures fit."""

import json
import unittest
from dataclasses import replace
from typing import Any

from oracle import header, ids
from oracle.record import Own

from . import story
from .freezing import contradiction, frozen
from .identity import drawn
from .refused import wrong
from .scribe import Scribe
from .story import ANNA, BERTA, CARLA
from .test_archive import stated


class LyingSpaces(unittest.TestCase):
    """The space itself wrote what it may not: every leaf, root and signature is right."""

    def setUp(self) -> None:
        self.story = story.begun()
        self.scribe, self.anna = self.story.scribe, self.story.anna

    def wrong(self) -> str:
        """Why the log is refused."""
        return wrong(self.scribe.archive())

    def test_a_checkpoint_that_skips_a_record(self) -> None:
        self.scribe.append(self.scribe.trust(ANNA), size=3)
        self.assertIn("Position 4: the checkpoint behind it is of another size", self.wrong())

    def test_a_checkpoint_with_a_key_that_nobody_knows(self) -> None:
        self.scribe.key = 2
        self.scribe.append(self.scribe.trust(ANNA))
        self.assertIn("Position 4: the checkpoint behind it is not signed", self.wrong())

    def test_an_entry_of_a_peer_without_evidence(self) -> None:
        self.scribe.append(self.anna.publish(self.story.environments("Staging")))
        self.assertIn("Position 4: no envelope proves the mirrored entry", self.wrong())

    def test_evidence_in_an_older_block_is_none(self) -> None:
        one = self.anna.publish(self.story.environments("Staging"))
        self.scribe.append(self.anna.evidence(1, 1), one)
        self.scribe.append(self.anna.publish(self.story.environments("Test")))
        self.assertEqual(self.wrong(), "Position 6: no envelope proves the mirrored entry")

    def test_evidence_behind_its_entry_is_none(self) -> None:
        one = self.anna.publish(self.story.environments("Staging"))
        self.scribe.append(one, self.anna.evidence(1, 1))
        self.assertIn("Position 4: no envelope proves the mirrored entry", self.wrong())

    def test_evidence_whose_entries_are_missing(self) -> None:
        one = self.anna.publish(self.story.environments("Staging"))
        self.anna.publish(self.story.environments("Test"))
        self.scribe.append(self.anna.evidence(1, 2), one)
        self.assertIn("Position 5: entries of an envelope are missing behind it", self.wrong())

    def test_an_entry_that_is_not_the_one_that_was_sent(self) -> None:
        one = self.anna.publish(self.story.environments("Staging"))
        forged = replace(one, entry=self.story.environments("Forged"))
        self.scribe.append(self.anna.evidence(1, 1), forged)
        self.assertIn(
            "Position 5: the mirrored entries are not those that were signed", self.wrong()
        )

    def test_an_entry_that_stands_elsewhere_in_the_peers_log(self) -> None:
        one = self.anna.publish(self.story.environments("Staging"))
        self.scribe.append(self.anna.evidence(1, 1), replace(one, position=one.position + 1))
        self.assertIn(
            "Position 5: the mirrored entries are not those that were signed", self.wrong()
        )

    def test_entries_that_changed_places(self) -> None:
        one = self.anna.publish(self.story.environments("Staging"))
        two = self.anna.publish(self.story.environments("Test"))
        self.scribe.append(self.anna.evidence(1, 2), two, one)
        self.assertIn("Position 5: the mirrored entry is not the next of its link", self.wrong())

    def test_entries_that_swapped_their_numbers(self) -> None:
        one = self.anna.publish(self.story.environments("Staging"))
        two = self.anna.publish(self.story.environments("Test"))
        swapped = [replace(two, link_seq=1), replace(one, link_seq=2)]
        self.scribe.append(self.anna.evidence(1, 2), *swapped)
        self.assertIn(
            "Position 6: the mirrored entries are not those that were signed", self.wrong()
        )

    def test_evidence_that_leaves_a_gap(self) -> None:
        for name in ("Staging", "Test"):
            self.anna.publish(self.story.environments(name))
        self.scribe.append(self.anna.evidence(2, 2), self.anna.entries[1])
        self.assertIn("Position 4: the envelope does not continue the chain", self.wrong())

    def test_evidence_of_another_past(self) -> None:
        one = self.anna.publish(self.story.environments("Staging"))
        self.scribe.append(self.anna.evidence(1, 1), one)
        two = self.anna.publish(self.story.environments("Test"))
        self.scribe.append(self.anna.evidence(2, 2, chain_before=drawn("another past")), two)
        self.assertIn("Position 6: the envelope does not continue the chain", self.wrong())

    def test_evidence_that_the_peer_did_not_sign(self) -> None:
        one = self.anna.publish(self.story.environments("Staging"))
        evidence = self.anna.evidence(1, 1)
        lies = {
            "another body": replace(evidence, body_hash=drawn("another body")),
            "an unknown key": self.anna.evidence(1, 1, origin_key=2),
            "another origin": self.anna.evidence(1, 1, origin=CARLA.space()),
            "another recipient": self.anna.evidence(1, 1, recipient=CARLA.space()),
            "no header": replace(evidence, header=b"X" + evidence.header[1:]),
            "a long header": replace(evidence, header=evidence.header + b"\x00"),
            "a short header": replace(evidence, header=evidence.header[:-1]),
        }
        for name, lie in lies.items():
            with self.subTest(name=name):
                self.setUp()
                self.scribe.append(lie, one)
                said = "the envelope is not signed by its origin for this space"
                self.assertEqual(self.wrong(), f"Position 4: {said}")

    def test_evidence_with_a_longer_header_that_the_peer_did_sign(self) -> None:
        one = self.anna.publish(self.story.environments("Staging"))
        proof = self.anna.evidence(1, 1)
        longer = proof.header + b"\x00"
        signature = ANNA.key("1").sign(header.signed_bytes(longer, proof.body_hash))
        self.scribe.append(replace(proof, header=longer, signature=signature), one)
        said = "the envelope is not signed by its origin for this space"
        self.assertEqual(self.wrong(), f"Position 4: {said}")

    def test_evidence_on_a_link_that_is_none(self) -> None:
        one = self.anna.publish(self.story.environments("Staging"))
        self.scribe.append(self.anna.evidence(1, 1, link=CARLA.link(BERTA)), one)
        said = "the envelope is of no peer that was trusted then"
        self.assertEqual(self.wrong(), f"Position 4: {said}")

    def test_evidence_of_what_is_no_entry(self) -> None:
        beat = self.anna.evidence(1, 0, kind=3, newest=0)
        self.scribe.append(beat)
        self.assertEqual(self.wrong(), "Position 4: the envelope proves nothing that follows")

    def test_evidence_of_what_is_here_already(self) -> None:
        one = self.anna.publish(self.story.environments("Staging"))
        self.scribe.append(self.anna.evidence(1, 1), one)
        self.scribe.append(self.anna.evidence(1, 1))
        self.assertEqual(self.wrong(), "Position 6: the envelope proves nothing that follows")

    def test_something_between_evidence_and_its_entry(self) -> None:
        one = self.anna.publish(self.story.environments("Staging"))
        own = self.story.own("environments.published", {"environments": []}, crosses=True)
        self.scribe.append(self.anna.evidence(1, 1), own, one)
        self.assertEqual(self.wrong(), "Position 6: no envelope proves the mirrored entry")

    def test_evidence_behind_evidence_that_has_not_brought_its_entries(self) -> None:
        for name in ("Staging", "Test"):
            self.anna.publish(self.story.environments(name))
        proofs = self.anna.evidence(1, 1), self.anna.evidence(2, 2)
        self.scribe.append(*proofs, *self.anna.entries)
        said = "entries of an envelope are missing behind it"
        self.assertEqual(self.wrong(), f"Position 5: {said}")

    def test_an_entry_under_the_name_of_another_space(self) -> None:
        one = self.anna.publish(self.story.environments("Staging"))
        self.scribe.append(self.anna.evidence(1, 1), replace(one, origin=CARLA.space()))
        self.assertIn("Position 5: no envelope proves the mirrored entry", self.wrong())

    def test_evidence_on_a_link_that_is_frozen(self) -> None:
        one = self.anna.publish(self.story.environments("Staging"))
        self.scribe.append(self.anna.evidence(1, 1), one)
        self.scribe.append(contradiction(self.story))
        two = self.anna.publish(self.story.environments("Test"))
        self.scribe.append(self.anna.evidence(2, 2), two)
        self.assertIn("Position 7: the link was frozen", self.wrong())

    def test_a_contradiction_that_the_peer_did_not_sign(self) -> None:
        one = self.anna.publish(self.story.environments("Staging"))
        forged = replace(self.anna.evidence(1, 1), signature=bytes(64))
        self.scribe.append(frozen(self.story, forged, one))
        said = "the envelope is not signed by its origin for this space"
        self.assertEqual(self.wrong(), f"Position 4: {said}")

    def test_a_receipt_with_a_false_signature(self) -> None:
        forged = json.dumps(story.receipt(BERTA, ANNA, use="2"))
        self.scribe.append(
            self.story.own("deployment.finished", {"deployment": 4, "receipt": forged})
        )
        self.assertEqual(self.wrong(), "Position 4: BadSignature(1)")

    def test_a_receipt_in_the_name_of_a_peer(self) -> None:
        foreign = json.dumps(story.receipt(ANNA, ANNA))
        self.scribe.append(
            self.story.own("deployment.finished", {"deployment": 4, "receipt": foreign})
        )
        self.assertEqual(self.wrong(), "Position 4: Foreign")

    def test_a_bundle_with_a_false_receipt_in_it(self) -> None:
        forged = story.bundle(BERTA, ANNA, receipts=[story.receipt(BERTA, BERTA, use="2")])
        says = story.promotion(BERTA, ANNA, forged)
        self.scribe.append(self.story.own("release.promoted", says, crosses=True))
        self.assertEqual(self.wrong(), "Position 4: BadSignature(1)")

    def test_a_bundle_of_another_release(self) -> None:
        other = story.release(BERTA) | {"version": "2.0.0"}
        forged = story.bundle(BERTA, ANNA, release=other)
        says = story.promotion(BERTA, ANNA, forged)
        self.scribe.append(self.story.own("release.promoted", says, crosses=True))
        self.assertEqual(self.wrong(), "Position 4: the bundle is of another release")

    def test_a_release_with_another_digest(self) -> None:
        says = {
            "project": "Web",
            "version": "1.0.0",
            "revision": 1,
            "notes": "",
            "snapshot": story.SNAPSHOT,
            "blind": story.BLIND.hex(),
            "digest": story.digest(ANNA),
            "secrets": [],
        }
        self.scribe.append(self.story.own("release.created", says))
        self.assertEqual(self.wrong(), "Position 4: the digest is not that of the snapshot")

    def test_a_peer_on_a_link_that_is_not_theirs(self) -> None:
        says = {
            "peer": CARLA.id(),
            "name": "Carla",
            "link": ids.show(drawn("any link")),
            "certificate": CARLA.certificate(),
            "grants": [],
        }
        self.scribe.append(self.story.own("peer.trusted", says))
        self.assertEqual(
            self.wrong(), "Position 4: the link is not made of the offers of both sides"
        )

    def test_a_peer_with_the_certificate_of_another(self) -> None:
        says = {
            "peer": CARLA.id(),
            "name": "Carla",
            "link": ids.show(CARLA.link(BERTA)),
            "certificate": ANNA.certificate(),
            "grants": [],
        }
        self.scribe.append(self.story.own("peer.trusted", says))
        self.assertIn("Position 4: the certificate is of another space", self.wrong())

    def test_a_certificate_that_forgets_a_key(self) -> None:
        self.scribe.append(self.scribe.trust(ANNA, statements=2), self.scribe.trust(ANNA))
        self.assertIn("Position 5: the certificate does not continue", self.wrong())

    def test_a_space_that_begins_twice(self) -> None:
        self.scribe.begin()
        self.assertIn("Position 4: a log begins with its space, once", self.wrong())

    def test_a_log_that_begins_with_something_else(self) -> None:
        scribe = Scribe(BERTA)
        scribe.append(scribe.trust(ANNA))
        self.assertIn("Position 1: a log begins with its space, once", wrong(scribe.archive()))

    def test_an_own_entry_that_is_none(self) -> None:
        self.scribe.append(Own(bytes(16), b"junk"))
        self.assertEqual(self.wrong(), "Position 4: entry")

    def test_an_own_event_with_other_flags(self) -> None:
        own = self.story.own("environments.published", {"environments": []}, crosses=True)
        self.scribe.append(Own(own.salt, own.entry[:5] + b"\x01" + own.entry[6:]))
        self.assertEqual(self.wrong(), "Position 4: event: flags")

    def test_an_own_event_with_an_audience_that_it_never_has(self) -> None:
        self.scribe.append(self.story.own("environments.published", {"environments": []}))
        self.assertIn("Position 4: environments.published has an audience", self.wrong())

    def test_a_checkpoint_with_a_key_that_was_replaced(self) -> None:
        says = {"statement": json.dumps(BERTA.statement(2))}
        self.scribe.append(self.story.own("keys.stated", says))
        self.assertIn(
            "Position 4: the checkpoint behind it is not signed by the newest", self.wrong()
        )

    def test_keys_that_leave_out_a_number(self) -> None:
        says = {"statement": json.dumps(BERTA.statement(3))}
        self.scribe.append(self.story.own("keys.stated", says))
        self.assertEqual(self.wrong(), "Position 4: Broken(2)")

    def test_keys_that_are_there_already(self) -> None:
        says = {"statement": json.dumps(BERTA.statement(1))}
        self.scribe.append(self.story.own("keys.stated", says))
        self.assertEqual(self.wrong(), "Position 4: the key statement is not the next one")

    def test_keys_of_a_peer_that_the_key_before_did_not_sign(self) -> None:
        statement = ANNA.statement(2)
        del statement["signatures"][1]
        says = {"peer": ANNA.id(), "statements": [json.dumps(statement)], "cut": None}
        self.scribe.append(self.story.own("peer.stated", says))
        self.assertEqual(self.wrong(), "Position 4: BadSignature(1)")

    def test_keys_of_a_space_that_is_no_peer(self) -> None:
        says = {"peer": CARLA.id(), "statements": [json.dumps(CARLA.statement(2))], "cut": None}
        self.scribe.append(self.story.own("peer.stated", says))
        self.assertEqual(self.wrong(), "Position 4: the statements are of a space that is no peer")

    def test_evidence_by_a_revoked_key(self) -> None:
        self.scribe.append(stated(self.story, 1))
        one = self.anna.publish(self.story.environments("Staging"))
        self.scribe.append(self.anna.evidence(1, 1), one)
        self.assertIn("Position 5: the envelope is signed by a key that was revoked", self.wrong())

    def test_an_entry_that_comes_again_without_a_cut(self) -> None:
        one = self.anna.publish(self.story.environments("Staging"))
        self.scribe.append(self.anna.evidence(1, 1), one)
        self.scribe.append(stated(self.story))
        self.scribe.append(self.anna.evidence(1, 1, use="2", origin_key=2), one)
        self.assertIn("Position 7: the envelope proves nothing that follows", self.wrong())

    def test_a_log_that_begins_with_a_peers_word(self) -> None:
        scribe = Scribe(BERTA)
        one = self.anna.publish(self.story.environments("Staging"))
        scribe.append(self.anna.evidence(1, 1), one)
        self.assertEqual(
            wrong(scribe.archive()), "Position 1: the envelope is of no peer that was trusted then"
        )

    def test_an_own_entry_for_a_link_that_is_none(self) -> None:
        says: dict[str, Any] = {"environments": []}
        self.scribe.append(self.scribe.own("environments.published", says, CARLA.link(BERTA)))
        self.assertIn("Position 4: the entry is for a link that the log does not", self.wrong())

    def test_grants_for_a_link_that_is_none(self) -> None:
        says: dict[str, Any] = {"link": CARLA.id(), "grants": [], "from": 1, "sending_from": 1}
        self.scribe.append(self.story.own("grants.changed", says))
        self.assertIn("Position 4: the grants are for a link that the log does", self.wrong())

    def test_a_peer_on_the_link_of_another(self) -> None:
        says = {
            "peer": CARLA.id(),
            "name": "Carla",
            "link": ids.show(self.anna.link),
            "certificate": CARLA.certificate(),
            "grants": [],
        }
        self.scribe.append(self.story.own("peer.trusted", says))
        self.assertEqual(self.wrong(), "Position 4: the link is that of another peer")

    def test_a_proof_about_the_link_of_another(self) -> None:
        self.scribe.append(self.scribe.trust(CARLA))
        one = self.anna.publish(self.story.environments("Staging"))
        link = CARLA.link(BERTA)
        self.scribe.append(frozen(self.story, self.anna.evidence(1, 1), one, link=link))
        self.assertEqual(self.wrong(), "Position 5: the proof is of another link")

    def test_an_empty_block(self) -> None:
        self.scribe.append()
        self.scribe.append(self.scribe.trust(ANNA))
        self.assertEqual(self.wrong(), "Position 4: the block is empty")
