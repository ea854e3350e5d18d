"""The epochs of a log: it begins with one, and each time it is opened again after a loss another.

An epoch begins with the entries that survived, byte for byte, so whoever read no
further goes on as if nothing had happened. A cursor beyond them names an entry that
this log does not hold.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.entry import LOG_STREAM
from domain.errors import NotFound
from domain.log import LogOpened, LogReopened
from ledger.log import Ledger

FIRST = 1


@dataclass(frozen=True, slots=True)
class Lost:
    """Positions of an earlier epoch that are lost, as far as anybody knows; both included."""

    epoch: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Epoch:
    """A span of the log under one name; `number` counts from 1.

    `since` is the position of the entry that opened it. `lost` are the positions of the
    epoch before that it does not hold, None for the first.
    """

    number: int
    origin: str
    since: int
    lost: Lost | None = None

    @property
    def prefix(self) -> int:
        """How many entries of the epochs before it begins with."""
        return self.since - 1


def epochs_of(ledger: Ledger) -> tuple[Epoch, ...]:
    """Every epoch of a log, the first one first; none for a log that was not opened yet."""
    found: list[Epoch] = []
    for entry in ledger.stream(LOG_STREAM):
        match entry.event:
            case LogOpened(origin=origin):
                found.append(Epoch(FIRST, origin, entry.position))
            case LogReopened(origin=origin, lost=(first, last)):
                lost = Lost(found[-1].number if found else FIRST, first, last)
                found.append(Epoch(len(found) + 1, origin, entry.position, lost))
            case _:
                continue
    return tuple(found)


def epoch_of(epochs: tuple[Epoch, ...], position: int) -> int:
    """The number of the epoch in which the entry at a position was recorded."""
    return max((each.number for each in epochs if each.since <= position), default=FIRST)


def lost_range(epochs: tuple[Epoch, ...], number: int, position: int) -> Lost | None:
    """What is lost to whoever has read up to a position of an epoch; None if nothing is.

    Then the position means in this log what it meant in that one. Raises NotFound for an
    epoch that this log never had.
    """
    if not FIRST <= number <= len(epochs):
        raise NotFound.of(
            "epoch",
            f"this log has no epoch {number}; it is in its epoch {len(epochs)}",
            "check which log was read",
        )
    for later in epochs[number:]:
        if position > later.prefix and later.lost is not None:
            # Whoever read beyond what was signed knows of more than the log does.
            return Lost(number, later.prefix + 1, max(position, later.lost.last))
    return None
