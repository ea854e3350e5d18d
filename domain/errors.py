"""Every refusal of Parley, as one tree; none of them knows HTTP or exit codes.

ParleyError
├── InvalidInput           what was handed in breaks a rule of its own
│   └── TooLarge           it is larger than a leaf can hold
├── NotFound               it names something the log does not hold (yet)
│   └── OtherEpoch         it names a place after which the log was opened anew
├── Conflict               it is fine by itself but clashes with the log
│   ├── StoryConflict      it adds an anomaly to its story
│   ├── VersionConflict    the stream is not at the expected version
│   ├── KeyConflict        the idempotency key was used with another body
│   └── DuplicateId        the event id is taken
└── Unavailable            the log cannot take or give anything now
    ├── ClockSetBack       the clock stands before the last recorded time
    ├── DatabaseBehind     the tables are older than this program
    ├── DatabaseAhead      the tables are newer than this program
    ├── DatabaseReadOnly   the database refuses writes
    ├── DatabaseFull       no room is left
    ├── DatabaseLocked     another process holds the head for too long
    ├── DatabaseGone       the database cannot be reached or opened
    ├── DatabaseDamaged    it does not hold what Parley wrote there
    ├── UnsafeDurability   the database may forget what it acknowledged
    └── SigningRefused     the log does not sign a checkpoint of itself
        ├── KeyUnusable    its signing key is missing, open to others or another
        ├── GuardUnusable  nothing says what was signed before
        ├── BehindGuard    the database is not the one that was signed, or an older copy
        └── TreeBroken     entries, tiles, head and checkpoints do not agree

Every error carries one or more problems; each names the field, the rule that
was broken and the way out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

MAX_NAMED = 100
"""The most problems of one request that are named; nobody reads on after so many."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One broken rule: where, which, and what to do about it.

    `field` is a dotted path into the body handed in (`cite.0.source`), or the
    name of a setting; `index` is the place in the array the body came in,
    counted from 0, and None for a body that came alone.
    """

    field: str
    rule: str
    way_out: str
    index: int | None = None

    def __str__(self) -> str:
        where = self.field if self.index is None else f"[{self.index}].{self.field}"
        return f"{where}: {self.rule} — {self.way_out}"


class ParleyError(Exception):
    """The root of the tree; catch this to catch every refusal of Parley.

    `more` counts the problems that are not named; that there are others is said by
    the last of `problems`.
    """

    def __init__(self, *problems: Problem, more: int = 0) -> None:
        super().__init__(*problems)
        self.named, self.more = problems, more
        self.problems = (*problems, *([_unnamed(more)] if more else []))

    def __str__(self) -> str:
        return "; ".join(map(str, self.problems))

    @classmethod
    def of(cls, field: str, rule: str, way_out: str) -> Self:
        """An error with a single problem, which is the usual case."""
        return cls(Problem(field, rule, way_out))

    def at(self, index: int) -> Self:
        """The same error, as the member `index` of an array."""
        return type(self)(*(replace(p, index=index) for p in self.named), more=self.more)


def _unnamed(more: int) -> Problem:
    rule = f"breaks {more} more rule{'s' if more > 1 else ''} that are not named here"
    return Problem("body", rule, "mend what is named, and send it again")


class InvalidInput(ParleyError):
    """What was handed in breaks a rule of its own."""


class TooLarge(InvalidInput):
    """It is larger than a leaf can hold."""


class NotFound(ParleyError):
    """It names something the log does not hold (yet)."""


class OtherEpoch(NotFound):
    """It names a place that the log had once, after which it was opened anew."""


class Conflict(ParleyError):
    """It is fine by itself but clashes with what the log holds."""


class StoryConflict(Conflict):
    """It adds an anomaly to its story."""


class VersionConflict(Conflict):
    """The stream is not at the expected version."""


class KeyConflict(Conflict):
    """The idempotency key was used before with another body."""


class DuplicateId(Conflict):
    """The event id is taken."""


class Unavailable(ParleyError):
    """The log cannot take or give anything now."""


class ClockSetBack(Unavailable):
    """The clock stands more than the tolerance before the last recorded time."""


class DatabaseBehind(Unavailable):
    """The tables are older than this program."""


class DatabaseAhead(Unavailable):
    """The tables are newer than this program."""


class DatabaseReadOnly(Unavailable):
    """The database refuses writes."""


class DatabaseFull(Unavailable):
    """No room is left for another event."""


class DatabaseLocked(Unavailable):
    """Another process holds the head of the log for too long."""


class DatabaseGone(Unavailable):
    """The database cannot be reached or opened."""


class DatabaseDamaged(Unavailable):
    """The database does not hold, or not whole, what Parley wrote there."""


class UnsafeDurability(Unavailable):
    """The database is set up so that it may forget what it acknowledged."""


class SigningRefused(Unavailable):
    """The log does not sign a checkpoint of itself, because that might be a false one."""


class KeyUnusable(SigningRefused):
    """The signing key is missing, open to others, or not the one of this log."""


class GuardUnusable(SigningRefused):
    """Nothing that can be believed says what was signed before."""


class BehindGuard(SigningRefused):
    """The database is an older copy of the one that was signed, or another."""


class TreeBroken(SigningRefused):
    """The entries, the tiles, the head and the last checkpoint do not agree."""
