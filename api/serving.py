"""The server: where it listens, how it is told to stop, and what it writes down meanwhile."""

from __future__ import annotations

import gc
import ipaddress
import logging
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from threading import Thread
from types import FrameType
from typing import TypeAlias

import uvicorn
from fastapi import FastAPI

from api.application import make_application
from api.connections import Connection
from api.frame import LogLines
from api.handover import Released
from api.limits import GRACE
from app import keys
from app.checkpointer import checkpointing
from app.keeping_up import keeping_up
from app.keys import NewKey
from app.parley import Parley
from domain.errors import InvalidInput, Unavailable

LOG = logging.getLogger("parley.http")
Listening: TypeAlias = Callable[[str, NewKey | None], object]
"""Is told the address of a server that can be asked, and a key that was just made."""
BACKLOG = 128
"""Connections that wait to be taken; more than that are refused by the system."""
FILES = 1_024
"""Files that a process has open besides its streams: requests, connections to the database."""
COLLECT = (50_000, 20, 100)
"""New objects before a look for garbage among the youngest: more than one answer makes; every so
many of those looks go on to older ones."""
_LOGGERS = (
    *("parley.http", "parley.feed", "parley.webhooks", "parley.proof", "parley.read-model"),
    *("uvicorn.error", "fastapi"),
)
_STOPS = (signal.SIGINT, signal.SIGTERM)


def serve(
    parley: Parley,
    host: str,
    port: int,
    listening: Listening,
    until: Callable[[], object] | None = None,
    *,
    log_level: int = logging.INFO,
    first_key: bool = True,
) -> None:
    """Answer over HTTP until SIGINT or SIGTERM; what is in work then is answered first.

    It also ends when `until` returns, which is called in a thread of its own. `listening`
    is told the address once it can be asked, and the key that is made at the first start on
    an address that only this machine can reach, if `first_key` says so; there everybody may
    read. Port 0 takes any that is free. Raises InvalidInput for another address where nobody
    has a key yet, Unavailable where it cannot listen.
    """
    _spare_the_collector()
    local = is_local(host)
    if not local:
        check_guarded(parley, host)
    with bound_to(host, port) as bound:
        server = make_server(parley, local=local)
        first = keys.make_first_key(parley) if local and first_key else None
        with running(server, log_level), checkpointing(parley):
            allow_files(parley.settings.max_streams + FILES)
            server.when_started = partial(listening, address_of(bound), first)
            if until is not None:
                Thread(target=_end_after, args=(until, server), daemon=True).start()
            with keeping_up(parley):
                server.run(sockets=[bound])


@contextmanager
def running(server: uvicorn.Server, log_level: int = logging.INFO) -> Iterator[None]:
    """Write down what a server does, and let it end quietly when it is told to."""
    with _writing_lines(log_level), _stopping_quietly(server):
        yield


def make_server(parley: Parley, *, local: bool) -> Server:
    """The server of a Parley, to be run on a socket; `local` if only this machine reaches it."""
    app = make_application(parley, local=local, origins=parley.settings.cors_origins)
    proxies = parley.settings.trusted_proxies
    config = uvicorn.Config(
        Released(app),
        http=Connection,
        # Anybody can send the header, and would then be another client with every request.
        proxy_headers=bool(proxies),
        forwarded_allow_ips=list(proxies),
        ws="none",
        # Its start is where the framework looks whether telemetry is wanted.
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE,
    )
    return Server(config, app)


class Server(uvicorn.Server):
    """The server, which by itself would wait for streams to end as it does for answers.

    `when_started` is called when it can be asked, and not where its start has failed.
    """

    def __init__(self, config: uvicorn.Config, app: FastAPI) -> None:
        super().__init__(config)
        self._app = app
        self.when_started: Callable[[], object] = lambda: None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin, and say so."""
        await super().startup(sockets)
        if self.started:
            self.when_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Send the clients of streams elsewhere, and answer what is in work."""
        self._app.state.hub.close()
        await super().shutdown(sockets)


def _spare_the_collector() -> None:
    """Look for circles of garbage seldom, and not among what is there at the start.

    An answer makes some ten thousand objects, which go when it is given. As Python comes, it
    looks through all that is remembered for later answers every dozen of them, for a tenth of
    a second.
    """
    gc.freeze()
    gc.set_threshold(*COLLECT)


def is_local(host: str) -> bool:
    """Whether only this machine can reach what listens there."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_guarded(parley: Parley, host: str) -> None:
    """Raise InvalidInput for a server that others can reach and nobody has a key of."""
    if not keys.has_good_key(parley):
        raise InvalidInput.of(
            "PARLEY_HOST",
            f"others can reach {host!r}, and nobody has a key that could be asked for",
            "make one with `parley keys add`, or name 127.0.0.1, ::1 or localhost",
        )


def address_of(bound: socket.socket) -> str:
    """The address that a socket is reached at."""
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}" if bound.family == socket.AF_INET6 else f"http://{host}:{port}"


@contextmanager
def bound_to(host: str, port: int) -> Iterator[socket.socket]:
    """A socket that listens; raises Unavailable where that cannot be."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        bound = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        rule = f"{host} port {port} cannot be listened at: {error.strerror or error}"
        way_out = "end what listens there, or set PARLEY_PORT to another"
        raise Unavailable.of("PARLEY_PORT", rule, way_out) from None
    with bound:
        # What is accepted has it from here. The end of an answer would otherwise wait for the
        # client to confirm its beginning, which it puts off for 40 ms; asyncio sees to it only
        # where a socket says of itself that it is TCP, which this one does not.
        bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield bound


def allow_files(many: int) -> None:
    """Let this process have so many files open; warns where the system does not let it."""
    try:
        import resource  # noqa: PLC0415 - only Unix has it, and only there is there a limit.
    except ImportError:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = many if hard == resource.RLIM_INFINITY else min(many, hard)
    if wanted < many:
        way_out = "raise the limit (`ulimit -Hn`), or lower PARLEY_MAX_STREAMS"
        LOG.warning("%d files may be open, and %d may be wanted: %s", wanted, many, way_out)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _end_after(until: Callable[[], object], server: uvicorn.Server) -> None:
    until()
    server.should_exit = True


@contextmanager
def _writing_lines(level: int) -> Iterator[None]:
    """Send what the server and this room log to standard error, a JSON object a line."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LogLines())
    handler.addFilter(_is_news)
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    before = [(logger.handlers, logger.propagate, logger.level) for logger in loggers]
    for logger in loggers:
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(level)
    try:
        yield
    finally:
        for logger, (handlers, propagates, was) in zip(loggers, before, strict=True):
            logger.handlers, logger.propagate = handlers, propagates
            logger.setLevel(was)


def _is_news(record: logging.LogRecord) -> bool:
    """Leave out that the server could not say farewell to itself: Ctrl-C was pressed twice."""
    return record.name != "uvicorn.error" or "CancelledError" not in record.getMessage()


@contextmanager
def _stopping_quietly(server: uvicorn.Server) -> Iterator[None]:
    """Let the server's end be the end: it raises the signal once more when it has stopped.

    A signal that comes before the server listens for it ends it as well.
    """

    def heard(number: int, frame: FrameType | None) -> None:
        del number, frame
        server.should_exit = True

    before = {each: signal.signal(each, heard) for each in _STOPS}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
