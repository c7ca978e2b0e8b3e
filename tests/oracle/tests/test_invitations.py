"""Links that are made by a token: their offers are in no certificate file."""

import json
import unittest
from typing import Any

from oracle import derivation, ids, invitation

from .identity import Identity, drawn
from .refused import wrong
from .scribe import Scribe
from .story import ANNA, BERTA, CARLA

NOT_OF_OFFERS = "the link is not made of the offers of both sides"
TOKEN = Identity("a token")


def offer_of(space: Identity, word: str) -> str:
    """An offer for one link."""
    payload = {"space": space.id(), "key": 1, "random": drawn(space.name, word).hex()}
    return json.dumps(space.sign("offer", payload, "1"))


def trusted(by: Identity, peer: Identity) -> dict[str, Any]:
    """What is said of a peer on the link that an invitation made."""
    link = derivation.link_id(
        by.space(), drawn(by.name, "once"), peer.space(), drawn(peer.name, "once")
    )
    certificate = [peer.statement(1), json.loads(offer_of(peer, "once"))]
    return {
        "peer": peer.id(),
        "name": peer.name,
        "link": ids.show(link),
        "certificate": json.dumps(certificate),
        "grants": [],
    }


def proof(asking: Identity, inviting: Identity) -> str:
    """Who asks has the token."""
    link = ids.read(trusted(asking, inviting)["link"])
    signed = invitation.proved(link, asking.space(), inviting.space())
    return TOKEN.key("1").sign(signed).hex()


class Invitations(unittest.TestCase):
    """Berta invites, Anna accepts."""

    def setUp(self) -> None:
        self.scribe = Scribe(BERTA)
        self.scribe.begin()
        self.anna = Scribe(ANNA)
        self.anna.begin()
        self.invited = ids.show(TOKEN.public("1"))

    def make(self) -> None:
        """Berta makes it."""
        says = {
            "invitation": self.invited,
            "offer": offer_of(BERTA, "once"),
            "guest": None,
            "name": None,
            "grants": [],
            "ends": 9,
        }
        self.scribe.append(self.scribe.own("invitation.made", says))

    def use(self, peer: Identity = ANNA, **lies: Any) -> None:
        """Berta lets somebody in."""
        says = {"invitation": self.invited, "peer": peer.id(), "proof": proof(peer, BERTA)}
        self.scribe.append(
            self.scribe.own("peer.trusted", trusted(BERTA, peer)),
            self.scribe.own("invitation.used", says | lies),
        )

    def accept(self, **lies: Any) -> None:
        """Anna accepts it."""
        says = {
            "invitation": self.invited,
            "peer": BERTA.id(),
            "offer": offer_of(ANNA, "once"),
            "proof": proof(ANNA, BERTA),
            "ends": 9,
        }
        self.anna.append(
            self.anna.own("peer.trusted", trusted(ANNA, BERTA)),
            self.anna.own("invitation.accepted", says | lies),
        )

    def test_both_sides_of_an_invitation_are_right(self) -> None:
        self.make()
        self.use()
        self.accept()
        self.assertEqual(wrong(self.scribe.archive()), "nothing")
        self.assertEqual(wrong(self.anna.archive()), "nothing")

    def test_an_invitation_lets_one_in_and_not_after_it_was_revoked(self) -> None:
        unknown = "the log does not know the invitation, or who used it"
        self.make()
        self.use()
        self.use(CARLA)
        self.assertIn(unknown, wrong(self.scribe.archive()))
        self.setUp()
        self.make()
        says = {"invitation": self.invited}
        self.scribe.append(self.scribe.own("invitation.revoked", says))
        self.use()
        self.assertIn(unknown, wrong(self.scribe.archive()))

    def test_nobody_is_let_in_with_the_proof_of_another(self) -> None:
        self.make()
        self.use(proof=proof(CARLA, BERTA))
        self.assertIn("the proof of the invitation is none", wrong(self.scribe.archive()))

    def test_a_link_that_no_offer_explains_is_refused(self) -> None:
        self.use()
        self.assertIn(NOT_OF_OFFERS, wrong(self.scribe.archive()))
        self.accept(offer=offer_of(ANNA, "another"))
        self.assertIn(NOT_OF_OFFERS, wrong(self.anna.archive()))
        self.setUp()
        self.anna.append(self.anna.own("peer.trusted", trusted(ANNA, BERTA)))
        self.assertIn(NOT_OF_OFFERS, wrong(self.anna.archive()))

    def test_an_accepted_invitation_is_of_the_peer_and_proven(self) -> None:
        self.accept(peer=CARLA.id())
        self.assertIn("the invitation is of another peer", wrong(self.anna.archive()))
        self.setUp()
        self.accept(proof=proof(BERTA, ANNA))
        self.assertIn("the proof of the invitation is none", wrong(self.anna.archive()))
