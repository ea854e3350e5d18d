"""An application that keeps its callers waiting, and what such a caller sends: nothing."""

from __future__ import annotations

from starlette.types import Message, Receive, Scope, Send


async def waits(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that answers when it is told to."""
    del receive
    await scope["may_answer"].wait()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def nothing() -> Message:
    """The body of a request that has none."""
    return {"type": "http.request", "body": b"", "more_body": False}
