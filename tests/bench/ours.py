"""Parley's two ways into the log, each on a log of its own, with the positions it was given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any, TypeAlias

from app.parley import Parley
from app.record import record
from domain.entry import Draft
from tests.bench.material import CASE, Body, drafts_of
from tests.bench.servers import Places

APPEND = "append of a validated event"
"""The log itself: leaf, hash, frontier, every column and index; durable when it returns."""
RECORD = "record of a body"
"""The whole of a user's request: validation, and whether the log knows all that the body names."""
WAYS = (APPEND, RECORD)


class Ours:
    """One of the ways; safe to call from many threads."""

    def __init__(self, parley: Parley, way: str) -> None:
        self._parley = parley
        self._before = parley.ledger.head().size
        self._positions: list[int] = []
        self.act: Act = self._append if way == APPEND else self._record
        self.ready: Ready = drafts_of if way == APPEND else list

    def _append(self, draft: Draft) -> None:
        (receipt,) = self._parley.ledger.append([draft])
        self._positions.append(receipt.position)

    def _record(self, body: Body) -> None:
        (receipt,) = record(self._parley, CASE, body).receipts
        self._positions.append(receipt.position)

    def is_gapless(self) -> bool:
        """Whether every position since the start was acknowledged to one caller and no other."""
        size = self._parley.ledger.head().size
        return sorted(self._positions) == list(range(self._before + 1, size + 1))


Act: TypeAlias = Callable[[Any], None]
"""Records one item and returns when it is durable."""
Ready: TypeAlias = Callable[[Sequence[Body]], Sequence[Any]]
"""From bodies to the items that a way takes; done before the time is measured."""


def open_ways(stack: ExitStack, places: Places, backend: str) -> dict[str, Ours]:
    """Both ways on a database."""
    return {way: Ours(stack.enter_context(places.parley(backend)), way) for way in WAYS}
