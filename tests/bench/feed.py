"""The feed: deliveries for a second of a processor, what a client costs, how late the last is.

Servers are processes of their own; the clients are in this one, and so is whoever
records. An event is sent when everybody has had the one before, so that nobody
gains by sending several at once.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter, sleep

from api.serving import allow_files
from app.parley import Parley
from app.read_log import cloud_events_of
from tests.bench.calm import Calm
from tests.bench.crowd import Crowd
from tests.bench.figures import Figure, Goal, compare, milliseconds
from tests.bench.laps import Lap, Turn, take_turns
from tests.bench.material import draft_of, draw_bodies
from tests.bench.peers import PYTHON, ROOT
from tests.bench.servers import FILE, Places

SUBSCRIBERS = 5_000
FEW = 500
"""Subscribers of FastAPI's own, which takes seconds for each event of 5,000."""
MANY = 10_000
EVENTS = 10
ROUNDS = 5
PACED, PACE = 40, 0.5
"""Events of each long run, and seconds between them."""
READERS, SILENT = 1_000, 1_000
"""Clients that read, and others that have stopped."""
FILLING, SHORT, QUICK = 150, 50, 0.1
"""Events until those are full, events that are measured, and seconds between them."""
KEPT = 32_768
"""Bytes that the kernel keeps for one of them."""
SETTLED = 1.0
"""Seconds after which every server has got round to its last client."""
STREAM = "/v1/events/stream"

OURS, BARE = "Parley", "a bare asyncio Protocol"
BESIDE, ALONE = "beside the silent", "the same without them"
STARLETTE, FASTAPI = "sse-starlette", f"FastAPI's own SSE, {FEW} subscribers"
WHAT = f"feed: deliveries for a second of a processor, {SUBSCRIBERS:,} subscribers"
_PEERS = {BARE: "bare", STARLETTE: "sse-starlette", FASTAPI: "fastapi"}
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Running:
    """A server: its process and port, where its stream is, and how it is given an event."""

    pid: int
    port: int
    path: str
    send: Callable[[], object]
    sent: int = 0

    def seconds(self) -> float:
        """The processor's time that it has taken."""
        fields = Path(f"/proc/{self.pid}/stat").read_text("ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def kilobytes(self) -> int:
        """The memory that it has."""
        status = Path(f"/proc/{self.pid}/status").read_text("ascii")
        found = re.search(r"^VmRSS:\s+(\d+) kB$", status, re.MULTILINE)
        return int(found[1]) if found else 0


@dataclass
class Costs:
    """What a client of ours cost in each round, in kilobytes."""

    kilobytes: list[float] = field(default_factory=list)


def measure(places: Places) -> list[Figure]:
    """The lines of both goals."""
    costs = Costs()
    allow_files(3 * MANY)
    with places.parley(FILE) as parley:
        turns: dict[str, Turn[int]] = {OURS: partial(_ours, parley, costs)}
        if PYTHON.exists():
            for name, which in _PEERS.items():
                many = FEW if name == FASTAPI else SUBSCRIBERS
                turns[name] = partial(_theirs, parley, which, many)
        laps = take_turns(turns, lambda: EVENTS, ROUNDS, places.calm)
        ours = laps[OURS]
        return [
            compare(WHAT, BARE, Goal(0.5), ours, laps.get(BARE)),
            compare(WHAT, STARLETTE, Goal(4), ours, laps.get(STARLETTE)),
            compare(WHAT, FASTAPI, None, ours, laps.get(FASTAPI)),
            _cost(costs),
            _lateness(parley, places.calm),
            _beside_the_silent(parley, places.calm),
        ]


def _ours(parley: Parley, costs: Costs, events: int) -> Lap:
    with _serving(parley) as running, _crowd(running, 1) as first:
        first.open(1)
        before = running.kilobytes()
        with _crowd(running, SUBSCRIBERS) as crowd:
            costs.kilobytes.append((running.kilobytes() - before) / SUBSCRIBERS)
            return _sent(running, crowd, events)


def _theirs(parley: Parley, which: str, many: int, events: int) -> Lap:
    with _broadcasting(parley, which) as running, _crowd(running, many) as crowd:
        return _sent(running, crowd, events)


def _sent(running: Running, crowd: Crowd, events: int) -> Lap:
    """Send one event after another, each when everybody has had the last."""
    before = running.seconds()
    for number in range(1, events + 1):
        running.send()
        crowd.wait_for(number)
    return Lap(running.seconds() - before, events * len(crowd))


def _lateness(parley: Parley, calm: Calm) -> Figure:
    """How long after it was recorded an event reaches the last of ten thousand."""
    goal = Goal(0.5, at_most=True, unit="s")
    turns: dict[str, Turn[int]] = {OURS: partial(_crowded, parley)}
    laps = take_turns(turns, lambda: PACED, ROUNDS, calm)[OURS]
    late = [lap.longest_waits for lap in laps]
    middle = median(late)
    return Figure(
        f"feed: {MANY:,} subscribers in one process, {1 / PACE:g} events/s, the last of them, p99",
        "",
        str(goal),
        f"{middle:.2f} s",
        f"{min(late):.2f}–{max(late):.2f}",
        f"median {median(lap.typical_wait for lap in laps):.2f} s",
        goal.is_met(middle),
    )


def _crowded(parley: Parley, events: int) -> Lap:
    with _serving(parley) as running, _crowd(running, MANY) as crowd:
        return _paced(running, crowd, events, PACE)


def _beside_the_silent(parley: Parley, calm: Calm) -> Figure:
    """How much later the last reader is when as many others have stopped reading."""
    turns: dict[str, Turn[int]] = {
        BESIDE: partial(_beside, parley, SILENT),
        ALONE: partial(_beside, parley, 0),
    }
    laps = take_turns(turns, lambda: SHORT, ROUNDS, calm)
    return compare(
        f"feed: the last of {READERS:,} readers, p99, beside {SILENT:,} that stopped reading",
        ALONE,
        Goal(1.5, at_most=True),
        laps[BESIDE],
        laps[ALONE],
        of=lambda lap: lap.longest_waits,
        show=milliseconds,
    )


def _beside(parley: Parley, silent: int, events: int) -> Lap:
    """The readers, beside so many whose connections are full."""
    with (
        _serving(parley) as running,
        _crowd(running, READERS) as crowd,
        _crowd(running, silent, KEPT),
    ):
        _paced(running, crowd, FILLING, 0.0)
        return _paced(running, crowd, events, QUICK)


def _paced(running: Running, crowd: Crowd, events: int, pace: float) -> Lap:
    """One event after another; its waits are from before an append to when the last has it."""
    waits: list[float] = []
    for _ in range(events):
        begun = perf_counter()
        running.send()
        running.sent += 1
        waits.append(crowd.wait_for(running.sent) - begun)
        sleep(max(0.0, pace - waits[-1]))
    return Lap(sum(waits), events, tuple(waits))


def _cost(costs: Costs) -> Figure:
    goal, kept = Goal(12, at_most=True, unit="KB"), costs.kilobytes[1:] or costs.kilobytes
    middle = median(kept)
    return Figure(
        f"feed: memory for each of {SUBSCRIBERS:,} subscribers",
        "",
        str(goal),
        f"{middle:.1f} KB",
        f"{min(kept):.1f}–{max(kept):.1f}",
        met=goal.is_met(middle),
    )


def _record(parley: Parley) -> int:
    """Record one more statement; gives its position."""
    (receipt,) = parley.ledger.append([draft_of(body) for body in draw_bodies(1)])
    return receipt.position


@contextmanager
def _crowd(running: Running, many: int, kept: int | None = None) -> Iterator[Crowd]:
    crowd = Crowd(running.port, running.path, kept)
    try:
        crowd.open(many)
        sleep(SETTLED)
        yield crowd
    finally:
        crowd.close()


@contextmanager
def _serving(parley: Parley) -> Iterator[Running]:
    """`parley serve` on the log, in which this process records."""
    program = Path(sys.executable).with_name("parley")
    variables = {
        "PARLEY_DATABASE_URL": parley.settings.database_url,
        "PARLEY_MAX_STREAMS": str(2 * MANY),
    }
    with subprocess.Popen(
        [program, "serve", "--port", "0"],
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            said = process.stdout.readline() if process.stdout is not None else ""
            port = int(re.findall(r":(\d+)", said)[0])

            yield Running(process.pid, port, STREAM, lambda: _record(parley))
        finally:
            process.kill()


@contextmanager
def _broadcasting(parley: Parley, which: str) -> Iterator[Running]:
    """A peer, which is given what Parley makes of the same event."""
    with subprocess.Popen(
        [str(PYTHON), "-m", "tests.bench.broadcast", which],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        try:
            if process.stdin is None or process.stdout is None:
                raise RuntimeError("the process was started without pipes")
            port, pipe = int(process.stdout.readline()), process.stdin

            def send() -> None:
                position = _record(parley)
                (event,) = cloud_events_of(parley, [parley.ledger.entry(position)])
                pipe.write(f"{json.dumps([f'1.{position}', event.decode()])}\n")
                pipe.flush()

            yield Running(process.pid, port, "/", send)
        finally:
            process.kill()
