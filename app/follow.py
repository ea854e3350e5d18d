"""Following the log on its own database: page by page as it grows, resumed by a cursor."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain, repeat
from threading import Event

from app.cursors import Cursors
from app.parley import Parley
from app.subscriptions import Subscription
from domain.entry import Entry
from domain.errors import NotFound, Unavailable
from feed.limits import BACK_OFF, PAGE
from ledger.filter import Page


def follow(
    parley: Parley,
    asked: Subscription,
    stop: Event,
    trouble: Callable[[Unavailable], object],
) -> Iterator[tuple[Page, str]]:
    """Every entry that fits after a position, for ever, and the cursor to resume with.

    Ends when `stop` is set. A page without entries says how far the log was searched. While
    the database is away `trouble` is told of each attempt to reach it. Raises NotFound where
    the log has become shorter than what was read of it.
    """
    position, waits = asked.after, _waits()
    last: Entry | None = None
    while not stop.is_set():
        try:
            size = parley.ledger.head().size
            if size < position or (last is not None and not parley.ledger.holds(last)):
                raise _lost(parley, position)
            pages = parley.ledger.follow(position, asked.where, stop=stop, limit=PAGE)
            for page in pages:
                # Asked of the database before the page is given, so that nothing is given twice.
                cursor = cursor_at(parley, page.scanned_to)
                yield page, cursor
                position, waits = page.scanned_to, _waits()
                last = page.entries[-1] if page.entries else last
            if not stop.is_set():
                # It ended before the position, though it may be longer again by now.
                raise _lost(parley, position)
        except Unavailable as error:
            trouble(error)
            stop.wait(next(waits))


def catch_up(parley: Parley, asked: Subscription) -> Iterator[tuple[Page, str]]:
    """The same up to where the log ends now."""
    position, last = asked.after, parley.ledger.head().size
    while position < last:
        page = parley.ledger.page(asked.where, after=position, upto=last, limit=PAGE)
        yield page, cursor_at(parley, page.scanned_to)
        position = page.scanned_to


def cursor_at(parley: Parley, position: int) -> str:
    """A position as whoever resumes from it should keep it."""
    return Cursors(parley.ledger).of(position)


def _lost(parley: Parley, position: int) -> NotFound:
    size = parley.ledger.head().size
    rule = f"the log was read up to {position}, lost its end since, and ends at {size}"
    return NotFound.of("log", rule, "see `parley recover`, and begin at a position that it has")


def _waits() -> Iterator[float]:
    return chain(BACK_OFF, repeat(BACK_OFF[-1]))
