"""`parley log`: the entries as they were recorded, filtered and page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from cli import options
from cli.output import choose_form, write
from cli.session import negotiation_of, open_log

if TYPE_CHECKING:
    from app.parley import Parley
    from ledger.filter import Filter, Page

PAGE = 50
"""Entries of a page unless asked otherwise: a few screens."""
MAX_PAGE = 10_000
"""The most entries of one page; they are held in memory at once."""
Owner: TypeAlias = Annotated[
    str | None,
    typer.Argument(
        metavar="NEGOTIATION",
        help="Only entries of this negotiation; `commons` for actors and sources.",
        show_default=False,
    ),
]
After: TypeAlias = Annotated[
    int, typer.Option("--after", metavar="POSITION", min=0, help="Begin after this position.")
]
Limit: TypeAlias = Annotated[
    int,
    typer.Option("--limit", metavar="N", min=1, max=MAX_PAGE, help="The most entries to print."),
]
Kind: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--kind",
        metavar="KIND",
        help="Only this kind, such as pledge.made.",
        show_default=False,
    ),
]
Thing: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--thing",
        metavar="SORT[/SLUG]",
        help="Only this sort of thing, such as pledge, or one thing, such as pledge/force-26.",
        show_default=False,
    ),
]
Actor: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--actor", metavar="SLUG", help="Only entries that name this actor.", show_default=False
    ),
]
From: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="DATE",
        help="Only what can have begun on this date or later.",
        show_default=False,
    ),
]
To: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--to",
        metavar="DATE",
        help="Only what can have begun on this date or earlier.",
        show_default=False,
    ),
]
Reviewed: TypeAlias = Annotated[
    bool | None,
    typer.Option(
        "--reviewed/--unreviewed",
        help="Only what a second person endorsed; --unreviewed for the rest.",
        show_default=False,
    ),
]


def log(
    ctx: typer.Context,
    *,
    negotiation: Owner = None,
    after: After = 0,
    limit: Limit = PAGE,
    newest: Annotated[bool, typer.Option("--newest", help="Newest first.")] = False,
    kind: Kind = None,
    thing: Thing = None,
    actor: Actor = None,
    occurred_from: From = None,
    occurred_to: To = None,
    reviewed: Reviewed = None,
    json: options.AsJson = False,
    table: options.AsTable = False,
) -> None:
    """List the entries of the log in the order they were recorded."""
    from app.entry_filter import EntryFilter, read_filter
    from cli.log_view import as_json, log_view

    form = choose_form(json=json, table=table)
    with open_log(ctx) as parley:
        owner, sort, slug = thing_of(parley, negotiation, thing)
        asked = EntryFilter(
            negotiation=owner,
            kind=kind,
            thing=sort,
            slug=slug,
            actor=actor,
            happened_from=occurred_from,
            happened_to=occurred_to,
        )
        where = read_filter(asked)
        page = _read(parley, where, after, limit, newest=newest, reviewed=reviewed)
        answer = {"entries": [as_json(e) for e in page.entries], "scanned_to": page.scanned_to}
        size = parley.ledger.head().size
        write(answer, form, lambda: log_view(page, size, newest=newest))


def _read(
    parley: Parley, where: Filter, after: int, limit: int, *, newest: bool, reviewed: bool | None
) -> Page:
    """A full page, or what there is: the log gives up a search that finds little for long."""
    from dataclasses import replace

    from app.reviewed import Part, find_page
    from ledger.filter import Page

    last = parley.ledger.head().size
    part = Part(after, last, last, newest_first=newest)
    page = find_page(parley, where, part, limit, reviewed=reviewed)
    entries = list(page.entries)
    while len(entries) < limit and _unsearched(page, after, last, newest=newest):
        if newest:
            part = replace(part, upto=page.scanned_to - 1)
        else:
            part = replace(part, after=page.scanned_to)
        page = find_page(parley, where, part, limit - len(entries), reviewed=reviewed)
        entries += page.entries
    return Page(tuple(entries), page.scanned_to)


def _unsearched(page: Page, after: int, last: int, *, newest: bool) -> bool:
    return page.scanned_to > after + 1 if newest else page.scanned_to < last


def thing_of(
    parley: Parley, negotiation: str | None, thing: str | None
) -> tuple[str | None, str | None, str | None]:
    """Owner, sort and name of what `--thing` asks for, each None where it leaves it open."""
    if thing is None:
        return negotiation, None, None
    first, slash, rest = thing.partition("/")
    if "/" in rest:
        sort, _, slug = rest.partition("/")
        return first, sort, slug
    from domain.event import COMMON_THINGS, COMMONS

    sort = first.removesuffix("s")
    if not slash:
        return negotiation, sort, None
    owner = COMMONS if sort in COMMON_THINGS else negotiation_of(parley, negotiation)
    return owner, sort, rest
