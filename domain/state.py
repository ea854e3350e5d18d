"""What a story has come to: one bounded state a thing, and what went wrong on the way.

A state keeps the last values, at most eight deciding events and a count, never
a growing list or a running total: a late record would otherwise change every
state after it (domain page, section 5).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias
from uuid import UUID

from domain.citations import Citation
from domain.entry import Entry
from domain.event import Event

MAX_DECIDING = 8
"""How many deciding events a state names: the opening one and the last seven."""

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
    in; None while nothing that opened the thing has been folded. `since` is
    the event that gave the status, and `cite` who says so. `extra` holds what only
    this sort of thing keeps.
    """

    status: str
    content: Event | None
    deciding: tuple[Trace, ...]
    count: int
    since: Trace
    cite: tuple[Citation, ...] = ()
    extra: Any = None


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
    """The state after `entry`, with its id among the deciding events.

    `content` and `extra` stay as they were where none are given; `anomaly` is the
    code and the rule in words, and names the last event that gave the status.
    """
    here = Trace.of(entry)
    if state is None:
        new = State(status, content, (here,), 1, here, entry.event.cite, extra)
        clash = None
    else:
        new = replace(
            state,
            status=status,
            content=state.content if content is None else content,
            deciding=_deciding(state.deciding, here),
            count=state.count + 1,
            since=state.since if status == state.status else here,
            cite=state.cite if status == state.status else entry.event.cite,
            extra=state.extra if extra is None else extra,
        )
        clash = state.since.id
    found = () if anomaly is None else (Anomaly(anomaly[0], entry.id, clash, anomaly[1]),)
    return new, found


def _deciding(deciding: tuple[Trace, ...], new: Trace) -> tuple[Trace, ...]:
    if len(deciding) < MAX_DECIDING:
        return (*deciding, new)
    return (deciding[0], *deciding[2:], new)


def not_opened(entry: Entry) -> tuple[str, str]:
    """The anomaly of a step taken by a thing that nothing has opened yet."""
    return "not_opened", f"{entry.kind} comes before anything that opens {entry.stream}"
