"""Where is it said?"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from api.limits import MAX_QUERY
from api.parameters import (
    LIMIT,
    After,
    AsOf,
    InNegotiation,
    KnownAt,
    Limit,
    PublishedBy,
    Rules,
)
from api.problems import refusals
from api.reading import Answering
from app.clocks import Asked
from app.find import Found, find

router = APIRouter(tags=["log"])
Words = Annotated[
    str,
    Query(
        min_length=1,
        max_length=MAX_QUERY,
        description="Beginnings of words that all have to be there.",
    ),
]


async def _ask(
    as_of: AsOf = None,
    known_at: KnownAt = None,
    published_by: PublishedBy = None,
    rules: Rules = None,
) -> Asked:
    """The clocks of a question after what was said, which is no surer or less sure."""
    return Asked(as_of, known_at, published_by, "possible", rules)


@router.get("/search", response_model=Found, responses=refusals("not-found"))
def search(
    q: Words,
    reading: Answering,
    asked: Annotated[Asked, Depends(_ask)],
    negotiation: InNegotiation = None,
    after: After = 0,
    limit: Limit = LIMIT,
) -> Response:
    """Find entries by the words of their summaries, quotes and names.

    Without `as_of` nothing is left out for its date.
    """
    parley = reading.parley
    return reading.search(
        asked, lambda at: find(parley, q, at, negotiation, after=after, limit=limit)
    )
