"""The projector: however many there are and whenever they die, no batch is lost or done twice."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from itertools import count

import pytest

from domain.dates import parse_moment
from domain.entry import Draft
from ledger.log import Ledger
from projections.projector import Projector
from projections.rebuilding import compare
from tests.projections.both_ways import Point, parley_on, questions, unlike_answers
from tests.projections.drawn import moved
from tests.projections.long_story import long_story
from tests.projections.planted import Room
from tests.projections.storm import EDITION, WITHOUT_COMPARING, Storm

OTHER = 2
KILLS, MANY_KILLS = 10, 100
JUNE, AUTUMN = (parse_moment(date, "as_of") for date in ("2025-06-17", "2025-10-02"))


def told(copies: int, first: int = 0) -> list[Draft]:
    """One story with something of everything, told in so many negotiations from a number on."""
    log, numbers = long_story().log, range(first, first + copies)
    return [draft for number in numbers for draft in moved(log, f"talks-{number}")]


def in_pieces(drafts: Sequence[Draft], size: int) -> list[list[Draft]]:
    return [list(drafts[start : start + size]) for start in range(0, len(drafts), size)]


def check_against_a_whole(ledger: Ledger) -> None:
    """What was projected under duress is, byte for byte, what one projector makes in peace."""
    size = ledger.head().size
    assert Projector(ledger, EDITION).advance() == size
    assert Projector(ledger, OTHER).advance() == size
    assert compare(ledger.engine, size) == ()


def check_answers(ledger: Ledger, negotiations: Sequence[str]) -> None:
    size, parley = ledger.head().size, parley_on(ledger)
    for name in negotiations:
        one, other = Point(name, JUNE, size - size // 3), Point(name, AUTUMN, size)
        asks = questions(one, other, [f"{name}/pledge/aid", "commons/actor/france"], [])
        assert unlike_answers(parley, asks) == []


@pytest.mark.parametrize("batch", [1, 7, 60])
def test_it_can_stop_after_any_batch_and_another_goes_on(ledger: Ledger, batch: int) -> None:
    ledger.append(told(2))
    size = ledger.head().size
    for upto in range(0, size + batch, batch):
        assert Projector(ledger, EDITION).advance(upto) == min(upto, size)
    check_against_a_whole(ledger)
    check_answers(ledger, ["talks-0", "talks-1"])


def test_it_tells_how_far_it_has_come_after_each_batch(ledger: Ledger) -> None:
    ledger.append(told(1))
    size = ledger.head().size
    heard: list[int] = []
    assert Projector(ledger, EDITION).advance(size - 1, heard.append, 20) == size - 1
    assert heard == [*range(20, size - 1, 20), size - 1]
    assert Projector(ledger, EDITION).advance(5) == size - 1


def test_two_at_once_never_lose_or_double_a_batch(ledger: Ledger) -> None:
    news = in_pieces(told(8), 5)
    heard: list[int] = []
    done = threading.Event()
    failures: list[Exception] = []

    def bring_along(batch: int) -> None:
        projector = Projector(ledger, EDITION)
        try:
            while not done.is_set():
                projector.advance(progress=heard.append, batch=batch)
        except Exception as error:  # noqa: BLE001 - told by the test.
            failures.append(error)

    threads = [threading.Thread(target=bring_along, args=(batch,)) for batch in (3, 4)]
    for thread in threads:
        thread.start()
    for piece in news:
        ledger.append(piece)
    done.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert heard
    assert len(heard) == len(set(heard))
    check_against_a_whole(ledger)
    check_answers(ledger, ["talks-3"])


def rage(url: str, kills: int) -> None:
    names = [f"talks-{number}" for number in range(kills + 20)]
    storm = Storm(url, in_pieces(told(len(names)), 4))
    storm.rage(kills)
    assert storm.broken == []
    assert (storm.killed_inside, storm.killed_anywhere) == (kills, kills)
    # Who was killed may have moved on without saying so; nobody moves where another has been.
    assert len(storm.moved) == len(set(storm.moved))
    with Ledger(url) as ledger:
        check_against_a_whole(ledger)
        known = [name for name in names if f"{name}/negotiation/{name}" in started(ledger, names)]
        check_answers(ledger, known[:1] + known[-1:])


def started(ledger: Ledger, names: Sequence[str]) -> dict[str, int]:
    return ledger.existing_streams(f"{name}/negotiation/{name}" for name in names)


def test_projectors_killed_inside_a_batch_lose_and_double_nothing(database: str) -> None:
    rage(database, KILLS)


@pytest.mark.long
@pytest.mark.timeout(3_600)
def test_projectors_killed_a_hundred_times_lose_and_double_nothing(database: str) -> None:
    rage(database, MANY_KILLS)


def test_the_same_storm_finds_projectors_that_do_not_compare(database: str) -> None:
    storm = Storm(database, in_pieces(told(KILLS + 20), 4), WITHOUT_COMPARING)
    storm.rage(KILLS)
    doubled = len(storm.moved) != len(set(storm.moved))
    assert storm.broken or doubled or is_different(database)


def is_different(url: str) -> bool:
    with Ledger(url) as ledger:
        Projector(ledger, OTHER).advance()
        return compare(ledger.engine, ledger.head().size) != ()


def test_one_that_does_not_compare_doubles_a_batch(ledger: Ledger) -> None:
    ledger.append(told(1))
    kept = Room("editions", WITHOUT_COMPARING)["editions"].move_on
    numbers = count(1)
    with ledger.engine.begin() as connection:
        for move_on in (kept, kept):
            assert move_on(connection, EDITION, 0, next(numbers), 1)
