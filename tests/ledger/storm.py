"""Writers in processes of their own, killed by kill -9 again and again, and who watches them.

Each writer says what it is about to record, and what was acknowledged. Now and
then it says that it is inside a transaction, everything written and only the
COMMIT missing, or that its answer has come and is not passed on yet, and waits
there for its end. Its successor repeats what was not acknowledged, under the
same key.
"""

from __future__ import annotations

import multiprocessing
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerProcess
from typing import TypeAlias
from uuid import UUID

import psycopg
from psycopg.pq.abc import PGresult

from ledger.log import Ledger
from ledger.pipeline import Call
from ledger.postgres import PostgresStore
from ledger.sqlite import SqliteStore
from ledger.ticket import IdempotencyKey
from tests.ledger.drafts import pledge

SIZES = (1, 1, 1, 2, 5)
"""How many events a request holds, drawn with these odds."""
LAST_WORDS = 30
"""Seconds that a writer stays inside a transaction; it is killed long before."""
PATIENCE = 60
"""Seconds without a word from any writer before the storm counts as becalmed."""

Request: TypeAlias = tuple[str, Sequence[UUID]]
"""A key, and the ids of the events recorded under it."""
Run: TypeAlias = Callable[[Sequence[Call]], list[PGresult]]

# A fork of a process that has everything loaded starts in milliseconds.
_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["tests.ledger.storm"])


def write(
    url: str, seed: int, pending: Request | None, words: Connection, size: int, risk: float
) -> None:
    """Record for ever: the life of a writer."""
    rng = random.Random(seed)
    if url.startswith("postgresql"):
        threading.Thread(target=insert_by_sequence, args=(url, seed), daemon=True).start()
    with Ledger(url, lock_timeout=PATIENCE) as ledger:
        _stop_before_commit(ledger, rng, words, risk)
        while True:
            if pending is None:
                many = rng.choice(SIZES) * size
                pending = (str(rng.getrandbits(64)), [_id(rng) for _ in range(many)])
            words.send(("try", pending))
            key = IdempotencyKey("storm", pending[0], "digest")
            drafts = [pledge(f"p-{event_id.int % 50}", id=event_id) for event_id in pending[1]]
            receipts = ledger.append(drafts, key=key)
            if rng.random() < risk:
                _say_and_stay(words, "unsaid")
            words.send(("ack", [(receipt.position, receipt.id) for receipt in receipts]))
            pending = None


def insert_by_sequence(url: str, seed: int) -> None:
    """The control: rows numbered by a sequence, committed a moment later."""
    rng = random.Random(seed)
    with psycopg.connect(url, autocommit=True) as server, suppress(psycopg.Error):
        while True:
            with server.transaction():
                server.execute("INSERT INTO naive DEFAULT VALUES")
                time.sleep(rng.random() * 0.02)


def _id(rng: random.Random) -> UUID:
    return UUID(int=rng.getrandbits(128), version=4)


def _stop_before_commit(ledger: Ledger, rng: random.Random, words: Connection, risk: float) -> None:
    """Have the writer say, now and then, that only the COMMIT is missing, and stay there."""

    def maybe_stop() -> None:
        if rng.random() < risk:
            _say_and_stay(words, "inside")

    store = ledger.factory.appender.store
    if isinstance(store, SqliteStore):
        connection = store.connection()
        connection.set_trace_callback(lambda sql: maybe_stop() if sql == "COMMIT" else None)
    elif isinstance(store, PostgresStore):
        pipeline = store.pipeline()
        vars(pipeline)["run"] = _in_two(pipeline.run, maybe_stop)


def _say_and_stay(words: Connection, word: str) -> None:
    words.send((word, None))
    time.sleep(LAST_WORDS)


def _in_two(run: Run, between: Callable[[], None]) -> Run:
    """A transaction sent as it is, but for its COMMIT, which comes apart."""

    def run_in_two(calls: Sequence[Call]) -> list[PGresult]:
        if calls[-1][0] != b"parley_commit":
            return [*run(calls)]
        first = run(calls[:-1])
        between()
        return [*first, *run(calls[-1:])]

    return run_in_two


@dataclass
class Writer:
    """One process, its words, and what it has not had acknowledged yet."""

    process: ForkServerProcess
    words: Connection
    pending: Request | None = None


@dataclass
class Storm:
    """Writers who are killed and replaced; what was promised to them is kept here."""

    url: str
    writers: int
    risk: float
    size: int = 1
    seed: int = 1
    acknowledged: dict[int, str] = field(default_factory=dict)
    doubled: int = 0
    killed_inside: int = 0
    killed_unsaid: int = 0
    killed_anywhere: int = 0

    def rage(self, *, kills: int, events: int = 0) -> None:
        """Go on until so many were killed inside a transaction and so many events are promised.

        For each one killed at a place of its choice, another is killed wherever it happens to be.
        """
        rng = random.Random(self.seed)
        crew = [self._start(None) for _ in range(self.writers)]
        try:
            while self.killed_inside < kills or len(self.acknowledged) < events:
                ready = wait([writer.words for writer in crew], timeout=PATIENCE)
                if not ready:
                    raise RuntimeError("no writer has said a word for too long")
                for place, writer in enumerate(crew):
                    word = self._hear(writer) if writer.words in ready else ""
                    if word in {"inside", "unsaid"}:
                        self.killed_inside += word == "inside"
                        self.killed_unsaid += word == "unsaid"
                        crew[place] = self._replace(writer)
                        victim = rng.randrange(len(crew))
                        self.killed_anywhere += 1
                        crew[victim] = self._replace(crew[victim])
                        break
        finally:
            for writer in crew:
                self._end(writer)

    def _start(self, pending: Request | None) -> Writer:
        self.seed += 1
        ours, theirs = _forks.Pipe(duplex=False)
        process = _forks.Process(
            target=write,
            args=(self.url, self.seed, pending, theirs, self.size, self.risk),
            daemon=True,
        )
        process.start()
        theirs.close()
        return Writer(process, ours, pending)

    def _hear(self, writer: Writer) -> str:
        """Take in one word and what was said with it; returns the word."""
        word, said = writer.words.recv()
        if word == "try":
            writer.pending = said
        elif word == "ack":
            writer.pending = None
            for position, event_id in said:
                self.doubled += position in self.acknowledged
                self.acknowledged[position] = event_id
        return str(word)

    def _replace(self, writer: Writer) -> Writer:
        self._end(writer)
        return self._start(writer.pending)

    def _end(self, writer: Writer) -> None:
        """Kill it, and take in what it still had said."""
        writer.process.kill()
        writer.process.join()
        with suppress(EOFError, OSError):
            while True:
                self._hear(writer)
        writer.words.close()


class Tail:
    """Reads what a generator gives, on a thread, until it is stopped."""

    def __init__(self, read: Callable[[threading.Event], Iterator[int]]) -> None:
        self.seen: list[int] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(read,))

    def _run(self, read: Callable[[threading.Event], Iterator[int]]) -> None:
        for number in read(self._stop):
            self.seen.append(number)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Read while the block runs, and a moment longer."""
        self._thread.start()
        try:
            yield
            time.sleep(2)
        finally:
            self._stop.set()
            self._thread.join()


def followed(ledger: Ledger) -> Callable[[threading.Event], Iterator[int]]:
    """The positions of the log, as a follower sees them."""

    def read(stop: threading.Event) -> Iterator[int]:
        for page in ledger.follow(stop=stop):
            yield from (entry.position for entry in page.entries)

    return read


def tailed_by_sequence(url: str) -> Callable[[threading.Event], Iterator[int]]:
    """The ids of the control, as a reader sees them who asks for those after the last."""

    def read(stop: threading.Event) -> Iterator[int]:
        last = 0
        with psycopg.connect(url, autocommit=True) as server:
            while not stop.is_set():
                rows = server.execute("SELECT id FROM naive WHERE id > %s ORDER BY id", [last])
                for (last,) in rows.fetchall():
                    yield last
                time.sleep(0.001)

    return read
