"""`parley link`: two entries stand in a relation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal, TypeAlias

import typer

from cli import options
from cli.output import choose_form
from cli.session import open_log
from domain.errors import InvalidInput, Problem

Relation = Literal["same_event_as", "restates", "contradicts", "duplicate_of"]
How: TypeAlias = Annotated[
    Relation,
    typer.Option("--relation", help="How the two stand to each other.", show_default=False),
]
Other: TypeAlias = Annotated[
    str,
    typer.Option("--to", metavar="POSITION|ID", help="The other entry.", show_default=False),
]
Hedges: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--hedge",
        metavar="HEDGE=WORDS",
        help="A word that softens the link, and how it is put, such as seems='seems to be'. "
        "May be given several times.",
        show_default=False,
    ),
]
Note: TypeAlias = Annotated[
    str | None,
    typer.Option("--note", metavar="TEXT", help="Why you think so.", show_default=False),
]


def link(
    ctx: typer.Context,
    *,
    entry: options.Entry,
    relation: How,
    to: Other,
    hedge: Hedges = None,
    note: Note = None,
    dry_run: options.DryRun = False,
    key: options.Key = None,
    subject: options.Subject = None,
    json: options.AsJson = False,
    table: options.AsTable = False,
) -> None:
    """Say that two entries are the same event, restate, contradict or duplicate each other.

    A link with a hedge is shown as "perhaps" and does not count as certain.
    """
    from app.link import link as link_entry
    from app.scenarios import effect_of
    from cli.recorded_view import write_recorded

    form = choose_form(json=json, table=table)
    hedges = list(_read_hedges(hedge or []))
    with open_log(ctx) as parley:
        recorded = link_entry(
            parley,
            entry,
            relation=relation,
            to=to,
            hedges=hedges,
            note=note,
            subject=subject,
            key=key,
            dry_run=dry_run,
        )
        effect = effect_of(parley, recorded.entries[0].negotiation, recorded)
    write_recorded(recorded, form, effect)


def _read_hedges(given: Sequence[str]) -> Iterator[dict[str, str]]:
    for each in given:
        word, equals, cue = each.partition("=")
        if not equals:
            rule = f"{each!r} is not a hedge with its words"
            raise InvalidInput(Problem("--hedge", rule, "write --hedge seems='seems to be'"))
        yield {"hedge": word, "cue": cue}
