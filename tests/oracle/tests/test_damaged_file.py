"""Whatever somebody changes in an archive is found, and named with its Position."""

import json
import unittest
from base64 import b64decode, b64encode
from collections.abc import Callable

from oracle import ids

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
        self.lines[number] = json.dumps(line).encode() + b"\n"
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
        self.assertEqual(
            wrong(b"".join(self.lines)), "Position 4: the line says that its block begins at 7"
        )

    def test_the_last_block_is_missing(self) -> None:
        del self.lines[-1]
        self.assertEqual(
            wrong(b"".join(self.lines)),
            "Position 13: the first line promises 14 records, there are 12",
        )

    def test_two_blocks_changed_places(self) -> None:
        self.lines[3], self.lines[4] = self.lines[4], self.lines[3]
        self.assertIn("Position 4: the line says", wrong(b"".join(self.lines)))

    def test_a_block_is_there_twice(self) -> None:
        self.lines.insert(3, self.lines[3])
        self.assertIn("Position 7: the line says", wrong(b"".join(self.lines)))

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
            "Position 10: the checkpoint behind it has another root",
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
        said = f"Position {first}: the block is not base64 as it is written"
        self.assertEqual(self.after(padded, fill), said)

    def test_a_block_of_another_form(self) -> None:
        self.assertEqual(self.flipped(2, 0), "Position 3: the block has an unknown form")

    def test_base64_without_its_padding(self) -> None:
        def strip(line: dict[str, object]) -> None:
            line["block"] = str(line["block"]).rstrip("=")

        padded = next(n for n in range(1, 7) if b'="' in self.lines[n])
        first = json.loads(self.lines[padded])["first"]
        self.assertEqual(self.after(padded, strip), f"Position {first}: the block is not base64")

    def test_the_first_line_lies(self) -> None:
        right = story.told().scribe.archive().splitlines(keepends=True)
        for field, lie, reason in (
            ("size", 15, "Position 15: the first line promises 15 records, there are 14"),
            ("size", 13, "Position 14: the first line promises 13 records, there are 14"),
            ("root", "00" * 32, "Position 14: the root is not that of the first line"),
            ("space", ANNA.id(), "Position 2: the checkpoint behind it is not signed"),
            ("incarnation", ids.show(bytes(16)), "Position 14: the incarnation is not"),
            ("archive", "interspace/v2", "Position 1: the first line does not have its fields"),
            ("more", 1, "Position 1: the first line does not have its fields"),
        ):
            with self.subTest(field=field, lie=lie):
                self.lines = list(right)
                said = self.after(0, self.update(field, lie))
                self.assertTrue(said.startswith(reason), said)

    def test_lines_that_are_no_lines(self) -> None:
        whole = b"".join(self.lines)
        self.assertIn("Position 1: the first line", wrong(b""))
        self.assertIn("Position 1: the first line", wrong(whole.replace(b"\n", b"\r\n")))
        self.assertIn("Position 13: the line is too long, or", wrong(whole.removesuffix(b"\n")))
        self.assertIn("Position 15: the line is not JSON", wrong(whole + b"\n"))
        self.assertIn("Position 15: the line is not UTF-8", wrong(whole + b"\xff\n"))

    def test_a_log_without_a_record(self) -> None:
        self.assertIn("Position 1: ", wrong(self.lines[0]))
