"""The command line: `vectors` runs the vectors, `archive` and `proof` verify files."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from . import archive, proof, report, vectors
from .refusal import Refused

VECTORS = Path(__file__).parents[2] / "schema" / "vectors"


def _run_vectors(folder: Path) -> bool:
    outcome = vectors.run_all(folder)
    print("\n".join(report.of_vectors(outcome)))
    return not outcome.wrong


def _of_archive(path: Path) -> list[str]:
    return report.of_archive(archive.verify_file(path))


def _of_proof(path: Path) -> list[str]:
    return report.of_proof(proof.verify(path.read_bytes()))


def _verify(path: Path, read: Callable[[Path], list[str]]) -> bool:
    try:
        lines = read(path)
    except Refused as error:
        print(f"{path}: WRONG: {error.reason}")
        return False
    print("\n".join([f"{path}: right", *("  " + line for line in lines)]))
    return True


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="oracle",
        description="Verifies what Interspace writes, from the description of its formats alone.",
        epilog="Exit code: 0 all is right, 1 something is wrong, 2 wrong usage.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    with_vectors = commands.add_parser("vectors", help="accept and refuse the vectors")
    with_vectors.add_argument("folder", type=Path, nargs="?", default=VECTORS)
    for name, what in (
        ("archive", "verify exported logs, Position by Position"),
        ("proof", "verify that a space contradicted itself"),
    ):
        with_files = commands.add_parser(name, help=what)
        with_files.add_argument("files", type=Path, nargs="+", metavar="FILE")
    return parser


def main(arguments: list[str]) -> int:
    """Runs a command; the exit code."""
    parser = _parser()
    given = parser.parse_args(arguments)
    try:
        if given.command == "vectors":
            right = _run_vectors(given.folder)
        else:
            # Every file is looked at, also behind one that is wrong.
            read = _of_archive if given.command == "archive" else _of_proof
            right = all([_verify(path, read) for path in given.files])
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        parser.error(str(error))
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
