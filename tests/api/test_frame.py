"""What surrounds every request: how many are in work, and what is written down of them."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from api.frame import LOG, Frame, LogLines
from api.gate import Gate

SCOPE: Scope = {
    "type": "http",
    "method": "GET",
    "path": "/v1/search",
    "query_string": b"q=secret",
    "headers": [(b"host", b"localhost")],
}


async def waits(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that answers when it is told to."""
    del receive
    await scope["may_answer"].wait()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def nothing() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


def gated(at_once: int) -> Frame:
    return Frame(Gate(waits, at_once=at_once, local=True))


async def statuses_of(frame: Frame, requests: int) -> list[int]:
    """The statuses of requests that come before the first of them is answered."""
    found: list[int] = []
    gate = asyncio.Event()

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            found.append(message["status"])

    asked = [
        asyncio.create_task(frame({**SCOPE, "may_answer": gate}, nothing, send))
        for _ in range(requests)
    ]
    await asyncio.sleep(0)
    gate.set()
    await asyncio.gather(*asked)
    return sorted(found)


def test_more_requests_at_once_than_can_be_served_are_told_to_come_back() -> None:
    assert asyncio.run(statuses_of(gated(at_once=2), 3)) == [200, 200, 503]


def test_those_that_are_answered_make_room_for_others() -> None:
    frame = gated(at_once=1)
    assert asyncio.run(statuses_of(frame, 1)) == [200]
    assert asyncio.run(statuses_of(frame, 1)) == [200]


def test_a_line_of_the_log_is_one_json_object_without_the_query(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO, LOG.name):
        asyncio.run(statuses_of(Frame(waits), 1))
    line: dict[str, Any] = json.loads(LogLines().format(caplog.records[-1]))
    assert (line["method"], line["path"], line["status"]) == ("GET", "/v1/search", 200)
    assert {"time", "level", "request", "milliseconds"} <= set(line)
    assert "secret" not in json.dumps(line)
    assert "code" not in line


def test_the_line_of_a_request_that_is_refused_says_by_which_code(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO, LOG.name):
        asyncio.run(statuses_of(gated(at_once=0), 1))
    line: dict[str, Any] = json.loads(LogLines().format(caplog.records[-1]))
    assert (line["status"], line["code"]) == (503, "busy")
