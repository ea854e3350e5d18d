"""`parley witness evidence`: what somebody shows of a log that was caught, judged by its key."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from cli import options
from cli.output import choose_form, whole_lines, write
from domain.errors import InvalidInput

if TYPE_CHECKING:
    from audit.evidence import Evidence

Logs: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--log",
        metavar="KEY",
        help="The key of the log, as its operator says it elsewhere. May be given several times.",
        show_default=False,
    ),
]
PolicyFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--policy",
        metavar="FILE",
        help="A file with the keys of the log (C2SP tlog-policy).",
        show_default=False,
    ),
]


def evidence(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="What a witness kept, `evidence/<hash>.json` in its folder.",
            show_default=False,
        ),
    ],
    *,
    log: Logs = None,
    policy: PolicyFile = None,
    json: options.AsJson = False,
    table: options.AsTable = False,
) -> None:
    """Judge a file of evidence by its two signed checkpoints and the key of the log alone.

    Exit codes: 0 it convicts whoever holds the key, 1 it does not hold, 2 it leaves a way out.
    """
    from app.witness import keys_given
    from audit.judging import format_judgement, judge_evidence, judgement_as_json

    form = choose_form(json=json, table=table)
    keys = keys_given(log or (), policy)
    if not keys:
        way_out = "give the key of the log as its operator says it elsewhere"
        raise InvalidInput.of("--log", "is wanting: the file holds no key", way_out)
    judged = judge_evidence(_read(file), keys)
    said = format_judgement(judged).rstrip("\n")
    write(judgement_as_json(judged), form, lambda: whole_lines(said))
    raise typer.Exit(judged.verdict)


def _read(file: Path) -> Evidence:
    from audit.evidence import MAX_EVIDENCE, EvidenceError, parse_evidence

    try:
        with file.open("rb") as opened:
            return parse_evidence(opened.read(MAX_EVIDENCE))
    except OSError as fault:
        rule = f"{file} cannot be read: {fault.strerror or fault}"
    except EvidenceError as fault:
        rule = f"{file}: {fault}"
    raise InvalidInput.of("FILE", rule, "name a file that a witness kept as evidence")
