"""`parley record`: enter events, one or an array, all or nothing."""

from __future__ import annotations

from typing import Any

import typer

from cli import options
from cli.output import choose_form, progress
from cli.session import negotiation_of, open_log

OPENS = "negotiation.opened"
MANY = 100
"""Events from which recording takes long enough to be shown as under way."""


def record(
    ctx: typer.Context,
    *,
    negotiation: options.Negotiation = None,
    file: options.File = None,
    dry_run: options.DryRun = False,
    key: options.Key = None,
    expected_version: options.ExpectedVersion = None,
    subject: options.Subject = None,
    json: options.AsJson = False,
    table: options.AsTable = False,
) -> None:
    """Record one event or an array of up to 1,000: all of them or none.

    `parley kinds KIND` shows the fields of a kind and an example to begin from. The
    negotiation may also be left out where the file opens one.
    """
    from app.record import record as record_bodies
    from app.scenarios import effect_of
    from cli.bodies import as_list, last_argument, read_bodies
    from cli.recorded_view import write_recorded

    form = choose_form(json=json, table=table)
    negotiation, path = last_argument(negotiation, file)
    bodies = read_bodies(path)
    with open_log(ctx) as parley, progress("Recording", show=len(as_list(bodies)) >= MANY):
        where = _opened_by(bodies) if negotiation is None else negotiation
        where = negotiation_of(parley, where)
        recorded = record_bodies(
            parley,
            where,
            bodies,
            subject=subject,
            key=key,
            expected_version=expected_version,
            dry_run=dry_run,
        )
        effect = effect_of(parley, where, recorded)
    write_recorded(recorded, form, effect)


def _opened_by(bodies: Any) -> str | None:  # noqa: ANN401 - as the file gives it.
    """The negotiation that the bodies open themselves, if it is one."""
    from cli.bodies import as_list

    opened = {
        body["slug"]
        for body in as_list(bodies)
        if isinstance(body, dict)
        and body.get("kind") == OPENS
        and isinstance(body.get("slug"), str)
    }
    return opened.pop() if len(opened) == 1 else None
