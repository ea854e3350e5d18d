"""A connection: it ends where nothing comes or is read in time, and it is what a stream goes over.

What reads a body has a limit of its own (`gate`); the one here holds before there is a
request to be refused, and after one was answered whose body nobody read. A stream is
written here as well, by as little as it takes: there are thousands of them.
"""

from __future__ import annotations

import asyncio
import socket
from asyncio import TimerHandle, Transport
from collections.abc import Coroutine
from typing import Any, ClassVar, cast

from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.h11_impl import H11Protocol

from api.limits import (
    BODY_MARGIN,
    BODY_TIME,
    HEAD_TIME,
    STREAM_BUFFER,
    STREAM_SOCKET,
    STREAM_WRITE_TIME,
    WRITE_LEAST,
    WRITE_TIME,
)


class Connection(H11Protocol):
    """The server's own, which by itself waits for ever for a request, and for who reads nothing."""

    # As slots, for attributes of its own would double what those of its parent take.
    __slots__ = ("_awaited", "_is_chunked", "_is_stream", "_timer", "_unread")
    _is_stream: bool
    _is_chunked: bool
    _unread: TimerHandle | None
    _timer: TimerHandle | None
    _awaited: tuple[object, float] | None
    NAME: ClassVar = "connection"
    """What it is called in the state of a request."""
    head_time = HEAD_TIME
    body_time = BODY_TIME + BODY_MARGIN
    write_time, stream_write_time = WRITE_TIME, STREAM_WRITE_TIME

    # Its parent narrows the type of the transport as well.
    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """A client has connected, and is to send the head of a request."""
        self._timer, self._unread, self._awaited = None, None, None
        self._is_stream = False
        super().connection_made(transport)
        self.app_state: dict[str, Any] = {**self.app_state, self.NAME: self}
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Some of a request has come."""
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """A request is answered, and another may come."""
        # What is left of a stream is sent as any other answer is.
        self._is_stream = False
        super().on_response_complete()
        self._watch()
        if self.transport.is_closing():
            self._watch_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone, or was sent away."""
        self._stop()
        self._stop_writing()
        super().connection_lost(exc)
        self._unset_keepalive_if_required()
        # Whoever holds what holds them waits for the collector, which looks seldom.
        self.app_state = {}
        if self.scope is not None:
            self.scope["state"].pop(self.NAME, None)

    def begin_stream(self) -> None:
        """Keep little for a client that reads more slowly than is written to it, but for longer."""
        self._is_stream = True
        # Whoever asks in an older way is sent all of it as it is, to the end of the connection.
        self._is_chunked = self.scope["http_version"] >= "1.1"
        self.flow = self.cycle.flow = _Flow(self.transport, self.flow)
        # Between the head and this nobody waits for the former.
        self.cycle.message_event = cast("asyncio.Event", _Signal())
        self.transport.set_write_buffer_limits(high=STREAM_BUFFER)
        raw = self.transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, STREAM_SOCKET)

    def write(self, data: bytes) -> Coroutine[Any, Any, None] | None:
        """Send some of a stream: a chunk of an answer whose length nobody knows (RFC 9112, 7.1).

        There has to be some: a chunk without any is the end of the answer. Gives what waits
        for its turn where the connection is full. The server's own way takes longer for
        each than all else together; its state is the same before and after a chunk, so
        this leaves it as it was.
        """
        if self.flow.write_paused:
            return self._write_later(data)
        self._write_now(data)
        return None

    async def _write_later(self, data: bytes) -> None:
        await self.flow.drain()
        self._write_now(data)

    def _write_now(self, data: bytes) -> None:
        if not self.cycle.disconnected:
            chunk = b"%x\r\n%b\r\n" % (len(data), data) if self._is_chunked else data
            self.transport.write(chunk)

    async def abort(self) -> None:
        """End it at once, whatever was not taken yet."""
        self.transport.abort()
        # The server is told in the next turn of the loop, and asks for no more.
        await asyncio.sleep(0)

    def timeout_keep_alive_handler(self) -> None:
        """Nothing more was asked."""
        super().timeout_keep_alive_handler()
        self._watch_writing()

    def pause_writing(self) -> None:
        """The client does not read as quickly as it is answered."""
        super().pause_writing()
        self._watch_writing()

    def resume_writing(self) -> None:
        """It has read most of it."""
        if not self.transport.is_closing():
            # Otherwise the rest, however little, is to be read in its time as well.
            self._stop_writing()
        super().resume_writing()

    def _watch(self) -> None:
        """Give what is to come next its time, unless it has been given already."""
        # Before the first request there is none, whatever its type says.
        cycle = getattr(self, "cycle", None)
        if cycle is not None and cycle.more_body:
            # Also where it is answered by now: whoever is still sending reads no answer before.
            awaited = (cycle, self.body_time)
        elif cycle is None or cycle.response_complete:
            awaited = (cycle, self.head_time)
        else:
            # The whole request is here, and takes as long as it takes.
            self._stop()
            return
        if awaited != self._awaited and not self.transport.is_closing():
            self._stop()
            self._awaited = awaited
            self._timer = self.loop.call_later(awaited[1], self._end)

    def _stop(self) -> None:
        self._awaited = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _end(self) -> None:
        self._timer = None
        if not self.transport.is_closing():
            self.transport.close()
            # What was answered is still sent to whoever reads it.
            self._watch_writing()

    def _watch_writing(self) -> None:
        """Look in a while whether the client has read some of what waits to be sent."""
        if self._unread is None:
            left = self.transport.get_write_buffer_size()
            patience = self.stream_write_time if self._is_stream else self.write_time
            self._unread = self.loop.call_later(patience, self._go_on_or_cut, left)

    def _go_on_or_cut(self, before: int) -> None:
        self._unread = None
        left = self.transport.get_write_buffer_size()
        if left == 0:
            return
        # Little ever waits for a stream, so whoever reads any of it is there.
        least = 1 if self._is_stream else WRITE_LEAST
        if before - left >= least:
            self._watch_writing()
        else:
            # To close it would be to wait until all of it is read.
            self.transport.abort()

    def _stop_writing(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None


class _Signal:
    """An `asyncio.Event` that one waits for at a time: without a queue, most of its memory."""

    __slots__ = ("_is_set", "_waiting")

    def __init__(self) -> None:
        self._is_set = False
        self._waiting: asyncio.Future[None] | None = None

    def set(self) -> None:
        """It is so from now on, and whoever waits goes on."""
        self._is_set = True
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    def clear(self) -> None:
        """It is so no more."""
        self._is_set = False

    async def wait(self) -> None:
        """Wait until it is so."""
        if self._is_set:
            return
        self._waiting = asyncio.get_running_loop().create_future()
        try:
            await self._waiting
        finally:
            self._waiting = None


class _Flow(FlowControl):
    """The server's own, for a connection that one writes to at a time."""

    def __init__(self, transport: Transport, former: FlowControl) -> None:
        super().__init__(transport)
        self._is_writable_event = cast("asyncio.Event", _Signal())
        self._is_writable_event.set()
        self.read_paused = former.read_paused
        if former.write_paused:
            self.pause_writing()
