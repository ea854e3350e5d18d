"""What did the guarantee framework look like as of a date, as known at a date?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from domain.entry import Entry
from domain.state import State, Trace
from domain.story import Story
from domain.things.attack import AttackCarriedOut
from domain.things.negotiation import NegotiationClosed, NegotiationOpened
from projections.answers import (
    AnomalyItem,
    Attacks,
    Cause,
    Framework,
    Item,
    Question,
    UndatedItem,
    WindowCount,
)
from projections.emptiness import why_empty
from projections.items import ITEMS, Stage, attack_item, headline, sum_of
from projections.reference import World
from projections.relations import links_of, same_events
from projections.view import View

WINDOWS = (7, 30, 365, None)
"""Windows for counting attacks, in days up to the date; None is since the beginning."""
DAY = 24 * 60
"""Minutes."""
SECTIONS = {
    "elements": "element",
    "pledges": "pledge",
    "conditions": "condition",
    "issues": "issue",
    "positions": "stance",
    "statements": "statement",
    "threats": "threat",
    "measures": "measure",
    "agreements": "agreement",
    "consultations": "consultation",
}
"""The sections of the answer, and the sort of thing each holds; attacks are counted instead."""


def framework_of(world: World, question: Question) -> Framework:
    """The whole answer, from the states of every story and the minute alone."""
    stage = stage_of(world, question)
    sections: dict[str, tuple[Item, ...]] = {
        section: tuple(ITEMS[thing](stage, stream) for stream, _ in stage.shown.of(thing))
        for section, thing in SECTIONS.items()
    }
    attacks = _attacks(stage, world)
    # Elements are defined and hold at every date; only what happened makes an answer.
    happened = any(items for section, items in sections.items() if section != "elements")
    silent = attacks.last is None and not happened
    return Framework.model_validate(
        {
            "question": question,
            **_negotiation(stage.shown),
            "empty_because": why_empty(world, question) if silent else None,
            **sections,
            "attacks": attacks,
            "anomalies": _anomalies(stage),
            "undated": _undated(world),
        }
    )


def stage_of(world: World, question: Question) -> Stage:
    """The views an answer is built from; `certainty=certain` shows the certain one alone."""
    record, standings = world.record, world.standings
    links = tuple(links_of(world))
    firsts = _firsts(world)

    def view(states: Mapping[str, State | None]) -> View:
        there = {key: state for key, state in states.items() if state is not None}
        own = f"{record.negotiation}/"
        opened = [k for k, s in there.items() if s.content is not None and k.startswith(own)]
        counted = same_events(opened, links, lambda stream: firsts.get(stream, 0))
        return View(record.negotiation, there, counted)

    sure = view({key: standing.certain for key, standing in standings.items()})
    perhaps = view({key: standing.state for key, standing in standings.items()})
    return Stage(
        minute=world.minute,
        shown=sure if question.certainty == "certain" else perhaps,
        certain=sure,
        standings=standings,
        causes={i: cause_of(entry) for i, entry in {**record.known, **record.entries}.items()},
        streams={i: entry.stream for i, entry in record.entries.items()},
        links=links,
    )


def cause_of(entry: Entry) -> Cause:
    """An entry as an answer names it."""
    return Cause.model_validate(Trace.of(entry))


def _firsts(world: World) -> Mapping[str, int]:
    """The position each stream begins at, among the entries that stand."""
    firsts: dict[str, int] = {}
    for entry in world.record.entries.values():
        firsts[entry.stream] = min(entry.position, firsts.get(entry.stream, entry.position))
    return firsts


def _negotiation(view: View) -> dict[str, str | None]:
    """What the negotiation is called, whether it is open, and what came of it."""
    state = view.states.get(f"{view.negotiation}/negotiation/{view.negotiation}")
    opened, last = (None, None) if state is None else (state.content, state.extra)
    return {
        "title": opened.title if isinstance(opened, NegotiationOpened) else None,
        "status": None if state is None else state.status,
        "outcome": last.outcome if isinstance(last, NegotiationClosed) else None,
    }


def _attacks(stage: Stage, world: World) -> Attacks:
    """Counts by window, the largest by munitions launched, and the last to begin."""
    counted = [stream for stream, _ in stage.shown.of("attack")]
    spans = {s: _span(world.record.stories[s], world.minute) for s in counted}
    windows = []
    for days in WINDOWS:
        start = None if days is None else world.minute - days * DAY + 1
        sure = sum(_in_window(spans[s], start, world.minute, certain=True) for s in counted)
        all_of_them = sum(_in_window(spans[s], start, world.minute, certain=False) for s in counted)
        windows.append(WindowCount(days=days, certain=sure, possible=all_of_them - sure))
    sizes = {
        stream: size
        for stream in counted
        if (size := _launched(stage.shown.states[stream])) is not None
    }
    largest = max(sizes, key=lambda s: sizes[s], default=None)
    last = max(counted, key=lambda s: spans[s][:2], default=None)
    return Attacks(
        windows=tuple(windows),
        largest=None if largest is None else attack_item(stage, largest),
        last=None if last is None else attack_item(stage, last),
    )


def _launched(state: State) -> int | None:
    return sum_of(cast("AttackCarriedOut", state.content), "launched")


def _span(story: Story, minute: int) -> tuple[int, int, bool]:
    """The first and last minute an attack can have begun, and whether that is marked uncertain."""
    began = (p for p in story.placed if isinstance(p.entry.event, AttackCarriedOut))
    first = next(p for p in began if p.folds_at <= minute)
    return first.earliest, first.hi, first.marked


def _in_window(span: tuple[int, int, bool], start: int | None, end: int, *, certain: bool) -> bool:
    """Whether an attack began in the window: certainly, or possibly as well."""
    lo, hi, marked = span
    if certain:
        return (start is None or lo >= start) and hi <= end and not marked
    return (start is None or hi >= start) and lo <= end


def _anomalies(stage: Stage) -> tuple[AnomalyItem, ...]:
    return tuple(
        AnomalyItem(
            stream=key,
            code=anomaly.code,
            rule=anomaly.rule,
            entry=stage.causes[anomaly.entry],
            clashes_with=stage.causes.get(anomaly.clashes_with) if anomaly.clashes_with else None,
        )
        for key, standing in sorted(stage.standings.items())
        if "/stance/" not in key
        for anomaly in standing.anomalies
        if anomaly.entry in stage.causes
    )


def _undated(world: World) -> tuple[UndatedItem, ...]:
    """Claims without a beginning that have not folded yet, in the order they were recorded."""
    ids = {
        i
        for key, standing in world.standings.items()
        if key.startswith(f"{world.record.negotiation}/") and "/stance/" not in key
        for i in standing.undated
    }
    entries = sorted((world.record.entries[i] for i in ids), key=lambda e: e.position)
    return tuple(
        UndatedItem(
            stream=entry.stream,
            kind=entry.kind,
            summary=headline(entry.event),
            event=cause_of(entry),
        )
        for entry in entries
    )
