"""Recording in bulk is recording, only faster."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any
from uuid import UUID

import pytest

from audit.leaf import parse_canonical
from domain.entry import Draft, Import
from domain.errors import DuplicateId
from ledger.log import Ledger
from tests.ledger.drafts import actor, ask, check_chain, pledge, statement

BY_THE_LOG = ("position", "recorded_at", "nonce")


def mixed(many: int) -> Iterator[Draft]:
    """Drafts of several sorts with ids of our own; the same ones at each call."""
    for number in range(many):
        event_id = UUID(int=number + 1)
        match number % 4:
            case 0:
                yield actor(f"actor-{number}", id=event_id)
            case 1:
                yield statement(f"s-{number % 10}", id=event_id)
            case 2:
                imported = Import("csv", f"row-{number}", f"{number:064x}")
                yield pledge(f"p-{number % 10}", id=event_id, imported=imported)
            case _:
                yield pledge(f"q-{number}", id=event_id, fields={"occurred": "[..2025-09-11]"})


def leaves(ledger: Ledger) -> dict[str, dict[str, Any]]:
    """The leaves by id, without what the log alone decides."""
    found = (parse_canonical(stored.data) for stored in ledger.leaves())
    return {
        leaf["id"]: {key: value for key, value in leaf.items() if key not in BY_THE_LOG}
        for leaf in found
    }


INDEXED = (
    "SELECT CAST(id AS text), stream, version, kind, negotiation, thing, reach, earliest, latest"
    " FROM events ORDER BY 1"
)
ACTORS = (
    "SELECT CAST(e.id AS text), a.actor FROM event_actors a JOIN events e"
    " ON e.position = a.position ORDER BY 1, 2"
)
IMPORTS = (
    "SELECT CAST(e.id AS text), i.scope, i.format, i.key, i.digest FROM event_imports i"
    " JOIN events e ON e.position = i.position ORDER BY 1"
)


def test_bulk_and_single_give_the_same_leaves_and_the_same_indexes(
    database: str, other_database: str
) -> None:
    with Ledger(database) as single, Ledger(other_database) as bulk:
        for draft in mixed(120):
            single.append([draft])
        assert bulk.append_bulk(mixed(120), batch=50) == 120

        assert leaves(single) == leaves(bulk)
        assert check_chain(single) == check_chain(bulk) == 120
    for sql in (INDEXED, ACTORS, IMPORTS):
        assert ask(database, sql) == ask(other_database, sql) != []


def test_progress_is_told_after_each_batch(ledger: Ledger) -> None:
    told: list[int] = []

    ledger.append_bulk((pledge() for _ in range(25)), batch=10, progress=told.append)

    assert told == [10, 20, 25]


def test_a_refusal_stops_the_import_at_its_batch(ledger: Ledger) -> None:
    told: list[int] = []
    ids = count(1)
    drafts = [pledge(id=UUID(int=next(ids))) for _ in range(25)]
    drafts[17] = pledge(id=UUID(int=1))

    with pytest.raises(DuplicateId) as caught:
        ledger.append_bulk(drafts, batch=10, progress=told.append)

    assert caught.value.problems[0].index == 7
    assert told == [10]
    assert check_chain(ledger) == 10


def test_ten_thousand_at_once_are_one_transaction_each_thousand(ledger: Ledger) -> None:
    ledger.append_bulk(pledge(f"p-{number}") for number in range(2_500))

    assert check_chain(ledger) == 2_500
    assert len({entry.recorded_at for entry in ledger.entries()}) == 3
