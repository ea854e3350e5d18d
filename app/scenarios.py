"""What if: the framework as it would be, beside the framework as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from app import read
from app.clocks import Asked, Clocks, question_of, read_clocks
from app.parley import Parley
from app.record import Recorded
from app.recorded import Untold
from app.supposing import suppose
from app.worlds import check_known, history, world_for
from domain.entry import Entry
from domain.event import COMMONS
from domain.negotiations import opening_stream
from projections.answers import Framework
from projections.changes import Change, changes_between
from projections.framework import framework_of
from projections.reference import record_at, world_at
from projections.scenario import Scenario, scenario_of, supposed_world

MAX_LOOKED_AT = 20
"""Negotiations whose frameworks a dry run in the commons computes twice, some milliseconds each."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What would be different: the framework without and with it, and what tells them apart."""

    before: Framework
    after: Framework
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Effects:
    """What a dry run would make different in each negotiation, or why that is not told.

    With `of_all` every negotiation was looked at, because all of them share the commons.
    """

    by_negotiation: Mapping[str, Effect] = field(default_factory=dict)
    of_all: bool = False
    untold: Untold | None = None


def scenario(
    parley: Parley, negotiation: str, bodies: Sequence[Mapping[str, Any]], asked: Asked | Clocks
) -> Scenario:
    """The framework if hypothetical events were recorded next; nothing is.

    Raises what recording them would raise, but for a missing citation.
    """
    clocks = read_clocks(parley, asked)
    check_known(parley, negotiation)
    supposed = suppose(parley, negotiation, bodies, clocks.known.position)
    said = tuple(f"{e.kind} {e.slug} ({e.event.occurred or 'undated'})" for e in supposed)
    return scenario_of(*_without_and_with(parley, negotiation, supposed, clocks), said)


def effect_of(parley: Parley, negotiation: str, recorded: Recorded) -> Effects | None:
    """What would be different now with a dry run; None for what is being recorded.

    What is in the commons is of every negotiation, so each in which it would be seen
    is named.
    """
    if not recorded.dry_run:
        return None
    if recorded.replayed:
        return Effects(untold="recorded_before")
    if negotiation == COMMONS:
        names = read.negotiation_names(parley)
        if len(names) > MAX_LOOKED_AT:
            return Effects(untold="too_many_negotiations")
        found = {name: _effect(parley, name, recorded.entries) for name in names}
        return Effects({name: each for name, each in found.items() if each.changes}, of_all=True)
    opening = opening_stream(negotiation)
    if opening not in parley.ledger.existing_streams([opening]):
        return Effects(untold="opens_the_negotiation")
    return Effects({negotiation: _effect(parley, negotiation, recorded.entries)})


def _effect(parley: Parley, negotiation: str, entries: Sequence[Entry]) -> Effect:
    clocks = read_clocks(parley, Asked())
    place = clocks.known.position + 1
    supposed = [replace(entry, position=at) for at, entry in enumerate(entries, place)]
    before, after = _without_and_with(parley, negotiation, supposed, clocks)
    return Effect(before, after, tuple(changes_between(before, after)))


def _without_and_with(
    parley: Parley, negotiation: str, supposed: Sequence[Entry], clocks: Clocks
) -> tuple[Framework, Framework]:
    """The framework as it is known, and as it would be."""
    question, position = question_of(negotiation, clocks), clocks.known.position

    def stream(name: str) -> Sequence[Entry]:
        return parley.ledger.stream(name, position)

    with world_for(parley, negotiation, clocks) as world:
        other = supposed_world(world, supposed, stream)
        base = framework_of(world, question)
        supposition = None if other is None else framework_of(other, question)
    if supposition is None:
        log = [*history(parley, position), *supposed]
        end = position + len(supposed)
        record = record_at(log, negotiation, end, clocks.published_by)
        supposition = framework_of(world_at(record, clocks.minute), question)
    return base, supposition
