"""The log: every entry as it was recorded, oldest first unless asked otherwise."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response, StreamingResponse

from api.cloud_events import BATCH, EVENT, batch_form, event_form
from api.entry_filters import Wanted
from api.limits import MAX_POSITION
from api.parameters import LIMIT, After, Digits, KnownAt, Limit, Position, WithProof
from api.problems import declared, refusals
from api.reading import JSON, POSITION, Answering, Told, dumped
from app import read_log
from app.clocks import Asked
from app.pinned import AskedEntry, AskedLog
from app.proving import proven_shape
from app.read_log import CloudPage, LogAsked, LogEntry, LogPage

router = APIRouter(tags=["log"])
LINES = "application/jsonl"

Reviewed = Annotated[
    bool | None,
    Query(
        description="With `true` only what a second person endorsed, as known at `known_at`; "
        "with `false` only the rest.",
    ),
]
Before = Annotated[
    int | None,
    Query(ge=1, le=MAX_POSITION, description="Newest first: go on before this position."),
    Digits,
]
Order = Annotated[Literal["oldest", "newest"], Query(description="What comes first.")]


async def _asked(wanted: Wanted, reviewed: Reviewed = None, after: After = 0) -> LogAsked:
    """Which entries a request asks for."""
    return LogAsked(**asdict(wanted), reviewed=reviewed, after=after)


Filtered = Annotated[LogAsked, Depends(_asked)]


@router.get(
    "/events",
    response_model=LogPage | proven_shape(LogPage),
    responses={200: {"content": batch_form()}, **refusals("not-found")},
)
def list_events(
    reading: Answering,
    asked: Filtered,
    known_at: KnownAt = None,
    before: Before = None,
    limit: Limit = LIMIT,
    order: Order = "oldest",
    *,
    proof: WithProof = False,
) -> Response:
    """List entries page by page; `Link: rel=next` leads to the next, which may be short.

    With `Accept: application/cloudevents-batch+json` they come as CloudEvents.
    """
    where = replace(asked, before=before, limit=limit, order=order)
    parley, cursor = reading.parley, "after" if order == "oldest" else "before"
    if proof:
        return reading.with_proof(
            Asked(known_at=known_at),
            AskedLog(**asdict(where)),
            lambda at: read_log.log_page(parley, where, at),
            follow=lambda page: _next_of(page, cursor),
        )
    return reading.undated(
        Asked(known_at=known_at),
        {
            JSON: lambda at: page_of(read_log.log_page(parley, where, at), cursor),
            BATCH: lambda at: batch_of(read_log.cloud_page(parley, where, at), cursor),
        },
    )


@router.get(
    "/events.jsonl",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "The entries, one JSON object a line",
            "content": {LINES: {"schema": {"type": "string"}}},
            "headers": declared(POSITION),
        },
        **refusals("not-found", reads=False),
    },
)
def stream_events(reading: Answering, asked: Filtered, known_at: KnownAt = None) -> Response:
    """Give every entry that fits, one JSON object a line, up to where the log ended when asked.

    Who took them is written down.
    """
    parley = reading.parley
    return reading.stream(
        Asked(known_at=known_at),
        LINES,
        asked.after,
        lambda at: read_log.log_lines(parley, asked, at),
    )


@router.get(
    "/events/{position}",
    response_model=LogEntry | proven_shape(LogEntry),
    responses={200: {"content": event_form()}, **refusals("not-found")},
)
def show_event(position: Position, reading: Answering, *, proof: WithProof = False) -> Response:
    """Show the entry at a position, which never changes.

    With `Accept: application/cloudevents+json` it comes as a CloudEvent.
    """
    if proof:
        return reading.with_proof(
            Asked(known_at=str(position)),
            AskedEntry(position=position),
            lambda _: read_log.log_entry(reading.parley, position),
        )
    return reading.unchanging(
        position,
        {
            JSON: lambda: dumped(read_log.log_entry(reading.parley, position)),
            EVENT: lambda: read_log.cloud_event(reading.parley, position),
        },
    )


def page_of(page: LogPage, cursor: str) -> Told:
    """A page as JSON, and where the next begins."""
    return Told(dumped(page), _next_of(page, cursor))


def batch_of(page: CloudPage, cursor: str) -> Told:
    """A page as CloudEvents, and where the next begins."""
    return Told(page.batch, _next_of(page, cursor))


def _next_of(page: LogPage | CloudPage, cursor: str) -> dict[str, str] | None:
    return {cursor: str(page.scanned_to)} if page.more else None
