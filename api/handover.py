"""How a stream is handed over, from the endpoint it was asked of to whoever has the connection.

All that stands around the endpoint lets go of the request in between.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from starlette.types import ASGIApp, Receive, Scope, Send

Stream: TypeAlias = Callable[[Receive, Send], Awaitable[object]]
"""Sends what is left of an answer when all that stood around its endpoint is done."""
LEFT_STREAM = "stream"
"""Under this name, in the state of its request, an endpoint leaves one."""
GIVEN_BACK = "given_back"
"""Under this name it leaves what is called when all is sent, or will not be."""


class Released:
    """An application that lets go of a request before the stream it asked for begins.

    A stream stays for long, and what the framework has of its request is no use to it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Have a request answered, and then send what an endpoint left to be sent."""
        state = scope.setdefault("state", {})
        give_back: Callable[[], object] | None = None
        try:
            await self._app(scope, receive, send)
            stream: Stream | None = state.pop(LEFT_STREAM, None)
            if stream is not None:
                give_back = state.pop(GIVEN_BACK, None)
                # Nobody asks any more what was known of the request.
                state.clear()
                await stream(receive, send)
        finally:
            give_back = state.pop(GIVEN_BACK, give_back)
            if give_back is not None:
                give_back()
