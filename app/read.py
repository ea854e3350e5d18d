"""Ask: what it looked like, what changed, when, how much, and what if.

A question goes to the read model, or to the reference where that cannot tell:
the log up to a position, folded by the story rule. Every answer says which
question it answers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from app.moments import Knowledge, read_as_of, read_known_at, read_published_by
from app.parley import Parley
from app.supposing import suppose
from audit.leaf import format_recorded_at
from domain.dates import format_minute
from domain.entry import Entry
from domain.errors import InvalidInput, NotFound, Problem
from domain.event import COMMONS
from domain.negotiations import never_opened, opening_stream
from domain.registry import THINGS
from domain.story import RULES
from ledger.filter import Filter
from projections.answers import Certainty, Framework, Known, Question
from projections.changes import Diff, diff_of
from projections.framework import framework_of, stage_of
from projections.read_world import Point
from projections.reference import Record, record_at, world_at
from projections.scenario import Scenario, scenario_of, supposed_world
from projections.search import PAGE, Hit, Wanted, read_query, search_in
from projections.things import ThingStory, story_of
from projections.timemap import Timemap, timemap_of
from projections.totals import Totals, totals_of
from projections.world import World


@dataclass(frozen=True, slots=True)
class Asked:
    """A question's clocks as people write them; None is now, and for `published_by` no limit.

    `rules` is the number of the rules to answer by; None is the newest.
    """

    as_of: str | None = None
    known_at: str | None = None
    published_by: str | None = None
    certainty: Certainty = "possible"
    rules: int | None = None


@dataclass(frozen=True, slots=True)
class _Clocks:
    """A question with its clocks read."""

    minute: int
    known: Knowledge
    published_by: int | None
    certainty: Certainty
    rules: int


def framework(parley: Parley, negotiation: str, asked: Asked) -> Framework:
    """The framework of a negotiation; raises InvalidInput and NotFound for a bad question."""
    clocks = _read_clocks(parley, asked)
    _check_known(parley, negotiation)
    return _framework(parley, negotiation, clocks)


def thing(parley: Parley, negotiation: str, sort: str, slug: str, asked: Asked) -> ThingStory:
    """One thing and its story; raises NotFound for one the log does not hold."""
    if sort not in THINGS:
        known = ", ".join(THINGS)
        raise InvalidInput(Problem("thing", f"{sort!r} is not a sort of thing", f"name {known}"))
    owner = COMMONS if sort in {"actor", "source"} else negotiation
    stream = f"{owner}/{sort}/{slug}"
    if stream not in parley.ledger.existing_streams([stream]):
        raise NotFound(
            Problem(
                "slug",
                f"no {sort} is known by the name {slug!r}",
                f"`parley log --thing {sort}` lists what there is",
            )
        )
    clocks = _read_clocks(parley, asked)
    _check_known(parley, negotiation)
    position = clocks.known.position
    if clocks.published_by is None:
        log: Sequence[Entry] = parley.ledger.stream(stream, position)
    else:
        log = history(parley, position)
    record = record_at(log, negotiation, position, clocks.published_by)
    question = _question(negotiation, clocks)
    with _world(parley, negotiation, clocks, stream) as world:
        return story_of(log, record, world, question, stream)


def diff(parley: Parley, negotiation: str, before: Asked, after: Asked) -> Diff:
    """What changed from one question to another: in what was known, and in the world."""
    old, new = _read_clocks(parley, before), _read_clocks(parley, after)
    _check_known(parley, negotiation)
    middle = replace(new, minute=old.minute)
    return diff_of(*(_framework(parley, negotiation, clocks) for clocks in (old, middle, new)))


def timeline(parley: Parley, negotiation: str, asked: Asked) -> Timemap:
    """Every instant of change that is known of; it takes the whole log."""
    clocks = _read_clocks(parley, asked)
    _check_known(parley, negotiation)
    return timemap_of(_record(parley, negotiation, clocks), _question(negotiation, clocks))


def totals(parley: Parley, negotiation: str, asked: Asked) -> Totals:
    """How much was pledged, allocated and delivered, by actor, element and unit."""
    clocks = _read_clocks(parley, asked)
    _check_known(parley, negotiation)
    question = _question(negotiation, clocks)
    with _world(parley, negotiation, clocks) as world:
        return totals_of(stage_of(world, question).shown, question)


def scenario(
    parley: Parley, negotiation: str, bodies: Sequence[Mapping[str, Any]], asked: Asked
) -> Scenario:
    """The framework if hypothetical events were recorded next; nothing is.

    Raises what recording them would raise, but for a missing citation.
    """
    clocks = _read_clocks(parley, asked)
    _check_known(parley, negotiation)
    question, position = _question(negotiation, clocks), clocks.known.position
    supposed = suppose(parley, negotiation, bodies, position)

    def stream(name: str) -> Sequence[Entry]:
        return parley.ledger.stream(name, position)

    with _world(parley, negotiation, clocks) as world:
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


def search(
    parley: Parley,
    query: str,
    asked: Asked,
    negotiation: str | None = None,
    *,
    after: int = 0,
    limit: int = PAGE,
) -> tuple[Hit, ...]:
    """The standing entries that hold every word; in one negotiation and the commons, or in all.

    Dated entries that cannot have begun by `as_of` are left out. Up to `limit` of them,
    recorded after position `after`; go on after the last.
    """
    words = read_query(query)
    known = read_known_at(parley, asked.known_at)
    minute = None if asked.as_of is None else read_as_of(parley, asked.as_of)
    wanted = Wanted(words, known.position, minute, negotiation, after, limit)
    published_by = read_published_by(asked.published_by)
    names = negotiations(parley) if negotiation is None else [negotiation]
    for name in names:
        _check_known(parley, name)
    if published_by is None and (hits := parley.read_model.search(wanted)) is not None:
        return hits
    log = history(parley, known.position)
    found: dict[Any, Entry] = {}
    for name in names or [COMMONS]:
        found |= record_at(log, name, known.position, published_by).entries
    return search_in(found.values(), wanted)


def negotiations(parley: Parley) -> list[str]:
    """The negotiations the log holds, by name."""
    opened = parley.ledger.entries(where=Filter(kind="negotiation.opened"))
    return sorted({entry.negotiation for entry in opened})


def history(parley: Parley, upto: int) -> list[Entry]:
    """The log from its beginning up to a position, inclusive."""
    return list(parley.ledger.entries(upto=upto))


def _read_clocks(parley: Parley, asked: Asked) -> _Clocks:
    return _Clocks(
        minute=read_as_of(parley, asked.as_of),
        published_by=read_published_by(asked.published_by),
        known=read_known_at(parley, asked.known_at),
        certainty=asked.certainty,
        rules=_read_rules(asked.rules),
    )


def _read_rules(number: int | None) -> int:
    """The number of the rules that answer; old ones stay, and are answered by the reference."""
    if number is None:
        return RULES
    if not 1 <= number <= RULES:
        known = "1 is the only one" if RULES == 1 else f"choose one from 1 to {RULES}"
        raise InvalidInput(Problem("rules", f"there are no rules {number}", known))
    return number


def _framework(parley: Parley, negotiation: str, clocks: _Clocks) -> Framework:
    with _world(parley, negotiation, clocks) as world:
        return framework_of(world, _question(negotiation, clocks))


@contextmanager
def _world(parley: Parley, negotiation: str, clocks: _Clocks, *named: str) -> Iterator[World]:
    """The world out of the read model, or from the reference where that cannot tell it.

    What was public by a date, and what older rules say, is always told by the
    reference. `named` are things that the answer is about, which may be counted otherwise.
    """
    if clocks.published_by is None and clocks.rules == RULES:
        position = clocks.known.position
        point = Point(negotiation, clocks.minute, position, clocks.certainty, named)
        with parley.read_model.world(point) as world:
            if world is not None:
                yield world
                return
    yield world_at(_record(parley, negotiation, clocks), clocks.minute)


def _record(parley: Parley, negotiation: str, clocks: _Clocks) -> Record:
    position = clocks.known.position
    return record_at(history(parley, position), negotiation, position, clocks.published_by)


def _question(negotiation: str, clocks: _Clocks) -> Question:
    published_by = clocks.published_by
    return Question(
        negotiation=negotiation,
        as_of=format_minute(clocks.minute),
        known_at=_known(clocks.known),
        published_by=None if published_by is None else format_minute(published_by),
        certainty=clocks.certainty,
        rules=clocks.rules,
    )


def _known(known: Knowledge) -> Known:
    recorded_at = None if known.recorded_at is None else format_recorded_at(known.recorded_at)
    return Known(position=known.position, recorded_at=recorded_at, closed=known.closed)


def _check_known(parley: Parley, negotiation: str) -> None:
    stream = opening_stream(negotiation)
    if negotiation != COMMONS and stream not in parley.ledger.existing_streams([stream]):
        raise NotFound(never_opened(negotiation))
