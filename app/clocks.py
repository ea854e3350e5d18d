"""The clocks of a question: as people write them, as they are read, as an answer says them."""

from __future__ import annotations

from dataclasses import dataclass

from app.moments import Knowledge, is_position, read_as_of, read_known_at, read_published_by
from app.parley import Parley
from app.rules import read_rules
from audit.leaf import format_recorded_at
from domain.dates import format_minute
from projections.answers import Certainty, Known, Question


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
class Clocks:
    """A question with its clocks read; `dated` says that it named the minute.

    `pinned` says that everything is named that the answer depends on, knowledge by
    position, so that it is the same for ever.
    """

    minute: int
    known: Knowledge
    published_by: int | None
    certainty: Certainty
    rules: int
    dated: bool = False
    pinned: bool = False


def read_clocks(parley: Parley, asked: Asked | Clocks) -> Clocks:
    """The clocks of a question, so that it can be asked again and be the same.

    Raises InvalidInput for a clock that cannot be read, NotFound for a position that
    the log has not reached.
    """
    if isinstance(asked, Clocks):
        return asked
    named = asked.as_of is not None
    known = read_known_at(parley, asked.known_at)
    return Clocks(
        minute=read_as_of(parley, asked.as_of),
        published_by=read_published_by(asked.published_by),
        known=known,
        certainty=asked.certainty,
        rules=read_rules(asked.rules),
        dated=named,
        pinned=named and asked.rules is not None and is_position(asked.known_at),
    )


def question_of(negotiation: str, clocks: Clocks) -> Question:
    """The question as its answer repeats it."""
    published_by = clocks.published_by
    return Question(
        negotiation=negotiation,
        as_of=format_minute(clocks.minute),
        known_at=known_of(clocks.known),
        published_by=None if published_by is None else format_minute(published_by),
        certainty=clocks.certainty,
        rules=clocks.rules,
    )


def known_of(known: Knowledge) -> Known:
    """What was known, as an answer says it."""
    recorded_at = None if known.recorded_at is None else format_recorded_at(known.recorded_at)
    return Known(position=known.position, recorded_at=recorded_at, closed=known.closed)
