"""A story cut where nothing overlaps, so that a late record refolds only what it touches.

A passage is a stretch of a story whose entries may overlap each other and no
others: all before it have certainly begun before any of it can have. What a
story comes to after a passage follows from the passage and from what it had
come to before. Where a change leaves that as it was, the rest of the story
stands; as a state forgets (`domain.state`), that is soon so, and a story that
is recorded newest first costs what it would cost in order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from domain.state import Anomaly, Evolve, State
from domain.story import Placed, Turn


@dataclass(frozen=True, slots=True)
class Course:
    """Where one fold of a story has come to.

    `turn` is there where the very last event gave the status; where the status
    is older than that, it has to be looked for further back.
    """

    state: State | None = None
    turn: Turn | None = None

    @property
    def is_there(self) -> bool:
        """Whether something that opens the thing has been folded."""
        return self.state is not None and self.state.content is not None


@dataclass(frozen=True, slots=True)
class Courses:
    """Both folds: what may have begun, and what must have."""

    possible: Course
    certain: Course


NOWHERE = Courses(*[Course()] * 2)
"""Before anything has begun."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What a story comes to from a minute until the next piece or passage begins.

    `turns` are the entries of the passage that changed the status, in each fold;
    `anomalies` are what is wrong with those of its entries that may have begun.
    """

    start: int
    courses: Courses
    turns: tuple[Placed, ...]
    certain_turns: tuple[Placed, ...]
    anomalies: tuple[Anomaly, ...]


@dataclass(frozen=True, slots=True)
class Passage:
    """Entries that may overlap, and what the story comes to while they begin."""

    placed: tuple[Placed, ...]
    before: Courses
    pieces: tuple[Piece, ...]

    @property
    def start(self) -> int:
        """The minute at which the first of them enters a fold."""
        return self.pieces[0].start

    @property
    def end(self) -> int:
        """The last minute at which one of them enters a fold."""
        return max(placed.hi for placed in self.placed)

    @property
    def after(self) -> Courses:
        """What the story has come to when all of them have begun."""
        return self.pieces[-1].courses

    @property
    def has_turns(self) -> bool:
        """Whether the status changes in it, in either fold."""
        return any(piece.turns or piece.certain_turns for piece in self.pieces)


def cut(placed: Sequence[Placed]) -> list[tuple[Placed, ...]]:
    """The entries of each passage; `placed` is in the order of the world."""
    starts: list[int] = []
    for here in reversed(placed):
        starts.append(min(here.folds_at, starts[-1]) if starts else here.folds_at)
    starts.reverse()
    passages: list[tuple[Placed, ...]] = []
    first, latest = 0, 0
    for number, here in enumerate(placed):
        latest = here.hi if number == first else max(latest, here.hi)
        if number + 1 == len(placed) or latest < starts[number + 1]:
            passages.append(tuple(placed[first : number + 1]))
            first = number + 1
    return passages


def fold(placed: tuple[Placed, ...], before: Courses, evolve: Evolve) -> Passage:
    """Fold a passage at every minute at which one of its entries enters a fold."""
    if len(placed) == 1 and placed[0].folds_at == placed[0].hi and not placed[0].marked:
        return _fold_one(placed[0], before, evolve)
    possible, certain = _Fold(before.possible, evolve), _Fold(before.certain, evolve)
    minutes = sorted({m for p in placed for m in ((p.folds_at,) if p.marked else _minutes(p))})
    pieces = []
    for minute in minutes:
        possible.to([p for p in placed if p.folds_at <= minute])
        certain.to([p for p in placed if p.hi <= minute and not p.marked])
        courses = _both(possible.course, certain.course)
        turns, certain_turns = possible.turns(), certain.turns()
        pieces.append(Piece(minute, courses, turns, certain_turns, possible.anomalies()))
    return Passage(placed, before, tuple(pieces))


def fold_on(
    passages: Iterable[tuple[Placed, ...]], before: Courses, evolve: Evolve
) -> Iterator[Passage]:
    """Fold passages that follow each other."""
    for placed in passages:
        passage = fold(placed, before, evolve)
        yield passage
        before = passage.after


def _fold_one(placed: Placed, before: Courses, evolve: Evolve) -> Passage:
    """Fold an entry that enters both folds at one minute, as nearly all do."""
    possible, found = _take(placed, before.possible, evolve)
    certain = possible
    if before.certain is not before.possible:
        certain, _ = _take(placed, before.certain, evolve)
    turns, certain_turns = (
        () if course.turn is None else (placed,) for course in (possible, certain)
    )
    piece = Piece(placed.hi, _both(possible, certain), turns, certain_turns, found)
    return Passage((placed,), before, (piece,))


def _take(placed: Placed, before: Course, evolve: Evolve) -> tuple[Course, tuple[Anomaly, ...]]:
    told = placed.told
    state, found = evolve(before.state, told)
    turns = before.state is None or state.status != before.state.status
    return Course(state, Turn.of(told) if turns else None), found


def _both(possible: Course, certain: Course) -> Courses:
    """Both folds; where they come to the same they are one, and are folded on as one."""
    return Courses(possible, possible if certain == possible else certain)


def _minutes(placed: Placed) -> tuple[int, int]:
    return placed.folds_at, placed.hi


class _Fold:
    """One fold of a passage, from one minute to the next; what they share is folded once."""

    def __init__(self, before: Course, evolve: Evolve) -> None:
        self._evolve = evolve
        self._taken: list[Placed] = []
        self._courses = [before]
        self._found: list[tuple[Anomaly, ...]] = []

    def to(self, wanted: Sequence[Placed]) -> None:
        """Fold these entries, in this order."""
        same = _shared(self._taken, wanted)
        del self._taken[same:], self._courses[same + 1 :], self._found[same:]
        for placed in wanted[same:]:
            course, found = _take(placed, self._courses[-1], self._evolve)
            self._courses.append(course)
            self._found.append(found)
            self._taken.append(placed)

    @property
    def course(self) -> Course:
        return self._courses[-1]

    def turns(self) -> tuple[Placed, ...]:
        """The entries that changed the status; what a turn was before the passage is not told."""
        taken = zip(self._taken, self._courses[1:], strict=True)
        return tuple(placed for placed, course in taken if course.turn is not None)

    def anomalies(self) -> tuple[Anomaly, ...]:
        return tuple(anomaly for found in self._found for anomaly in found)


def _shared(one: Sequence[Placed], other: Sequence[Placed]) -> int:
    """How many entries both begin with."""
    number = 0
    for here, there in zip(one, other, strict=False):
        if here is not there:
            break
        number += 1
    return number
