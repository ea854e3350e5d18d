"""Drawn histories: whole logs about one thing, or about a few statements and their stances.

Every date lies within days of 1970-01-01T00:00Z, so that ties, overlaps and the minute
zero, which is easily taken for "no minute", come up all the time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, product
from uuid import NAMESPACE_OID, UUID, uuid5

from hypothesis import strategies as st

from domain.bounds import Span
from domain.dates import parse_occurred
from domain.entries import EntryCorrected, EntryRetracted
from domain.entry import Entry
from domain.event import Event
from domain.registry import read_event
from domain.things.statement import StatementMade
from tests.story.steps import CHANGES, STEPS, Body

NEGOTIATION = "talks"
THINGS = ("pledge", "condition", "issue", "threat", "attack", *["statement"] * 5)
"""What a history is about; statements more often, for only they can change their issue."""

_DAYS = ("1969-12-30", "1969-12-31", "1970-01-01", "1970-01-02")
_INSTANTS = ("1969-12-31T00:00Z", "1970-01-01T00:00Z", "1970-01-02T03:00+03:00")
"""The first minutes of days: they begin with the day and end long before it."""
_PAIRS = (*combinations(_DAYS[1:], 2), ("1969", "1970-01-01"), ("1969-12-31", "1970"))
_VAGUE = (
    "1969-12",
    "1970-01",
    "1970",
    *(f"[{a}..{b}]" for a, b in _PAIRS),
    *(f"[{a},{b}]" for a, b in combinations(_DAYS[1:], 2)),
    *(f"{a}/{b}" for a, b in combinations(_DAYS[1:], 2)),
    *(f"{day}{end}" for day in _DAYS[1:] for end in ("/", "/..")),
)
_UNKNOWN_START = tuple(
    f"{start}{day}{end}" for day in _DAYS for start, end in (("[..", "]"), ("/", ""), ("../", ""))
)
_MARKED = tuple(
    text
    for a, b in (("1969-12-31", "1970-01-02"), ("1970-01-01", "1970-01-02"))
    for text in (f"{a}?", f"{a}~", f"{b}%", f"[{a}..{b}?]", f"{a}~/{b}", f"[..{b}%]", f"{a}?/..")
)
DATES = st.one_of(
    *(st.sampled_from(texts) for texts in (_DAYS, _DAYS, _DAYS, _INSTANTS, _VAGUE)),
    *(st.sampled_from(texts) for texts in (_UNKNOWN_START, _MARKED)),
)
"""Dates of every form of the domain page, plain days most often."""

_ACTIONS = st.sampled_from((*["record"] * 5, *["correct"] * 4, *["retract"] * 3, "remark"))
_MOST_ACTIONS = 12
_QUESTIONS = 6
_HOUR = 60


@dataclass(frozen=True)
class Question:
    """What is asked of a story: as it was at `minute`, as known at position `known`."""

    story: str
    minute: int
    known: int


@dataclass(frozen=True)
class History:
    """A log from position 1 on, the stories it tells, and what is asked of them."""

    log: tuple[Entry, ...]
    stories: tuple[str, ...]
    questions: tuple[Question, ...]


def identity(position: int) -> UUID:
    """An id that says nothing about the position, as ids of clients do not."""
    return uuid5(NAMESPACE_OID, str(position))


def entry_at(position: int, stream: str, event: Event, span: Span | None = None) -> Entry:
    """The event as the log gives it back, every entry of the log a second after the last."""
    return Entry(
        event=event,
        stream=stream,
        id=identity(position),
        recorded_by="analyst",
        position=position,
        version=position,
        recorded_at=position * 1_000_000,
        span=span,
    )


@st.composite
def histories(draw: st.DrawFn) -> History:
    """A log of one to a few dozen entries, with questions at and beside its bounds."""
    thing = draw(st.sampled_from(THINGS))
    log: list[Entry] = []
    for _ in range(draw(st.integers(6, _MOST_ACTIONS))):
        match draw(_ACTIONS) if log else "record":
            case "record":
                log.append(_record(draw, thing, log))
            case "correct":
                log.append(_correction(draw, log))
            case "retract":
                log += _retractions(draw, log)
            case _:
                log.append(_remark(draw, log))
    stories = stories_of(log)
    minutes = st.sampled_from(sorted({b + by for b in _bounds(log) for by in (-1, 0, 1)}))
    known = st.one_of(st.just(len(log)), st.integers(0, len(log)))
    asked = st.builds(Question, st.sampled_from(stories), minutes, known)
    questions = draw(st.lists(asked, min_size=_QUESTIONS, max_size=_QUESTIONS))
    return History(tuple(log), stories, tuple(questions))


def stories_of(log: Sequence[Entry]) -> tuple[str, ...]:
    """The streams of the log, and every stance that a statement or a correction could found."""
    said = [e.event for e in log if isinstance(e.event, StatementMade)]
    changes = [e.event.set for e in log if said and isinstance(e.event, EntryCorrected)]
    speakers = [speaker for event in said for speaker in event.speakers]
    who = {speaker.principal for speaker in speakers}
    who |= {s.get("on_behalf_of", s["actor"]) for c in changes for s in c.get("speakers", ())}
    named = {
        (what, name)
        for what in ("issue", "element", "topic")
        for names in (
            *(getattr(event, f"{what}s") for event in said),
            *(c.get(f"{what}s", ()) for c in changes),
        )
        for name in names
    }
    stances = [f"{NEGOTIATION}/stance/{w}/{x}/{n}" for w, (x, n) in product(who, named)]
    # A stance is asked for more often than the stream of a statement, which holds little.
    return (*sorted(stances) * 2, *sorted({entry.stream for entry in log}))


def _record(draw: st.DrawFn, thing: str, log: list[Entry]) -> Entry:
    """A step of the thing: at first what opens it, later anything, at any date."""
    slugs = ("one", "two", "three") if thing == "statement" else ("one", "one", "one", "two")
    slug = draw(st.sampled_from(slugs))
    opens = not log and draw(st.booleans())
    body = dict(STEPS[thing][0] if opens else draw(st.sampled_from(STEPS[thing])))
    body |= {"slug": slug, "occurred": draw(DATES), "cite": [{"source": "report"}]}
    stream = f"{NEGOTIATION}/{thing}/{slug}"
    names = draw(st.sampled_from((*["none"] * 4, *["after"] * 3, "before", *["contradicts"] * 2)))
    foreign = False
    if named := [e for e in log if e.event.occurred] if names != "none" else []:
        chosen = draw(st.sampled_from(named))
        foreign = chosen.stream != stream
        body[names] = [str(chosen.id)]
    narrows = foreign and names != "contradicts" and draw(st.booleans())
    return _dated(draw, len(log) + 1, stream, read_event(body), narrows=narrows)


def _correction(draw: st.DrawFn, log: list[Entry]) -> Entry:
    """A change of content, of the date, or of what the entry names, of an entry of the world."""
    worldly = [e for e in log if e.event.occurred]
    target = draw(st.sampled_from(worldly))
    changes: list[Body | str] = [*CHANGES.get(target.kind, ()), "occurred", "after", "contradicts"]
    change = draw(st.sampled_from(changes))
    if not isinstance(change, str):
        body = change
    elif change == "occurred":
        body = {"set": {"occurred": draw(DATES)}}
    else:
        other = draw(st.sampled_from(worldly))
        named = other is not target and draw(st.integers(0, 3))
        body = {"set": {change: [str(other.id)]}} if named else {"unset": [change]}
    return _corrected(draw, len(log) + 1, target, body)


def _corrected(draw: st.DrawFn, position: int, target: Entry, change: Body) -> Entry:
    body = {"kind": "entry.corrected", "entry": str(target.id), "schema": 1, "reason": "misread"}
    event = read_event({**body, **change})
    touched = {*change.get("set", ()), *change.get("unset", ())}
    if not touched & {"occurred", "after", "before"}:
        return entry_at(position, target.stream, event)
    occurred = change.get("set", {}).get("occurred", target.event.occurred)
    span = _span(draw, occurred, narrows=draw(st.booleans()))
    return entry_at(position, target.stream, event, span)


def _retractions(draw: st.DrawFn, log: list[Entry]) -> list[Entry]:
    """A retraction of anything, and perhaps the retraction of that one, and so on down."""
    target = draw(st.sampled_from(log))
    chain: list[Entry] = []
    for _ in range(draw(st.sampled_from((1, 3, 3, 4)))):
        body = {"kind": "entry.retracted", "entry": str(target.id), "reason": "doubtful"}
        target = entry_at(len(log) + len(chain) + 1, target.stream, read_event(body))
        chain.append(target)
    return chain


def _remark(draw: st.DrawFn, log: list[Entry]) -> Entry:
    """An endorsement or a link, which change no story."""
    target, other = draw(st.sampled_from(log)), draw(st.sampled_from(log))
    body: Body = {"kind": "entry.endorsed", "entry": str(target.id)}
    if draw(st.integers(0, 3)):
        relation = draw(st.sampled_from(("same_event_as", "duplicate_of", "contradicts")))
        body |= {"kind": "entry.linked", "relation": relation, "to": str(other.id)}
    return entry_at(len(log) + 1, target.stream, read_event(body))


def _dated(draw: st.DrawFn, position: int, stream: str, event: Event, *, narrows: bool) -> Entry:
    return entry_at(position, stream, event, _span(draw, event.occurred, narrows=narrows))


def _span(draw: st.DrawFn, occurred: str | None, *, narrows: bool) -> Span:
    """The bounds of a date, with what an order constraint of another thing may make of them."""
    bounds = parse_occurred(occurred or "").bounds
    if not narrows or bounds.start_hi is None:
        return Span(bounds)
    lo = bounds.start_hi - 50 * _HOUR if bounds.start_lo is None else bounds.start_lo
    first, last = sorted(lo + draw(st.integers(0, 4)) * (bounds.start_hi - lo) // 4 for _ in "ab")
    return Span(
        bounds,
        first if first != bounds.start_lo else None,
        last if last != bounds.start_hi else None,
    )


def _bounds(log: Sequence[Entry]) -> set[int]:
    spans = [entry.span for entry in log if entry.span is not None]
    found = {bound for span in spans for bound in (span.start_lo, span.start_hi)}
    return {bound for bound in found if bound is not None}


# --- what a history holds, found in the log itself and not in how it was drawn -------------


def features(history: History) -> set[str]:
    """Which of the things that make a story hard are in the history."""
    return {name for name, holds in FEATURES.items() if holds(history.log)}


def _pairs(log: Sequence[Entry]) -> list[tuple[Entry, Entry]]:
    """Two events of one story, the one recorded first before the other."""
    dated = [e for e in log if e.event.occurred]
    return [(a, b) for a, b in combinations(dated, 2) if _told_together(a, b)]


def _told_together(one: Entry, other: Entry) -> bool:
    stances = set(stories_of([one])) & set(stories_of([other]))
    return one.stream == other.stream or any("/stance/" in story for story in stances)


def _start(entry: Entry) -> tuple[int, int]:
    if entry.span is None or entry.span.start_hi is None:
        raise ValueError(f"{entry.kind} at position {entry.position} has no date")
    lo, hi = entry.span.start_lo, entry.span.start_hi
    return hi if lo is None else lo, hi


def _is_late(log: Sequence[Entry]) -> bool:
    return any(_start(b) < _start(a) for a, b in _pairs(log))


def _is_nested(log: Sequence[Entry]) -> bool:
    """A retraction of a retraction of a retraction, at the least."""
    named = {e.id: e.event.entry for e in log if isinstance(e.event, EntryRetracted)}
    second = {first: named[first] for first in named.values() if first in named}
    return any(name in named for name in second.values())


def _overlaps(log: Sequence[Entry]) -> bool:
    starts = [(_start(a), _start(b)) for a, b in _pairs(log)]
    return any(a != b and a[0] <= b[1] and b[0] <= a[1] for a, b in starts)


def _ties(log: Sequence[Entry]) -> bool:
    return any(a.event.occurred in _DAYS and _start(a) == _start(b) for a, b in _pairs(log))


def _orders(log: Sequence[Entry]) -> bool:
    return any(a.id in getattr(b.event, "after", ()) for a, b in _pairs(log))


def _changes_issue(log: Sequence[Entry]) -> bool:
    said = {e.id: e.event for e in log if isinstance(e.event, StatementMade)}
    changes = [
        e.event for e in log if isinstance(e.event, EntryCorrected) and e.event.entry in said
    ]
    return any(
        tuple(change.set["issues"]) != said[change.entry].issues
        for change in changes
        if "issues" in change.set
    )


FEATURES = {
    "a late record": _is_late,
    "a nested retraction": _is_nested,
    "overlapping bounds": _overlaps,
    "a same-day tie": _ties,
    "an in-story after": _orders,
    "a change of issue": _changes_issue,
}
