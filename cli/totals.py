"""`parley totals`: how much was pledged, allocated and delivered, by whom, of what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from cli import options
from cli.output import choose_form, write
from cli.session import negotiation_of, open_log

if TYPE_CHECKING:
    from rich.console import RenderableType

    from projections.totals import Totals


def totals(
    ctx: typer.Context,
    *,
    negotiation: options.Negotiation = None,
    as_of: options.AsOf = None,
    known_at: options.KnownAt = None,
    published_by: options.PublishedBy = None,
    certainty: options.HowCertain = "possible",
    rules: options.Rules = None,
    json: options.AsJson = False,
    table: options.AsTable = False,
) -> None:
    """Sum up what was offered, pledged, allocated and delivered.

    Sums are kept apart by actor, element, unit and currency; nothing is converted.
    """
    from app import read
    from app.clocks import Asked

    form = choose_form(json=json, table=table)
    asked = Asked(as_of, known_at, published_by, certainty, rules)
    with open_log(ctx) as parley:
        answer = read.totals(parley, negotiation_of(parley, negotiation), asked)
        write(answer, form, lambda: totals_view(answer))


def totals_view(answer: Totals) -> RenderableType:
    """The sums as a table, and how much could not be summed."""
    from rich.text import Text

    from cli import words
    from cli.framework_view import question_view
    from cli.rows import columns, stack

    head = ("by", "of", "in", "offered", "pledged", "allocated", "delivered")
    rows = [
        (
            words.several(row.actors),
            row.element or "",
            row.currency or row.unit or "",
            *(_amount(n) for n in (row.offered, row.pledged, row.allocated, row.delivered)),
        )
        for row in answer.rows
    ]
    parts: list[RenderableType] = [question_view(answer.question)]
    if rows:
        parts.append(columns(head, rows, right="offered pledged allocated delivered"))
    if answer.without_quantity:
        number = words.count(answer.without_quantity, "part")
        parts.append(Text(f"{number} of pledges that stand have no quantity on record.\n"))
    elif not rows:
        parts.append(Text("No pledge that stands has a quantity on record.\n"))
    return stack(parts)


def _amount(number: str) -> str:
    """A sum; where nothing was recorded there is a dash, since that is not a zero."""
    return "–" if number == "0" else number
