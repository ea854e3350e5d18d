"""A server takes in what is recorded by itself; whoever asks meanwhile hardly waits."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from threading import Event

import pytest

from app import keeping_up as module
from app.clocks import Asked
from app.keeping_up import keeping_up
from app.parley import Parley
from app.read import framework
from app.record import record
from domain.errors import DatabaseGone, Unavailable
from projections import read_model
from projections.read_model import MAX_WAITING, ReadModel, lag_of
from tests.app.bodies import NEGOTIATION, SETTING, statement
from tests.app.conftest import House

PATIENCE = 30
"""Seconds that what is done beside the test may take on a busy machine."""


def comes_true(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def has_kept_up(parley: Parley) -> bool:
    return lag_of(parley.ledger.engine).behind == 0


def fill(parley: Parley, number: int = 30) -> None:
    record(parley, NEGOTIATION, SETTING)
    record(parley, NEGOTIATION, [statement(f"s{each}") for each in range(number)])


def test_what_is_recorded_is_taken_in_though_nobody_asks(house_on_each: House) -> None:
    with house_on_each.opened() as parley, keeping_up(parley):
        fill(parley)
        assert comes_true(lambda: has_kept_up(parley))
        record(parley, NEGOTIATION, statement("one-more"))
        assert comes_true(lambda: has_kept_up(parley))


def test_what_was_recorded_before_the_start_is_taken_in_too(house_on_each: House) -> None:
    with house_on_each.opened() as parley:
        fill(parley)
        with keeping_up(parley):
            assert comes_true(lambda: has_kept_up(parley))


def test_two_that_keep_up_one_database_come_to_the_same(house_on_each: House) -> None:
    with house_on_each.opened() as one, house_on_each.opened() as other:
        with keeping_up(one), keeping_up(other):
            fill(one)
            assert comes_true(lambda: has_kept_up(other))
        assert framework(one, NEGOTIATION, Asked()) == framework(other, NEGOTIATION, Asked())


def test_a_database_that_goes_away_is_waited_for(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_in, gone = ReadModel.take_in, [2]
    failed = Event()

    def failing(self: ReadModel) -> bool:
        if gone[0]:
            gone[0] -= 1
            failed.set()
            raise DatabaseGone.of("PARLEY_DATABASE_URL", "cannot be reached", "start it")
        return take_in(self)

    monkeypatch.setattr(module, "AGAIN", 0.01)
    monkeypatch.setattr(ReadModel, "take_in", failing)
    with house.opened() as parley, keeping_up(parley):
        assert failed.wait(PATIENCE)
        fill(parley)
        assert comes_true(lambda: has_kept_up(parley))


def test_the_end_does_not_wait_for_the_whole_log(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = Event()

    def endless(_: ReadModel) -> bool:
        begun.set()
        return True

    monkeypatch.setattr(ReadModel, "take_in", endless)
    with house.opened() as parley:
        with keeping_up(parley):
            assert begun.wait(PATIENCE)
        assert not parley.read_model.is_followed


@pytest.fixture
def busy(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[Parley]:
    """Somebody brings its read model along, and does not come to an end."""
    monkeypatch.setattr(read_model, "PATIENCE", 0.1)
    with house.opened() as parley:
        fill(parley)
        framework(parley, NEGOTIATION, Asked())
        record(parley, NEGOTIATION, statement("late"))
        parley.read_model._turn.acquire()  # noqa: SLF001 - what a projector holds.
        yield parley


def test_a_question_does_not_wait_for_ever_for_others_to_take_in_what_it_needs(
    busy: Parley,
) -> None:
    with pytest.raises(Unavailable, match="ask again"):
        framework(busy, NEGOTIATION, Asked())


def test_what_was_known_before_is_answered_meanwhile(busy: Parley) -> None:
    size = busy.ledger.head().size
    assert framework(busy, NEGOTIATION, Asked(known_at=str(size - 1))).statements


def test_few_questions_wait_where_it_is_far_behind(
    busy: Parley, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read_model, "FAR", 0)
    monkeypatch.setattr(read_model, "PATIENCE", PATIENCE)
    for _ in range(MAX_WAITING):
        busy.read_model._places.acquire()  # noqa: SLF001 - what a question that waits holds.
    with pytest.raises(Unavailable, match="ask again"):
        framework(busy, NEGOTIATION, Asked())


def test_a_question_takes_in_no_more_than_a_step_where_somebody_keeps_up(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read_model, "STEP", 10)
    monkeypatch.setattr(read_model, "PATIENCE", -1)
    with house.opened() as parley:
        fill(parley)
        parley.read_model.is_followed = True
        with pytest.raises(Unavailable):
            framework(parley, NEGOTIATION, Asked())
        assert lag_of(parley.ledger.engine).position == 10
        # Who is alone with the log takes in all of it, however long it takes.
        parley.read_model.is_followed = False
        assert framework(parley, NEGOTIATION, Asked()).statements
