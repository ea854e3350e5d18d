"""The two libraries beside us, each at work in a process of its own (tests/bench/peer.py)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from urllib.parse import parse_qs, urlsplit

from tests.bench.laps import Lap

ROOT = Path(__file__).parents[2]
PYTHON = Path(sys.prefix) / "peer" / "bin" / "python"
"""The environment of requirements/peer.lock, which `make bench` puts into ours."""


class Peer:
    """A library on an empty database."""

    def __init__(self, talk: subprocess.Popen[str]) -> None:
        self._in, self._out = _opened(talk.stdin), _opened(talk.stdout)

    def lap(self, bodies: Sequence[dict[str, Any]], *, batch: int = 1, writers: int = 1) -> Lap:
        """Save bodies in batches by that many writers; timed over there, so the pipe is not."""
        return self._ask({"act": "lap", "bodies": bodies, "batch": batch, "writers": writers})

    def fold(self, bodies: Sequence[dict[str, Any]], streams: int) -> Lap:
        """Read a log of these bodies back and fold it; saving them is not timed."""
        return self._ask({"act": "fold", "bodies": bodies, "streams": streams})

    def _ask(self, order: dict[str, Any]) -> Lap:
        self._in.write(f"{json.dumps(order)}\n")
        self._in.flush()
        told = json.loads(self._out.readline())
        return Lap(told["seconds"], told["events"], tuple(told["waits"]))


def settings_of_postgres(url: str) -> dict[str, str]:
    """`eventsourcing.postgres` on a database, with the library's own defaults."""
    where = urlsplit(url)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": where.path.removeprefix("/"),
        "POSTGRES_HOST": parse_qs(where.query)["host"][0],
        "POSTGRES_PORT": "5432",
        "POSTGRES_USER": where.username or "",
        "POSTGRES_PASSWORD": where.password or "",
    }


def settings_of_orm(url: str) -> dict[str, str]:
    """`eventsourcing_sqlalchemy` on a database, with its own defaults."""
    return {
        "PERSISTENCE_MODULE": "eventsourcing_sqlalchemy",
        "SQLALCHEMY_URL": url.replace("postgresql:", "postgresql+psycopg:"),
    }


IN_MEMORY = {"PERSISTENCE_MODULE": "eventsourcing.popo"}
"""The library's own log in memory."""


@contextmanager
def open_peer(settings: dict[str, str]) -> Iterator[Peer | None]:
    """The process of a library; None where its environment could not be made."""
    if not PYTHON.exists():
        yield None
        return
    with subprocess.Popen(
        [str(PYTHON), "-m", "tests.bench.peer", json.dumps(settings)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as talk:
        try:
            yield Peer(talk)
        finally:
            # It ends with its input.
            _opened(talk.stdin).close()


def _opened(stream: IO[str] | None) -> IO[str]:
    if stream is None:
        raise RuntimeError("the process was started without pipes")
    return stream
