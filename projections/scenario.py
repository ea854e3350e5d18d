"""What if? Hypothetical events on top of what is known, folded and never recorded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from domain.entries import EntryCorrected, EntryRetracted
from domain.entry import Entry
from domain.event import ThingEvent
from domain.story import Standing
from projections.answers import Answer, Framework
from projections.changes import Change, changes_between
from projections.reference import Record, record_at, world_at
from projections.world import HAPPENS, World


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
    to be looked at: for links and what is said of them, for attacks that are only
    counted, where nothing certain is left to answer with, and where the world does
    not know which streams a stance stands in.
    """
    own = {entry.stream for entry in supposed}
    before = [entry for name in sorted(own) for entry in stream(name)]
    stances = world.stance_streams
    if stances is None or not _is_enough(world, supposed, before):
        return None

    def record(known: Sequence[Entry]) -> Record:
        return record_at(known, world.negotiation, supposed[-1].position)

    after = record([*before, *supposed])
    # A correction may take a story out of one stance and into another.
    touched = {*record(before).stories, *after.stories}
    more = {name for key in touched if "/stance/" in key for name in stances(key)} - own
    if more:
        known = (entry for name in sorted(more) for entry in stream(name))
        after = record([*before, *known, *supposed])
    # Of the other stories in it some entries may be missing.
    part = world_at(after, world.minute)
    standings = {key: each for key, each in world.standings.items() if key not in touched}
    standings |= {key: part.standings[key] for key in touched if key in part.standings}
    if _amends(supposed) and not any(_is_certain(world, *each) for each in standings.items()):
        return None
    return replace(
        world,
        standings=standings,
        mentions=world.mentions | part.mentions,
        horizon=lambda: world.horizon() | part.horizon(),
    )


def _is_enough(world: World, supposed: Sequence[Entry], known: Sequence[Entry]) -> bool:
    """Whether the streams of what is supposed are all that has to be folded."""
    if any(entry.thing == "attack" and entry.version > 1 for entry in supposed):
        return False
    if not _amends(supposed):
        return True
    things = {e.id for e in (*known, *supposed) if isinstance(e.event, ThingEvent)}
    linked = {end for link in world.links for end in (link.one, link.other)}
    return all(
        isinstance(entry.event, ThingEvent)
        or (
            isinstance(entry.event, EntryCorrected | EntryRetracted)
            and entry.event.entry in things
            and entry.stream not in linked
        )
        for entry in supposed
    )


def _amends(supposed: Sequence[Entry]) -> bool:
    return not all(isinstance(entry.event, ThingEvent) for entry in supposed)


def _is_certain(world: World, key: str, standing: Standing) -> bool:
    """Whether a story makes an answer in either fold, so that none has to say why it is empty."""
    owner, sort, _ = key.split("/", 2)
    certain = standing.certain
    is_there = certain is not None and certain.content is not None
    return is_there and owner == world.negotiation and sort in HAPPENS
