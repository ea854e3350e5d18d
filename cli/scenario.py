"""`parley scenario`: what if these events were recorded next?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from cli import options
from cli.output import choose_form, write
from cli.session import negotiation_of, open_log

if TYPE_CHECKING:
    from rich.console import RenderableType

    from projections.answers import Framework
    from projections.scenario import Scenario


def scenario(
    ctx: typer.Context,
    *,
    negotiation: options.Negotiation = None,
    file: options.File = None,
    as_of: options.AsOf = None,
    known_at: options.KnownAt = None,
    published_by: options.PublishedBy = None,
    certainty: options.HowCertain = "possible",
    rules: options.Rules = None,
    json: options.AsJson = False,
    table: options.AsTable = False,
) -> None:
    """Show what would be different if these events were recorded next; nothing is recorded.

    The events need no citation, because nobody says them.
    """
    from app import read, scenarios
    from app.clocks import Asked
    from cli.bodies import as_list, last_argument, read_bodies

    form = choose_form(json=json, table=table)
    negotiation, path = last_argument(negotiation, file)
    bodies = as_list(read_bodies(path))
    asked = Asked(as_of, known_at, published_by, certainty, rules)
    with open_log(ctx) as parley:
        where = negotiation_of(parley, negotiation)
        answer = scenarios.scenario(parley, where, bodies, asked)
        write(answer, form, lambda: scenario_view(answer, read.framework(parley, where, asked)))


def scenario_view(answer: Scenario, today: Framework) -> RenderableType:
    """What was supposed, and what would be different from the answer without it."""
    from rich.text import Text

    from cli.changes_view import Statuses, change_sections
    from cli.framework_view import clocks
    from cli.rows import stack

    head = Text(f"{today.question.negotiation}: what if", style="bold")
    head.append(f"\n{clocks(today.question)}", style="dim")
    for supposed in answer.hypothetical:
        head.append(f"\n  suppose {supposed}")
    head.append("\n")
    statuses = Statuses.between(today, answer.framework)
    return stack((head, *change_sections(answer.changes, statuses)))
