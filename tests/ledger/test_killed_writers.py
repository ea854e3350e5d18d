"""Writers die at any moment, and the log keeps what it promised and nothing else."""

from __future__ import annotations

import pytest

from ledger.log import Ledger
from tests.ledger.drafts import ask, check_chain
from tests.ledger.storm import Storm, Tail, followed, tailed_by_sequence

HALF_THERE = (
    "SELECT count(*) FROM events e LEFT JOIN event_actors a ON a.position = e.position"
    " WHERE a.position IS NULL"
)
ASTRAY = (
    "SELECT count(*) FROM event_actors a LEFT JOIN events e ON a.position = e.position"
    " WHERE e.position IS NULL"
)
KEYED = "SELECT sum(count) FROM idempotency_keys"


def assert_kept(storm: Storm, ledger: Ledger) -> None:
    """Every promise is in the log, once, whole, and the chain verifies."""
    assert storm.doubled == 0
    size = check_chain(ledger)
    assert ask(storm.url, HALF_THERE) == ask(storm.url, ASTRAY) == [(0,)]
    # Each request was repeated under its key until it was acknowledged, and counts once.
    assert ask(storm.url, KEYED) == [(size,)]
    recorded = {entry.position: str(entry.id) for entry in ledger.entries()}
    assert len(set(recorded.values())) == size
    assert {position: recorded[position] for position in storm.acknowledged} == storm.acknowledged


def rage_on_postgres(url: str, *, kills: int, events: int, size: int, risk: float) -> None:
    """8 writers, a tail reader that must miss nothing, and a naive one that must miss some."""
    ask(url, "CREATE TABLE naive (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY)")
    storm = Storm(url, writers=8, risk=risk, size=size)
    with Ledger(url) as ledger:
        tail, naive = Tail(followed(ledger)), Tail(tailed_by_sequence(url))
        with naive.running(), tail.running():
            storm.rage(kills=kills, events=events)

        assert storm.killed_inside >= kills
        assert storm.killed_unsaid > 0
        assert_kept(storm, ledger)
        size = ledger.head().size
        assert size >= events
        assert tail.seen == list(range(1, size + 1))
    ((inserted,),) = ask(url, "SELECT count(*) FROM naive")
    assert len(naive.seen) == len(set(naive.seen))
    assert len(naive.seen) < inserted, "the control must miss rows, or the storm proves nothing"


def rage_on_sqlite(url: str, *, kills: int, risk: float) -> None:
    """Two writers on one file."""
    storm = Storm(url, writers=2, risk=risk)
    with Ledger(url) as ledger:
        tail = Tail(followed(ledger))
        with tail.running():
            storm.rage(kills=kills)

        assert storm.killed_inside >= kills
        assert storm.killed_unsaid > 0
        assert_kept(storm, ledger)
        assert tail.seen == list(range(1, ledger.head().size + 1))


@pytest.mark.postgres
def test_eight_writers_killed_inside_transactions_lose_and_double_nothing(
    postgres_database: str,
) -> None:
    rage_on_postgres(postgres_database, kills=20, events=0, size=1, risk=0.05)


def test_writers_killed_on_a_file_lose_and_double_nothing(sqlite_database: str) -> None:
    rage_on_sqlite(sqlite_database, kills=15, risk=0.1)


@pytest.mark.long
@pytest.mark.postgres
@pytest.mark.timeout(3_600)
def test_eight_writers_killed_two_hundred_times_over_a_hundred_thousand_events(
    postgres_database: str,
) -> None:
    rage_on_postgres(postgres_database, kills=200, events=100_000, size=20, risk=0.06)


@pytest.mark.long
@pytest.mark.timeout(3_600)
def test_writers_killed_a_hundred_times_on_a_file(sqlite_database: str) -> None:
    rage_on_sqlite(sqlite_database, kills=100, risk=0.05)
