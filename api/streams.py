"""The feed: every event as it is recorded, as server-sent events, from any position on.

The endpoint refuses, or sends the head of the answer. What follows is written when
everything around the endpoint has let go of the request (`application`): a stream is no
request in work, nothing compresses it, and a client costs some kilobytes.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import Counter
from functools import partial
from sys import intern
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Header, Query
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from api.accept import choose
from api.cloud_events import EVENT_STREAM, stream_form
from api.connections import Connection
from api.entry_filters import Wanted
from api.handover import GIVEN_BACK, LEFT_STREAM
from api.limits import CROWD, CROWD_RETRY, FAREWELL, MAX_CURSOR, RETRY, RETRY_FULL
from api.problems import FULL, Refused, declared, refusals
from api.rates import address_of
from api.reading import POSITION, AtOnce
from app.cursors import PATTERN
from app.subscriptions import Subscription, subscription
from domain.errors import Problem
from feed import frames
from feed.hub import Hub

LOG = logging.getLogger("parley.feed")
router = APIRouter(tags=["feed"])
LAST_EVENT_ID = "Last-Event-ID"
_BODY = "http.response.body"

Cursor = Annotated[
    str | None,
    Query(
        pattern=PATTERN,
        max_length=MAX_CURSOR,
        description="Begin after this cursor: a position, or an id that the stream gave; 0 for "
        "everything. Without it, and without `since`, what is recorded from now on.",
    ),
]
LastEventId = Annotated[
    str | None,
    Header(
        alias=LAST_EVENT_ID,
        pattern=PATTERN,
        max_length=MAX_CURSOR,
        description="The last id that came; browsers send it by themselves when they come back. "
        "Goes before `after`.",
    ),
]


class EventStream(Response):
    """The head of a stream, which leaves the rest to be served by whoever holds the connection."""

    media_type = EVENT_STREAM

    def __init__(self, hub: Hub, asked: Subscription) -> None:
        super().__init__(headers={"Cache-Control": "no-store", POSITION: str(hub.position)})
        # Its connection is set up for a stream alone.
        self.headers["Connection"] = "close"
        # Proxies that gather what they pass on are asked not to.
        self.headers["X-Accel-Buffering"] = "no"
        del self.headers["content-length"]
        self._hub, self._asked = hub, asked

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the head."""
        del receive
        head = {"status": self.status_code, "headers": self.raw_headers}
        await send({"type": "http.response.start", **head})
        state = scope["state"]
        connection, request_id = state.get(Connection.NAME), state.get("request_id", "")
        key: str | None = Request(scope).state.caller.key
        state[LEFT_STREAM] = _Stream(self._hub, self._asked, connection, request_id, key)


class Places:
    """How many streams are open or about to be, and how many of them each address has."""

    def __init__(self) -> None:
        self.taken = 0
        self._of_each = Counter[str]()

    def of(self, who: str) -> int:
        """How many an address has."""
        return self._of_each[who]

    def take(self, who: str) -> None:
        """An address has one more."""
        self.taken += 1
        self._of_each[who] += 1

    def give_back(self, who: str) -> None:
        """It has one less."""
        self.taken -= 1
        self._of_each[who] -= 1
        if not self._of_each[who]:
            del self._of_each[who]


class _Stream:
    """A client that is sent to from now on, in the task of its request."""

    __slots__ = ("_asked", "_connection", "_hub", "_key", "_receive", "_request_id")
    _receive: Receive

    def __init__(
        self,
        hub: Hub,
        asked: Subscription,
        connection: Connection | None,
        request_id: str,
        key: str | None,
    ) -> None:
        self._hub, self._asked, self._key = hub, asked, key
        self._connection, self._request_id = connection, request_id

    async def __call__(self, receive: Receive, send: Send) -> None:
        """Serve it to its end, and say why it ends."""
        connection = self._connection
        if connection is None:
            # The client left before it had the head.
            return
        self._receive = receive
        connection.begin_stream()
        if (waits := connection.write(frames.begin(self._retry()))) is not None:
            await waits
        where, after = self._asked.where, self._asked.after
        why, position = await self._hub.serve(connection.write, self._gone, where, after, self._key)
        # Its request was answered, and written down, when its head was sent.
        LOG.info("stream ended: %s", why or "left", extra={"request": self._request_id})
        if why is None:
            return
        try:
            async with asyncio.timeout(FAREWELL):
                text = frames.farewell(why, self._hub.cursor_of(position), self._retry())
                await send({"type": _BODY, "body": text})
        except TimeoutError:
            # Nobody reads there; the client resumes from what it has, if there is one.
            await connection.abort()

    def _retry(self) -> int:
        """When to come back: all who are here may have to at once, and not all can."""
        crowds = len(self._hub) // CROWD
        return RETRY + random.randint(0, crowds * CROWD_RETRY)  # noqa: S311 - no secret.

    async def _gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass


async def hub_of(request: Request) -> Hub:
    """The hub of this process, with a place; raises Refused where as many are taken as may be.

    Where others than this machine reach it, one address has half of the places at most. The
    place is taken at once, so that many who come at one time are no more than may come.
    """
    state = request.app.state
    places, most = cast("Places", state.places), state.parley.settings.max_streams
    of_one = most if state.open_reading else (most + 1) // 2
    # Kept for as long as the stream, and the same for many.
    who = intern(address_of(request))
    if places.taken >= most:
        rule = f"{most} streams are open"
    elif places.of(who) >= of_one:
        rule = f"your address has {of_one} streams open"
    else:
        places.take(who)
        request.scope["state"][GIVEN_BACK] = partial(places.give_back, who)
        return cast("Hub", state.hub)
    problem = Problem("request", rule, "come back later")
    raise Refused(FULL, problem, {"Retry-After": str(RETRY_FULL)})


@router.get(
    "/events/stream",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Server-sent events, until the stream ends with `bye`",
            "content": stream_form(),
            "headers": declared(POSITION),
        },
        **refusals("not-found", "other-epoch", "too-many-streams", reads=False),
    },
)
def stream(
    reading: AtOnce,
    hub: Annotated[Hub, Depends(hub_of)],
    wanted: Wanted,
    after: Cursor = None,
    last_event_id: LastEventId = None,
) -> Response:
    """Send every entry that fits as it is recorded, in order, each once.

    `data` is the entry as a CloudEvent and `id` the cursor to come back with; entries have no
    `event`. Named are `caught-up` (all that was there has been sent), `progress` (how far
    the log was looked through, where little fits) and `bye` (come back: the stream has ended).
    """
    choose(reading.request, [EVENT_STREAM])
    cursor, field = (after, "after") if last_event_id is None else (last_event_id, LAST_EVENT_ID)
    return EventStream(hub, subscription(reading.parley, wanted, cursor, field))
