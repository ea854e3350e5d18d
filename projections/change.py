"""What one entry of the log changes in the record: the one thing that read models are fed with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Connection

from domain.entry import Entry


@dataclass(frozen=True, slots=True)
class Change:
    """An entry of the log, and the entries that stand otherwise because of it.

    `gone` are entries as they stood before, amended, that stand so no longer;
    `come` are entries as they stand from this position on. A plain record comes
    itself; a correction takes the old form of an entry away and brings the new
    one; a retraction takes one away, and one of a retraction brings it back.
    Links and endorsements come and go like records.
    """

    entry: Entry
    gone: tuple[Entry, ...]
    come: tuple[Entry, ...]

    @property
    def position(self) -> int:
        """The position from which it is known."""
        return self.entry.position


class Model(Protocol):
    """A read model while it is written: it is told every change, once, in log order.

    `fold` gathers what a change does and writes nothing; `write` writes what was
    gathered, in the projector's transaction; `forget` drops all that is held in
    memory, because another projector was quicker or a transaction failed.
    """

    def fold(self, change: Change) -> None:
        """Gather what a change does."""

    def write(self, connection: Connection) -> None:
        """Write what was gathered since the last time."""

    def forget(self) -> None:
        """Drop everything that is not in the database."""
