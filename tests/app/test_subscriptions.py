"""A subscription begins after a cursor, with a date, or with what is recorded next."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.entry_filter import EntryFilter
from app.parley import Parley, open_parley
from app.record import record
from app.settings import read_settings
from app.subscriptions import subscription
from ledger.filter import EVERYTHING
from tests.app.bodies import NEGOTIATION, SETTING


@pytest.fixture
def parley(database: str) -> Iterator[Parley]:
    with open_parley(read_settings(database_url=database)) as opened:
        record(opened, NEGOTIATION, SETTING)
        yield opened


def test_it_begins_where_it_is_asked_to(parley: Parley) -> None:
    size = parley.ledger.head().size
    assert subscription(parley, EntryFilter(), None).after == size
    assert subscription(parley, EntryFilter(), "3").after == 3
    since = subscription(parley, EntryFilter(recorded_since="2020-01-01"), None)
    assert (since.where, since.after) == (EVERYTHING, 0)
    both = subscription(parley, EntryFilter(recorded_since="2020-01-01"), "1.5")
    assert (both.where, both.after) == (EVERYTHING, 5)
    later = subscription(parley, EntryFilter(recorded_since="2999-01-01"), None)
    assert (later.where.recorded_since is not None, later.after) == (True, size)
