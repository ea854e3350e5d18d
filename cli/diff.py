"""`parley diff`: what changed between two dates, in the world and in what is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from cli import options
from cli.output import choose_form, write
from cli.session import negotiation_of, open_log
from domain.errors import InvalidInput, Problem

if TYPE_CHECKING:
    from rich.console import RenderableType

From: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="DATE",
        help="The earlier date of the two. The later one, if not given.",
        show_default=False,
        rich_help_panel="Clocks",
    ),
]
To: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--to",
        metavar="DATE",
        help="The later date. Now, if not given.",
        show_default=False,
        rich_help_panel="Clocks",
    ),
]
KnownFrom: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--known-from",
        metavar="DATE|POSITION",
        help="What the log knew before. The same as --known-to, if not given.",
        show_default=False,
        rich_help_panel="Clocks",
    ),
]
KnownTo: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--known-to",
        metavar="DATE|POSITION",
        help="What the log knew after. All it knows now, if not given.",
        show_default=False,
        rich_help_panel="Clocks",
    ),
]


NOTHING_TO_COMPARE = Problem(
    "--from",
    "nothing to compare with is given",
    "add --from with a date, or --known-from with a date or a position",
)


def diff(
    ctx: typer.Context,
    *,
    negotiation: options.Negotiation = None,
    from_: From = None,
    to: To = None,
    known_from: KnownFrom = None,
    known_to: KnownTo = None,
    published_by: options.PublishedBy = None,
    certainty: options.HowCertain = "possible",
    rules: options.Rules = None,
    json: options.AsJson = False,
    table: options.AsTable = False,
) -> None:
    """Show what changed between two dates: in the world, and in what is known of it.

    What more was learnt of the first date is told apart from what happened until
    the second, and nothing is counted as both.
    """
    from app import read
    from app.clocks import Asked

    form = choose_form(json=json, table=table)
    if from_ is None and known_from is None:
        raise InvalidInput(NOTHING_TO_COMPARE)
    before = Asked(
        to if from_ is None else from_,
        known_to if known_from is None else known_from,
        published_by,
        certainty,
        rules,
    )
    after = Asked(to, known_to, published_by, certainty, rules)
    between = Asked(before.as_of, known_to, published_by, certainty, rules)
    with open_log(ctx) as parley:
        where = negotiation_of(parley, negotiation)
        answer = read.diff(parley, where, before, after)

        def view() -> RenderableType:
            from cli.changes_view import Statuses, diff_view

            old, middle, new = (read.framework(parley, where, a) for a in (before, between, after))
            return diff_view(answer, Statuses.between(old, middle), Statuses.between(middle, new))

        write(answer, form, view)
