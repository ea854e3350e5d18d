"""What if: bodies that are folded as if they were recorded next, and never are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from app.parley import Parley
from domain.decide import as_entry, decide, narrow
from domain.entry import Draft, Entry, stream_of
from domain.errors import InvalidInput, NotFound, ParleyError, Problem
from domain.event import EntryEvent, Event, ThingEvent
from domain.references import references
from domain.registry import read_event
from domain.story import amend

MAX_SUPPOSED = 100
"""The most events of one scenario; more than a reader can keep in mind, and quick to fold."""


def suppose(
    parley: Parley, negotiation: str, bodies: Sequence[Mapping[str, Any]], log: Sequence[Entry]
) -> list[Entry]:
    """The entries that the bodies would be, after `log`; every bad body is named by its index.

    They need no citation, because nobody says them. Their ids are made up and
    never leave the answer.
    """
    if not 1 <= len(bodies) <= MAX_SUPPOSED:
        rule = f"holds {len(bodies)} events"
        raise InvalidInput(Problem("events", rule, f"suppose between 1 and {MAX_SUPPOSED}"))
    supposed: list[Entry] = []
    problems: list[Problem] = []
    for index, body in enumerate(bodies):
        try:
            supposed.append(_suppose(parley, negotiation, body, [*log, *supposed]))
        except ParleyError as error:
            refused = type(error)
            problems += error.at(index).problems
    if problems:
        raise refused(*problems)
    return supposed


def _suppose(
    parley: Parley, negotiation: str, body: Mapping[str, Any], log: Sequence[Entry]
) -> Entry:
    event = read_event(body, supposed=True)
    known = {e.id: e for e in amend(log)[0]}
    by_id = {**{e.id: e for e in log}, **known}
    stream = _stream_of(event, negotiation, by_id)
    _check_named(event, negotiation, {e.stream for e in log}, by_id)
    span = narrow(event, stream, by_id)
    draft = Draft(event, stream, event.id or parley.new_id(), parley.settings.subject, span)
    history = [e for e in log if e.stream == stream]
    decide(draft, history)
    position = max((e.position for e in log), default=0) + 1
    return replace(as_entry(draft, history), position=position)


def _stream_of(event: Event, negotiation: str, by_id: Mapping[UUID, Entry]) -> str:
    if isinstance(event, ThingEvent):
        return stream_of(event, negotiation)
    if isinstance(event, EntryEvent) and event.entry in by_id:
        return by_id[event.entry].stream
    if isinstance(event, EntryEvent):
        rule = f"no entry of the log has the id {event.entry}"
        raise NotFound(Problem("entry", rule, "name an entry that is known by then"))
    raise InvalidInput(Problem("kind", f"{event.TOPIC} is written by the log", "leave it out"))


def _check_named(
    event: Event, negotiation: str, streams: set[str], by_id: Mapping[UUID, Entry]
) -> None:
    unknown = [
        r
        for r in references(event)
        if (r.name not in by_id if r.to == "event" else r.stream(negotiation) not in streams)
    ]
    if unknown:
        raise NotFound(
            *(
                Problem(r.field, f"no {r.to} is known as {r.name}", "suppose it first, or mend it")
                for r in unknown
            )
        )
