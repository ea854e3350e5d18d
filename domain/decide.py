"""What may be recorded: the refusals that depend on what the log holds.

`evolve` never refuses; these functions do, before an event is written, and say
which event it clashes with and the ways out. They are pure: the history comes
in as data, and nothing is returned but the draft's narrowed start.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from domain.bounds import Span
from domain.dates import format_minute, parse_occurred
from domain.entries import EntryCorrected, EntryEndorsed, EntryLinked, EntryRetracted
from domain.entry import Draft, Entry
from domain.errors import InvalidInput, Problem, StoryConflict
from domain.event import EntryEvent, Event, LogEvent, ThingEvent, WorldEvent
from domain.registry import EVOLVE
from domain.state import Anomaly
from domain.story import (
    amend,
    ancestors,
    anomalies_of,
    corrected_event,
    order,
    place,
    predecessors,
)


def span_of(event: Event) -> Span | None:
    """The bounds that follow from `occurred` alone; None for an event without a date."""
    return None if event.occurred is None else Span(parse_occurred(event.occurred).bounds)


def narrow(event: Event, stream: str, named: Mapping[UUID, Entry]) -> Span | None:
    """The bounds of an event, narrowed by the events of other things it names.

    `after X` gives start_lo = max(own, X's) and `before X` start_hi = min(own, X's),
    with X as it is known now (amended). Within one stream the story rule
    orders instead. Raises InvalidInput where nothing is left of the start.
    """
    span = span_of(event)
    if span is None or not isinstance(event, WorldEvent):
        return span
    earlier = [place(named[i]) for i in event.after if named[i].stream != stream]
    later = [place(named[i]) for i in event.before if named[i].stream != stream]
    los = [p.lo for p in earlier if p.lo is not None and p.entry.span is not None]
    his = [p.hi for p in later if p.entry.span is not None]
    lo = _if_changed(max([*los, *_given(span.start_lo)], default=None), span.start_lo)
    hi = _if_changed(min([*his, *_given(span.start_hi)], default=None), span.start_hi)
    span = replace(span, narrowed_lo=lo, narrowed_hi=hi)
    if span.start_lo is not None and span.start_hi is not None and span.start_lo > span.start_hi:
        raise InvalidInput(
            Problem(
                "after" if lo is not None else "before",
                f"leaves no time for it: it would begin after {format_minute(span.start_lo)} "
                f"and before {format_minute(span.start_hi)}",
                "correct `occurred`, or remove the constraint that does not hold",
            )
        )
    return span


def decide(draft: Draft, history: Sequence[Entry]) -> None:
    """Refuse a record that its own story cannot hold; `history` is its whole stream.

    Raises StoryConflict if the record adds an anomaly in the order of the
    world, and InvalidInput if its constraints run in a circle.
    """
    if not isinstance(draft.event, ThingEvent):
        return
    candidate = as_entry(draft, history)
    amended, _ = amend(history)
    told = [e for e in amended if not isinstance(e.event, EntryEvent)]
    _refuse_circle([*told, candidate], candidate)
    evolve = EVOLVE[draft.event.THING]
    new = anomalies_of(order([*told, candidate]), evolve)
    if not new:
        return
    old = anomalies_of(order(told), evolve)
    # An old anomaly may clash with something else now; it is still no new one.
    there = {(anomaly.code, anomaly.entry) for anomaly in old}
    added = [anomaly for anomaly in new if (anomaly.code, anomaly.entry) not in there]
    if added:
        raise StoryConflict(*(_as_problem(a, candidate) for a in added))


def decide_correction(correction: EntryCorrected, target: Entry, history: Sequence[Entry]) -> Event:
    """The event as it would be after the correction; raises InvalidInput if it cannot be.

    A correction may not move an entry: kind, slug and id stay, and the log's
    own entries and entry events other than links cannot be corrected.
    """
    event = target.event
    if isinstance(event, LogEvent) or (
        isinstance(event, EntryEvent) and not isinstance(event, EntryLinked)
    ):
        raise InvalidInput(
            Problem(
                "entry",
                f"{target.kind} cannot be corrected",
                "retract it and record it anew",
            )
        )
    named = {*correction.set, *correction.unset}
    allowed = type(event).attributes() | {"occurred", "cite"}
    if isinstance(event, EntryLinked):
        allowed -= {"entry"}
    wrong = sorted(named - allowed)
    if wrong:
        raise InvalidInput(*(_not_correctable(name, target) for name in wrong))
    amended, _ = amend(history)
    current = next((e for e in amended if e.id == target.id), target)
    corrected = corrected_event(current.event, correction)
    _refuse_circle(
        [replace(e, event=corrected) if e.id == target.id else e for e in amended], target
    )
    return corrected


def decide_endorsement(
    endorsement: EntryEndorsed, target: Entry, history: Sequence[Entry], subject: str
) -> None:
    """Four eyes: nobody endorses what they recorded or corrected; raises InvalidInput.

    `history` is the whole stream of the entry that is endorsed.
    """
    del endorsement
    way_out = "ask a second person to endorse it"
    if target.recorded_by == subject:
        rule = f"was recorded by {subject}, who cannot endorse it"
        raise InvalidInput(Problem("entry", rule, way_out))
    amended, _ = amend(history)
    current = next((e for e in amended if e.id == target.id), target)
    if any(e.recorded_by == subject for e in history if e.position in current.corrected_by):
        rule = f"reads as {subject} corrected it, who cannot endorse it"
        raise InvalidInput(Problem("entry", rule, way_out))


def decide_retraction(
    retraction: EntryRetracted, target: Entry, history: Sequence[Entry], subject: str
) -> None:
    """Only who gave an endorsement brings it back; raises InvalidInput.

    `target` is what is retracted, and `history` its whole stream. A retraction of a
    retraction brings back what that one took away, and so on.
    """
    del retraction
    entries = {entry.id: entry for entry in history}
    brings_back = False
    named: Entry | None = target
    while named is not None and isinstance(named.event, EntryRetracted):
        brings_back = not brings_back
        named = entries.get(named.event.entry)
    if named is None or not isinstance(named.event, EntryEndorsed):
        return
    if brings_back and named.recorded_by != subject:
        rule = f"took back an endorsement by {named.recorded_by}, who alone can give it again"
        raise InvalidInput(Problem("entry", rule, "ask them, or a second person to endorse it"))


def as_entry(draft: Draft, history: Sequence[Entry]) -> Entry:
    """The draft as the log would give it back: last in its stream and in the log."""
    position = max((e.position for e in history), default=0) + 1
    return Entry(
        event=draft.event,
        stream=draft.stream,
        id=draft.id,
        recorded_by=draft.recorded_by,
        position=position,
        version=len(history) + 1,
        recorded_at=0,
        schema=type(draft.event).class_version,
        span=draft.span,
        imported=draft.imported,
    )


def _refuse_circle(entries: Sequence[Entry], newest: Entry) -> None:
    before = predecessors(entries)
    if newest.id in before and newest.id in ancestors(before, newest.id):
        raise InvalidInput(
            Problem(
                "after",
                "its order constraints run in a circle",
                "remove the constraint that does not hold",
            )
        )


def _as_problem(anomaly: Anomaly, candidate: Entry) -> Problem:
    clash = anomaly.clashes_with if anomaly.entry == candidate.id else anomaly.entry
    if clash is None:
        return Problem("kind", anomaly.rule, "record the event that opens it first")
    return Problem(
        "kind",
        f"{anomaly.rule} (clashes with {clash})",
        f"correct or retract {clash}, or record this one with `contradicts: [{clash}]`",
    )


def _not_correctable(name: str, target: Entry) -> Problem:
    if name in {"kind", "slug", "id", "entry", "negotiation"}:
        return Problem(
            f"set.{name}",
            "cannot be corrected: it would move the entry",
            "retract it with `replaced_by` and record it anew, in one array",
        )
    known = ", ".join(sorted(type(target.event).attributes() | {"occurred", "cite"}))
    return Problem(f"set.{name}", f"is not a field of {target.kind}", f"name one of {known}")


def _given(bound: int | None) -> tuple[int, ...]:
    return () if bound is None else (bound,)


def _if_changed(new: int | None, old: int | None) -> int | None:
    return None if new == old else new
