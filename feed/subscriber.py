"""One who is sent to: how far they are, and a send that waits because their connection is full."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator
from types import coroutine
from typing import Any, Literal, TypeAlias

from ledger.filter import Filter

Send: TypeAlias = Callable[[bytes], Coroutine[Any, Any, None] | None]
"""Takes bytes to a client; gives what waits where a connection is full, None where it took all."""
Why: TypeAlias = Literal["life", "shutdown", "failure", "revoked"]
"""Why a stream is ended by its server; its client is told."""
END_OF_LIFE: Why = "life"
SHUTDOWN: Why = "shutdown"
FAILURE: Why = "failure"
REVOKED: Why = "revoked"
"""The key by which it was asked for is good no more."""


class Subscriber:
    """Somebody who gets every entry that fits, in order, from a position on.

    `position` is up to where everything that fits was handed over, `told` the last
    position that the client has heard of. `late` is the task that catches up while the
    subscriber is not live (`is_live`), `why` the reason for which it was ended, `key` the
    id of the key that it showed, None where it showed none.
    """

    __slots__ = ("is_live", "key", "late", "owner", "position", "send", "told", "where", "why")

    def __init__(
        self,
        send: Send,
        where: Filter,
        after: int,
        owner: asyncio.Task[Any] | None,
        key: str | None = None,
    ) -> None:
        self.send, self.where, self.owner, self.key = send, where, owner, key
        self.position = self.told = after
        self.is_live = False
        self.late: asyncio.Task[None] | None = None
        self.why: Why | None = None

    def end(self, why: Why) -> None:
        """Have the task that serves it end it."""
        if self.why is None and self.owner is not None:
            self.why = why
            self.owner.cancel()

    def start(self, text: bytes, upto: int, told: int) -> Held | None:
        """Send something as far as that goes at once; gives what is left to wait for.

        With `text` the client has everything up to `upto`, and hears of `told`.
        """
        if text:
            sending = self.send(text)
            if sending is not None:
                try:
                    waits_for = sending.send(None)
                except StopIteration:
                    # It did not have to wait for anything.
                    pass
                else:
                    return Held(self, sending, waits_for, (upto, told))
            self.told = told
        self.position = upto
        return None


class Held:
    """A send that waits, to be gone on with by a task."""

    __slots__ = ("_sending", "_subscriber", "_then", "_waits_for")

    def __init__(
        self,
        subscriber: Subscriber,
        sending: Coroutine[Any, Any, None],
        waits_for: object,
        then: tuple[int, int],
    ) -> None:
        self._subscriber, self._sending = subscriber, sending
        self._waits_for, self._then = waits_for, then

    async def rest(self) -> None:
        """Wait until it is sent."""
        await self._go_on()
        self._subscriber.position, self._subscriber.told = self._then

    @coroutine
    def _go_on(self) -> Generator[Any, None, None]:
        """Wait, as the task that runs this, for whatever the send itself waits for."""
        waits_for = self._waits_for
        try:
            while True:
                yield waits_for
                try:
                    waits_for = self._sending.send(None)
                except StopIteration:
                    return
        finally:
            self._sending.close()
