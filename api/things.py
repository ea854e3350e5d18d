"""Each sort of thing in a negotiation: all of them as they stand, and one with its story."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, TypeAlias

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from api.limits import MAX_PAGE
from api.parameters import Digits, NegotiationName, Slug
from api.problems import refusals
from api.reading import Answering, AskedBy, Reading, Told, dumped
from app import read
from app.clocks import Asked
from app.narrowing import ACTORS, ELEMENTS, Narrowing
from app.sections import SECTIONS, Section
from domain.text import MAX_SLUG, SLUG_PATTERN
from projections.things import ThingStory

router = APIRouter(tags=["things"])
COMPUTED = frozenset({"positions"})
"""What is computed from statements and so has no story of its own."""
COUNTED = frozenset({"attacks"})
"""What is counted instead of being listed."""
MAX_AFTER = 3 * MAX_SLUG
"""Characters of the longest slug: that of a position has three parts."""

Status: TypeAlias = Annotated[
    str | None, Query(max_length=MAX_SLUG, description="Only what has this status.")
]
Actor: TypeAlias = Annotated[
    str | None,
    Query(pattern=SLUG_PATTERN, max_length=MAX_SLUG, description="Only what names this actor."),
]
Element: TypeAlias = Annotated[
    str | None,
    Query(pattern=SLUG_PATTERN, max_length=MAX_SLUG, description="Only what names this element."),
]
AfterSlug: TypeAlias = Annotated[
    str, Query(max_length=MAX_AFTER, description="Begin after the item with this slug.")
]
Most: TypeAlias = Annotated[
    int | None,
    Query(ge=1, le=MAX_PAGE, description="At most so many a page; all of them, if not given."),
    Digits,
]


async def _by_status(status: Status = None, after: AfterSlug = "", limit: Most = None) -> Narrowing:
    return Narrowing(status=status, after=after, limit=limit)


async def _by_actor(
    status: Status = None, actor: Actor = None, after: AfterSlug = "", limit: Most = None
) -> Narrowing:
    return Narrowing(status=status, actor=actor, after=after, limit=limit)


async def _by_element(
    status: Status = None,
    actor: Actor = None,
    element: Element = None,
    after: AfterSlug = "",
    limit: Most = None,
) -> Narrowing:
    return Narrowing(status, actor, element, after, limit)


def _list(
    reading: Reading, negotiation: str, section: str, asked: Asked, by: Narrowing
) -> Response:
    def page_of(answer: Section) -> Told:
        more = {"after": getattr(answer, section)[-1].slug} if answer.more else None
        return Told(dumped(answer), more)

    parley = reading.parley
    return reading.memento(
        asked, lambda at: page_of(read.section(parley, negotiation, section, at, by))
    )


def _lister(section: str) -> Callable[..., Response]:
    """The endpoint of a section, with the filters that its items can be told apart by."""

    def list_by_status(
        negotiation: NegotiationName,
        reading: Answering,
        asked: AskedBy,
        by: Annotated[Narrowing, Depends(_by_status)],
    ) -> Response:
        return _list(reading, negotiation, section, asked, by)

    def list_by_actor(
        negotiation: NegotiationName,
        reading: Answering,
        asked: AskedBy,
        by: Annotated[Narrowing, Depends(_by_actor)],
    ) -> Response:
        return _list(reading, negotiation, section, asked, by)

    def list_by_element(
        negotiation: NegotiationName,
        reading: Answering,
        asked: AskedBy,
        by: Annotated[Narrowing, Depends(_by_element)],
    ) -> Response:
        return _list(reading, negotiation, section, asked, by)

    def count(negotiation: NegotiationName, reading: Answering, asked: AskedBy) -> Response:
        return _list(reading, negotiation, section, asked, Narrowing())

    if section in COUNTED:
        return count
    if section in ELEMENTS:
        return list_by_element
    return list_by_actor if section in ACTORS else list_by_status


def _shower(sort: str) -> Callable[..., Response]:
    def show_thing(
        negotiation: NegotiationName, slug: Slug, reading: Answering, asked: AskedBy
    ) -> Response:
        parley = reading.parley
        return reading.memento(asked, lambda at: read.thing(parley, negotiation, sort, slug, at))

    return show_thing


def _serve_sort(section: str, shape: type[Section]) -> None:
    """Serve one sort of thing; they differ in nothing but their names and shapes."""
    router.get(
        f"/negotiations/{{negotiation}}/{section}",
        response_model=shape,
        responses=refusals("not-found"),
        name=f"list_{section}",
        description=shape.__doc__,
    )(_lister(section))
    if section not in COMPUTED:
        serve_story(section, section.removesuffix("s"))


def serve_story(section: str, sort: str) -> None:
    """Serve one thing of a sort, with everything that was ever said of it."""
    router.get(
        f"/negotiations/{{negotiation}}/{section}/{{slug}}",
        response_model=ThingStory,
        responses=refusals("not-found"),
        name=f"show_{sort}",
        description=f"Show one {sort} as it stands, and its story entry by entry.",
    )(_shower(sort))


for _section, _shape in SECTIONS.items():
    _serve_sort(_section, _shape)
for _section in ("actors", "sources"):
    serve_story(_section, _section.removesuffix("s"))
