"""Making the read models anew: the idle edition is filled from the log while the other serves.

It can be stopped at any time and goes on where it stopped. When both editions
stand at the same position they are compared row by row; then the pointer moves
and the other edition is emptied. What the log says is right: an edition that
differs is reported, and replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any

from sqlalchemy import Connection, Engine, case, select

from domain.errors import DatabaseDamaged
from ledger.database import snapshot, transaction
from ledger.log import Ledger
from projections.editions import (
    Edition,
    begin_filling,
    edition_of,
    empty,
    put_back,
    restore,
    serve,
)
from projections.projector import Projector
from projections.rectangles import index_fits
from projections.tables import EDITIONS, FOR_EVER, metadata

CONTENTS = {
    "rectangles": ("story", "facet", "known_from", "valid_from"),
    "texts": ("position", "known_from"),
    "pile_tallies": ("shelf", "bucket", "known_from"),
    "pile_points": ("shelf", "minute", "stream", "known_from"),
    "pile_loose": ("shelf", "bucket", "sort", "stream", "valid_from", "known_from"),
    "endorsements": ("target", "position", "known_from"),
    "recordings": ("recorded_by", "position"),
}
"""What answers are made of, and the columns by which its rows are told apart."""
PAGE = 1_000
"""Rows of an edition that are read at once when two are compared."""

BATCH = 2_000
"""Entries of one transaction that fills the idle edition: a tenth of a second or two on SQLite.

What a story has come to and left again within one is written once.
"""

Progress = Callable[[int, int], object]


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild came to.

    `edition` serves now, at `position`. `differing` are tables that did not hold
    in the edition that served what the log says; None where they could not be
    compared, because another program had made them or another rebuild was quicker.
    """

    edition: int
    position: int
    differing: tuple[str, ...] | None


def rebuild(ledger: Ledger, progress: Progress | None = None) -> Rebuilt:
    """Fill the idle edition, compare it with the one that serves, and have it serve.

    `progress` is told how many entries are in it and how many there are. An
    edition that another run had begun is filled once more from the beginning if
    it differs from the one that serves, because either may be the wrong one.
    """
    with transaction(ledger.engine) as connection:
        restore(connection)
        serving = edition_of(connection)
        begun = begin_filling(connection, serving.other)
    try:
        rebuilt = _fill(ledger, serving, begun.number, progress)
        doubtful = begun.position > 0 and bool(rebuilt.differing)
    except DatabaseDamaged:
        # What another run had begun may not be what the log says.
        if begun.position == 0:
            raise
        doubtful = True
    if doubtful:
        with transaction(ledger.engine) as connection:
            put_back(connection, begun.number)
            begin_filling(connection, begun.number)
        rebuilt = _fill(ledger, serving, begun.number, progress)
    with transaction(ledger.engine) as connection:
        # Another rebuild may have been quicker; it filled the same edition.
        serve(connection, begun.number, rebuilt.position)
        moved = edition_of(connection)
    empty(ledger.engine, moved.other)
    return replace(rebuilt, edition=moved.number, position=moved.position)


def _fill(ledger: Ledger, serving: Edition, number: int, progress: Progress | None) -> Rebuilt:
    """Fill an edition as far as the log goes, and compare it with the one that serves."""
    filling, keeping = Projector(ledger, number), Projector(ledger, serving.number)
    size = ledger.head().size
    told = None if progress is None else lambda done: progress(done, size)
    filling.advance(size, told, BATCH)
    # What was recorded meanwhile is little, and both take it in.
    size = ledger.head().size
    position = filling.advance(size)
    with snapshot(ledger.engine) as connection:
        still = edition_of(connection)
    if still.number != serving.number or not still.is_current or still.position > size:
        return Rebuilt(number, position, None)
    try:
        position = min(keeping.advance(size), position)
    except DatabaseDamaged:
        # The log is whole, for it has just been taken in; so it is the edition that serves.
        return Rebuilt(number, position, ("rectangles",))
    return Rebuilt(number, position, compare(ledger.engine, position))


def compare(engine: Engine, position: int) -> tuple[str, ...]:
    """What the editions say differently of what is known at a position, by table.

    On SQLite also whether the serving edition's index for stabs fits its rectangles.
    """
    with snapshot(engine) as connection:
        differing = [
            name
            for name, order in CONTENTS.items()
            if not _is_same(connection, name, order, position)
        ]
        if "rectangles" not in differing and not index_fits(
            connection, edition_of(connection).number
        ):
            differing.append("areas")
    return tuple(differing)


def contents(
    connection: Connection, name: str, edition: int, order: Sequence[str], position: int
) -> Generator[tuple[Any, ...], None, None]:
    """The rows of a table of an edition as known at a position, without their numbers.

    `order` are the columns that no two rows share. Whoever does not read to the end has to
    close it: on PostgreSQL the rows stand in a cursor of the server.
    """
    table = metadata.tables[f"{name}_{edition}"]
    columns = [column for column in table.columns if column.name not in {"id", "known_to"}]
    since = table.c["known_from" if "known_from" in table.c else "position"]
    wanted = select(*columns).where(since <= position)
    if "known_to" in table.c:
        known_to = table.c.known_to
        wanted = wanted.add_columns(case((known_to > position, FOR_EVER), else_=known_to))
    in_order = wanted.order_by(*(table.c[column] for column in order))
    with connection.execute(in_order, execution_options={"yield_per": PAGE}) as rows:
        for row in rows:
            yield tuple(row)


def _is_same(connection: Connection, name: str, order: Sequence[str], position: int) -> bool:
    with ExitStack() as stack:
        one, other = (
            stack.enter_context(closing(contents(connection, name, edition, order, position)))
            for edition in EDITIONS
        )
        return all(here == there for here, there in zip_longest(one, other))
