"""`parley correct`: the record had a mistake; the right values, and the reason."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

from cli import options
from cli.output import choose_form
from cli.session import open_log

Assignments: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="FIELD=VALUE",
        help="The whole new value of a field: text as it is, lists with commas, anything "
        "else as JSON. May be given several times.",
        show_default=False,
    ),
]
Removals: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--unset",
        metavar="FIELD",
        help="A field to remove. May be given several times.",
        show_default=False,
    ),
]


def correct(
    ctx: typer.Context,
    *,
    entry: options.Entry,
    reason: options.Reason,
    set_: Assignments = None,
    unset: Removals = None,
    dry_run: options.DryRun = False,
    key: options.Key = None,
    expected_version: options.ExpectedVersion = None,
    subject: options.Subject = None,
    json: options.AsJson = False,
    table: options.AsTable = False,
) -> None:
    """Correct an entry: set or remove whole fields. The old answer can still be asked for.

    Kind, thing and negotiation of an entry are never corrected: retract it and
    record it anew.
    """
    from app.correct import correct as correct_entry
    from app.entries import find_entry
    from app.scenarios import effect_of
    from cli.field_values import read_assignments
    from cli.recorded_view import write_recorded

    form = choose_form(json=json, table=table)
    with open_log(ctx) as parley:
        target = find_entry(parley, entry)
        recorded = correct_entry(
            parley,
            target.id,
            set=read_assignments(set_ or [], target.kind),
            unset=unset or [],
            reason=reason,
            subject=subject,
            key=key,
            expected_version=expected_version,
            dry_run=dry_run,
        )
        effect = effect_of(parley, recorded.entries[0].negotiation, recorded)
    write_recorded(recorded, form, effect)
