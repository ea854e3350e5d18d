"""When did anything change? Every instant at which an answer about the world becomes another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from domain.bounds import ALWAYS
from domain.dates import format_minute
from domain.entry import Entry
from domain.event import COMMONS
from domain.registry import evolve_of
from domain.story import Story, place, stand
from domain.things.actor import ActorMemberJoined, ActorMemberLeft
from domain.things.pledge import PledgeAmended, PledgeMade
from projections.answers import Answer, Cause, Question
from projections.framework import framework_of, stage_of
from projections.items import is_overdue, last_due_minute
from projections.reference import Record, world_at
from projections.world import cause_of, headline

Becomes = Literal["possible", "certain", "disputed", "overdue"]


class Tick(Answer):
    """An instant of change: what may have begun by then, or must have, is disputed, or is overdue.

    `at` is the first minute at which the answer is another (RFC 3339, UTC): the
    possible one, the certain one, or both.
    """

    at: str
    becomes: Becomes
    stream: str
    kind: str
    summary: str
    event: Cause


class Timemap(Answer):
    """Every instant of change known of, in order."""

    question: Question
    ticks: tuple[Tick, ...]


def timemap_of(record: Record, question: Question) -> Timemap:
    """The instants at which an answer changes, earliest first.

    What has no date holds at every minute and so changes nothing at any; an entry
    with a marked date never becomes certain. Windows that count attacks slide all
    the time and are left out.
    """
    found: dict[tuple[int, int, Becomes], Tick] = {}
    pledgors = _pledgors(record, question)
    for key, story in record.stories.items():
        if key in pledgors:
            instants = _of_members(record, question, story)
        elif key.startswith(f"{record.negotiation}/"):
            instants = _of_story(key, story)
        else:
            continue
        title = next(filter(None, (headline(p.entry.event) for p in story.placed)), "")
        for minute, becomes, entry in instants:
            found[minute, entry.position, becomes] = Tick(
                at=format_minute(minute),
                becomes=becomes,
                stream=entry.stream,
                kind=entry.kind,
                summary=headline(entry.event) or title,
                event=cause_of(entry),
            )
    return Timemap(question=question, ticks=tuple(found[key] for key in sorted(found)))


Instants = Iterator[tuple[int, Becomes, Entry]]


def _of_story(key: str, story: Story) -> Instants:
    """When its entries enter either fold, when one is disputed, and when it is overdue."""
    evolve = evolve_of(key)
    for placed in story.placed:
        if placed.hi == ALWAYS:
            continue
        state = stand(story, placed.hi, evolve).certain
        certain = not placed.marked and state is not None and state.content is not None
        if certain:
            yield placed.hi, "certain", placed.entry
        if not certain or placed.folds_at < placed.hi:
            yield placed.folds_at, "possible", placed.entry
        yield from _of_due(key, story, placed.entry)
    for entry in story.disputing:
        minute = place(entry).folds_at
        state = stand(story, minute, evolve).state
        if state is not None and state.content is not None:
            yield minute, "disputed", entry


def _of_due(key: str, story: Story, entry: Entry) -> Instants:
    """When a pledge is overdue by the terms that this entry gave it, in either fold."""
    event = entry.event
    terms = event.set if isinstance(event, PledgeAmended) else event
    due = getattr(terms, "due", None)
    last = last_due_minute(due)
    if last is None:
        return
    standing = stand(story, last + 1, evolve_of(key))
    for state in (standing.state, standing.certain):
        if state is None or not isinstance(state.content, PledgeMade):
            continue
        if state.content.due == due and is_overdue(state.content, state.extra, last + 1):
            yield last + 1, "overdue", entry
            return


def _of_members(record: Record, question: Question, story: Story) -> Instants:
    """When a group behind a pledge gains or loses a member; found by asking before and after."""
    for placed in story.placed:
        if isinstance(placed.entry.event, ActorMemberJoined | ActorMemberLeft):
            instants: list[tuple[int, Becomes]] = []
            if placed.marked or placed.folds_at < placed.hi:
                instants.append((placed.folds_at, "possible"))
            if not placed.marked:
                instants.append((placed.hi, "certain"))
            for minute, becomes in instants:
                before = _behind(record, question, minute - 1, becomes)
                if before != _behind(record, question, minute, becomes):
                    yield minute, becomes, placed.entry


def _behind(record: Record, question: Question, minute: int, becomes: Becomes) -> object:
    """Who stands behind each pledge, in the fold that is asked about."""
    asked = question.model_copy(update={"certainty": becomes})
    pledges = framework_of(world_at(record, minute), asked).pledges
    return [(pledge.stream, pledge.pledgors) for pledge in pledges]


def _pledgors(record: Record, question: Question) -> frozenset[str]:
    """The streams of the actors that ever make a pledge, merged ones under their new name."""
    view = stage_of(world_at(record, 0), question).shown
    events = [entry.event for entry in record.entries.values()]
    terms = [event.set if isinstance(event, PledgeAmended) else event for event in events]
    named = {actor for term in terms for actor in getattr(term, "pledgors", None) or ()}
    return frozenset(f"{COMMONS}/actor/{view.merged(actor)}" for actor in named)
