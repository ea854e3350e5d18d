"""Where is it said?"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.limits import MAX_QUERY
from api.parameters import LIMIT, After, InNegotiation, Limit
from api.problems import refusals
from api.reading import Answering, AskedBy
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


@router.get("/search", response_model=Found, responses=refusals("not-found"))
def search(
    q: Words,
    reading: Answering,
    asked: AskedBy,
    negotiation: InNegotiation = None,
    after: After = 0,
    limit: Limit = LIMIT,
) -> Response:
    """Find entries by the words of their summaries, quotes and names.

    Without `as_of` nothing is left out for its date; `certainty` makes no difference.
    """
    parley = reading.parley
    return reading.search(
        asked, lambda at: find(parley, q, at, negotiation, after=after, limit=limit)
    )
