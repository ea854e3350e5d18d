"""What is asked for costs what it holds, and no more questions to the database for more of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from app import read_log
from domain.entry import Entry
from tests.api.conftest import CASE, Served

BATCH = "application/cloudevents-batch+json"


@contextmanager
def statements(served: Served) -> Iterator[list[str]]:
    """What is asked of the database meanwhile."""
    asked: list[str] = []

    def note(*given: object) -> None:
        asked.append(str(given[2]))

    engine = served.parley.ledger.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)


def asked_for(served: Served, where: dict[str, Any], limit: int) -> int:
    params = {**where, "limit": limit}
    with statements(served) as found:
        answer = served.client.get("/v1/events", params=params, headers={"Accept": BATCH})
    assert answer.status_code == 200
    return len(found)


@pytest.mark.parametrize("where", [{}, {"actor": "russia"}, {"order": "newest"}], ids=str)
def test_a_batch_of_cloud_events_takes_as_many_questions_as_one(
    each: Served, where: dict[str, Any]
) -> None:
    assert asked_for(each, where, 20) == asked_for(each, where, 1)


def test_what_is_asked_by_head_of_the_lines_is_not_made(
    each: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []
    answer_of = read_log.entry_answer

    def noted(entry: Entry) -> read_log.LogEntry:
        made.append(entry.position)
        return answer_of(entry)

    monkeypatch.setattr(read_log, "entry_answer", noted)
    whole = each.client.get("/v1/events.jsonl", params={"negotiation": CASE})
    assert made
    made.clear()
    head = each.client.head("/v1/events.jsonl", params={"negotiation": CASE})
    assert (head.status_code, head.content, made) == (200, b"", [])
    for name in ("Content-Type", "Parley-Position", "Cache-Control"):
        assert head.headers[name] == whole.headers[name]
    assert "Content-Length" not in head.headers


def test_what_is_refused_is_refused_by_head_as_well(each: Served) -> None:
    assert each.client.head("/v1/events.jsonl", params={"kind": "odd"}).status_code == 422
