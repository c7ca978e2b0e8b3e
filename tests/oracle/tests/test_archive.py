"""An archive that is right is accepted, and says what is in it."""

import io
import unittest

from oracle import archive, report
from oracle.record import Own

from . import story
from .identity import drawn
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
        entry = story.entry_of("release.promoted", lie, written.anna.link)
        one = written.anna.publish(entry)
        written.scribe.append(written.anna.evidence(1, 1), one)
        [note] = verified(written).ledger.notes
        self.assertEqual(
            note, "Position 5: a peer's entry, kept: the bundle's digest is not that of its snapshot"
        )

    def test_a_document_of_a_space_without_a_certificate_is_noted(self) -> None:
        written = story.begun()
        foreign = story.bundle(ANNA, BERTA, receipts=[story.receipt(CARLA, ANNA)])
        entry = story.entry_of(
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

    def test_a_contradiction_is_proven_and_freezes_the_link(self) -> None:
        written = story.begun()
        one = written.anna.publish(written.environments("Staging"))
        written.scribe.append(written.anna.evidence(1, 1), one)
        written.scribe.append(contradiction(written, chain_after=drawn("another story")))
        read = verified(written)
        self.assertTrue(all(peer.frozen for peer in read.ledger.peers.values()))
        self.assertEqual(read.ledger.notes, [])

    def test_a_contradiction_that_only_a_body_shows_is_noted(self) -> None:
        written = story.begun()
        one = written.anna.publish(written.environments("Staging"))
        written.scribe.append(written.anna.evidence(1, 1), one)
        written.scribe.append(contradiction(written))
        [note] = verified(written).ledger.notes
        self.assertIn("Position 6: the header alone does not prove", note)


def contradiction(written: story.Story, **lies: object) -> Own:
    """The record that freezes Anna's link, because of an envelope with her first entry."""
    proof = written.anna.evidence(1, 1, **lies)
    says = {
        "link": story.ids.show(written.anna.link), "at": 1, "header": proof.header.hex(),
        "body_hash": proof.body_hash.hex(), "signature": proof.signature.hex(),
    }
    return written.own("link.contradicted", says)
