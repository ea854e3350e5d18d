"""What stands in a rectangle, as bytes: written and read back, inverse to each other.

Equal content gives equal bytes, so that a rebuilt edition can be compared with
the one that serves byte for byte. `FORMAT` is the number of this form; an
edition of another form is not read but made anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, make_dataclass
from functools import lru_cache, reduce
from operator import or_
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, TypeAdapter

from domain.registry import KINDS
from domain.state import State, Trace
from domain.story import Turn
from domain.things.actor import Standing as ActorStanding
from domain.things.attack import Began
from domain.things.pledge import Progress
from domain.things.stance import Stand
from projections.passages import Course, Courses
from projections.relations import Link
from projections.world import Mention

FORMAT = 1
"""The number of the form that payloads are written in; a new form gets a new number."""
KEPT = 4_096
"""Payloads that stay decoded; some answers of a large negotiation, of a few kilobytes each."""

_AnyEvent: Any = Annotated[reduce(or_, KINDS.values()), Field(discriminator="kind")]
# The dataclasses of the domain do not say which events they hold; these do.
_State: Any = make_dataclass(
    "_State",
    [
        ("status", str),
        ("content", _AnyEvent | None),
        ("opened", Trace | None),
        ("given", Trace),
        ("given_kind", str),
        ("recent", tuple[Trace, ...]),
        ("more", bool),
        ("extra", Any),
    ],
)
_Course: Any = make_dataclass("_Course", [("state", _State | None), ("turn", Turn | None)])
_Courses: Any = make_dataclass("_Courses", [("possible", _Course), ("certain", _Course | None)])

_WRITE = TypeAdapter[Any](Any)
_COURSES = TypeAdapter[Any](_Courses)
_TURN = TypeAdapter(Turn)
_EVENT = TypeAdapter[Any](_AnyEvent)
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
    same = courses.certain == courses.possible
    return _format({"possible": courses.possible, "certain": None if same else courses.certain})


@lru_cache(maxsize=KEPT)
def parse_courses(thing: str, payload: bytes) -> Courses:
    """The inverse of `format_courses` for a story of a sort of thing, or of a stance."""
    read = _COURSES.validate_json(payload)
    possible = _course(thing, read.possible)
    certain = possible if read.certain is None else _course(thing, read.certain)
    return Courses(possible, certain)


def format_turn(turn: Turn) -> bytes:
    """Since when a status holds."""
    return _format(turn)


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


def _course(thing: str, read: Any) -> Course:  # noqa: ANN401 - made from the domain's fields above.
    if read.state is None:
        return Course(None, read.turn)
    found = read.state
    state = State(
        status=found.status,
        content=found.content,
        opened=found.opened,
        given=found.given,
        given_kind=found.given_kind,
        recent=found.recent,
        more=found.more,
        extra=_extra(thing, found.extra),
    )
    return Course(state, read.turn)


def _extra(thing: str, raw: object) -> object:
    if raw is None:
        return None
    extra: object = _EXTRAS.get(thing, _EVENT).validate_python(raw)
    return extra
