"""Bulk import in batches of 1,000: beside the same rows as the database takes them fastest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path

from app.imports import import_jsonl
from app.parley import Parley
from domain.entry import Draft
from exchange.jsonl import write_jsonl
from exchange.mapping import CaseEntry
from tests.bench.figures import Figure, Goal, compare
from tests.bench.laps import Lap, Laps, Turn, in_one_go, take_turns
from tests.bench.material import CASE, Body, draft_of, drafts_of, draw_bodies
from tests.bench.peers import open_peer, settings_of_orm
from tests.bench.plain import ACTORS, EVENTS, PLAIN, Plain, PlainPostgres, PlainSqlite, Tables
from tests.bench.servers import BACKENDS, FILE, SERVER, Places, RowMaker, Rows

BATCH = 1_000
ENTRIES = 2 * BATCH
ROUNDS = 9

DRAFTS = "bulk, from validated events"
BODIES = "bulk, from bodies"
IMPORT = "`import` of a file of JSON Lines"
ORM = "`eventsourcing_sqlalchemy`"
ROWS = {FILE: "executemany of the rows, 2 indexes", SERVER: "COPY of the rows, 2 indexes"}
ALL = {FILE: "executemany into all our tables", SERVER: "COPY into all our tables"}

Turns = dict[str, Turn[list[Body]]]


def measure(places: Places) -> list[Figure]:
    """The lines of this goal, on both databases."""
    return [line for backend in BACKENDS for line in _on(places, backend)]


def _on(places: Places, backend: str) -> list[Figure]:
    with ExitStack() as stack:
        turns = _ours(stack, places, backend)
        turns |= _rows(stack, places, backend)
        orm = stack.enter_context(open_peer(settings_of_orm(places.url(backend))))
        if orm is not None:
            turns[ORM] = partial(orm.lap, batch=BATCH)
        laps = take_turns(turns, partial(draw_bodies, ENTRIES), ROUNDS, places.calm)
    return _lines(laps, backend)


def _lines(laps: Laps, backend: str) -> list[Figure]:
    pairs = [
        (DRAFTS, ROWS[backend], Goal(0.5)),
        (DRAFTS, ALL[backend], None),
        (DRAFTS, ORM, Goal(3)),
        (BODIES, ORM, None),
        (IMPORT, ORM, None),
    ]
    return [
        compare(f"{backend}: {ours}", peer, goal, laps[ours], laps.get(peer))
        for ours, peer, goal in pairs
    ]


def _ours(stack: ExitStack, places: Places, backend: str) -> Turns:
    of_drafts, of_bodies, of_files = (stack.enter_context(places.parley(backend)) for _ in range(3))
    path = places.path()
    return {
        DRAFTS: lambda bodies: _append(of_drafts, drafts_of(bodies), len(bodies)),
        # They are validated while the batch before them is written.
        BODIES: lambda bodies: _append(of_bodies, map(draft_of, bodies), len(bodies)),
        IMPORT: lambda bodies: _import(of_files, path, bodies),
    }


def _append(parley: Parley, drafts: Iterable[Draft], number: int) -> Lap:
    return in_one_go(lambda: parley.ledger.append_bulk(drafts, BATCH), number)


def _import(parley: Parley, path: Path, bodies: Sequence[Body]) -> Lap:
    path.write_text(write_jsonl(CaseEntry(key=body["slug"], body=body) for body in bodies))
    return in_one_go(lambda: import_jsonl(parley, path, CASE), len(bodies))


def _rows(stack: ExitStack, places: Places, backend: str) -> Turns:
    """The peers that are given the finished rows: into two indexes, and into all of ours."""

    def open_plain(url: str) -> Plain:
        plain: Plain = PlainPostgres(url) if backend == SERVER else PlainSqlite(url)
        return stack.enter_context(closing(plain))

    few, every = open_plain(places.url(backend)), open_plain(places.log(backend))
    few.make_table()
    makers = [stack.enter_context(places.row_maker()) for _ in range(2)]
    return {
        ROWS[backend]: _turn(few, makers[0], lambda rows: {PLAIN: rows.events}),
        ALL[backend]: _turn(
            every, makers[1], lambda rows: {EVENTS: rows.events, ACTORS: rows.actors}
        ),
    }


def _turn(plain: Plain, maker: RowMaker, tables: Callable[[Rows], Tables]) -> Turn[list[Body]]:
    def lap(bodies: list[Body]) -> Lap:
        starts = range(0, len(bodies), BATCH)
        parts = [maker.rows_of(bodies[start : start + BATCH]) for start in starts]
        batches = [plain.fit(tables(rows)) for rows in parts]

        def write() -> None:
            for batch in batches:
                plain.write(batch)

        return in_one_go(write, len(bodies))

    return lap
