"""Where rectangles are kept apart: by whose they are, and by whether they are looked at or counted.

An answer about one negotiation looks at the front shelves of the negotiation
and of the commons. On the back shelf lies what is not looked at one by one:
attacks, which are counted by the pile, and sources.
"""

from __future__ import annotations

from sqlalchemy import Connection, select

from projections.tables import SHELVES


class Shelves:
    """The shelves of each owner of streams, numbered as the owners come up in the log."""

    def __init__(self, edition: int) -> None:
        self._table = SHELVES[edition]
        self._numbers: dict[str, int] = {}
        self._new: dict[str, int] = {}

    def front(self, owner: str) -> int:
        """The shelf of what is looked at."""
        if owner not in self._numbers:
            self._numbers[owner] = self._new[owner] = len(self._numbers)
        return 2 * self._numbers[owner]

    def back(self, owner: str) -> int:
        """The shelf of what is only counted, or asked for by name."""
        return self.front(owner) + 1

    def read(self, connection: Connection) -> None:
        """Take the numbers that are given already."""
        rows = connection.execute(select(self._table.c.owner, self._table.c.number))
        self._numbers, self._new = {row.owner: row.number for row in rows}, {}

    def write(self, connection: Connection) -> None:
        """Write the numbers that are new."""
        if self._new:
            rows = [{"owner": owner, "number": number} for owner, number in self._new.items()]
            connection.execute(self._table.insert(), rows)
            self._new = {}


def front_of(connection: Connection, edition: int, owner: str) -> int | None:
    """The front shelf of an owner; None while nothing of it is in this edition."""
    table = SHELVES[edition]
    number = connection.scalar(select(table.c.number).where(table.c.owner == owner))
    return None if number is None else 2 * number
