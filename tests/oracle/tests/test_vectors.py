"""The vectors hold; and a run that could not have found anything wrong does not pass."""

import json
import shutil
import tempfile
import unittest
from pathlib import Path

from oracle import vectors
from oracle.__main__ import VECTORS


class Vectors(unittest.TestCase):
    def test_every_vector_holds(self) -> None:
        outcome = vectors.run_all(VECTORS)
        self.assertEqual(outcome.wrong, [])
        files = len(list(VECTORS.glob("*/*.json")))
        self.assertEqual(outcome.held.total(), files)


class VectorsThatDoNotHold(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        for side, name in (("accept", "commit"), ("refuse", "record_empty")):
            (self.folder / side).mkdir()
            shutil.copy(VECTORS / side / f"{name}.json", self.folder / side)

    def changed(self, path: str, **fields: object) -> str:
        """What is wrong after a vector was changed so."""
        file = self.folder / path
        file.write_text(json.dumps(json.loads(file.read_text()) | fields))
        [wrong] = vectors.run_all(self.folder).wrong
        return wrong

    def test_another_result_is_wrong(self) -> None:
        self.assertIn("accept/commit.json: gave", self.changed("accept/commit.json", expect="00"))

    def test_another_reason_is_wrong(self) -> None:
        said = self.changed("refuse/record_empty.json", expect="entry")
        self.assertIn("refused as 'record', not as 'entry'", said)

    def test_an_unknown_kind_is_wrong(self) -> None:
        said = self.changed("refuse/record_empty.json", kind="recipe")
        self.assertIn("no reader for the kind 'recipe'", said)

    def test_what_is_refused_should_not_be_among_the_accepted(self) -> None:
        shutil.move(self.folder / "refuse/record_empty.json", self.folder / "accept")
        (self.folder / "refuse/beat_truncated.json").write_text(
            (VECTORS / "refuse/beat_truncated.json").read_text()
        )
        [wrong] = vectors.run_all(self.folder).wrong
        self.assertEqual(wrong, "accept/record_empty.json: refused: record")

    def test_what_is_accepted_should_not_be_among_the_refused(self) -> None:
        shutil.copy(self.folder / "accept/commit.json", self.folder / "refuse")
        [wrong] = vectors.run_all(self.folder).wrong
        self.assertIn("refuse/commit.json: accepted", wrong)

    def test_no_vectors_are_wrong(self) -> None:
        empty = self.folder / "nothing"
        self.assertEqual(len(vectors.run_all(empty).wrong), 2)
