"""Followers while writers, servers and the database are killed: none misses or doubles."""

from __future__ import annotations

import random
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen

import pytest
from httpx2 import Client, HTTPError, Timeout

from app.parley import open_parley
from app.settings import read_settings
from ledger import schema
from ledger.log import Ledger
from tests.api.sse import STREAM, messages_of
from tests.cli.conftest import LONGEST_RUN, Shell
from tests.cli.servers import serving
from tests.databases import Server, start_server, stop_server
from tests.ledger.drafts import pledge

ROOT = Path(__file__).parents[2]
CUT, RARELY = 0.02, 0.005
"""How often a follower breaks its connection by itself, and where the log is long."""
EACH = 20
"""Entries by which the log has to grow for each writer."""
WRITER = """
import os, sys, time
from dataclasses import replace
from domain.errors import ParleyError
from ledger.log import Ledger
from tests.ledger.drafts import pledge
has_written = False
while True:
    try:
        with Ledger(sys.argv[1]) as ledger:
            while True:
                ledger.append([replace(pledge(), recorded_by=str(os.getpid())) for _ in range(2)])
                # The first line is waited for; more than that nobody reads.
                if not has_written:
                    print("written", flush=True)
                has_written = True
                time.sleep(0.05)
    except ParleyError:
        time.sleep(0.1)
"""


def end(writer: Popen[bytes]) -> None:
    """End a writer without a word."""
    with writer:
        writer.kill()


@dataclass
class Follower:
    """A client that comes back by its last id, to whichever server there is, until it is told."""

    storm: Storm
    seed: int
    last: str = "0"
    seen: list[int] = field(default_factory=list)

    def run(self) -> None:
        """Follow until the end that the storm names, if it does."""
        rng = random.Random(self.seed)
        with Client(timeout=Timeout(20, connect=5)) as client:
            while not self._is_done():
                address = rng.choice([*self.storm.servers] or ["http://127.0.0.1:9"])
                try:
                    self._read(client, address, rng)
                except HTTPError:
                    time.sleep(0.05)

    def _read(self, client: Client, address: str, rng: random.Random) -> None:
        headers = {"Last-Event-ID": self.last}
        with client.stream("GET", f"{address}{STREAM}", headers=headers) as answer:
            if answer.status_code != 200:
                # A server whose database is away, or that is only beginning.
                time.sleep(0.1)
                return
            for message in messages_of(answer.iter_lines()):
                self.last = message.id or self.last
                if not message.name:
                    self.seen.append(message.position)
                if self._is_done() or rng.random() < self.storm.cut:
                    return

    def _is_done(self) -> bool:
        end = self.storm.end
        return self.storm.over or (end is not None and bool(self.seen) and self.seen[-1] >= end)


@dataclass
class Storm:
    """A database of its own, servers and writers on it, and who kills them."""

    shell: Shell
    folder: Path
    database: Server
    url: str
    stack: ExitStack
    servers: dict[str, Popen[str]] = field(default_factory=dict)
    writers: list[Popen[bytes]] = field(default_factory=list)
    killed: list[int] = field(default_factory=list)
    end: int | None = None
    over: bool = False
    cut: float = CUT
    rng: random.Random = field(default_factory=lambda: random.Random(7))

    def start_server(self) -> None:
        """One more server."""
        running = serving(self.shell.on(self.url), stderr=DEVNULL)
        process, address = self.stack.enter_context(running)
        self.servers[address] = process

    def start_writer(self) -> None:
        """One more writer."""
        command = [sys.executable, "-c", WRITER, self.url]
        self.writers.append(Popen(command, cwd=ROOT, stdout=PIPE, stderr=DEVNULL))

    def kill_server(self) -> None:
        """End a server without a word, and start another."""
        address = self.rng.choice([*self.servers])
        process = self.servers.pop(address)
        process.kill()
        process.wait(LONGEST_RUN)
        self.start_server()

    def kill_writer(self) -> None:
        """The same for a writer, when it has written."""
        writer = self.writers.pop(self.rng.randrange(len(self.writers)))
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"written\n"
        self.killed.append(writer.pid)
        end(writer)
        self.start_writer()

    def kill_database(self) -> None:
        """The same for the database."""
        stop_server(self.database)
        time.sleep(self.rng.random())
        self.database = start_server(self.folder)

    def grow_to(self, size: int) -> None:
        """Wait until so much is recorded."""
        end = time.monotonic() + LONGEST_RUN
        with Ledger(self.url) as ledger:
            while ledger.head().size < size and time.monotonic() < end:
                time.sleep(0.1)

    def recorders(self) -> set[str]:
        """Who has recorded anything."""
        with Ledger(self.url) as ledger:
            return {entry.recorded_by for entry in ledger.entries()}

    @contextmanager
    def followed(self, many: int) -> Iterator[list[Follower]]:
        """So many followers while the block runs, and until each has come to the end of the log."""
        followers = [Follower(self, seed) for seed in range(many)]
        threads = [threading.Thread(target=each.run, daemon=True) for each in followers]
        for thread in threads:
            thread.start()
        try:
            yield followers
            for writer in self.writers:
                end(writer)
            with Ledger(self.url) as ledger:
                # Known before it is recorded, so that nobody waits for one more after it.
                self.end = ledger.head().size + 1
                ledger.append([pledge()])
            for thread in threads:
                thread.join(LONGEST_RUN)
        finally:
            self.over = True


@pytest.fixture
def storm(shell: Shell) -> Iterator[Storm]:
    folder = Path(tempfile.mkdtemp(prefix="parley-pg-"))
    database = start_server(folder)
    url = database.make()
    schema.upgrade(url)
    with open_parley(read_settings(database_url=url)):
        # The log is opened before anybody writes to it.
        pass
    with ExitStack() as stack:
        made = Storm(shell, folder, database, url, stack)
        try:
            yield made
        finally:
            for writer in made.writers:
                end(writer)
            stop_server(made.database)
            shutil.rmtree(folder, ignore_errors=True)


def rage(storm: Storm, *, writers: int, followers: int, kills: int, databases: int) -> None:
    """Kill at random, so often, and see what each follower has got."""
    for _ in range(2):
        storm.start_server()
    for _ in range(writers):
        storm.start_writer()
    acts = [storm.kill_server, storm.kill_writer] * kills + [storm.kill_database] * databases
    storm.rng.shuffle(acts)
    with storm.followed(followers) as all_of_them:
        for act in acts:
            time.sleep(0.3 + storm.rng.random())
            act()
        storm.grow_to(EACH * writers)
    assert storm.end is not None
    assert storm.end > EACH * writers
    assert {str(pid) for pid in storm.killed} <= storm.recorders()
    assert len(storm.killed) == kills
    for follower in all_of_them:
        assert follower.seen == list(range(1, storm.end + 1))


@pytest.mark.postgres
def test_a_server_a_writer_and_the_database_may_be_killed(storm: Storm) -> None:
    rage(storm, writers=2, followers=4, kills=1, databases=1)


@pytest.mark.long
@pytest.mark.postgres
@pytest.mark.timeout(3_600)
def test_eight_writers_and_twenty_followers_in_a_long_storm(storm: Storm) -> None:
    storm.cut = RARELY
    rage(storm, writers=8, followers=20, kills=30, databases=6)
