"""The reference: every story of a negotiation, folded from the log by the story rule.

Slow and obviously right. Read models are held to it, old rules are answered by
it, and so is `published_by`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from uuid import UUID

from domain.dates import parse_occurred
from domain.entries import EntryLinked
from domain.entry import Entry
from domain.event import COMMONS, EntryEvent, Event
from domain.registry import evolve_of
from domain.state import Anomaly, State
from domain.story import Standing, Story, amend, order, stand, take
from domain.things.source import SourceRegistered
from domain.things.stance import stance_keys
from projections.relations import link_of
from projections.world import HAPPENS, Horizon, Mention, World


@dataclass(frozen=True, slots=True)
class Record:
    """What is known at a position: amended entries, the stories they make, and the links.

    `stories` are keyed by stream and by stance key; `entries` are those that stand,
    amended, by id; `known` is everything as it was recorded, with corrections and what
    is retracted; `unpublished` counts the entries of the negotiation that
    `published_by` leaves out.
    """

    negotiation: str
    position: int
    stories: Mapping[str, Story]
    links: tuple[Entry, ...]
    entries: Mapping[UUID, Entry]
    known: Mapping[UUID, Entry]
    unpublished: int


def record_at(
    log: Iterable[Entry],
    negotiation: str,
    position: int,
    published_by: int | None = None,
) -> Record:
    """Take, amend and order every story of a negotiation and of the commons.

    `published_by` keeps the citations published by that minute and the events
    that still have one; uncited registrations and definitions stay.
    """
    known = [e for e in take(log, position) if e.negotiation in {negotiation, COMMONS}]
    streams: dict[str, list[Entry]] = {}
    for entry in known:
        streams.setdefault(entry.stream, []).append(entry)
    amended: list[Entry] = []
    troubles: dict[str, tuple[Anomaly, ...]] = {}
    for stream, entries in streams.items():
        survivors, troubles[stream] = amend(entries)
        amended += survivors
    amended.sort(key=lambda entry: entry.position)
    published = amended if published_by is None else _published(amended, published_by)
    unpublished = sum(e.negotiation == negotiation for e in amended) - sum(
        e.negotiation == negotiation for e in published
    )
    members: dict[str, list[Entry]] = {}
    for entry in published:
        if not isinstance(entry.event, EntryEvent):
            for key in (entry.stream, *stance_keys(entry)):
                members.setdefault(key, []).append(entry)
    stories = {key: order(members[key]) for key in sorted(members)}
    for stream, found in troubles.items():
        if stream in stories:
            story = stories[stream]
            stories[stream] = replace(story, anomalies=(*found, *story.anomalies))
    return Record(
        negotiation=negotiation,
        position=position,
        stories=stories,
        links=tuple(e for e in published if isinstance(e.event, EntryLinked)),
        entries={e.id: e for e in published},
        known={e.id: e for e in known},
        unpublished=unpublished,
    )


def world_at(record: Record, minute: int) -> World:
    """Fold every story of a record at one minute."""
    standings = {key: stand(story, minute, evolve_of(key)) for key, story in record.stories.items()}
    entries = {**record.known, **record.entries}
    named = {i for standing in standings.values() for i in _named(standing)}
    ends = {i: entry.stream for i, entry in record.entries.items()}
    links = (link_of(entry, ends) for entry in record.links)
    return World(
        negotiation=record.negotiation,
        minute=minute,
        standings=standings,
        mentions={i: Mention.of(entries[i]) for i in named if i in entries},
        links=tuple(link for link in links if link is not None),
        horizon=partial(_horizon, record, standings, minute),
    )


def _named(standing: Standing) -> Iterator[UUID]:
    for anomaly in standing.anomalies:
        yield anomaly.entry
        if anomaly.clashes_with is not None:
            yield anomaly.clashes_with
    yield from (*standing.undated, *standing.order_unknown, *standing.disputing)


def _horizon(record: Record, standings: Mapping[str, Standing], minute: int) -> Horizon:
    """The next minutes at which one of its things is there, in either fold."""
    own = {
        key: story
        for key, story in record.stories.items()
        if key.startswith(f"{record.negotiation}/") and key.split("/")[1] in HAPPENS
    }
    return Horizon(
        known=any(e.negotiation == record.negotiation for e in record.entries.values()),
        there=any(_is_there(standings[key].state) for key in own),
        begun=any(standings[key].state is not None for key in own),
        possible=min(_openings(own, minute, lambda s: s.state), default=None),
        certain=min(_openings(own, minute, lambda s: s.certain), default=None),
        unpublished=record.unpublished,
    )


def _openings(
    stories: Mapping[str, Story], minute: int, fold: Callable[[Standing], State | None]
) -> Iterator[int]:
    """By story the first minute after this one at which the thing is there."""
    for key, story in stories.items():
        evolve = evolve_of(key)
        for later in sorted({b for p in story.placed for b in (p.folds_at, p.hi) if b > minute}):
            if _is_there(fold(stand(story, later, evolve))):
                yield later
                break


def _is_there(state: State | None) -> bool:
    return state is not None and state.content is not None


def _published(entries: Sequence[Entry], by: int) -> list[Entry]:
    """Keep what was public by a minute; an imprecise date of publication counts at its end."""
    last_minute = {
        e.event.slug: parse_occurred(e.event.published).bounds.start_hi
        for e in entries
        if isinstance(e.event, SourceRegistered)
    }
    kept = []
    for entry in entries:
        cite = tuple(
            c
            for c in entry.event.cite
            if (published := last_minute.get(c.source)) is not None and published <= by
        )
        if cite or not entry.event.cite:
            event: Event = entry.event.model_copy(update={"cite": cite})
            kept.append(replace(entry, event=event))
    return kept
