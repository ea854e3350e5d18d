"""What the feed stands beside: servers that send each line they are given to all who are there.

Run by the Python of requirements/peer.lock; no Parley code runs in here. The first
argument says which: `bare`, an asyncio Protocol that writes bytes made once;
`sse-starlette`; or `fastapi`, FastAPI's own server-sent events. It prints its port.
Both libraries are used as their documentation shows, with a queue for each client.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeAlias

Queues: TypeAlias = "set[asyncio.Queue[tuple[str, str]]]"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


async def lines() -> AsyncIterator[tuple[str, str]]:
    """What this process is given: the id and the data of an event on each line."""
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        name, data = json.loads(line)
        yield name, data


async def bare(bound: socket.socket) -> None:
    """The least that can be done: each event is made once, and written to every transport."""
    clients: list[asyncio.Transport] = []

    class Client(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport = transport

        def data_received(self, data: bytes) -> None:
            if b"\r\n\r\n" in data and isinstance(self.transport, asyncio.Transport):
                self.transport.write(HEAD)
                clients.append(self.transport)

    await asyncio.get_running_loop().create_server(Client, sock=bound)
    async for name, data in lines():
        text = f"id: {name}\ndata: {data}\n\n".encode()
        chunk = b"%x\r\n%b\r\n" % (len(text), text)
        for client in clients:
            client.write(chunk)


async def pass_on(queues: Queues) -> None:
    """Put every event into every queue."""
    async for event in lines():
        for queue in list(queues):
            queue.put_nowait(event)


def sse_starlette(queues: Queues) -> Any:  # noqa: ANN401 - an application of the library.
    """`sse-starlette`, on Starlette alone."""
    # It lives in the environment of the peers alone.
    from sse_starlette import (  # type: ignore[import-not-found]  # noqa: PLC0415
        EventSourceResponse,
        ServerSentEvent,
    )
    from starlette.applications import Starlette  # noqa: PLC0415
    from starlette.requests import Request  # noqa: PLC0415
    from starlette.routing import Route  # noqa: PLC0415

    async def stream(request: Request) -> Any:  # noqa: ANN401 - a response of the library.
        del request
        queue: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        queues.add(queue)

        async def events() -> AsyncIterator[Any]:
            while True:
                name, data = await queue.get()
                yield ServerSentEvent(data=data, id=name)

        return EventSourceResponse(events())

    return Starlette(routes=[Route("/", stream)])


def fastapi(queues: Queues) -> Any:  # noqa: ANN401 - an application of the library.
    """FastAPI's own."""
    # As above: it is needed where this server is asked for.
    from fastapi import FastAPI  # noqa: PLC0415
    from fastapi.sse import EventSourceResponse, ServerSentEvent  # noqa: PLC0415

    app = FastAPI()

    @app.get("/", response_class=EventSourceResponse)
    async def stream() -> AsyncIterator[Any]:
        queue: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        queues.add(queue)
        while True:
            name, data = await queue.get()
            yield ServerSentEvent(raw_data=data, id=name)

    return app


APPLICATIONS: dict[str, Callable[[Queues], Any]] = {
    "sse-starlette": sse_starlette,
    "fastapi": fastapi,
}


async def serve(make: Callable[[Queues], Any], bound: socket.socket) -> None:
    """An application on the server that Parley uses, with the same parser."""
    # The bare one does without it.
    import uvicorn  # noqa: PLC0415

    queues: Queues = set()
    config = uvicorn.Config(make(queues), http="h11", lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    await asyncio.gather(server.serve(sockets=[bound]), pass_on(queues))


def main(which: str) -> None:
    """Serve until standard input ends."""
    bound = socket.create_server(("127.0.0.1", 0), backlog=1_024)
    sys.stdout.write(f"{bound.getsockname()[1]}\n")
    sys.stdout.flush()
    asyncio.run(bare(bound) if which == "bare" else serve(APPLICATIONS[which], bound))


if __name__ == "__main__":
    main(sys.argv[1])
