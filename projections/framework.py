"""What did the guarantee framework look like as of a date, as known at a date?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, cast

from domain.negotiations import opening_stream
from domain.state import State
from domain.things.attack import AttackCarriedOut, Began
from domain.things.negotiation import NegotiationClosed, NegotiationOpened
from projections.answers import (
    AnomalyItem,
    Attacks,
    Framework,
    Item,
    Question,
    UndatedItem,
    WindowCount,
)
from projections.calendar_buckets import DAY
from projections.emptiness import why_empty
from projections.items import ITEMS, Stage, attack_item, sum_of
from projections.pile_answer import WINDOWS
from projections.relations import same_events
from projections.view import View
from projections.world import World

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


class Page(NamedTuple):
    """The items of a list behind a slug, so many of them at most."""

    after: str = ""
    limit: int | None = None


WHOLE = Page()


def one_section(
    world: World, question: Question, section: str, page: Page = WHOLE
) -> dict[str, object]:
    """The fields of one section of the answer by itself, or of a page of it.

    An item more than the page holds says that there are others, and the last of all that
    nothing is behind it.
    """
    stage = stage_of(world, question)
    told = {"question": question, "empty_because": _empty_because(stage, question)}
    if section not in SECTIONS:
        return {**told, section: _attacks(stage)}
    thing = SECTIONS[section]
    items = tuple(ITEMS[thing](stage, stream) for stream in _on(stage, thing, page))
    return {**told, section: items}


def _on(stage: Stage, thing: str, page: Page) -> list[str]:
    streams = [stream for stream, _ in stage.shown.of(thing)]
    # In the order of their slugs, which of a stance has three parts.
    behind = [stream for stream in streams if stream.split("/", 2)[2] > page.after]
    if not behind:
        return streams[-1:]
    return behind if page.limit is None else behind[: page.limit + 1]


def _empty_because(stage: Stage, question: Question) -> str | None:
    """Why there is nothing; None where there is something."""
    # Elements are defined and hold at every date; only what happened makes an answer.
    if any(any(stage.shown.of(s)) for s in SECTIONS.values() if s != "element"):
        return None
    return why_empty(stage.world.horizon(), question) if _attacks(stage).last is None else None


def framework_of(world: World, question: Question) -> Framework:
    """The whole answer, from the states of every story and the minute alone."""
    stage = stage_of(world, question)
    sections: dict[str, tuple[Item, ...]] = {
        section: tuple(ITEMS[thing](stage, stream) for stream, _ in stage.shown.of(thing))
        for section, thing in SECTIONS.items()
    }
    return Framework.model_validate({**sections, **around_sections(stage, question)})


def around_sections(stage: Stage, question: Question) -> dict[str, object]:
    """The fields of the answer that are no sections."""
    return {
        "question": question,
        **_negotiation(stage.shown),
        "empty_because": _empty_because(stage, question),
        "attacks": _attacks(stage),
        "anomalies": _anomalies(stage),
        "undated": _undated(stage.world),
    }


def stage_of(world: World, question: Question) -> Stage:
    """The views an answer is built from; `certainty=certain` shows the certain one alone."""
    standings = world.standings
    own = f"{world.negotiation}/"

    def view(states: Mapping[str, State | None]) -> View:
        there = {key: state for key, state in states.items() if state is not None}
        opened = {key for key, s in there.items() if s.is_opened and key.startswith(own)}

        def opened_at(stream: str) -> int:
            opening = there[stream].opened
            return 0 if opening is None else opening.position

        # Of several reports of one event the one that was recorded first counts.
        return View(world.negotiation, there, same_events(opened, world.links, opened_at))

    sure = view({key: standing.certain for key, standing in standings.items()})
    if question.certainty == "certain":
        since = {key: standing.certain_since for key, standing in standings.items()}
        return Stage(world, sure, sure, since)
    since = {key: standing.since for key, standing in standings.items()}
    if all(standing.state is standing.certain for standing in standings.values()):
        # Where nothing is uncertain, what may be so is what must be so.
        return Stage(world, sure, sure, since)
    perhaps = view({key: standing.state for key, standing in standings.items()})
    return Stage(world, perhaps, sure, since)


def _negotiation(view: View) -> dict[str, str | None]:
    """What the negotiation is called, whether it is open, and what came of it."""
    state = view.states.get(opening_stream(view.negotiation))
    opened, last = (None, None) if state is None else (state.content, state.extra)
    return {
        "title": opened.title if isinstance(opened, NegotiationOpened) else None,
        "status": None if state is None else state.status,
        "outcome": last.outcome if isinstance(last, NegotiationClosed) else None,
    }


def _attacks(stage: Stage) -> Attacks:
    """Counts by window, the largest by munitions launched, and the last to begin.

    To the attacks that are looked at one by one are added those of the pile.
    """
    minute, pile = stage.world.minute, stage.world.pile
    began = {
        stream: cast("Began", state.extra)
        for stream, state in stage.shown.of("attack")
        if stream not in pile.shown
    }
    windows = []
    for days in WINDOWS:
        start = None if days is None else minute - days * DAY + 1
        sure, all_of_them = (
            sum(_in_window(b, start, minute, certain=certain) for b in began.values())
            for certain in (True, False)
        )
        certain, possible = pile.counts.get(days, (0, 0))
        windows.append(
            WindowCount(days=days, certain=sure + certain, possible=all_of_them - sure + possible)
        )
    sizes = [] if pile.largest is None else [pile.largest]
    lasts = [] if pile.last is None else [pile.last]
    for stream, when in began.items():
        lasts.append((when.earliest, when.hi, stream))
        attack = cast("AttackCarriedOut", stage.shown.states[stream].content)
        if (size := sum_of(attack, "launched")) is not None:
            sizes.append((size, stream))
    # Of equals it is the first by name, whichever way they were counted.
    largest = min(sizes, key=lambda found: (-found[0], found[1]), default=None)
    last = min(lasts, key=lambda found: (-found[0], -found[1], found[2]), default=None)
    return Attacks(
        windows=tuple(windows),
        largest=None if largest is None else attack_item(stage, largest[-1]),
        last=None if last is None else attack_item(stage, last[-1]),
    )


def _in_window(began: Began, start: int | None, end: int, *, certain: bool) -> bool:
    """Whether an attack began in the window: certainly, or possibly as well."""
    if certain:
        return (start is None or began.earliest >= start) and began.hi <= end and not began.marked
    return (start is None or began.hi >= start) and began.earliest <= end


def _anomalies(stage: Stage) -> tuple[AnomalyItem, ...]:
    """What is wrong in the stories of things, by thing and in the order it was recorded."""
    mentions = stage.world.mentions
    found = [
        AnomalyItem(
            stream=key,
            code=anomaly.code,
            rule=anomaly.rule,
            entry=mentions[anomaly.entry].cause,
            clashes_with=mentions[anomaly.clashes_with].cause if anomaly.clashes_with else None,
        )
        for key, standing in stage.world.standings.items()
        if "/stance/" not in key
        for anomaly in standing.anomalies
    ]
    return tuple(sorted(found, key=lambda a: (a.stream, a.entry.position, a.code)))


def _undated(world: World) -> tuple[UndatedItem, ...]:
    """Claims without a beginning that have not folded yet, in the order they were recorded."""
    own = f"{world.negotiation}/"
    mentions = [
        world.mentions[i]
        for key, standing in world.standings.items()
        if key.startswith(own) and "/stance/" not in key
        for i in standing.undated
    ]
    return tuple(
        UndatedItem(stream=m.stream, kind=m.kind, summary=m.summary, event=m.cause)
        for m in sorted(mentions, key=lambda m: m.cause.position)
    )
