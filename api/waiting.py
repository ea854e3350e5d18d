"""Waiting for the log to grow: one look at it for everybody who waits."""

from __future__ import annotations

import asyncio
from asyncio import Future, Task
from collections.abc import Awaitable, Callable

from api.limits import MAX_WAITING, WAIT_STEP
from api.problems import BUSY, Refused
from domain.errors import ParleyError, Problem


class Waiting:
    """Those who wait until the log has come to a position; `look` tells how far it has.

    There is one for each process, for the thread that its event loop runs in. While somebody
    waits it looks again and again, as often for one as for a hundred.
    """

    def __init__(
        self,
        look: Callable[[], Awaitable[int]],
        most: int = MAX_WAITING,
        step: float = WAIT_STEP,
    ) -> None:
        self._look, self._most, self._step = look, most, step
        self._awaited: dict[Future[int], int] = {}
        self._looking: Task[None] | None = None

    async def come_to(self, position: int, seconds: float) -> int:
        """Where the log ends once it has come to a position, or after so many seconds.

        Raises Refused where too many wait already, and what a look at the log raises.
        """
        size = await self._look()
        if size >= position or seconds <= 0:
            return size
        if len(self._awaited) >= self._most:
            rule = f"{self._most} others wait for the log already"
            raise Refused(BUSY, Problem("wait_for", rule, "ask again, or without it"))
        coming: Future[int] = asyncio.get_running_loop().create_future()
        self._awaited[coming] = position
        if self._looking is None:
            self._looking = asyncio.create_task(self._look_for_all())
        try:
            async with asyncio.timeout(seconds):
                return await coming
        except TimeoutError:
            return await self._look()
        finally:
            del self._awaited[coming]

    async def _look_for_all(self) -> None:
        try:
            while not all(coming.done() for coming in self._awaited):
                await asyncio.sleep(self._step)
                self._tell(await self._look())
        except ParleyError as refusal:
            for coming in self._awaited:
                if not coming.done():
                    coming.set_exception(refusal)
        finally:
            self._looking = None

    def _tell(self, size: int) -> None:
        for coming, position in self._awaited.items():
            if position <= size and not coming.done():
                coming.set_result(size)
