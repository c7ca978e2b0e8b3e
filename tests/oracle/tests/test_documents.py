"""What no vector shows of certificates, documents and envelopes, and is refused all the same."""

import json
import unittest
from unittest.mock import patch

from oracle import certificate, document, envelope, header
from oracle.refusal import Refused

from .identity import drawn
from .scribe import Sender
from .story import ANNA, BERTA


class Refusals(unittest.TestCase):
    def assert_refused(self, reason: str, run: object, *given: object) -> None:
        """Asserts that a call is refused, with this reason."""
        assert callable(run)
        with self.assertRaises(Refused) as caught:
            run(*given)
        self.assertEqual(caught.exception.reason, reason)


class Certificates(Refusals):
    def test_a_certificate_is_an_array(self) -> None:
        self.assert_refused("certificate", certificate.read, json.dumps(ANNA.statement(1)))

    def test_a_certificate_has_a_greatest_number_of_statements(self) -> None:
        with patch.object(certificate, "STATEMENTS_MAX", 2):
            full = certificate.read(ANNA.certificate(2))
            self.assertEqual(full.newest(), 2)
            self.assert_refused("certificate", certificate.read, ANNA.certificate(3))
            more = document.read(json.dumps(ANNA.statement(3)), "key-statement")
            self.assert_refused("certificate", full.extended, [more])

    def test_statements_that_are_known_have_to_be_the_same(self) -> None:
        known = certificate.read(ANNA.certificate(2))
        same, other = (
            document.read(json.dumps(ANNA.statement(2, *revoked)), "key-statement")
            for revoked in ((), (1,))
        )
        self.assertEqual(known.extended([same]), known)
        self.assert_refused("Broken(2)", known.extended, [other])


class Documents(Refusals):
    def test_base64_has_one_form(self) -> None:
        signed = ANNA.offer()
        sig = signed["signatures"][0]["sig"]
        self.assertTrue(sig.endswith("=="))
        letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        # The last letter holds four bits that are not used.
        signed["signatures"][0]["sig"] = sig[:-3] + letters[letters.index(sig[-3]) + 1] + "=="
        self.assert_refused("document", document.read, json.dumps(signed), "offer")

    def test_what_only_python_takes_for_json_is_refused(self) -> None:
        for text in ("NaN", '{"payload": Infinity}', '"\\ud800"', "[" * 100_000):
            with self.subTest(text=text[:20]):
                self.assert_refused("document", document.read, text, "offer")


class Envelopes(Refusals):
    def setUp(self) -> None:
        self.sender = Sender(ANNA, BERTA)
        self.sender.publish(b"an entry")

    def test_an_envelope_has_a_greatest_size(self) -> None:
        self.assert_refused("malformed: envelope: too large", envelope.cut, bytes(655_361))

    def test_what_carries_no_entries_has_one_chain(self) -> None:
        beat = self.sender.evidence(1, 1, kind=3, first=2, count=0).header
        self.assert_refused("envelope: chain", header.read, beat)
        whole = self.sender.evidence(1, 1, kind=3, first=2, count=0, chain_before=drawn("c"))
        chained = self.sender.evidence(
            1, 1, kind=3, first=2, count=0, chain_before=drawn("c"), chain_after=drawn("c")
        )
        self.assert_refused("envelope: chain", header.read, whole.header)
        self.assertEqual(header.read(chained.header).last(), 1)

    def test_a_number_beyond_the_last_is_not_possible(self) -> None:
        most = 2**64 - 1
        last = self.sender.evidence(1, 1, first=most, newest=most).header
        self.assertEqual(header.read(last).last(), most)
        beyond = self.sender.evidence(1, 1, first=most, count=2, newest=most).header
        self.assert_refused("envelope: numbers", header.read, beyond)
