"""The hub hands each frame to everyone once, and waits for nobody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar

import pytest

from domain.entry import Entry
from domain.errors import DatabaseGone
from feed import frames
from feed.frames import Frame, lots_of
from feed.hub import Hub
from feed.limits import LOT, PAGE, RECENT
from ledger.filter import EVERYTHING, Filter
from ledger.fitting import fits
from tests.api.sse import Message, Parser
from tests.feed.conftest import MANY

T = TypeVar("T")
PLEDGES = Filter(kind="pledge.made")


@dataclass
class Connection:
    """The end of a stream: takes all that is sent, or nothing while it is full."""

    full: bool = False
    room: asyncio.Event = field(default_factory=asyncio.Event)
    left: asyncio.Event = field(default_factory=asyncio.Event)
    text: bytes = b""
    sends: int = 0
    breaks: bool = False
    by_coroutine: bool = False

    def send(self, data: bytes) -> Coroutine[Any, Any, None] | None:
        """Take it, or give what waits while there is no room; as a connection does."""
        if self.breaks:
            raise RuntimeError("the connection is broken")
        if self.full or self.by_coroutine:
            return self._send(data)
        self._take(data)
        return None

    async def _send(self, data: bytes) -> None:
        if self.full:
            self.room.clear()
            await self.room.wait()
        self._take(data)

    def _take(self, data: bytes) -> None:
        self.sends += 1
        self.text += data

    async def gone(self) -> None:
        """Wait until the client has left."""
        await self.left.wait()

    def read(self) -> None:
        """Have the client read what has come, and no more."""
        self.room.set()

    def messages(self) -> list[Message]:
        """What has come."""
        parser = Parser()
        found = (parser.take(line) for line in self.text.decode().split("\n"))
        return [message for message in found if message is not None]

    def positions(self) -> list[int]:
        """The positions of the entries that have come."""
        return [message.position for message in self.messages() if not message.name]


@dataclass
class Stage:
    """A hub over a log of entries that are there already, and how often it was read."""

    hub: Hub
    log: Sequence[Frame]
    reads: list[tuple[int, int]] = field(default_factory=list)
    trouble: int = 0

    def read(self, where: Filter, after: int, upto: int, limit: int) -> tuple[Sequence[Frame], int]:
        """Read the log as the ledger does."""
        if self.trouble:
            self.trouble -= 1
            raise DatabaseGone.of("PARLEY_DATABASE_URL", "is away", "wait")
        self.reads.append((after, limit))
        found = [f for f in self.log[after:upto] if fits(f.entry, where)]
        whole = found[:limit]
        return whole, whole[-1].position if len(found) > limit else upto

    async def grow(self, many: int) -> None:
        """Have entries recorded, and handed on."""
        position = self.hub.position
        await self.hub.deliver(self.log[position : position + many], position + many)

    def join(
        self,
        connection: Connection,
        where: Filter = EVERYTHING,
        after: int = 0,
        key: str | None = None,
    ) -> asyncio.Task[Any]:
        """Subscribe somebody."""
        serving = self.hub.serve(connection.send, connection.gone, where, after, key)
        return asyncio.create_task(serving)


@asynccontextmanager
async def staged(
    log: Sequence[Frame], position: int, recent: Sequence[Frame] = ()
) -> AsyncIterator[Stage]:
    stage = Stage(Hub(lambda *_: ([], 0), lambda at: f"1.{at}", position), log)
    stage.hub = Hub(stage.read, lambda at: f"1.{at}", position, recent)
    yield stage
    stage.hub.close()


def run(play: Callable[[], Awaitable[T]]) -> T:
    async def within() -> T:
        async with asyncio.timeout(60):
            return await play()

    return asyncio.run(within())


async def settle(true: Callable[[], bool]) -> None:
    # What it waits for is told by nobody: it is asked again and again.
    while not true():  # noqa: ASYNC110
        await asyncio.sleep(0.001)


@cache
def upto(last: int) -> list[int]:
    return list(range(1, last + 1))


@pytest.mark.parametrize("by_coroutine", [False, True])
def test_who_is_there_gets_each_entry_in_one_send_without_a_read(
    log: list[Frame], *, by_coroutine: bool
) -> None:
    async def play() -> None:
        async with staged(log, 0) as stage:
            connection = Connection(by_coroutine=by_coroutine)
            stage.join(connection)
            await settle(lambda: connection.sends == 1)
            for _ in range(5):
                await stage.grow(1)
            assert (connection.positions(), connection.sends) == (upto(5), 6)
            assert stage.reads == []

    run(play)


@pytest.mark.parametrize("by_coroutine", [False, True])
def test_one_whose_connection_is_full_holds_nobody_up_and_gets_everything_later(
    log: list[Frame], *, by_coroutine: bool
) -> None:
    async def play() -> None:
        async with staged(log, 0) as stage:
            slow, quick = (Connection(by_coroutine=by_coroutine) for _ in range(2))
            stage.join(slow)
            stage.join(quick)
            await settle(lambda: slow.sends == quick.sends == 1)
            slow.full = True
            for _ in range(MANY):
                await stage.grow(1)
            assert quick.positions() == upto(MANY)
            assert (slow.sends, stage.hub.late) == (1, 1)
            while stage.hub.late:
                # It reads now and then: each time the connection takes one send more.
                slow.read()
                await asyncio.sleep(0)
                slow.full = len(slow.positions()) < MANY - 5
            assert slow.positions() == upto(MANY)

    run(play)


def test_one_that_is_later_than_what_is_in_memory_reads_the_log(log: list[Frame]) -> None:
    async def play() -> None:
        async with staged(log, 0) as stage:
            slow = Connection()
            stage.join(slow)
            await settle(lambda: slow.sends == 1)
            slow.full = True
            last = RECENT + MANY
            await stage.grow(last)
            assert slow.sends == 1
            slow.full = False
            slow.read()
            await settle(lambda: stage.hub.late == 0)
            assert slow.positions() == upto(last)
            assert stage.reads[0][0] < last - RECENT
            # What is read for one that was slow a moment ago is little.
            assert stage.reads[0][1] < PAGE

    run(play)


def test_a_long_catch_up_is_sent_in_lots_that_are_small(log: list[Frame]) -> None:
    async def play() -> None:
        last = RECENT
        async with staged(log, last) as stage:
            connection = Connection()
            stage.join(connection)
            await settle(lambda: connection.text.count(b"caught-up") == 1)
            assert connection.positions() == upto(last)
            assert len(connection.text) / connection.sends < LOT + 2_000

    run(play)


def test_who_is_ahead_of_the_hub_is_sent_only_what_is_beyond(log: list[Frame]) -> None:
    async def play() -> None:
        async with staged(log, 10) as stage:
            ahead, whole = Connection(), Connection()
            stage.join(ahead, after=13)
            stage.join(whole, after=10)
            await settle(lambda: len(stage.hub) == 2 and stage.hub.late == 0)
            await stage.grow(2)
            await stage.grow(5)
            assert whole.positions() == list(range(11, 18))
            assert ahead.positions() == list(range(14, 18))

    run(play)


def test_filters_are_decided_once_and_progress_is_told(
    log: list[Frame], monkeypatch: pytest.MonkeyPatch
) -> None:
    decided: list[int] = []

    def noted(entry: Entry, where: Filter) -> bool:
        decided.append(entry.position)
        return fits(entry, where)

    monkeypatch.setattr("feed.hub.fits", noted)

    async def play() -> None:
        async with staged(log, 0) as stage:
            stage.hub.heartbeat = 0.01
            many = [Connection() for _ in range(50)]
            for each in many:
                stage.join(each, PLEDGES)
            await settle(lambda: all(each.sends == 1 for each in many))
            await stage.grow(8)
            assert all(each.positions() == [1, 4, 7] for each in many)
            assert decided == upto(8)
            connection = many[0]
            beating = asyncio.create_task(stage.hub.beat())
            await settle(lambda: b"progress" in connection.text)
            assert connection.messages()[-1].id == "1.8"
            await settle(lambda: connection.text.endswith(frames.HEARTBEAT))
            beating.cancel()
            with suppress(asyncio.CancelledError):
                await beating

    run(play)


def test_far_progress_is_told_while_catching_up(log: list[Frame]) -> None:
    async def play() -> None:
        last = RECENT + MANY
        async with staged(log, last) as stage:
            connection = Connection()
            stage.join(connection, Filter(kind="attack.carried_out"))
            await settle(lambda: connection.sends == 2)
            told = [(m.name, m.position) for m in connection.messages()]
            assert told == [("progress", last), ("caught-up", last)]

    run(play)


def test_joining_while_frames_are_handed_out_loses_and_doubles_none(log: list[Frame]) -> None:
    async def play() -> None:
        async with staged(log, 0) as stage:
            here = [Connection() for _ in range(300)]
            for each in here:
                stage.join(each)
            await settle(lambda: all(each.sends for each in here))
            late: list[Connection] = []
            for _ in range(60):
                growing = asyncio.create_task(stage.grow(3))
                late.append(Connection())
                stage.join(late[-1], after=0)
                await growing
            await settle(lambda: len(stage.hub) == 360 and stage.hub.late == 0)
            assert all(each.positions() == upto(180) for each in (*here, *late))

    run(play)


def test_who_is_late_when_a_process_begins_is_served_from_memory(log: list[Frame]) -> None:
    async def play() -> None:
        last = RECENT + MANY
        async with staged(log, last, log[last - RECENT : last]) as stage:
            late, later = Connection(), Connection()
            stage.join(late, after=last - 500)
            await settle(lambda: b"caught-up" in late.text)
            assert late.positions() == list(range(last - 499, last + 1))
            assert stage.reads == []
            stage.join(later, after=last - RECENT - 1)
            await settle(lambda: b"caught-up" in later.text)
            assert stage.reads != []

    run(play)


def test_lots_hold_every_frame_once_and_reach_the_end(log: list[Frame]) -> None:
    for size in (0, 1, 2, 50):
        lots = list(lots_of(log[:size], 0, size + 7))
        assert [f.position for lot in lots for f in lot.frames] == upto(size)
        assert [lot.after for lot in lots] == [0, *(lot.upto for lot in lots[:-1])]
        assert lots[-1].upto == size + 7
        assert b"".join(lot.text for lot in lots) == b"".join(f.text for f in log[:size])
