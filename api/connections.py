"""A connection that ends where a request does not come in its time, or its answer is not read.

What reads a body has a limit of its own (`gate`); this one holds before there is a
request to be refused, and after one was answered whose body nobody read.
"""

from __future__ import annotations

from asyncio import TimerHandle, Transport

from uvicorn.protocols.http.h11_impl import H11Protocol

from api.limits import BODY_MARGIN, BODY_TIME, HEAD_TIME, WRITE_LEAST, WRITE_TIME


class Connection(H11Protocol):
    """The server's own, which by itself waits for ever for a request, and for who reads nothing."""

    head_time = HEAD_TIME
    body_time = BODY_TIME + BODY_MARGIN
    write_time = WRITE_TIME
    _timer: TimerHandle | None = None
    _unread: TimerHandle | None = None
    _awaited: tuple[object, float] | None = None

    # Its parent narrows the type of the transport as well.
    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """A client has connected, and is to send the head of a request."""
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Some of a request has come."""
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """A request is answered, and another may come."""
        super().on_response_complete()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone, or was sent away."""
        self._stop()
        self._stop_writing()
        super().connection_lost(exc)

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
        if awaited != self._awaited:
            self._stop()
            self._awaited = awaited
            self._timer = self.loop.call_later(awaited[1], self._end)

    def _stop(self) -> None:
        self._awaited = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _end(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()
            # What was answered is still sent to whoever reads it.
            self._watch_writing()

    def _watch_writing(self) -> None:
        """Look in a while whether the client has read some of what waits to be sent."""
        if self._unread is None:
            left = self.transport.get_write_buffer_size()
            self._unread = self.loop.call_later(self.write_time, self._go_on_or_cut, left)

    def _go_on_or_cut(self, before: int) -> None:
        self._unread = None
        left = self.transport.get_write_buffer_size()
        if left == 0:
            return
        if before - left >= WRITE_LEAST:
            self._watch_writing()
        else:
            # To close it would be to wait until all of it is read.
            self.transport.abort()

    def _stop_writing(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None
