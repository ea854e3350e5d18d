"""Between which times an entry was recorded, by clocks that are not the log's own.

A witness that saw the log at size s at time t says two things. Every entry up to s
was recorded by then: one that says later was given a later date. And every entry
after s came later, but for the moment between the signing of the checkpoint and its
being seen: one that says much earlier was given an earlier date. A witness may also
have been late, so of the second only a doubt remains.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate

from audit.report import Check, Fault, Outcome

CLOCKS_DIFFER = 60  # Seconds; the log refuses a clock of its own that is further off.
SEEN_WITHIN = 600  # Seconds; a log asks its witnesses when it signs, and asks again if need be.

_MICROSECONDS = 1_000_000


class Brackets:
    """The brackets for positions that are asked for in order."""

    def __init__(self, seen: Iterable[tuple[int, int]] = ()) -> None:
        """Know at what POSIX second somebody saw the log at which size."""
        self._seen = sorted(seen)
        times = [time for _, time in self._seen]
        # The earliest at which anybody had seen this size or a larger one.
        self._by = [*accumulate(reversed(times), min)][::-1]
        self._passed = 0
        self._since: int | None = None

    def __len__(self) -> int:
        """How often the log was seen."""
        return len(self._seen)

    def check(self, position: int, recorded_at: int) -> Iterable[Fault]:
        """What is wrong with an entry that says it was recorded at these microseconds."""
        while self._passed < len(self._seen) and self._seen[self._passed][0] < position:
            time = self._seen[self._passed][1]
            self._since = time if self._since is None else max(self._since, time)
            self._passed += 1
        second = recorded_at // _MICROSECONDS
        if self._passed < len(self._seen):
            late = second - self._by[self._passed] - CLOCKS_DIFFER
            if late > 0:
                message = f"a witness had seen it {late} seconds and more before it was recorded"
                yield Check.TIMES, Outcome.TAMPERED, message
        if self._since is not None and second < self._since - SEEN_WITHIN:
            early = self._since - second
            message = f"a witness saw the log without it {early} seconds after it was recorded"
            yield Check.TIMES, Outcome.INCONCLUSIVE, message
