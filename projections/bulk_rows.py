"""Many rows into one table at once: COPY on PostgreSQL, executemany on SQLite."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import psycopg
from psycopg import sql
from sqlalchemy import Connection, Table, insert
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from ledger.database import SQLITE


def insert_rows(connection: Connection, table: Table, rows: Sequence[tuple[object, ...]]) -> None:
    """Insert rows, each in the order of the table's columns, in the caller's transaction."""
    if not rows:
        return
    if connection.dialect.name == SQLITE:
        connection.exec_driver_sql(_insert(table), list(rows))
        return
    driver = connection.connection.driver_connection
    if not isinstance(driver, psycopg.Connection):
        raise TypeError("this connection is not one to PostgreSQL")
    copy = sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table.name))
    with driver.cursor() as cursor, cursor.copy(copy) as block:
        for row in rows:
            block.write_row(row)


@cache
def _insert(table: Table) -> str:
    return str(insert(table).compile(dialect=SQLiteDialect_pysqlite()))
