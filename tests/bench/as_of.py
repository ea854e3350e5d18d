"""The read model at three sizes of log, in all of which the same 800 things are alive."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from statistics import mean, median

from sqlalchemy import text

from domain.dates import format_minute
from domain.event import COMMONS
from domain.registry import evolve_of
from domain.state import State
from domain.story import RULES
from ledger.database import snapshot, transaction
from ledger.log import Ledger
from projections.answers import Known, Question
from projections.editions import empty, put_back
from projections.projector import Projector
from projections.read_world import Point as Where
from projections.read_world import read_world
from projections.rebuilding import BATCH, compare
from projections.rectangles import stab
from projections.shelves import front_of
from projections.written import write_framework
from tests.bench import bulk, figures, over_http, stories
from tests.bench.figures import Figure, Goal, milliseconds
from tests.bench.laps import Lap, Laps, Turn, in_one_go, one_by_one, take_turns
from tests.bench.peers import IN_MEMORY, Peer, open_peer
from tests.bench.plot import Line, draw_plot
from tests.bench.servers import BACKENDS, Places

SIZES = (10_000, 100_000, 1_000_000)
ASKED = 15
"""Questions of a lap, each at a minute and a position of its own."""
FOLDED = 10_000
"""Entries that a fold of the log is timed over; each takes as long, so a longer log is reckoned."""
ROUNDS = 9
ROUNDS_OF_REBUILD = 5
SAME_AT = SIZES[:2]
"""Sizes at which a rebuilt edition is compared with the live one, row by row."""
PLOT = Path(__file__).parents[2] / "docs" / "benchmarks-as-of.svg"

STAB = "states as of a date"
ANSWER = "answer as of a date"
ROWS = "as many rows one after another"
FOLD = "folding the log"
REBUILD = "rebuild"
LIBRARY = "`eventsourcing`: log in memory, mapper, fold"

Point = tuple[int, int]
"""A minute and a position."""
Turns = dict[str, Turn[int]]
"""A lap is given the seed that its questions are drawn with."""


class Log:
    """A log of its own; the first edition of its read model serves."""

    def __init__(self, url: str, ledger: Ledger, size: int) -> None:
        self.url = url
        self.ledger = ledger
        self.size = size
        ledger.append_bulk(stories.long_log(size))
        # The fill of the first edition is the one lap of a log that takes minutes.
        self.filled = self.rebuild(1)
        with snapshot(ledger.engine) as connection:
            fronts = (front_of(connection, 1, owner) for owner in (stories.TALKS, COMMONS))
            self._shelves = [shelf for shelf in fronts if shelf is not None]
        drawn = [self.states(point) for seed in range(ROUNDS) for point in self.points(seed)]
        self.alive = round(mean(drawn))

    def points(self, seed: int, asked: int = ASKED) -> list[Point]:
        """Where the questions of a lap are asked."""
        drawn = random.Random(seed)
        first, points = stories.begun_by(), []
        for _ in range(asked):
            position = drawn.randint(first, self.size)
            points.append((stories.minute_of(drawn.randint(first, position)), position))
        return points

    def rebuild(self, edition: int = 2) -> Lap:
        """Fill an edition from the log; emptying it before is not timed."""
        with transaction(self.ledger.engine) as connection:
            put_back(connection, edition)
        empty(self.ledger.engine, edition)
        projector = Projector(self.ledger, edition)
        return in_one_go(lambda: projector.advance(batch=BATCH), self.size)

    def states(self, point: Point) -> int:
        """Every rectangle that holds a point, with what it says; returns how many there are."""
        with snapshot(self.ledger.engine) as connection:
            return sum(len(stab(connection, 1, shelf, *point)) for shelf in self._shelves)

    def rows(self, first: int, many: int) -> None:
        """That many rectangles as they stand in the table."""
        statement = text(
            "SELECT story, facet, payload FROM rectangles_1 WHERE id >= :first AND id < :end"
        )
        with snapshot(self.ledger.engine) as connection:
            connection.execute(statement, {"first": first, "end": first + many}).all()

    def answer(self, point: Point) -> None:
        """The whole answer, from the question to the JSON."""
        minute, position = point
        question = Question(
            negotiation=stories.TALKS,
            as_of=format_minute(minute),
            known_at=Known(position=position, recorded_at=None, closed=True),
            published_by=None,
            certainty="possible",
            rules=RULES,
        )
        with snapshot(self.ledger.engine) as connection:
            where = Where(stories.TALKS, minute, position)
            world = read_world(connection, 1, where)
            write_framework(world, question)

    def fold(self) -> Lap:
        """Read the first entries and fold each story, keeping its last state alone."""
        states: dict[str, State] = {}

        def act() -> None:
            for entry in self.ledger.entries(upto=FOLDED):
                state, _ = evolve_of(entry.stream)(states.get(entry.stream), entry)
                states[entry.stream] = state

        return in_one_go(act, FOLDED)


def measure(places: Places, sizes: Sequence[int] = SIZES) -> list[Figure]:
    """The lines of these goals, on both databases, and the plot."""
    lines: list[Figure] = []
    plotted: list[Line] = []
    for backend in BACKENDS:
        with ExitStack() as stack, open_peer(IN_MEMORY) as peer:
            logs, theirs = {}, {}
            for size in sizes:
                theirs[size] = _fold_of(peer)
                logs[size] = stack.enter_context(open_log(places.log(backend), size))
            laps = _as_of(places, logs)
            lines += _lines_as_of(backend, laps, logs)
            lines += over_http.measure(places, backend, list(logs.values()))
            lines += _lines_of_rebuild(places, backend, logs, peer, theirs)
            # It comes last, because it makes the logs longer.
            ends = {log.url: log.ledger for log in logs.values()}
            lines += bulk.measure_at_end(places, backend, ends)
            plotted += _plotted(backend, laps, sizes)
    PLOT.write_text(draw_plot("milliseconds, as of a date", "events in the log", plotted), "utf-8")
    return lines


@contextmanager
def open_log(url: str, size: int) -> Iterator[Log]:
    """A log of that many entries in an empty database, and its read model."""
    with Ledger(url) as ledger:
        yield Log(url, ledger, size)


def _as_of(places: Places, logs: Mapping[int, Log]) -> Laps:
    turns: Turns = {}
    for size, log in logs.items():
        turns[_at(STAB, size)] = partial(_ask, log, log.states)
        turns[_at(ANSWER, size)] = partial(_ask, log, log.answer)
        turns[_at(ROWS, size)] = partial(_read_rows, log)
        turns[_at(FOLD, size)] = partial(_fold, log)
    return take_turns(turns, partial(next, count(1)), ROUNDS, places.calm)


def _ask(log: Log, act: Callable[[Point], object], seed: int) -> Lap:
    return one_by_one(act, log.points(seed))


def _read_rows(log: Log, seed: int) -> Lap:
    drawn = random.Random(seed)
    firsts = [drawn.randint(1, log.size - log.alive) for _ in range(ASKED)]
    return one_by_one(lambda first: log.rows(first, log.alive), firsts)


def _fold(log: Log, _: int) -> Lap:
    return log.fold()


def _lines_as_of(backend: str, laps: Laps, logs: Mapping[int, Log]) -> list[Figure]:
    smallest, *_, largest = logs
    wait = partial(figures.compare, of=lambda lap: lap.typical_wait, show=milliseconds)
    lines = [
        wait(
            f"{backend}: {what}, {size:,} events",
            f"the same, {smallest:,} events",
            Goal(1.5, at_most=True) if size == largest else None,
            laps[_at(what, size)],
            laps[_at(what, smallest)],
        )
        for what in (STAB, ANSWER)
        for size in logs
        if size != smallest
    ]
    lines += [
        wait(
            f"{backend}: {STAB}, {size:,} events",
            f"{ROWS}, {logs[size].alive}",
            Goal(4, at_most=True) if size == largest else None,
            laps[_at(STAB, size)],
            laps[_at(ROWS, size)],
        )
        for size in logs
    ]
    return [
        *lines,
        *(
            figures.compare(
                f"{backend}: {what}, {largest:,} events",
                FOLD,
                Goal(200) if what == STAB else None,
                laps[_at(what, largest)],
                laps[_at(FOLD, largest)],
                of=lambda lap: 1 / lap.typical_wait,
                of_theirs=lambda lap: lap.rate / largest,
                show=lambda rate: milliseconds(1 / rate),
            )
            for what in (STAB, ANSWER)
        ),
    ]


def _lines_of_rebuild(
    places: Places,
    backend: str,
    logs: Mapping[int, Log],
    peer: Peer | None,
    theirs: Mapping[int, list[Lap] | None],
) -> list[Figure]:
    smallest, *larger = logs
    turns: dict[str, Turn[int]] = {REBUILD: lambda _: logs[smallest].rebuild()}
    if peer is not None:
        turns[LIBRARY] = lambda _: peer.fold(stories.step_bodies(FOLDED), stories.MANY)
    laps = take_turns(turns, partial(next, count(1)), ROUNDS_OF_REBUILD, places.calm)
    lines = [_rebuilt(backend, smallest, laps[REBUILD], laps.get(LIBRARY))]
    lines += [_rebuilt(backend, size, [logs[size].filled], theirs[size]) for size in larger]
    lines[-1:-1] = [_identical(backend, logs[size]) for size in SAME_AT if size in logs]
    return lines


def _rebuilt(backend: str, size: int, ours: Sequence[Lap], theirs: Sequence[Lap] | None) -> Figure:
    return figures.compare(
        f"{backend}: {REBUILD}, {size:,} events", LIBRARY, Goal(0.5), ours, theirs
    )


def _identical(backend: str, log: Log) -> Figure:
    log.rebuild()
    with snapshot(log.ledger.engine):
        differing = compare(log.ledger.engine, log.size)
    answer = "no" if differing else "yes"
    what = f"{backend}: {REBUILD}, {log.size:,} events"
    return Figure(what, "byte-identical to the live one", "yes", answer, met=not differing)


def _fold_of(peer: Peer | None) -> list[Lap] | None:
    return None if peer is None else [peer.fold(stories.step_bodies(FOLDED), stories.MANY)]


def _plotted(backend: str, laps: Laps, sizes: Sequence[int]) -> list[Line]:
    return [
        Line(
            f"{backend}: {what}",
            [
                (size, median(lap.typical_wait for lap in laps[_at(what, size)]) * 1e3)
                for size in sizes
            ],
        )
        for what in (STAB, ANSWER)
    ]


def _at(what: str, size: int) -> str:
    return f"{what}, {size}"
