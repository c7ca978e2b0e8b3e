"""The command line: `vectors` runs the vectors, `archive` verifies archives."""

import argparse
import sys
from pathlib import Path

from . import archive, report, vectors
from .refusal import Refused

VECTORS = Path(__file__).parents[2] / "schema" / "vectors"


def _run_vectors(folder: Path) -> bool:
    outcome = vectors.run_all(folder)
    print("\n".join(report.of_vectors(outcome)))
    return not outcome.wrong


def _verify_archive(path: Path) -> bool:
    try:
        verified = archive.verify_file(path)
    except Refused as error:
        print(f"{path}: WRONG: {error.reason}")
        return False
    print("\n".join([f"{path}: right", *("  " + line for line in report.of_archive(verified))]))
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
    with_archive = commands.add_parser("archive", help="verify exported logs, Position by Position")
    with_archive.add_argument("files", type=Path, nargs="+", metavar="FILE")
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
            right = all([_verify_archive(path) for path in given.files])
    except OSError as error:
        parser.error(str(error))
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
