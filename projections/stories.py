"""Storey one: every story as rectangles.

A change touches the story of its stream and the stances that its statements
are about, those they were about before as well (domain page, section 5).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, Engine, select

from domain.entry import Entry
from domain.event import ThingEvent
from domain.story import amend
from domain.things.stance import stance_keys
from ledger.faults import as_refusals
from projections.change import Change, Streams, Trouble, troubles_of
from projections.links import STORY as LINKS
from projections.links import Links
from projections.reference import evolve_of
from projections.rows import Rows
from projections.shelves import Shelves
from projections.story_lines import Standing, StoryLines
from projections.tables import STANCES

KEPT = 50_000
"""Entries whose stories stay in memory; one of a single entry takes some ten kilobytes."""
FEW = 16
"""Stories that stay in memory however long they are: reading one again would take as long."""
ASIDE = frozenset({"source"})
"""The sorts of things that no answer looks at one by one."""


class Stories:
    """Every story that changes, as it stands at the position last told."""

    def __init__(
        self, engine: Engine, edition: int, streams: Streams, links: Links, shelves: Shelves
    ) -> None:
        self._engine = engine
        self._stances = STANCES[edition]
        self._streams = streams
        self._links = links
        self._shelves = shelves
        self._told: OrderedDict[str, StoryLines] = OrderedDict()
        self._kept = 0
        self._new: set[tuple[str, str]] = set()

    def tell(self, change: Change, rows: Rows) -> None:
        """Tell every story that a change touches, and gather what becomes of its rectangles."""
        position, stream = change.position, change.entry.stream
        drawn, _ = self._links.tell(change, self._shelves.front(change.entry.negotiation))
        rows.draw(LINKS, drawn, position)
        for key, (gone, come) in stories_touched(change).items():
            lines = self._lines(key, change, gone, come)
            troubles = change.troubles if key == stream else None
            rows.draw(key, lines.tell(gone, come, troubles), position)
            self._kept += len(come) - len(gone)
            if key != stream:
                self._new |= {(key, entry.stream) for entry in come}
        self._let_go()

    def write(self, connection: Connection) -> None:
        """Write which streams the stances stand in."""
        if self._new:
            found = self._known_stances(connection, {story for story, _ in self._new})
            rows = [{"story": s, "stream": t} for s, t in sorted(self._new - found)]
            if rows:
                connection.execute(self._stances.insert(), rows)
            self._new = set()

    def _lines(
        self, key: str, change: Change, gone: Sequence[Entry], come: Sequence[Entry]
    ) -> StoryLines:
        lines = self._told.get(key)
        if lines is None or not lines.can_take(gone, come):
            self._kept -= 0 if lines is None else len(lines.members)
            lines = self._told[key] = self._read(key, change)
            self._kept += len(lines.members)
        self._told.move_to_end(key)
        return lines

    def _read(self, key: str, change: Change) -> StoryLines:
        """A story as it stood before a change, folded from the log."""
        owner, sort, _ = key.split("/", 2)
        notes = self._shelves.front(owner)
        states = self._shelves.back(owner) if sort in ASIDE else notes
        lines = StoryLines(evolve_of(key), Standing(states, notes))
        if sort == "stance":
            names = self._streams_of(key)
        elif change.entry.version > 1:
            names = [key]
        else:
            return lines
        entries: list[Entry] = []
        troubles: tuple[Trouble, ...] | None = None
        for name in names:
            told = self._streams(name, change.position - 1)
            amended, anomalies = amend(told)
            entries += [e for e in amended if key in stories_of(e)]
            if name == key:
                known = {e.id: e for e in told} | {e.id: e for e in amended}
                troubles = troubles_of(anomalies, known)
        lines.tell((), entries, troubles)
        return lines

    def _streams_of(self, stance: str) -> list[str]:
        s = self._stances.c
        with as_refusals(), self._engine.connect() as connection:
            found = connection.scalars(select(s.stream).where(s.story == stance)).all()
        return sorted({*found, *(stream for story, stream in self._new if story == stance)})

    def _known_stances(self, connection: Connection, stories: set[str]) -> set[tuple[str, str]]:
        s = self._stances.c
        names = sorted(stories)
        found: set[tuple[str, str]] = set()
        for start in range(0, len(names), 500):
            lot = names[start : start + 500]
            rows = connection.execute(select(s.story, s.stream).where(s.story.in_(lot)))
            found |= {(row.story, row.stream) for row in rows}
        return found

    def _let_go(self) -> None:
        """Keep in memory what was told of last, and of long stories that grow their ends."""
        for _ in range(len(self._told)):
            if self._kept <= KEPT:
                return
            key, lines = self._told.popitem(last=False)
            self._kept -= len(lines.members)
            if lines.let_go() or len(self._told) < FEW:
                self._told[key] = lines
                self._kept += len(lines.members)


def stories_touched(change: Change) -> dict[str, tuple[Sequence[Entry], Sequence[Entry]]]:
    """The stories that a change concerns, each with the entries it loses and gains."""
    touched: dict[str, tuple[list[Entry], list[Entry]]] = {}
    for number, entries in enumerate((change.gone, change.come)):
        for entry in entries:
            for key in stories_of(entry):
                touched.setdefault(key, ([], []))[number].append(entry)
    if change.troubles is not None and "/" in change.entry.stream:
        touched.setdefault(change.entry.stream, ([], []))
    return dict(touched)


def stories_of(entry: Entry) -> Iterator[str]:
    """The story of its stream, and the stances it is about; none for what is said of entries."""
    if isinstance(entry.event, ThingEvent):
        yield entry.stream
        yield from stance_keys(entry)
