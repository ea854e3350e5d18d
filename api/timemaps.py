"""Every instant of change: the ticks of a slider, and the mementos there are (RFC 7089)."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.datastructures import URL
from starlette.responses import Response

from api.mementos import http_date, memento_of
from api.parameters import NegotiationName
from api.problems import refusals
from api.reading import JSON, Answering, KnownBy, Told, dumped
from app import read
from domain.dates import parse_moment
from projections.timemap import Timemap

router = APIRouter(tags=["negotiations"])
LINKS = "application/link-format"


@router.get(
    "/negotiations/{negotiation}/timemap",
    response_model=Timemap,
    responses={
        200: {"content": {LINKS: {"schema": {"type": "string"}}}},
        **refusals("not-found"),
    },
)
def show_timemap(negotiation: NegotiationName, reading: Answering, asked: KnownBy) -> Response:
    """List the instants at which an answer changes, as JSON or as `application/link-format`.

    It takes the whole log, so it is not quick where that is long.
    """
    parley, url = reading.parley, reading.request.url
    return reading.in_form(
        asked,
        {
            JSON: lambda at: Told(dumped(read.timeline(parley, negotiation, at))),
            LINKS: lambda at: Told(links_of(read.timeline(parley, negotiation, at), url)),
        },
    )


def links_of(timemap: Timemap, url: URL) -> bytes:
    """A time map as links to the framework at each instant (RFC 6690, RFC 7089)."""
    framework = url.replace(path=url.path.removesuffix("timemap") + "framework")
    minutes = sorted({parse_moment(tick.at, "at") for tick in timemap.ticks})
    own = f'<{url}>; rel="self"; type="{LINKS}"'
    if minutes:
        own += f'; from="{http_date(minutes[0])}"; until="{http_date(minutes[-1])}"'
    lines = [f'<{framework}>; rel="original timegate"', own]
    for number, (minute, at) in enumerate(dict.fromkeys(_instants(timemap))):
        ends = ("first " * (number == 0)) + ("last " * (minute == minutes[-1]))
        memento = memento_of(framework, at)
        lines.append(f'<{memento}>; rel="{ends}memento"; datetime="{http_date(minute)}"')
    return ",\n".join(lines).encode()


def _instants(timemap: Timemap) -> list[tuple[int, str]]:
    return [(parse_moment(tick.at, "at"), tick.at) for tick in timemap.ticks]
