"""The HTTP side of a witness (C2SP tlog-witness); it is no part of the API of a log.

    POST /add-checkpoint            a cosignature, or why there is none
    GET  /<origin hash>/checkpoint  the newest checkpoint of a log, cosigned

Answers are text, as the specification has it. Whoever asks is known by nothing but
the log's signature.
"""

from __future__ import annotations

from http import HTTPStatus

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from api.connections import Connection
from api.frame import Frame
from api.limits import GRACE, MAX_AT_ONCE
from api.serving import Listening, address_of, bound_to, running
from app.witness import Witness, add_checkpoint, newest_note
from audit import witness as rules
from audit.witness import MAX_SUBMISSION, OtherSize, WitnessRefusal
from domain.errors import NotFound, Unavailable

SIZE_TYPE = "text/x.tlog.size"
_STATUSES: tuple[tuple[type[WitnessRefusal], HTTPStatus], ...] = (
    (rules.Malformed, HTTPStatus.BAD_REQUEST),
    (rules.UnknownLog, HTTPStatus.NOT_FOUND),
    (rules.NotSigned, HTTPStatus.FORBIDDEN),
    (rules.NotContinued, HTTPStatus.UNPROCESSABLE_ENTITY),
)


def make_witness_application(witness: Witness) -> Starlette:
    """The application of a witness."""
    application = Starlette(
        routes=[
            Route("/add-checkpoint", _add_checkpoint, methods=["POST"]),
            Route("/{origin_hash}/checkpoint", _checkpoint, methods=["GET"]),
        ]
    )
    application.state.witness = witness
    application.add_middleware(Frame)
    return application


def serve_witness(witness: Witness, host: str, port: int, listening: Listening) -> None:
    """Answer until SIGINT or SIGTERM; `listening` is told the address once it can be asked.

    Port 0 takes any that is free. Raises Unavailable where it cannot listen.
    """
    config = uvicorn.Config(
        make_witness_application(witness),
        http=Connection,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        limit_concurrency=MAX_AT_ONCE,
        timeout_graceful_shutdown=GRACE,
    )
    server = uvicorn.Server(config)
    with bound_to(host, port) as bound, running(server):
        listening(address_of(bound), None)
        server.run(sockets=[bound])


async def _add_checkpoint(request: Request) -> Response:
    body = bytearray()
    try:
        async for part in request.stream():
            body += part
            if len(body) > MAX_SUBMISSION:
                break
    except ClientDisconnect:
        return Response(status_code=HTTPStatus.BAD_REQUEST)
    # Comparing waits for a lock, and keeping for the disk.
    return await run_in_threadpool(_answer, request.app.state.witness, bytes(body))


def _answer(witness: Witness, body: bytes) -> Response:
    try:
        return PlainTextResponse(add_checkpoint(witness, body))
    except OtherSize as refusal:
        # As a header: the framework would add a character set to the type.
        return Response(f"{refusal.size}\n", HTTPStatus.CONFLICT, {"Content-Type": SIZE_TYPE})
    except WitnessRefusal as refusal:
        status = next(status for kind, status in _STATUSES if isinstance(refusal, kind))
        return PlainTextResponse(f"{refusal}\n", status)
    except Unavailable as refusal:
        return PlainTextResponse(f"{refusal}\n", HTTPStatus.SERVICE_UNAVAILABLE)


async def _checkpoint(request: Request) -> Response:
    origin_hash: str = request.path_params["origin_hash"]
    try:
        note = await run_in_threadpool(newest_note, request.app.state.witness, origin_hash)
    except NotFound as refusal:
        return PlainTextResponse(f"{refusal}\n", HTTPStatus.NOT_FOUND)
    except Unavailable as refusal:
        return PlainTextResponse(f"{refusal}\n", HTTPStatus.SERVICE_UNAVAILABLE)
    return PlainTextResponse(note, headers={"Cache-Control": "no-cache"})
