"""`parley witness`: an auditor's own machine sees that a log only grows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from cli import evidence, options
from cli.output import choose_form, whole_lines, write
from cli.session import absolute, opened_log

if TYPE_CHECKING:
    from app.witness import Caught, Overview, Witness
    from app.witness_look import Checked

Folder: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--folder",
        metavar="FOLDER",
        help="What the witness keeps: its key, what it saw, evidence. By default a folder in the "
        "user's data folder.",
        show_default=False,
    ),
]
Logs: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--log",
        metavar="KEY",
        help="The key of a log to watch, as its operator says it elsewhere; it is remembered. "
        "May be given several times.",
        show_default=False,
    ),
]
PolicyFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--policy",
        metavar="FILE",
        help="A file of keys (C2SP tlog-policy); its logs are watched and remembered.",
        show_default=False,
    ),
]
Name: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--name",
        metavar="NAME",
        help="The name of a new witness, such as example.org/witness; made up, if not given.",
        show_default=False,
    ),
]

app = typer.Typer(
    help="See from a machine of your own that a log only grows, and keep evidence if it does not.",
    no_args_is_help=True,
)
app.command()(evidence.evidence)


@app.command()
def serve(
    *,
    folder: Folder = None,
    log: Logs = None,
    policy: PolicyFile = None,
    name: Name = None,
    host: Annotated[
        str, typer.Option("--host", metavar="ADDRESS", help="Where to listen.")
    ] = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option(
            "--port",
            metavar="N",
            min=0,
            max=65_535,
            help="The port to listen at; 0 takes any that is free.",
        ),
    ] = 8711,
) -> None:
    """Cosign what logs hand in, if it continues what was seen, until Ctrl-C or SIGTERM.

    Speaks C2SP tlog-witness. Whoever reaches it may hand in; only the signature of a log that
    is watched counts.
    """
    from api.witnessing import serve_witness
    from app.witness import overview

    witness = _open(folder, log, policy, name)
    known = overview(witness)

    def say(address: str, _: object) -> None:
        typer.echo(f"The witness answers at {address}")
        typer.echo(f"Its key: {known.key}")
        typer.echo(f"It watches: {', '.join(each.origin for each in known.logs) or 'no log yet'}")
        for caught in known.evidence:
            typer.echo(_evidence(caught))

    serve_witness(witness, host, port, say)


@app.command()
def check(
    source: Annotated[
        str,
        typer.Argument(
            metavar="DIR|URL",
            help="An export, or where a log is served, such as https://parley.example.org/v1/log.",
            show_default=False,
        ),
    ],
    *,
    folder: Folder = None,
    log: Logs = None,
    policy: PolicyFile = None,
    name: Name = None,
    api_key: options.ApiKey = None,
    json: options.AsJson = False,
    table: options.AsTable = False,
) -> None:
    """Look at a log, compare it with what was seen, and cosign and keep it if it continues that.

    Exit codes: 0 it continues, 1 it was caught and the evidence is kept, 2 nothing can be said.
    """
    from dataclasses import asdict

    from app.witness_look import check_log

    form = choose_form(json=json, table=table)
    with opened_log(source, "DIR|URL", api_key) as files:
        checked = check_log(_open(folder, log, policy, name), files)
    answer = {**asdict(checked), "outcome": checked.outcome.name.lower()}
    write(answer, form, lambda: whole_lines(_checked(checked)))
    raise typer.Exit(checked.outcome)


@app.command()
def show(
    *,
    folder: Folder = None,
    json: options.AsJson = False,
    table: options.AsTable = False,
) -> None:
    """Show the witness's key, the logs it watches, the newest it saw of each, and all evidence."""
    from app.witness import overview

    form = choose_form(json=json, table=table)
    known = overview(_open(folder, None, None, None))
    write(known, form, lambda: whole_lines(_overview(known)))


def _open(
    folder: Path | None, logs: list[str] | None, policy: Path | None, name: str | None
) -> Witness:
    from app.witness import default_folder, open_witness

    where = default_folder() if folder is None else absolute(folder, "--folder")
    return open_witness(where, name=name, logs=logs or (), policy=policy)


def _checked(checked: Checked) -> str:
    verdict = {0: "GOOD", 1: "CAUGHT", 2: "UNSURE"}[checked.outcome]
    lines = [f"{verdict}: {checked.message}"]
    if checked.origin is not None:
        lines += [f"  log    {checked.origin}", f"  size   {checked.size}"]
        lines += [f"  root   {checked.root}"]
    return "\n".join((*lines, *map(_evidence, checked.evidence)))


def _overview(known: Overview) -> str:
    lines = [f"key     {known.key}", f"folder  {known.folder}"]
    for each in known.logs:
        lines.append(f"log     {each.origin}")
        if each.size is None:
            lines.append("  nothing seen yet")
        else:
            lines.append(f"  {each.size} leaves, root {each.root}, seen {_instant(each.at)}")
    if not known.logs:
        lines.append("It watches no log yet: give it the key of one with --log.")
    return "\n".join((*lines, *map(_evidence, known.evidence)))


def _evidence(caught: Caught) -> str:
    if caught.answered:
        what = f"answered since: {caught.what} of {caught.origin}"
    else:
        what = f"EVIDENCE of a {caught.what} of {caught.origin}"
    return f"{what}, {_instant(caught.at)}\n  {caught.message}\n  {caught.file}"


def _instant(seconds: int | None) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds or 0, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
