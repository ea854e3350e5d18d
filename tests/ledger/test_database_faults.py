"""What a database cannot do is said in words, with the way out, and nothing is half recorded."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from eventsourcing.cipher import AESCipher
from sqlalchemy import event

from domain.errors import (
    DatabaseFull,
    DatabaseGone,
    DatabaseLocked,
    DatabaseReadOnly,
    InvalidInput,
    ParleyError,
    TooLarge,
    UnsafeDurability,
)
from ledger import schema
from ledger.database import connect
from ledger.log import Ledger
from tests.databases import Server, start_server, stop_server
from tests.ledger.drafts import ask, check_chain, held, large_pledge, pledge
from tests.ledger.well_said import assert_said_well


@pytest.mark.parametrize(
    "url", ["", "nonsense", "mysql://host/db", "sqlite://", "sqlite:///:memory:", "http://x/y"]
)
def test_a_url_that_names_no_database_of_ours_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        connect(url)
    assert_said_well(caught.value)


def test_a_password_is_never_repeated() -> None:
    with pytest.raises(ParleyError) as caught:
        connect("mysql://ann:hunter2@host/db")
    assert "hunter2" not in str(caught.value)


def test_a_server_that_does_not_answer_is_gone() -> None:
    with pytest.raises(DatabaseGone) as caught:
        connect("postgresql://nobody:hunter2@127.0.0.1:9/none")
    assert_said_well(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.postgres
def test_a_database_that_does_not_exist_is_gone(server: Server) -> None:
    with pytest.raises(DatabaseGone) as caught:
        connect(server.url("nothing_here"))
    assert_said_well(caught.value)


def test_a_file_that_is_no_database_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear all, " * 500, "utf-8")
    with pytest.raises(DatabaseGone, match="not a database") as caught:
        connect(f"sqlite:///{path}")
    assert_said_well(caught.value)


def test_a_folder_is_gone_as_a_database(tmp_path: Path) -> None:
    with pytest.raises(DatabaseGone, match="cannot be opened") as caught:
        connect(f"sqlite:///{tmp_path}")
    assert_said_well(caught.value)


def test_a_read_only_file_can_be_read_and_refuses_to_be_written(sqlite_database: str) -> None:
    with Ledger(sqlite_database) as ledger:
        ledger.append([pledge()])
    with Ledger(f"{sqlite_database}?mode=ro") as ledger:
        with pytest.raises(DatabaseReadOnly) as caught:
            ledger.append([pledge()])
        assert_said_well(caught.value)
        assert check_chain(ledger) == 1


@pytest.mark.postgres
def test_a_read_only_server_can_be_read_and_refuses_to_be_written(
    server: Server, postgres_database: str
) -> None:
    name = postgres_database.split("/")[3].partition("?")[0]
    with server.connect() as owner:
        owner.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on".encode())
    with Ledger(postgres_database) as ledger:
        with pytest.raises(DatabaseReadOnly) as caught:
            ledger.append([pledge()])
        assert_said_well(caught.value)
        assert ledger.head().size == 0


def test_a_full_file_refuses_and_keeps_what_it_has(sqlite_database: str) -> None:
    with Ledger(sqlite_database) as ledger:
        ledger.append([pledge()])
    pages = ask(sqlite_database, "PRAGMA page_count")[0][0]
    with Ledger(sqlite_database) as ledger:
        engine = ledger.factory.engine

        @event.listens_for(engine, "connect")
        def limit(connection: sqlite3.Connection, _: object) -> None:
            # The quota of a disk, as SQLite itself can keep it.
            connection.execute(f"PRAGMA max_page_count = {pages + 8}")

        engine.dispose()
        told: list[ParleyError] = []
        while not told:
            try:
                ledger.append([pledge()])
            except DatabaseFull as refusal:
                told.append(refusal)
        assert_said_well(told[0])
        assert check_chain(ledger) > 1


@pytest.mark.postgres
def test_a_full_server_refuses_and_keeps_what_it_has(postgres_database: str) -> None:
    with Ledger(postgres_database) as ledger:
        ledger.append([pledge()])
        # The server says disk_full where its disk is full; here it says so when asked to.
        ask(
            postgres_database,
            "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE"
            " EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$;"
            " CREATE TRIGGER no_room BEFORE UPDATE ON log_head EXECUTE FUNCTION no_room()",
        )
        for drafts in ([pledge()], [pledge() for _ in range(50)]):
            with pytest.raises(DatabaseFull) as caught:
                ledger.append(drafts)
            assert_said_well(caught.value)
        assert check_chain(ledger) == 1

        ask(postgres_database, "DROP TRIGGER no_room ON log_head")
        ledger.append([pledge()])
        assert check_chain(ledger) == 2


def test_a_log_that_another_process_holds_is_locked(database: str) -> None:
    with Ledger(database, lock_timeout=0.2) as ledger:
        with held(database), pytest.raises(DatabaseLocked) as caught:
            ledger.append([pledge()])
        assert_said_well(caught.value)
        assert ledger.head().size == 0


def test_a_body_over_the_limit_is_refused_before_the_log_is_touched(
    database: str, ledger: Ledger
) -> None:
    with held(database), pytest.raises(TooLarge) as caught:
        ledger.append([large_pledge()])
    assert_said_well(caught.value)
    assert ledger.head().size == 0


@pytest.fixture(scope="module")
def careless() -> Iterator[Server]:
    """A server that we may mistreat."""
    folder = Path(tempfile.mkdtemp(prefix="parley-pg-"))
    started = start_server(folder)
    yield started
    stop_server(started)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.postgres
@pytest.mark.parametrize("setting", ["fsync", "synchronous_commit"])
def test_a_server_that_may_forget_is_refused(careless: Server, setting: str) -> None:
    url = careless.make()
    schema.upgrade(url)
    with careless.connect() as owner:
        owner.execute(f"ALTER SYSTEM SET {setting} = off".encode())
        owner.execute("SELECT pg_reload_conf()")
    try:
        refusal = _refused_start(url)
        assert setting in str(refusal)
        assert_said_well(refusal)
    finally:
        with careless.connect() as owner:
            owner.execute(f"ALTER SYSTEM RESET {setting}".encode())
            owner.execute("SELECT pg_reload_conf()")


def _refused_start(url: str) -> UnsafeDurability:
    """The refusal of a ledger; a reload reaches new sessions only after a moment."""
    for _ in range(200):
        try:
            Ledger(url).close()
        except UnsafeDurability as refusal:
            return refusal
        time.sleep(0.02)
    raise AssertionError("the ledger started on a server that may forget")


def test_a_database_may_not_be_told_to_forget_for_this_user_alone(
    postgres_database: str,
) -> None:
    name = postgres_database.split("/")[3].partition("?")[0]
    ask(postgres_database, f"ALTER DATABASE {name} SET synchronous_commit = off")

    with pytest.raises(UnsafeDurability, match="synchronous_commit"):
        Ledger(postgres_database)


def test_inserting_by_database_functions_is_refused(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSTGRES_ENABLE_DB_FUNCTIONS", "y")

    with pytest.raises(UnsafeDurability, match="loses the order") as caught:
        Ledger(database)
    assert caught.value.problems[0].field == "POSTGRES_ENABLE_DB_FUNCTIONS"


@pytest.mark.parametrize("name", ["COMPRESSOR_TOPIC", "CIPHER_TOPIC"])
def test_nothing_may_come_between_a_leaf_and_its_bytes(
    sqlite_database: str, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(
        name, "zlib" if name == "COMPRESSOR_TOPIC" else "eventsourcing.cipher:AESCipher"
    )
    monkeypatch.setenv("CIPHER_KEY", AESCipher.create_key(16))

    with pytest.raises(InvalidInput, match="byte for byte"):
        Ledger(sqlite_database)


@pytest.mark.postgres
def test_a_session_that_was_ended_is_opened_again(server: Server, postgres_database: str) -> None:
    name = postgres_database.split("/")[3].partition("?")[0]
    with Ledger(postgres_database) as ledger:
        ledger.append([pledge()])
        assert ledger.head().size == 1
        with server.connect() as owner:
            owner.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                [name],
            )

        ledger.append([pledge()])

        assert check_chain(ledger) == 2


@pytest.mark.postgres
def test_a_server_that_dies_is_gone_and_comes_back_with_all_it_acknowledged() -> None:
    folder = Path(tempfile.mkdtemp(prefix="parley-pg-"))
    first = start_server(folder)
    try:
        url = first.make()
        schema.upgrade(url)
        with Ledger(url) as ledger:
            ledger.append([pledge() for _ in range(30)])
            first.process.send_signal(signal.SIGQUIT)  # No checkpoint: it has to recover.
            first.process.wait()
            for act in (lambda: ledger.append([pledge()]), ledger.head):
                with pytest.raises(DatabaseGone) as caught:
                    act()
                assert_said_well(caught.value)
            first = start_server(folder)

            ledger.append([pledge()])

            assert check_chain(ledger) == 31
    finally:
        stop_server(first)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.postgres
def test_a_writer_that_freezes_is_ended_and_the_log_goes_on(postgres_database: str) -> None:
    with Ledger(postgres_database) as ledger:
        ledger.append([pledge()])
        engine = connect(postgres_database)
        frozen = engine.raw_connection()
        frozen.cursor().execute("BEGIN")
        frozen.cursor().execute("SELECT size FROM log_head FOR UPDATE")

        # Its session is ended after the idle timeout, which is shorter than our patience.
        (receipt,) = ledger.append([pledge()])

        assert receipt.position == 2
        frozen.invalidate()
        engine.dispose()
