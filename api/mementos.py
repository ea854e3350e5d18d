"""An answer as of a date is a memento of what it answers (RFC 7089).

The address without `as_of` is the original and its own time gate: `Accept-Datetime`
asks it for a date. With `as_of` it is a memento, whose date no header changes.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from starlette.datastructures import URL
from starlette.requests import Request

from api.problems import MALFORMED, Refused
from domain.errors import Problem

HEADER = "Accept-Datetime"
MEMENTO = "Memento-Datetime"
"""The header that says which date an answer is as of."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DATE = re.compile(
    r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT",
    re.ASCII,
)
_FORM = "%a, %d %b %Y %H:%M:%S GMT"


def wanted(request: Request) -> str | None:
    """The instant that `Accept-Datetime` asks for, as `as_of` is written; None without it."""
    text = request.headers.get(HEADER)
    if text is None:
        return None
    try:
        # Only its digits are used, and HTTP has no other zone than GMT.
        found = datetime.strptime(text, _FORM) if _DATE.fullmatch(text) else None  # noqa: DTZ007
    except ValueError:
        found = None
    if found is None:
        way_out = "write it as Thu, 04 Sep 2025 12:00:00 GMT"
        raise Refused(MALFORMED, Problem(HEADER, "is no date of HTTP", way_out))
    return f"{found.year:04}-{found:%m-%dT%H:%M}Z"


def headers_of(request: Request, minute: int, *, dated: bool) -> dict[str, str]:
    """What an answer as of a minute says of itself; `dated` where the minute was asked for."""
    original = str(request.url.remove_query_params("as_of"))
    links = f'<{original}>; rel="original timegate"'
    if negotiation := request.path_params.get("negotiation"):
        base = str(request.url.replace(query="", path=f"/v1/negotiations/{negotiation}/timemap"))
        links += f', <{base}>; rel="timemap"; type="application/link-format"'
    found = {"Link": links, "Vary": "Accept, Accept-Datetime"}
    if dated:
        found[MEMENTO] = http_date(minute)
    if HEADER in request.headers and "as_of" not in request.query_params:
        found["Content-Location"] = str(memento_of(request.url, wanted(request) or ""))
    return found


def memento_of(url: URL, as_of: str) -> URL:
    """The address of an answer as of a date."""
    return url.include_query_params(as_of=as_of)


def http_date(minute: int) -> str:
    """A minute since the epoch as HTTP writes a date."""
    return format_datetime(_EPOCH + timedelta(minutes=minute), usegmt=True)
