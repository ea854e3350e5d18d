"""The hub: each frame is made once, and handed to all who are there by one loop.

A subscriber has no task that wakes for every event. The hub itself calls its `send`,
which writes at once as long as the connection takes the bytes. Where that is full,
what `send` gives waits: then a task is made that waits with it, reads on by the
subscriber's own position, and ends when it is back. So nobody waits for a client
that does not read, and no frame is kept for one.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import deque
from collections.abc import Awaitable, Callable, Container, Iterable, Sequence
from itertools import chain, islice, repeat
from typing import Protocol

from domain.errors import Unavailable
from feed import frames
from feed.frames import Frame, Lot, lots_of
from feed.limits import (
    BACK_OFF,
    FEW,
    HEARTBEAT,
    LIFE,
    PAGE,
    READERS,
    RECENT,
    SPREAD,
    STEP,
    TURN,
)
from feed.subscriber import (
    END_OF_LIFE,
    FAILURE,
    REVOKED,
    SHUTDOWN,
    Held,
    Send,
    Subscriber,
    Why,
)
from ledger.filter import EVERYTHING, Filter
from ledger.fitting import fits

LOG = logging.getLogger("parley.feed")


class Read(Protocol):
    """Reads the log for somebody who is late, on a thread."""

    def __call__(
        self, where: Filter, after: int, upto: int, limit: int, /
    ) -> tuple[Sequence[Frame], int]:
        """Up to `limit` frames that fit, and the position up to which was looked."""


class Hub:
    """All subscribers of a process; used by its event loop alone, but for `read`.

    `cursor_of` names a position as clients keep it. It begins at `position`, and is
    told of everything after that by `deliver`. `recent` are the last frames up to there,
    without a gap, for those who are a little late.
    """

    life, heartbeat = LIFE, HEARTBEAT

    def __init__(
        self,
        read: Read,
        cursor_of: Callable[[int], str],
        position: int,
        recent: Iterable[Frame] = (),
    ) -> None:
        self.position = position
        self.delivered = 0
        self.cursor_of = cursor_of
        self._read = read
        self._live: dict[Filter, dict[Subscriber, None]] = {}
        self._all: dict[Subscriber, None] = {}
        self._recent: deque[Frame] = deque(recent, maxlen=RECENT)
        self._reading = asyncio.Semaphore(READERS)
        self._is_closed = False

    def __len__(self) -> int:
        """How many are subscribed, the late ones too."""
        return len(self._all)

    @property
    def late(self) -> int:
        """How many of them are late, and read on by themselves."""
        return len(self._all) - sum(map(len, self._live.values()))

    async def serve(
        self,
        send: Send,
        gone: Callable[[], Awaitable[object]],
        where: Filter,
        after: int,
        key: str | None = None,
    ) -> tuple[Why | None, int]:
        """Serve a subscriber until `gone` returns, or its life, its key or the hub ends.

        Gives why it ended, None where the client has gone, and the position that it
        has come to.
        """
        subscriber = Subscriber(send, where, after, asyncio.current_task(), key)
        if self._is_closed:
            return SHUTDOWN, after
        spread = random.uniform(1 - SPREAD, 1 + SPREAD)  # noqa: S311 - nothing depends on it.
        loop = asyncio.get_running_loop()
        end = loop.call_later(self.life * spread, subscriber.end, END_OF_LIFE)
        self._all[subscriber] = None
        subscriber.late = loop.create_task(self._catch_up(subscriber))
        try:
            await gone()
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if subscriber.why is None or (task is not None and task.uncancel()):
                raise
        finally:
            end.cancel()
            self._leave(subscriber)
            del self._all[subscriber]
            if subscriber.late is not None:
                # Nothing may be sent any more by two at a time.
                subscriber.late.cancel()
                await asyncio.wait([subscriber.late])
        return subscriber.why, subscriber.position

    async def deliver(self, new: Sequence[Frame], position: int) -> None:
        """Hand frames to all who are live; `position` is up to where the log was read."""
        before = self.position
        # What was handed on by half when something went wrong is not to be handed on again.
        new = [frame for frame in new if frame.position > before]
        self._recent.extend(new)
        # Whoever joins from here on has read these themselves.
        self.position = position
        for where, live in list(self._live.items()):
            fitting = [frame for frame in new if fits(frame.entry, where)]
            for lot in lots_of(fitting, before, position):
                await self._hand_out(live, lot)

    async def beat(self) -> None:
        """Keep silent streams open, and tell filtered ones how far they are; until cancelled."""
        while True:
            await asyncio.sleep(self.heartbeat)
            for live in list(self._live.values()):
                for turn in _turns(live):
                    for subscriber in turn:
                        position = subscriber.position
                        self._hand(subscriber, self._sign(subscriber), position, position)
                    await asyncio.sleep(0)

    def start_over(self, position: int) -> None:
        """The log has lost its end, and ends here now: have everybody ask for it anew.

        Who has read what it lacks is refused then, and told so.
        """
        self._recent.clear()
        self.position = position
        self._end_all(FAILURE)

    def keys(self) -> frozenset[str]:
        """The ids of the keys by which anybody is subscribed."""
        return frozenset(each.key for each in self._all if each.key is not None)

    def end_of(self, keys: Container[str]) -> None:
        """End whoever is subscribed by one of these keys, which are good no more."""
        for subscriber in list(self._all):
            if subscriber.key is not None and subscriber.key in keys:
                subscriber.end(REVOKED)

    def close(self) -> None:
        """Have all subscribers end, so that they come back to another process or later."""
        self._is_closed = True
        self._end_all(SHUTDOWN)

    def _end_all(self, why: Why) -> None:
        for subscriber in list(self._all):
            subscriber.end(why)

    async def _hand_out(self, live: Iterable[Subscriber], lot: Lot) -> None:
        many, upto, told = len(lot.frames), lot.upto, lot.told
        for turn in _turns(live):
            for subscriber in turn:
                position = subscriber.position
                if position < lot.after:
                    # It did not get what came before, whatever went wrong there.
                    self._send_back(subscriber)
                elif position < upto:
                    self._hand(subscriber, lot.beyond(position), upto, told, many)
                # Otherwise it left and came back meanwhile, and has read these by itself.
            await asyncio.sleep(0)

    def _hand(
        self, subscriber: Subscriber, text: bytes, upto: int, told: int, many: int = 0
    ) -> None:
        """Send to somebody who is live, and leave it to a task where the connection is full."""
        if not subscriber.is_live:
            # It left while others had their turn; it reads the log from its own position.
            return
        self.delivered += many
        try:
            held = subscriber.start(text, upto, told)
        except Exception:
            # Whatever is wrong with one connection ends it alone.
            LOG.exception("a stream failed")
            self._leave(subscriber)
            subscriber.end(FAILURE)
            return
        if held is not None:
            self._send_back(subscriber, held)

    def _send_back(self, subscriber: Subscriber, held: Held | None = None) -> None:
        """Have a task wait for a connection that is full, and read on by itself."""
        if held is None and not subscriber.is_live:
            return
        self._leave(subscriber)
        catching_up = self._catch_up(subscriber, held)
        subscriber.late = asyncio.get_running_loop().create_task(catching_up)

    async def _catch_up(self, subscriber: Subscriber, held: Held | None = None) -> None:
        """Read on by its own position up to where the hub stands, and become live there."""
        waits = chain(BACK_OFF, repeat(BACK_OFF[-1]))
        limit = PAGE
        try:
            while held is not None or subscriber.position < self.position:
                if held is not None:
                    await held.rest()
                    held, limit = None, FEW
                    continue
                try:
                    held = await self._advance(subscriber, limit)
                except Unavailable:
                    # The tailer writes it down, once for all of them.
                    await asyncio.sleep(next(waits))
                    # Whoever hears nothing would take the connection for lost.
                    held = subscriber.start(frames.HEARTBEAT, subscriber.position, subscriber.told)
                else:
                    limit = PAGE if held is None else FEW
            # Nothing is waited for between the last look and this, so no frame comes between.
            self._join(subscriber)
        except Exception:
            # Nobody waits for this task, so it has to tell of it itself, and end the stream.
            LOG.exception("a stream failed")
            subscriber.end(FAILURE)

    async def _advance(self, subscriber: Subscriber, limit: int) -> Held | None:
        """Send what comes next; gives the send that waits, and keeps nothing of the rest."""
        found, looked_to = await self._after(subscriber, limit)
        for lot in lots_of(found, subscriber.position, looked_to):
            text, told = lot.text, lot.told
            if not text and looked_to - subscriber.told >= STEP:
                text, told = self._named(frames.PROGRESS, looked_to), looked_to
            held = subscriber.start(text, lot.upto, told)
            self.delivered += len(lot.frames)
            if held is not None:
                return held
            # Others have their turn, and a connection that is lost is told of.
            await asyncio.sleep(0)
        return None

    async def _after(self, subscriber: Subscriber, limit: int) -> tuple[Sequence[Frame], int]:
        """What fits after a position, from memory where it is there still."""
        after, where = subscriber.position, subscriber.where
        if self._recent and self._recent[0].position <= after + 1:
            here = after + 1 - self._recent[0].position
            lot = list(islice(self._recent, here, here + limit))
            if lot:
                return [f for f in lot if fits(f.entry, where)], lot[-1].position
        async with self._reading:
            return await asyncio.to_thread(self._read, where, after, self.position, limit)

    def _join(self, subscriber: Subscriber) -> None:
        subscriber.late, subscriber.is_live = None, True
        self._live.setdefault(subscriber.where, {})[subscriber] = None
        position = subscriber.position
        self._hand(subscriber, self._named(frames.CAUGHT_UP, position), position, position)

    def _leave(self, subscriber: Subscriber) -> None:
        subscriber.is_live = False
        live = self._live.get(subscriber.where)
        if live is not None:
            live.pop(subscriber, None)
            if not live:
                del self._live[subscriber.where]

    def _sign(self, subscriber: Subscriber) -> bytes:
        passed = subscriber.where != EVERYTHING and subscriber.position > subscriber.told
        position = subscriber.position
        return self._named(frames.PROGRESS, position) if passed else frames.HEARTBEAT

    def _named(self, event: str, position: int) -> bytes:
        return frames.named(event, self.cursor_of(position), f'{{"position":{position}}}')


def _turns(live: Iterable[Subscriber]) -> Iterable[Sequence[Subscriber]]:
    """Those who are there now, so many at a time."""
    there = list(live)
    return (there[start : start + TURN] for start in range(0, len(there), TURN))
