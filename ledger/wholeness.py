"""Whether the log is still as it was recorded, as far as the database alone can say.

This reads more than a start of the program may take: it counts the entries. It
does not hash every leaf; who wants that proved asks `audit`.
"""

from __future__ import annotations

from sqlalchemy import Connection, Engine, func, literal, select, text

from audit.tree import hash_leaf
from domain.errors import ParleyError
from ledger.database import is_sqlite
from ledger.faults import as_refusals, damaged, headless, missing
from ledger.tables import APPEND_ONLY, events, log_head
from ledger.transaction import Head

_SQLITE_GUARDS = frozenset(
    {(table, f"{table}_refuse_{verb}") for table in APPEND_ONLY for verb in ("update", "delete")}
    | {(log_head.name, f"{log_head.name}_refuse_{verb}") for verb in ("delete", "back")}
)
_POSTGRESQL_GUARDS = frozenset(
    {(table, f"{table}_refuse") for table in (*APPEND_ONLY, log_head.name)}
    | {(log_head.name, f"{log_head.name}_refuse_back")}
)
_SQLITE_TRIGGERS = text(
    "SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger' AND sql LIKE '%RAISE(ABORT%'"
)
# Triggers that are switched off, or fire on a replica only, refuse nothing here.
_POSTGRESQL_TRIGGERS = text(
    "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
    "JOIN pg_proc p ON p.oid = t.tgfoid WHERE pg_table_is_visible(c.oid) "
    "AND t.tgenabled IN ('O', 'A') AND p.proname = 'parley_refuse'"
)
e = events.c


def verify(engine: Engine) -> Head:
    """The head of a log that is whole; raises DatabaseDamaged for one that is not.

    No entry is missing or stands beyond the head, the last one has the hash it
    was recorded with, and nothing that refuses changes was taken away.
    """
    with as_refusals(), engine.connect() as connection:
        return verify_within(connection)


def verify_within(connection: Connection) -> Head:
    """The same of what a transaction has come to before it is committed."""
    if is_sqlite(connection.engine):
        _check_pages(connection)
    head = _head_over_entries(connection)
    _check_last(connection, head)
    _check_guards(connection)
    return head


def _check_pages(connection: Connection) -> None:
    """SQLite's own look at the file: every page can be read and has its place."""
    found = connection.scalar(text("PRAGMA quick_check(1)"))
    if found != "ok":
        raise damaged("its pages or texts cannot be read")


def _head_over_entries(connection: Connection) -> Head:
    # One statement is one moment, however fast others record.
    counted = select(func.count(e.position), func.min(e.position), func.max(e.position)).subquery()
    h = log_head.c
    row = connection.execute(
        select(h.size, h.recorded_at, h.frontier, *counted.c).select_from(
            log_head.join(counted, literal(value=True))
        )
    ).first()
    if row is None:
        raise headless()
    head = Head.read(row[:3])
    count, first, last = row[3:]
    if (count, first or 1, last or 0) != (head.size, 1, head.size):
        raise _miscounted(connection, head, first)
    return head


def _miscounted(connection: Connection, head: Head, first: int | None) -> ParleyError:
    """Which entry it is that is not there, or is there and should not be."""
    if head.size and first != 1:
        return missing(1)
    here, following = e.position, events.alias().c.position
    before_gap = select(func.min(here)).where(
        here < head.size, ~select(following).where(following == here + 1).exists()
    )
    last_before: int | None = connection.scalar(before_gap)
    if last_before is not None:
        return missing(last_before + 1)
    return damaged(f"its head counts {head.size} entries, and there are others beyond it")


def _check_last(connection: Connection, head: Head) -> None:
    rows = connection.execute(select(e.leaf, e.leaf_hash).where(e.position == head.size)).all()
    for leaf, leaf_hash in rows:
        # The last leaf of an odd number is a subtree by itself.
        in_tree = head.frontier.hashes[-1] if head.size % 2 else leaf_hash
        if not isinstance(leaf, bytes) or not hash_leaf(leaf) == leaf_hash == in_tree:
            raise damaged(f"entry {head.size} is not what was recorded")


def _check_guards(connection: Connection) -> None:
    on_file = connection.dialect.name == "sqlite"
    asked = _SQLITE_TRIGGERS if on_file else _POSTGRESQL_TRIGGERS
    found = {(table, name) for table, name in connection.execute(asked)}
    lost = sorted((_SQLITE_GUARDS if on_file else _POSTGRESQL_GUARDS) - found)
    if lost:
        names = ", ".join(name for _, name in lost)
        raise damaged(f"what refuses changes was taken away ({names})")
