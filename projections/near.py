"""What does one thing look like? The part of the world that its item is made of.

A negotiation may hold ten thousand things, of which most say nothing of each other.
What an item shows of others is known by its sort, by the links between them, and by
what conditions wait for; whatever else there is is not read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from sqlalchemy import Connection

from domain.event import COMMONS
from domain.things.condition import ConditionStated
from projections.links import STORY as LINKS
from projections.read_world import Point, read_world
from projections.relations import SAME
from projections.world import World

_ALONE = ("agreement", "attack", "consultation", "issue", "measure", "statement", "threat")
_WITHOUT_ITEM = ("actor", "negotiation", "source")
BESIDE: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys((*_ALONE, *_WITHOUT_ITEM), ()),
    "pledge": ("{owner}/condition/%", "{owner}/threat/%", f"{COMMONS}/actor/%"),
}
"""The stories that go into the item of a thing beside its own, by its sort.

Into an element and a condition goes what all pledges come to, so for them all is read.
"""


def read_near(connection: Connection, edition: int, point: Point) -> World:
    """The world as far as what a point is about shows it; most other things are not in it."""
    stream = point.about or ""
    owner, sort, _ = stream.split("/")
    if sort not in BESIDE:
        return read_world(connection, edition, replace(point, named=(stream,)))
    wanted = {stream, LINKS, *(story.format(owner=owner) for story in BESIDE[sort])}
    while True:
        # What is counted and not looked at lies elsewhere, and is found by its name.
        point = replace(point, named=tuple(sorted(wanted)))
        world = read_world(connection, edition, replace(point, only=point.named))
        shown = {*_same_as(stream, world), *_waited_for(world)} - wanted
        more = {name for name in shown if not _is_read(name, wanted)}
        if not more:
            return world
        if any(name.split("/")[1] not in BESIDE for name in more):
            return read_world(connection, edition, point)
        wanted |= more


def _is_read(stream: str, wanted: set[str]) -> bool:
    """Whether a thing is among those that are read whatever their names are."""
    return f"{stream.rpartition('/')[0]}/%" in wanted


def _same_as(stream: str, world: World) -> set[str]:
    """The streams that links say are the same event, however many lie between."""
    links = [link for link in world.links if link.relation == SAME]
    found, before = {stream}, set[str]()
    while found != before:
        before = set(found)
        for link in links:
            if link.one in found or link.other in found:
                found |= {link.one, link.other}
    return found


def _waited_for(world: World) -> Iterator[str]:
    """The things that conditions are met by, in either fold."""
    for standing in world.standings.values():
        for state in (standing.state, standing.certain):
            stated = None if state is None else state.content
            if isinstance(stated, ConditionStated) and stated.met_by is not None:
                yield stated.met_by.thing
