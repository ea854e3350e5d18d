"""`parley retract`: the entry should not stand."""

from __future__ import annotations

from typing import Annotated

import typer

from cli import options
from cli.output import choose_form
from cli.session import open_log


def retract(
    ctx: typer.Context,
    *,
    entry: options.Entry,
    reason: options.Reason,
    replaced_by: Annotated[
        str | None,
        typer.Option(
            "--replaced-by",
            metavar="POSITION|ID",
            help="The entry that was recorded in its place.",
            show_default=False,
        ),
    ] = None,
    dry_run: options.DryRun = False,
    key: options.Key = None,
    expected_version: options.ExpectedVersion = None,
    subject: options.Subject = None,
    json: options.AsJson = False,
    table: options.AsTable = False,
) -> None:
    """Take an entry back; it stays in the log. Retracting a retraction brings it back."""
    from app.retract import retract as retract_entry
    from app.scenarios import effect_of
    from cli.recorded_view import write_recorded

    form = choose_form(json=json, table=table)
    with open_log(ctx) as parley:
        recorded = retract_entry(
            parley,
            entry,
            reason=reason,
            replaced_by=replaced_by,
            subject=subject,
            key=key,
            expected_version=expected_version,
            dry_run=dry_run,
        )
        effect = effect_of(parley, recorded.entries[0].negotiation, recorded)
    write_recorded(recorded, form, effect)
