"""A client that keeps its own picture: a snapshot, and the payloads of the stream, folded."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from httpx2 import Client

from domain.dates import last_minute
from domain.entry import Entry
from ledger.mapper import entry_of
from projections.answers import Question
from projections.framework import framework_of
from projections.reference import record_at, world_at
from tests.api.sse import Message, messages_of, opened

BATCH = "application/cloudevents-batch+json"
MOST_CUTS = 3_000
"""A client that comes back that often without an end has lost what it waits for."""
AS_OF = "2026-06-01"


class Missed(AssertionError):
    """An entry did not come, or came twice, or out of its order."""


@dataclass
class Folder:
    """What a client knows that was never told anything but events; `last` is where it is."""

    asked: dict[str, Any] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    last: str = "0"
    cuts: int = 0

    def begin(self, client: Client, position: int) -> None:
        """Take the log up to a position, as one page of it."""
        known = {**self.asked, "known_at": position, "limit": 1_000}
        batch = client.get("/v1/events", params=known, headers={"Accept": BATCH}).json()
        for event in batch:
            self._add(event)
        self.last = str(position)

    def take(self, message: Message) -> None:
        """Take an event of the stream in."""
        self.last = message.id or self.last
        if not message.name:
            self._add(message.data)

    def follow(self, client: Client, upto: int, *, cut_after: int | None = None) -> None:
        """Read until it has come to a position; the connection breaks after every so many."""
        while self.position < upto:
            with opened(client, last=self.last, **self.asked) as answer:
                messages = messages_of(answer.iter_lines())
                for message in islice(self._until(messages, upto), cut_after):
                    self.take(message)
            self.cuts += 1
            if self.cuts > MOST_CUTS:
                raise Missed(f"{upto} never came")

    def _until(self, messages: Iterator[Message], upto: int) -> Iterator[Message]:
        for message in messages:
            yield message
            if self.position >= upto:
                return

    @property
    def position(self) -> int:
        """The position that it has come to."""
        return int(self.last.rpartition(".")[2])

    def framework(self, question: dict[str, Any]) -> dict[str, Any]:
        """The answer to a question, folded out of what has come."""
        asked = Question.model_validate(question)
        record = record_at(self.entries, asked.negotiation, asked.known_at.position)
        world = world_at(record, last_minute(asked.as_of, "as_of"))
        return framework_of(world, asked).model_dump(mode="json")

    def _add(self, event: dict[str, Any]) -> None:
        entry = entry_of(json.dumps(event["data"]).encode(), int(event["sequence"]))
        if self.entries and entry.position <= self.entries[-1].position:
            raise Missed(f"{entry.position} came after {self.entries[-1].position}")
        self.entries.append(entry)


def check(client: Client, folder: Folder, *negotiations: str) -> None:
    """Assert that a client's picture is the one that it would be given afresh."""
    for negotiation in negotiations:
        address = f"/v1/negotiations/{negotiation}/framework"
        fresh = client.get(address, params={"as_of": AS_OF, "known_at": folder.position}).json()
        told = folder.framework(fresh["question"])
        if told != fresh:
            raise Missed(f"the picture of {negotiation} at {folder.position} is another")


def check_whole(folder: Folder, size: int) -> None:
    """Assert that every entry has come, once and in its place."""
    came = [entry.position for entry in folder.entries]
    if came != list(range(1, size + 1)):
        raise Missed(f"{size} entries, and {len(came)} came")
