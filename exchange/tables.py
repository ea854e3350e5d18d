"""Tables as cases: the rows of a CSV file become entries as a mapping says.

From then on they are imported like the entries of any other file: known again
by their keys, corrected where they have changed, reported where they vanished.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from domain.errors import InvalidInput, Problem
from exchange.mapping import Case, CaseEntry, check_keys
from exchange.row_reading import Reading, Remarks
from exchange.table_file import Row, Table, read_table_file
from exchange.table_keys import key_of
from exchange.table_mapping import TableMapping


def read_table(path: Path, mapping: TableMapping, negotiation: str) -> Case:
    """The entries of a table; raises NotFound, or InvalidInput with file and line.

    What is wrong with a cell refuses its entry alone, as a fault of it; what
    leaves open which rows there are, or what they are called, refuses the file.
    """
    table = _completed(read_table_file(path, mapping.delimiter), mapping)
    remarks = Remarks()
    for row in table.rows:
        for check in mapping.checks:
            check.look_at(row, remarks)
    found = [
        _entry(key, rows, table.file, mapping, remarks)
        for key, rows in _grouped(table, mapping).items()
    ]
    entries = (*mapping.needs, *found)
    check_keys(entries)
    return Case(negotiation, entries, mapping.format, remarks.gathered(table.file))


def _completed(table: Table, mapping: TableMapping) -> Table:
    """The table with blank cells for optional columns; refused if it lacks any other."""
    blank = {name: "" for name in mapping.optional if name not in table.columns}
    missing = [
        Problem(
            f"{mapping.file}:{line}: column",
            f"{name!r} is no column of {table.file}",
            f"name one of {', '.join(column for column in table.columns if column)}",
        )
        for name, line in mapping.columns.items()
        if name not in table.columns and name not in blank
    ]
    if missing:
        raise InvalidInput(*missing)
    if not blank:
        return table
    return replace(table, rows=tuple(Row(r.line, {**r.cells, **blank}) for r in table.rows))


def _grouped(table: Table, mapping: TableMapping) -> Mapping[str, list[Row]]:
    """The rows of each entry by its key, in the order of the file."""
    found: dict[str, list[Row]] = {}
    problems: list[Problem] = []
    for row in table.rows:
        cells = [row.cells[name] for name in mapping.key]
        alone = not any(cells)
        where = f"{table.file}:{row.line}: {', '.join(mapping.key)}"
        if alone and not mapping.alone:
            way_out = "fill it in, or name the columns of such a row in `alone` of the mapping"
            problems.append(Problem(where, "is blank, so the row has no key", way_out))
            continue
        names = mapping.alone if alone else mapping.key
        key = key_of([row.cells[name] for name in names], alone=alone)
        rows = found.setdefault(key, [])
        if rows and (alone or not mapping.group):
            rule = f"says what {table.file}:{rows[0].line} says already, and is the key"
            way_out = "take one out, take more columns into the key, or write `group: true`"
            problems.append(Problem(where, rule, way_out))
        rows.append(row)
    if problems:
        raise InvalidInput(*problems)
    return found


def _entry(
    key: str, rows: Sequence[Row], file: str, mapping: TableMapping, remarks: Remarks
) -> CaseEntry:
    reading = Reading(file, key, mapping.times, remarks)
    body = mapping.entry.of(rows, reading, "") or {}
    fault = InvalidInput(*reading.faults) if reading.faults else None
    return CaseEntry(key, body, file, rows[0].line, reading.lines, fault=fault)
