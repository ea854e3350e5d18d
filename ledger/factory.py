"""How the library finds our recorder: `PERSISTENCE_MODULE = "ledger.factory:Factory"`."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import NoReturn

from eventsourcing.persistence import (
    InfrastructureFactory,
    InfrastructureFactoryError,
    ProcessRecorder,
    TrackingRecorder,
    TTrackingRecorder,
)
from eventsourcing.utils import Environment, EnvType
from sqlalchemy import Engine

from ledger import schema
from ledger.appender import Appender
from ledger.database import LOCK_TIMEOUT, connect, is_sqlite, refuse_database_functions
from ledger.postgres import PostgresStore
from ledger.recorder import Recorder, StreamRecorder
from ledger.signal import Signal
from ledger.sqlite import SqliteStore
from ledger.transaction import Store

DATABASE_URL = "PARLEY_DATABASE_URL"
LOCK_TIMEOUT_SETTING = "PARLEY_LOCK_TIMEOUT"
NONCE_SIZE = 16


def system_clock() -> int:
    """Microseconds since the epoch, UTC."""
    return time.time_ns() // 1_000


def system_nonce() -> bytes:
    """Sixteen bytes that nobody can guess, so that a leaf cannot be guessed from its hash."""
    return os.urandom(NONCE_SIZE)


class Factory(InfrastructureFactory[TrackingRecorder]):
    """One engine, one appender and one recorder for one database.

    Nothing is created: the tables are Alembic's, and a database that does not
    have them is refused. `clock` and `nonce` may be replaced before the recorder is asked for.
    """

    def __init__(self, env: Environment | EnvType | None) -> None:
        super().__init__(env)
        refuse_database_functions(self.env)
        self.clock: Callable[[], int] = system_clock
        self.nonce: Callable[[], bytes] = system_nonce
        self.signal = Signal()
        self._engine: Engine | None = None
        self._appender: Appender | None = None

    @property
    def engine(self) -> Engine:
        """The engine; connects and checks the schema when first asked for."""
        if self._engine is None:
            url = self.env.get(DATABASE_URL, "") or ""
            wait = float(self.env.get(LOCK_TIMEOUT_SETTING, "") or LOCK_TIMEOUT)
            engine = connect(url, lock_timeout=wait)
            try:
                schema.check(engine)
            except BaseException:
                engine.dispose()
                raise
            self._engine = engine
        return self._engine

    @property
    def appender(self) -> Appender:
        """The one appender of this process for this database."""
        if self._appender is None:
            engine = self.engine
            store: Store = SqliteStore(engine) if is_sqlite(engine) else PostgresStore(engine)
            self._appender = Appender(
                store, clock=self.clock, nonce=self.nonce, recorded=self.signal.announce
            )
        return self._appender

    def application_recorder(self) -> Recorder:
        """The log."""
        return Recorder(self.engine, self.appender, self.signal)

    def aggregate_recorder(self, purpose: str = "events") -> StreamRecorder:
        """The log seen as streams; there are no snapshots, for states come from stories."""
        if purpose != "events":
            raise InfrastructureFactoryError(f"the log keeps events, not {purpose}")
        return StreamRecorder(self.application_recorder())

    def tracking_recorder(
        self, tracking_recorder_class: type[TTrackingRecorder] | None = None
    ) -> NoReturn:
        """Refused: read models keep their position beside their own rows."""
        del tracking_recorder_class
        raise InfrastructureFactoryError("the log keeps no tracking records")

    def process_recorder(self) -> ProcessRecorder:
        """Refused: what a read model writes is no event."""
        raise InfrastructureFactoryError("the log keeps no process events")

    def close(self) -> None:
        """Let go of every connection."""
        if self._appender is not None:
            self._appender.close()
        if self._engine is not None:
            self._engine.dispose()
