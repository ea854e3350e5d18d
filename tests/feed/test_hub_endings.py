"""What ends a stream, and what goes wrong under one: nobody else notices, and nothing is lost."""

from __future__ import annotations

import asyncio

import pytest

from domain.entry import Entry
from feed import frames
from feed.frames import Frame
from feed.limits import PAGE
from ledger.filter import Filter
from ledger.fitting import fits
from tests.feed.test_hub import PLEDGES, Connection, run, settle, staged, upto


@pytest.mark.parametrize("full", [False, True])
def test_an_end_says_why_and_how_far_it_has_come(log: list[Frame], *, full: bool) -> None:
    async def play() -> None:
        async with staged(log, 0) as stage:
            connection = Connection()
            task = stage.join(connection)
            await settle(lambda: connection.sends == 1)
            await stage.grow(2)
            connection.full = full
            await stage.grow(1)
            stage.hub.close()
            # What waits was not sent, so it is not counted as sent.
            assert await task == ("shutdown", 2 if full else 3)
            assert len(stage.hub) == 0
            again = stage.join(Connection(), after=3)
            assert await again == ("shutdown", 3)

    run(play)


def test_a_life_ends_by_itself(log: list[Frame]) -> None:
    async def play() -> None:
        async with staged(log, 0) as stage:
            stage.hub.life = 0.01
            assert await stage.join(Connection()) == ("life", 0)

    run(play)


def test_who_leaves_is_forgotten_slow_or_not(log: list[Frame]) -> None:
    async def play() -> None:
        async with staged(log, 0) as stage:
            quick, slow = Connection(), Connection()
            tasks = [stage.join(quick), stage.join(slow)]
            await settle(lambda: quick.sends == slow.sends == 1)
            slow.full = True
            await stage.grow(2)
            quick.left.set()
            slow.left.set()
            assert [(await task)[0] for task in tasks] == [None, None]
            assert (len(stage.hub), stage.hub.late) == (0, 0)
            await stage.grow(1)

    run(play)


def test_a_connection_that_breaks_ends_itself_alone(log: list[Frame]) -> None:
    async def play() -> None:
        async with staged(log, 0) as stage:
            broken, whole = Connection(), Connection()
            task = stage.join(broken)
            stage.join(whole)
            await settle(lambda: broken.sends == whole.sends == 1)
            broken.breaks = True
            await stage.grow(3)
            assert (await task)[0] == "failure"
            assert whole.positions() == upto(3)

    run(play)


def test_what_was_handed_on_by_half_comes_to_everybody_once(
    log: list[Frame], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = iter(range(1, 10_000))

    def failing(entry: Entry, where: Filter) -> bool:
        # All of the first filter's entries are decided on by then, and half of the second's.
        if next(asked) == 8:
            raise RuntimeError("nobody foresaw this")
        return fits(entry, where)

    async def play() -> None:
        async with staged(log, 0) as stage:
            first, second = Connection(), Connection()
            stage.join(first)
            await settle(lambda: first.sends == 1)
            stage.join(second, PLEDGES)
            await settle(lambda: second.sends == 1)
            monkeypatch.setattr("feed.hub.fits", failing)
            with pytest.raises(RuntimeError):
                await stage.grow(5)
            assert (first.positions(), second.positions()) == (upto(5), [])
            # The tailer reads the same again.
            await stage.hub.deliver(log[:5], 5)
            await settle(lambda: stage.hub.late == 0)
            await stage.grow(2)
            assert (first.positions(), second.positions()) == (upto(7), [1, 4, 7])

    run(play)


def test_a_log_that_cannot_be_read_is_waited_for_by_who_is_kept_awake(
    log: list[Frame], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("feed.hub.BACK_OFF", (0.001,))

    async def play() -> None:
        async with staged(log, 50) as stage:
            stage.trouble = 3
            connection = Connection()
            stage.join(connection)
            await settle(lambda: connection.positions() == upto(50))
            assert connection.text.startswith(3 * frames.HEARTBEAT + b"id: 1.1\n")

    run(play)
    # The tailer says it, once for all of them.
    assert caplog.messages == []


def test_where_the_log_has_become_shorter_everybody_has_to_ask_again(log: list[Frame]) -> None:
    async def play() -> None:
        async with staged(log, 0) as stage:
            connections = [Connection(), Connection()]
            tasks = [stage.join(each) for each in connections]
            await settle(lambda: all(each.sends == 1 for each in connections))
            await stage.grow(8)
            connections[1].full = True
            await stage.grow(1)
            stage.hub.start_over(5)
            assert [await task for task in tasks] == [("failure", 9), ("failure", 8)]
            again = Connection()
            stage.join(again, after=3)
            await settle(lambda: again.sends == 2)
            # What is in memory is of a log that is no more.
            assert (again.positions(), stage.reads) == ([4, 5], [(3, PAGE)])
            await stage.grow(2)
            assert again.positions() == [4, 5, 6, 7]

    run(play)


def test_only_who_came_by_a_key_that_is_good_no_more_is_ended(log: list[Frame]) -> None:
    async def play() -> None:
        async with staged(log, 0) as stage:
            connections = [Connection() for _ in range(4)]
            keys = ["good", "bad", None, "bad"]
            tasks = [stage.join(c, key=k) for c, k in zip(connections, keys, strict=True)]
            await settle(lambda: all(each.sends == 1 for each in connections))
            assert stage.hub.keys() == {"good", "bad"}
            connections[3].full = True
            await stage.grow(2)
            stage.hub.end_of({"bad"})
            assert [await tasks[each] for each in (1, 3)] == [("revoked", 2), ("revoked", 0)]
            assert (len(stage.hub), stage.hub.keys()) == (2, frozenset({"good"}))
            await stage.grow(1)
            assert connections[0].positions() == connections[2].positions() == upto(3)

    run(play)


def test_a_task_that_is_cancelled_from_outside_is_cancelled(log: list[Frame]) -> None:
    async def play() -> None:
        async with staged(log, 0) as stage:
            connection = Connection()
            task = stage.join(connection)
            await settle(lambda: connection.sends == 1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert len(stage.hub) == 0

    run(play)
