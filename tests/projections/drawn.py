"""Drawn histories on their way into a real log, each in a negotiation of its own."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from uuid import NAMESPACE_OID, UUID, uuid5

from domain.entry import Draft, Entry
from domain.registry import read_event

RECORDER = "analyst"


def drafts_of(log: Iterable[Entry]) -> list[Draft]:
    """The entries of a log as drafts, with the ids that they have."""
    return [Draft(e.event, e.stream, e.id, e.recorded_by, e.span) for e in log]


def moved(log: Sequence[Entry], negotiation: str, *, salt: str = "") -> list[Draft]:
    """A log in another negotiation, under other ids; what it says is otherwise the same.

    What it says in the commons stays there. `salt` tells apart two copies in one negotiation.
    """
    ids = {e.id: uuid5(NAMESPACE_OID, f"{negotiation} {salt} {e.id}") for e in log}
    homes = {e.negotiation for e in log} - {"commons", "log"}
    return [_moved(entry, negotiation, homes, ids) for entry in log]


def _moved(entry: Entry, negotiation: str, homes: Iterable[str], ids: Mapping[UUID, UUID]) -> Draft:
    body, stream = json.dumps(entry.event.body()), entry.stream
    for old, new in ids.items():
        body = body.replace(str(old), str(new))
    for home in homes:
        body = body.replace(f'"{home}/', f'"{negotiation}/')
        if entry.thing == "negotiation":
            body = body.replace(f'"slug": "{home}"', f'"slug": "{negotiation}"')
            stream = stream.replace(f"/{home}", f"/{negotiation}")
        if stream.startswith(f"{home}/"):
            stream = negotiation + stream.removeprefix(home)
    return Draft(read_event(json.loads(body)), stream, ids[entry.id], RECORDER, entry.span)
