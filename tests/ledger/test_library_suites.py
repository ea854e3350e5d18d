"""The library's own suites for recorders, on both databases.

They insert opaque bytes and expect them back as they were, at ids from 1.
"""

from __future__ import annotations

import threading
from typing import Any, ClassVar
from uuid import uuid4

import pytest
from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    InfrastructureFactory,
    InfrastructureFactoryError,
)
from eventsourcing.tests.persistence import (
    AggregateRecorderTestCase,
    ApplicationRecorderTestCase,
    InfrastructureFactoryTestCase,
    NonInterleavingNotificationIDsBaseCase,
    RecorderTestCase,
)
from eventsourcing.utils import Environment, register_topic

from ledger.factory import DATABASE_URL, Factory
from ledger.log import Ledger
from ledger.recorder import Recorder, StreamRecorder
from tests.ledger.drafts import pledge

SETTINGS = {"PERSISTENCE_MODULE": "ledger.factory:Factory"}


class OnOneDatabase(RecorderTestCase):
    """Gives a suite a factory on a fresh log; streams of ours are named by texts."""

    __test__ = False
    database: str

    def new_originator_id(self) -> str:
        return str(uuid4())

    def make_factory(self) -> Factory:
        factory: InfrastructureFactory[Any] = InfrastructureFactory.construct(
            {**SETTINGS, DATABASE_URL: self.database}
        )
        assert isinstance(factory, Factory)
        self.addCleanup(close_when_alone, factory, set(threading.enumerate()))
        return factory


def close_when_alone(factory: Factory, before: set[threading.Thread]) -> None:
    """Close a factory when the threads of a test, which it tells to stop, have stopped.

    What a thread still reads with would be nobody's to close.
    """
    for thread in set(threading.enumerate()) - before:
        thread.join(timeout=10)
    factory.close()


class OnSqlite(OnOneDatabase):
    @pytest.fixture(autouse=True)
    def _on_sqlite(self, sqlite_database: str) -> None:
        self.database = sqlite_database


@pytest.mark.postgres
class OnPostgres(OnOneDatabase):
    @pytest.fixture(autouse=True)
    def _on_postgres(self, postgres_database: str) -> None:
        self.database = postgres_database


class ApplicationSuite(OnOneDatabase, ApplicationRecorderTestCase[Recorder]):
    def create_recorder(self) -> Recorder:
        return self.make_factory().application_recorder()

    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


class NonInterleavingSuite(OnOneDatabase, NonInterleavingNotificationIDsBaseCase):
    def create_recorder(self) -> Recorder:
        return self.make_factory().application_recorder()


class StreamSuite(OnOneDatabase, AggregateRecorderTestCase):
    def create_recorder(self) -> StreamRecorder:
        return self.make_factory().aggregate_recorder()


class TestApplicationOnSqlite(OnSqlite, ApplicationSuite):
    __test__ = True


class TestApplicationOnPostgres(OnPostgres, ApplicationSuite):
    __test__ = True


class TestNonInterleavingOnSqlite(OnSqlite, NonInterleavingSuite):
    __test__ = True


class TestNonInterleavingOnPostgres(OnPostgres, NonInterleavingSuite):
    __test__ = True


class TestStreamsOnSqlite(OnSqlite, StreamSuite):
    __test__ = True


class TestStreamsOnPostgres(OnPostgres, StreamSuite):
    __test__ = True


class TestFactory(InfrastructureFactoryTestCase[Factory]):
    """What the factory makes, and what it refuses to make."""

    @pytest.fixture(autouse=True)
    def _on_sqlite(self, sqlite_database: str) -> None:
        self.env = Environment("Ledger", {**SETTINGS, DATABASE_URL: sqlite_database})

    def expected_factory_class(self) -> type[Factory]:
        return Factory

    def expected_aggregate_recorder_class(self) -> type[AggregateRecorder]:
        return StreamRecorder

    def expected_application_recorder_class(self) -> type[ApplicationRecorder]:
        return Recorder

    def expected_tracking_recorder_class(self) -> Any:  # noqa: ANN401 - there is none
        raise NotImplementedError

    def expected_process_recorder_class(self) -> Any:  # noqa: ANN401 - there is none
        raise NotImplementedError

    def tracking_recorder_subclass(self) -> Any:  # noqa: ANN401 - there is none
        raise NotImplementedError

    def test_create_tracking_recorder(self) -> None:
        """Read models keep their position in their own transaction, not in the log."""
        with pytest.raises(InfrastructureFactoryError):
            self.factory.tracking_recorder()

    def test_create_process_recorder(self) -> None:
        """What a read model writes is no event."""
        with pytest.raises(InfrastructureFactoryError):
            self.factory.process_recorder()

    def test_takes_no_snapshots(self) -> None:
        with pytest.raises(InfrastructureFactoryError):
            self.factory.aggregate_recorder(purpose="snapshots")


class SpecialFactory(Factory):
    """A factory of somebody who has more to say."""


class SpecialLedger(Ledger):
    """A ledger that names it."""

    env: ClassVar[dict[str, str]] = {**Ledger.env, "PERSISTENCE_MODULE": "tests-special-factory"}


def test_the_factory_is_the_one_that_the_environment_names(sqlite_database: str) -> None:
    register_topic("tests-special-factory", SpecialFactory)
    with SpecialLedger(sqlite_database, clock=lambda: 5, nonce=lambda: b"n" * 16) as ledger:
        assert type(ledger.factory) is SpecialFactory
        (receipt,) = ledger.append([pledge()])
        assert receipt.recorded_at == 5
        assert ledger.entry(1).nonce == (b"n" * 16).hex()


# The suites themselves are no tests: they have no database.
del ApplicationRecorderTestCase, AggregateRecorderTestCase, InfrastructureFactoryTestCase
del NonInterleavingNotificationIDsBaseCase, RecorderTestCase
