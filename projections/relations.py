"""How things are linked: which reports are the same event, and what else relates to what."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from domain.entries import EntryLinked
from domain.entry import Entry
from projections.answers import Relation

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


def link_of(entry: Entry, ends: Mapping[UUID, str]) -> Link | None:
    """The link that an entry makes; None if `ends`, the streams by entry, lack one of its two."""
    event = entry.event
    if not isinstance(event, EntryLinked) or not {event.entry, event.to} <= ends.keys():
        return None
    return Link(
        relation=event.relation,
        one=ends[event.entry],
        other=ends[event.to],
        perhaps=bool(event.hedges),
        note=event.note,
    )


def relations_by_thing(links: Iterable[Link]) -> dict[str, tuple[Relation, ...]]:
    """What each thing is linked to, shown and never merged; the same event under another sort too.

    A link of a thing to itself is told once.
    """
    found: dict[str, list[Relation]] = {}
    for link in links:
        if link.relation == SAME and _sort(link.one) == _sort(link.other):
            continue
        ends = [(link.one, link.relation, link.other)]
        if link.one != link.other:
            ends.append((link.other, SEEN_FROM_THERE[link.relation], link.one))
        for stream, relation, to in ends:
            related = Relation(relation=relation, to=to, perhaps=link.perhaps, note=link.note)
            found.setdefault(stream, []).append(related)
    return {stream: tuple(relations) for stream, relations in found.items()}


def same_events(
    there: Collection[str], links: Iterable[Link], opened_at: Callable[[str], int]
) -> dict[str, Reports]:
    """Which things count once: for each that counts, the further reports of it.

    `opened_at` gives the position of what opened one of the things that are there;
    the earliest recorded of a group is the one that counts. The value of a
    report is whether it is only perhaps the same: it is certain if a chain of
    unhedged links leads to it. Two sorts of things are never one.
    """
    every, unhedged = _neighbours(there, links)
    counted: dict[str, Reports] = {stream: {} for stream in there if stream not in every}
    seen: set[str] = set()
    in_order = sorted(every, key=lambda stream: (opened_at(stream), stream))
    for stream in in_order:
        if stream not in seen:
            group, sure = _reach(stream, every), _reach(stream, unhedged)
            seen |= group
            rest = [other for other in in_order if other in group and other != stream]
            counted[stream] = {other: other not in sure for other in rest}
    return counted


def _neighbours(
    there: Collection[str], links: Iterable[Link]
) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """For each thing those that it is the same event as, by every link and by unhedged ones."""
    every: dict[str, set[str]] = {}
    unhedged: dict[str, set[str]] = {}
    for link in links:
        if link.relation != SAME or _sort(link.one) != _sort(link.other):
            continue
        if link.one in there and link.other in there:
            for neighbours in (every,) if link.perhaps else (every, unhedged):
                neighbours.setdefault(link.one, set()).add(link.other)
                neighbours.setdefault(link.other, set()).add(link.one)
    return every, unhedged


def _reach(start: str, neighbours: Mapping[str, set[str]]) -> set[str]:
    found, frontier = {start}, [start]
    while frontier:
        new = neighbours.get(frontier.pop(), set()) - found
        found |= new
        frontier += new
    return found


def _sort(stream: str) -> str:
    return stream.split("/")[1]
