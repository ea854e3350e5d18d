"""The HTTP API as clients meet it: uvicorn on loopback, over either database, with the sample."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread

import pytest
import uvicorn
from httpx2 import Client

from api.serving import address_of, bound_to, make_server
from app.imports import import_case
from app.keys import Role, make_key
from app.parley import Parley, open_parley
from app.settings import read_settings
from app.sign_checkpoint import sign_checkpoint
from tests.databases import BOTH, TEMPLATE, Server

CASE = "ukraine-security-guarantees"
INSIDE = ("Traceback", "SELECT", "sqlalchemy", "psycopg", 'File "', "site-packages")
"""What stands in no answer, whatever was asked."""
PATIENCE = 30
"""Seconds a client waits for an answer on a busy machine."""


@dataclass(frozen=True)
class Served:
    """A running server: its Parley, a client that knows its address, and one with a key as well."""

    parley: Parley
    client: Client
    writer: Client
    server: uvicorn.Server

    def stop(self) -> None:
        """Tell the server to stop, as a signal does."""
        self.server.should_exit = True


@contextmanager
def served(url: str, *, local: bool = True, **changes: object) -> Iterator[Served]:
    """The API over a database, until the test is done."""
    settings = read_settings(database_url=url, **changes)
    with open_parley(settings) as parley, bound_to("127.0.0.1", 0) as bound:
        server = make_server(parley, local=local)
        thread = Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
        thread.start()
        try:
            address, key = address_of(bound), make_key(parley, "writer", Role.REVIEWER).secret
            with (
                Client(base_url=address, timeout=PATIENCE) as client,
                Client(base_url=address, timeout=PATIENCE, headers=bearer(key)) as writer,
            ):
                yield Served(parley, client, writer, server)
        finally:
            server.should_exit = True
            thread.join(PATIENCE)


def bearer(key: str) -> dict[str, str]:
    """The header that shows a key."""
    return {"Authorization": f"Bearer {key}"}


def load_sample(url: str) -> None:
    """Put the sample into a log, and sign it before and after."""
    with open_parley(read_settings(database_url=url)) as parley:
        sign_checkpoint(parley)
        import_case(parley, CASE)
        sign_checkpoint(parley)


@pytest.fixture(scope="module")
def sqlite_url(migrated_file: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("api") / "log.db"
    shutil.copy(migrated_file, path)
    return f"sqlite:///{path}"


@pytest.fixture(scope="module")
def one(sqlite_url: str) -> Iterator[Served]:
    """The sample on SQLite, for what does not depend on the database."""
    load_sample(sqlite_url)
    with served(sqlite_url) as running:
        yield running


@pytest.fixture(scope="module", params=BOTH)
def each(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """The sample once on each database."""
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("api") / "each.db"
        shutil.copy(request.getfixturevalue("migrated_file"), path)
        url = f"sqlite:///{path}"
    else:
        server: Server = request.getfixturevalue("server")
        url = server.make(TEMPLATE)
    load_sample(url)
    with served(url) as running:
        yield running


@pytest.fixture
def client(one: Served) -> Client:
    return one.client
