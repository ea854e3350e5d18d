"""Server-sent events as a client reads them (WHATWG HTML, 9.2.6), over a connection of its own."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from httpx2 import Client, Response

STREAM = "/v1/events/stream"
MEDIA_TYPE = "text/event-stream"


@dataclass(frozen=True)
class Message:
    """One event of a stream; `name` is empty for entries of the log."""

    name: str
    id: str
    data: dict[str, Any]

    @property
    def position(self) -> int:
        """The position that its id, the cursor, names."""
        return int(self.id.rpartition(".")[2])


@dataclass
class Parser:
    """Takes lines, gives events, as the standard says; `retry` is the last that was said."""

    retry: int | None = None
    comments: int = 0
    last_id: str = ""
    _name: str = ""
    _data: list[str] = field(default_factory=list)

    def take(self, line: str) -> Message | None:
        """The event that a line ends, if it ends one."""
        if not line:
            message = None
            if self._data:
                message = Message(self._name, self.last_id, json.loads("\n".join(self._data)))
            self._name, self._data = "", []
            return message
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not name:
            self.comments += 1
        elif name == "event":
            self._name = value
        elif name == "data":
            self._data.append(value)
        elif name == "id":
            self.last_id = value
        elif name == "retry":
            self.retry = int(value)
        return None


def messages_of(lines: Iterable[str], parser: Parser | None = None) -> Iterator[Message]:
    """The events that lines hold, in their order."""
    parser = parser or Parser()
    for line in lines:
        message = parser.take(line)
        if message is not None:
            yield message


@contextmanager
def opened(client: Client, *, last: str | None = None, **asked: str | int) -> Iterator[Response]:
    """A stream that was answered with 200."""
    headers = {"Accept": MEDIA_TYPE} | ({} if last is None else {"Last-Event-ID": last})
    with client.stream("GET", STREAM, params=asked, headers=headers) as answer:
        if answer.status_code != 200:
            answer.read()
        assert answer.status_code == 200, answer.text
        assert answer.headers["Content-Type"].startswith(MEDIA_TYPE)
        yield answer


def until(messages: Iterable[Message], name: str) -> list[Message]:
    """The events up to and with the first of this name."""
    found = []
    for message in messages:
        found.append(message)
        if message.name == name:
            return found
    raise AssertionError(f"the stream ended without {name}")


def positions(messages: Iterable[Message]) -> list[int]:
    """The positions of the entries among events."""
    return [message.position for message in messages if not message.name]
