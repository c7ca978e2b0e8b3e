"""Payloads have one form, and documents are found wherever a table puts them."""

import unittest

from oracle import payload
from oracle.payload import NAME, U16, U64, Document, Fields, ListOf, Named, OneOf, Option
from oracle.refusal import Refused


class Numbers(unittest.TestCase):
    def test_a_number_takes_the_shortest_form_that_holds_it(self) -> None:
        for value, size in ((0, 1), (250, 1), (251, 3), (65535, 3), (65536, 5), (2**32, 9)):
            with self.subTest(value=value):
                data = U64.write(value)
                self.assertEqual(len(data), size)
                self.assertEqual(payload.read(U64, data, "number"), value)

    def test_what_is_longer_or_greater_than_it_may_be_is_refused(self) -> None:
        for data in ("fb00fa", "fc0000ffff", "fd00000000ffffffff", "fe", "ff", "fb01", ""):
            with self.subTest(data=data), self.assertRaises(Refused):
                payload.read(U64, bytes.fromhex(data), "number")
        with self.assertRaises(Refused):
            payload.read(U16, bytes.fromhex("fc00010000"), "number")


class Forms(unittest.TestCase):
    FORM = Fields(
        ListOf(Named(name=NAME, paper=Option(Document("receipt")))),
        OneOf(none=None, paper=Document("bundle")),
    )
    VALUE = [[{"name": "one", "paper": None}, {"name": "two", "paper": "R"}], {"paper": "B"}]

    def test_a_value_is_read_as_it_was_written(self) -> None:
        data = self.FORM.write(self.VALUE)
        self.assertEqual(payload.read(self.FORM, data, "form"), self.VALUE)
        self.assertEqual(data.hex(), "02036f6e65000374776f01015201" + "0142")

    def test_every_shorter_and_every_longer_text_is_refused(self) -> None:
        data = self.FORM.write(self.VALUE)
        for wrong in [*(data[:size] for size in range(len(data))), data + b"\x00"]:
            with self.subTest(wrong=wrong), self.assertRaises(Refused):
                payload.read(self.FORM, wrong, "form")

    def test_documents_are_found_at_any_depth(self) -> None:
        found = [text for _, text in self.FORM.parts(self.VALUE, Document)]
        self.assertEqual(found, ["R", "B"])

    def test_a_claim_beyond_the_bytes_costs_nothing(self) -> None:
        with self.assertRaises(Refused):
            payload.read(ListOf(NAME), bytes.fromhex("fdffffffffffffffff"), "form")
