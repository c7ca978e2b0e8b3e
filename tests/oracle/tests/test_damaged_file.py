"""Whatever somebody changes in an archive is found, and named with its Position."""

import json
import unittest
from base64 import b64decode, b64encode
from collections.abc import Callable
from unittest.mock import patch

from oracle import ids, lines

from . import story
from .refused import wrong
from .story import ANNA


class DamagedLines(unittest.TestCase):
    """Somebody changed the file."""

    def setUp(self) -> None:
        self.lines = story.told().scribe.archive().splitlines(keepends=True)

    def after(self, number: int, change: Callable[[dict[str, object]], object]) -> str:
        """Why the archive is refused when this line, from 0, was changed so."""
        line = json.loads(self.lines[number])
        change(line)
        self.lines[number] = json.dumps(line, separators=(",", ":")).encode() + b"\n"
        return wrong(b"".join(self.lines))

    def flipped(self, number: int, at: int) -> str:
        """Why it is refused when one bit of the block on a line flipped."""

        def flip(line: dict[str, object]) -> None:
            data = bytearray(b64decode(str(line["block"])))
            data[at] ^= 1
            line["block"] = b64encode(data).decode()

        return self.after(number, flip)

    @staticmethod
    def update(field: str, lie: object) -> Callable[[dict[str, object]], object]:
        """Puts another value into a field of a line."""
        return lambda line: line.update({field: lie})

    def test_a_block_is_missing(self) -> None:
        del self.lines[3]
        self.assertEqual(wrong(b"".join(self.lines)), "Position 4: the record is missing")

    def test_the_last_block_is_missing(self) -> None:
        del self.lines[-1]
        self.assertEqual(
            wrong(b"".join(self.lines)),
            "Position 13: the record is missing; the archive is said to have 14",
        )

    def test_two_blocks_changed_places(self) -> None:
        self.lines[3], self.lines[4] = self.lines[4], self.lines[3]
        self.assertIn("Position 4: the record is missing", wrong(b"".join(self.lines)))

    def test_a_block_is_there_twice(self) -> None:
        self.lines.insert(3, self.lines[3])
        self.assertIn("Position 7: the record is missing", wrong(b"".join(self.lines)))

    def test_a_block_claims_another_place_than_its_line(self) -> None:
        self.assertEqual(self.flipped(3, 8), "Position 4: the block claims another place")

    def test_a_bit_of_a_record_flipped(self) -> None:
        # The second record of the first block: the first is long, and this is its end.
        at = len(b64decode(json.loads(self.lines[1])["block"])) - 116 - 32 - 1
        self.assertEqual(self.flipped(1, at), "Position 2: the record does not match its leaf")

    def test_a_bit_of_a_leaf_flipped(self) -> None:
        at = len(b64decode(json.loads(self.lines[5])["block"])) - 116 - 1
        self.assertEqual(self.flipped(5, at), "Position 12: the record does not match its leaf")

    def test_a_bit_of_a_root_flipped(self) -> None:
        self.assertEqual(
            self.flipped(4, -64 - 4 - 8 - 1),
            "Position 7: the block has another root than its checkpoint",
        )

    def test_a_bit_of_a_size_flipped(self) -> None:
        self.assertEqual(
            self.flipped(4, -64 - 4 - 8 - 32 - 1),
            "Position 10: the checkpoint behind it is of another size",
        )

    def test_a_bit_of_a_time_flipped(self) -> None:
        self.assertEqual(
            self.flipped(4, -64 - 4 - 1),
            "Position 10: the checkpoint behind it is not signed by the space",
        )

    def test_a_bit_of_a_signature_flipped(self) -> None:
        self.assertEqual(
            self.flipped(6, -64), "Position 14: the checkpoint behind it is not signed by the space"
        )

    def test_a_byte_behind_a_block(self) -> None:
        def lengthen(line: dict[str, object]) -> None:
            line["block"] = b64encode(b64decode(str(line["block"])) + b"\x00").decode()

        self.assertIn("Position 4: the block is cut short", self.after(3, lengthen))

    def test_base64_with_bits_that_are_not_used(self) -> None:
        letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

        def fill(line: dict[str, object]) -> None:
            text = str(line["block"])
            at = len(text.rstrip("=")) - 1
            line["block"] = text[:at] + letters[letters.index(text[at]) + 1] + text[at + 1 :]

        padded = next(n for n in range(1, 7) if b'="' in self.lines[n])
        first = json.loads(self.lines[padded])["first"]
        said = f"Position {first}: malformed archive: block"
        self.assertEqual(self.after(padded, fill), said)

    def test_a_block_of_another_form(self) -> None:
        self.assertEqual(self.flipped(2, 0), "Position 3: the block has an unknown form")

    def test_base64_without_its_padding(self) -> None:
        def strip(line: dict[str, object]) -> None:
            line["block"] = str(line["block"]).rstrip("=")

        padded = next(n for n in range(1, 7) if b'="' in self.lines[n])
        first = json.loads(self.lines[padded])["first"]
        self.assertEqual(self.after(padded, strip), f"Position {first}: malformed archive: block")

    def test_the_first_line_lies(self) -> None:
        right = story.told().scribe.archive().splitlines(keepends=True)
        for field, lie, reason in (
            ("size", 15, "Position 15: the record is missing; the archive is said to have 15"),
            ("size", 13, "Position 14: the archive goes on behind its own end"),
            ("root", "00" * 32, "Position 14: the archive says another root than its log has"),
            ("space", ANNA.id(), "Position 1: the archive says that it is another log"),
            (
                "incarnation",
                ids.show(bytes(16)),
                "Position 14: the archive says that it is another log",
            ),
            ("archive", "interspace/v2", "Position 1: malformed archive: version"),
            ("more", 1, "Position 1: malformed archive: head"),
        ):
            with self.subTest(field=field, lie=lie):
                self.lines = list(right)
                said = self.after(0, self.update(field, lie))
                self.assertTrue(said.startswith(reason), said)

    def test_lines_that_are_no_lines(self) -> None:
        whole = b"".join(self.lines)
        cut = "the line is cut short, or longer than one may be"
        self.assertEqual(wrong(b""), "Position 1: the archive is empty")
        self.assertEqual(
            wrong(whole.replace(b"\n", b"\r\n")), "Position 1: malformed archive: head"
        )
        self.assertEqual(wrong(whole.removesuffix(b"\n")), f"Position 13: {cut}")
        self.assertEqual(
            wrong(whole + b"\n"), "Position 15: the archive goes on behind its own end"
        )
        self.lines[3] = b"\xff\n"
        self.assertEqual(wrong(b"".join(self.lines)), "Position 4: malformed archive: block")
        with patch.object(lines, "LINE_BYTES_MAX", len(self.lines[1]) - 2):
            self.assertEqual(wrong(whole), f"Position 1: {cut}")

    def test_a_log_without_a_record(self) -> None:
        self.assertIn("Position 1: ", wrong(self.lines[0]))
