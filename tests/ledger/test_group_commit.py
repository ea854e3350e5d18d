"""Many callers share one transaction, and none of them feels it."""

from __future__ import annotations

import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import count
from typing import TypeVar
from uuid import uuid4

import psycopg
import pytest
from eventsourcing.persistence import StoredEvent

from domain.entry import Draft
from domain.errors import (
    DatabaseGone,
    DatabaseLocked,
    DuplicateId,
    KeyConflict,
    TooLarge,
    VersionConflict,
)
from ledger.log import Ledger
from ledger.ticket import IdempotencyKey, Receipt
from tests.ledger.drafts import check_chain, held, large_pledge, pledge

T = TypeVar("T")

TICK = 1_000_000


@pytest.fixture
def ledger(database: str) -> Iterator[Ledger]:
    """A ledger whose clock goes on by a second at each transaction, so that one can tell them."""
    seconds = count(1_750_000_000)
    with Ledger(database, clock=lambda: next(seconds) * TICK) as opened:
        yield opened


class Crowd:
    """Callers, each on a thread, who find the log held and so end up in one batch."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._pool = ThreadPoolExecutor(100)
        self._arrived = threading.Semaphore(0)

    def call(
        self, drafts: list[Draft], key: IdempotencyKey | None = None
    ) -> Future[tuple[Receipt, ...]]:
        """Append on another thread; returns once that thread has begun."""
        return self.run(lambda: self._ledger.append(drafts, key=key))

    def run(self, act: Callable[[], T]) -> Future[T]:
        """Do something on another thread; returns once that thread has begun."""

        def arrive_and_act() -> T:
            self._arrived.release()
            return act()

        future = self._pool.submit(arrive_and_act)
        self._arrived.acquire()
        # The queue is first come, first served, and the tests name who comes first.
        time.sleep(0.02)
        return future

    def close(self) -> None:
        self._pool.shutdown()


@pytest.fixture
def crowd(ledger: Ledger) -> Iterator[Crowd]:
    crowd = Crowd(ledger)
    yield crowd
    crowd.close()


def test_callers_who_wait_share_a_transaction(database: str, ledger: Ledger, crowd: Crowd) -> None:
    with held(database):
        leader = crowd.call([pledge()])
        others = [crowd.call([pledge()]) for _ in range(40)]
    receipts = [future.result()[0] for future in (leader, *others)]

    assert [receipt.position for receipt in receipts] == list(range(1, 42))
    assert len({receipt.recorded_at for receipt in receipts[1:]}) == 1
    assert check_chain(ledger) == 41


def test_what_is_wrong_with_one_caller_is_nothing_to_its_batch_mates(
    database: str, ledger: Ledger, crowd: Crowd
) -> None:
    taken = uuid4()
    ledger.append([pledge("a", id=taken)], key=IdempotencyKey("ann", "k", "one"))
    with held(database):
        before = crowd.call([pledge("b")])
        good = [crowd.call([pledge("c", expected=0)])]
        conflict = crowd.call([pledge("d"), pledge("a", expected=0)])
        stale = crowd.call([pledge("c", expected=0)])
        duplicate = crowd.call([pledge(id=taken)])
        key = crowd.call([pledge()], IdempotencyKey("ann", "k", "two"))
        large = crowd.call([large_pledge()])
        good += [crowd.call([pledge("c", expected=1)]), crowd.call([pledge("e")])]

    positions = [future.result()[0].position for future in (before, *good)]
    assert positions == [2, 3, 4, 5]
    for future, refusal in (
        (conflict, VersionConflict),
        (stale, VersionConflict),
        (duplicate, DuplicateId),
        (key, KeyConflict),
        (large, TooLarge),
    ):
        with pytest.raises(refusal):
            future.result()
    assert ledger.existing_streams(["ukraine/pledge/d"]) == {}
    assert check_chain(ledger) == 5


def test_the_same_key_twice_in_a_batch_gives_one_record_and_one_answer(
    database: str, ledger: Ledger, crowd: Crowd
) -> None:
    key = IdempotencyKey("ann", "k", "digest")
    with held(database):
        crowd.call([pledge()])
        futures = [crowd.call([pledge(), pledge()], key) for _ in range(5)]

    answers = {future.result() for future in futures}
    assert len(answers) == 1
    assert [receipt.position for receipt in answers.pop()] == [2, 3]
    assert ledger.head().size == 3


def test_a_key_whose_first_use_fails_in_a_batch_serves_the_second(
    database: str, crowd: Crowd
) -> None:
    key = IdempotencyKey("ann", "k", "digest")
    with held(database):
        crowd.call([pledge()])
        first = crowd.call([pledge("a", expected=7)], key)
        second = crowd.call([pledge("a", expected=0)], key)

    with pytest.raises(VersionConflict):
        first.result()
    assert second.result()[0].position == 2


def test_the_same_id_twice_in_a_batch_is_taken_by_the_first(
    database: str, ledger: Ledger, crowd: Crowd
) -> None:
    twice = uuid4()
    with held(database):
        crowd.call([pledge()])
        first, second = crowd.call([pledge(id=twice)]), crowd.call([pledge(id=twice)])

    assert first.result()[0].position == 2
    with pytest.raises(DuplicateId, match="entry 2"):
        second.result()
    assert ledger.head().size == 2


def test_a_log_that_stays_locked_refuses_everyone_and_records_nothing(database: str) -> None:
    with Ledger(database, lock_timeout=0.3) as ledger:
        crowd = Crowd(ledger)
        with held(database):
            futures = [crowd.call([pledge()]) for _ in range(4)]
            for future in futures:
                with pytest.raises(DatabaseLocked, match="holds the log for too long"):
                    future.result()
        ledger.append([pledge()])
        crowd.close()

        assert check_chain(ledger) == 1


def test_a_defect_in_one_callers_rows_is_nothing_to_its_batch_mates(
    database: str, ledger: Ledger, crowd: Crowd
) -> None:
    nameless = StoredEvent("opaque", 1, None, b"{}")  # type: ignore[arg-type]
    with held(database):
        good = [crowd.call([pledge()]), crowd.call([pledge()])]
        bad = crowd.run(lambda: ledger.recorder.insert_events([nameless]))
        good.append(crowd.call([pledge()]))

    with pytest.raises((sqlite3.IntegrityError, psycopg.errors.IntegrityError)):
        bad.result()
    assert sorted(future.result()[0].position for future in good) == [1, 2, 3]
    assert check_chain(ledger) == 3


def test_a_leader_that_is_interrupted_leaves_nobody_asleep(database: str) -> None:
    calls = count(1)

    def clock() -> int:
        if next(calls) == 2:
            raise KeyboardInterrupt
        return 1_750_000_000 * TICK

    with Ledger(database, clock=clock) as ledger:
        crowd = Crowd(ledger)
        with held(database):
            futures = [crowd.call([pledge()]) for _ in range(4)]
        assert futures[0].result()[0].position == 1
        with pytest.raises(KeyboardInterrupt):
            futures[1].result()
        for future in futures[2:]:
            with pytest.raises(DatabaseGone, match="interrupted"):
                future.result()

        ledger.append([pledge()])
        assert check_chain(ledger) == 2
        crowd.close()


class Enough(BaseException):
    """What Ctrl-C raises, by another name."""


def test_a_caller_who_gives_up_waiting_is_not_waited_for(
    database: str, ledger: Ledger, crowd: Crowd
) -> None:
    def give_up(*_: object) -> None:
        raise Enough

    before = signal.signal(signal.SIGALRM, give_up)
    try:
        with held(database):
            futures = [crowd.call([pledge()])]
            signal.setitimer(signal.ITIMER_REAL, 0.2)
            with pytest.raises(Enough):
                ledger.append([pledge("given-up")])
            futures.append(crowd.call([pledge()]))
    finally:
        signal.signal(signal.SIGALRM, before)

    assert [future.result()[0].position for future in futures] == [1, 2]
    assert ledger.existing_streams(["ukraine/pledge/given-up"]) == {}


def test_a_closed_log_takes_no_more(ledger: Ledger) -> None:
    ledger.append([pledge()])
    ledger.close()

    with pytest.raises(DatabaseGone, match="closed the log"):
        ledger.append([pledge()])


def test_64_callers_leave_no_gap(ledger: Ledger) -> None:
    def call(append: Callable[[], tuple[Receipt, ...]]) -> list[int]:
        return [append()[0].position for _ in range(5)]

    with ThreadPoolExecutor(64) as pool:
        told = pool.map(call, [lambda: ledger.append([pledge()])] * 64)
        positions = sorted(position for positions in told for position in positions)

    assert positions == list(range(1, 321))
    assert check_chain(ledger) == 320
