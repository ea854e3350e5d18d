"""Which links stand, and between what: a rectangle for each whose two ends are known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, bindparam, delete, select

from domain.entries import EntryLinked
from domain.entry import Entry
from domain.event import COMMONS
from domain.story import amend
from projections.change import Change, Streams
from projections.lines import Stretch, Value
from projections.relations import SAME, Link, link_of
from projections.stored import StoredLink, format_link, parse_link
from projections.story_lines import Drawn
from projections.tables import BEGINNING, FOR_EVER, LINKS, RECTANGLES

STORY = "links"
"""What stands as the story of every link; its facet is the id of the link."""


class _Ends(NamedTuple):
    """A link as it was recorded: the streams and the entries that it is between."""

    stream: str
    one: UUID
    other_stream: str
    other: UUID


class Links:
    """Every link of the log, and which of them stand at the position last told."""

    def __init__(
        self,
        edition: int,
        streams: Streams,
        find: Callable[[Iterable[UUID]], Mapping[UUID, Entry]],
    ) -> None:
        self._edition = edition
        self._streams = streams
        self._find = find
        self._ends: dict[UUID, _Ends] = {}
        self._by_end: dict[UUID, set[UUID]] = {}
        self._standing: dict[UUID, StoredLink] = {}
        self._new: set[UUID] = set()
        self._same: Counter[str] = Counter()

    def read(self, connection: Connection) -> None:
        """Take what the edition holds."""
        rectangles = RECTANGLES[self._edition].c
        for row in connection.execute(select(LINKS[self._edition])):
            ends = _Ends(row.stream, UUID(row.one), row.other_stream, UUID(row.other))
            self._register(UUID(row.id), ends)
        standing = select(rectangles.facet, rectangles.payload).where(
            rectangles.story == STORY, rectangles.known_to == FOR_EVER
        )
        for row in connection.execute(standing):
            self._stand(UUID(row.facet), parse_link(row.payload))

    def write(self, connection: Connection) -> None:
        """Write the links that are new."""
        rows = [
            {
                "id": str(link),
                "stream": ends.stream,
                "one": str(ends.one),
                "other_stream": ends.other_stream,
                "other": str(ends.other),
            }
            for link in sorted(self._new)
            for ends in (self._ends[link],)
        ]
        if rows:
            table = LINKS[self._edition]
            # A correction may have named another end.
            connection.execute(
                delete(table).where(table.c.id == bindparam("link")),
                [{"link": row["id"]} for row in rows],
            )
            connection.execute(table.insert(), rows)
        self._new = set()

    def is_same(self, stream: str) -> bool:
        """Whether a thing is, by a link that stands, perhaps the same event as another."""
        return self._same[stream] > 0

    def tell(self, change: Change, shelf_of: Callable[[str], int]) -> tuple[Drawn, dict[str, bool]]:
        """What a change does to links; each belongs to the owner of its own stream.

        Also the things that it makes, or no longer makes, one event with another,
        each with whether it was taken for one before.
        """
        self._take(change)
        touched = {e.id for e in (*change.gone, *change.come)}
        linked = {i for i in touched if i in self._ends}
        linked |= {link for i in touched for link in self._by_end.get(i, ())}
        drawn, things = Drawn(), dict[str, bool]()
        for link in sorted(linked):
            was, now = self._standing.get(link), self._now(link, change.position)
            if was == now:
                continue
            # What changes may be the other end, in the commons or another negotiation.
            shelf = shelf_of(self._ends[link].stream.partition("/")[0])
            drawn.gone |= {(str(link), _stretch(was, shelf)): None} if was else {}
            drawn.come |= {(str(link), _stretch(now, shelf)): None} if now else {}
            for thing in (*_sames(was), *_sames(now)):
                things.setdefault(thing, self.is_same(thing))
            self._stand(link, now)
        return drawn, things

    def _take(self, change: Change) -> None:
        """Know of a link from when it is recorded, and of its new end from a correction on."""
        for entry in change.come:
            event = entry.event
            if isinstance(event, EntryLinked):
                found = self._find([event.to])
                other = found[event.to].stream if event.to in found else ""
                ends = _Ends(entry.stream, event.entry, other, event.to)
                if self._ends.get(entry.id) != ends:
                    self._register(entry.id, ends)
                    self._new.add(entry.id)

    def _register(self, link: UUID, ends: _Ends) -> None:
        self._ends[link] = ends
        for end in (ends.one, ends.other):
            self._by_end.setdefault(end, set()).add(link)

    def _stand(self, link: UUID, now: StoredLink | None) -> None:
        was = self._standing.pop(link, None)
        self._same.subtract(_sames(was))
        self._same.update(_sames(now))
        if now is not None:
            self._standing[link] = now

    def _now(self, link: UUID, position: int) -> StoredLink | None:
        """How a link stands at a position, from the streams of its two ends."""
        ends = self._ends[link]
        owner = ends.stream.partition("/")[0]
        # What another negotiation holds is not known in this one.
        known = (
            (owner, COMMONS) if owner != COMMONS else (ends.other_stream.partition("/")[0], owner)
        )
        names = {n for n in (ends.stream, ends.other_stream) if n.partition("/")[0] in known}
        entries = {e.id: e for name in names for e in amend(self._streams(name, position))[0]}
        if link not in entries:
            return None
        found = link_of(entries[link], {i: entry.stream for i, entry in entries.items()})
        return None if found is None else StoredLink(entries[link].position, found)


def _sames(stored: StoredLink | None) -> Iterator[str]:
    """The two things that a link takes for one event; none for any other link."""
    link: Link | None = None if stored is None else stored.link
    if link is not None and link.relation == SAME:
        yield link.one
        yield link.other


def _stretch(stored: StoredLink, shelf: int) -> Stretch:
    return Stretch(BEGINNING, FOR_EVER, Value(format_link(stored), 0, shelf))
