"""What is done for every request: an id, the limits, a line in the log, and no defect laid bare."""

from __future__ import annotations

import json
import logging
import re
import time
from datetime import UTC, datetime
from uuid import uuid4

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.limits import MAX_AT_ONCE, MAX_BODY, MAX_REQUEST_ID
from api.problems import BUSY, DEFECT, MISDIRECTED, TOO_LARGE, Code, refusal
from domain.errors import Problem

LOG = logging.getLogger("parley.http")
REQUEST_ID = "X-Request-ID"
_FIT = re.compile(rf"[A-Za-z0-9._-]{{1,{MAX_REQUEST_ID}}}", re.ASCII)
_HOST = re.compile(r"(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])(?::[0-9]{1,5})?", re.ASCII)
"""The names of this machine for itself. A page from elsewhere that has its own name point here
(DNS rebinding) sends that name, and would otherwise read what is for this machine alone."""


class Frame:
    """The outermost layer; everything that is asked passes through it."""

    def __init__(self, app: ASGIApp, at_once: int = MAX_AT_ONCE, *, local: bool = True) -> None:
        self._app, self._at_once, self._local, self._in_work = app, at_once, local, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _id_of(Request(scope))
        bodiless = scope["method"] == "HEAD"
        # What is asked by HEAD is answered as GET is, without the body (RFC 9110, 9.3.2).
        method = "GET" if bodiless else scope["method"]
        state = {**scope.get("state", {}), "request_id": request_id}
        scope = {**scope, "method": method, "state": state}
        answer = _Answer(send, request_id, bodiless=bodiless)
        begun = time.perf_counter()
        self._in_work += 1
        try:
            await self._pass_on(scope, receive, answer)
        finally:
            self._in_work -= 1
            _write_line(Request(scope), answer, time.perf_counter() - begun)

    async def _pass_on(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        request = Request(scope)
        refused = self._refused(request)
        try:
            if refused is not None:
                await refusal(request, *refused)(scope, receive, answer)
            else:
                await self._app(scope, _limited(receive), answer)
        except Exception:
            LOG.exception("defect", extra={"request": request.scope["state"]["request_id"]})
            if answer.status:
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
        if length.isdigit() and int(length) > MAX_BODY:
            return TOO_LARGE, Problem("body", f"is longer than {MAX_BODY} bytes", "send less")
        if self._in_work > self._at_once:
            return BUSY, Problem("request", f"{self._at_once} others are in work", "ask again")
        return None


class _Answer:
    """Sends an answer on, with the headers that every answer has, and remembers its status."""

    def __init__(self, send: Send, request_id: str, *, bodiless: bool) -> None:
        self._send, self._request_id, self._bodiless = send, request_id, bodiless
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers[REQUEST_ID] = self._request_id
            # A browser must not take an answer for what it is not said to be.
            headers["X-Content-Type-Options"] = "nosniff"
        elif self._bodiless and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await self._send(message)


class LogLines(logging.Formatter):
    """A JSON object a line, for programs that gather logs."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of one record."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, object] = {"time": at, "level": record.levelname.lower()}
        line |= {"logger": record.name, "message": record.getMessage()}
        for name in ("request", "method", "path", "status", "milliseconds"):
            if hasattr(record, name):
                line[name] = getattr(record, name)
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=True)


def _id_of(request: Request) -> str:
    """The id that the client gave the request, if it is fit for a log; one of ours otherwise."""
    given = request.headers.get(REQUEST_ID, "")
    return given if _FIT.fullmatch(given) else str(uuid4())


def _limited(receive: Receive) -> Receive:
    """The body as it comes, up to the limit; its length need not have been said before."""
    come = 0

    async def limited() -> Message:
        nonlocal come
        message = await receive()
        come += len(message.get("body", b""))
        if come > MAX_BODY:
            raise HTTPException(TOO_LARGE.status)
        return message

    return limited


def _write_line(request: Request, answer: _Answer, seconds: float) -> None:
    LOG.info(
        "answered",
        extra={
            "request": request.scope["state"]["request_id"],
            "method": request.method,
            # Without the query: what somebody searches for is nobody else's business.
            "path": request.url.path,
            "status": answer.status,
            "milliseconds": round(seconds * 1_000, 1),
        },
    )
