"""Pages from elsewhere that may ask in a browser (CORS, the Fetch standard): none, unless named."""

from __future__ import annotations

from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from api import mementos
from api.frame import REQUEST_ID
from api.limits import PREFLIGHT_AGE
from api.preconditions import IDEMPOTENCY_KEY, IF_MATCH, IF_NONE_MATCH
from api.reading import POSITION
from api.recording import REPLAYED
from api.streams import LAST_EVENT_ID

METHODS = ("GET", "HEAD", "POST", "DELETE")
SENT = (
    *(mementos.HEADER, "Authorization", "Content-Type", LAST_EVENT_ID),
    *(IDEMPOTENCY_KEY, IF_MATCH, IF_NONE_MATCH, REQUEST_ID),
)
"""Headers that such a page may send."""
SHOWN = (
    *("ETag", REPLAYED, "Link", "Location", mementos.MEMENTO, POSITION),
    *("Retry-After", "WWW-Authenticate", REQUEST_ID),
)
"""Headers of an answer that it may read."""


class Origins(CORSMiddleware):
    """Starlette's, but for a preflight that is denied: it is answered as other requests are."""

    def __init__(self, app: ASGIApp, origins: tuple[str, ...]) -> None:
        super().__init__(
            app,
            allow_origins=origins,
            allow_methods=METHODS,
            allow_headers=SENT,
            expose_headers=SHOWN,
            max_age=PREFLIGHT_AGE,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and let the page read the answer if it may."""
        headers = Headers(scope=scope) if scope["type"] == "http" else Headers()
        asks = {"origin", "access-control-request-method"} <= set(headers)
        if asks and scope["method"] == "OPTIONS":
            told = self.preflight_response(request_headers=headers)
            if told.status_code >= HTTPStatus.BAD_REQUEST:
                # That no method of this name is served there is said by problem details.
                await self.simple_response(scope, receive, send, request_headers=headers)
                return
        await super().__call__(scope, receive, send)
