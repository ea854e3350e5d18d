"""`parley access-log`: who took entries and proofs away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli import options
from cli.output import choose_form, write
from cli.session import open_log

if TYPE_CHECKING:
    from rich.console import RenderableType

    from app.accesses import Accesses

MOST = 1_000


def access_log(
    ctx: typer.Context,
    *,
    before: Annotated[
        int | None,
        typer.Option(
            "--before", metavar="N", min=1, help="Go on before this number.", show_default=False
        ),
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", min=1, max=MOST, help="The most to show.")
    ] = 100,
    json: options.AsJson = False,
    table: options.AsTable = False,
) -> None:
    """Show who exported the log, and who took entries and proofs away, the newest first."""
    from app.accesses import access_page

    form = choose_form(json=json, table=table)
    with open_log(ctx) as parley:
        found = access_page(parley, before, limit)
    write(found, form, lambda: accesses_view(found))


def accesses_view(found: Accesses) -> RenderableType:
    """The accesses, the newest first."""
    from cli import words
    from cli.rows import Row, Section

    rows = (
        Row(
            status=each.what,
            what=f"entries {each.first} to {each.last}",
            lead=each.subject or "somebody without a key",
            name=str(each.number),
            since=each.at[:19],
            notes=() if each.auth is None else (f"by {each.auth}",),
        )
        for each in found.accesses
    )
    remark = "" if found.accesses else "Nobody has taken anything away yet."
    count = words.count(len(found.accesses), "access", "accesses")
    return Section(count, tuple(rows), remark)
