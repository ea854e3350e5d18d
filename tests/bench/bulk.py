"""Bulk import in batches of 1,000: beside the same rows as the database takes them fastest.

Into a log of the sample case, and at the end of logs of three sizes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path

from app.imports import import_jsonl
from app.parley import Parley
from domain.entry import Draft
from exchange.jsonl import write_jsonl
from exchange.mapping import CaseEntry
from ledger.log import Ledger
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


def measure_at_end(places: Places, backend: str, logs: Mapping[str, Ledger]) -> list[Figure]:
    """The lines of logs by their URL, the smallest first; each peer's table is as long."""
    sizes = {url: ledger.head().size for url, ledger in logs.items()}
    with ExitStack() as stack:
        turns: Turns = {}
        for url, ledger in logs.items():
            plain = _open_plain(stack, backend, url)
            plain.make_table()
            plain.fill()
            maker = stack.enter_context(places.row_maker())
            turns[_after(DRAFTS, sizes[url])] = partial(_bulk, ledger)
            turns[_after(ROWS[backend], sizes[url])] = _turn(
                plain, maker, partial(_moved, by=sizes[url])
            )
        laps = take_turns(turns, partial(draw_bodies, ENTRIES), ROUNDS, places.calm)
    smallest, *larger = sizes.values()
    beside = [
        *((after, ROWS[backend], after, Goal(0.5)) for after in sizes.values()),
        *((after, DRAFTS, smallest, None) for after in larger),
    ]
    return [
        compare(
            f"{backend}: {_after(DRAFTS, after)}",
            _after(peer, theirs),
            goal,
            laps[_after(DRAFTS, after)],
            laps[_after(peer, theirs)],
        )
        for after, peer, theirs, goal in beside
    ]


def _after(what: str, size: int) -> str:
    return f"{what}, after {size:,}"


def _moved(rows: Rows, by: int) -> Tables:
    """The rows of a maker's own log, at positions after those that a table holds."""
    return {PLAIN: [(position + by, *rest) for position, *rest in rows.events]}


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
        DRAFTS: partial(_bulk, of_drafts.ledger),
        # They are validated while the batch before them is written.
        BODIES: lambda bodies: _append(of_bodies.ledger, map(draft_of, bodies), len(bodies)),
        IMPORT: lambda bodies: _import(of_files, path, bodies),
    }


def _bulk(ledger: Ledger, bodies: Sequence[Body]) -> Lap:
    return _append(ledger, drafts_of(bodies), len(bodies))


def _append(ledger: Ledger, drafts: Iterable[Draft], number: int) -> Lap:
    return in_one_go(lambda: ledger.append_bulk(drafts, BATCH), number)


def _import(parley: Parley, path: Path, bodies: Sequence[Body]) -> Lap:
    path.write_text(write_jsonl(CaseEntry(key=body["slug"], body=body) for body in bodies))
    return in_one_go(lambda: import_jsonl(parley, path, CASE), len(bodies))


def _rows(stack: ExitStack, places: Places, backend: str) -> Turns:
    """The peers that are given the finished rows: into two indexes, and into all of ours."""
    few = _open_plain(stack, backend, places.url(backend))
    every = _open_plain(stack, backend, places.log(backend))
    few.make_table()
    makers = [stack.enter_context(places.row_maker()) for _ in range(2)]
    return {
        ROWS[backend]: _turn(few, makers[0], lambda rows: {PLAIN: rows.events}),
        ALL[backend]: _turn(
            every, makers[1], lambda rows: {EVENTS: rows.events, ACTORS: rows.actors}
        ),
    }


def _open_plain(stack: ExitStack, backend: str, url: str) -> Plain:
    plain: Plain = PlainPostgres(url) if backend == SERVER else PlainSqlite(url)
    return stack.enter_context(closing(plain))


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
