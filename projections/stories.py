"""Storey one: every story as rectangles, and the attacks that a pile counts.

A change touches the story of its stream and the stances that its statements
are about, those they were about before as well (domain page, section 5).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import Connection, Engine, select

from domain.entry import Entry
from domain.event import ThingEvent
from domain.registry import evolve_of
from domain.story import amend
from domain.things.attack import AttackCarriedOut
from domain.things.stance import stance_keys
from ledger.faults import as_refusals
from ledger.lots import in_lots
from projections.change import Change, Streams, Trouble, troubles_of
from projections.items import sum_of
from projections.links import STORY as LINKS
from projections.links import Links
from projections.passages import Course
from projections.pile import Pile
from projections.rows import Rows
from projections.shelves import Shelves
from projections.story_lines import Standing, StoryLines
from projections.strike import Sizes, Strike
from projections.tables import STANCES

KEPT = 50_000
"""Entries whose stories stay in memory; one of a single entry takes some ten kilobytes."""
ENOUGH = KEPT * 3 // 4
"""Entries that are kept of those when there are too many."""
FEW = 16
"""Stories that stay in memory however long they are: reading one again would take as long."""
ASIDE = frozenset({"source"})
"""The sorts of things that no answer looks at one by one."""


class Stories:
    """Every story that changes, as it stands at the position last told."""

    def __init__(
        self,
        engine: Engine,
        edition: int,
        streams: Streams,
        links: Links,
        shelves: Shelves,
        pile: Pile,
    ) -> None:
        self._engine = engine
        self._edition = edition
        self._streams = streams
        self._links = links
        self._shelves = shelves
        self._pile = pile
        self._told: OrderedDict[str, StoryLines] = OrderedDict()
        self._kept = 0
        self._new: set[tuple[str, str]] = set()

    def tell(self, change: Change, rows: Rows) -> None:
        """Tell every story that a change touches, and gather what becomes of its rectangles."""
        position, stream = change.position, change.entry.stream
        drawn, linked = self._links.tell(change, self._shelves.front)
        rows.draw(LINKS, drawn, position)
        touched = stories_touched(change)
        for key in [*touched, *(thing for thing in linked if thing not in touched)]:
            gone, come = touched.get(key, ((), ()))
            lines = self._lines(key, change, (*gone, *come), was_same=linked.get(key))
            troubles = change.troubles if key == stream else None
            rows.draw(key, lines.tell(gone, come, troubles), position)
            if is_attack(key):
                self._strike(key, lines, change, rows)
            self._kept += len(come) - len(gone)
            if "/stance/" in key:
                self._new |= {(key, entry.stream) for entry in come}
        self._let_go()

    def _strike(self, stream: str, lines: StoryLines, change: Change, rows: Rows) -> None:
        """Have an attack counted by the pile, or looked at one by one, as it is now."""
        strike = self._strike_of(stream, lines, same=self._links.is_same(stream))
        if strike != lines.strike:
            lines.strike = strike
            self._pile.put(change.position, stream, strike)
        rows.draw(stream, lines.move(self._shelf_of(stream, strike)), change.position)

    def _strike_of(self, stream: str, lines: StoryLines, *, same: bool) -> Strike | None:
        owner = stream.partition("/")[0]
        return None if same else strike_of(self._shelves.front(owner), stream, lines)

    def _shelf_of(self, key: str, strike: Strike | None) -> int:
        owner, sort, _ = key.split("/", 2)
        aside = sort in ASIDE or strike is not None
        return self._shelves.back(owner) if aside else self._shelves.front(owner)

    def write(self, connection: Connection) -> None:
        """Write which streams the stances stand in."""
        if self._new:
            found = self._known_stances(connection, {story for story, _ in self._new})
            rows = [{"story": s, "stream": t} for s, t in sorted(self._new - found)]
            if rows:
                connection.execute(STANCES[self._edition].insert(), rows)
            self._new = set()

    def _lines(
        self,
        key: str,
        change: Change,
        touched: Sequence[Entry],
        *,
        was_same: bool | None,
    ) -> StoryLines:
        lines = self._told.get(key)
        if lines is None or not lines.can_take(touched):
            self._kept -= 0 if lines is None else len(lines.members)
            lines = self._told[key] = self._read(key, change, was_same=was_same)
            self._kept += len(lines.members)
        self._told.move_to_end(key)
        return lines

    def _read(self, key: str, change: Change, *, was_same: bool | None) -> StoryLines:
        """A story as it stood before a change, folded from the log.

        `was_same` says whether the thing was taken for one event with another, None
        where the change does not touch that.
        """
        owner = key.partition("/")[0]
        front, back = self._shelves.front(owner), self._shelves.back(owner)
        # Most attacks are counted, so they are drawn there before it is known.
        states = back if is_attack(key) else self._shelf_of(key, None)
        lines = StoryLines(evolve_of(key), Standing(states, front))
        if "/stance/" in key:
            names = self._streams_of(key)
        elif key != change.entry.stream or change.entry.version > 1:
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
        if is_attack(key):
            same = self._links.is_same(key) if was_same is None else was_same
            lines.strike = self._strike_of(key, lines, same=same)
            lines.move(self._shelf_of(key, lines.strike))
        return lines

    def _streams_of(self, stance: str) -> list[str]:
        with as_refusals(), self._engine.connect() as connection:
            found = stance_streams(connection, self._edition, stance)
        return sorted({*found, *(stream for story, stream in self._new if story == stance)})

    def _known_stances(self, connection: Connection, stories: set[str]) -> set[tuple[str, str]]:
        s = STANCES[self._edition].c
        found: set[tuple[str, str]] = set()
        for lot in in_lots(sorted(stories)):
            rows = connection.execute(select(s.story, s.stream).where(s.story.in_(lot)))
            found |= {(row.story, row.stream) for row in rows}
        return found

    def _let_go(self) -> None:
        """Keep the ends of long stories that grow there, and of the others what was told of last.

        More is let go than has to be, so that it is seldom looked for. To let a long
        story go whole would be dear: it would be read again at its next entry.
        """
        if self._kept <= KEPT:
            return
        for key, lines in self._told.items():
            # What the pile has to know of an attack lies in its first entries.
            if not is_attack(key):
                count = len(lines.members)
                lines.let_go()
                self._kept -= count - len(lines.members)
        while self._kept > ENOUGH and len(self._told) > FEW:
            _, lines = self._told.popitem(last=False)
            self._kept -= len(lines.members)


def stance_streams(connection: Connection, edition: int, stance: str) -> Sequence[str]:
    """The streams that statements of a stance stand in, or once stood in."""
    s = STANCES[edition].c
    return connection.scalars(select(s.stream).where(s.story == stance)).all()


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


def is_attack(key: str) -> bool:
    """Whether a story is that of an attack."""
    return key.split("/")[1] == "attack"


def strike_of(shelf: int, stream: str, lines: StoryLines) -> Strike | None:
    """What the pile has to know of an attack; None for one that is told in another way than most.

    Most are carried out once, and what is recorded later only changes their figures.
    """
    if sum(isinstance(e.event, AttackCarriedOut) for e in lines.members.values()) != 1:
        return None
    passages = [lines.passages[i] for i in range(len(lines.passages))]
    pieces = [piece for passage in passages for piece in passage.pieces]
    began = [c.state.extra for p in pieces if (c := p.courses.possible).is_there and c.state]
    if not began or any(each != began[0] for each in began):
        return None
    strike = Strike(
        shelf=shelf,
        stream=stream,
        lo=began[0].lo,
        hi=began[0].hi,
        marked=began[0].marked,
        sizes=_sizes((piece.start, piece.courses.possible) for piece in pieces),
        certain_sizes=_sizes((piece.start, piece.courses.certain) for piece in pieces),
    )
    return strike if strike.fits() else None


def _sizes(courses: Iterable[tuple[int, Course]]) -> Sizes:
    """From which minute on how many munitions were launched."""
    sizes: list[tuple[int, int | None]] = []
    for minute, course in courses:
        state = course.state
        if state is not None and isinstance(state.content, AttackCarriedOut):
            size = sum_of(state.content, "launched")
            if not sizes or sizes[-1][1] != size:
                sizes.append((minute, size))
    return tuple(sizes)
