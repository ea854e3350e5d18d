"""A log told to read models, entry by entry, as the projector would tell it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from domain.entry import Entry
from domain.story import amend
from projections.change import Change


def changes_of(log: Sequence[Entry]) -> Iterator[Change]:
    """What each entry of a log changes, the slow way: its stream amended before and after it."""
    streams: dict[str, list[Entry]] = {}
    for entry in log:
        told = streams.setdefault(entry.stream, [])
        before, _ = amend(told)
        told.append(entry)
        after, _ = amend(told)
        gone = tuple(e for e in before if e not in after)
        come = tuple(e for e in after if e not in before)
        yield Change(entry, gone, come)


def standing(log: Sequence[Entry], known: int) -> list[Entry]:
    """The entries that stand at a position, amended, of every stream."""
    streams: dict[str, list[Entry]] = {}
    for entry in log:
        if entry.position <= known:
            streams.setdefault(entry.stream, []).append(entry)
    return [entry for entries in streams.values() for entry in amend(entries)[0]]
