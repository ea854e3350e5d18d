"""What a story has come to: one bounded state a thing, and what went wrong on the way.

A state keeps the last values and at most eight deciding events; never a growing
list, a running total, or how long something has been so. A late record would
otherwise change every state after it (domain page, section 5). Since when the
status holds is therefore found beside the state, in `domain.story`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

from domain.entry import Entry
from domain.event import Event

MAX_DECIDING = 8
"""How many deciding events a state names: the last ones, and what opened the thing."""

MAX_CORRECTIONS = 8
"""How many corrections of one deciding event a state names: the last ones."""


@dataclass(frozen=True, slots=True)
class Anomaly:
    """A step the story cannot take: which entry, what it clashes with, and the rule in words."""

    code: str
    entry: UUID
    clashes_with: UUID | None
    rule: str


@dataclass(frozen=True, slots=True)
class Trace:
    """A deciding event: what it takes to find it in the log and to say when it was.

    `corrected_by` are the positions of the last corrections that made it what it is.
    """

    id: UUID
    position: int
    occurred: str | None
    corrected_by: tuple[int, ...] = ()

    @classmethod
    def of(cls, entry: Entry) -> Trace:
        """The trace an entry leaves in a state."""
        last = entry.corrected_by[-MAX_CORRECTIONS:]
        return cls(entry.id, entry.position, entry.event.occurred, last)


@dataclass(frozen=True, slots=True)
class State:
    """Where a thing stands: its status in the vocabulary of its kind, and its last content.

    `content` is the event that describes the thing, with later changes written
    in, and `opened` is where it came from; both None while nothing that opened the
    thing has been folded. `given` is the last event that gave the status, or gave
    it again by the same kind of step. `recent` are the last events folded, and
    `more` says that there were others. `extra` holds what only this sort of thing keeps.
    """

    status: str
    content: Event | None
    opened: Trace | None
    given: Trace
    given_kind: str
    recent: tuple[Trace, ...]
    more: bool = False
    extra: Any = None

    @property
    def is_opened(self) -> bool:
        """Whether anything that opens the thing has been folded."""
        return self.opened is not None

    @property
    def said(self) -> Event | None:
        """What the content says, for whoever does not ask when, or in which entry.

        A state that is read from a store may leave the date and the id out.
        """
        return self.content

    @property
    def deciding(self) -> tuple[Trace, ...]:
        """The events to follow an answer by: what opened the thing, and the last ones."""
        if self.opened is None or self.opened in self.recent:
            return self.recent
        return (self.opened, *self.recent[-(MAX_DECIDING - 1) :])


Step: TypeAlias = tuple[State, tuple[Anomaly, ...]]
Evolve: TypeAlias = Callable[[State | None, Entry], Step]


def step(
    state: State | None,
    entry: Entry,
    *,
    status: str,
    content: Event | None = None,
    extra: Any = None,  # noqa: ANN401 - each thing keeps a record type of its own here.
    anomaly: tuple[str, str] | None = None,
) -> Step:
    """The state after `entry`, with its trace among the recent events.

    `content` and `extra` stay as they were where none are given; `anomaly` is the
    code and the rule in words, and names the last event that gave the status.
    """
    here = Trace.of(entry)
    # An event that describes the thing opens it, or opens it anew.
    opens = content is entry.event
    if state is None:
        opened = here if opens else None
        new = State(status, content, opened, here, entry.kind, (here,), extra=extra)
        clash = None
    else:
        gives = status != state.status or entry.kind == state.given_kind
        new = State(
            status=status,
            content=state.content if content is None else content,
            opened=here if opens else state.opened,
            given=here if gives else state.given,
            given_kind=entry.kind if gives else state.given_kind,
            recent=(*state.recent, here)[-MAX_DECIDING:],
            more=state.more or len(state.recent) == MAX_DECIDING,
            extra=state.extra if extra is None else extra,
        )
        clash = state.given.id
    found = () if anomaly is None else (Anomaly(anomaly[0], entry.id, clash, anomaly[1]),)
    return new, found


def not_opened(entry: Entry) -> tuple[str, str]:
    """The anomaly of a step taken by a thing that nothing has opened yet."""
    return "not_opened", f"{entry.kind} comes before anything that opens {entry.stream}"
