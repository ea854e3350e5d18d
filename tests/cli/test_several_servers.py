"""Several servers on one PostgreSQL: one log, whichever of them is asked, and whichever dies."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from subprocess import DEVNULL, Popen
from threading import Condition

import pytest
from httpx2 import Client, TransportError
from sqlalchemy.engine import make_url

from app.keys import Role, make_key
from app.parley import open_parley
from app.settings import read_settings
from ledger.log import Ledger
from tests.api.conftest import bearer
from tests.app.bodies import NEGOTIATION, SETTING, pledge
from tests.cli.conftest import LONGEST_RUN, Shell
from tests.cli.servers import serving
from tests.databases import Server

EVENTS = f"/v1/negotiations/{NEGOTIATION}/events"
WRITERS = 4


@pytest.fixture
def url(postgres_database: str) -> str:
    return postgres_database


@pytest.fixture
def key(url: str) -> str:
    with open_parley(read_settings(database_url=url)) as parley:
        return make_key(parley, "writer", Role.RECORDER).secret


@dataclass
class Storm:
    """Writers who send each pledge, with its own key, until it is acknowledged by some server."""

    url: str
    key: str
    shell: Shell
    running: dict[str, Popen[str]] = field(default_factory=dict)
    acknowledged: dict[int, str] = field(default_factory=dict)
    unsaid: int = 0
    doubled: int = 0
    over: bool = False
    moved: Condition = field(default_factory=Condition)
    stack: ExitStack = field(default_factory=ExitStack)

    def start(self) -> str:
        """Start one more server, and give its address."""
        process, address = self.stack.enter_context(
            serving(self.shell.on(self.url), stderr=DEVNULL)
        )
        self.running[address] = process
        return address

    def kill(self, address: str) -> None:
        """End a server without a word; those who asked it find out by themselves."""
        process = self.running[address]
        process.kill()
        process.wait(LONGEST_RUN)
        del self.running[address]

    def wait_for(self, *, acknowledged: int = 0, unsaid: int = 0) -> None:
        """Wait until so many pledges were acknowledged, and so many requests were not."""
        with self.moved:
            came = self.moved.wait_for(
                lambda: len(self.acknowledged) >= acknowledged and self.unsaid >= unsaid,
                LONGEST_RUN,
            )
        assert came

    @contextmanager
    def raging(self, pledges: int) -> Iterator[None]:
        """The writers at work, each with so many pledges, until all are acknowledged."""
        with ThreadPoolExecutor(WRITERS) as pool:
            written: list[Future[None]] = [
                pool.submit(self._write, writer, pledges) for writer in range(WRITERS)
            ]
            try:
                yield
            except BaseException:
                self.over = True
                raise
            for each in written:
                each.result()

    def _write(self, writer: int, pledges: int) -> None:
        with Client(timeout=LONGEST_RUN, headers=bearer(self.key)) as client:
            for number in range(pledges):
                self._send(client, f"steel-{writer}-{number}")

    def _send(self, client: Client, slug: str) -> None:
        keyed = {"Idempotency-Key": slug}
        for turn in count():
            if self.over:
                return
            servers = list(self.running)
            address = servers[turn % len(servers)] if servers else "http://127.0.0.1:9"
            try:
                answer = client.post(f"{address}{EVENTS}", json=pledge(slug), headers=keyed)
            except TransportError:
                self._tell(None)
                continue
            if answer.status_code == 201:
                (entry,) = answer.json()["recorded"]
                self._tell((entry["position"], entry["id"]))
                return
            assert answer.status_code == 503, answer.text
            assert answer.json()["code"].startswith("database-"), answer.text
            self._tell(None)

    def _tell(self, receipt: tuple[int, str] | None) -> None:
        with self.moved:
            if receipt is None:
                self.unsaid += 1
            else:
                self.doubled += receipt[0] in self.acknowledged
                self.acknowledged[receipt[0]] = receipt[1]
            self.moved.notify_all()

    def check(self, before: int, pledges: int) -> None:
        """Every acknowledged pledge is in the log where it was said to be, and each one once."""
        with Ledger(self.url) as ledger:
            entries = [e for e in ledger.entries() if e.position > before]
        assert self.doubled == 0
        assert {e.position: str(e.id) for e in entries} == self.acknowledged
        assert len(entries) == len({e.stream for e in entries}) == WRITERS * pledges


@pytest.fixture
def storm(url: str, key: str, shell: Shell) -> Iterator[Storm]:
    made = Storm(url, key, shell)
    with made.stack:
        yield made


def open_talks(storm: Storm, address: str) -> int:
    """Record what pledges need to be there, and give the position of the last of it."""
    with Client(base_url=address, timeout=LONGEST_RUN, headers=bearer(storm.key)) as client:
        opened = client.post(EVENTS, json=SETTING)
    assert opened.status_code == 201, opened.text
    return int(opened.json()["recorded"][-1]["position"])


def rage(storm: Storm, *, kills: int, pledges: int) -> None:
    """Kill a server again and again while all of them record, and start another in its place."""
    before = open_talks(storm, storm.start())
    storm.start()
    apart = WRITERS * pledges // (kills + 1)
    with storm.raging(pledges):
        for number in range(kills):
            storm.wait_for(acknowledged=apart * (number + 1) // 2)
            oldest = next(iter(storm.running))
            storm.kill(oldest)
            storm.start()
    storm.check(before, pledges)


@pytest.mark.postgres
def test_what_is_recorded_through_one_is_read_through_the_other(
    url: str, key: str, shell: Shell
) -> None:
    with (
        serving(shell.on(url)) as (_, one),
        serving(shell.on(url)) as (_, other),
        Client(base_url=one, timeout=LONGEST_RUN, headers=bearer(key)) as writer,
        Client(base_url=other, timeout=LONGEST_RUN) as reader,
    ):
        opened = writer.post(EVENTS, json=SETTING).json()["recorded"][-1]["position"]
        for number in range(10):
            done = writer.post(EVENTS, json=pledge(f"steel-{number}"))
            position = done.json()["recorded"][0]["position"]
            assert position == opened + number + 1
            told = reader.get(
                f"/v1/negotiations/{NEGOTIATION}/pledges/steel-{number}",
                params={"wait_for": position, "as_of": "2025-03-02"},
            )
            assert told.status_code == 200, told.text
            assert int(told.headers["Parley-Position"]) >= position


@pytest.mark.postgres
def test_whoever_waits_at_one_hears_of_what_the_other_records(
    url: str, key: str, shell: Shell
) -> None:
    with (
        serving(shell.on(url)) as (_, one),
        serving(shell.on(url)) as (_, other),
        Client(base_url=one, timeout=LONGEST_RUN, headers=bearer(key)) as writer,
        Client(base_url=other, timeout=LONGEST_RUN) as reader,
        ThreadPoolExecutor(1) as asking,
    ):
        size = reader.get("/v1/version").json()["position"] + len(SETTING)
        waiting = asking.submit(reader.get, "/v1/version", params={"wait_for": size})
        assert writer.post(EVENTS, json=SETTING).status_code == 201
        assert waiting.result().json()["position"] == size


@pytest.mark.postgres
def test_a_server_that_is_killed_loses_and_doubles_nothing(storm: Storm) -> None:
    rage(storm, kills=2, pledges=15)


@pytest.mark.long
@pytest.mark.postgres
@pytest.mark.timeout(3_600)
def test_servers_that_are_killed_thirty_times_lose_and_double_nothing(storm: Storm) -> None:
    rage(storm, kills=30, pledges=500)


@pytest.mark.postgres
def test_a_database_that_goes_away_while_many_record_loses_and_doubles_nothing(
    storm: Storm, server: Server
) -> None:
    pledges = 10
    allow = f"ALTER DATABASE {make_url(storm.url).database} ALLOW_CONNECTIONS"
    sessions = b"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
    before = open_talks(storm, storm.start())
    with server.connect() as admin, storm.raging(pledges):
        storm.wait_for(acknowledged=pledges)
        admin.execute(f"{allow} false".encode())
        admin.execute(sessions, [make_url(storm.url).database])
        storm.wait_for(unsaid=WRITERS)
        admin.execute(f"{allow} true".encode())
    storm.check(before, pledges)
