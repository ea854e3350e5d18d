"""Whoever follows the log beside its database is given each page once, with its cursor."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from itertools import islice
from threading import Event

import pytest
from sqlalchemy.engine import make_url

from app import follow as following
from app.follow import catch_up, follow
from app.parley import Parley, open_parley
from app.record import record
from app.settings import read_settings
from app.subscriptions import Subscription
from domain.errors import DatabaseGone, NotFound, Unavailable
from ledger.filter import EVERYTHING
from ledger.log import Ledger
from ledger.transaction import Head
from tests.app.bodies import NEGOTIATION, SETTING, statement

ALL = Subscription(EVERYTHING, 0)


@pytest.fixture
def parley(sqlite_database: str) -> Iterator[Parley]:
    with open_parley(read_settings(database_url=sqlite_database)) as opened:
        record(opened, NEGOTIATION, SETTING)
        yield opened


def test_a_database_that_goes_away_after_a_page_was_read_is_waited_for(
    parley: Parley, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = parley.ledger.head().size
    told: list[Unavailable] = []
    cursor_at, gone = following.cursor_at, [DatabaseGone.of("PARLEY_DATABASE_URL", "is away", "")]

    def asked(here: Parley, position: int) -> str:
        if gone:
            raise gone.pop()
        return cursor_at(here, position)

    monkeypatch.setattr(following, "cursor_at", asked)
    ((page, cursor),) = islice(follow(parley, ALL, Event(), told.append), 1)
    assert [entry.position for entry in page.entries] == list(range(1, size + 1))
    assert (cursor, len(told)) == (f"1.{size}", 1)


def test_what_is_caught_up_with_ends_at_the_cursor_of_the_last_entry(parley: Parley) -> None:
    size = parley.ledger.head().size
    assert [cursor for _, cursor in catch_up(parley, ALL)] == [f"1.{size}"]


def test_a_log_that_has_become_shorter_is_not_followed_on(parley: Parley) -> None:
    beyond = Subscription(EVERYTHING, parley.ledger.head().size + 1)
    with pytest.raises(NotFound, match="lost its end"):
        next(follow(parley, beyond, Event(), lambda _: None))


def test_nor_one_that_becomes_shorter_while_it_is_followed(
    parley: Parley, sqlite_database: str
) -> None:
    size = parley.ledger.head().size
    file = sqlite3.connect(make_url(sqlite_database).database or "")
    older = sqlite3.connect(":memory:")
    with closing(file), closing(older):
        file.backup(older)
        record(parley, NEGOTIATION, [statement()])
        pages = follow(parley, ALL, Event(), lambda _: None)
        assert next(pages)[1] == f"1.{size + 1}"
        older.backup(file)
        with pytest.raises(NotFound, match=f"lost its end since, and ends at {size}"):
            next(pages)


def test_nor_one_whose_lost_places_were_filled_again_before_it_was_looked_at(
    parley: Parley, monkeypatch: pytest.MonkeyPatch
) -> None:
    size, head = parley.ledger.head().size, Ledger.head
    shorter = [size - 1]

    def once(ledger: Ledger) -> Head:
        found = head(ledger)
        return replace(found, size=shorter.pop()) if seen and shorter else found

    seen: list[str] = []
    monkeypatch.setattr(Ledger, "head", once)
    pages = follow(parley, ALL, Event(), lambda _: None)
    seen.append(next(pages)[1])
    with pytest.raises(NotFound, match="lost its end"):
        next(pages)
