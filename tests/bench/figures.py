"""A line of the table: what was measured, beside what, and whether the goal is met."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from tests.bench.laps import Lap

NO_PEER = "not measured: the peer could not be installed"


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound from the table of goals; a lower one unless `at_most`."""

    bound: float
    at_most: bool = False
    unit: str = "×"

    def __str__(self) -> str:
        return f"{'≤' if self.at_most else '≥'} {self.bound:g} {self.unit}"

    def is_met(self, value: float) -> bool:
        """Whether a measured value keeps the bound."""
        return value <= self.bound if self.at_most else value >= self.bound


@dataclass(frozen=True, slots=True)
class Figure:
    """One line; `met` is None where there is no goal or nothing could be measured."""

    what: str
    beside: str
    goal: str
    measured: str
    rounds: str = ""
    rates: str = ""
    met: bool | None = None


def compare(  # noqa: PLR0913 - the parts of a line are named at the call.
    what: str,
    beside: str,
    goal: Goal | None,
    ours: Sequence[Lap],
    theirs: Sequence[Lap] | None,
    *,
    of: Callable[[Lap], float] = lambda lap: lap.rate,
    of_theirs: Callable[[Lap], float] | None = None,
    show: Callable[[float], str] = lambda rate: f"{rate:,.0f}/s",
) -> Figure:
    """The median of the ratios of each round: a round's noise is in both of its sides."""
    if theirs is None:
        return Figure(what, beside, _said(goal), NO_PEER)
    of_theirs = of if of_theirs is None else of_theirs
    left, right = [of(lap) for lap in ours], [of_theirs(lap) for lap in theirs]
    ratios = [a / b for a, b in zip(left, right, strict=True)]
    middle = median(ratios)
    return Figure(
        what,
        beside,
        _said(goal),
        f"{number(middle)} ×",
        f"{number(min(ratios))}–{number(max(ratios))}",
        f"{show(median(left))} : {show(median(right))}",
        None if goal is None else goal.is_met(middle),
    )


def number(value: float) -> str:
    """Two digits that matter; more would be noise."""
    return f"{value:.2f}" if value < 10 else f"{value:,.0f}"


def milliseconds(seconds: float) -> str:
    """A wait as a person reads it."""
    return f"{seconds * 1e3:.2f} ms"


def microseconds(seconds: float) -> str:
    """A shorter wait."""
    return f"{seconds * 1e6:,.0f} µs"


def _said(goal: Goal | None) -> str:
    return "" if goal is None else str(goal)
