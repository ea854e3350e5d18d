"""How the contestants take turns: one lap each in every round, so that noise meets all of them."""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import median, quantiles
from threading import Barrier
from time import perf_counter
from typing import TypeAlias, TypeVar

from tests.bench.calm import Calm, Since

Material = TypeVar("Material")
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Lap:
    """One turn of one contestant: how long it took, for how many events.

    `waits` are the seconds of each call, where a caller waits for every event.
    """

    seconds: float
    events: int
    waits: tuple[float, ...] = ()

    @property
    def rate(self) -> float:
        """Events a second."""
        return self.events / self.seconds

    @property
    def typical_wait(self) -> float:
        """The median call in seconds."""
        return median(self.waits)

    @property
    def longest_waits(self) -> float:
        """The 99th percentile of the calls in seconds."""
        return quantiles(self.waits, n=100, method="inclusive")[98]


Turn: TypeAlias = Callable[[Material], Lap]
Laps: TypeAlias = Mapping[str, Sequence[Lap]]
"""The laps of each contestant, by name, in the order of the rounds."""


def take_turns(
    turns: Mapping[str, Turn[Material]], draw: Callable[[], Material], rounds: int, calm: Calm
) -> Laps:
    """Rounds in which every contestant has one lap on the same material.

    The order turns with the rounds, and a first round that does not count warms
    up caches, plans and connections. Nor does a round that others disturbed.
    """
    laps: dict[str, list[Lap]] = {name: [] for name in turns}
    names = deque(turns)
    _round(turns, names, draw())
    while len(laps[names[0]]) < rounds:
        material = draw()
        calm.wait()
        since = Since()
        found = _round(turns, names, material)
        if calm.keeps(since):
            for name, lap in found.items():
                laps[name].append(lap)
        names.rotate()
    return laps


def _round(
    turns: Mapping[str, Turn[Material]], names: Iterable[str], material: Material
) -> dict[str, Lap]:
    found = {}
    for name in names:
        # What another contestant left behind is not to be cleared away in this lap.
        gc.collect()
        gc.freeze()
        found[name] = turns[name](material)
    gc.unfreeze()
    return found


def one_by_one(act: Callable[[Item], object], items: Sequence[Item]) -> Lap:
    """One caller, who waits for each before the next."""
    waits = []
    for item in items:
        start = perf_counter()
        act(item)
        waits.append(perf_counter() - start)
    return Lap(sum(waits), len(items), tuple(waits))


def all_at_once(act: Callable[[Item], object], items: Sequence[Item], callers: int) -> Lap:
    """Many callers on a thread each, who start together and share the items evenly."""
    ready = Barrier(callers + 1)

    def call(share: Sequence[Item]) -> Lap:
        ready.wait()
        return one_by_one(act, share)

    with ThreadPoolExecutor(callers) as pool:
        running = [pool.submit(call, items[caller::callers]) for caller in range(callers)]
        ready.wait()
        start = perf_counter()
        waits = [wait for each in running for wait in each.result().waits]
        return Lap(perf_counter() - start, len(items), tuple(waits))


def in_one_go(act: Callable[[], object], events: int) -> Lap:
    """One call for all events."""
    start = perf_counter()
    act()
    return Lap(perf_counter() - start, events)
