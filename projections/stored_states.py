"""What a story has come to, as bytes: what is said of it, and apart from that when and by whom.

A payload is lines of JSON:

1. since when the status holds, if the last event gave it, as an answer says it;
2. the deciding events, as an answer names them;
3. the other events that the states name, and which of all these is what in each state;
4. the dates and ids of the events that the states hold;
5. both folds, without all of that, which name what follows by its line;
6. and on: what is long in a state (content, citations, what a sort of thing keeps for
   itself), each once.

The first four lines are others at each step of a story. The lines from the fifth on,
its shape, come back: a pledge is stalled in the same words at a thousand dates. So
they are decoded once for all payloads that have them, and what a state says of its
events is read only if somebody asks. An answer does not ask: it shows them as they stand.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import TypeAdapter

from domain.event import Event
from domain.state import Trace
from domain.story import Turn
from projections.answers import Cause
from projections.damage import out_of_step
from projections.passages import Course, Courses
from projections.same import remembered
from projections.shapes import StoredTurn, Time, When, course_of, shape_of

ONE = b"[[],[[null,null,[],0]]]"
"""The third line of a turn alone: of no other events, the first is the turn's."""
_WRITE = TypeAdapter[Any](Any)


def format_courses(courses: Courses) -> bytes:
    """Both folds; the certain one is left out where it is the same."""
    possible, certain = courses.possible, courses.certain
    same = certain is possible or certain == possible
    deciding = () if possible.state is None else possible.state.deciding
    flat = _Flat(deciding)
    folds = [flat.fold(possible), None if same else flat.fold(certain)]
    turn, others = possible.turn, _named(flat.traces[len(deciding) :])
    since = b"" if turn is None else _format(turn.trace.occurred)
    rest = b"[" + others + b"," + _format(flat.numbers) + b"]"
    lines = (since, _named(deciding), rest, _format(flat.times), _format(folds))
    return b"\n".join((*lines, *flat.parts))


def parse_courses(thing: str, payload: bytes) -> Courses:
    """The inverse of `format_courses` for a story of a sort of thing, or of a stance.

    Raises DatabaseDamaged for what that never wrote, here or when it is asked for.
    """
    try:
        since, deciding, rest, dates, lines = payload.split(b"\n", 4)
    except ValueError:
        raise out_of_step() from None
    shape = shape_of(thing, lines)
    when = When(since, deciding, rest, dates)
    possible = course_of(shape, 0, when)
    return Courses(possible, possible if shape.is_one else course_of(shape, 1, when))


def format_turn(turn: Turn) -> bytes:
    """Since when a status holds."""
    since = _format(turn.trace.occurred)
    return b"\n".join((since, _named((turn.trace,)), _format(turn.cite)))


def parse_turn(payload: bytes) -> Turn:
    """The inverse of `format_turn`; raises DatabaseDamaged as `parse_courses` does."""
    try:
        since, trace, cite = payload.split(b"\n")
    except ValueError:
        raise out_of_step() from None
    return StoredTurn(When(since, trace, ONE, b"[]"), 0, cite, since)


class _Flat:
    """Folds as the fifth line has them; takes up what goes into the other lines."""

    def __init__(self, deciding: Iterable[Trace]) -> None:
        self.traces = list(deciding)
        self.numbers: list[tuple[Any, ...]] = []
        self.times: list[Time | None] = []
        self.parts: dict[bytes, int] = {}

    def fold(self, course: Course) -> tuple[Any, ...]:
        state, turn = course.state, course.turn
        flat: tuple[Any, ...] | None = None
        numbers: tuple[Any, ...] = (None, None, ())
        times: list[Time | None] = [None, None]
        if state is not None:
            content, times[0] = self._part(state.content)
            extra, times[1] = self._part(state.extra)
            opened = None if state.opened is None else self._number(state.opened)
            recent = tuple(map(self._number, state.recent))
            numbers = (opened, self._number(state.given), recent)
            kind, is_opened = state.given_kind, state.is_opened
            flat = (state.status, content, is_opened, kind, state.more, extra)
        self.times += times
        self.numbers.append((*numbers, None if turn is None else self._number(turn.trace)))
        return flat, None if turn is None else self._line(_format(turn.cite))

    def _part(self, value: object) -> tuple[int | None, Time | None]:
        """The line of a value, and what is left out of it."""
        if value is None:
            return None, None
        if isinstance(value, Event):
            return self._line(_said(value)), (value.occurred, value.id)
        return self._line(_format(value)), None

    def _line(self, part: bytes) -> int:
        # Line feeds within texts are escaped in JSON, so a part is one line.
        return self.parts.setdefault(part, len(self.parts))

    def _number(self, trace: Trace) -> int:
        """Its place among the events, where it is put if it has none."""
        for number, other in enumerate(self.traces):
            if other is trace or (other.position == trace.position and other == trace):
                return number
        self.traces.append(trace)
        return len(self.traces) - 1


def _format(value: object) -> bytes:
    # Attributes that an event does not have are left out, as in its leaf.
    return _WRITE.dump_json(value, exclude_unset=True, by_alias=True)


@remembered
def _said(event: Event) -> bytes:
    left_out = {"occurred", "id"}
    return event.model_dump_json(exclude=left_out, exclude_unset=True, by_alias=True).encode()


def _named(traces: Iterable[Trace]) -> bytes:
    """Events as an answer names them."""
    return b"[" + b",".join(map(_cause, traces)) + b"]"


@remembered
def _cause(trace: Trace) -> bytes:
    return Cause.model_validate(trace).model_dump_json().encode()
