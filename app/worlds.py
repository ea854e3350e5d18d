"""The world that a question is about: out of the read model, or from the reference."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from app.clocks import Clocks
from app.parley import Parley
from domain.entry import Entry
from domain.errors import NotFound
from domain.event import COMMONS
from domain.negotiations import never_opened, opening_stream
from domain.story import RULES
from projections.read_world import Point
from projections.reference import Record, record_at, world_at
from projections.world import World


@contextmanager
def world_for(
    parley: Parley, negotiation: str, clocks: Clocks, about: str | None = None
) -> Iterator[World]:
    """The world out of the read model, or from the reference where that cannot tell it.

    What was public by a date, and what older rules say, is always told by the
    reference. `about` is the one thing that the answer is about; others may be left out.
    """
    if clocks.published_by is None and clocks.rules == RULES:
        position = clocks.known.position
        point = Point(negotiation, clocks.minute, position, clocks.certainty, about)
        with parley.read_model.world(point) as world:
            if world is not None:
                yield world
                return
    yield world_at(record_for(parley, negotiation, clocks), clocks.minute)


def record_for(parley: Parley, negotiation: str, clocks: Clocks) -> Record:
    """What the reference knows of a negotiation; it takes the whole log."""
    position = clocks.known.position
    return record_at(history(parley, position), negotiation, position, clocks.published_by)


def history(parley: Parley, upto: int) -> list[Entry]:
    """The log from its beginning up to a position, inclusive."""
    return list(parley.ledger.entries(upto=upto))


def check_known(parley: Parley, negotiation: str) -> None:
    """Raise NotFound for a negotiation that was never opened."""
    stream = opening_stream(negotiation)
    if negotiation != COMMONS and stream not in parley.ledger.existing_streams([stream]):
        raise NotFound(never_opened(negotiation))
