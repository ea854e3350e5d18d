"""Projectors in processes of their own, killed by kill -9 while another process appends.

A projector says how far it has come. Now and then it says that it is inside a
batch, somewhere between the first write and the COMMIT, and waits there for its
end. For each that is killed so, another is killed wherever it happens to be.
"""

from __future__ import annotations

import multiprocessing
import random
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerProcess
from queue import SimpleQueue
from typing import Any

from sqlalchemy import event

from domain.entry import Draft
from ledger.log import Ledger
from projections.projector import Projector
from tests.projections.planted import Room
from tests.story.mutants import Mutant

EDITION = 1
MOST_AT_ONCE = 8
"""The largest batch of a projector here; the sizes are drawn."""
RISK = 0.04
"""How likely a projector stops at a write; a batch has some eight of them."""
LAST_WORDS = 30
"""Seconds that a projector stays inside a batch; it is killed long before."""
PATIENCE = 60
"""Seconds without a word from any projector before the storm counts as becalmed."""
WITHOUT_COMPARING = Mutant(
    "moves on without comparing",
    ".where(editions.c.edition == edition, editions.c.position == position)\n"
    "        .values(position=last",
    ".where(editions.c.edition == edition)\n        .values(position=last",
)
"""The control, for `projections.editions`: two projectors do not notice each other."""

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["tests.projections.storm", "projections.read_model"])


def project(url: str, seed: int, words: Connection, mutant: Mutant | None) -> None:
    """Bring the edition along for ever: the life of a projector."""
    rng = random.Random(seed)
    made = Projector if mutant is None else Room("editions", mutant)["projector"].Projector
    with Ledger(url, lock_timeout=PATIENCE) as ledger:
        _stop_inside(ledger, rng, words)
        projector = made(ledger, EDITION)
        try:
            for _ in ledger.follow(poll=0.2):
                projector.advance(
                    progress=lambda at: words.send(("at", at)),
                    batch=rng.randint(1, MOST_AT_ONCE),
                )
        except Exception as error:  # noqa: BLE001 - whatever it was is told.
            words.send(("broke", repr(error)))


def _stop_inside(ledger: Ledger, rng: random.Random, words: Connection) -> None:
    """Have a projector say, now and then, that it is inside a batch, and stay there."""

    def maybe_stop(*_: Any) -> None:  # noqa: ANN401 - what SQLAlchemy tells is not looked at.
        if rng.random() < RISK:
            words.send(("inside", None))
            time.sleep(LAST_WORDS)

    def before_write(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:  # noqa: ANN401
        if statement.startswith(("INSERT", "DELETE")):
            maybe_stop()

    event.listen(ledger.engine, "before_cursor_execute", before_write)
    event.listen(ledger.engine, "commit", maybe_stop)


@dataclass
class _Crew:
    process: ForkServerProcess
    words: Connection


@dataclass
class Storm:
    """Projectors who are killed and replaced, while `news` is appended as they come along.

    `moved` are the positions they said to have come to, in no order, and `broken`
    what those said who did not die of us.
    """

    url: str
    news: list[list[Draft]]
    mutant: Mutant | None = None
    crew: int = 3
    seed: int = 1
    killed_inside: int = 0
    killed_anywhere: int = 0
    moved: list[int] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def rage(self, kills: int) -> None:
        """Go on until so many were killed inside a batch, or one broke."""
        wanted: SimpleQueue[str] = SimpleQueue()
        writer = threading.Thread(target=self._append, args=(wanted,))
        writer.start()
        rng = random.Random(self.seed)
        crew = [self._start() for _ in range(self.crew)]
        try:
            wanted.put("more")
            while self.killed_inside < kills and not self.broken:
                ready = wait([each.words for each in crew], timeout=PATIENCE)
                if not ready:
                    raise RuntimeError("no projector has said a word for too long")
                for place, each in enumerate(crew):
                    word = self._hear(each) if each.words in ready else ""
                    if word == "at":
                        wanted.put("more")
                    if word == "inside":
                        self.killed_inside += 1
                        crew[place] = self._replace(each)
                        victim = rng.randrange(len(crew))
                        self.killed_anywhere += 1
                        crew[victim] = self._replace(crew[victim])
                        wanted.put("more")
                        break
        finally:
            for each in crew:
                self._end(each)
            wanted.put("")
            writer.join()

    def _append(self, wanted: SimpleQueue[str]) -> None:
        """Append the next of the news whenever somebody has come along."""
        with Ledger(self.url, lock_timeout=PATIENCE) as ledger:
            while wanted.get():
                ledger.append(self.news.pop(0))

    def _start(self) -> _Crew:
        self.seed += 1
        ours, theirs = _forks.Pipe(duplex=False)
        process = _forks.Process(
            target=project, args=(self.url, self.seed, theirs, self.mutant), daemon=True
        )
        process.start()
        theirs.close()
        return _Crew(process, ours)

    def _hear(self, each: _Crew) -> str:
        word, said = each.words.recv()
        if word == "at":
            self.moved.append(said)
        elif word == "broke":
            self.broken.append(said)
        return str(word)

    def _replace(self, each: _Crew) -> _Crew:
        self._end(each)
        return self._start()

    def _end(self, each: _Crew) -> None:
        """Kill it, and take in what it still had said."""
        each.process.kill()
        each.process.join()
        with suppress(EOFError, OSError):
            while True:
                self._hear(each)
        each.words.close()
