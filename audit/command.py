"""The verifier as a program of its own: `python -I parley-verify.pyz FOLDER`.

`-I` lets nothing that lies about on the machine take the place of a library.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from audit.note import NoteError
from audit.policy import parse_policy
from audit.report import format_report
from audit.source import Folder
from audit.verify import verify

USAGE_ERROR = 64  # EX_USAGE of sysexits.h, apart from what a verification says.


def main() -> NoReturn:
    """Run with the arguments of the process, and leave with the status of the outcome."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Verify the export that the arguments name, and write the report to standard output."""
    given = _parser().parse_args(arguments)
    try:
        policy = None if given.policy is None else parse_policy(given.policy.read_bytes())
        since = None if given.since is None else given.since.read_bytes()
    except (OSError, NoteError) as fault:
        sys.stderr.write(f"parley-verify: {fault}\n")
        return USAGE_ERROR
    progress = _show if sys.stderr.isatty() else None
    report = verify(Folder(given.folder), policy, since=since, progress=progress)
    sys.stdout.write(format_report(report))
    return report.outcome


class _Parser(ArgumentParser):
    """Leaves with a status of its own: argparse's 2 already means something here."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(USAGE_ERROR, f"{self.prog}: {message}\n")


def _parser() -> ArgumentParser:
    parser = _Parser(
        prog="parley-verify",
        description="Verify an exported log. Status: 0 proven, 1 tampered, 2 inconclusive.",
    )
    parser.add_argument("folder", type=Path, help="an export: checkpoint, tile/, checkpoints/")
    parser.add_argument("--policy", type=Path, help="whose signatures count (C2SP tlog-policy)")
    parser.add_argument("--since", type=Path, help="a checkpoint that you kept from before")
    return parser


def _show(done: int, size: int) -> None:
    end = "\n" if done == size else ""
    sys.stderr.write(f"\r{done} of {size} entries{end}")
