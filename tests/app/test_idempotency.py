"""A key: what is recorded once under it, and what it answers ever after."""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from typing import NoReturn

import pytest

from app.batch import Request
from app.correct import correct
from app.parley import Parley
from app.record import Recorded, record
from app.retract import retract
from domain.errors import (
    InvalidInput,
    KeyConflict,
)
from domain.things.pledge import PledgeMade
from tests.app.bodies import (
    NEGOTIATION,
    Body,
    pledge,
    stalled,
    statement,
)
from tests.app.conftest import House

SIZE = 6
"""Entries of the log before each test."""


@pytest.fixture
def house(house_on_each: House) -> House:
    return house_on_each


def test_a_key_counts_once_and_answers_as_before(parley: Parley) -> None:
    first = record(parley, NEGOTIATION, [pledge(), stalled()], key="k")
    again = record(parley, NEGOTIATION, [pledge(), stalled()], key="k")
    assert again.receipts == first.receipts
    assert [e.id for e in again.entries] == [e.id for e in first.entries]
    assert parley.ledger.head().size == SIZE + 2


def test_a_key_with_another_body_conflicts(parley: Parley) -> None:
    record(parley, NEGOTIATION, pledge(), key="k")
    with pytest.raises(KeyConflict) as refused:
        record(parley, NEGOTIATION, pledge("stone"), key="k")
    assert refused.value.problems[0].field == "idempotency_key"
    assert parley.ledger.head().size == SIZE + 1


def test_a_key_stands_for_the_body_as_it_was_handed_in(parley: Parley) -> None:
    first = record(parley, NEGOTIATION, statement(), key="k")
    other_order = dict(reversed(statement().items()))
    assert record(parley, NEGOTIATION, other_order, key="k").receipts == first.receipts
    for other in (statement(audience=[]), [statement()], statement(audience=None)):
        with pytest.raises(KeyConflict):
            record(parley, NEGOTIATION, other, key="k")
    with pytest.raises(KeyConflict):
        record(parley, "elsewhere", statement(), key="k")


def test_a_number_and_its_text_are_different_bodies(parley: Parley) -> None:
    def of(quantity: object) -> Body:
        return pledge(components=[{"key": "steel", "quantity": quantity}])

    first = record(parley, NEGOTIATION, of(Decimal("2.50")), key="k")
    assert record(parley, NEGOTIATION, of(Decimal("2.50")), key="k").receipts == first.receipts
    with pytest.raises(KeyConflict):
        record(parley, NEGOTIATION, of("2.50"), key="k")


def test_a_key_with_what_is_no_json_is_refused(parley: Parley) -> None:
    circle: Body = pledge()
    circle["components"] = [circle]
    for body in (circle, pledge(components=[{1: "a", "b": 2}])):
        with pytest.raises(InvalidInput):
            record(parley, NEGOTIATION, body, key="k")
    assert parley.ledger.head().size == SIZE


def test_a_request_is_known_by_its_key_after_its_kind_has_a_new_schema(
    parley: Parley, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = record(parley, NEGOTIATION, pledge(), key="made")
    at = made.entries[0].position
    changed = correct(parley, at, set={"level": "offered"}, reason="Misread.", key="corrected")

    monkeypatch.setattr(PledgeMade, "class_version", 2)
    monkeypatch.setattr(PledgeMade, "upcast_v1_v2", staticmethod(lambda _: None), raising=False)

    assert record(parley, NEGOTIATION, pledge(), key="made").receipts == made.receipts
    again = correct(parley, at, set={"level": "offered"}, reason="Misread.", key="corrected")
    assert again.receipts == changed.receipts


def test_a_request_is_known_by_its_key_when_its_body_can_no_longer_be_read(
    parley: Parley, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(parley, NEGOTIATION, pledge())
    first = record(parley, NEGOTIATION, stalled(), key="k")
    monkeypatch.setattr("app.bodies.read_event", _refuse_all)
    assert record(parley, NEGOTIATION, stalled(), key="k").receipts == first.receipts


def _refuse_all(body: Body, *, supposed: bool = False) -> NoReturn:
    del body, supposed
    raise InvalidInput.of("kind", "is gone", "use another one")


def test_a_dry_run_with_a_key_says_what_would_come_of_the_key(parley: Parley) -> None:
    first = record(parley, NEGOTIATION, pledge(), key="k")
    again = record(parley, NEGOTIATION, pledge(), key="k", dry_run=True)
    assert (again.dry_run, again.replayed, again.receipts) == (True, True, first.receipts)
    with pytest.raises(KeyConflict):
        record(parley, NEGOTIATION, pledge("stone"), key="k", dry_run=True)
    assert parley.ledger.head().size == SIZE + 1


def test_a_key_answers_with_what_it_did_elsewhere_as_it_was_known_then(parley: Parley) -> None:
    made = record(parley, NEGOTIATION, pledge()).entries[0]
    record(parley, NEGOTIATION, stalled())
    record(parley, NEGOTIATION, statement(occurred="2025", after=[str(made.id)]))

    def send() -> Recorded:
        more: Body = {"set": {"occurred": "2025-06"}, "reason": "Misread.", "key": "k"}
        return correct(parley, made.id, **more)

    def take_back() -> Recorded:
        return retract(parley, made.id, reason="A rumour.", key="r")

    corrected, retracted = send(), take_back()
    assert len(corrected.dependants) == 1
    assert corrected.anomalies
    record(parley, NEGOTIATION, statement("later", occurred="2025", after=[]))
    for first, again in ((corrected, send()), (retracted, take_back())):
        assert again.replayed
        assert (again.anomalies, again.dependants) == (first.anomalies, first.dependants)


def test_a_text_that_spells_a_decimal_is_another_body() -> None:
    def of(quantity: object) -> Request:
        return Request("record", NEGOTIATION, pledge(components=[{"quantity": quantity}]))

    bodies = [Decimal("1.5"), "Decimal('1.5')", "1.5", {"$text": "Decimal('1.5')"}, Decimal("1.50")]
    digests = {of(quantity).digest() for quantity in bodies}
    assert len(digests) == len(bodies)
    # What is kept of a request with numbers stays what it is.
    kept = json.dumps(
        {"action": "a", "given": [1, Decimal("1.5"), "x"], "target": "t"},
        separators=(",", ":"),
        default=repr,
    )
    asked = Request("a", "t", [1, Decimal("1.5"), "x"])
    assert asked.digest() == hashlib.sha256(kept.encode()).hexdigest()


def test_the_keys_of_two_people_do_not_meet(parley: Parley) -> None:
    record(parley, NEGOTIATION, pledge(), key="k", subject="ann")
    record(parley, NEGOTIATION, pledge("stone"), key="k", subject="bob")
    assert parley.ledger.head().size == SIZE + 2


def test_a_dry_run_does_not_use_a_key_up(parley: Parley) -> None:
    record(parley, NEGOTIATION, pledge(), key="k", dry_run=True)
    record(parley, NEGOTIATION, pledge("stone"), key="k")
    assert parley.ledger.head().size == SIZE + 1
