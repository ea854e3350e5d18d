"""The tailer hands on every entry, whatever happens to its hints, connections and server."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import make_url

from app.feed import open_hub
from app.parley import Parley, open_parley
from app.settings import read_settings
from domain.errors import DatabaseGone
from feed.hub import Hub
from feed.tailer import Tailer
from ledger import schema
from ledger.filter import EVERYTHING, Page
from ledger.log import Ledger
from ledger.reading import Leaf, Reader
from ledger.transaction import Head
from tests.databases import Server, start_server, stop_server
from tests.feed.test_hub import Connection, run, settle, upto
from tests.ledger.drafts import pledge
from tests.ledger.test_following import Deaf


def append(url: str, many: int) -> None:
    """Record from elsewhere, as another process would."""
    with Ledger(url) as ledger:
        for _ in range(many):
            ledger.append([pledge()])


async def reached(hub: Hub, position: int) -> None:
    """Wait until the hub has handed on so much."""
    await settle(lambda: hub.position == position)


@pytest.fixture
def parley(database: str) -> Iterator[Parley]:
    with open_parley(read_settings(database_url=database)) as opened:
        yield opened


def test_what_others_record_comes_once_in_order(parley: Parley, database: str) -> None:
    async def play() -> None:
        async with open_hub(parley) as hub:
            connection = Connection()
            serving = hub.serve(connection.send, connection.gone, EVERYTHING, 0)
            task = asyncio.create_task(serving)
            await asyncio.to_thread(append, database, 20)
            await settle(lambda: connection.positions() == upto(21))
        assert (await task)[0] == "shutdown"

    run(play)


def test_hints_that_are_lost_delay_and_lose_nothing(
    parley: Parley, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.following.watch", Deaf)

    async def play() -> None:
        async with open_hub(parley) as hub:
            for number in range(1, 4):
                await asyncio.to_thread(append, database, 5)
                await reached(hub, 1 + 5 * number)

    run(play)


def test_an_error_that_nobody_foresaw_ends_no_tailer(
    parley: Parley, database: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    errors: list[Exception] = []
    encode = parley.ledger.leaves_at

    def failing(positions: list[int]) -> dict[int, Leaf]:
        if errors:
            raise errors.pop()
        return encode(positions)

    monkeypatch.setattr(type(parley.ledger), "leaves_at", lambda _, positions: failing(positions))

    async def play() -> None:
        async with open_hub(parley) as hub:
            errors.append(RuntimeError("nobody foresaw this"))
            await asyncio.to_thread(append, database, 3)
            await settle(lambda: hub.position == 4)

    run(play)
    assert "the log cannot be followed" in caplog.messages


def test_a_log_that_has_become_shorter_ends_everybody_who_reads_it(
    parley: Parley, database: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    head, leaves_at = Ledger.head, Ledger.leaves_at
    lost: list[int] = []
    errors: list[Exception] = []

    def shorter(ledger: Ledger) -> Head:
        found = head(ledger)
        return replace(found, size=lost.pop()) if lost else found

    def failing(ledger: Ledger, positions: Sequence[int]) -> dict[int, Leaf]:
        if errors:
            lost.append(2)
            raise errors.pop()
        return leaves_at(ledger, positions)

    monkeypatch.setattr(Ledger, "leaves_at", failing)
    monkeypatch.setattr(Ledger, "head", shorter)

    async def play() -> None:
        async with open_hub(parley) as hub:
            connection = Connection()
            serving = hub.serve(connection.send, connection.gone, EVERYTHING, 0)
            task = asyncio.create_task(serving)
            await asyncio.to_thread(append, database, 4)
            await settle(lambda: connection.positions() == upto(5))
            # As a database that goes away for a moment, and comes back as an older copy.
            errors.append(DatabaseGone.of("PARLEY_DATABASE_URL", "is away", "wait"))
            await asyncio.to_thread(append, database, 1)
            assert await task == ("failure", 5)
            await reached(hub, 6)

    run(play)
    assert "the log was followed up to 5, lost its end, and ends at 2" in caplog.messages


def test_an_older_copy_put_back_under_an_open_log_ends_everybody_too(
    sqlite_database: str, caplog: pytest.LogCaptureFixture
) -> None:
    file = sqlite3.connect(make_url(sqlite_database).database or "")
    older = sqlite3.connect(":memory:")

    async def play() -> None:
        with open_parley(read_settings(database_url=sqlite_database)) as parley:
            append(sqlite_database, 2)
            file.backup(older)
            append(sqlite_database, 2)
            async with open_hub(parley) as hub:
                connection = Connection()
                serving = hub.serve(connection.send, connection.gone, EVERYTHING, 0)
                task = asyncio.create_task(serving)
                await settle(lambda: connection.positions() == upto(5))
                older.backup(file)
                assert await task == ("failure", 5)
                await reached(hub, 3)
                await asyncio.to_thread(append, sqlite_database, 1)
                await reached(hub, 4)

    with closing(file), closing(older):
        run(play)
    assert "the log was followed up to 5, lost its end, and ends at 3" in caplog.messages


def test_nor_does_one_go_unnoticed_that_has_grown_again_while_it_was_away(
    sqlite_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = sqlite3.connect(make_url(sqlite_database).database or "")
    older = sqlite3.connect(":memory:")
    away, page = threading.Event(), Reader.page

    def failing(reader: Reader, *args: Any, **asked: Any) -> Page:  # noqa: ANN401 - as it has them.
        if away.is_set():
            raise DatabaseGone.of("PARLEY_DATABASE_URL", "is away", "wait")
        return page(reader, *args, **asked)

    async def play() -> None:
        with open_parley(read_settings(database_url=sqlite_database)) as parley:
            append(sqlite_database, 2)
            file.backup(older)
            append(sqlite_database, 2)
            async with open_hub(parley) as hub:
                connection = Connection()
                serving = hub.serve(connection.send, connection.gone, EVERYTHING, 0)
                task = asyncio.create_task(serving)
                await settle(lambda: connection.positions() == upto(5))
                append(sqlite_database, 1)
                await reached(hub, 6)
                away.set()
                older.backup(file)
                append(sqlite_database, 4)
                await asyncio.sleep(0.1)
                away.clear()
                assert await task == ("failure", 6)
                await reached(hub, 7)
                again = Connection()
                serving = hub.serve(again.send, again.gone, EVERYTHING, 3)
                task = asyncio.create_task(serving)
                await settle(lambda: again.positions() == [4, 5, 6, 7])
                known = {str(entry.id) for entry in parley.ledger.entries()}
                assert {each.data["id"] for each in again.messages() if not each.name} <= known
                hub.close()
                await task

    monkeypatch.setattr(Reader, "page", failing)
    with closing(file), closing(older):
        run(play)


def test_a_database_that_is_away_is_told_of_once(
    parley: Parley, database: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("feed.tailer.BACK_OFF", (0.001,))
    head = Ledger.head
    gone = [DatabaseGone.of("PARLEY_DATABASE_URL", "is away", "wait") for _ in range(5)]

    def failing(ledger: Ledger) -> Head:
        if gone:
            raise gone.pop()
        return head(ledger)

    async def play() -> None:
        hub = Hub(lambda *_: ([], 0), str, parley.ledger.head().size)
        monkeypatch.setattr(Ledger, "head", failing)
        tailer = Tailer(parley.ledger, hub, lambda _: [])
        await settle(lambda: not gone)
        await asyncio.to_thread(append, database, 1)
        await reached(hub, 2)
        await tailer.stop()

    run(play)
    assert [each.startswith("the log cannot be followed") for each in caplog.messages] == [True]


def test_who_comes_back_to_a_new_process_is_served_from_memory(
    parley: Parley, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(database, 30)

    def refused(*_: object, **__: object) -> Page:
        raise AssertionError("the log was read")

    async def play() -> None:
        async with open_hub(parley) as hub:
            monkeypatch.setattr(Ledger, "page", refused)
            connection = Connection()
            task = asyncio.create_task(hub.serve(connection.send, connection.gone, EVERYTHING, 10))
            await settle(lambda: connection.sends > 0)
            await settle(lambda: hub.late == 0)
            assert connection.positions() == list(range(11, 32))
        await task

    run(play)


@pytest.mark.postgres
def test_sessions_that_are_ended_are_opened_again(postgres_database: str, server: Server) -> None:
    name = make_url(postgres_database).database
    allow = f"ALTER DATABASE {name} ALLOW_CONNECTIONS"
    sessions = b"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"

    async def play() -> None:
        with open_parley(read_settings(database_url=postgres_database)) as parley:
            async with open_hub(parley) as hub:
                connection = Connection()
                serving = hub.serve(connection.send, connection.gone, EVERYTHING, 0)
                task = asyncio.create_task(serving)
                for number in range(1, 4):
                    with server.connect() as admin:
                        admin.execute(f"{allow} false".encode())
                        admin.execute(sessions, [name])
                        await asyncio.sleep(0.2)
                        admin.execute(f"{allow} true".encode())
                    await asyncio.to_thread(append, postgres_database, 5)
                    await reached(hub, 1 + 5 * number)
                assert connection.positions() == upto(16)
            await task

    run(play)


@pytest.mark.postgres
def test_a_database_server_that_is_killed_and_started_again_loses_nothing() -> None:
    folder = Path(tempfile.mkdtemp(prefix="parley-pg-"))
    server = start_server(folder)
    try:
        url = server.make()
        schema.upgrade(url)
        run(lambda: _through_a_restart(url, folder, server))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _through_a_restart(url: str, folder: Path, server: Server) -> None:
    with open_parley(read_settings(database_url=url)) as parley:
        async with open_hub(parley) as hub:
            connection = Connection()
            serving = hub.serve(connection.send, connection.gone, EVERYTHING, 0)
            task = asyncio.create_task(serving)
            await asyncio.to_thread(append, url, 5)
            await settle(lambda: hub.position == 6)
            stop_server(server)
            await asyncio.sleep(0.3)
            again = await asyncio.to_thread(start_server, folder)
            try:
                await asyncio.to_thread(append, url, 5)
                await settle(lambda: hub.position == 11)
                assert connection.positions() == upto(11)
            finally:
                hub.close()
                await task
                stop_server(again)
