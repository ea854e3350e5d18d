"""Each sort of thing in a negotiation: all of them as they stand, and one with its story."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, TypeAlias

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from api.limits import MAX_PAGE
from api.parameters import Digits, NegotiationName, Slug, WithProof
from api.problems import refusals
from api.reading import Answering, AskedBy, Told, dumped
from app import read
from app.clocks import Clocks
from app.narrowing import ACTORS, ALL, ELEMENTS, Narrowing
from app.pinned import AskedSection, AskedThing
from app.proving import proven_shape
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


class _Listing:
    """One request for a list, of which each filter is a parameter of its own."""

    def __init__(
        self,
        negotiation: NegotiationName,
        reading: Answering,
        asked: AskedBy,
        *,
        proof: WithProof = False,
    ) -> None:
        self._negotiation, self._reading = negotiation, reading
        self._asked, self._proof = asked, proof

    def answer(self, section: str, by: Narrowing = ALL) -> Response:
        """The section, or what is asked for of it, and where the next page begins."""
        reading, negotiation = self._reading, self._negotiation

        def compute(at: Clocks) -> Section:
            return read.section(reading.parley, negotiation, section, at, by)

        def follow(answer: Section) -> dict[str, str] | None:
            return {"after": getattr(answer, section)[-1].slug} if answer.more else None

        if self._proof:
            what = AskedSection(section=section, **asdict(by))
            return reading.with_proof(
                self._asked, what, compute, negotiation=negotiation, follow=follow
            )

        def told(at: Clocks) -> Told:
            answer = compute(at)
            return Told(dumped(answer), follow(answer))

        return reading.memento(self._asked, told)


_Listed: TypeAlias = Annotated[_Listing, Depends()]


def _lister(section: str) -> Callable[..., Response]:
    """The endpoint of a section, with the filters that its items can be told apart by."""

    def list_by_status(listing: _Listed, by: Annotated[Narrowing, Depends(_by_status)]) -> Response:
        return listing.answer(section, by)

    def list_by_actor(listing: _Listed, by: Annotated[Narrowing, Depends(_by_actor)]) -> Response:
        return listing.answer(section, by)

    def list_by_element(
        listing: _Listed, by: Annotated[Narrowing, Depends(_by_element)]
    ) -> Response:
        return listing.answer(section, by)

    def count(listing: _Listed) -> Response:
        return listing.answer(section)

    if section in COUNTED:
        return count
    if section in ELEMENTS:
        return list_by_element
    return list_by_actor if section in ACTORS else list_by_status


def _shower(sort: str) -> Callable[..., Response]:
    def show_thing(
        negotiation: NegotiationName,
        slug: Slug,
        reading: Answering,
        asked: AskedBy,
        *,
        proof: WithProof = False,
    ) -> Response:
        def answer(at: Clocks) -> ThingStory:
            return read.thing(reading.parley, negotiation, sort, slug, at)

        if proof:
            what = AskedThing(sort=sort, slug=slug)
            return reading.with_proof(asked, what, answer, negotiation=negotiation)
        return reading.memento(asked, answer)

    return show_thing


def _serve_sort(section: str, shape: type[Section]) -> None:
    """Serve one sort of thing; they differ in nothing but their names and shapes."""
    router.get(
        f"/negotiations/{{negotiation}}/{section}",
        response_model=shape | proven_shape(shape),
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
        response_model=ThingStory | proven_shape(ThingStory),
        responses=refusals("not-found"),
        name=f"show_{sort}",
        description=f"Show one {sort} as it stands, and its story entry by entry.",
    )(_shower(sort))


for _section, _shape in SECTIONS.items():
    _serve_sort(_section, _shape)
for _section in ("actors", "sources"):
    serve_story(_section, _section.removesuffix("s"))
