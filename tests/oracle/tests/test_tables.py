"""The tables of the oracle are those of the documents, as far as it knows them."""

import unittest
from pathlib import Path

from oracle import (
    certificate,
    entry,
    envelope,
    events,
    grammar,
    header,
    invitation,
    keys,
    part,
    signals,
)

SCHEMA = Path(__file__).parents[3] / "schema"
LIMITS = {
    "ENTRY_BYTES_MAX": entry.ENTRY_BYTES_MAX,
    "ENVELOPE_ENTRIES_MAX": header.ENTRIES_MAX,
    "ENVELOPE_BYTES_MAX": envelope.ENVELOPE_BYTES_MAX,
    "PART_BYTES_MAX": part.PART_BYTES_MAX,
    "PIECE_BYTES_MAX": signals.PIECE_BYTES_MAX,
    "WANT_PIECES_MAX": signals.WANT_PIECES_MAX,
    "OBJECT_BYTES_MAX": signals.OBJECT_BYTES_MAX,
    "ACK_RANGES_MAX": signals.ACK_RANGES_MAX,
    "NAME_BYTES_MAX": grammar.NAME_BYTES_MAX,
    "TEXT_BYTES_MAX": grammar.TEXT_BYTES_MAX,
    "DOCUMENT_BYTES_MAX": grammar.DOCUMENT_BYTES_MAX,
    "CERTIFICATE_STATEMENTS_MAX": certificate.STATEMENTS_MAX,
    "INVITATION_CERTIFICATE_BYTES_MAX": invitation.CERTIFICATE_BYTES_MAX,
    "KEY_STATEMENT_BYTES_MAX": keys.STATEMENT_BYTES_MAX,
}


def rows(name: str) -> list[list[str]]:
    """The cells of every row of every table in a document, without the marks of code."""
    text = (SCHEMA / name).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines]


class Tables(unittest.TestCase):
    def test_every_event_that_is_known_is_the_one_of_the_document(self) -> None:
        told = {
            (int(row[0]), int(row[2])): row
            for row in rows("EVENTS.md")
            if len(row) == 6 and row[0].isdigit()
        }
        for number, event in events.EVENTS.items():
            _, name, _, must, seen_by, _ = told[number]
            with self.subTest(name=name):
                shown = (name, must == "yes", seen_by == "a peer")
                self.assertEqual((event.name, event.must_understand, event.crosses), shown)

    def test_every_limit_is_the_one_of_the_document(self) -> None:
        told = {row[0]: row[1].replace(",", "") for row in rows("PROTOCOL.md") if len(row) == 2}
        for name, value in LIMITS.items():
            with self.subTest(name=name):
                self.assertEqual(told[name], str(value))

    def test_every_kind_of_envelope_is_the_one_of_the_document(self) -> None:
        told = {
            int(row[1]): row[2] for row in rows("PROTOCOL.md") if len(row) == 4 and row[1].isdigit()
        }
        for number, label in header.KINDS.items():
            with self.subTest(number=number):
                self.assertEqual(told[number], label)
