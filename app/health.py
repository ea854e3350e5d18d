"""Is it fit to answer? The database, its tables, and how far the read model has come."""

from __future__ import annotations

from importlib.metadata import version

from app.parley import Parley
from audit.leaf import LEAF_VERSION
from domain.errors import DatabaseBehind
from domain.story import RULES
from ledger import checkpoints, schema
from projections.answers import Answer
from projections.read_model import lag_of


class Readiness(Answer):
    """How far the log and its read model have come.

    `behind` counts the entries that the read model has yet to take in; with
    `is_current` false another program made it, and the reference answers. `signed` is
    the size of the newest checkpoint, 0 if there is none, and `signing_refused` says why
    nothing more is signed, null as long as all is well.
    """

    position: int
    read_model: int
    behind: int
    is_current: bool
    signed: int
    signing_refused: str | None


class Version(Answer):
    """Which program answers, by which rules, over which form of the leaf."""

    parley: str
    rules: int
    leaf: int
    position: int


class RuleSet(Answer):
    """A set of rules by which answers are computed."""

    number: int
    newest: bool
    description: str


class Rules(Answer):
    """The rules that answers can be computed by; none is ever taken away."""

    rules: tuple[RuleSet, ...]


_RULES = {
    1: "The story rule: take, amend, order, fold twice; the framework is a function of the states.",
}
"""What each set of rules is, in one line; a test holds it complete."""


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
        signing_refused=None if refused is None else str(refused),
    )


def size(parley: Parley) -> int:
    """The last position of the log; cheap enough to be asked again and again."""
    return parley.ledger.head().size


def running(parley: Parley) -> Version:
    """What answers here."""
    return Version(parley=version("parley"), rules=RULES, leaf=LEAF_VERSION, position=size(parley))


def rules() -> Rules:
    """Every set of rules that an answer may be asked by."""
    return Rules(
        rules=tuple(
            RuleSet(number=number, newest=number == RULES, description=text)
            for number, text in _RULES.items()
        )
    )
