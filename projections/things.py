"""What is the story of one thing? Every entry about it, in the order of the world."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TypeAlias, cast

from domain.any_event import AnyEvent
from domain.bounds import ALWAYS
from domain.dates import format_minute
from domain.entries import EntryCorrected, EntryEndorsed, EntryLinked, EntryRetracted
from domain.entry import Entry
from domain.event import EntryEvent, Event
from domain.registry import evolve_of
from domain.review import reviews_in
from domain.state import State
from domain.story import Placed, Story, place, take
from projections.answers import (
    AgreementItem,
    Answer,
    AttackItem,
    Cause,
    ConditionItem,
    ConsultationItem,
    ElementItem,
    IssueItem,
    MeasureItem,
    PledgeItem,
    PositionItem,
    Question,
    StatementItem,
    ThreatItem,
)
from projections.framework import stage_of
from projections.items import ITEMS
from projections.reference import Record
from projections.world import World, cause_of, headline

AnyItem: TypeAlias = (
    ElementItem
    | PledgeItem
    | ConditionItem
    | IssueItem
    | PositionItem
    | StatementItem
    | ThreatItem
    | AttackItem
    | MeasureItem
    | AgreementItem
    | ConsultationItem
)
"""An item of whichever sort, with all that is said of that sort."""


class Remark(Answer):
    """Something said about an entry later: a correction, a retraction, an endorsement, a link.

    `about` is the position of what it names: the entry, or an earlier remark on it.
    """

    kind: str
    event: Cause
    about: int
    text: str | None
    stands: bool


class Step(Answer):
    """One entry of a story, with what became of it.

    `begins` is the first and last minute it can have begun (None where nobody
    says); `status` is where the thing stands after it, None if it was not folded;
    `reviewed` says that it reads as a second person endorsed it (domain.review).
    """

    kind: str
    event: Cause
    summary: str
    begins: tuple[str | None, str | None]
    folded: bool
    status: str | None
    recorded_by: str
    reviewed: bool
    body: AnyEvent
    remarks: tuple[Remark, ...]


class ThingStory(Answer):
    """A thing as it stands, and its story: folded entries first in the order of the world.

    `version` is how many entries its stream held, remarks on them included.
    """

    question: Question
    stream: str
    version: int
    item: AnyItem | None
    steps: tuple[Step, ...]


def story_of(
    log: Sequence[Entry], record: Record, world: World, question: Question, stream: str
) -> ThingStory:
    """One thing with everything that was ever said of it up to the position asked for."""
    known = [e for e in take(log, record.position) if e.stream == stream]
    story = record.stories.get(stream, Story((), (), ()))
    steps: list[Step] = []
    reviewed = frozenset(target for target, _ in reviews_in(known))
    state: State | None = None
    evolve = evolve_of(stream)
    for placed in story.placed:
        folded = placed.folds_at <= world.minute
        if folded:
            state, _ = evolve(state, placed.entry)
        status = state.status if folded and state is not None else None
        steps.append(_step(placed, known, reviewed, status))
    there = {p.entry.id for p in story.placed}
    aside = [record.entries.get(e.id, e) for e in known if e.id not in there]
    told = (place(e) for e in aside if not e.kind.startswith("entry."))
    steps += [_step(placed, known, reviewed, None) for placed in told]
    return ThingStory(
        question=question,
        stream=stream,
        version=len(known),
        item=_item(world, question, stream),
        steps=tuple(steps),
    )


def _item(world: World, question: Question, stream: str) -> AnyItem | None:
    """The thing as it stands; None for sorts that have no item, and before it begins."""
    stage = stage_of(world, question)
    state = stage.shown.states.get(stream)
    build = ITEMS.get(stream.split("/")[1])
    if build is None or state is None or state.content is None:
        return None
    return cast("AnyItem", build(stage, stream))


def _step(
    placed: Placed, known: Sequence[Entry], reviewed: Collection[int], status: str | None
) -> Step:
    entry = placed.entry
    return Step(
        kind=entry.kind,
        event=cause_of(entry),
        summary=headline(entry.event),
        begins=(_at(placed.lo), _at(placed.hi)),
        folded=status is not None,
        status=status,
        recorded_by=entry.recorded_by,
        reviewed=entry.position in reviewed,
        body=entry.event,
        remarks=tuple(_remarks(entry, known)),
    )


def _at(minute: int | None) -> str | None:
    return None if minute is None or minute == ALWAYS else format_minute(minute)


def _remarks(entry: Entry, known: Sequence[Entry]) -> list[Remark]:
    """What later entries say of this one; a remark stands unless it was itself retracted."""
    retracted: set[object] = set()
    for later in reversed(known):
        if isinstance(later.event, EntryRetracted) and later.id not in retracted:
            retracted.add(later.event.entry)
    remarks: list[Remark] = []
    about = {entry.id: entry.position}
    for later in known:
        if isinstance(later.event, EntryEvent) and later.event.entry in about:
            about[later.id] = later.position
            remarks.append(
                Remark(
                    kind=later.kind,
                    event=cause_of(later),
                    about=about[later.event.entry],
                    text=_said(later.event),
                    stands=later.id not in retracted,
                )
            )
    return remarks


def _said(event: Event) -> str | None:
    if isinstance(event, EntryCorrected | EntryRetracted):
        return event.reason
    if isinstance(event, EntryEndorsed | EntryLinked):
        return event.note
    return None
