"""What changed between two dates: in the world, and in what is known of it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from api.limits import MAX_CLOCK
from api.parameters import HowCertain, NegotiationName, PublishedBy, Rules
from api.problems import INVALID, Refused, refusals
from api.reading import Answering
from app import read
from app.clocks import Asked
from domain.errors import Problem
from projections.changes import Diff

router = APIRouter(tags=["negotiations"])

From = Annotated[
    str | None,
    Query(alias="from", max_length=MAX_CLOCK, description="The earlier date of the two."),
]
To = Annotated[
    str | None, Query(max_length=MAX_CLOCK, description="The later date; now, if not given.")
]
KnownFrom = Annotated[
    str | None,
    Query(
        max_length=MAX_CLOCK,
        description="What the log knew before; the same as `known_to`, if not given.",
    ),
]
KnownTo = Annotated[
    str | None,
    Query(max_length=MAX_CLOCK, description="What the log knew after; all it knows now."),
]


async def _ask_twice(
    from_: From = None,
    to: To = None,
    known_from: KnownFrom = None,
    known_to: KnownTo = None,
    published_by: PublishedBy = None,
    certainty: HowCertain = "possible",
    rules: Rules = None,
) -> tuple[Asked, Asked]:
    """The two questions; raises Refused where there is nothing to compare with."""
    if from_ is None and known_from is None:
        way_out = "add `from` with a date, or `known_from` with a date or a position"
        raise Refused(INVALID, Problem("from", "nothing to compare with is given", way_out))
    earlier = to if from_ is None else from_
    known = known_to if known_from is None else known_from
    before = Asked(earlier, known, published_by, certainty, rules)
    return before, Asked(to, known_to, published_by, certainty, rules)


@router.get(
    "/negotiations/{negotiation}/diff", response_model=Diff, responses=refusals("not-found")
)
def show_diff(
    negotiation: NegotiationName,
    reading: Answering,
    asked: Annotated[tuple[Asked, Asked], Depends(_ask_twice)],
) -> Response:
    """Show what changed between two dates: in what was known, and in the world.

    Each change is told once, under `knowledge` (what more was learnt of the earlier date) or
    under `world` (what happened since).
    """
    return reading.difference(
        *asked, lambda old, new: read.diff(reading.parley, negotiation, old, new)
    )
