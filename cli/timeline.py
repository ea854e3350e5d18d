"""`parley timeline`: every instant at which an answer becomes another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from cli import options
from cli.output import choose_form, write
from cli.session import negotiation_of, open_log

if TYPE_CHECKING:
    from rich.console import RenderableType

    from projections.timemap import Timemap

BECOMES = {"possible": "may have begun", "certain": "has begun"}


def timeline(
    ctx: typer.Context,
    *,
    negotiation: options.Negotiation = None,
    known_at: options.KnownAt = None,
    published_by: options.PublishedBy = None,
    rules: options.Rules = None,
    json: options.AsJson = False,
    table: options.AsTable = False,
) -> None:
    """List every instant of change, and whether it is certain by then or only possible."""
    from app import read
    from app.clocks import Asked

    form = choose_form(json=json, table=table)
    asked = Asked(None, known_at, published_by, rules=rules)
    with open_log(ctx) as parley:
        answer = read.timeline(parley, negotiation_of(parley, negotiation), asked)
        write(answer, form, lambda: timeline_view(answer))


def timeline_view(answer: Timemap) -> RenderableType:
    """The instants of change, one under the other."""
    from rich.text import Text

    from cli import words
    from cli.item_rows import name_of, positions_of
    from cli.rows import Row, Section, stack

    head = Text(f"{answer.question.negotiation}: instants of change", style="bold")
    head.append(f"\nas known at position {answer.question.known_at.position}\n", style="dim")
    rows: list[Row] = []
    last = ""
    for tick in answer.ticks:
        when = words.day(tick.at.replace("T00:00Z", ""))
        rows.append(
            Row(
                status="" if when == last else when,
                lead=BECOMES[tick.becomes],
                what=tick.summary,
                name=name_of(tick.stream),
                since=f"{tick.kind}, {positions_of((tick.event,))}",
            )
        )
        last = when
    remark = "" if rows else "Nothing that happened is recorded."
    return stack((head, Section("When it changed", tuple(rows), remark)))
