"""What was read out of a payload: a state that comes back is decoded once, its events if asked.

See `projections.stored_states` for the lines of a payload.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from functools import lru_cache, reduce
from itertools import count
from operator import or_
from typing import Annotated, Any, NamedTuple, TypeAlias, TypeVar
from uuid import UUID

from pydantic import Field, TypeAdapter

from domain.citations import Citation
from domain.event import Event
from domain.registry import KINDS
from domain.state import State, Trace
from domain.story import Turn
from domain.things.actor import Standing as ActorStanding
from domain.things.attack import Began
from domain.things.pledge import Progress
from domain.things.stance import Stand
from projections.damage import out_of_step
from projections.passages import Course

KEPT = 16_384
"""Shapes, and parts of them, that stay decoded; some answers of a large negotiation."""

T = TypeVar("T")

_Event: Any = Annotated[reduce(or_, KINDS.values()), Field(discriminator="kind")]
_Number: TypeAlias = int | None
"""An event counted in the events of the payload, or a part counted in the lines."""
_State: TypeAlias = tuple[str, _Number, bool, str, bool, _Number]
"""Status, content, whether it is opened, the kind of what gave the status, more, extra."""
_Fold: TypeAlias = tuple[_State | None, _Number]
"""The state, and the citations of the turn."""
_Events: TypeAlias = tuple[_Number, _Number, tuple[int, ...], _Number]
"""Of a fold: opened, given, recent, and the turn."""
Time: TypeAlias = tuple[str | None, UUID | None]
"""When an event was, and its id."""
_Rest: TypeAlias = tuple[tuple[Trace, ...], tuple[_Events, ...]]

_NUMBERS = count(1)
_HEAD = TypeAdapter[tuple[_Fold, _Fold | None]](tuple[_Fold, _Fold | None])
_TRACES = TypeAdapter(tuple[Trace, ...])
_REST = TypeAdapter[_Rest](_Rest)
_DATE = TypeAdapter[str | None](str | None)
_TIMES = TypeAdapter(tuple[Time | None, ...])
_CITE = TypeAdapter(tuple[Citation, ...])
_EVENT = TypeAdapter[Any](_Event)
_EXTRAS: Mapping[str, TypeAdapter[Any]] = {
    "actor": TypeAdapter(ActorStanding),
    "attack": TypeAdapter(Began),
    "pledge": TypeAdapter(Progress),
    "stance": TypeAdapter(Stand),
}
"""What a state keeps beside its content, by sort of thing; with other sorts it is an event."""


class Events(NamedTuple):
    """What the events of a payload are in a fold."""

    opened: Trace | None
    given: Trace | None
    recent: tuple[Trace, ...]
    turn: Trace | None


class When:
    """The lines of a payload that are others at each step of a story."""

    __slots__ = ("_read", "_rest", "_times", "deciding", "since")

    def __init__(self, since: bytes, deciding: bytes, rest: bytes, times: bytes) -> None:
        self.since, self.deciding = since, deciding
        self._rest, self._times = rest, times
        self._read: tuple[Events, ...] | None = None

    def events(self, fold: int) -> Events:
        """The events of a fold."""
        # Whoever asks for one of them asks for the others as well.
        if self._read is None:
            self._read = tuple(self._folds())
        return self._read[fold]

    def _folds(self) -> Iterator[Events]:
        others, folds = _parsed(_REST, self._rest)
        traces = (*_parsed(_TRACES, self.deciding), *others)
        for opened, given, recent, turn in folds:
            yield Events(
                opened=None if opened is None else traces[opened],
                given=None if given is None else traces[given],
                recent=tuple(traces[number] for number in recent),
                turn=None if turn is None else traces[turn],
            )

    def time(self, number: int) -> Time | None:
        """When an event was that a state holds; None where it holds none."""
        return _parsed(_TIMES, self._times)[number]


class Shown(NamedTuple):
    """A state in a shape; long parts are the bytes that they are read from."""

    status: str
    content: bytes | None
    is_opened: bool
    given_kind: str
    more: bool
    extra: bytes | None


class Shape:
    """What is said in both folds, of which there may be but one.

    The number stands for it: no other shape of this process has it or ever will.
    """

    __slots__ = ("is_one", "number", "states", "thing", "turns")

    def __init__(self, thing: str, lines: bytes) -> None:
        head, *parts = lines.split(b"\n")
        folds = _parsed(_HEAD, head)
        self.number, self.thing, self.is_one = next(_NUMBERS), thing, folds[1] is None
        read = [fold for fold in folds if fold is not None]
        try:
            self.states = [None if state is None else _shown(state, parts) for state, _ in read]
            self.turns = [None if cite is None else parts[cite] for _, cite in read]
        except IndexError:
            raise out_of_step() from None


class StoredState(State):
    """A state that reads what it is asked for; `fold` is 0 for what may be so, and 1 otherwise."""

    __slots__ = ("fold", "shape", "shown", "when")
    shape: Shape
    shown: Shown
    fold: int
    when: When

    def __init__(self, shape: Shape, shown: Shown, fold: int, when: When) -> None:
        # A frozen class is filled like this.
        fill = object.__setattr__
        fill(self, "shape", shape)
        fill(self, "shown", shown)
        fill(self, "fold", fold)
        fill(self, "when", when)

    @property
    def status(self) -> str:
        """The status in the vocabulary of its kind."""
        return self.shown.status

    @property
    def content(self) -> Event | None:
        """The event that describes the thing."""
        said = self.said
        return None if said is None else _timed(said, self.when.time(2 * self.fold))

    @property
    def said(self) -> Event | None:
        """The same event without its date and id."""
        part = self.shown.content
        return None if part is None else _event(part)

    @property
    def opened(self) -> Trace | None:
        """What opened the thing."""
        return self.when.events(self.fold).opened

    @property
    def is_opened(self) -> bool:
        """Whether anything that opens the thing has been folded."""
        return self.shown.is_opened

    @property
    def given(self) -> Trace:
        """The last event that gave the status."""
        return _there(self.when.events(self.fold).given)

    @property
    def given_kind(self) -> str:
        """The kind of that event."""
        return self.shown.given_kind

    @property
    def recent(self) -> tuple[Trace, ...]:
        """The last events folded."""
        return self.when.events(self.fold).recent

    @property
    def more(self) -> bool:
        """Whether there were others."""
        return self.shown.more

    @property
    def extra(self) -> Any:  # noqa: ANN401 - each thing keeps a record type of its own here.
        """What only this sort of thing keeps."""
        part, thing = self.shown.extra, self.shape.thing
        if part is None:
            return None
        if thing in _EXTRAS:
            return _extra(thing, part)
        return _timed(_event(part), self.when.time(2 * self.fold + 1))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, State) and _are_equal(self, other, State)

    def __hash__(self) -> int:
        return hash((self.status, self.when.deciding))


class StoredTurn(Turn):
    """A turn that reads which event it was, and what is `cited` for it, if it is asked."""

    __slots__ = ("cited", "fold", "said", "when")
    when: When
    fold: int
    cited: bytes
    said: bytes | None

    def __init__(self, when: When, fold: int, cited: bytes, said: bytes | None) -> None:
        fill = object.__setattr__
        fill(self, "when", when)
        fill(self, "fold", fold)
        fill(self, "cited", cited)
        fill(self, "said", said)

    @property
    def trace(self) -> Trace:
        """The event."""
        return _there(self.when.events(self.fold).turn)

    @property
    def cite(self) -> tuple[Citation, ...]:
        """Who says so."""
        return _cite(self.cited)

    @property
    def since(self) -> bytes:
        """The date of the event, as an answer says it."""
        if self.said is None:
            return _DATE.dump_json(self.trace.occurred)
        return self.said

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Turn) and _are_equal(self, other, Turn)

    def __hash__(self) -> int:
        return hash((self.fold, self.when.deciding))


@lru_cache(maxsize=KEPT)
def shape_of(thing: str, lines: bytes) -> Shape:
    """The shape that these lines are; raises DatabaseDamaged for what is none."""
    return Shape(thing, lines)


def _shown(state: _State, parts: list[bytes]) -> Shown:
    status, content, is_opened, given_kind, more, extra = state
    return Shown(
        status=status,
        content=None if content is None else parts[content],
        is_opened=is_opened,
        given_kind=given_kind,
        more=more,
        extra=None if extra is None else parts[extra],
    )


def course_of(shape: Shape, fold: int, when: When) -> Course:
    """One fold, of which there is the first at least."""
    shown, turned = shape.states[fold], shape.turns[fold]
    state = None if shown is None else StoredState(shape, shown, fold, when)
    if turned is None:
        return Course(state)
    return Course(state, StoredTurn(when, fold, turned, None if fold else when.since))


def _parsed(form: TypeAdapter[T], line: bytes) -> T:
    try:
        return form.validate_json(line)
    except ValueError as error:
        raise out_of_step() from error


def _there(trace: Trace | None) -> Trace:
    if trace is None:
        raise out_of_step()
    return trace


def _timed(event: Event, time: Time | None) -> Event:
    if time is None:
        raise out_of_step()
    left_out = zip(("occurred", "id"), time, strict=True)
    return event.model_copy(update={name: value for name, value in left_out if value is not None})


@lru_cache(maxsize=KEPT)
def _event(part: bytes) -> Any:  # noqa: ANN401 - one of the kinds.
    return _parsed(_EVENT, part)


@lru_cache(maxsize=KEPT)
def _cite(part: bytes) -> tuple[Citation, ...]:
    return _parsed(_CITE, part)


@lru_cache(maxsize=KEPT)
def _extra(thing: str, part: bytes) -> object:
    extra: object = _parsed(_EXTRAS[thing], part)
    return extra


def _are_equal(one: object, other: object, cls: type[State | Turn]) -> bool:
    """Whether both say the same, whichever of them is read out of a payload."""
    return all(getattr(one, each.name) == getattr(other, each.name) for each in fields(cls))
