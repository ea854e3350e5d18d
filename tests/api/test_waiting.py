"""Who waits for the log costs nothing beside the others who do, and too many may not."""

from __future__ import annotations

import asyncio

import pytest

from api.problems import Refused
from api.waiting import Waiting
from domain.errors import DatabaseGone

LONG = 30
"""Seconds that are never waited."""
ROUNDS = 5


class Growing:
    """A log that comes to position 1 after so many looks."""

    def __init__(self, after: int) -> None:
        self.looks, self._after = 0, after

    async def __call__(self) -> int:
        self.looks += 1
        return int(self.looks >= self._after)


@pytest.mark.parametrize("waiters", [1, 100])
def test_one_look_is_for_all_who_wait(waiters: int) -> None:
    # Each looks once by itself, and the last of the rounds finds what all of them wait for.
    log = Growing(waiters + ROUNDS)

    async def wait() -> list[int]:
        waiting = Waiting(log, step=0)
        return await asyncio.gather(*(waiting.come_to(1, LONG) for _ in range(waiters)))

    assert asyncio.run(wait()) == [1] * waiters
    assert log.looks == waiters + ROUNDS


def test_what_has_come_already_is_not_waited_for() -> None:
    log = Growing(1)
    assert asyncio.run(Waiting(log, most=0).come_to(1, LONG)) == 1
    assert log.looks == 1


def test_what_does_not_come_in_time_is_told_by_where_the_log_ends() -> None:
    assert asyncio.run(Waiting(Growing(10**9), step=0).come_to(1, 0.01)) == 0


def test_no_more_may_wait_than_that_and_who_leaves_makes_room() -> None:
    async def wait() -> None:
        waiting = Waiting(Growing(10**9), most=2, step=0.001)
        others = [asyncio.create_task(waiting.come_to(1, LONG)) for _ in range(2)]
        await asyncio.sleep(0.01)
        with pytest.raises(Refused, match="2 others"):
            await waiting.come_to(1, LONG)
        for other in others:
            other.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        assert await waiting.come_to(1, 0.01) == 0

    asyncio.run(wait())


def test_a_log_that_cannot_be_read_is_told_to_all_who_wait() -> None:
    looks = 0

    async def look() -> int:
        nonlocal looks
        looks += 1
        if looks > 3:
            raise DatabaseGone.of("PARLEY_DATABASE_URL", "cannot be reached", "start it")
        return 0

    async def wait() -> list[int | BaseException]:
        waiting = Waiting(look, step=0)
        asked = (waiting.come_to(1, LONG) for _ in range(3))
        return await asyncio.gather(*asked, return_exceptions=True)

    assert [type(each) for each in asyncio.run(wait())] == [DatabaseGone] * 3
