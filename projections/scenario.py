"""What if? Hypothetical events on top of what is known, folded and never recorded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from domain.entry import Entry
from domain.event import ThingEvent
from projections.answers import Answer, Framework
from projections.changes import Change, changes_between
from projections.reference import record_at, world_at
from projections.stories import stories_of
from projections.world import World


class Scenario(Answer):
    """The framework as it would be, and what would be different; its ids name nothing recorded."""

    hypothetical: tuple[str, ...]
    framework: Framework
    changes: tuple[Change, ...]


def scenario_of(base: Framework, supposed: Framework, summaries: tuple[str, ...]) -> Scenario:
    """Compare the answer with the hypothetical events to the one without them."""
    return Scenario(
        hypothetical=summaries,
        framework=supposed,
        changes=tuple(changes_between(base, supposed)),
    )


def supposed_world(
    world: World,
    supposed: Sequence[Entry],
    stream: Callable[[str], Sequence[Entry]],
) -> World | None:
    """The world with hypothetical records; only the stories that they touch are folded anew.

    `stream` gives the entries of a stream that are known. None where more would have
    to be looked at: for what is said of entries, for attacks that are only
    counted, and where the world does not know which streams a stance stands in.
    """
    stances = world.stance_streams
    counted = {e.stream for e in supposed if e.thing == "attack" and e.version > 1}
    if (
        stances is None
        or counted
        or not all(isinstance(entry.event, ThingEvent) for entry in supposed)
    ):
        return None
    touched = {key for entry in supposed for key in stories_of(entry)}
    streams = {entry.stream for entry in supposed}
    streams |= {name for key in touched if "/stance/" in key for name in stances(key)}
    known = [entry for name in streams for entry in stream(name)]
    record = record_at([*known, *supposed], world.negotiation, supposed[-1].position)
    # Of the other stories in it some entries may be missing.
    part = world_at(record, world.minute)
    return replace(
        world,
        standings=world.standings | {key: part.standings[key] for key in touched},
        mentions=world.mentions | part.mentions,
        horizon=lambda: world.horizon() | part.horizon(),
    )
