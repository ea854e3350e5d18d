"""What is refused before anybody looks at it, and what comes in place of a defect."""

from __future__ import annotations

import asyncio
import logging
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.limits import (
    BODY_TIME,
    MAX_AT_ONCE,
    MAX_OF_ONE,
    MAX_OPEN_BODY,
    MAX_REQUEST_BODY,
    OPEN_BODY_TIME,
)
from api.problems import BUSY, DEFECT, MISDIRECTED, TOO_LARGE, TOO_SLOW, Refused, refusal
from api.rates import Rates, address_of
from domain.errors import Problem

LOG = logging.getLogger("parley.http")
_HOST = re.compile(r"(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])(?::[0-9]{1,5})?", re.ASCII)
"""The names of this machine for itself. A page from elsewhere that has its own name point here
(DNS rebinding) sends that name, and would otherwise read what is for this machine alone."""


_SIGNS = frozenset({"/healthz", "/readyz"})
"""Signs of life, for which there is always room: a supervisor that hears none ends the process,
which may only have much to do."""
_PAGES = frozenset({"/docs", "/openapi.json", "/asyncapi.json"})
"""What is given without a look at who asks, so that the rate of an address is held here."""


class Gate:
    """Lets in what can be served, and sees that the caller gets an answer whatever happens.

    Where others than this machine reach it, no address has more than its share of the room.
    """

    def __init__(
        self,
        app: ASGIApp,
        at_once: int = MAX_AT_ONCE,
        of_one: int = MAX_OF_ONE,
        *,
        local: bool,
    ) -> None:
        self._app, self._local = app, local
        self._at_once, self._of_one = at_once, at_once if local else of_one
        self._in_work, self._of_each = 0, Counter[str]()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["path"] in _SIGNS:
            await self._pass_on(scope, receive, _Begun(send), self._misdirected(Request(scope)))
            return
        with self._counted(address_of(Request(scope))):
            await self._pass_on(scope, receive, _Begun(send), self._refused(Request(scope)))

    @contextmanager
    def _counted(self, who: str) -> Iterator[None]:
        """One more request of an address is in work."""
        self._in_work += 1
        self._of_each[who] += 1
        try:
            yield
        finally:
            self._in_work -= 1
            self._of_each[who] -= 1
            if not self._of_each[who]:
                del self._of_each[who]

    async def _pass_on(
        self, scope: Scope, receive: Receive, answer: _Begun, refused: Refused | None
    ) -> None:
        request = Request(scope)
        try:
            if refused is not None:
                told = refusal(request, refused.code, refused.problem, headers=refused.headers)
                await told(scope, receive, answer)
            else:
                await self._app(scope, _limited(receive, *_most_of(request)), answer)
        except ClientDisconnect:
            # Nobody is there any more who could be answered.
            return
        except Exception:
            LOG.exception("defect", extra={"request": request.scope["state"]["request_id"]})
            if answer.begun:
                raise
            way_out = "report it to its maintainers, with the request id"
            problem = Problem("request", "Parley cannot answer it, which is its own fault", way_out)
            await refusal(request, DEFECT, problem)(scope, receive, answer)

    def _refused(self, request: Request) -> Refused | None:
        """Why a request is not even looked at."""
        if (misdirected := self._misdirected(request)) is not None:
            return misdirected
        length, (most, _) = request.headers.get("content-length", "0"), _most_of(request)
        if length.isdigit() and int(length) > most:
            return _too_large(most)
        if self._in_work > self._at_once:
            rule = f"{self._at_once} others are in work"
            return Refused(BUSY, Problem("request", rule, "ask again"))
        if self._of_each[address_of(request)] > self._of_one:
            rule = f"{self._of_one} others from this address are in work"
            return Refused(BUSY, Problem("request", rule, "ask again when they are answered"))
        return _too_often(request) if request.url.path in _PAGES else None

    def _misdirected(self, request: Request) -> Refused | None:
        if not self._local or _HOST.fullmatch(request.headers.get("host", "")) is not None:
            return None
        way_out = "name localhost, 127.0.0.1 or [::1], by which this server is reached"
        return Refused(MISDIRECTED, Problem("Host", "is not a name of this server", way_out))


class _Begun:
    """Sends an answer on, and remembers that it has begun."""

    def __init__(self, send: Send) -> None:
        self._send, self.begun = send, False

    async def __call__(self, message: Message) -> None:
        self.begun = True
        await self._send(message)


def _too_often(request: Request) -> Refused | None:
    """Why a page is not given that everybody may read, whatever key they show."""
    try:
        cast("Rates", request.app.state.rates).take(request, None)
    except Refused as refused:
        return refused
    return None


def _most_of(request: Request) -> tuple[int, float]:
    """The bytes and the seconds that a body may have.

    Whether a key is good is known before the body is read.
    """
    if "authorization" in request.headers:
        return MAX_REQUEST_BODY, BODY_TIME
    return MAX_OPEN_BODY, OPEN_BODY_TIME


def _limited(receive: Receive, most: int, seconds: float) -> Receive:
    """The body as it comes, up to the limits; its length need not have been said before."""
    come, whole = 0, False
    end = asyncio.get_running_loop().time() + seconds

    async def limited() -> Message:
        nonlocal come, whole
        if whole:
            # What comes after the body is that the client has gone, at any time.
            return await receive()
        try:
            async with asyncio.timeout_at(end):
                message = await receive()
        except TimeoutError:
            problem = Problem("body", f"did not come within {seconds:g} s", "send it more quickly")
            # What comes of it later must not keep the connection.
            raise Refused(TOO_SLOW, problem, {"Connection": "close"}) from None
        come += len(message.get("body", b""))
        whole = not message.get("more_body", False)
        if come > most:
            raise _too_large(most)
        return message

    return limited


def _too_large(most: int) -> Refused:
    way_out = (
        "send less"
        if most == MAX_REQUEST_BODY
        else f"send less; with a key it may have {MAX_REQUEST_BODY}"
    )
    return Refused(TOO_LARGE, Problem("body", f"is longer than {most} bytes", way_out))
