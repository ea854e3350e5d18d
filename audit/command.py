"""The verifier as a program of its own: `python -I parley-verify.pyz FOLDER|URL|FILE`.

`-I` lets nothing that lies about on the machine take the place of a library.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from audit.evidence import parse_evidence
from audit.judging import format_judgement, judge_evidence, judgement_as_json
from audit.note import NoteError
from audit.policy import Policy, parse_policy
from audit.proof_file import SUFFIX
from audit.report import Report, format_report, report_as_json
from audit.served import API_KEY, UrlError, opened
from audit.verify import verify
from audit.verify_entry import Given, verify_entry

USAGE_ERROR = 64  # EX_USAGE of sysexits.h, apart from what a verification says.
DEFECT = 70  # EX_SOFTWARE: Python's own 1 would say that something was tampered with.


def main() -> NoReturn:
    """Run with the arguments of the process, and leave with the status of the outcome."""
    try:
        status = run(sys.argv[1:])
    except Exception:  # noqa: BLE001 - whatever it is, it is no verdict on the log.
        traceback.print_exc()
        status = DEFECT
    sys.exit(status)


def run(arguments: Sequence[str]) -> int:
    """Verify what the arguments name, and write the report to standard output."""
    given = _parsed(arguments)
    try:
        if given.evidence:
            return _judge(Path(given.log), given.policy, as_json=given.json)
        policy = None if given.policy is None else parse_policy(given.policy.read_bytes())
        if given.entry is not None:
            report = _verify_entry(Path(given.log), given.entry, policy)
        else:
            report = _verify_log(given.log, policy, given.since)
    except (OSError, NoteError, UrlError) as fault:
        sys.stderr.write(f"parley-verify: {fault}\n")
        return USAGE_ERROR
    shown = json.dumps(report_as_json(report), indent=2) + "\n" if given.json else None
    sys.stdout.write(shown or format_report(report))
    return report.outcome


def _verify_log(log: str, policy: Policy | None, kept: Path | None) -> Report:
    since = None if kept is None else kept.read_bytes()
    progress = _show if sys.stderr.isatty() else None
    with opened(log, os.environ.get(API_KEY)) as source:
        return verify(source, policy, since=since, progress=progress)


def _verify_entry(proof: Path, entry: Path, policy: Policy | None) -> Report:
    if policy is None:
        raise NoteError("no keys come with a proof: name a --policy")
    proven, held = (Given(str(path), path.read_bytes()) for path in (proof, entry))
    return verify_entry(proven, held, policy)


def _judge(evidence: Path, policy: Path | None, *, as_json: bool) -> int:
    if policy is None:
        raise NoteError("evidence holds no keys: name a --policy with those of the log")
    logs = parse_policy(policy.read_bytes()).logs
    judged = judge_evidence(parse_evidence(evidence.read_bytes()), logs)
    shown = json.dumps(judgement_as_json(judged), indent=2) + "\n" if as_json else None
    sys.stdout.write(shown or format_judgement(judged))
    return judged.verdict


class _Parser(ArgumentParser):
    """Leaves with a status of its own: argparse's 2 already means something here."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(USAGE_ERROR, f"{self.prog}: {message}\n")


def _parsed(arguments: Sequence[str]) -> Namespace:
    """The arguments; what would be passed over, or would be taken for a log, is refused."""
    parser = _parser()
    given = parser.parse_args(arguments)
    alone = given.entry is not None or given.evidence
    if alone and (given.since is not None or (given.entry is not None and given.evidence)):
        parser.error("--entry and --evidence go neither together nor with --since")
    if given.entry is None and given.log.endswith(SUFFIX):
        parser.error("a proof does not hold the entry: name it by --entry")
    return given


def _parser() -> ArgumentParser:
    parser = _Parser(
        prog="parley-verify",
        description="Verify a log or an entry of it. Status: 0 proven, 1 tampered, 2 inconclusive.",
        epilog=f"A server that asks for a key is shown the one in {API_KEY}.",
    )
    parser.add_argument(
        "log",
        metavar="FOLDER|URL|FILE",
        help="an export (checkpoint, tile/, checkpoints/), or where a log is served, such as "
        "https://parley.example.org/v1/log; with --entry the proof of it, a .tlog-proof; with "
        "--evidence the file of a witness",
    )
    parser.add_argument(
        "--entry", type=Path, help="verify that this entry is in the log, by a .tlog-proof"
    )
    parser.add_argument(
        "--evidence",
        action="store_true",
        help="judge a file that a witness kept. Status: 0 convicts, 1 does not hold, 2 is open",
    )
    parser.add_argument("--policy", type=Path, help="whose signatures count (C2SP tlog-policy)")
    parser.add_argument("--since", type=Path, help="a checkpoint that you kept from before")
    parser.add_argument("--json", action="store_true", help="report as JSON")
    return parser


def _show(done: int, size: int) -> None:
    end = "\n" if done == size else ""
    sys.stderr.write(f"\r{done} of {size} entries{end}")
