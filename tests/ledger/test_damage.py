"""A log that is not whole is named as such, when it is checked and when it is read."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any, LiteralString

import pytest

from domain.errors import DatabaseDamaged, DatabaseGone, NotFound, Unavailable
from ledger.database import connect
from ledger.filter import Filter
from ledger.log import Ledger
from ledger.wholeness import verify
from tests.ledger.drafts import actor, ask, pledge

LAST_BUT_ONE_TWICE: LiteralString = (
    "UPDATE events SET leaf = other.leaf, leaf_hash = other.leaf_hash "
    "FROM events other WHERE events.position = 9 AND other.position = 8"
)


@pytest.fixture
def filled(database: str) -> str:
    """The URL of a log with nine entries."""
    with Ledger(database) as ledger:
        ledger.append([pledge("coalition-force") for _ in range(5)])
        ledger.append([actor("poland"), actor("france"), pledge(), pledge()])
    return database


def tamper(url: str, *statements: LiteralString) -> None:
    """Change the log as somebody can who may also take its guards away, and puts them back."""
    if not url.startswith("sqlite"):
        for table in ("events", "log_head"):
            ask(url, f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in statements:
            ask(url, statement)
        for table in ("events", "log_head"):
            ask(url, f"ALTER TABLE {table} ENABLE TRIGGER USER")
        return
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as file:
        triggers = file.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        kept = triggers.fetchall()
        for name, _ in kept:
            file.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            file.execute(statement)
        for _, sql in kept:
            file.execute(sql)


def check(url: str) -> int:
    engine = connect(url)
    try:
        return verify(engine).size
    finally:
        engine.dispose()


def test_a_whole_log_is_found_whole(filled: str) -> None:
    assert check(filled) == 9
    tamper(filled)
    assert check(filled) == 9


def test_an_empty_log_is_whole(database: str) -> None:
    assert check(database) == 0


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        ("DELETE FROM events WHERE position = 1", "entry 1 is missing"),
        ("DELETE FROM events WHERE position IN (4, 5, 7)", "entry 4 is missing"),
        ("DELETE FROM events WHERE position = 9", "entry 9 is missing"),
        ("DELETE FROM events", "entry 1 is missing"),
        # A tree of five leaves has as many hashes as one of nine; a tree of eight has not.
        ("UPDATE log_head SET size = 5", "counts 5 entries"),
        ("UPDATE log_head SET size = 8", "head of the log is missing or cannot be read"),
        ("DELETE FROM log_head", "head of the log is missing"),
        ("UPDATE events SET leaf = leaf_hash WHERE position = 9", "entry 9 is not what was"),
        (LAST_BUT_ONE_TWICE, "entry 9 is not what was recorded"),
    ],
)
def test_a_check_names_what_is_not_whole(filled: str, statement: LiteralString, rule: str) -> None:
    tamper(filled, statement)
    with pytest.raises(DatabaseDamaged, match=rule) as caught:
        check(filled)
    assert "restore a copy" in caught.value.problems[0].way_out


def test_a_check_misses_the_guards_that_were_taken_away(filled: str) -> None:
    if filled.startswith("sqlite"):
        ask(filled, "DROP TRIGGER events_refuse_delete")
        with pytest.raises(DatabaseDamaged, match=r"\(events_refuse_delete\)"):
            check(filled)
        return
    ask(filled, "DROP TRIGGER events_refuse ON events")
    ask(filled, "ALTER TABLE event_actors DISABLE TRIGGER event_actors_refuse")
    with pytest.raises(DatabaseDamaged, match=r"\(event_actors_refuse, events_refuse\)"):
        check(filled)


READS: dict[str, Callable[[Ledger], Any]] = {
    "everything": lambda ledger: list(ledger.entries()),
    "a page": lambda ledger: ledger.page(limit=5),
    "the newest": lambda ledger: ledger.page(limit=6, newest_first=True),
    "leaves": lambda ledger: list(ledger.leaves()),
    "the stream": lambda ledger: ledger.stream("ukraine/pledge/coalition-force"),
    "the entry": lambda ledger: ledger.entry(4),
    "a follower": lambda ledger: next(ledger.follow()),
    "the library": lambda ledger: ledger.recorder.select_notifications(1, 10),
}
read = pytest.mark.parametrize("read", READS.values(), ids=READS)


@read
def test_nobody_reads_over_a_gap(filled: str, read: Callable[[Ledger], Any]) -> None:
    tamper(filled, "DELETE FROM events WHERE position = 4")
    with Ledger(filled) as ledger:
        with pytest.raises(DatabaseDamaged, match=r"4 .*is missing"):
            read(ledger)
        with pytest.raises(NotFound):
            ledger.entry(10)
        assert len(ledger.page(Filter(kind="actor.registered")).entries) == 2


def test_a_log_that_lost_its_end_is_not_read_as_a_shorter_one(filled: str) -> None:
    tamper(filled, "DELETE FROM events WHERE position > 7")
    with Ledger(filled) as ledger:
        for read in (lambda: list(ledger.entries()), lambda: list(ledger.leaves(7))):
            with pytest.raises(DatabaseDamaged, match="entry 8 is missing"):
                read()


LEAVES: dict[str, tuple[LiteralString, LiteralString]] = {
    "no JSON": ("x'00'", "'\\x00'"),
    "no UTF-8": ("x'7b22ff'", "'\\x7b22ff'"),
    "no leaf": ("x'7b7d'", "'\\x7b7d'"),
    "no object": ("x'3137'", "'\\x3137'"),
    "of another entry": (
        "(SELECT leaf FROM events WHERE position = 5)",
        "(SELECT leaf FROM events WHERE position = 5)",
    ),
}


@pytest.mark.parametrize("leaf", LEAVES.values(), ids=LEAVES)
def test_a_leaf_that_cannot_be_read_is_named(
    filled: str, leaf: tuple[LiteralString, LiteralString]
) -> None:
    changed = leaf[0 if filled.startswith("sqlite") else 1]
    tamper(filled, f"UPDATE events SET leaf = {changed} WHERE position = 4")  # noqa: S608 - ours
    with Ledger(filled) as ledger:
        for name in ("everything", "the stream", "the entry", "a follower"):
            with pytest.raises(DatabaseDamaged, match="4"):
                READS[name](ledger)


def test_a_log_without_its_head_is_damaged_to_readers_and_writers(filled: str) -> None:
    tamper(filled, "DELETE FROM log_head")
    with Ledger(filled) as ledger:
        for act in (
            ledger.head,
            lambda: ledger.append([pledge()]),
            lambda: ledger.append([pledge(), pledge()]),
            lambda: list(ledger.entries()),
            lambda: ledger.position_at(0),
            ledger.recorder.max_notification_id,
        ):
            with pytest.raises(DatabaseDamaged, match="head of the log"):
                act()
    assert ask(filled, "SELECT count(*) FROM events") == [(9,)]


def test_a_writer_who_finds_entries_beyond_the_head_records_nothing(filled: str) -> None:
    tamper(filled, "UPDATE log_head SET size = 5")
    with Ledger(filled) as ledger, pytest.raises(DatabaseDamaged, match="beyond"):
        ledger.append([pledge()])
    assert ask(filled, "SELECT count(*) FROM events") == [(9,)]


def test_a_file_with_flipped_bytes_is_damaged(sqlite_database: str) -> None:
    with Ledger(sqlite_database) as ledger:
        ledger.append([pledge() for _ in range(200)])
    path = Path(sqlite_database.removeprefix("sqlite:///"))
    whole = path.read_bytes()
    size = int.from_bytes(whole[16:18], "big")
    for page in range(len(whole) // size):
        broken = bytearray(whole)
        start = page * size
        for place in range(start, start + 40):
            broken[place] ^= 0xFF
        path.write_bytes(broken)
        with pytest.raises((DatabaseDamaged, DatabaseGone)):
            check(sqlite_database)


def test_a_text_that_is_none_is_damaged(sqlite_database: str) -> None:
    with Ledger(sqlite_database) as ledger:
        ledger.append([pledge()])
    tamper(sqlite_database, "UPDATE events SET stream = CAST(x'ff' AS TEXT)")
    with Ledger(sqlite_database) as ledger, pytest.raises(DatabaseDamaged):
        ledger.recorder.select_notifications(1, 1)


def test_whatever_bytes_are_flipped_ends_in_a_refusal_or_an_answer(sqlite_database: str) -> None:
    with Ledger(sqlite_database) as ledger:
        ledger.append([pledge("a"), actor("poland"), pledge("a"), pledge("b"), actor("france")])
    path = Path(sqlite_database.removeprefix("sqlite:///"))
    whole = path.read_bytes()
    draws = Random(20250904)
    refused = 0
    for _ in range(150):
        broken = bytearray(whole)
        for _ in range(draws.randint(1, 200)):
            broken[draws.randrange(100, len(broken))] = draws.randrange(256)
        path.write_bytes(broken)
        for act in (_read_all, _append, check):
            try:
                act(sqlite_database)
            except Unavailable:
                refused += 1
    assert refused > 150


def _read_all(url: str) -> None:
    with Ledger(url) as ledger:
        list(ledger.entries())
        ledger.stream("ukraine/pledge/a")
        list(ledger.entries(where=Filter(kind="actor.registered")))


def _append(url: str) -> None:
    with Ledger(url) as ledger:
        ledger.append([pledge("a")])
