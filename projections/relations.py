"""How things are linked: which reports are the same event, and what else relates to what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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


def same_events(opened: Mapping[str, int], links: Iterable[Link]) -> dict[str, Reports]:
    """Which things count once: for each that counts, the further reports of it.

    `opened` are the things that are there, with the position of what opened each;
    the earliest recorded of a group is the one that counts. The value of a
    report is whether it is only perhaps the same: it is certain if a chain of
    unhedged links leads to it. Two sorts of things are never one.
    """
    there = opened.keys()
    same = [
        link
        for link in links
        if link.relation == SAME
        and {link.one, link.other} <= there
        and _sort(link.one) == _sort(link.other)
    ]
    counted: dict[str, Reports] = {}
    seen: set[str] = set()
    for stream in sorted(there, key=lambda s: (opened[s], s)):
        if stream not in seen:
            group = _reach(stream, same)
            sure = _reach(stream, [link for link in same if not link.perhaps])
            seen |= group
            rest = sorted(group - {stream}, key=lambda s: (opened[s], s))
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
