"""Which entries are wanted, as an address says it: of the log, and of its stream."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query

from api.limits import MAX_CLOCK
from api.parameters import InNegotiation
from app.entry_filter import EntryFilter
from domain.entry import LOG_STREAM
from domain.registry import KINDS, THINGS
from domain.text import MAX_SLUG, SLUG_PATTERN

Kind = Annotated[
    str | None, Query(description="Only this kind.", json_schema_extra={"enum": list(KINDS)})
]
Thing = Annotated[
    str | None,
    Query(
        description="Only this sort of thing.",
        json_schema_extra={"enum": [*THINGS, LOG_STREAM]},
    ),
]
ThingSlug = Annotated[
    str | None,
    Query(
        pattern=SLUG_PATTERN,
        max_length=MAX_SLUG,
        description="Only this thing; with `thing`, and with `negotiation` where it has one.",
    ),
]
Actor = Annotated[
    str | None,
    Query(
        pattern=SLUG_PATTERN, max_length=MAX_SLUG, description="Only entries that name this actor."
    ),
]
From = Annotated[
    str | None,
    Query(
        alias="from", max_length=MAX_CLOCK, description="Only what can have begun then or later."
    ),
]
To = Annotated[
    str | None,
    Query(max_length=MAX_CLOCK, description="Only what can have begun then or earlier."),
]
Since = Annotated[
    str | None, Query(max_length=MAX_CLOCK, description="Only what was recorded then or later.")
]


async def _wanted(  # noqa: PLR0913, PLR0917 - each is a parameter of the address.
    negotiation: InNegotiation = None,
    kind: Kind = None,
    thing: Thing = None,
    slug: ThingSlug = None,
    actor: Actor = None,
    from_: From = None,
    to: To = None,
    since: Since = None,
) -> EntryFilter:
    """Which entries a request wants."""
    return EntryFilter(
        negotiation=negotiation,
        kind=kind,
        thing=thing,
        slug=slug,
        actor=actor,
        happened_from=from_,
        happened_to=to,
        recorded_since=since,
    )


Wanted = Annotated[EntryFilter, Depends(_wanted)]
