"""What stands in a rectangle, as bytes: written and read back, inverse to each other.

Equal content gives equal bytes, so that a rebuilt edition can be compared with
the one that serves byte for byte. `FORMAT` is the number of this form; an
edition of another form is not read but made anew.

What a story has come to is a few lines of JSON. The first holds the states; the
others are what changes seldom and is long (content, citations, what a sort of
thing keeps for itself), each once, and the states name them by number. Many
states have the same such part, so it is written and read once for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import or_
from typing import Annotated, Any, TypeAlias
from uuid import UUID

from pydantic import Field, TypeAdapter

from domain.citations import Citation
from domain.registry import KINDS
from domain.state import State, Trace
from domain.story import Turn
from domain.things.actor import Standing as ActorStanding
from domain.things.attack import Began
from domain.things.pledge import Progress
from domain.things.stance import Stand
from projections.passages import Course, Courses
from projections.relations import Link
from projections.same import remembered
from projections.world import Mention

FORMAT = 1
"""The number of the form that payloads are written in; a new form gets a new number."""
KEPT = 8_192
"""Payloads, and parts of them, that stay decoded; some answers of a large negotiation."""

_Trace: TypeAlias = tuple[UUID, int, str | None, tuple[int, ...]]
_Event: Any = Annotated[reduce(or_, KINDS.values()), Field(discriminator="kind")]
_Number: TypeAlias = int | None
"""A trace counted in the traces of a fold, or a part counted in the lines."""
_State: TypeAlias = tuple[str, _Number, _Number, int, str, int, bool, _Number]
"""Status, content, opened, given, its kind, how many traces are recent, more, extra."""
_Course: TypeAlias = tuple[tuple[_Trace, ...], _State | None, tuple[int, int] | None]
"""Traces, the recent ones first; the state; and of the turn the trace and its citations."""

_WRITE = TypeAdapter[Any](Any)
_HEAD = TypeAdapter[tuple[_Course, _Course | None]](tuple[_Course, _Course | None])
_TURN = TypeAdapter(Turn)
_CITE = TypeAdapter(tuple[Citation, ...])
_EVENT = TypeAdapter[Any](_Event)
_EXTRAS: Mapping[str, TypeAdapter[Any]] = {
    "actor": TypeAdapter(ActorStanding),
    "attack": TypeAdapter(Began),
    "pledge": TypeAdapter(Progress),
    "stance": TypeAdapter(Stand),
}
"""What a state keeps beside its content, by sort of thing; with other sorts it is an event."""


@dataclass(frozen=True, slots=True)
class Note:
    """Something to be told of a story at some minutes: an entry, and what it clashes with.

    `code` and `rule` are those of an anomaly.
    """

    entry: UUID
    mention: Mention
    code: str = ""
    rule: str = ""
    clash: UUID | None = None
    clash_mention: Mention | None = None


@dataclass(frozen=True, slots=True)
class StoredLink:
    """A link, and the position that puts it in order."""

    position: int
    link: Link


_NOTES = TypeAdapter(tuple[Note, ...])
_LINK = TypeAdapter(StoredLink)


def format_courses(courses: Courses) -> bytes:
    """Both folds; the certain one is left out where it is the same."""
    parts: dict[bytes, int] = {}
    same = courses.certain is courses.possible or courses.certain == courses.possible
    folds = [_flat(courses.possible, parts), None if same else _flat(courses.certain, parts)]
    return b"\n".join((_format(folds), *parts))


@lru_cache(maxsize=KEPT)
def parse_courses(thing: str, payload: bytes) -> Courses:
    """The inverse of `format_courses` for a story of a sort of thing, or of a stance."""
    head, *parts = payload.split(b"\n")
    one, other = _HEAD.validate_json(head)
    possible = _course(thing, one, parts)
    return Courses(possible, possible if other is None else _course(thing, other, parts))


def format_turn(turn: Turn) -> bytes:
    """Since when a status holds."""
    return _format(turn)


@lru_cache(maxsize=KEPT)
def parse_turn(payload: bytes) -> Turn:
    """The inverse of `format_turn`."""
    return _TURN.validate_json(payload)


def format_notes(notes: tuple[Note, ...]) -> bytes:
    """What is to be told of a story."""
    return _format(notes)


def parse_notes(payload: bytes) -> tuple[Note, ...]:
    """The inverse of `format_notes`."""
    return _NOTES.validate_json(payload)


def format_link(link: StoredLink) -> bytes:
    """A link whose two ends are known."""
    return _format(link)


def parse_link(payload: bytes) -> StoredLink:
    """The inverse of `format_link`."""
    return _LINK.validate_json(payload)


def _format(value: object) -> bytes:
    # Attributes that an event does not have are left out, as in its leaf.
    return _WRITE.dump_json(value, exclude_unset=True, by_alias=True)


_format_once = remembered(_format)


def _flat(course: Course, parts: dict[bytes, int]) -> tuple[Any, ...]:
    """One fold as the first line has it; `parts` takes up what goes into the others."""

    def part(value: object, write: Callable[[object], bytes]) -> int | None:
        # Line feeds within texts are escaped in JSON, so a part is one line.
        return None if value is None else parts.setdefault(write(value), len(parts))

    state, turn = course.state, course.turn
    traces: list[Trace] = []
    flat: tuple[Any, ...] | None = None
    if state is not None:
        traces += state.recent
        flat = (
            state.status,
            part(state.content, _format_once),
            None if state.opened is None else _number(state.opened, traces),
            _number(state.given, traces),
            state.given_kind,
            len(state.recent),
            state.more,
            part(state.extra, _format),
        )
    turned = None
    if turn is not None:
        turned = _number(turn.trace, traces), part(turn.cite, _format)
    kept = [(t.id, t.position, t.occurred, t.corrected_by) for t in traces]
    return kept, flat, turned


def _number(trace: Trace, traces: list[Trace]) -> int:
    """Its place among the traces, where it is put if it has none."""
    for number, other in enumerate(traces):
        if other.position == trace.position and other == trace:
            return number
    traces.append(trace)
    return len(traces) - 1


def _course(thing: str, read: _Course, parts: list[bytes]) -> Course:
    kept, flat, turned = read
    traces = [Trace(*trace) for trace in kept]
    turn = None if turned is None else Turn(traces[turned[0]], _cite(parts[turned[1]]))
    if flat is None:
        return Course(None, turn)
    status, content, opened, given, given_kind, recent, more, extra = flat
    state = State(
        status=status,
        content=None if content is None else _event(parts[content]),
        opened=None if opened is None else traces[opened],
        given=traces[given],
        given_kind=given_kind,
        recent=tuple(traces[:recent]),
        more=more,
        extra=None if extra is None else _extra(thing, parts[extra]),
    )
    return Course(state, turn)


@lru_cache(maxsize=KEPT)
def _event(part: bytes) -> Any:  # noqa: ANN401 - one of the kinds.
    return _EVENT.validate_json(part)


@lru_cache(maxsize=KEPT)
def _cite(part: bytes) -> tuple[Citation, ...]:
    return _CITE.validate_json(part)


@lru_cache(maxsize=KEPT)
def _extra(thing: str, part: bytes) -> object:
    extra: object = _EXTRAS.get(thing, _EVENT).validate_json(part)
    return extra
