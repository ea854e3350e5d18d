"""A library beside us, in a process and an environment of its own.

Run by the Python of requirements/peer.lock, because `eventsourcing_sqlalchemy`
wants an older SQLAlchemy than Parley; no Parley code runs in here but the clock
of tests/bench/laps.py. It is given the library's settings, and answers each
line, an act and its arguments, with the lap.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, TypeAlias
from uuid import UUID, uuid4

from eventsourcing.application import Application
from eventsourcing.domain import DomainEvent
from sqlalchemy import Engine, event

from tests.bench.laps import Lap, all_at_once, in_one_go, one_by_one

Body: TypeAlias = dict[str, Any]
Library: TypeAlias = Application[UUID]
State: TypeAlias = tuple[str, int, tuple[Any, ...]]
PAGE = 500
"""Events that are read at once, as many as we read."""


class Noted(DomainEvent):
    """What someone handed in, as it came: nobody validates or hashes it."""

    body: Body


@event.listens_for(Engine, "connect")
def be_durable(connection: object, _: object) -> None:
    """The settings of the ledger; PostgreSQL is durable as it comes."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")


def save(library: Library, bodies: Sequence[Body]) -> None:
    """All of them in one transaction, each the first event of a stream of its own."""
    now = Noted.create_timestamp()
    noted = (Noted(uuid4(), 1, now, body) for body in bodies)  # type: ignore[call-arg]
    library.save(*noted)


def lap(library: Library, bodies: Sequence[Body], batch: int, writers: int) -> Lap:
    """Save the bodies in batches, a transaction each, by that many writers at once."""
    parts = [bodies[first : first + batch] for first in range(0, len(bodies), batch)]

    def act(part: Sequence[Body]) -> None:
        save(library, part)

    done = one_by_one(act, parts) if writers == 1 else all_at_once(act, parts, writers)
    return Lap(done.seconds, len(bodies), done.waits)


def fold(library: Library, bodies: Sequence[Body], streams: int) -> Lap:
    """Save the bodies on some streams, and time reading the log back and folding each stream.

    A state holds the last kind, how many events there were, and the last eight of them.
    """
    ids, now = [uuid4() for _ in range(streams)], Noted.create_timestamp()
    after = library.recorder.max_notification_id() or 0
    for number, body in enumerate(bodies):
        version, which = divmod(number, streams)
        library.save(Noted(ids[which], version + 1, now, body))  # type: ignore[call-arg]
    states: dict[UUID, State] = {}

    def act() -> None:
        first = after + 1
        while found := library.recorder.select_notifications(first, PAGE):
            for notification in found:
                noted = library.mapper.to_domain_event(notification)
                state = states.get(noted.originator_id, ("", 0, ()))
                kind = noted.body["kind"]  # type: ignore[attr-defined]
                states[noted.originator_id] = (kind, state[1] + 1, (*state[2], noted)[-8:])
            first = found[-1].id + 1

    return in_one_go(act, len(bodies))


ACTS: dict[str, Callable[..., Lap]] = {"lap": lap, "fold": fold}


def answer(settings: dict[str, str]) -> None:
    """A lap a line until there are no more."""
    library: Library = Application(settings)
    for line in sys.stdin:
        order = json.loads(line)
        done = ACTS[order.pop("act")](library, **order)
        sys.stdout.write(f"{json.dumps(asdict(done))}\n")
        sys.stdout.flush()
    library.close()


if __name__ == "__main__":
    answer(json.loads(sys.argv[1]))
