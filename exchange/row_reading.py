"""What is noticed while rows are read: cells that cannot stand, and cells to be looked at.

A fault refuses the entry that its row belongs to. A remark is only told: the
cell is recorded as it was found, and somebody may want to know.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

from domain.errors import InvalidInput, Problem
from exchange.mapping import Remark
from exchange.table_file import Row

MAX_COUNT = 40
"""The longest cell in characters that is read as a count; no count of anything is longer."""
_WHOLE = re.compile(r"(-?\d+)(?:\.0*)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Times:
    """How the cells of a table write dates: in which time zone, and in which forms."""

    zone: ZoneInfo | None = None
    forms: tuple[str, ...] = ()


@dataclass(slots=True)
class Remarks:
    """What is told of a table, gathered by what it says of which column."""

    lines: dict[tuple[str, str], list[int]] = field(default_factory=dict)

    def add(self, column: str, rule: str, line: int) -> None:
        """Tell of a cell."""
        self.lines.setdefault((column, rule), []).append(line)

    def gathered(self, file: str) -> tuple[Remark, ...]:
        """The remarks in the order in which they first came up."""
        return tuple(
            Remark(file, column, rule, tuple(lines)) for (column, rule), lines in self.lines.items()
        )


@dataclass(slots=True)
class Reading:
    """The reading of the rows of one entry: its key, and what is found on the way."""

    file: str
    key: str
    times: Times
    remarks: Remarks
    faults: list[Problem] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)

    def refuse(self, row: Row, column: str, rule: str, way_out: str) -> None:
        """Refuse the entry for a cell."""
        self.faults.append(Problem(f"{self.file}:{row.line}: {column}", rule, way_out))

    def refuse_with(self, row: Row, column: str, refused: InvalidInput) -> None:
        """Refuse the entry for a cell that something else has refused."""
        where = f"{self.file}:{row.line}: {column}"
        self.faults += [replace(problem, field=where) for problem in refused.problems]

    def remark(self, row: Row, column: str, rule: str) -> None:
        """Tell of a cell that is recorded as it was found."""
        self.remarks.add(column, rule, row.line)

    def one_cell(self, rows: Sequence[Row], column: str) -> str:
        """What the rows agree on in a column; blank if all are, or if they do not agree."""
        cell = ""
        for row in rows:
            other = row.cells[column]
            if cell and other and other != cell:
                rule = f"is {other[:60]!r} here and {cell[:60]!r} in another row of the same entry"
                self.refuse(row, column, rule, "map it with `each_row` or `all_rows`")
                return ""
            cell = cell or other
        return cell


def whole_in(cell: str) -> int | None:
    """The whole number in a cell, also with nought behind its point; None for anything else."""
    found = _WHOLE.fullmatch(cell)
    return int(found[1]) if found is not None and len(cell) <= MAX_COUNT else None


def plainly(cells: Mapping[str, str], column: str) -> str:
    """A cell as a text has it: a whole number without a point."""
    number = whole_in(cells[column])
    return cells[column] if number is None else str(number)
