"""The framework over HTTP, from a real server over the smallest and the largest log."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from statistics import median, quantiles
from typing import Protocol
from urllib.parse import quote

from domain.dates import format_minute
from tests.bench import stories
from tests.bench.figures import Figure, Goal, compare, milliseconds
from tests.bench.laps import Lap, Laps, Turn, one_by_one, take_turns
from tests.bench.servers import Places

ASKED = 50
"""Questions of a lap, each at a minute and a position of its own."""
ROUNDS = 9
BEFORE = 300
"""Questions before the first round, which are not counted: a server that has just begun has
every part of an answer to decode for the first time."""
PATIENCE = 60
"""Seconds a client waits for one answer."""
PROGRAM = Path(sys.prefix) / "bin" / "parley"
ROOT = Path(__file__).parents[2]

GET, GZIP, FLOOR = "`GET …/framework`", "compressed", "the same bytes ready-made"
P99 = Goal(25, at_most=True, unit="ms")
GROWTH = Goal(1.5, at_most=True)
_ADDRESS = re.compile(r"http://(\S+?:\d+)")
_OK = 200


class Log(Protocol):
    """A log whose read model is filled (tests/bench/as_of.py)."""

    url: str
    size: int

    def points(self, seed: int, asked: int) -> list[tuple[int, int]]:
        """Minutes and positions to ask at."""


class Client:
    """One connection that is kept for a lap, and the sorts of answer it accepts."""

    def __init__(self, address: str, encoding: str = "identity") -> None:
        self._connection = HTTPConnection(address, timeout=PATIENCE)
        self._headers = {"Accept-Encoding": encoding}

    def ask(self, point: tuple[int, int]) -> bytes:
        """The framework at a minute, as known at a position."""
        minute, position = point
        query = f"as_of={quote(format_minute(minute))}&known_at=@{position}"
        return self.get(f"/v1/negotiations/{stories.TALKS}/framework?{query}")

    def get(self, path: str) -> bytes:
        """Whatever a path answers."""
        self._connection.request("GET", path, headers=self._headers)
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status != _OK:
            raise RuntimeError(f"{answer.status}: {body.decode()}")
        return body

    def connect(self) -> None:
        """Begin a new connection."""
        self._connection.close()
        self._connection.connect()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def measure(places: Places, backend: str, logs: Sequence[Log]) -> list[Figure]:
    """The lines of this goal on one of the databases."""
    chosen = {log.size: log for log in (logs[0], logs[-1])}
    turns: dict[str, Turn[int]] = {}
    with ExitStack() as stack:
        for size, log in chosen.items():
            address = stack.enter_context(serving(log.url))
            plain, packed = Client(address), Client(address, "gzip")
            answer = places.path()
            answer.write_bytes(plain.ask(log.points(0, 1)[0]))
            floor = Client(stack.enter_context(_ready_made(answer)))
            for point in log.points(-1, BEFORE):
                plain.ask(point)
            for name, client in ((GET, plain), (GZIP, packed), (FLOOR, floor)):
                stack.callback(client.close)
                turns[_at(name, size)] = partial(_ask, log, client)
        laps = take_turns(turns, partial(next, count(1)), ROUNDS, places.calm)
    return list(_lines(backend, laps, list(chosen)))


def _ask(log: Log, client: Client, seed: int) -> Lap:
    # A server ends a connection that is idle while the others have their laps.
    client.connect()
    return one_by_one(client.ask, log.points(seed, ASKED))


@contextmanager
def serving(url: str, **settings: str) -> Iterator[str]:
    """`parley serve` over a log: where it listens."""
    variables = {**os.environ, "PARLEY_DATABASE_URL": url, "PARLEY_PORT": "0", **settings}
    with _started([str(PROGRAM), "serve"], variables) as address:
        yield address


@contextmanager
def _ready_made(answer: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "tests.bench.ready_made", str(answer)]
    with _started(command, dict(os.environ)) as address:
        yield address


@contextmanager
def _started(command: Sequence[str], variables: Mapping[str, str]) -> Iterator[str]:
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
        env=variables,
        cwd=ROOT,
    ) as process:
        try:
            said = process.stdout.readline() if process.stdout is not None else ""
            found = _ADDRESS.search(said)
            if found is None:
                raise RuntimeError(f"{command[0]} says no address: {said!r}")
            yield found[1]
        finally:
            process.terminate()


def _lines(backend: str, laps: Laps, sizes: Sequence[int]) -> Iterator[Figure]:
    for size in sizes:
        goal = P99 if size == sizes[-1] else None
        theirs = laps[_at(FLOOR, size)]
        yield _waits(f"{backend}: {GET}, {size:,} events", goal, laps[_at(GET, size)], theirs)
        what = f"{backend}: {GET}, {GZIP}, {size:,} events"
        yield _waits(what, None, laps[_at(GZIP, size)], theirs)
    if len(sizes) > 1:
        yield compare(
            f"{backend}: {GET}, {sizes[-1]:,} events",
            f"the same, {sizes[0]:,} events",
            GROWTH,
            laps[_at(GET, sizes[-1])],
            laps[_at(GET, sizes[0])],
            of=lambda lap: lap.typical_wait,
            show=milliseconds,
        )


def _waits(what: str, goal: Goal | None, ours: Sequence[Lap], theirs: Sequence[Lap]) -> Figure:
    """The 99th percentile of all calls; of the rounds, and of the typical call, what is beside."""
    p99, rounds = p99_of(ours), [lap.longest_waits for lap in ours]
    return Figure(
        what=f"{what}: p99",
        beside=FLOOR,
        goal="" if goal is None else str(goal),
        measured=milliseconds(p99),
        rounds=f"{milliseconds(min(rounds))}–{milliseconds(max(rounds))}",
        rates=f"p50 {milliseconds(p50_of(ours))} : {milliseconds(p50_of(theirs))}, "
        f"p99 {milliseconds(p99)} : {milliseconds(p99_of(theirs))}",
        met=None if goal is None else goal.is_met(p99 * 1e3),
    )


def p99_of(laps: Sequence[Lap]) -> float:
    return quantiles([wait for lap in laps for wait in lap.waits], n=100, method="inclusive")[98]


def p50_of(laps: Sequence[Lap]) -> float:
    return median(wait for lap in laps for wait in lap.waits)


def _at(what: str, size: int) -> str:
    return f"{what}, {size}"
