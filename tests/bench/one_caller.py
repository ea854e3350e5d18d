"""One durable append, one caller: the whole path beside the shortest ways to the disk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from functools import partial

from tests.bench.figures import Figure, Goal, compare, microseconds
from tests.bench.laps import Lap, Laps, Turn, one_by_one, take_turns
from tests.bench.material import Body, draw_bodies
from tests.bench.ours import APPEND, WAYS, Ours, open_ways
from tests.bench.peers import open_peer, settings_of_postgres
from tests.bench.plain import PlainFile, PlainPostgres
from tests.bench.servers import FILE, SERVER, Places, Row, RowMaker

APPENDS = 100
ROUNDS = 21
ROOM = 4_000_000
"""Bytes; as much as SQLite lets its write-ahead log grow before it begins anew."""

DISK = "pwrite + fdatasync of the leaf"
NO_GROWTH = "the same without growing"
COMMIT = "psycopg: INSERT of the row, commit"
AUTOCOMMIT = "psycopg: the same INSERT in autocommit"
LIBRARY = "`eventsourcing.postgres`"

Turns = dict[str, Turn[list[Body]]]


def measure(places: Places) -> list[Figure]:
    """The lines of this goal, on both databases."""
    return [*_on_sqlite(places), *_on_postgres(places)]


def lone_lap(ours: Ours, bodies: list[Body]) -> Lap:
    """One caller of ours, who waits for each answer."""
    return one_by_one(ours.act, ours.ready(bodies))


def row_turn(maker: RowMaker, act: Callable[[Row], None]) -> Turn[list[Body]]:
    """A peer that is given the finished rows, one by one."""
    return lambda bodies: one_by_one(act, maker.rows_of(bodies).events)


def leaf_turn(maker: RowMaker, act: Callable[[bytes], None]) -> Turn[list[Body]]:
    """A peer that is given the finished leaves, one by one."""
    return lambda bodies: one_by_one(act, [row[-1] for row in maker.rows_of(bodies).events])


def _on_sqlite(places: Places) -> list[Figure]:
    with ExitStack() as stack:
        turns = _ours(stack, places, FILE)
        for name, room in ((DISK, 0), (NO_GROWTH, ROOM)):
            file = stack.enter_context(closing(PlainFile(places.path(), room)))
            turns[name] = leaf_turn(stack.enter_context(places.row_maker()), file.append)
        laps = take_turns(turns, partial(draw_bodies, APPENDS), ROUNDS, places.calm)
    return _lines(laps, FILE, {DISK: Goal(0.35), NO_GROWTH: None})


def _on_postgres(places: Places) -> list[Figure]:
    with ExitStack() as stack:
        turns = _ours(stack, places, SERVER)
        for name, autocommit in ((COMMIT, False), (AUTOCOMMIT, True)):
            plain = PlainPostgres(places.url(SERVER), autocommit=autocommit)
            stack.enter_context(closing(plain))
            plain.make_table()
            turns[name] = row_turn(stack.enter_context(places.row_maker()), plain.insert)
        library = stack.enter_context(open_peer(settings_of_postgres(places.url(SERVER))))
        if library is not None:
            turns[LIBRARY] = library.lap
        laps = take_turns(turns, partial(draw_bodies, APPENDS), ROUNDS, places.calm)
    goals = {COMMIT: Goal(0.6), AUTOCOMMIT: None, LIBRARY: Goal(2)}
    return _lines(laps, SERVER, goals)


def _ours(stack: ExitStack, places: Places, backend: str) -> dict[str, Turn[list[Body]]]:
    ways = open_ways(stack, places, backend)
    return {way: partial(lone_lap, ours) for way, ours in ways.items()}


def _lines(laps: Laps, backend: str, goals: Mapping[str, Goal | None]) -> list[Figure]:
    return [
        compare(
            f"{backend}: {way}",
            peer,
            goal,
            laps[way],
            laps.get(peer),
            show=lambda rate: microseconds(1 / rate),
        )
        for way in WAYS
        for peer, goal in goals.items()
        if goal is not None or way == APPEND
    ]
