"""An archive that is right is accepted, and says what is in it."""

import io
import json
import unittest

from oracle import archive, ids, report
from oracle.record import Own

from . import story
from .freezing import contradiction, frozen
from .scribe import Sender, entry_of
from .story import ANNA, BERTA, CARLA


def verified(written: story.Story) -> archive.Archive:
    """What the oracle makes of the log of a story."""
    return archive.verify(io.BytesIO(written.scribe.archive()))


class RightArchives(unittest.TestCase):
    def test_a_whole_story_is_right(self) -> None:
        read = verified(story.told())
        self.assertEqual(read.tree.size, 14)
        self.assertEqual(read.records, {"own": 7, "evidence": 3, "mirrored": 4})
        self.assertEqual(read.mirrored, {ANNA.id(): 4})
        # One bundle with one receipt in it, one receipt in two entries, one offer.
        self.assertEqual(read.ledger.papers.verified, {"bundle": 1, "receipt": 3, "offer": 1})

    def test_what_a_peer_wrote_badly_is_noted_and_not_refused(self) -> None:
        notes = verified(story.told()).ledger.notes
        self.assertEqual(notes, ["Position 10: a peer's entry, kept: entry"])

    def test_a_false_bundle_of_a_peer_is_noted_and_not_refused(self) -> None:
        written = story.begun()
        lie = story.promotion(ANNA, BERTA, story.bundle(ANNA, BERTA, digest=CARLA.id()))
        entry = entry_of("release.promoted", lie, written.anna.link)
        one = written.anna.publish(entry)
        written.scribe.append(written.anna.evidence(1, 1), one)
        [note] = verified(written).ledger.notes
        self.assertEqual(
            note,
            "Position 5: a peer's entry, kept: the bundle's digest is not that of its snapshot",
        )

    def test_a_document_of_a_space_without_a_certificate_is_noted(self) -> None:
        written = story.begun()
        foreign = story.bundle(ANNA, BERTA, receipts=[story.receipt(CARLA, ANNA)])
        entry = entry_of(
            "release.promoted", story.promotion(ANNA, BERTA, foreign), written.anna.link
        )
        one = written.anna.publish(entry)
        written.scribe.append(written.anna.evidence(1, 1), one)
        [note] = verified(written).ledger.notes
        self.assertIn(f"receipt of {CARLA.id()}: its certificate is not in the log", note)

    def test_an_unknown_event_is_skipped_and_listed(self) -> None:
        written = story.begun()
        known = written.own("environments.published", {"environments": []}, crosses=True)
        written.scribe.append(Own(known.salt, b"\x03\xe7" + known.entry[2:]))
        read = verified(written)
        self.assertEqual(read.ledger.skipped, [(4, 999, 1)])
        self.assertIn("skipped      1 of kind 999 version 1", report.of_archive(read))

    def test_a_peer_with_newer_keys_is_believed_from_the_entry_on_that_says_so(self) -> None:
        written = story.begun()
        written.scribe.append(written.scribe.trust(ANNA, statements=2))
        one = written.anna.publish(written.environments("Staging"))
        written.scribe.append(written.anna.evidence(1, 1, use="2", origin_key=2), one)
        self.assertEqual(verified(written).mirrored, {ANNA.id(): 1})

    def test_an_envelope_that_waited_while_newer_keys_came_is_noted(self) -> None:
        written = story.begun()
        written.scribe.append(stated(written))
        one = written.anna.publish(written.environments("Staging"))
        written.scribe.append(written.anna.evidence(1, 1), one)
        [note] = verified(written).ledger.notes
        self.assertEqual(note, "Position 5: signed by key 1, which had been replaced")

    def test_new_keys_of_the_space_sign_the_block_that_tells_them(self) -> None:
        written = story.begun()
        written.scribe.key = 2
        says = {"statement": json.dumps(BERTA.statement(2))}
        written.scribe.append(written.own("keys.stated", says))
        self.assertEqual(verified(written).ledger.own().newest(), 2)

    def test_what_a_revoked_key_signed_comes_again_under_the_next(self) -> None:
        written = story.begun()
        one, two = (written.anna.publish(written.environments(n)) for n in ("Staging", "Forged"))
        written.scribe.append(written.anna.evidence(1, 2), one, two)
        written.scribe.append(stated(written, 1, cut=1))
        again = Sender(ANNA, BERTA)
        again.publish(one.entry)
        other = again.publish(written.environments("Test"))
        written.scribe.append(again.evidence(2, 2, use="2", origin_key=2), other)
        self.assertEqual(verified(written).mirrored, {ANNA.id(): 3})

    def test_a_cut_at_another_chain_is_one_at_0(self) -> None:
        written = story.begun()
        one = written.anna.publish(written.environments("Forged"))
        written.scribe.append(written.anna.evidence(1, 1), one)
        again = Sender(ANNA, BERTA)
        other = again.publish(written.environments("Staging"))
        written.anna = again
        written.scribe.append(stated(written, 1, cut=1))
        written.scribe.append(again.evidence(1, 1, use="2", origin_key=2), other)
        self.assertEqual(verified(written).mirrored, {ANNA.id(): 2})

    def test_a_revocation_from_a_file_begins_the_link_anew(self) -> None:
        written = story.begun()
        one = written.anna.publish(written.environments("Staging"))
        written.scribe.append(written.anna.evidence(1, 1), one)
        statements = [ANNA.statement(1), ANNA.statement(2, 1), ANNA.offer()]
        trusted = {
            "peer": ANNA.id(),
            "name": "Anna",
            "link": ids.show(written.anna.link),
            "certificate": json.dumps(statements),
            "grants": [],
        }
        written.scribe.append(written.own("peer.trusted", trusted))
        written.scribe.append(written.anna.evidence(1, 1, use="2", origin_key=2), one)
        self.assertEqual(verified(written).mirrored, {ANNA.id(): 2})

    def test_a_contradiction_is_proven_and_freezes_the_link(self) -> None:
        written = story.begun()
        one = written.anna.publish(written.environments("Staging"))
        written.scribe.append(written.anna.evidence(1, 1), one)
        written.scribe.append(contradiction(written))
        read = verified(written)
        self.assertTrue(all(peer.frozen for peer in read.ledger.peers.values()))
        self.assertEqual(read.ledger.notes, [])

    def test_what_is_no_contradiction_is_noted(self) -> None:
        written = story.begun()
        one = written.anna.publish(written.environments("Staging"))
        written.scribe.append(written.anna.evidence(1, 1), one)
        written.scribe.append(frozen(written, written.anna.evidence(1, 1), one))
        [note] = verified(written).ledger.notes
        self.assertIn("Position 6: the event alone does not prove", note)


def stated(written: story.Story, *revoked: int, cut: int | None = None) -> Own:
    """The record of Anna's second keys."""
    told = None
    if cut is not None:
        told = [ids.show(written.anna.incarnation), cut, written.anna.chains[cut].hex()]
    statements = [json.dumps(ANNA.statement(2, *revoked))]
    says = {"peer": ANNA.id(), "statements": statements, "cut": told}
    return written.own("peer.stated", says)
