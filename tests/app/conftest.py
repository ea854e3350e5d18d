"""Parley on a database of its own, with a clock that a test can set."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from platformdirs import user_data_path
from sqlalchemy.engine import make_url

from app.parley import Parley, open_parley
from app.pinned import AskedFramework
from app.record import record
from app.settings import Settings, read_settings
from tests.app.bodies import NEGOTIATION, SETTING
from tests.app.desks import Desk
from tests.app.lossy import Lossy
from tests.app.talks import Json, Talks
from tests.databases import BOTH, TEMPLATE, Server


@dataclass
class Clock:
    """Microseconds since the epoch, UTC; stands still until it is set."""

    now: int = 0

    def __call__(self) -> int:
        return self.now

    def set(self, text: str) -> None:
        instant = datetime.fromisoformat(text).astimezone(UTC)
        self.now = int(instant.timestamp()) * 1_000_000 + instant.microsecond


@dataclass
class House:
    """A database with its settings and clock; Parley can be opened on it again and again."""

    settings: Settings
    clock: Clock = field(default_factory=Clock)

    def opened(self) -> AbstractContextManager[Parley]:
        return open_parley(self.settings, clock=self.clock)


def files_of(url: str) -> dict[str, Path]:
    """Where a house keeps its key and its guard: many logs on a server have the same name here."""
    name = make_url(url).database
    if url.startswith("sqlite") or name is None:
        return {}
    folder = user_data_path("parley") / name
    return {"signing_key_file": folder / "key", "guard_file": folder / "guard"}


def house_at(url: str) -> House:
    house = House(
        read_settings(database_url=url, subject="ann", origin="example.org/bridge", **files_of(url))
    )
    house.clock.set("2025-06-01T12:00:00+00:00")
    return house


@pytest.fixture
def house(sqlite_database: str) -> House:
    """A house on a database with tables and nothing in them.

    What the ledger promises on both databases is not tried again on both for
    every rule of this room; the files that ask more of it put `house_on_each` here.
    """
    return house_at(sqlite_database)


@pytest.fixture
def house_on_each(database: str) -> House:
    """The same, once on each database."""
    return house_at(database)


def new_url(
    kind: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """A fresh log for the tests of a whole module."""
    if kind == "sqlite":
        path = tmp_path_factory.mktemp("module") / "log.db"
        shutil.copy(request.getfixturevalue("migrated_file"), path)
        return f"sqlite:///{path}"
    server: Server = request.getfixturevalue("server")
    return server.make(TEMPLATE)


@pytest.fixture
def parley(house: House) -> Iterator[Parley]:
    """Parley with a negotiation, two actors, a source and an element on record."""
    with house.opened() as parley:
        record(parley, NEGOTIATION, SETTING)
        yield parley


@pytest.fixture
def desk(house: House, tmp_path: Path) -> Iterator[Desk]:
    with house.opened() as parley:
        yield Desk(parley, tmp_path)


@pytest.fixture
def each_desk(house_on_each: House, tmp_path: Path) -> Iterator[Desk]:
    """A desk on each database."""
    with house_on_each.opened() as parley:
        yield Desk(parley, tmp_path)


@pytest.fixture(scope="module", params=BOTH)
def talks(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Talks]:
    folder = tmp_path_factory.mktemp("talks")
    settings = read_settings(
        database_url=new_url(request.param, request, tmp_path_factory),
        signing_key_file=folder / "key",
        guard_file=folder / "guard",
    )
    with open_parley(settings) as parley:
        yield Talks(parley, folder)


@pytest.fixture(scope="module")
def carried(talks: Talks) -> Json:
    """A framework with its proof."""
    return talks.ask(AskedFramework())


@pytest.fixture(params=BOTH)
def target(
    request: pytest.FixtureRequest, migrated_file: Path, tmp_path: Path
) -> Iterator[Settings]:
    """The settings of an empty database of either sort."""
    if request.param == "sqlite":
        (tmp_path / "target").mkdir()
        path = shutil.copy(migrated_file, tmp_path / "target" / "log.db")
        yield read_settings(database_url=f"sqlite:///{path}")
        return
    server: Server = request.getfixturevalue("server")
    url = server.make(TEMPLATE)
    yield read_settings(database_url=url)
    server.drop(url)


@pytest.fixture
def lossy_on_each(house: House, target: Settings, tmp_path: Path) -> Lossy:
    """Restored into either database; the log that was lost was on SQLite."""
    return Lossy(house, target, tmp_path)


@pytest.fixture
def lossy(house: House, migrated_file: Path, tmp_path: Path) -> Lossy:
    (tmp_path / "restored").mkdir()
    path = shutil.copy(migrated_file, tmp_path / "restored" / "log.db")
    return Lossy(house, read_settings(database_url=f"sqlite:///{path}"), tmp_path)
