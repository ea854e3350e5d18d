"""The log as a sequence without an end: read a page, and wait when there is no more.

A subscription is a position. The follower asks by position again and again, so
it misses nothing and doubles nothing however it is told, or not told, of news.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from threading import Event
from typing import TypeVar

from eventsourcing.persistence import ApplicationRecorder, Notification, Subscription
from sqlalchemy import Engine

from ledger.signal import Signal, watch

T = TypeVar("T")

POLL = 1.0
"""Seconds between two looks at the log without a hint; the longest a lost hint delays news."""
STOP_CHECK = 0.1
"""Seconds until a follower that waits notices that it should stop."""
PAGE = 500
"""Entries a follower reads at once; of leaves of a kilobyte, half a megabyte."""


def follow(
    read: Callable[[int], tuple[T, int]],
    engine: Engine,
    signal: Signal,
    *,
    after: int,
    stop: Event,
    poll: float = POLL,
) -> Generator[T, None, None]:
    """What `read` gives after a position, again and again; ends when `stop` is set.

    `read(after)` gives a page and the position up to which it has looked. Pages
    that looked no further are not handed on; empty ones that did are, so that
    whoever resumes does not look again. Where it says that the log ends before `after`,
    the end of the log was lost, and this ends: other entries would have those places.
    """
    with watch(engine, signal) as hints:
        while not stop.is_set():
            page, looked_to = read(after)
            if looked_to > after:
                after = looked_to
                yield page
                continue
            if looked_to < after:
                return
            waited = 0.0
            while waited < poll and not stop.is_set():
                if hints.wait(min(STOP_CHECK, poll - waited)):
                    break
                waited += STOP_CHECK


class Follower(Subscription[ApplicationRecorder]):
    """The library's subscription, read on the caller's own thread."""

    def __init__(
        self,
        recorder: ApplicationRecorder,
        gt: int | None = None,
        topics: Sequence[str] = (),
        *,
        engine: Engine,
        signal: Signal,
    ) -> None:
        super().__init__(recorder=recorder, gt=gt, topics=topics)
        self._stop = Event()
        self._pages = follow(self._read, engine, signal, after=gt or 0, stop=self._stop)
        self._page: Iterator[Notification] = iter(())

    def stop(self) -> None:
        """End the subscription, from any thread."""
        super().stop()
        self._stop.set()

    def __exit__(self, *args: object, **kwargs: object) -> None:
        super().__exit__(*args, **kwargs)
        self._pages.close()

    def __next__(self) -> Notification:
        """The next event; waits for it, and ends when the subscription is stopped."""
        while not self._stop.is_set():
            for notification in self._page:
                return notification
            self._page = iter(next(self._pages))
        raise StopIteration

    def _read(self, after: int) -> tuple[Sequence[Notification], int]:
        # The head comes first: all up to it is committed, and there are no gaps.
        size = self._recorder.max_notification_id() or 0
        found = self._recorder.select_notifications(
            after, PAGE, size, self._topics, inclusive_of_start=False
        )
        return found, found[-1].id if len(found) == PAGE else max(size, after)
