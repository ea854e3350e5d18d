"""The projector: from the log into an edition of the read models, batch by batch.

It advances by compare-and-set on the edition's position inside the transaction
that writes the batch. Of two projectors only one moves the edition on; the
other sees it, drops what it had in memory and goes on from there.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from ledger.database import snapshot, transaction
from ledger.log import Ledger
from projections.change import Amending
from projections.editions import edition_of, empty, is_empty, move_on
from projections.endorsements import Endorsements
from projections.links import Links
from projections.pile import Pile
from projections.recorder_index import RecorderIndex
from projections.rectangles import write_rows
from projections.rows import Rows
from projections.shelves import Shelves
from projections.stories import Stories
from projections.text_index import TextIndex

BATCH = 500
"""Entries of one transaction; on SQLite nobody else writes while it lasts, some milliseconds."""


COLLECT = (100_000, 50, 1_000)
"""When the interpreter looks for circles of garbage while a log is taken in: hardly ever.

Entries, states and rectangles make no circles, and looking at all of them again
and again took a third of the time.
"""


class _Outrun(Exception):
    """Another projector has moved the edition on; the batch is undone."""


class _NotEmpty(Exception):
    """An edition that is to be filled from the beginning still holds what it held before."""


class Projector:
    """Brings one edition along with the log; used by one thread at a time."""

    def __init__(self, ledger: Ledger, number: int) -> None:
        self._ledger = ledger
        self._engine = ledger.engine
        self.number = number
        self._begin()

    def advance(
        self,
        upto: int | None = None,
        progress: Callable[[int], object] | None = None,
        batch: int = BATCH,
    ) -> int:
        """Take in the log as far as a position, or its end; returns the position it stands at.

        `progress` is told the position after each batch. Ends before that where the
        edition has meanwhile ceased to serve.
        """
        end = self._ledger.head().size
        last = end if upto is None else min(upto, end)
        with _hardly_collecting():
            return self._advance_in_batches(last, batch, progress)

    def _advance_in_batches(
        self, last: int, batch: int, progress: Callable[[int], object] | None
    ) -> int:
        reached = 0
        while True:
            position = self._read_position()
            if position >= last or position < reached:
                # An edition that goes back has been put aside for another.
                return position
            reached = position
            if self._advance_to(position, min(position + batch, last)) and progress is not None:
                progress(min(position + batch, last))

    def _begin(self) -> None:
        """Forget everything that was in memory."""
        self._at: int | None = None
        self._shelves = Shelves(self.number)
        self._amending = Amending(self._ledger.stream)
        self._links = Links(self.number, self._amending.stream, self._ledger.by_ids)
        self._pile = Pile(self.number)
        self._stories = Stories(
            self._engine,
            self.number,
            self._amending.stream,
            self._links,
            self._shelves,
            self._pile,
        )
        self._texts = TextIndex(self.number)
        self._endorsements = Endorsements(self.number, self._amending.stream)
        self._recorders = RecorderIndex(self.number)
        self._rows = Rows(1)

    def _read_position(self) -> int:
        with snapshot(self._engine) as connection:
            edition = edition_of(connection, self.number)
            if edition.position != self._at:
                self._begin()
                self._at = edition.position
                self._rows = Rows(edition.next_id)
                # One that stands at 0 may still hold what another rebuild is removing.
                if edition.position > 0:
                    self._shelves.read(connection)
                    self._links.read(connection)
            return edition.position

    def _advance_to(self, position: int, last: int) -> bool:
        """Take in the entries between two positions; False if another projector was quicker."""
        try:
            for entry in self._ledger.entries(after=position, upto=last):
                change = self._amending.change_of(entry)
                self._stories.tell(change, self._rows)
                self._texts.tell(change)
                self._endorsements.tell(entry)
                self._recorders.tell(entry)
            with transaction(self._engine) as connection:
                self._write(connection, position, last)
        except _Outrun:
            self._at = None
            return False
        except _NotEmpty:
            self._at = None
            empty(self._engine, self.number)
            return False
        except BaseException:
            # What is in memory is ahead of what is written.
            self._at = None
            raise
        self._rows.clear()
        self._at = last
        return True

    def _write(self, connection: Connection, position: int, last: int) -> None:
        """Move the edition on, and write what the batch has come to."""
        if not move_on(connection, self.number, position, last, self._rows.next_id):
            raise _Outrun
        if position == 0 and not is_empty(connection, self.number):
            raise _NotEmpty
        self._shelves.write(connection)
        self._links.write(connection)
        self._stories.write(connection)
        self._pile.write(connection)
        self._texts.write(connection)
        self._endorsements.write(connection)
        self._recorders.write(connection)
        write_rows(connection, self.number, self._rows)


@contextmanager
def _hardly_collecting() -> Iterator[None]:
    before = gc.get_threshold()
    gc.set_threshold(*COLLECT)
    try:
        yield
    finally:
        gc.set_threshold(*before)
