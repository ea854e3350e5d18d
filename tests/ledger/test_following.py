"""A follower gets every entry once, told or not told, and ends when asked."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Self

import pytest
from sqlalchemy import Engine

from domain.entry import Entry
from domain.errors import NotFound
from ledger import signal
from ledger.filter import Filter, Page
from ledger.log import Ledger
from ledger.signal import FileWatch, ServerWatch, Signal
from tests.ledger.drafts import pledge, statement

ROOT = Path(__file__).parents[2]
PATIENCE = 20
"""Seconds that a hint may take on a loaded machine before a test gives up."""


def entries_of(pages: Iterator[Page], many: int) -> list[Entry]:
    """The next `many` entries of the pages."""
    return list(islice((entry for page in pages for entry in page.entries), many))


def recorded_soon(ledger: Ledger, many: int = 1, wait: float = 0.2) -> threading.Timer:
    """Appends from another thread, after a moment."""
    timer = threading.Timer(wait, lambda: ledger.append([pledge() for _ in range(many)]))
    timer.start()
    return timer


def test_what_is_there_comes_first_and_what_comes_later_follows(ledger: Ledger) -> None:
    ledger.append([pledge() for _ in range(7)])
    pages = ledger.follow(after=2, limit=3)

    assert [e.position for e in entries_of(pages, 5)] == [3, 4, 5, 6, 7]
    recorded_soon(ledger, 2)
    assert [e.position for e in entries_of(pages, 2)] == [8, 9]
    pages.close()


def test_a_filtered_follower_is_told_how_far_it_has_come(ledger: Ledger) -> None:
    ledger.append([statement(), statement(), pledge(), statement()])

    page = next(ledger.follow(where=Filter(kind="pledge.made")))

    assert [entry.position for entry in page.entries] == [3]
    assert page.scanned_to == 4


def test_it_ends_where_the_log_ends_before_it(ledger: Ledger) -> None:
    ledger.append([pledge()])
    assert list(ledger.follow(after=2)) == []
    pages = ledger.follow(after=1, stop=(stop := threading.Event()))
    recorded_soon(ledger)
    assert next(pages).scanned_to == 2
    stop.set()
    assert list(pages) == []


def test_an_entry_holds_its_place_until_another_has_it(ledger: Ledger) -> None:
    ledger.append([pledge(), pledge()])
    entry = ledger.entry(2)
    assert ledger.holds(entry)
    assert not ledger.holds(replace(entry, id=ledger.entry(1).id))
    with pytest.raises(NotFound):
        ledger.holds(replace(entry, position=3))


def test_a_hint_comes_long_before_the_poll(database: str, ledger: Ledger) -> None:
    with Ledger(database) as other:
        pages = ledger.follow(poll=60)
        recorded_soon(other)
        began = time.monotonic()

        entries_of(pages, 1)

        assert time.monotonic() - began < PATIENCE
        pages.close()


class Deaf:
    """A watch that is never told: every hint is lost."""

    def __init__(self, *_: object) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def wait(self, timeout: float) -> bool:
        time.sleep(timeout)
        return False


def test_lost_hints_delay_a_follower_and_lose_nothing(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.following.watch", Deaf)
    pages = ledger.follow(poll=0.3)
    for _ in range(3):
        recorded_soon(ledger, 5).join()

    assert [e.position for e in entries_of(pages, 15)] == list(range(1, 16))
    pages.close()


def test_a_follower_that_waits_ends_when_asked(ledger: Ledger) -> None:
    stop = threading.Event()
    threading.Timer(0.3, stop.set).start()

    assert list(ledger.follow(stop=stop, poll=60)) == []


@pytest.mark.postgres
def test_a_listener_that_loses_its_server_session_goes_on(postgres_database: str) -> None:
    from tests.ledger.drafts import ask  # noqa: PLC0415

    with Ledger(postgres_database) as ledger:
        pages = ledger.follow(poll=0.3)
        ledger.append([pledge()])
        entries_of(pages, 1)
        ask(
            postgres_database,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE query LIKE 'LISTEN%' AND datname = current_database()",
        )
        recorded_soon(ledger, 3)

        assert [e.position for e in entries_of(pages, 3)] == [2, 3, 4]
        pages.close()


def test_a_file_watch_hears_this_process_and_others(sqlite_database: str) -> None:
    with Ledger(sqlite_database) as ledger, Ledger(sqlite_database) as other:
        engine: Engine = ledger.factory.engine
        with FileWatch(engine, ledger.factory.signal) as hints:
            assert not hints.wait(0.05)
            ledger.append([pledge()])
            assert hints.wait(PATIENCE)
            hints.wait(0.1)
            other.append([pledge()])
            assert hints.wait(PATIENCE)


@pytest.mark.postgres
def test_a_server_watch_hears_every_process(postgres_database: str) -> None:
    with Ledger(postgres_database) as ledger, ServerWatch(ledger.factory.engine) as hints:
        assert not hints.wait(0.05)
        ledger.append([pledge()])
        assert hints.wait(PATIENCE)


def test_a_signal_wakes_all_who_wait() -> None:
    told = Signal()
    woken = [threading.Thread(target=told.wait, args=(0, PATIENCE)) for _ in range(3)]
    for thread in woken:
        thread.start()
    told.announce(1)
    for thread in woken:
        thread.join(PATIENCE)

    assert not any(thread.is_alive() for thread in woken)
    assert told.wait(0, 0)
    assert signal.TICK < 1


WRITER = """
import sys
from ledger.log import Ledger
from tests.ledger.drafts import pledge
with Ledger(sys.argv[1]) as ledger:
    for number in range(int(sys.argv[2])):
        ledger.append([pledge(f"{sys.argv[3]}-{number}"), pledge("shared")])
"""


def test_a_follower_of_two_writing_processes_misses_and_doubles_nothing(
    database: str, ledger: Ledger
) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, database, "40", name], cwd=ROOT)
        for name in ("ann", "bob")
    ]
    pages = ledger.follow()

    found = entries_of(pages, 160)

    assert [writer.wait() for writer in writers] == [0, 0]
    assert [entry.position for entry in found] == list(range(1, 161))
    shared = [entry.version for entry in found if entry.slug == "shared"]
    assert shared == list(range(1, 81))
    pages.close()
