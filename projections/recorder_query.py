"""The register, answered by the running sums of the recordings, on SQLite and PostgreSQL.

A recorder is one row, the last until a position, whatever the log holds. The median
takes two seeks for each step on which a delay of theirs lies, some hundreds at most.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from projections.recorders import SUMS, Delay, Recorder, RecorderSummary, median_of
from projections.register_tables import RECORDINGS


def doings(
    connection: Connection, edition: int, after: str, known: int, limit: int
) -> tuple[RecorderSummary, ...]:
    """Up to `limit` recorders beyond a name, by name, as known at a position."""
    rows = connection.execute(last_rows(edition, after, known, limit))
    return tuple(RecorderSummary(**_doings(row)) for row in rows)


def recorder(connection: Connection, edition: int, subject: str, known: int) -> Recorder | None:
    """One recorder as known at a position; None for one who had recorded nothing."""
    row = sums_of(connection, edition, subject, known)
    if row is None:
        return None
    delay = None
    if row.dated:
        steps = sums_on_steps(connection, edition, subject, known)
        delay = Delay(dated=row.dated, least=row.least, median=median_of(steps), most=row.most)
    return Recorder(**_doings(row), delay=delay)


def positions(
    connection: Connection, edition: int, subject: str, after: int, known: int, limit: int
) -> tuple[int, ...]:
    """The positions of up to `limit` entries of a recorder, in order, beyond a position."""
    r = RECORDINGS[edition].c
    asked = select(r.position).where(
        r.recorded_by == subject, r.position > after, r.position <= known
    )
    return tuple(connection.scalars(asked.order_by(r.position).limit(limit)))


def sums_of(connection: Connection, edition: int, subject: str, known: int) -> Row[Any] | None:
    """The last row of a recorder until a position."""
    r = RECORDINGS[edition].c
    asked = select(RECORDINGS[edition]).where(r.recorded_by == subject, r.position <= known)
    return connection.execute(asked.order_by(r.position.desc()).limit(1)).one_or_none()


def sums_on_steps(
    connection: Connection, edition: int, subject: str, known: int
) -> list[tuple[int, int]]:
    """The steps on which delays of a recorder lie, in order, each with how many there are."""
    rows = connection.execute(on_steps(edition, subject, known)).all()
    return [(row[0], row[1]) for row in rows if row[1] is not None]


def last_rows(edition: int, after: str, known: int, limit: int) -> Select[Any]:
    """The last row of each recorder beyond a name: a few seeks for each."""
    r = RECORDINGS[edition].c
    first = select(func.min(r.recorded_by).label("subject")).where(r.recorded_by > after)
    names = first.cte("names", recursive=True)
    following = select(func.min(r.recorded_by)).where(r.recorded_by > names.c.subject)
    names = names.union_all(select(following.scalar_subquery()).where(names.c.subject.is_not(None)))
    last = select(func.max(r.position)).where(r.recorded_by == names.c.subject, r.position <= known)
    found = select(names.c.subject, last.scalar_subquery().label("last")).subquery()
    # In this order they come anyway: each name follows from the one before.
    page = select(found).where(found.c.last.is_not(None)).limit(limit).subquery()
    one = (r.recorded_by == page.c.subject) & (r.position == page.c.last)
    return (
        select(RECORDINGS[edition])
        .join_from(page, RECORDINGS[edition], one)
        .order_by(page.c.subject)
    )


def on_steps(edition: int, subject: str, known: int) -> Select[Any]:
    """The steps of a recorder, each with the last count on it until a position, or NULL."""
    r = RECORDINGS[edition].c
    own = r.recorded_by == subject
    first = select(func.min(r.step).label("step")).where(own, r.step.is_not(None))
    steps = first.cte("steps", recursive=True)
    following = select(func.min(r.step)).where(own, r.step > steps.c.step)
    steps = steps.union_all(select(following.scalar_subquery()).where(steps.c.step.is_not(None)))
    many = (
        select(r.on_step)
        .where(own, r.step == steps.c.step, r.position <= known)
        .order_by(r.position.desc())
        .limit(1)
    )
    wanted = select(steps.c.step, many.scalar_subquery()).where(steps.c.step.is_not(None))
    return wanted.order_by(steps.c.step)


def _doings(row: Row[Any]) -> dict[str, Any]:
    sums = {act: getattr(row, act) for act in SUMS}
    return {"subject": row.recorded_by, **sums, "last": row.position}
