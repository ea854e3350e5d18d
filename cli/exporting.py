"""`parley export`: the log in forms that others can read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli import options
from cli.output import choose_form, progress, remarks, write
from cli.session import absolute, open_log

app = typer.Typer(help="Write the log in forms that others can read.", no_args_is_help=True)


@app.command()
def audit(
    ctx: typer.Context,
    *,
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR", help="A folder that is not there yet, or is empty.", show_default=False
        ),
    ],
    sources: Annotated[
        Path | None,
        typer.Option(
            "--sources",
            metavar="FOLDER",
            help="Copy from here the files that entries say were archived, by their SHA-256.",
            show_default=False,
        ),
    ] = None,
    json: options.AsJson = False,
    table: options.AsTable = False,
) -> None:
    """Write the whole log with what proves it, for an auditor to verify.

    The log is signed as it stands, and the witnesses of PARLEY_WITNESSES are asked to cosign. The
    folder is there when all of it is written, and not before.
    """
    from rich.text import Text

    from app.exporting import export_audit
    from cli import words

    form = choose_form(json=json, table=table)
    where = absolute(folder, "DIR")
    with open_log(ctx) as parley, progress("Exporting") as advance:
        exported = export_audit(parley, where, sources=sources, progress=advance)
    for each in exported.remarks:
        remarks().print(each)
    held = words.count(exported.size, "entry", "entries")
    before = words.count(exported.checkpoints, "earlier checkpoint", "earlier checkpoints")
    said = (
        f"{held} of {exported.origin}, with {before}, are in {exported.folder}.\n"
        f"To verify it: parley verify {folder} --policy FILE, with keys that came another way."
    )
    write(exported, form, lambda: Text(said))
