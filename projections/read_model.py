"""The read models of one database: brought along, and asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock, Semaphore
from time import monotonic
from typing import TypeVar

from sqlalchemy import Connection, Engine, select

from domain.errors import DatabaseFull, DatabaseLocked, DatabaseReadOnly, Unavailable
from ledger.database import snapshot
from ledger.faults import as_refusals
from ledger.log import Ledger
from ledger.tables import log_head
from projections import endorsements, recorder_query
from projections.damage import out_of_step
from projections.editions import Edition, edition_of
from projections.near import read_near
from projections.projector import Projector
from projections.read_world import Point, read_world
from projections.rebuilding import Rebuilt, rebuild
from projections.recorders import Recorder, RecorderSummary
from projections.search import SearchHit, Wanted
from projections.text_query import search
from projections.world import World

Found = TypeVar("Found")
CANNOT_WRITE = (DatabaseFull, DatabaseLocked, DatabaseReadOnly)
"""Why an edition may stay behind; what it cannot answer then, the reference answers."""
PATIENCE = 5.0
"""Seconds for which a question waits while others bring the edition along."""
LOOK = 0.05
"""Seconds between two looks whether they have; a look takes less than a millisecond."""
FAR = 500
"""Entries behind which an edition is far: taking them in lasts a good part of a second."""
MAX_WAITING = 8
"""Questions that wait where it is far behind, each in a thread; a server has forty of them."""
STEP = 100
"""Entries that are taken in at once beside questions; on SQLite writers come in between."""


@dataclass(frozen=True, slots=True)
class Lag:
    """How far the edition that serves is behind the log, in entries."""

    edition: int
    position: int
    behind: int
    is_current: bool


class ReadModel:
    """Answers from the edition that serves; safe to use from any thread.

    `progress` is told, while the edition is brought along, how many entries it
    has taken in and how many it will. `is_followed` says that somebody takes in what is
    recorded without being asked, so that no question needs to do so for long.
    """

    def __init__(
        self, ledger: Ledger, progress: Callable[[int, int], object] | None = None
    ) -> None:
        self._ledger = ledger
        self._progress = progress
        self._projector: Projector | None = None
        self._turn = Lock()
        self._places = Semaphore(MAX_WAITING)
        self.is_followed = False

    @contextmanager
    def world(self, point: Point) -> Iterator[World | None]:
        """The world at a point, whose position is within the log.

        None where the edition was made by another program, or is behind and
        cannot be brought along because the database takes no writes. The world may
        be asked for as long as the context lasts. Raises Unavailable as `bring_to`.
        """
        self.bring_to(point.position)
        with snapshot(self._ledger.engine) as connection:
            edition = edition_of(connection)
            if edition.is_current and edition.position >= point.position:
                look = read_world if point.about is None else read_near
                yield look(connection, edition.number, point)
            else:
                yield None

    def bring_to(self, position: int) -> None:
        """Bring the serving edition to a position at least, if it can be; this waits for it.

        Raises Unavailable where others are at it and take long, or too many wait for them.
        """
        edition = self.serving()
        if not _can_come_to(edition, position):
            return
        with self._waiting(position - edition.position):
            end = monotonic() + PATIENCE
            while _can_come_to(edition, position):
                upto = min(position, edition.position + STEP) if self.is_followed else position
                try:
                    has_advanced = self._advance_in_turn(edition, upto, LOOK)
                except CANNOT_WRITE:
                    return
                # Another edition may serve by now.
                edition = self.serving()
                if monotonic() > end and (self.is_followed or not has_advanced):
                    raise _still_behind()

    def take_in(self) -> bool:
        """Bring the serving edition `STEP` entries further; whether there are more to take in.

        Raises Unavailable where the database takes no writes.
        """
        edition, size = self.serving(), self._ledger.head().size
        if not edition.is_current or edition.position >= size:
            return False
        self._advance_in_turn(edition, min(size, edition.position + STEP), PATIENCE)
        return True

    def search(self, wanted: Wanted) -> tuple[SearchHit, ...] | None:
        """The entries that hold every word; None under the same conditions as a world."""
        return self._ask(wanted.known, lambda c, edition: search(c, edition, wanted))

    def reviewed_among(self, positions: Sequence[int], known: int) -> frozenset[int] | None:
        """Those of the positions at which a reviewed entry stands; None as for a world."""
        return self._ask(
            known, lambda c, edition: endorsements.reviewed_among(c, edition, positions, known)
        )

    def reviewed_between(
        self, first: int, last: int, known: int, limit: int, *, newest_first: bool
    ) -> tuple[int, ...] | None:
        """Up to `limit` positions of reviewed entries in a part of the log; None as for a world."""
        return self._ask(
            known,
            lambda c, edition: endorsements.reviewed_between(
                c, edition, first, last, known, limit, newest_first=newest_first
            ),
        )

    def recorders(self, after: str, known: int, limit: int) -> tuple[RecorderSummary, ...] | None:
        """Up to `limit` recorders beyond a name; None as for a world."""
        return self._ask(
            known, lambda c, edition: recorder_query.doings(c, edition, after, known, limit)
        )

    def recorder(
        self, subject: str, after: int, known: int, limit: int
    ) -> tuple[Recorder | None, tuple[int, ...]] | None:
        """A recorder, if there is one, and up to `limit` of their positions; None as above."""

        def look(connection: Connection, edition: int) -> tuple[Recorder | None, tuple[int, ...]]:
            found = recorder_query.recorder(connection, edition, subject, known)
            return found, recorder_query.positions(
                connection, edition, subject, after, known, limit
            )

        return self._ask(known, look)

    def serving(self) -> Edition:
        """The edition that serves."""
        with as_refusals(), self._ledger.engine.connect() as connection:
            return edition_of(connection)

    def rebuild(self, progress: Callable[[int, int], object] | None = None) -> Rebuilt:
        """Make the idle edition anew and have it serve; see `projections.rebuilding`."""
        return rebuild(self._ledger, progress)

    def _ask(self, known: int, look: Callable[[Connection, int], Found]) -> Found | None:
        """What is found in the edition that serves; None if it does not hold what was known."""
        self.bring_to(known)
        with snapshot(self._ledger.engine) as connection:
            edition = edition_of(connection)
            if edition.is_current and edition.position >= known:
                return look(connection, edition.number)
        return None

    @contextmanager
    def _waiting(self, behind: int) -> Iterator[None]:
        """Hold one of the few places for who waits long; raises Unavailable if none is free.

        Behind by little there is room for everybody, because it does not last.
        """
        if behind <= FAR:
            yield
            return
        if not self._places.acquire(blocking=False):
            raise _still_behind()
        try:
            yield
        finally:
            self._places.release()

    def _advance_in_turn(self, edition: Edition, position: int, patience: float) -> bool:
        """Bring an edition along, one thread at a time; False if it was not its turn in time."""
        if not self._turn.acquire(timeout=patience):
            return False
        try:
            self._advance(edition, position)
        finally:
            self._turn.release()
        return True

    def _advance(self, edition: Edition, position: int) -> None:
        if self._projector is None or self._projector.number != edition.number:
            self._projector = Projector(self._ledger, edition.number)
        begun, told = edition.position, self._progress

        def tell(at: int) -> None:
            if told is not None:
                told(at - begun, position - begun)

        self._projector.advance(position, tell)


def _can_come_to(edition: Edition, position: int) -> bool:
    """Whether an edition is to be brought to a position; one of another program cannot be."""
    return edition.is_current and edition.position < position


def _still_behind() -> Unavailable:
    rule = "is behind the log, and is being brought along with it"
    return Unavailable.of("read_model", rule, "ask again in a moment")


def lag_of(engine: Engine) -> Lag:
    """How far the serving edition is behind the log; raises DatabaseDamaged if it is ahead."""
    with snapshot(engine) as connection:
        edition = edition_of(connection)
        size = connection.scalar(select(log_head.c.size)) or 0
    if edition.position > size:
        raise out_of_step()
    return Lag(edition.number, edition.position, size - edition.position, edition.is_current)
