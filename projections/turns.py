"""The passages of a story in order, and where in them the status turned.

Since when a status holds cannot stand in a state: a late record at the beginning
of a long run would change every state of the run. It is looked for here, by
going back to the last passage with a turn.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from domain.story import MAX_TURNS, Placed
from projections.passages import Passage, Piece
from projections.tables import FOR_EVER


def turns_of(piece: Piece, *, certain: bool) -> tuple[Placed, ...]:
    """The turns of one fold of a piece."""
    return piece.certain_turns if certain else piece.turns


class Passages:
    """The passages of one story, found by minute."""

    def __init__(self) -> None:
        self._passages: list[Passage] = []
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._turning: list[int] = []
        # The last turns of what was let go, of the possible and of the certain fold.
        self._earlier: tuple[list[Placed], list[Placed]] = [], []

    def __len__(self) -> int:
        return len(self._passages)

    def __getitem__(self, index: int) -> Passage:
        return self._passages[index]

    def start(self, index: int, otherwise: int) -> int:
        """Where a passage begins, or `otherwise` for the one after the last."""
        return self._starts[index] if index < len(self._starts) else otherwise

    def between(self, first: int, last: int) -> tuple[int, int]:
        """The passages, from … to, that have an entry between two minutes."""
        return bisect_left(self._ends, first), bisect_right(self._starts, last)

    def replace(self, first: int, last: int, new: Sequence[Passage]) -> list[Passage]:
        """Put passages in the place of those from `first` to `last`; returns the old ones."""
        old = self._passages[first:last]
        low, high = self._turning_between(old)
        self._passages[first:last] = new
        self._starts[first:last] = [passage.start for passage in new]
        self._ends[first:last] = [passage.end for passage in new]
        if not old and new:
            low = high = bisect_left(self._turning, new[0].start)
        self._turning[low:high] = [passage.start for passage in new if passage.has_turns]
        return old

    def turns_before(self, index: int, *, certain: bool, limit: int = MAX_TURNS) -> list[Placed]:
        """The last turns of one fold before a passage, oldest first."""
        start = self.start(index, 0)
        turning = len(self._turning)
        if index < len(self):
            turning = bisect_left(self._turning, start)
        found: list[Placed] = []
        while turning and len(found) < limit:
            turning -= 1
            passage = self._passages[bisect_left(self._starts, self._turning[turning])]
            found[:0] = turns_of(passage.pieces[-1], certain=certain)
        if len(found) < limit:
            found[:0] = self._earlier[certain]
        return found[-limit:]

    def append(self, passage: Passage) -> None:
        """Put a passage after all others."""
        self._passages.append(passage)
        self._starts.append(passage.start)
        self._ends.append(passage.end)
        if passage.has_turns:
            self._turning.append(passage.start)

    def forget(self, count: int) -> list[Passage]:
        """Let go of the first passages but for their last turns; returns them."""
        possible, certain = (self.turns_before(count, certain=c) for c in (False, True))
        self._earlier = possible, certain
        gone = self._passages[:count]
        turning = bisect_left(self._turning, self.start(count, FOR_EVER))
        del self._passages[:count], self._starts[:count], self._ends[:count]
        del self._turning[:turning]
        return gone

    def turning_from(self, index: int) -> Iterator[int]:
        """The passages with a turn, from one on."""
        if index < len(self):
            for turning in range(
                bisect_left(self._turning, self._starts[index]), len(self._turning)
            ):
                yield bisect_left(self._starts, self._turning[turning])

    def _turning_between(self, old: Sequence[Passage]) -> tuple[int, int]:
        if not old:
            return 0, 0
        return (
            bisect_left(self._turning, old[0].start),
            bisect_right(self._turning, old[-1].start),
        )
