"""The story rule a second time, written from the domain page and apart from `domain.story`.

It shares with the product what a step does (`evolve`), what a body means
(`read_event`) and what a date means (`parse_occurred`), and nothing else. It
asks anew where the product remembers, so that they do not share their mistakes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from domain.bounds import ALWAYS, Span
from domain.dates import parse_occurred
from domain.entries import EntryCorrected, EntryRetracted
from domain.entry import Entry
from domain.errors import InvalidInput
from domain.event import ThingEvent, WorldEvent
from domain.registry import EVOLVE, read_event
from domain.state import State
from domain.things.stance import evolve_for
from domain.things.statement import StatementMade

Complaint = tuple[str, UUID, UUID | None]
"""The code of an anomaly, the entry that causes it, and the entry it clashes with."""


@dataclass(frozen=True)
class Told:
    """What a story has come to at one minute, as known at one position."""

    state: State | None
    certain: State | None
    anomalies: frozenset[Complaint]
    undated: frozenset[UUID]
    order: tuple[UUID, ...]
    since: UUID | None
    certain_since: UUID | None


def tell(story: str, log: Sequence[Entry], minute: int, known: int) -> Told:
    """The story of a stream, or of a stance key, by the four steps of the domain page."""
    taken = [entry for entry in log if entry.position <= known]
    events, found = [], set[Complaint]()
    for entry in taken:
        if isinstance(entry.event, ThingEvent) and _survives(entry, taken):
            amended, misfits = _amended(entry, taken)
            if story == entry.stream or story in _stances(amended):
                events.append(amended)
                # What is wrong with a record is told once, in the story of its own stream.
                found |= misfits if story == entry.stream else set()
    line, circles = _line([e for e in events if not _disputes(e, events)])
    told = [e for e in line if _key(e)[0] <= minute]
    sure = [e for e in line if _hi(e) <= minute and not set("?~%") & set(e.event.occurred or "")]
    state, clashes, since = _fold(story, told)
    certain, _, certain_since = _fold(story, sure)
    undated = frozenset(e.id for e in line if _lo(e) is None and _hi(e) > minute)
    order = tuple(e.id for e in told)
    complaints = frozenset(found | circles | clashes)
    return Told(state, certain, complaints, undated, order, since, certain_since)


def _survives(entry: Entry, taken: list[Entry]) -> bool:
    """No surviving retraction names it."""
    return not any(
        isinstance(e.event, EntryRetracted) and e.event.entry == entry.id and _survives(e, taken)
        for e in taken
    )


def _amended(entry: Entry, taken: list[Entry]) -> tuple[Entry, set[Complaint]]:
    """Whole top-level attributes, set in position order; what no longer fits is left out."""
    event, span, misfits = entry.event, entry.span, set[Complaint]()
    by: list[int] = []
    for other in sorted(taken, key=lambda e: e.position):
        change = other.event
        if isinstance(change, EntryCorrected) and change.entry == entry.id:
            body = {**event.body(), **change.set}
            body = {name: value for name, value in body.items() if name not in change.unset}
            if _survives(other, taken):
                try:
                    event, span = read_event(body), other.span or span
                    by.append(other.position)
                except InvalidInput:
                    misfits.add(("correction_impossible", other.id, entry.id))
    if event.occurred is None or span is None:
        return replace(entry, event=event, span=None, corrected_by=tuple(by)), misfits
    bounds = parse_occurred(event.occurred).bounds
    span = Span(bounds, span.narrowed_lo, span.narrowed_hi)
    first, last = span.start_lo, span.start_hi
    if first is not None and last is not None and first > last:
        span = Span(bounds)
    return replace(entry, event=event, span=span, corrected_by=tuple(by)), misfits


def _stances(entry: Entry) -> set[str]:
    """Every principal with every thing named, for a statement that takes a stance."""
    said = entry.event
    if not isinstance(said, StatementMade) or said.statement_type == "non_decision":
        return set()
    named = {f"issue/{i}" for i in said.issues} | {f"element/{e}" for e in said.elements}
    named |= {f"topic/{topic}" for topic in said.topics}
    who = {speaker.on_behalf_of or speaker.actor for speaker in said.speakers if said.stance}
    return {f"{entry.negotiation}/stance/{actor}/{thing}" for actor in who for thing in named}


def _disputes(entry: Entry, events: list[Entry]) -> bool:
    """It contradicts an event that stands in the same stream and in this story."""
    named = entry.event.contradicts if isinstance(entry.event, WorldEvent) else ()
    return any(e.id in named and e.stream == entry.stream for e in events)


def _line(events: list[Entry]) -> tuple[list[Entry], set[Complaint]]:
    """One by one the smallest key that may come next, with its bounds raised.

    May come: nothing that waits goes before it, or only what also comes after it,
    which is a circle; so a circle holds up nothing but itself.
    """
    line, circles = list[Entry](), set[Complaint]()
    while ids := {e.id for e in events} - {e.id for e in line}:
        waiting = [_raised(e, line) for e in events if e.id in ids]
        free = [
            e
            for e in waiting
            if all(_leads(e, o, waiting) for o in waiting if _leads(o, e, waiting))
        ]
        first = min(free, key=_key)
        if held := [e for e in waiting if _follows(first, e)]:
            circles.add(("order_cycle", first.id, min(held, key=_key).id))
        line.append(first)
    return line, circles


def _follows(one: Entry, other: Entry) -> bool:
    """A constraint of either puts `one` after `other`; what has no date stands where it stands."""
    after = isinstance(one.event, WorldEvent) and other.id in one.event.after
    before = isinstance(other.event, WorldEvent) and one.id in other.event.before
    return (after or before) and one.span is not None


def _leads(one: Entry, other: Entry, among: list[Entry]) -> bool:
    """Steps of `_follows` lead from `one` to `other`."""
    for step in among:
        if _follows(step, one):
            rest = [e for e in among if e.id != step.id]
            if step.id == other.id or _leads(step, other, rest):
                return True
    return False


def _raised(entry: Entry, line: list[Entry]) -> Entry:
    """No earlier than those before it, of which an unknown start raises nothing."""
    all_of_them = [entry, *(e for e in line if _follows(entry, e))]
    lo = max((lo for e in all_of_them if (lo := _lo(e)) is not None), default=None)
    span = entry.span and replace(
        entry.span, narrowed_lo=lo, narrowed_hi=max(map(_hi, all_of_them))
    )
    return replace(entry, span=span)


def _lo(entry: Entry) -> int | None:
    return entry.span.start_lo if entry.span else ALWAYS


def _hi(entry: Entry) -> int:
    hi = entry.span.start_hi if entry.span else ALWAYS
    return ALWAYS if hi is None else hi


def _key(entry: Entry) -> tuple[int, int, int]:
    lo, hi = _lo(entry), _hi(entry)
    return hi if lo is None else lo, hi, entry.position


def _fold(story: str, events: list[Entry]) -> tuple[State | None, set[Complaint], UUID | None]:
    """The state, what was wrong on the way, and the entry since which the status is what it is."""
    _, thing, name = story.split("/")[:3]
    evolve = evolve_for(name) if thing == "stance" else EVOLVE[thing]
    state, found = None, set[Complaint]()
    statuses = list[tuple[str, UUID]]()
    for entry in events:
        state, anomalies = evolve(state, entry)
        found |= {(a.code, a.entry, a.clashes_with) for a in anomalies}
        statuses.append((state.status, entry.id))
    while len(statuses) > 1 and statuses[-2][0] == statuses[-1][0]:
        statuses.pop()
    return state, found, statuses[-1][1] if statuses else None
