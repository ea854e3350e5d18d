"""`parley import`: files become entries; a second run records nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from cli import options
from cli.output import Form, choose_form, progress, write
from cli.session import negotiation_of, open_log

if TYPE_CHECKING:
    from rich.console import RenderableType

    from app.imports import ImportSummary
    from exchange.mapping import Remark

MAX_LINES = 6
"""The most lines of a remark that are named; the JSON names all of them."""

app = typer.Typer(
    help="Take in files. What changed since the last import becomes a correction.",
    no_args_is_help=True,
)

KeepGood: TypeAlias = Annotated[
    bool,
    typer.Option("--keep-good", help="Record the good entries, and name those that are refused."),
]
Mapping: TypeAlias = Annotated[
    str,
    typer.Option(
        "--mapping",
        metavar="NAME|PATH",
        help="What the columns mean: a mapping that comes with Parley (attacks), or a file of "
        "your own.",
        show_default=False,
    ),
]


@app.command()
def case(
    ctx: typer.Context,
    *,
    which: Annotated[
        str,
        typer.Argument(
            metavar="NAME|PATH",
            help="A case that comes with Parley, or a folder or file of your own.",
            show_default=False,
        ),
    ],
    keep_good: KeepGood = False,
    dry_run: options.DryRun = False,
    subject: options.Subject = None,
    json: options.AsJson = False,
    table: options.AsTable = False,
) -> None:
    """Import a YAML case: a negotiation as people write and review it."""
    from app.imports import import_case

    form = choose_form(json=json, table=table)
    with open_log(ctx) as parley, progress(f"Importing {which}") as advance:
        summary = import_case(
            parley,
            which,
            subject=subject,
            keep_good=keep_good,
            dry_run=dry_run,
            progress=advance,
        )
    write_summary(summary, form)


@app.command()
def jsonl(
    ctx: typer.Context,
    *,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="A file of Parley JSON Lines: one body a line.", show_default=False
        ),
    ],
    negotiation: Annotated[
        str | None,
        typer.Option(
            "--negotiation",
            metavar="NAME",
            help="The negotiation; may be left out where the log holds just one.",
            show_default=False,
        ),
    ] = None,
    keep_good: KeepGood = False,
    dry_run: options.DryRun = False,
    subject: options.Subject = None,
    json: options.AsJson = False,
    table: options.AsTable = False,
) -> None:
    """Import Parley JSON Lines: one body a line, with an optional `key` to know it again by."""
    from app.imports import import_jsonl

    form = choose_form(json=json, table=table)
    with open_log(ctx) as parley, progress(f"Importing {file.name}") as advance:
        summary = import_jsonl(
            parley,
            file,
            negotiation_of(parley, negotiation),
            subject=subject,
            keep_good=keep_good,
            dry_run=dry_run,
            progress=advance,
        )
    write_summary(summary, form)


@app.command()
def csv(
    ctx: typer.Context,
    *,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="A table as CSV, with a header line.", show_default=False
        ),
    ],
    mapping: Mapping,
    negotiation: Annotated[
        str | None,
        typer.Option(
            "--negotiation",
            metavar="NAME",
            help="The negotiation; may be left out where the mapping names one or the log holds "
            "just one.",
            show_default=False,
        ),
    ] = None,
    keep_good: KeepGood = False,
    dry_run: options.DryRun = False,
    subject: options.Subject = None,
    json: options.AsJson = False,
    table: options.AsTable = False,
) -> None:
    """Import a CSV table: its rows become entries as a mapping says."""
    from app.imports import import_table
    from exchange.table_mapping import find_mapping

    form = choose_form(json=json, table=table)
    mapped = find_mapping(mapping)
    with open_log(ctx) as parley, progress(f"Importing {file.name}") as advance:
        summary = import_table(
            parley,
            file,
            mapped,
            negotiation_of(parley, negotiation or mapped.negotiation),
            subject=subject,
            keep_good=keep_good,
            dry_run=dry_run,
            progress=advance,
        )
    write_summary(summary, form)


def write_summary(summary: ImportSummary, form: Form) -> None:
    """Print what an import did, and end with exit code 2 if it refused entries."""
    from cli import words
    from cli.exits import report_refusal
    from domain.errors import InvalidInput

    number = len(summary.recorded) + len(summary.corrected) + len(summary.replaced)
    done = f"{words.count(number, 'entry', 'entries')} recorded" if number else ""
    try:
        write(summary, form, lambda: summary_view(summary), done="" if summary.dry_run else done)
    finally:
        # What was refused is told also where the summary cannot be.
        code = report_refusal(InvalidInput(*summary.refused)) if summary.refused else None
    if code is not None:
        raise typer.Exit(code)


def summary_view(summary: ImportSummary) -> RenderableType:
    """What an import did, one line for each sort of outcome there was."""
    from rich.text import Text

    from cli.rows import columns, stack

    would = "would be " if summary.dry_run else ""
    counted: tuple[tuple[str, tuple[Any, ...]], ...] = (
        (f"{would}recorded", summary.recorded),
        (f"{would}corrected", summary.corrected),
        (f"{would}replaced", summary.replaced),
        ("as they were", summary.unchanged),
        ("no longer in the file, kept as they are", summary.vanished),
        ("retracted by hand, left so", summary.left),
        ("refused", summary.refused),
    )
    rows = [(str(len(keys)), label) for label, keys in counted if keys]
    named = [(label, keys) for label, keys in counted[1:3] + counted[4:6] if keys]
    parts: list[RenderableType] = [
        Text(summary.negotiation, style="bold"),
        columns(("entries", ""), rows, right="entries") if rows else Text("The file is empty."),
    ]
    parts += [Text(f"{label}: {', '.join(keys)}") for label, keys in named]
    for anomaly in summary.effects.anomalies:
        parts.append(Text(f"no longer fits its story: {anomaly.rule}"))
    parts += [Text(_said(remark)) for remark in summary.remarks]
    for dependant in summary.effects.dependants:
        where = f"{dependant.stream} (position {dependant.position})"
        parts.append(Text(f"builds on a changed entry, look at it again: {where}"))
    return stack(parts)


def _said(remark: Remark) -> str:
    """A remark with the first of its lines."""
    lines = ", ".join(map(str, remark.lines[:MAX_LINES]))
    more = ", …" if len(remark.lines) > MAX_LINES else ""
    counted = f"{len(remark.lines)} ×" if len(remark.lines) > 1 else "once"
    return f"look at {remark.file}: {remark.column}: {remark.rule} ({counted}: line {lines}{more})"
