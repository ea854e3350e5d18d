"""Each filter is answered from the index that is there for it, and never by sorting the log."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest
from sqlalchemy import Select
from sqlalchemy.dialects import sqlite

from ledger import queries
from ledger.filter import Filter
from ledger.queries import Part

WEEK = Filter(negotiation="ukraine", occurred_from=29_278_080, occurred_to=29_288_160)
IN_LOG_ORDER = {
    Filter(): "events USING INTEGER PRIMARY KEY",
    Filter(negotiation="ukraine"): "ix_events_negotiation",
    Filter(negotiation="ukraine", kind="pledge.made"): "ix_events_kind",
    Filter(negotiation="ukraine", thing="pledge"): "ix_events_thing",
    Filter(kind="pledge.made"): "ix_events_kind",
    Filter(actor="france"): "event_actors USING PRIMARY KEY",
    Filter(actor="france", kind="pledge.made"): "ix_events_kind",
    Filter(stream="ukraine/pledge/coalition"): "events USING INDEX",
    Filter(positions=(3, 17), kind="pledge.made"): "events USING INTEGER PRIMARY KEY",
}


def plan_of(url: str, statement: Select[Any]) -> str:
    """What SQLite would do, in its own words."""
    compiled = statement.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True})
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    try:
        steps = connection.execute(f"EXPLAIN QUERY PLAN {compiled}").fetchall()
    finally:
        connection.close()
    return "\n".join(step[3] for step in steps)


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("where", IN_LOG_ORDER, ids=str)
def test_a_page_reads_one_index_in_order(
    sqlite_database: str, where: Filter, *, newest_first: bool
) -> None:
    ranges, rest = queries.drives(where, ["ukraine"])
    part = Part(1, 1_000_000, newest_first=newest_first)

    plan = plan_of(sqlite_database, queries.in_log_order(ranges[0], rest, part, 100))

    assert IN_LOG_ORDER[where] in plan
    if where.stream is None:
        assert "TEMP B-TREE" not in plan, "the page would have to be sorted"


def test_a_window_reads_a_range_of_its_index_for_each_reach(sqlite_database: str) -> None:
    plan = plan_of(sqlite_database, queries.in_time_order(WEEK, "ukraine", None, 1_000_000, 100))

    ranges = plan.count("ix_events_occurred (negotiation=? AND reach=? AND earliest>?")
    assert ranges == 4
    assert "SCAN events" not in plan


def test_an_instant_is_found_by_seeks_alone(sqlite_database: str) -> None:
    plan = plan_of(sqlite_database, queries.last_until(1_750_000_000_000_000))

    assert "events USING INTEGER PRIMARY KEY (rowid=?)" in plan
    assert "SCAN events" not in plan


def test_owners_are_found_by_seeks_alone(sqlite_database: str) -> None:
    plan = plan_of(sqlite_database, queries.every_owner())

    assert "SCAN events" not in plan
