"""The tailer: one thread of a process follows the log, and everything new goes to the hub.

A hint makes it look at once, and a poll makes it look anyway: what a lost hint, a
broken connection or a restart of the database can do is delay news, and no more.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from itertools import chain, repeat
from threading import Event, Thread

from domain.entry import Entry
from domain.errors import Unavailable
from feed.frames import Frame
from feed.hub import Hub
from feed.limits import BACK_OFF, PAGE
from ledger.log import Ledger

LOG = logging.getLogger("parley.feed")

Encode = Callable[[Sequence[Entry]], list[Frame]]
"""Makes the frames of entries, all that there are in one go."""
Forget = Callable[[], object]
"""Forgets what is known of entries that the log has lost."""


class Tailer:
    """Follows the log from where the hub stands; started and stopped by the loop of the hub."""

    def __init__(
        self, ledger: Ledger, hub: Hub, encode: Encode, forget: Forget = lambda: None
    ) -> None:
        self._ledger, self._hub, self._encode, self._forget = ledger, hub, encode, forget
        self._loop = asyncio.get_running_loop()
        self._stop = Event()
        self._thread = Thread(target=self._run, name="parley-tailer", daemon=True)
        self._thread.start()

    async def stop(self) -> None:
        """End it, when what it is handing over is handed over."""
        self._stop.set()
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        position, last = self._hub.position, None
        waits, is_away = chain(BACK_OFF, repeat(BACK_OFF[-1])), False
        while not self._stop.is_set():
            try:
                size = self._ledger.head().size
                is_away = False
                if size < position or (last is not None and not self._ledger.holds(last)):
                    position, last = self._start_over(position, size), None
                for page in self._ledger.follow(position, stop=self._stop, limit=PAGE):
                    self._hand_over(self._encode(page.entries), page.scanned_to)
                    position, last = page.scanned_to, page.entries[-1]
                    waits = chain(BACK_OFF, repeat(BACK_OFF[-1]))
                if not self._stop.is_set():
                    # It ended before the position, though it may be longer again by now.
                    position, last = self._start_over(position, self._ledger.head().size), None
            except Unavailable as error:
                # Whoever asks for the log is told the same; the stream goes on when it is back.
                if not is_away:
                    LOG.warning("the log cannot be followed: %s", error)
                is_away = True
                self._stop.wait(next(waits))
            except Exception:
                # A tailer that ended without a word would leave everybody waiting for ever.
                LOG.exception("the log cannot be followed")
                self._stop.wait(next(waits))

    def _start_over(self, position: int, size: int) -> int:
        """Have nobody go on as if nothing had happened: other entries have those places.

        Gives where to follow it from.
        """
        LOG.error("the log was followed up to %d, lost its end, and ends at %d", position, size)
        self._forget()
        self._loop.call_soon_threadsafe(self._hub.start_over, size)
        return size

    def _hand_over(self, new: list[Frame], position: int) -> None:
        """Wait until the hub has handed it on: there is no queue that could grow."""
        delivery = self._hub.deliver(new, position)
        asyncio.run_coroutine_threadsafe(delivery, self._loop).result()
