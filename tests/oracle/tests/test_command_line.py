"""The command line says what is right and what is wrong, and ends with the code for it."""

import contextlib
import io
import tempfile
import unittest
from pathlib import Path

from oracle.__main__ import main

from . import story
from .test_proof import contradiction, written


def run(*arguments: str) -> tuple[int | str | None, str]:
    """The exit code, and what was printed."""
    output = io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        try:
            return main(list(arguments)), output.getvalue()
        except SystemExit as end:
            return end.code, output.getvalue()


class CommandLine(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.right = Path(folder.name, "right.jsonl")
        self.wrong = Path(folder.name, "wrong.jsonl")
        data = story.told().scribe.archive()
        self.right.write_bytes(data)
        self.wrong.write_bytes(data[: data.rindex(b"\n", 0, -1) + 1])

    def test_the_vectors_are_counted(self) -> None:
        code, said = run("vectors")
        self.assertEqual(code, 0)
        self.assertRegex(said, r"all kinds +\d+ accepted +\d+ refused +0 wrong")

    def test_a_right_archive_is_described(self) -> None:
        code, said = run("archive", str(self.right))
        self.assertEqual(code, 0)
        self.assertIn("right.jsonl: right", said)
        self.assertIn("4 entries proven", said)

    def test_a_wrong_archive_is_named_with_its_position_and_others_are_read_all_the_same(
        self,
    ) -> None:
        code, said = run("archive", str(self.wrong), str(self.right))
        self.assertEqual(code, 1)
        self.assertIn("WRONG: Position 13: ", said)
        self.assertIn("right.jsonl: right", said)

    def test_a_proof_is_described(self) -> None:
        path = self.right.with_name("proof.json")
        path.write_bytes(written(contradiction()))
        code, said = run("proof", str(path), str(self.wrong))
        self.assertEqual(code, 1)
        self.assertRegex(said, r"proof.json: right\n  space +\w+ \(Anna\)")
        self.assertIn("wrong.jsonl: WRONG: malformed proof", said)

    def test_wrong_usage_ends_with_2(self) -> None:
        for arguments in ((), ("archive",), ("archive", "/nowhere"), ("proof", "/"), ("other",)):
            with self.subTest(arguments=arguments):
                self.assertEqual(run(*arguments)[0], 2)

    def test_help_ends_with_0(self) -> None:
        code, said = run("--help")
        self.assertEqual(code, 0)
        self.assertIn("Exit code: 0", said)
