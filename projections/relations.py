"""How things are linked: which reports are the same event, and what else relates to what."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from domain.entries import EntryLinked
from projections.answers import Relation
from projections.reference import World

Reports = Mapping[str, bool]
"""Further reports of a thing, by stream, and whether each is only perhaps the same."""
SAME = "same_event_as"
SEEN_FROM_THERE = {
    "restates": "restated_by",
    "contradicts": "contradicts",
    "duplicate_of": "duplicate_of",
    SAME: SAME,
}


@dataclass(frozen=True, slots=True)
class Link:
    """A link between two things, by stream; `perhaps` where it is hedged."""

    relation: str
    one: str
    other: str
    perhaps: bool
    note: str | None


def links_of(world: World) -> list[Link]:
    """The links whose two ends are known, in the order they were recorded."""
    found = []
    for entry in world.record.links:
        event = entry.event
        if isinstance(event, EntryLinked):
            one, other = world.record.entries.get(event.entry), world.record.entries.get(event.to)
            if one is not None and other is not None:
                perhaps = bool(event.hedges)
                found.append(Link(event.relation, one.stream, other.stream, perhaps, event.note))
    return found


def relations_of(stream: str, links: Iterable[Link]) -> tuple[Relation, ...]:
    """What a thing is linked to, shown and never merged; the same event under another sort too."""
    found = []
    for link in links:
        if link.relation == SAME and _sort(link.one) == _sort(link.other):
            continue
        if link.one == stream:
            found.append((link.relation, link.other, link))
        elif link.other == stream:
            found.append((SEEN_FROM_THERE[link.relation], link.one, link))
    return tuple(
        Relation(relation=relation, to=to, perhaps=link.perhaps, note=link.note)
        for relation, to, link in found
    )


def same_events(
    streams: Iterable[str], links: Iterable[Link], first: Callable[[str], int]
) -> dict[str, Reports]:
    """Which things count once: for each that counts, the further reports of it.

    `streams` are the things that are there; `first` is the position a thing
    began at, and the earliest recorded of a group is the one that counts. The
    value of a report is whether it is only perhaps the same: it is certain if a
    chain of unhedged links leads to it. Two sorts of things are never one.
    """
    there = set(streams)
    same = [
        link
        for link in links
        if link.relation == SAME
        and {link.one, link.other} <= there
        and _sort(link.one) == _sort(link.other)
    ]
    counted: dict[str, Reports] = {}
    seen: set[str] = set()
    for stream in sorted(there, key=lambda s: (first(s), s)):
        if stream not in seen:
            group = _reach(stream, same)
            sure = _reach(stream, [link for link in same if not link.perhaps])
            seen |= group
            rest = sorted(group - {stream}, key=lambda s: (first(s), s))
            counted[stream] = {other: other not in sure for other in rest}
    return counted


def _reach(start: str, links: list[Link]) -> set[str]:
    found, frontier = {start}, [start]
    while frontier:
        here = frontier.pop()
        for link in links:
            for one, other in ((link.one, link.other), (link.other, link.one)):
                if one == here and other not in found:
                    found.add(other)
                    frontier.append(other)
    return found


def _sort(stream: str) -> str:
    return stream.split("/")[1]
