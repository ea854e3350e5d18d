"""Who named what was moved or taken back is found without reading the log behind it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID

import pytest

from app import effects
from app.correct import correct
from app.parley import Parley
from app.record import Recorded, record
from app.retract import retract
from domain.entry import Draft, Entry
from domain.errors import VersionConflict
from ledger import mapper, reading
from ledger.log import Ledger
from ledger.ticket import IdempotencyKey, Receipt
from tests.app.bodies import NEGOTIATION, SETTING, pledge, statement
from tests.app.conftest import House


@pytest.fixture
def log(house_on_each: House) -> Iterator[Parley]:
    with house_on_each.opened() as parley:
        record(parley, NEGOTIATION, SETTING)
        yield parley


def add(parley: Parley, *bodies: dict[str, object]) -> list[Entry]:
    return list(record(parley, NEGOTIATION, list(bodies)).entries)


def dependants(recorded: Recorded) -> list[UUID]:
    return [each.id for each in recorded.dependants]


def test_those_that_name_it_are_found_among_others_by_id_and_by_name(log: Parley) -> None:
    (made,) = add(log, pledge())
    add(log, *(statement(f"a{each}") for each in range(5)))
    (placed,) = add(log, statement("placed", after=[str(made.id)]))
    add(log, *(statement(f"b{each}") for each in range(5)))
    later = correct(log, log.ledger.head().size, set={"after": [str(made.id)]}, reason="So it is.")

    moved = correct(log, made.id, set={"occurred": "2025-02-27"}, reason="Misread.")
    assert dependants(moved) == [placed.id, UUID(str(later.entries[0].event.model_dump()["entry"]))]
    closed = retract(log, 6, reason="There is no such element.")
    assert dependants(closed) == []
    gone = retract(log, 3, reason="There is no such actor.")
    assert len(gone.dependants) == 1 + 11


def test_a_name_that_is_a_part_of_another_is_none(log: Parley) -> None:
    northern, *_ = add(
        log,
        {"kind": "actor.registered", "slug": "north-west", "name": "NW", "type": "state"},
        pledge("named", pledgors=["north-west"]),
    )
    north = retract(log, 2, reason="There is no such actor.", dry_run=True)
    assert dependants(north) == []
    assert len(dependants(retract(log, northern.id, reason="Neither.", dry_run=True))) == 1


@pytest.mark.parametrize("between", [5, 50])
def test_what_does_not_name_it_is_not_read_however_much_there_is(
    log: Parley, monkeypatch: pytest.MonkeyPatch, between: int
) -> None:
    (made,) = add(log, pledge())
    add(log, *(statement(f"s{each}") for each in range(between)))
    read, entry_of = [0], mapper.entry_of

    def counted(leaf: bytes, position: int | None = None) -> Entry:
        read[0] += 1
        return entry_of(leaf, position)

    monkeypatch.setattr(reading, "entry_of", counted)
    correct(log, made.id, set={"occurred": "2025-02-27"}, reason="Misread.")
    assert read[0] <= 10


def test_so_many_that_each_leaf_is_better_read_are_found_all_the_same(
    log: Parley, monkeypatch: pytest.MonkeyPatch
) -> None:
    (made,) = add(log, pledge())
    (placed,) = add(log, statement("placed", after=[str(made.id)]))
    monkeypatch.setattr(effects, "MAX_TEXTS", 0)
    moved = correct(log, made.id, set={"occurred": "2025-02-27"}, reason="Misread.")
    assert dependants(moved) == [placed.id]


def test_what_was_looked_through_is_not_looked_through_again_after_a_conflict(
    log: Parley, monkeypatch: pytest.MonkeyPatch
) -> None:
    (made,) = add(log, pledge())
    (placed,) = add(log, statement("placed", after=[str(made.id)]))
    size = log.ledger.head().size
    append, holding = Ledger.append, Ledger.holding
    conflicts = [2]
    looked: list[tuple[int, int]] = []

    def quicker(
        self: Ledger, drafts: Sequence[Draft], *, key: IdempotencyKey | None = None
    ) -> tuple[Receipt, ...]:
        if conflicts[0]:
            conflicts[0] -= 1
            raise VersionConflict.of("expected_version", "is another", "read it again")
        return append(self, drafts, key=key)

    def looking(
        self: Ledger, texts: Sequence[str], after: int, upto: int, negotiation: str | None
    ) -> Iterator[Entry]:
        looked.append((after, upto))
        return holding(self, texts, after, upto, negotiation)

    monkeypatch.setattr(Ledger, "append", quicker)
    monkeypatch.setattr(Ledger, "holding", looking)
    moved = correct(log, made.id, set={"occurred": "2025-02-27"}, reason="Misread.")
    assert dependants(moved) == [placed.id]
    assert looked == [(made.position, size), (size, size), (size, size)]
