"""Clients that stop reading cost a server little, hold nobody up, and miss nothing."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from subprocess import DEVNULL
from urllib.parse import urlsplit

import pytest
from httpx2 import Client

from app.keys import Role, make_key
from app.parley import open_parley
from app.settings import read_settings
from feed.limits import RECENT
from tests.api.conftest import bearer
from tests.api.sse import STREAM, Parser
from tests.api.test_metrics import measured, value
from tests.app.bodies import NEGOTIATION, SETTING, pledge
from tests.cli.conftest import LONGEST_RUN, Shell
from tests.cli.servers import serving

EVENTS = f"/v1/negotiations/{NEGOTIATION}/events"
MOST = 16
"""Kilobytes of the server that one more client may take when it stops reading."""
BATCH = 100
"""Clients that come at one time."""
NEW = 300
"""Entries that are recorded while they do not read."""
KEPT = 32_768
"""Bytes that the kernel keeps for a client that does not read."""


class Reader:
    """A client by its socket alone, that reads when it is told to."""

    def __init__(self, address: str, after: int) -> None:
        where = urlsplit(address)
        self._raw = socket.socket()
        self._raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, KEPT)
        self._raw.settimeout(LONGEST_RUN)
        self._raw.connect((str(where.hostname), where.port or 80))
        head = f"GET {STREAM}?after={after} HTTP/1.1\r\nHost: localhost\r\n\r\n"
        self._raw.sendall(head.encode())
        self._parser, self._waiting, self._headed = Parser(), b"", False
        self.positions: list[int] = []
        self.at = 0

    def read_until(self, position: int) -> None:
        """Read what comes, up to a position."""
        while self.at < position:
            part = self._raw.recv(65_536)
            if not part:
                raise ConnectionError(f"the stream ended at {self.at}")
            self._waiting += part
            for line in self._lines():
                message = self._parser.take(line)
                if message is not None:
                    self.at = message.position
                    if not message.name:
                        self.positions.append(message.position)

    def close(self) -> None:
        """Leave."""
        self._raw.close()

    def _lines(self) -> Iterator[str]:
        """The whole lines of what has come; what frames the chunks is no line of the stream."""
        if not self._headed:
            _, found, rest = self._waiting.partition(b"\r\n\r\n")
            if not found:
                return
            self._waiting, self._headed = rest, True
        *whole, self._waiting = self._waiting.split(b"\n")
        for line in whole:
            # A chunk ends with CR LF and begins with its length, alone on a line.
            if not line.endswith(b"\r"):
                yield line.decode()


def record(writer: Client, first: int, many: int) -> int:
    """Record so many pledges, a hundred at a time; gives the last position."""
    position = 0
    for start in range(first, first + many, 100):
        bodies = [pledge(f"steel-{n}") for n in range(start, min(start + 100, first + many))]
        done = writer.post(EVENTS, json=bodies)
        assert done.status_code == 201, done.text
        position = done.json()["recorded"][-1]["position"]
    return position


def kilobytes(pid: int) -> int:
    """The memory that a process has."""
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    found = re.search(r"^VmRSS:\s+(\d+) kB$", status, re.MULTILINE)
    assert found is not None
    return int(found[1])


def stop_reading(shell: Shell, many: int) -> None:
    with open_parley(read_settings(database_url=shell.url)) as parley:
        key = make_key(parley, "writer", Role.RECORDER).secret
    with ExitStack() as stack:
        process, address = stack.enter_context(serving(shell, stderr=DEVNULL))
        writer = stack.enter_context(
            Client(base_url=address, timeout=LONGEST_RUN, headers=bearer(key))
        )
        assert writer.post(EVENTS, json=SETTING).status_code == 201
        # What the server keeps for those who are a little late has its full size before.
        size = record(writer, 0, RECENT + 100)
        readers: list[Reader] = []
        for _ in range(0, many, BATCH):
            new = [Reader(address, size) for _ in range(BATCH)]
            for reader in new:
                stack.callback(reader.close)
                reader.read_until(size)
            readers += new
        live = Reader(address, size)
        stack.callback(live.close)
        before = kilobytes(process.pid)
        last = record(writer, size, NEW)
        live.read_until(last)
        assert value(measured(writer), "parley_feed_lagging_streams") >= many
        assert live.positions == list(range(size + 1, last + 1))
        grown = kilobytes(process.pid) - before
        assert grown / many <= MOST
        for reader in readers:
            reader.read_until(last)
            assert reader.positions == live.positions


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells of memory")
def test_four_hundred_that_stop_reading_cost_little_and_end_complete(shell: Shell) -> None:
    stop_reading(shell, 400)


@pytest.mark.long
@pytest.mark.timeout(3_600)
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells of memory")
def test_a_thousand_that_stop_reading_cost_little_and_end_complete(shell: Shell) -> None:
    stop_reading(shell, 1_000)
