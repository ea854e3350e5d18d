"""What a pile of attacks comes to, as a plain answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from domain.bounds import ALWAYS
from projections.tables import BEGINNING
from projections.tally import Record
from projections.world import Counted

WINDOWS = (7, 30, 365, None)
"""Windows for counting attacks, in days up to the date; None is since the beginning."""


@dataclass(frozen=True, slots=True)
class PileWindow:
    """Attacks in a window up to a minute: those certainly in it, and those that may be as well."""

    days: int | None
    certain: int
    possible: int


@dataclass(frozen=True, slots=True)
class PileAnswer:
    """The windows, and the records of what is there.

    `most` is (munitions launched, 0, stream), of equals the first by its stream;
    `latest` is (first minute, last minute in which it can have begun, stream), the
    first BEGINNING where nobody says since when, of equals likewise.
    """

    windows: tuple[PileWindow, ...]
    most: Record | None
    latest: Record | None

    @classmethod
    def of(
        cls, counts: Iterable[tuple[int, int]], most: Record | None, latest: Record | None
    ) -> PileAnswer:
        """An answer of (certain, certain or possible) for each of WINDOWS, and the records."""
        windows = (
            PileWindow(days, certain, either - certain)
            for days, (certain, either) in zip(WINDOWS, counts, strict=True)
        )
        return cls(tuple(windows), most, latest)

    @property
    def largest(self) -> tuple[str, int] | None:
        """The stream of the attack with most munitions launched, and how many those were."""
        return None if self.most is None else (self.most[2], self.most[0])

    @property
    def last(self) -> tuple[str, int | None, int] | None:
        """The attack that was the last to begin: its stream, and between which minutes."""
        if self.latest is None:
            return None
        lo, hi, stream = self.latest
        return stream, None if lo == BEGINNING else lo, hi

    def counted(self) -> Counted:
        """The same as the framework takes it: counts by window, and records with their streams."""
        return Counted(
            counts={window.days: (window.certain, window.possible) for window in self.windows},
            largest=None if self.most is None else (self.most[0], self.most[2]),
            last=None
            if self.last is None or self.latest is None
            else (ALWAYS if self.last[1] is None else self.last[1], *self.latest[1:]),
        )


NO_ATTACKS = PileAnswer.of([(0, 0)] * len(WINDOWS), None, None)
"""The answer of an empty pile."""
