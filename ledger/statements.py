"""The statements of the write path, composed with SQLAlchemy Core and compiled once.

Executing one row through Core costs more than SQLite itself does, so the stores
run the compiled text on the driver's own connection; the tables stay the one
place that names a column.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import (
    ClauseElement,
    ColumnElement,
    Dialect,
    Exists,
    ScalarSelect,
    Table,
    Text,
    bindparam,
    cast,
    exists,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY

from domain.entries import EntryRetracted
from ledger.database import SQLITE
from ledger.tables import (
    EventId,
    event_actors,
    event_imports,
    events,
    idempotency_keys,
    log_head,
)

e = events.c


@dataclass(frozen=True, slots=True)
class Statements:
    """Compiled text with positional parameters, in the order of the table's columns."""

    head: str
    version: str
    versions: str
    id: str
    ids: str
    used_key: str
    recorded: str
    insert_event: str
    insert_actor: str
    insert_import: str
    insert_key: str
    move_head: str


def compile_for(dialect: Dialect) -> Statements:
    """The statements in the words and the parameter style of a dialect.

    `head` locks the head on PostgreSQL. `version` and `id` look up one name,
    `versions` and `ids` many, each by one seek: GROUP BY would read whole
    streams, and a join might read the table.
    """
    head, used = log_head.c, idempotency_keys.c
    receipt = (e.position, e.id, e.stream, e.version, e.recorded_at, e.leaf_hash)
    many = names_in(dialect)
    return Statements(
        head=text_of(select(head.size, head.recorded_at, head.frontier).with_for_update(), dialect),
        version=text_of(
            select(func.max(e.version)).where(e.stream == bindparam("stream")), dialect
        ),
        versions=text_of(select(many, version_of(many)), dialect),
        id=text_of(select(e.position).where(e.id == bindparam("id")), dialect),
        ids=text_of(select(many, position_of(cast(many, EventId))), dialect),
        used_key=text_of(
            select(used.digest, used.first, used.count).where(
                used.subject == bindparam("subject"), used.key == bindparam("key")
            ),
            dialect,
        ),
        recorded=text_of(
            select(*receipt)
            .where(e.position >= bindparam("first"), e.position <= bindparam("last"))
            .order_by(e.position),
            dialect,
        ),
        insert_event=text_of(_insert(events), dialect),
        insert_actor=text_of(_insert(event_actors), dialect),
        insert_import=text_of(_insert(event_imports), dialect),
        insert_key=text_of(_insert(idempotency_keys), dialect),
        move_head=text_of(
            update(log_head).values(
                {name: bindparam(name) for name in ("size", "recorded_at", "frontier")}
            ),
            dialect,
        ),
    )


def one_look(dialect: Dialect) -> tuple[str, str]:
    """The head and all look-ups as one row, for one name each and for many.

    Only for SQLite, where nobody can write between two parts of a statement:
    PostgreSQL looks at the moment before it waits for the lock. The many are two
    JSON arrays in and two JSON objects out.
    """
    head = log_head.c
    stands = (head.size, head.recorded_at, head.frontier)
    one = select(*stands, version_of(bindparam("stream")), position_of(bindparam("id")))
    answers = []
    for name, found in (("streams", version_of), ("ids", position_of)):
        member = names_in(dialect, name)
        pairs = select(func.json_group_object(member, found(member)))
        answers.append(pairs.scalar_subquery())
    return text_of(one, dialect), text_of(select(*stands, *answers), dialect)


def text_of(statement: ClauseElement, dialect: Dialect) -> str:
    """The statement as one line of SQL."""
    return str(statement.compile(dialect=dialect)).replace("\n", "")


def version_of(stream: ColumnElement[str]) -> ScalarSelect[int]:
    """The version a stream stands at; NULL if it does not exist."""
    return select(func.max(e.version)).where(e.stream == stream).scalar_subquery()


def position_of(event_id: ColumnElement[str]) -> ScalarSelect[int]:
    """The position of the event with an id; NULL if there is none."""
    return select(e.position).where(e.id == event_id).scalar_subquery()


def retracted_on(stream: ColumnElement[str]) -> Exists:
    """Whether a retraction stands on a stream, of whatever."""
    return exists().where(e.stream == stream, e.kind == EntryRetracted.TOPIC)


def array_of(dialect: Dialect, names: Sequence[str]) -> object:
    """The value of the array parameter that `names_in` reads."""
    return json.dumps(names) if dialect.name == SQLITE else names


def names_in(dialect: Dialect, name: str = "names") -> ColumnElement[str]:
    """The members of an array parameter as a column: JSON for SQLite, text[] for PostgreSQL."""
    if dialect.name == SQLITE:
        return func.json_each(bindparam(name, type_=Text)).table_valued("value").c.value
    return func.unnest(bindparam(name, type_=ARRAY(Text))).column_valued("value")


def _insert(table: Table) -> ClauseElement:
    return insert(table).values({column.name: bindparam(column.name) for column in table.columns})
