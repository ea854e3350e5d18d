"""Each sort of thing in a negotiation: all of them as they stand, and one with its story."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter
from starlette.responses import Response

from api.parameters import NegotiationName, Slug
from api.problems import refusals
from api.reading import Answering, AskedBy
from app import read
from app.sections import SECTIONS, Section
from projections.things import ThingStory

router = APIRouter(tags=["things"])
COMPUTED = frozenset({"positions"})
"""What is computed from statements and so has no story of its own."""


def _lister(section: str) -> Callable[..., Response]:
    def list_things(negotiation: NegotiationName, reading: Answering, asked: AskedBy) -> Response:
        parley = reading.parley
        return reading.memento(asked, lambda at: read.section(parley, negotiation, section, at))

    return list_things


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
