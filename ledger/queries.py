"""Which index a filter is answered from.

Each query reads one index in the order of the page (*the drive*) and stops at
its limit. What that index does not know is looked up in the row (*the rest*):
rows that fail it come back without their leaf, so the reader sees how far it
has searched and can stop after a bounded number of rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Dialect,
    LargeBinary,
    Select,
    and_,
    case,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    tuple_,
    union_all,
)

from ledger.database import SQLITE
from ledger.filter import Filter, Moment
from ledger.tables import UNKNOWN_START, event_actors, events, log_head
from ledger.window import REACHES, UNLIMITED, look_back

Condition: TypeAlias = ColumnElement[bool]
Found: TypeAlias = Select[tuple[int, bytes | None]]

LAST_MINUTE = 2**31 - 1
"""A minute after every date the record can hold."""

e = events.c


@dataclass(frozen=True, slots=True)
class Part:
    """Positions `first` to `last`, inclusive, and the end from which they are read."""

    first: int
    last: int
    newest_first: bool = False


def needs_owners(where: Filter) -> bool:
    """Whether the filter's index begins with a negotiation that the filter does not name."""
    sort = where.kind is not None or where.thing is not None
    elsewhere = (where.negotiation, where.stream, where.positions)
    return sort and all(part is None for part in elsewhere)


def takes_all(where: Filter) -> bool:
    """Whether every position fits, so that a page of it has no gap."""
    places = (where.negotiation, where.stream, where.positions)
    parts = (*places, where.kind, where.thing, where.actor)
    return not where.has_window and all(part is None for part in parts)


def drives(where: Filter, owners: Sequence[str]) -> tuple[list[Condition], Condition | None]:
    """The conditions that an index answers, one for each range of it, and the rest.

    `owners` are all owners of streams, for a filter that needs them.
    """
    window = _in_window(where) if where.has_window else None
    acts = _names(where.actor)
    if where.positions is not None:
        rest = _fits(where, "negotiation", "kind", "thing", "stream")
        return _at(where), _all(*rest, acts, window)
    if where.stream is not None:
        rest = _fits(where, "negotiation", "kind", "thing")
        return [e.stream == where.stream], _all(*rest, acts, window)
    if where.kind is not None or where.thing is not None:
        name = "thing" if where.kind is None else "kind"
        rest = _fits(where, "thing") if name == "kind" else []
        asked = owners if where.negotiation is None else [where.negotiation]
        ranges = [and_(e.negotiation == owner, e[name] == getattr(where, name)) for owner in asked]
        return ranges, _all(*rest, acts, window)
    if where.actor is not None:
        return [event_actors.c.actor == where.actor], _all(*_fits(where, "negotiation"), window)
    if where.negotiation is not None:
        return [e.negotiation == where.negotiation], _all(window)
    return [literal(value=True)], _all(window)


def in_log_order(drive: Condition, rest: Condition | None, part: Part, limit: int) -> Found:
    """Positions of a drive in log order, with the leaf of those that pass the rest."""
    by_actor = event_actors in _tables_of(drive)
    position = event_actors.c.position if by_actor else e.position
    statement = select(e.position, _leaf_if(rest)).where(
        drive, position >= part.first, position <= part.last
    )
    if by_actor:
        statement = statement.join(event_actors, event_actors.c.position == e.position)
    return statement.order_by(position.desc() if part.newest_first else position).limit(limit)


def in_time_order(
    where: Filter, owner: str, after: Moment | None, last: int, limit: int
) -> Select[tuple[int, int, bytes | None]]:
    """Entries of one owner that lie in the window, by earliest minute and position.

    One range of the index for each reach, because only starts of the last reach
    can lie far before the window and still reach into it.
    """
    start = UNKNOWN_START if where.occurred_from is None else where.occurred_from
    end = LAST_MINUTE if where.occurred_to is None else where.occurred_to
    rest = _all(*_fits(where, "kind", "thing", "stream"), *_at(where), _names(where.actor))
    ranges = []
    for reach in range(len(REACHES) + 1):
        found = select(e.earliest, e.position, _leaf_if(rest)).where(
            e.negotiation == owner,
            e.reach == reach,
            e.earliest >= look_back(reach, start),
            e.earliest <= end,
            _reaches(reach, start),
            e.position <= last,
        )
        if after is not None:
            found = found.where(tuple_(e.earliest, e.position) > tuple_(*after))
        ordered = found.order_by(e.earliest, e.position).limit(limit).subquery()
        ranges.append(select(ordered))
    merged = union_all(*ranges).subquery()
    return select(merged).order_by(merged.c.earliest, merged.c.position).limit(limit)


def holding(dialect: Dialect, texts: Sequence[str]) -> Condition:
    """Leaves that hold any of the texts; no index knows that, so that every leaf is looked at."""
    parts = [literal(text.encode(), LargeBinary) for text in texts]
    if dialect.name == SQLITE:
        return or_(*(func.instr(e.leaf, part) > 0 for part in parts))
    # By its full name the function takes its arguments as every other does, the whole first.
    return or_(*(func.pg_catalog.position(e.leaf, part) > 0 for part in parts))


def every_owner() -> Select[tuple[str]]:
    """The owners of streams, by one seek for each instead of reading the index."""
    first = select(func.min(e.negotiation).label("owner")).cte("owners", recursive=True)
    following = select(func.min(e.negotiation)).where(e.negotiation > first.c.owner)
    owners = first.union_all(select(following.scalar_subquery()).where(first.c.owner.is_not(None)))
    return select(owners.c.owner).where(owners.c.owner.is_not(None))


def last_until(instant: int) -> Select[tuple[int]]:
    """The last position recorded at or before an instant, by bisection.

    Recorded times never fall from one position to the next and positions have
    no gaps: about twenty seeks in a log of a million, and no index to keep.
    """
    head = select(literal(0, BigInteger).label("low"), log_head.c.size.label("high"))
    span = head.cte("span", recursive=True)
    low, high = span.c.low, span.c.high
    middle = (low + high + 1) // 2
    then = select(e.recorded_at).where(e.position == middle).scalar_subquery()
    known = then <= instant
    halves = select(case((known, middle), else_=low), case((known, high), else_=middle - 1))
    span = span.union_all(halves.where(low < high))
    return select(span.c.low).where(span.c.low == span.c.high)


def _leaf_if(rest: Condition | None) -> ColumnElement[Any]:
    return e.leaf if rest is None else case((rest, e.leaf), else_=null()).label("leaf")


def _fits(where: Filter, *names: str) -> list[Condition]:
    return [e[name] == value for name in names if (value := getattr(where, name)) is not None]


def _at(where: Filter) -> list[Condition]:
    return [] if where.positions is None else [e.position.in_(where.positions)]


def _names(actor: str | None) -> Condition | None:
    if actor is None:
        return None
    here = event_actors.c
    return exists().where(here.actor == actor, here.position == e.position)


def _in_window(where: Filter) -> Condition:
    start = UNKNOWN_START if where.occurred_from is None else where.occurred_from
    end = LAST_MINUTE if where.occurred_to is None else where.occurred_to
    return and_(e.earliest <= end, func.coalesce(e.latest, LAST_MINUTE) >= start)


def _reaches(reach: int, start: int) -> Condition:
    """Whether the latest start is not before the window; an unknown one never is."""
    if reach == UNLIMITED:
        return func.coalesce(e.latest, LAST_MINUTE) >= start
    return e.latest >= start


def _all(*conditions: Condition | None) -> Condition | None:
    kept = [condition for condition in conditions if condition is not None]
    return and_(*kept) if kept else None


def _tables_of(drive: Condition) -> set[object]:
    return set(drive._from_objects)  # noqa: SLF001
