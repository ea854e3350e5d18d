"""Is it fit to answer? The database, its tables, and how far the read model has come."""

from __future__ import annotations

import re

from app.parley import Parley
from domain.errors import DatabaseBehind, ParleyError
from ledger import checkpoints, schema
from projections.answers import Answer
from projections.read_model import lag_of


class Readiness(Answer):
    """How far the log and its read model have come.

    `behind` counts the entries that the read model has yet to take in; with
    `is_current` false another program made it, and the reference answers. `signed` is
    the size of the newest checkpoint, 0 if there is none, and `signing_refused` names the
    sort of refusal by which nothing more is signed, such as `behind-guard`; null as long as
    all is well. The log of the server says what is to be done.
    """

    position: int
    read_model: int
    behind: int
    is_current: bool
    signed: int
    signing_refused: str | None


def readiness(parley: Parley) -> Readiness:
    """Whether questions can be answered; raises Unavailable where they cannot.

    A log that is not whole, or tables of another revision, are refused by name.
    """
    schema.check(parley.ledger.engine)
    size = parley.ledger.head().size
    if size == 0:
        raise DatabaseBehind.of("PARLEY_DATABASE_URL", "the log is not opened", "start Parley anew")
    lag = lag_of(parley.ledger.engine)
    refused = parley.signing.refused
    return Readiness(
        position=size,
        read_model=lag.position,
        behind=lag.behind,
        is_current=lag.is_current,
        signed=checkpoints.newest_size(parley.ledger.engine),
        signing_refused=None if refused is None else _sort_of(refused),
    )


def _sort_of(refusal: ParleyError) -> str:
    """The name of a refusal, without what only those may know who look after the server."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", type(refusal).__name__).lower()


def size(parley: Parley) -> int:
    """The last position of the log; cheap enough to be asked again and again."""
    return parley.ledger.head().size
