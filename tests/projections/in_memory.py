"""Storey one without a database: the rectangles of a log, and a stab at them, in memory.

The same for the real room and for a copy of it with a mistake (`planted.Room`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from domain.entry import Entry
from domain.story import Standing
from projections.reference import record_at, world_at
from tests.projections.planted import Room
from tests.story.checks import Teller, differences, turn_id
from tests.story.histories import NEGOTIATION, History
from tests.story.oracle import Told

NOTHING = Standing(None, None, None, None, (), (), (), ())
"""What a story comes to that has not begun, and of which nothing is to be told."""
PARTS = ("state", "certain", "anomalies", "undated", "since", "certain_since")
"""What a rectangle tells of what the oracle tells; not the order, which is the fold's."""
ALIKE = ("state", "certain", "since", "certain_since")
TOGETHER = ("anomalies", "undated", "order_unknown", "disputing")
"""What a standing tells in no order."""


def rows_of(room: Room, log: Sequence[Entry], *, forgetful: bool = False) -> list[Any]:
    """The rectangles of a log; one that is forgetful reads every story anew for every entry."""
    by_id, streams = {e.id: e for e in log}, defaultdict[str, list[Entry]](list)
    for entry in log:
        streams[entry.stream].append(entry)

    def stream(name: str, upto: int) -> Sequence[Entry]:
        return [e for e in streams[name] if e.position <= upto]

    def find(ids: Iterable[UUID]) -> Mapping[UUID, Entry]:
        return {name: by_id[name] for name in ids if name in by_id}

    links, shelves = room["links"].Links(1, stream, find), room["shelves"].Shelves(1)
    pile = room["pile"].Pile(1)
    stories = _without_a_database(room)(None, 1, stream, links, shelves, pile)
    rows, amending = room["rows"].Rows(1), room["change"].Amending(stream)
    for entry in log:
        if forgetful:
            stories.drop_all()
            amending = room["change"].Amending(stream)
        stories.tell(amending.change_of(entry), rows)
    if rows.closed:
        raise LookupError(f"closed, and never opened: {rows.closed}")
    opened: list[Any] = rows.insertions()
    return opened


def _without_a_database(room: Room) -> Any:  # noqa: ANN401 - a class of the room.
    """The stories of a room; the streams of a stance, else in a table, are kept in memory."""

    class InMemory(room["stories"].Stories):  # type: ignore[misc]
        def _streams_of(self, stance: str) -> list[str]:
            return sorted({stream for story, stream in self._new if story == stance})

        def drop_all(self) -> None:
            self._told.clear()
            self._kept = 0

    return InMemory


def standings_at(
    room: Room, rows: Iterable[Any], minute: int, position: int
) -> dict[str, Standing]:
    """Every story as the rectangles that hold a point tell it; no end belongs to a rectangle."""
    stabbed = [
        (row.story, row.facet, row.payload)
        for row in rows
        if row.valid_from <= minute < row.valid_to and row.known_from <= position < row.known_to
    ]
    # The half of reading a world that needs no database.
    stories, _ = room["read_world"]._sort(stabbed)  # noqa: SLF001
    return {key: found.standing() for key, found in stories.items()}


def told_by_rows(room: Room, *, forgetful: bool = False) -> Teller:
    """A story as the rectangles tell it; those of a log are made once."""
    made: dict[int, tuple[Sequence[Entry], list[Any]]] = {}

    def tell(story: str, log: Sequence[Entry], minute: int, known: int) -> Told:
        if id(log) not in made:
            made.clear()
            made[id(log)] = log, rows_of(room, log, forgetful=forgetful)
        standing = standings_at(room, made[id(log)][1], minute, known).get(story, NOTHING)
        return Told(
            state=standing.state,
            certain=standing.certain,
            anomalies=frozenset((a.code, a.entry, a.clashes_with) for a in standing.anomalies),
            undated=frozenset(standing.undated),
            order=(),
            since=turn_id(standing.since),
            certain_since=turn_id(standing.certain_since),
        )

    return tell


def unlike(
    told: Mapping[str, Standing], log: Sequence[Entry], minute: int, position: int
) -> list[tuple[str, object, object]]:
    """What is not as the reference has it: story and part, what was told, what is right."""
    right = world_at(record_at(log, NEGOTIATION, position), minute).standings
    found: list[tuple[str, object, object]] = []
    for key in sorted({*told, *right}):
        ours, theirs = told.get(key, NOTHING), right.get(key, NOTHING)
        pairs = [(part, getattr(ours, part), getattr(theirs, part)) for part in ALIKE]
        pairs += [(p, set(getattr(ours, p)), set(getattr(theirs, p))) for p in TOGETHER]
        found += [(f"{part} of {key}", a, b) for part, a, b in pairs if a != b]
    return found


def mistakes(
    room: Room, history: History, *, forgetful: bool = False
) -> list[tuple[str, object, object]]:
    """Where the rectangles of a history say otherwise than the oracle or than the reference."""
    found = differences(told_by_rows(room, forgetful=forgetful), history, PARTS)
    return found + unlike_the_reference(room, history, forgetful=forgetful)


def unlike_the_reference(
    room: Room, history: History, *, forgetful: bool = False
) -> list[tuple[str, object, object]]:
    """The same without the oracle, who takes his time over a long story."""
    rows = rows_of(room, history.log, forgetful=forgetful)
    found: list[tuple[str, object, object]] = []
    for asked in history.questions:
        told = standings_at(room, rows, asked.minute, asked.known)
        found += unlike(told, history.log, asked.minute, asked.known)
    return found
