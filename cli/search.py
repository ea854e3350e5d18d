"""`parley search`: where is it said?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from cli import options
from cli.log import MAX_PAGE, PAGE
from cli.output import choose_form, write
from cli.session import open_log

if TYPE_CHECKING:
    from rich.console import RenderableType

    from projections.search import SearchHit


def search(
    ctx: typer.Context,
    *,
    query: Annotated[
        list[str],
        typer.Argument(
            metavar="QUERY",
            help="Beginnings of words that all have to be there.",
            show_default=False,
        ),
    ],
    negotiation: Annotated[
        str | None,
        typer.Option(
            "--negotiation",
            metavar="NAME",
            help="Look in this negotiation and the commons only.",
            show_default=False,
        ),
    ] = None,
    after: Annotated[
        int, typer.Option("--after", metavar="POSITION", min=0, help="Begin after this position.")
    ] = 0,
    limit: Annotated[
        int,
        typer.Option("--limit", metavar="N", min=1, max=MAX_PAGE, help="The most hits to print."),
    ] = PAGE,
    as_of: options.AsOf = None,
    known_at: options.KnownAt = None,
    published_by: options.PublishedBy = None,
    json: options.AsJson = False,
    table: options.AsTable = False,
) -> None:
    """Find entries by the words of their summaries, quotes and names."""
    from app.clocks import Asked
    from app.find import find

    form = choose_form(json=json, table=table)
    asked = Asked(as_of, known_at, published_by)
    with open_log(ctx) as parley:
        words = " ".join(query)
        found = find(parley, words, asked, negotiation, after=after, limit=limit)
        write(found, form, lambda: search_view(found.hits, more=found.more))


def search_view(hits: Sequence[SearchHit], *, more: bool) -> RenderableType:
    """What was found, in the order it was recorded, and how to go on."""
    from rich.text import Text

    from cli import words
    from cli.item_rows import positions_of
    from cli.rows import Row, Section, stack

    rows = [
        Row(
            status=hit.kind,
            what=hit.summary or hit.excerpt,
            notes=() if hit.excerpt == hit.summary else (f"{hit.field}: {hit.excerpt}",),
            name=hit.stream,
            since=words.date(hit.event.occurred),
            voices=positions_of((hit.event,)),
        )
        for hit in hits
    ]
    remark = "" if hits else "No entry holds all of these words."
    parts: list[RenderableType] = [
        Section(words.count(len(rows), "entry", "entries"), tuple(rows), remark)
    ]
    if more:
        hint = f"There may be more: add --after {hits[-1].event.position}"
        parts.append(Text(hint, style="dim"))
    return stack(parts)
