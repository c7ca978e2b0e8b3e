"""A log that lost its end lives on, and a peer's log does: what follows what is verified."""

import io
import unittest
from dataclasses import replace
from typing import Any

from oracle import archive, derivation, ids

from . import story
from .identity import drawn
from .refused import wrong
from .scribe import Sender, entry_of
from .story import ANNA, BERTA, CARLA


class OwnLives(unittest.TestCase):
    """Berta's log was put back from a backup, and lost two entries that Anna has."""

    def setUp(self) -> None:
        self.story = story.begun()
        self.scribe = self.story.scribe
        # What Berta sends to Anna, counted as Anna counts it.
        self.sent = Sender(BERTA, ANNA)
        self.sent.link = self.story.anna.link
        self.write("Staging")
        self.lost = [self.write(name, lost=True) for name in ("Test", "Production")]

    def write(self, name: str, lost: bool = False) -> Any:
        """Berta writes for Anna; what is lost is not in her log."""
        own = self.story.own("environments.published", {"environments": [name]}, crosses=True)
        number = len(self.sent.entries) + 1
        position = self.scribe.tree.size + (number - 1 if lost else 1)
        told = self.sent.publish(own.entry)
        told = replace(told, position=position, salt=own.salt)
        self.sent.entries[-1] = told
        self.sent.chains[-1] = derivation.chain_next(
            self.sent.chains[-2], number, told.incarnation, position, told.commit()
        )
        if not lost:
            self.scribe.append(own)
        return told

    def declare(self, **lies: Any) -> None:
        """The block in which the next life is declared."""
        says: dict[str, Any] = {
            "incarnation": ids.show(drawn("next life")[:16]),
            "predecessor": self.scribe.incarnation,
            "size": self.scribe.tree.size,
            "root": self.scribe.tree.root().hex(),
            "links": [[ids.show(self.sent.link), 1, self.sent.chains[1].hex()]],
        }
        self.scribe.incarnation = says["incarnation"]
        self.scribe.append(self.story.own("incarnation.declared", says | lies))

    def wrong(self) -> str:
        """Why the log is refused."""
        return wrong(self.scribe.archive())

    def test_a_lost_end_that_is_given_back_is_proven(self) -> None:
        self.declare()
        # The envelope brought all three; the first is here already.
        self.scribe.append(self.sent.evidence(1, 3), *self.lost)
        read = archive.verify(io.BytesIO(self.scribe.archive()))
        self.assertEqual(read.mirrored, {BERTA.id(): 2})
        self.assertEqual(read.ledger.incarnation, self.scribe.incarnation)

    def test_what_is_given_back_has_to_be_what_was_sent(self) -> None:
        self.declare()
        forged = replace(self.lost[0], entry=self.story.environments("Forged"))
        self.scribe.append(self.sent.evidence(1, 3), forged, self.lost[1])
        said = "the mirrored entries are not those that were signed"
        self.assertEqual(self.wrong(), f"Position 8: {said}")

    def test_nothing_is_given_back_before_a_life_is_declared(self) -> None:
        self.scribe.append(self.sent.evidence(2, 3), *self.lost)
        said = "the envelope is not signed by its origin for this space"
        self.assertEqual(self.wrong(), f"Position 5: {said}")

    def test_what_was_kept_is_what_is_here(self) -> None:
        link = ids.show(self.sent.link)
        log = "what is said to be kept of the log is not what is here"
        kept = "what is said to be kept of a link is not what is here"
        lies: list[tuple[str, dict[str, Any]]] = [
            (log, {"size": 5}),
            (log, {"root": "00" * 32}),
            (log, {"predecessor": ids.show(bytes(16))}),
            (kept, {"links": [[link, 2, self.sent.chains[2].hex()]]}),
            (kept, {"links": [[link, 1, self.sent.chains[2].hex()]]}),
        ]
        for reason, lie in lies:
            with self.subTest(lie=lie):
                self.setUp()
                self.declare(**lie)
                self.assertEqual(self.wrong(), f"Position 5: {reason}")

    def test_what_was_kept_of_a_link_that_is_none(self) -> None:
        self.declare(links=[[CARLA.id(), 0, "00" * 32]])
        said = "the log does not know a link of which it says what it kept"
        self.assertEqual(self.wrong(), f"Position 5: {said}")

    def test_a_checkpoint_behind_the_declaration_is_of_the_new_life(self) -> None:
        before = self.scribe.incarnation
        self.declare()
        self.scribe.incarnation = before
        self.scribe.append(self.scribe.trust(ANNA))
        self.assertIn("Position 6: the checkpoint behind it is not signed", self.wrong())


class LivesOfAPeer(unittest.TestCase):
    """Anna's log was put back; it tells everything again under another incarnation."""

    def setUp(self) -> None:
        self.story = story.begun()
        self.scribe, self.anna = self.story.scribe, self.story.anna
        self.one = self.anna.publish(self.story.environments("Staging"))
        self.scribe.append(self.anna.evidence(1, 1), self.one)
        self.next = Sender(ANNA, BERTA, life=2)

    def begin(self, *lives: bytes) -> None:
        """The first entry of the next life, which names the lives before."""
        says = {
            "incarnation": ids.show(self.next.incarnation),
            "lives": [[ids.show(life), 1, self.anna.chains[1].hex()] for life in lives],
            "size": 12,
            "root": "00" * 32,
        }
        self.next.publish(entry_of("incarnation.began", says, self.anna.link))

    def test_a_life_that_names_the_one_before_is_followed(self) -> None:
        self.begin(self.anna.incarnation)
        self.next.publish(self.one.entry)
        self.scribe.append(self.next.evidence(1, 2), *self.next.entries)
        read = archive.verify(io.BytesIO(self.scribe.archive()))
        self.assertEqual(read.mirrored, {ANNA.id(): 3})

    def test_a_life_that_is_over_says_nothing_more(self) -> None:
        self.begin(self.anna.incarnation)
        self.scribe.append(self.next.evidence(1, 1), *self.next.entries)
        two = self.anna.publish(self.story.environments("Test"))
        self.scribe.append(self.anna.evidence(2, 2), two)
        said = "the envelope is of a life of its log that is over"
        self.assertEqual(wrong(self.scribe.archive()), f"Position 8: {said}")

    def test_a_life_that_does_not_name_the_one_before_is_refused(self) -> None:
        self.begin(drawn("a life that nobody followed")[:16])
        self.scribe.append(self.next.evidence(1, 1), *self.next.entries)
        said = "the life of the log does not follow the one that was followed"
        self.assertEqual(wrong(self.scribe.archive()), f"Position 7: {said}")

    def test_a_life_that_does_not_say_that_it_began_is_refused(self) -> None:
        self.next.publish(self.one.entry)
        self.scribe.append(self.next.evidence(1, 1), *self.next.entries)
        said = "another life of the log does not begin with saying so"
        self.assertEqual(wrong(self.scribe.archive()), f"Position 7: {said}")
