"""The story rule: what a thing's entries come to at a valid minute and a log position.

Take the entries known by then, amend them, put them in the order of the world,
fold them twice. This page is the rule itself; the read models are held to it.
Everything here is pure and total: it answers for every log that can be written.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from domain.bounds import ALWAYS, Span
from domain.citations import Citation
from domain.dates import parse_occurred
from domain.entries import EntryCorrected, EntryRetracted
from domain.entry import Entry
from domain.errors import ParleyError
from domain.event import ENVELOPE, Event, WorldEvent
from domain.registry import read_event, upcast
from domain.state import Anomaly, Evolve, State, Trace

RULES = 1
"""The number of the rules on this page and in the things' evolve; answers name it."""

MAX_TURNS = 8
"""How many changes of status are looked at for one that may have come in another order."""


@dataclass(frozen=True, slots=True)
class Placed:
    """An entry in its place in the world: the first and last minute it can have begun."""

    entry: Entry
    lo: int | None
    hi: int
    marked: bool

    @property
    def folds_at(self) -> int:
        """When it enters the state: at its first possible minute, or its last if none is known."""
        return self.hi if self.lo is None else self.lo

    @property
    def earliest(self) -> int:
        """The first minute it can have begun in, however long ago if nobody says."""
        return ALWAYS if self.lo is None else self.lo

    @property
    def key(self) -> tuple[int, int, int]:
        """The order of entries that no constraint orders."""
        return self.folds_at, self.hi, self.entry.position

    @property
    def told(self) -> Entry:
        """The entry as `evolve` sees it: one whose start was raised to a minute is dated."""
        span = self.entry.span
        if span is None or (span.start_lo, span.start_hi) == (self.lo, self.hi):
            return self.entry
        return replace(self.entry, span=replace(span, narrowed_lo=self.lo, narrowed_hi=self.hi))


@dataclass(frozen=True, slots=True)
class Story:
    """The entries of one thing in the order of the world, and those set aside."""

    placed: tuple[Placed, ...]
    disputing: tuple[Entry, ...]
    anomalies: tuple[Anomaly, ...]


@dataclass(frozen=True, slots=True)
class Turn:
    """The event that gave a status: since when it holds, and who says so."""

    trace: Trace
    cite: tuple[Citation, ...]

    @classmethod
    def of(cls, entry: Entry) -> Turn:
        """The turn that an entry made."""
        return cls(Trace.of(entry), entry.event.cite)


@dataclass(frozen=True, slots=True)
class Standing:
    """What a story comes to at one minute.

    `state` takes what may have begun, `certain` what must have, and `since` and
    `certain_since` are what gave them their status. `undated` may already have
    held, but nobody says since when; `order_unknown` are the event that gave the
    status and those of the last changes of status that could have come after it.
    """

    state: State | None
    certain: State | None
    since: Turn | None
    certain_since: Turn | None
    anomalies: tuple[Anomaly, ...]
    undated: tuple[UUID, ...]
    order_unknown: tuple[UUID, ...]
    disputing: tuple[UUID, ...]


def take(entries: Iterable[Entry], position: int) -> list[Entry]:
    """Step one: the entries known at `position`, in the order they were recorded."""
    return sorted((e for e in entries if e.position <= position), key=lambda e: e.position)


def amend(entries: Sequence[Entry]) -> tuple[list[Entry], tuple[Anomaly, ...]]:
    """Step two: drop what is retracted, and write surviving corrections in.

    Walking downwards, a retraction is met before anything it can name, so one
    pass settles retractions of retractions at any depth.
    """
    retracted: set[UUID] = set()
    survivors: list[Entry] = []
    for entry in reversed(entries):
        if entry.id not in retracted:
            survivors.append(entry)
            if isinstance(entry.event, EntryRetracted):
                retracted.add(entry.event.entry)
    survivors.reverse()
    corrections: dict[UUID, list[Entry]] = {}
    for entry in survivors:
        if isinstance(entry.event, EntryCorrected):
            corrections.setdefault(entry.event.entry, []).append(entry)
    amended: list[Entry] = []
    anomalies: list[Anomaly] = []
    for entry in survivors:
        if not isinstance(entry.event, EntryCorrected | EntryRetracted):
            corrected, found = _correct(entry, corrections.get(entry.id, ()))
            amended.append(corrected)
            anomalies += found
    return amended, tuple(anomalies)


def order(entries: Sequence[Entry]) -> Story:
    """Step three: the order of the world, by constraints first and then by date."""
    ids = {entry.id: entry for entry in entries}
    folded = [e for e in entries if not _disputes(e, ids)]
    disputing = tuple(e for e in entries if _disputes(e, ids))
    before = predecessors(folded)
    waiting = {entry.id: set(before[entry.id]) for entry in folded}
    raised = {entry.id: place(entry) for entry in folded}
    placed: list[Placed] = []
    anomalies: list[Anomaly] = []
    ready = [(p.key, i) for i, p in raised.items() if not waiting[i]]
    heapq.heapify(ready)
    circular = {i for i, names in waiting.items() if names and i in ancestors(waiting, i)}
    successors: dict[UUID, list[UUID]] = {entry.id: [] for entry in folded}
    for later, names in before.items():
        for earlier in names:
            successors[earlier].append(later)
    while len(placed) < len(folded):
        loose = [(raised[i].key, i) for i in _held_by_a_circle(waiting, circular)]
        _, chosen = min([*ready[:1], *loose])
        if waiting[chosen]:
            anomalies.append(_cycle_at(chosen, waiting, raised))
        else:
            heapq.heappop(ready)
        here = raised[chosen]
        placed.append(here)
        del waiting[chosen]
        for other in successors[chosen]:
            if other in waiting:
                waiting[other].remove(chosen)
                raised[other] = _raise(raised[other], here)
                if not waiting[other]:
                    heapq.heappush(ready, (raised[other].key, other))
    return Story(tuple(placed), disputing, tuple(anomalies))


def stand(story: Story, minute: int, evolve: Evolve) -> Standing:
    """Step four: fold twice, and say what is left out and what is uncertain."""
    state, anomalies, changed = _fold((p for p in story.placed if p.folds_at <= minute), evolve)
    certain, _, sure = _fold((p for p in story.placed if p.hi <= minute and not p.marked), evolve)
    return Standing(
        state=state,
        certain=certain,
        since=Turn.of(changed[-1].entry) if changed else None,
        certain_since=Turn.of(sure[-1].entry) if sure else None,
        anomalies=(*story.anomalies, *anomalies),
        undated=tuple(p.entry.id for p in story.placed if p.lo is None and p.hi > minute),
        order_unknown=unordered(changed, predecessors([p.entry for p in story.placed])),
        disputing=tuple(e.id for e in story.disputing if place(e).folds_at <= minute),
    )


def anomalies_of(story: Story, evolve: Evolve) -> tuple[Anomaly, ...]:
    """What is wrong with a story as a whole, at the end of all days."""
    _, anomalies, _ = _fold(story.placed, evolve)
    return (*story.anomalies, *anomalies)


def tell(entries: Iterable[Entry], position: int) -> Story:
    """Steps one to three for the entries of one thing."""
    amended, anomalies = amend(take(entries, position))
    story = order([e for e in amended if not e.kind.startswith("entry.")])
    return replace(story, anomalies=(*anomalies, *story.anomalies))


def place(entry: Entry) -> Placed:
    """Where an entry stands by itself; what has no date holds at every minute."""
    if entry.span is None or entry.span.start_hi is None or entry.event.occurred is None:
        return Placed(entry, ALWAYS, ALWAYS, marked=False)
    marked = parse_occurred(entry.event.occurred).marked
    return Placed(entry, entry.span.start_lo, entry.span.start_hi, marked)


def predecessors(entries: Sequence[Entry]) -> dict[UUID, set[UUID]]:
    """Which entries of the story each entry comes after, as their `after` and `before` say.

    What has no date holds at every minute and comes after nothing.
    """
    names: dict[UUID, set[UUID]] = {entry.id: set() for entry in entries}
    dated = {entry.id for entry in entries if entry.event.occurred is not None}
    for entry in entries:
        if isinstance(entry.event, WorldEvent):
            if entry.id in dated:
                names[entry.id] |= {i for i in entry.event.after if i in names}
            for later in dated.intersection(entry.event.before):
                names[later].add(entry.id)
    return names


def ancestors(before: Mapping[UUID, set[UUID]], start: UUID) -> set[UUID]:
    """Everything that comes before `start` by constraints, however far back."""
    found: set[UUID] = set()
    frontier = [start]
    while frontier:
        for earlier in before[frontier.pop()]:
            if earlier not in found:
                found.add(earlier)
                frontier.append(earlier)
    return found


def _disputes(entry: Entry, ids: Mapping[UUID, Entry]) -> bool:
    """Whether it contradicts an entry of its own thing: such an entry is shown, not folded."""
    if not isinstance(entry.event, WorldEvent):
        return False
    named = (ids.get(i) for i in entry.event.contradicts)
    return any(other is not None and other.stream == entry.stream for other in named)


def _raise(placed: Placed, predecessor: Placed) -> Placed:
    """A successor cannot begin before its predecessor can."""
    lo = placed.lo
    if predecessor.lo is not None:
        lo = predecessor.lo if lo is None else max(lo, predecessor.lo)
    return replace(placed, lo=lo, hi=max(placed.hi, predecessor.hi))


def _held_by_a_circle(waiting: Mapping[UUID, set[UUID]], circular: set[UUID]) -> list[UUID]:
    """Entries that wait for nothing but what also waits for them.

    Corrections can close a circle that no record could. Its constraints are set
    aside for the earliest entry in it; whatever only hangs on the circle keeps waiting.
    """
    held = [i for i in circular if waiting.get(i)]
    return [i for i in held if all(i in ancestors(waiting, j) for j in ancestors(waiting, i))]


def _cycle_at(
    chosen: UUID, waiting: Mapping[UUID, set[UUID]], raised: Mapping[UUID, Placed]
) -> Anomaly:
    clash = min(waiting[chosen], key=lambda i: raised[i].key)
    rule = "its order constraints run in a circle, so they are set aside"
    return Anomaly("order_cycle", chosen, clash, rule)


def _fold(
    placed: Iterable[Placed], evolve: Evolve
) -> tuple[State | None, list[Anomaly], list[Placed]]:
    state: State | None = None
    anomalies: list[Anomaly] = []
    changed: list[Placed] = []
    for here in placed:
        status = state.status if state is not None else None
        state, found = evolve(state, here.told)
        anomalies += found
        if state.status != status:
            changed.append(here)
    return state, anomalies, changed


def unordered(changed: Sequence[Placed], before: Mapping[UUID, set[UUID]]) -> tuple[UUID, ...]:
    """The last entry that changed the status, and recent ones that may have come after it.

    Their bounds overlap, and no constraint says which came first; so the status
    could be another one. `before` are the constraints of the story.
    """
    if not changed or changed[-1].hi == ALWAYS:
        return ()
    *others, last = changed[-MAX_TURNS:]
    after_all = ancestors(before, last.entry.id)
    found = [
        other.entry.id
        for other in others
        if other.hi > ALWAYS
        and max(other.earliest, last.earliest) <= min(other.hi, last.hi)
        and other.entry.id not in after_all
    ]
    return (*found, last.entry.id) if found else ()


def _correct(entry: Entry, corrections: Sequence[Entry]) -> tuple[Entry, list[Anomaly]]:
    """Write corrections in, one after the other; one that no longer fits is left out and told."""
    anomalies = []
    for correction in corrections:
        entry, anomaly = correct_or_tell(entry, correction)
        anomalies += [] if anomaly is None else [anomaly]
    return entry, anomalies


def correct_or_tell(entry: Entry, correction: Entry) -> tuple[Entry, Anomaly | None]:
    """The entry with one correction written in, or as it was, and that the correction misfits."""
    try:
        return apply_correction(entry, correction), None
    except ParleyError as error:
        rule = f"the correction no longer fits: {error}"
        return entry, Anomaly("correction_impossible", correction.id, entry.id, rule)


def apply_correction(entry: Entry, correction: Entry) -> Entry:
    """The entry with one correction written in; raises InvalidInput where it does not fit.

    The four bounds follow from the corrected `occurred`; the narrowed start is
    the one that the correction carries, where it carries bounds and they leave any.
    """
    event = corrected_event(entry.event, correction.event)
    corrected_by = (*entry.corrected_by, correction.position)
    span = correction.span if correction.span is not None else entry.span
    if event.occurred is None or span is None:
        return replace(entry, event=event, span=None, corrected_by=corrected_by)
    four = parse_occurred(event.occurred).bounds
    narrowed = Span(four, span.narrowed_lo, span.narrowed_hi)
    lo, hi = narrowed.start_lo, narrowed.start_hi
    # Of two corrections one may be taken back, and what is left of the other fit no more.
    is_left = lo is None or hi is None or lo <= hi
    span = narrowed if is_left else Span(four)
    return replace(entry, event=event, span=span, corrected_by=corrected_by)


def corrected_event(event: Event, correction: Event) -> Event:
    """The event with whole top-level attributes set or unset; raises InvalidInput if it breaks."""
    if not isinstance(correction, EntryCorrected):
        message = "only entry.corrected corrects"
        raise TypeError(message)
    outside = {n: v for n, v in correction.set.items() if n in ENVELOPE}
    inside = {n: v for n, v in correction.set.items() if n not in ENVELOPE}
    body: dict[str, Any] = event.body()
    body |= {**outside, **upcast(type(event), correction.schema_, inside)}
    # An attribute may have been renamed since; its upcaster meets None for what is removed.
    gone = [n for n in correction.unset if n not in ENVELOPE]
    for name in (*correction.unset, *upcast(type(event), correction.schema_, dict.fromkeys(gone))):
        body.pop(name, None)
    # What nobody cited, as in a scenario, need not be cited now.
    return read_event(body, supposed=not event.cite)
