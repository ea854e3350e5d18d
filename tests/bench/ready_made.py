"""The floor of an answer over HTTP: the bytes of a file, sent by a bare application.

    python -m tests.bench.ready_made FILE

It says on its first line where it listens, as `parley serve` does.
"""

from __future__ import annotations

import sys
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.serving import address_of, bound_to


def serve(body: bytes) -> None:
    """Answer every question with these bytes, until the process is ended."""

    async def answer(request: Request) -> Response:
        del request
        return Response(body, media_type="application/json")

    app = Starlette(routes=[Route("/{rest:path}", answer)])
    # The same settings as those of `api.serving`.
    config = uvicorn.Config(app, http="h11", ws="none", lifespan="off", access_log=False)
    with bound_to("127.0.0.1", 0) as bound:
        sys.stdout.write(f"{address_of(bound)}\n")
        sys.stdout.flush()
        uvicorn.Server(config).run(sockets=[bound])


if __name__ == "__main__":
    serve(Path(sys.argv[1]).read_bytes())
