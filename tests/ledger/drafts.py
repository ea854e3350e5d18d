"""Drafts for the tests of the ledger: small events of several kinds, and how to check a log."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any, LiteralString
from uuid import UUID, uuid4

import psycopg

from audit.leaf import parse_canonical
from audit.tree import Frontier, hash_leaf
from domain.bounds import Span
from domain.dates import parse_occurred
from domain.entry import Draft, Import, stream_of
from domain.event import ThingEvent
from domain.registry import read_event
from ledger.log import Ledger

_numbers = count(1)

CITE = [
    {"source": "white-house", "chain": [{"actor": "usa", "role": "speaker", "mode": "paraphrase"}]}
]


def pledge(slug: str | None = None, **changes: Any) -> Draft:  # noqa: ANN401 - see draft
    """A pledge with a slug of its own unless one is given."""
    body = {
        "kind": "pledge.made",
        "slug": slug or f"pledge-{next(_numbers)}",
        "occurred": "2025-09-04",
        "level": "pledged",
        "pledgors": ["france"],
        "beneficiaries": ["ukraine"],
        "summary": "A force in the air, on land and at sea, the day after peace.",
        "cite": CITE,
    }
    return draft(body, **changes)


def large_pledge() -> Draft:
    """A pledge of some 72,000 bytes: no text in it is too long, all together are."""
    parts = [{"key": f"part-{number}", "text": "x" * 7_900} for number in range(9)]
    return pledge(fields={"components": parts})


def statement(slug: str | None = None, **changes: Any) -> Draft:  # noqa: ANN401 - see draft
    """A statement with a slug of its own unless one is given."""
    body = {
        "kind": "statement.made",
        "slug": slug or f"statement-{next(_numbers)}",
        "occurred": "2025-08-18",
        "statement_type": "utterance",
        "speakers": [{"actor": "zelenskyy", "on_behalf_of": "ukraine"}],
        "summary": "Security guarantees come first.",
        "cite": CITE,
    }
    return draft(body, **changes)


def actor(slug: str, **changes: Any) -> Draft:  # noqa: ANN401 - see draft
    """An actor's registration, in the commons."""
    body = {"kind": "actor.registered", "slug": slug, "name": slug.title(), "type": "state"}
    return draft(body, **changes)


def draft(
    body: dict[str, Any],
    *,
    negotiation: str = "ukraine",
    id: UUID | None = None,
    expected: int | None = None,
    imported: Import | None = None,
    fields: dict[str, Any] | None = None,
) -> Draft:
    """A draft of a body with these fields changed, as the application would make it."""
    event = read_event(body | (fields or {}))
    if not isinstance(event, ThingEvent):
        raise TypeError("this makes events of things; those of entries live on their streams")
    span = None if event.occurred is None else Span(parse_occurred(event.occurred).bounds)
    return Draft(
        event,
        stream_of(event, negotiation),
        id or uuid4(),
        "tester",
        span,
        expected_version=expected,
        imported=imported,
    )


def check_chain(ledger: Ledger) -> int:
    """Assert that the log is whole: leaves, positions, versions, times, tree; its size."""
    frontier, versions, last = Frontier(), dict[str, int](), ""
    for place, stored in enumerate(ledger.leaves(), start=1):
        leaf = parse_canonical(stored.data)
        stream, at = leaf["stream"], leaf["recorded_at"]
        versions[stream] = versions.get(stream, 0) + 1
        assert stored.position == leaf["position"] == place
        assert leaf["version"] == versions[stream]
        assert last <= at
        assert stored.leaf_hash == hash_leaf(stored.data)
        frontier, last = frontier.append(stored.leaf_hash), at
    head = ledger.head()
    assert head.size == frontier.size
    assert head.root == frontier.root()
    return head.size


@contextmanager
def held(url: str) -> Iterator[None]:
    """The head of the log, locked by somebody else for as long as it takes."""
    if url.startswith("sqlite"):
        other = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            other.rollback()
            other.close()
    else:
        with psycopg.connect(url) as server:
            server.execute("SELECT size FROM log_head FOR UPDATE")
            yield
            server.rollback()


def ask(url: str, sql: LiteralString) -> list[tuple[Any, ...]]:
    """What the database itself says, past Parley."""
    if url.startswith("sqlite"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"))
        try:
            with connection:
                return connection.execute(sql).fetchall()
        finally:
            connection.close()
    with psycopg.connect(url) as server:
        cursor = server.execute(sql)
        return cursor.fetchall() if cursor.description else []
