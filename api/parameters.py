"""The parts of a request that several endpoints take, said once in the same words."""

from __future__ import annotations

import re
from typing import Annotated, Literal, TypeAlias

from fastapi import Path, Query, params
from fastapi.dependencies.utils import get_flat_params
from fastapi.routing import APIRoute
from pydantic import BeforeValidator
from starlette.requests import Request

from api.limits import MAX_CLOCK, MAX_PAGE, MAX_POSITION, MAX_RULES, PAGE
from api.problems import INVALID, Refused
from domain.errors import Problem
from domain.text import MAX_SLUG, SLUG_PATTERN

_WHOLE = re.compile(r"0|[1-9][0-9]*", re.ASCII)


def _as_digits(value: object) -> object:
    """Refuse a number that is written as no answer writes it: 1_0, 1.0, +1 or 01."""
    if isinstance(value, str) and _WHOLE.fullmatch(value) is None:
        raise ValueError(f"{value!r} is no whole number; write it with digits alone, such as 17")
    return value


Digits = BeforeValidator(_as_digits)
"""For a whole number in an address: every one of them has one way of writing."""
NegotiationName: TypeAlias = Annotated[
    str,
    Path(pattern=SLUG_PATTERN, max_length=MAX_SLUG, description="The name of the negotiation."),
]
Slug: TypeAlias = Annotated[
    str,
    Path(pattern=SLUG_PATTERN, max_length=MAX_SLUG, description="The name within its sort."),
]
Position: TypeAlias = Annotated[
    int, Path(ge=1, le=MAX_POSITION, description="The place in the log, counted from 1."), Digits
]
InNegotiation: TypeAlias = Annotated[
    str | None,
    Query(
        pattern=SLUG_PATTERN,
        max_length=MAX_SLUG,
        description="Only of this negotiation, or of the `commons`.",
    ),
]
AsOf: TypeAlias = Annotated[
    str | None,
    Query(
        max_length=MAX_CLOCK,
        description="The world on this date (its last minute, UTC) or at an instant such as "
        "2025-09-04T12:00Z; now, if not given.",
    ),
]
KnownAt: TypeAlias = Annotated[
    str | None,
    Query(
        max_length=MAX_CLOCK,
        description="What the log knew by then: a date, an instant or a position in the log.",
    ),
]
PublishedBy: TypeAlias = Annotated[
    str | None,
    Query(
        max_length=MAX_CLOCK,
        description="Only what sources had published by the end of this date.",
    ),
]
HowCertain: TypeAlias = Annotated[
    Literal["possible", "certain"],
    Query(description="With `certain`, leave out what only may be so."),
]
Rules: TypeAlias = Annotated[
    int | None,
    Query(
        ge=1,
        le=MAX_RULES,
        description="The number of the rules that compute the answer; the newest, if not given.",
    ),
    Digits,
]
WaitFor: TypeAlias = Annotated[
    int | None,
    Query(
        ge=1,
        le=MAX_POSITION,
        description="Answer when the log has come to this position, within a few seconds: what "
        "was recorded elsewhere a moment ago is then in the answer.",
    ),
    Digits,
]
WithProof: TypeAlias = Annotated[
    bool,
    Query(
        alias="proof",
        description="With `true`, the answer comes with a signed checkpoint, its question with "
        "every clock pinned, and proofs that the entries behind it are in the log. Without "
        "`known_at` it is then what was known at the newest checkpoint.",
    ),
]
After: TypeAlias = Annotated[
    int, Query(ge=0, le=MAX_POSITION, description="Begin after this position."), Digits
]
Limit: TypeAlias = Annotated[
    int, Query(ge=1, le=MAX_PAGE, description="At most so many a page."), Digits
]
LIMIT = PAGE


async def refuse_unknown(request: Request) -> None:
    """Refuse a parameter that nobody reads, or one that is given twice.

    Whoever writes `asof` for `as_of` would otherwise take today's answer for another's.
    """
    route = request.scope.get("route")
    if not isinstance(route, APIRoute):
        return
    fields = get_flat_params(route.dependant)
    taken = [field.alias for field in fields if isinstance(field.field_info, params.Query)]
    for name in request.query_params:
        if name not in taken:
            known = ", ".join(taken)
            way_out = f"take one of {known}" if known else "leave it out"
            raise Refused(INVALID, Problem(name, "is no parameter of this", way_out))
        if len(request.query_params.getlist(name)) > 1:
            raise Refused(INVALID, Problem(name, "is given more than once", "give it once"))
