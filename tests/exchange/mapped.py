"""A mapping and a table as texts, written to files and read."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.errors import ParleyError
from exchange.mapping import Case, CaseEntry
from exchange.table_mapping import TableMapping, read_mapping
from exchange.tables import read_table

HEAD = "format: parley-mapping\nname: visits\nkey: no\n"
ENTRY = """\
entry:
  kind: attack.carried_out
  slug: {from_key: visit}
  occurred: {dates: day}
  perpetrator: north
  target_country: south
  modes: [drone]
  summary: {column: what}
  cite: [{source: ledger-of-visits}]
"""
TABLE = "no,day,what\n1,2031-03-04,A visit\n"


class Bench:
    """A folder with one mapping and one table in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def mapping(self, text: str) -> TableMapping:
        path = self.folder / "visits.yaml"
        path.write_text(text, "utf-8")
        return read_mapping(path)

    def case(self, table: str = TABLE, mapping: str = HEAD + ENTRY) -> Case:
        path = self.folder / "visits.csv"
        path.write_text(table, "utf-8", newline="")
        return read_table(path, self.mapping(mapping), "talks")

    def value(self, form: str, table: str, head: str = HEAD) -> object:
        """What a form, put for `summary`, makes of a table with one entry."""
        (entry,) = self.case(table, head + with_field(form)).entries
        if entry.fault is not None:
            raise entry.fault
        return entry.body.get("summary")

    def fault(self, table: str, mapping: str = HEAD + ENTRY) -> str:
        (entry,) = self.case(table, mapping).entries
        assert entry.fault is not None
        return str(entry.fault)

    def refusal(self, table: str = TABLE, mapping: str = HEAD + ENTRY) -> str:
        with pytest.raises(ParleyError) as refused:
            self.case(table, mapping)
        return str(refused.value)


def with_field(form: str, name: str = "summary") -> str:
    """The entry of the mapping with something else for a field."""
    lines = [line for line in ENTRY.splitlines() if not line.startswith(f"  {name}:")]
    return "\n".join([*lines, f"  {name}: {form}\n"])


def only(case: Case) -> CaseEntry:
    (entry,) = case.entries
    return entry
