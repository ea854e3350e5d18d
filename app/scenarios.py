"""What if: the framework as it would be, beside the framework as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from app.clocks import Asked, Clocks, question_of, read_clocks
from app.parley import Parley
from app.supposing import suppose
from app.worlds import check_known, history, world_for
from domain.entry import Entry
from domain.negotiations import opening_stream
from projections.framework import framework_of
from projections.reference import record_at, world_at
from projections.scenario import Scenario, scenario_of, supposed_world


def scenario(
    parley: Parley, negotiation: str, bodies: Sequence[Mapping[str, Any]], asked: Asked | Clocks
) -> Scenario:
    """The framework if hypothetical events were recorded next; nothing is.

    Raises what recording them would raise, but for a missing citation.
    """
    clocks = read_clocks(parley, asked)
    check_known(parley, negotiation)
    supposed = suppose(parley, negotiation, bodies, clocks.known.position)
    return _with(parley, negotiation, supposed, clocks)


def effect(parley: Parley, negotiation: str, entries: Sequence[Entry]) -> Scenario | None:
    """What would be different now with the entries of a dry run.

    None where they open the negotiation themselves: then there is no framework yet.
    """
    opening = opening_stream(negotiation)
    if opening not in parley.ledger.existing_streams([opening]):
        return None
    clocks = read_clocks(parley, Asked())
    after = clocks.known.position + 1
    supposed = [replace(entry, position=place) for place, entry in enumerate(entries, after)]
    return _with(parley, negotiation, supposed, clocks)


def _with(parley: Parley, negotiation: str, supposed: Sequence[Entry], clocks: Clocks) -> Scenario:
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
    said = tuple(f"{e.kind} {e.slug} ({e.event.occurred or 'undated'})" for e in supposed)
    return scenario_of(base, supposition, said)
