"""Where the contestants write: files in a folder on disk, databases of one PostgreSQL server."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, TypeAlias

from app.imports import import_case
from app.parley import Parley, open_parley
from app.settings import Settings
from ledger.schema import upgrade
from tests.bench.calm import Calm
from tests.bench.material import CASE, SUBJECT, Body, draft_of
from tests.databases import Server

FILE = "SQLite"
SERVER = "PostgreSQL"
BACKENDS = (FILE, SERVER)

Row: TypeAlias = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of `events` and `event_actors`, in the order of their columns."""

    events: list[Row]
    actors: list[Row]


class Places:
    """Gives every contestant a place of its own, so that none works in another's leftovers."""

    def __init__(self, folder: Path, server: Server) -> None:
        self._folder = folder
        self._numbers = count(1)
        self.server = server
        self.calm = Calm()

    def path(self) -> Path:
        """A file that does not exist yet."""
        return self._folder / f"{next(self._numbers)}.bench"

    def url(self, backend: str) -> str:
        """The URL of an empty database of one of the backends."""
        return self.server.make() if backend == SERVER else f"sqlite:///{self.path()}"

    def log(self, backend: str) -> str:
        """The URL of an empty log, with our tables."""
        url = self.url(backend)
        upgrade(url)
        return url

    @contextmanager
    def parley(self, backend: str) -> Iterator[Parley]:
        """Parley on a log of its own that holds the sample case."""
        with open_parley(Settings(database_url=self.log(backend), subject=SUBJECT)) as parley:
            import_case(parley, CASE)
            yield parley

    @contextmanager
    def row_maker(self) -> Iterator[RowMaker]:
        """Rows for a peer, made by the ledger itself."""
        url = self.log(FILE)
        with (
            open_parley(Settings(database_url=url, subject=SUBJECT)) as parley,
            closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection,
        ):
            yield RowMaker(parley, connection)


class RowMaker:
    """Records bodies in a log that nobody measures, and reads back the rows that this made."""

    def __init__(self, parley: Parley, connection: sqlite3.Connection) -> None:
        self._parley = parley
        self._connection = connection

    def rows_of(self, bodies: Sequence[Body]) -> Rows:
        """The rows, leaves and all; positions go on from call to call."""
        after = self._parley.ledger.head().size
        self._parley.ledger.append_bulk(map(draft_of, bodies))
        return Rows(*(self._read(table, after) for table in ("events", "event_actors")))

    def _read(self, table: str, after: int) -> list[Row]:
        query = f"SELECT * FROM {table} WHERE position > ? ORDER BY position"  # noqa: S608
        return self._connection.execute(query, (after,)).fetchall()
