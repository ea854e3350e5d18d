"""A table as a file holds it: CSV in UTF-8, one header line, every row with its line.

Blanks around a cell mean nothing and are left off. A row is refused with the
line it begins on, which a quoted line break makes differ from its number.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from domain.errors import InvalidInput, ParleyError, Problem
from exchange.text_files import read_text

COMMA = ","
_OTHER_DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "bars"}
MAX_NAMED = 100
"""The most bad rows to be refused by line; nobody reads on after so many."""


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of a row by column, without the blanks around them; `line` counts from 1."""

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """The columns of a file in their order, and its rows."""

    file: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def read_table_file(path: Path, delimiter: str = COMMA) -> Table:
    """The table in a file; raises NotFound, or InvalidInput with every row of a wrong length.

    Such a row is never passed over: its cells may stand in the wrong columns,
    and what they were a part of would be recorded without them.
    """
    file = path.name
    records = _records(read_text(path), file, delimiter)
    line, header = next(records, (1, []))
    columns = tuple(name.strip() for name in header)
    if not any(columns):
        raise _refuse(file, line, "holds no header", "name the columns in the first line")
    _check_columns(file, line, columns, delimiter)
    rows: list[Row] = []
    problems: list[Problem] = []
    for line, cells in records:
        if len(cells) == len(columns):
            found = zip(columns, cells, strict=True)
            rows.append(Row(line, {name: cell.strip() for name, cell in found}))
        else:
            rule = f"has {len(cells)} cells, and the header names {len(columns)}"
            way_out = "put cells that hold the delimiter into quotation marks"
            problems += _refuse(file, line, rule, way_out).problems
    if problems:
        raise InvalidInput(*problems[:MAX_NAMED])
    if not rows:
        raise _refuse(file, 1, "holds a header and no row", "name a table with rows in it")
    return Table(file, columns, tuple(rows))


def _records(text: str, file: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Each row that is not blank, with the line it begins on."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            way_out = "look for a quotation mark that is not closed, or not doubled within a cell"
            raise _refuse(file, line, f"is no CSV: {error}", way_out) from None
        if any(cell.strip() for cell in cells):
            yield line, cells
        line = reader.line_num + 1


def _check_columns(file: str, line: int, columns: tuple[str, ...], delimiter: str) -> None:
    if len(columns) == 1:
        for sign, name in _OTHER_DELIMITERS.items():
            if sign != delimiter and sign in columns[0]:
                rule = f"names one column, {columns[0][:60]!r}; {name} seem to stand between cells"
                way_out = f"write `delimiter: {sign!r}` into the mapping".replace("'", '"')
                raise _refuse(file, line, rule, way_out)
    named = [name for name in columns if name]
    twice = next((name for name in named if named.count(name) > 1), None)
    if twice is not None:
        raise _refuse(file, line, f"names the column {twice!r} twice", "rename one of the two")


def _refuse(file: str, line: int, rule: str, way_out: str) -> ParleyError:
    return InvalidInput(Problem(f"{file}:{line}", rule, way_out))
