"""`parley endorse`: a second person has checked an entry against its source."""

from __future__ import annotations

from typing import Annotated

import typer

from cli import options
from cli.output import choose_form
from cli.session import open_log


def endorse(
    ctx: typer.Context,
    *,
    entry: options.Entry,
    note: Annotated[
        str | None,
        typer.Option(
            "--note", metavar="TEXT", help="What was checked, and how.", show_default=False
        ),
    ] = None,
    dry_run: options.DryRun = False,
    key: options.Key = None,
    subject: options.Subject = None,
    json: options.AsJson = False,
    table: options.AsTable = False,
) -> None:
    """Say that you have checked an entry against its source. Nobody endorses their own."""
    from app.endorse import endorse as endorse_entry
    from app.scenarios import effect_of
    from cli.recorded_view import write_recorded

    form = choose_form(json=json, table=table)
    with open_log(ctx) as parley:
        recorded = endorse_entry(
            parley, entry, note=note, subject=subject, key=key, dry_run=dry_run
        )
        effect = effect_of(parley, recorded.entries[0].negotiation, recorded)
    write_recorded(recorded, form, effect)
