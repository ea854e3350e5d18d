"""What is refused before anybody looks at it, and what comes in place of a defect."""

from __future__ import annotations

import asyncio
import logging
import re

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.limits import BODY_TIME, MAX_AT_ONCE, MAX_REQUEST_BODY
from api.problems import BUSY, DEFECT, MISDIRECTED, TOO_LARGE, TOO_SLOW, Code, Refused, refusal
from domain.errors import Problem

LOG = logging.getLogger("parley.http")
_HOST = re.compile(r"(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])(?::[0-9]{1,5})?", re.ASCII)
"""The names of this machine for itself. A page from elsewhere that has its own name point here
(DNS rebinding) sends that name, and would otherwise read what is for this machine alone."""


class Gate:
    """Lets in what can be served, and sees that the caller gets an answer whatever happens."""

    def __init__(self, app: ASGIApp, at_once: int = MAX_AT_ONCE, *, local: bool) -> None:
        self._app, self._at_once, self._local, self._in_work = app, at_once, local, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        self._in_work += 1
        try:
            await self._pass_on(scope, receive, _Begun(send))
        finally:
            self._in_work -= 1

    async def _pass_on(self, scope: Scope, receive: Receive, answer: _Begun) -> None:
        request = Request(scope)
        refused = self._refused(request)
        try:
            if refused is not None:
                await refusal(request, *refused)(scope, receive, answer)
            else:
                await self._app(scope, _limited(receive), answer)
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

    def _refused(self, request: Request) -> tuple[Code, Problem] | None:
        """Why a request is not even looked at."""
        if self._local and _HOST.fullmatch(request.headers.get("host", "")) is None:
            way_out = "name localhost, 127.0.0.1 or [::1], by which this server is reached"
            return MISDIRECTED, Problem("Host", "is not a name of this server", way_out)
        length = request.headers.get("content-length", "0")
        if length.isdigit() and int(length) > MAX_REQUEST_BODY:
            return TOO_LARGE, _too_large()
        if self._in_work > self._at_once:
            return BUSY, Problem("request", f"{self._at_once} others are in work", "ask again")
        return None


class _Begun:
    """Sends an answer on, and remembers that it has begun."""

    def __init__(self, send: Send) -> None:
        self._send, self.begun = send, False

    async def __call__(self, message: Message) -> None:
        self.begun = True
        await self._send(message)


def _limited(receive: Receive) -> Receive:
    """The body as it comes, up to the limits; its length need not have been said before."""
    come, whole = 0, False
    end = asyncio.get_running_loop().time() + BODY_TIME

    async def limited() -> Message:
        nonlocal come, whole
        if whole:
            # What comes after the body is that the client has gone, at any time.
            return await receive()
        try:
            async with asyncio.timeout_at(end):
                message = await receive()
        except TimeoutError:
            problem = Problem(
                "body", f"did not come within {BODY_TIME:g} s", "send it more quickly"
            )
            # What comes of it later must not keep the connection.
            raise Refused(TOO_SLOW, problem, {"Connection": "close"}) from None
        come += len(message.get("body", b""))
        whole = not message.get("more_body", False)
        if come > MAX_REQUEST_BODY:
            raise Refused(TOO_LARGE, _too_large())
        return message

    return limited


def _too_large() -> Problem:
    return Problem("body", f"is longer than {MAX_REQUEST_BODY} bytes", "send less")
