"""Many clients of one server, in one loop: each takes what comes, and counts the entries in it."""

from __future__ import annotations

import select
import socket
from time import perf_counter

MARK = b'data: {"specversion"'
"""How the data of an entry begins, and nothing else that a stream sends."""
AT_ONCE = 100
"""Clients that come at one time, so that none is sent away."""
PATIENCE = 120.0
"""Seconds without a byte after which a server is given up."""
PART = 1 << 18
"""Bytes that are taken at once."""


class Crowd:
    """So many clients at an address of one server on this machine.

    With `kept` the kernel keeps no more than so many bytes for one that does not read.
    """

    def __init__(self, port: int, path: str, kept: int | None = None) -> None:
        self._port, self._path, self._kept = port, path, kept
        self._epoll = select.epoll()
        self._clients: dict[int, _Client] = {}

    def __len__(self) -> int:
        """How many there are."""
        return len(self._clients)

    def open(self, many: int) -> None:
        """Have so many more come, and wait until each has the head of its answer."""
        for start in range(0, many, AT_ONCE):
            number = min(AT_ONCE, many - start)
            new = [_Client(self._port, self._path, self._kept) for _ in range(number)]
            for client in new:
                client.begin()
                self._clients[client.raw.fileno()] = client
                self._epoll.register(client.raw, select.EPOLLIN)

    def wait_for(self, entries: int) -> float:
        """Read until each has had so many entries in all; the moment at which the last had them."""
        waiting = {n for n, client in self._clients.items() if client.entries < entries}
        while waiting:
            found = self._epoll.poll(PATIENCE)
            if not found:
                raise TimeoutError(f"{len(waiting)} clients wait for entry {entries}")
            for number, _ in found:
                client = self._clients[number]
                client.take()
                if client.entries >= entries:
                    waiting.discard(number)
        return perf_counter()

    def close(self) -> None:
        """Have all of them leave."""
        for client in self._clients.values():
            client.raw.close()
        self._clients.clear()
        self._epoll.close()


class _Client:
    """One connection, and how many entries have come over it."""

    __slots__ = ("_tail", "entries", "raw")

    def __init__(self, port: int, path: str, kept: int | None) -> None:
        self.entries, self._tail = 0, b""
        self.raw = socket.socket()
        if kept is not None:
            self.raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, kept)
        self.raw.connect(("127.0.0.1", port))
        self.raw.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())

    def begin(self) -> None:
        """Wait for the head."""
        head = b""
        while b"\r\n\r\n" not in head:
            part = self.raw.recv(PART)
            if not part:
                raise ConnectionError("the server has sent a client away")
            head += part
        if not head.startswith(b"HTTP/1.1 200"):
            raise ConnectionError(head.partition(b"\r\n")[0].decode())
        self._count(head)
        self.raw.settimeout(0)

    def take(self) -> None:
        """Take what is there."""
        try:
            part = self.raw.recv(PART)
        except BlockingIOError:
            return
        if not part:
            raise ConnectionError("the server has ended a stream")
        self._count(part)

    def _count(self, part: bytes) -> None:
        # A mark may come in two parts.
        whole = self._tail + part
        self.entries += whole.count(MARK)
        self._tail = whole[-(len(MARK) - 1) :]
