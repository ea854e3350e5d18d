"""The application: every router, and what stands around them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version
from typing import cast

from fastapi import Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from fastapi_offline import FastAPIOffline
from pydantic_core import ErrorDetails
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response

from api import (
    asyncapi,
    diffs,
    events,
    frameworks,
    health,
    kinds,
    metrics,
    negotiations,
    proofs,
    recorders,
    recording,
    registers,
    rules,
    scenarios,
    searches,
    streams,
    things,
    timemaps,
    totals,
    versions,
    webhooks,
)
from api.callers import READS
from api.cors import Origins
from api.frame import Frame
from api.gate import Gate
from api.limits import COMPRESS_ASIDE, COMPRESS_FROM, COMPRESS_LEVEL
from api.metrics import Metrics
from api.openapi import document_of
from api.parameters import refuse_unknown
from api.problems import (
    INVALID,
    Refused,
    on_http_error,
    on_parley_error,
    on_refused,
    refusal,
)
from api.rates import Rates
from api.waiting import Waiting
from app.feed import open_hub, sender_of
from app.health import size
from app.parley import Parley
from domain.errors import ParleyError
from domain.event import problems_in

ROUTERS = (
    *(negotiations, frameworks, things, registers, diffs, totals, timemaps, scenarios),
    # Its address has to be looked at before that of an entry.
    *(streams, events, proofs, recording, recorders, searches, kinds, rules, versions),
    webhooks,
)
DESCRIPTION = (
    "The record of a negotiation as of any date, as known at any position of its log. "
    "Every refusal is a problem details object (RFC 9457) with a stable code."
)


def make_application(
    parley: Parley,
    *,
    local: bool,
    origins: tuple[str, ...] = (),
    rates: Rates | None = None,
) -> FastAPI:
    """The HTTP API over an open Parley, whoever closes it.

    Where it is `local`, only this machine reaches it: nobody needs a key to read, and
    a request has to name this machine. Pages of `origins` may ask from a browser.
    """
    app = FastAPIOffline(
        redoc_url=None,
        title="Parley",
        version=version("parley"),
        description=DESCRIPTION,
        separate_input_output_schemas=False,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
        dependencies=[Depends(refuse_unknown)],
        # Nothing is sent anywhere unless the variables of OpenTelemetry say where to.
        telemetry={"auto_configure": True},
        lifespan=_lifespan,
    )
    _give_state(app, parley, rates or Rates(), local=local)
    app.include_router(health.router)
    app.include_router(asyncapi.router)
    app.include_router(metrics.router, dependencies=[READS])
    for module in ROUTERS:
        app.include_router(module.router, prefix="/v1", dependencies=[READS])
    app.add_exception_handler(ParleyError, on_parley_error)
    app.add_exception_handler(Refused, on_refused)
    app.add_exception_handler(HTTPException, on_http_error)
    app.add_exception_handler(RequestValidationError, _on_unreadable)
    app.add_middleware(
        GZipMiddleware,
        minimum_size=COMPRESS_FROM,
        compresslevel=COMPRESS_LEVEL,
        thread_minimum_size=COMPRESS_ASIDE,
    )
    app.add_middleware(Gate, local=local)
    if origins:
        # Outside what refuses, so that a page can read why it was refused.
        app.add_middleware(Origins, origins=origins)
    app.state.metrics = Metrics(parley, _templates(app))
    app.add_middleware(Frame, metrics=app.state.metrics)
    # The way that FastAPI has for a document of one's own is to put it in the place of the method.
    app.openapi = lambda: document_of(app)  # type: ignore[method-assign]
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Follow the log, and send what comes, for as long as the server runs."""
    parley = app.state.parley
    sender = sender_of(parley)
    async with open_hub(parley, sender.wake) as hub:
        app.state.hub = hub
        app.state.metrics.watch(hub)
        sender.start()
        try:
            yield
        finally:
            await asyncio.to_thread(sender.stop)


def _give_state(app: FastAPI, parley: Parley, rates: Rates, *, local: bool) -> None:
    """What the endpoints and what stands around them share."""
    app.state.parley = parley
    app.state.open_reading = local
    app.state.rates = rates
    app.state.places = streams.Places()
    app.state.waiting = Waiting(partial(run_in_threadpool, size, parley))


def _templates(app: FastAPI) -> dict[str, str]:
    """The addresses of the endpoints, by the names that no two of them share."""
    found = iter_route_contexts(app.routes)
    return {str(each.name): each.path for each in found if each.name and each.path}


async def _on_unreadable(request: Request, error: Exception) -> Response:
    """Answer what the framework could not read into the parameters of an endpoint."""
    if not isinstance(error, RequestValidationError):
        raise error
    found = [{**each, "loc": each["loc"][1:]} for each in error.errors()]
    return refusal(request, INVALID, *problems_in(cast("list[ErrorDetails]", found)))
