"""Is it fit to answer? The database, its tables, and how far the read model has come."""

from __future__ import annotations

from app.parley import Parley
from domain.errors import DatabaseBehind
from ledger import schema
from projections.answers import Answer
from projections.read_model import lag_of


class Readiness(Answer):
    """How far the log and its read model have come.

    `behind` counts the entries that the read model has yet to take in; with
    `is_current` false another program made it, and the reference answers.
    """

    position: int
    read_model: int
    behind: int
    is_current: bool


def readiness(parley: Parley) -> Readiness:
    """Whether questions can be answered; raises Unavailable where they cannot.

    A log that is not whole, or tables of another revision, are refused by name.
    """
    schema.check(parley.ledger.engine)
    size = parley.ledger.head().size
    if size == 0:
        raise DatabaseBehind.of("PARLEY_DATABASE_URL", "the log is not opened", "start Parley anew")
    lag = lag_of(parley.ledger.engine)
    return Readiness(
        position=size, read_model=lag.position, behind=lag.behind, is_current=lag.is_current
    )


def size(parley: Parley) -> int:
    """The last position of the log; cheap enough to be asked again and again."""
    return parley.ledger.head().size
