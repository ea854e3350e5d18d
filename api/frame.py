"""What is done for every request: an id, its measures, and a line in the log."""

from __future__ import annotations

import json
import logging
import re
import time
from datetime import UTC, datetime
from uuid import uuid4

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.handover import LEFT_STREAM
from api.limits import MAX_REQUEST_ID
from api.metrics import Metrics

LOG = logging.getLogger("parley.http")
REQUEST_ID = "X-Request-ID"
BODILESS = "bodiless"
"""What says in the state of a request that the body of its answer is not sent."""
_FIT = re.compile(rf"[A-Za-z0-9._-]{{1,{MAX_REQUEST_ID}}}", re.ASCII)


class Frame:
    """The outermost layer of the application; everything that is asked passes through it."""

    def __init__(self, app: ASGIApp, metrics: Metrics | None = None) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and say afterwards what became of it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked = scope["method"]
        request_id = _id_of(Request(scope))
        # What is asked by HEAD is answered as GET is, without the body (RFC 9110, 9.3.2).
        method = "GET" if asked == "HEAD" else asked
        # What stands around this reads there what an endpoint has left to be sent.
        state = scope.setdefault("state", {})
        state |= {"request_id": request_id, BODILESS: asked == "HEAD"}
        scope = {**scope, "method": method}
        answer = _Answer(send, request_id, bodiless=asked == "HEAD")
        begun = time.perf_counter()
        if self._metrics is not None:
            self._metrics.begin()
        try:
            await self._app(scope, receive, answer)
        finally:
            seconds = time.perf_counter() - begun
            if self._metrics is not None:
                self._metrics.end(asked, scope.get("route"), answer.status, seconds)
            _write_line(Request(scope), answer, seconds)
        if asked == "HEAD" and state.pop(LEFT_STREAM, None) is not None:
            await send({"type": "http.response.body"})


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
        for name in ("request", "method", "path", "status", "code", "milliseconds"):
            if hasattr(record, name):
                line[name] = getattr(record, name)
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=True)


def _id_of(request: Request) -> str:
    """The id that the client gave the request, if it is fit for a log; one of ours otherwise."""
    given = request.headers.get(REQUEST_ID, "")
    return given if _FIT.fullmatch(given) else str(uuid4())


def _write_line(request: Request, answer: _Answer, seconds: float) -> None:
    state = request.scope["state"]
    refused = {"code": state["code"]} if "code" in state else {}
    LOG.info(
        "answered",
        extra={
            "request": state["request_id"],
            "method": request.method,
            # Without the query: what somebody searches for is nobody else's business.
            "path": request.url.path,
            "status": answer.status,
            **refused,
            "milliseconds": round(seconds * 1_000, 1),
        },
    )
