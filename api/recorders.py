"""The register of those who record, for auditors: subjects are opaque, and still are people."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from api.callers import AUDITS
from api.parameters import LIMIT, After, KnownAt, Limit
from api.problems import refusals
from api.reading import JSON, Answering, Told, dumped
from app import recorders
from app.batch import MAX_NAME
from app.clocks import Asked
from app.recorders import RecorderPage, Recorders

router = APIRouter(tags=["log"], dependencies=[AUDITS])
Subject = Annotated[
    str,
    Path(min_length=1, max_length=MAX_NAME, description="Who, as the log keeps it."),
]
AfterSubject = Annotated[str, Query(max_length=MAX_NAME, description="Begin after this recorder.")]


@router.get("/recorders", response_model=Recorders, responses=refusals("not-found"))
def list_recorders(
    reading: Answering,
    known_at: KnownAt = None,
    after: AfterSubject = "",
    limit: Limit = LIMIT,
) -> Response:
    """List who recorded, corrected, retracted, endorsed and linked how much, by name."""
    parley = reading.parley

    def page_of(answer: Recorders) -> Told:
        more = {"after": answer.recorders[-1].subject} if answer.more else None
        return Told(dumped(answer), more)

    return reading.undated(
        Asked(known_at=known_at),
        {JSON: lambda at: page_of(recorders.recorders(parley, at, after=after, limit=limit))},
    )


# A subject may hold a slash.
@router.get(
    "/recorders/{subject:path}", response_model=RecorderPage, responses=refusals("not-found")
)
def show_recorder(
    subject: Subject,
    reading: Answering,
    known_at: KnownAt = None,
    after: After = 0,
    limit: Limit = LIMIT,
) -> Response:
    """Show what one recorder did: entry by entry, and how long after it happened."""
    parley = reading.parley

    def page_of(answer: RecorderPage) -> Told:
        more = {"after": str(answer.entries[-1].entry.position)} if answer.more else None
        return Told(dumped(answer), more)

    return reading.undated(
        Asked(known_at=known_at),
        {
            JSON: lambda at: page_of(
                recorders.recorder(parley, subject, at, after=after, limit=limit)
            )
        },
    )
