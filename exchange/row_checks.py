"""What a mapping asks to be told of: cells that are recorded as found, and look odd."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from exchange.row_reading import Remarks, whole_in
from exchange.table_file import Row


class Check(Protocol):
    """A form of `report` with everything that it was given."""

    def look_at(self, row: Row, remarks: Remarks) -> None:
        """Tell of the row if it is as the check says."""
        ...


@dataclass(frozen=True, slots=True)
class Blank:
    """A column is blank."""

    blank: str
    say: str = ""

    def look_at(self, row: Row, remarks: Remarks) -> None:
        """Tell of a blank cell."""
        if not row.cells[self.blank]:
            remarks.add(self.blank, self.say or "is blank", row.line)


@dataclass(frozen=True, slots=True)
class More:
    """The number in one column is more than the number in another."""

    more: str
    than: str
    say: str = ""

    def look_at(self, row: Row, remarks: Remarks) -> None:
        """Tell of a pair of whole numbers that stand the wrong way round."""
        one, other = whole_in(row.cells[self.more]), whole_in(row.cells[self.than])
        if one is not None and other is not None and one > other:
            remarks.add(self.more, self.say or f"is more than {self.than}", row.line)


@dataclass(frozen=True, slots=True)
class Holds:
    """A text stands somewhere in a column."""

    holds: str
    column: str
    say: str = ""

    def look_at(self, row: Row, remarks: Remarks) -> None:
        """Tell of a cell with the text in it."""
        if self.holds in row.cells[self.column]:
            remarks.add(self.column, self.say or f"holds {self.holds!r}", row.line)
