"""Insert what is not there yet, on either database, without a unique violation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

from ledger.database import SQLITE


def insert_new(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert the rows that no key of the table has yet; returns how many those were.

    This is the compare-and-set of the proof: of two writers of the same key one is told 0.
    """
    dialect = sqlite if connection.dialect.name == SQLITE else postgresql
    statement = dialect.insert(table).on_conflict_do_nothing()
    return sum(connection.execute(statement, row).rowcount for row in rows)
