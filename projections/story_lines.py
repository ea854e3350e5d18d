"""One story, kept so that a change refolds only what it touches: what rectangles are drawn from.

It holds the entries of the story as they stand, cut into passages, and as lines
what is to be said at every minute. A story whose entries constrain or dispute
each other is ordered anew as a whole (`domain.story`); such stories are short.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from uuid import UUID

from domain.entry import Entry
from domain.event import WorldEvent
from domain.state import Evolve
from domain.story import MAX_TURNS, Placed, Turn, order, place, predecessors, unordered
from projections.change import Trouble
from projections.lines import Line, Point, Redrawn, Stretch, Value
from projections.notes import Noted, always_wrong, notes_of, story_notes
from projections.passages import NOWHERE, Courses, Passage, cut, fold, fold_on
from projections.stored import Note, format_notes
from projections.stored_states import format_courses, format_turn
from projections.strike import Strike
from projections.tables import BEGINNING, FOR_EVER
from projections.turns import Passages, turns_of
from projections.world import Mention

COURSES = "courses"
SINCE = "since"
CERTAIN_SINCE = "certain_since"
ORDER_UNKNOWN = "order_unknown"
LINES = (COURSES, SINCE, CERTAIN_SINCE, ORDER_UNKNOWN)
"""The facets of a story that are lines; a note is a facet of its own."""
TAIL = 4
"""How many passages stay of a story that was let go of: an entry may well be a little late."""


@dataclass(slots=True)
class Drawn:
    """What a change does to the rectangles of a story: stretches of its facets."""

    # Dictionaries for their order: equal histories give equal rows.
    gone: dict[tuple[str, Stretch], None] = field(default_factory=dict)
    come: dict[tuple[str, Stretch], None] = field(default_factory=dict)

    def add(self, facet: str, redrawn: Redrawn) -> None:
        """Take up what became of a line; what came and went again meanwhile was never there."""
        for one in ((facet, stretch) for stretch in redrawn.gone):
            if one in self.come:
                del self.come[one]
            else:
                self.gone[one] = None
        for one in ((facet, stretch) for stretch in redrawn.come):
            if one in self.gone:
                del self.gone[one]
            else:
                self.come[one] = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the rectangles of a story belong: those of its states, and the notes on it."""

    states: int
    notes: int


class StoryLines:
    """One story at the position that it was last told of."""

    def __init__(self, evolve: Evolve, shelves: Standing) -> None:
        self.members: dict[UUID, Entry] = {}
        self.passages = Passages()
        self.shelves = shelves
        self.strike: Strike | None = None
        self._evolve = evolve
        self._lines = {facet: Line() for facet in LINES}
        self._notes: dict[int, frozenset[Noted]] = {}
        self._whole: dict[str, frozenset[Noted]] = {}
        self._before: Mapping[UUID, set[UUID]] = {}
        # The entries that name others for their place, and all that they name.
        self._tangled: frozenset[UUID] = frozenset()
        self._undated = 0
        # What begins no later than this is let go of.
        self._floor: int | None = None
        self._grows = False

    def tell(
        self,
        gone: Sequence[Entry],
        come: Sequence[Entry],
        troubles: Iterable[Trouble] | None = None,
    ) -> Drawn:
        """Take entries away and bring others in.

        `troubles` are all that is wrong with the record of the story; None if
        that is as it was.
        """
        self._grows = False
        for entry in gone:
            del self.members[entry.id]
        self.members |= {entry.id: entry for entry in come}
        drawn = Drawn()
        if any(_names_others(e) or e.id in self._tangled for e in (*gone, *come)):
            self._tell_anew(drawn)
        elif gone or come:
            self._tell_part([place(e) for e in gone], [place(e) for e in come], drawn)
        if troubles is not None:
            self._note_whole("record", frozenset(map(always_wrong, troubles)), drawn)
        return drawn

    def can_take(self, touched: Sequence[Entry]) -> bool:
        """Whether what is kept of the story is enough for a change; otherwise it is read anew."""
        if self._floor is None:
            return True
        floor = self._floor
        return not any(_names_others(e) or place(e).folds_at <= floor for e in touched)

    def let_go(self) -> None:
        """Let go of all but the end of a story that grows there, if there is enough of it."""
        count = len(self.passages) - TAIL
        if count < TAIL or not self._grows or self._tangled or self._undated:
            return
        for passage in self.passages.forget(count):
            self._notes.pop(passage.start, None)
            for placed in passage.placed:
                del self.members[placed.entry.id]
        # The first passage that is kept says what goes before the others; it cannot change.
        self._floor = self.passages[0].end
        for line in self._lines.values():
            line.forget(self._floor)

    def move(self, states: int) -> Drawn:
        """Have the states stand on another shelf."""
        drawn = Drawn()
        if states != self.shelves.states:
            self.shelves = Standing(states, self.shelves.notes)
            count = len(self.passages)
            self._replace(0, count, [self.passages[i] for i in range(count)], drawn)
        return drawn

    def _tell_anew(self, drawn: Drawn) -> None:
        """Order and fold the whole story."""
        story = order(list(self.members.values()))
        self._tangled = frozenset(i for e in self.members.values() for i in _tangle_of(e))
        self._before = predecessors([placed.entry for placed in story.placed])
        new = list(fold_on(cut(story.placed), NOWHERE, self._evolve))
        self._replace(0, len(self.passages), new, drawn)
        self._note_whole("order", story_notes(story, self.members), drawn)

    def _tell_part(self, gone: Sequence[Placed], come: Sequence[Placed], drawn: Drawn) -> None:
        """Fold the passages that the entries stand in, and those after them that this changes."""
        touched = (*gone, *come)
        first, last = self.passages.between(
            min(placed.folds_at for placed in touched), max(placed.hi for placed in touched)
        )
        if first == len(self.passages) and len(come) == 1 and come[0].lo is not None:
            self._grows = True
            if come[0].lo == come[0].hi:
                self._append(come[0], drawn)
                return
        left = {placed.entry.id for placed in gone}
        there = [p for i in range(first, last) for p in self.passages[i].placed]
        if self._tangled and any(placed.entry.id in self._tangled for placed in there):
            self._tell_anew(drawn)
            return
        stay = [placed for placed in there if placed.entry.id not in left]
        before = self.passages[first - 1].after if first else NOWHERE
        in_order = sorted((*stay, *come), key=lambda placed: placed.key)
        new = list(fold_on(cut(in_order), before, self._evolve))
        after = new[-1].after if new else before
        while last < len(self.passages) and self.passages[last].before != after:
            new.append(fold(self.passages[last].placed, after, self._evolve))
            after = new[-1].after
            last += 1
        self._replace(first, last, new, drawn)

    def _append(self, placed: Placed, drawn: Drawn) -> None:
        """Fold an entry that begins, at one minute, after all others: what is nearly always so.

        It comes to what `_replace` would come to.
        """
        count = len(self.passages)
        before = self.passages[count - 1].after if count else NOWHERE
        passage = fold((placed,), before, self._evolve)
        piece, start = passage.pieces[0], max(placed.hi, BEGINNING)
        courses = piece.courses
        points = [(start, self._value_of(courses))]
        drawn.add(COURSES, self._lines[COURSES].draw(points, FOR_EVER))
        for facet, course in ((SINCE, courses.possible), (CERTAIN_SINCE, courses.certain)):
            line, value = self._lines[facet], None
            if course.state is not None and course.turn is None:
                value = line.at(start) or self._since(
                    self._turn_before(count, certain=facet == CERTAIN_SINCE)
                )
            drawn.add(facet, line.draw([(start, value)], FOR_EVER))
        if piece.turns:
            drawn.add(ORDER_UNKNOWN, self._lines[ORDER_UNKNOWN].draw([(start, None)], FOR_EVER))
        self.passages.append(passage)
        if piece.anomalies:
            self._draw_notes((), (passage,), drawn)

    def _replace(self, first: int, last: int, new: Sequence[Passage], drawn: Drawn) -> None:
        """Put passages in the place of others, and draw what they come to."""
        starts = [p.start for p in (*new[:1], *(self.passages[i] for i in range(first, last)[:1]))]
        if not starts:
            return
        start, end = max(min(starts), BEGINNING), self.passages.start(last, FOR_EVER)
        ends_in = [self._turn_before(last, certain=certain) for certain in (False, True)]
        old = self.passages.replace(first, last, new)
        there = range(first, first + len(new))
        self._draw_courses(there, start, end, drawn)
        for facet, certain in ((SINCE, False), (CERTAIN_SINCE, True)):
            self._draw_since(facet, there, start, end, drawn, was=ends_in[certain])
        self._undated += _undated(new) - _undated(old)
        self._draw_unknown(there, start, end, drawn)
        self._draw_notes(old, new, drawn)

    def _draw_courses(self, there: range, start: int, end: int, drawn: Drawn) -> None:
        line = self._lines[COURSES]
        points = [self._point_before(COURSES, start)]
        for index in there:
            points += [
                (max(piece.start, BEGINNING), self._value_of(piece.courses))
                for piece in self.passages[index].pieces
            ]
        drawn.add(COURSES, line.draw(_latest(points), end))

    def _draw_since(
        self, facet: str, there: range, start: int, end: int, drawn: Drawn, *, was: Turn | None
    ) -> None:
        """Draw since when the status of one fold holds, and on to the next turn beyond."""
        certain, line = facet == CERTAIN_SINCE, self._lines[facet]
        turn = self._turn_before(there.start, certain=certain)
        points = [self._point_before(facet, start)]
        for index in there:
            turn = self._add_since(points, self.passages[index], turn, certain=certain)
        drawn.add(facet, line.draw(_latest(points), end))
        if turn == was:
            return
        for index in (*self.passages.turning_from(there.stop), len(self.passages)):
            start = self.passages.start(index, FOR_EVER)
            drawn.add(facet, line.recolour(end, start, self._since(turn)))
            if index == len(self.passages):
                return
            passage, end = self.passages[index], self.passages.start(index + 1, FOR_EVER)
            points = []
            turn = self._add_since(points, passage, turn, certain=certain)
            drawn.add(facet, line.draw(points, end))
            if turns_of(passage.pieces[-1], certain=certain):
                return

    def _add_since(
        self, points: list[Point], passage: Passage, turn: Turn | None, *, certain: bool
    ) -> Turn | None:
        """Add the points of a passage; returns the last turn after it."""
        last = turn
        for piece in passage.pieces:
            course = piece.courses.certain if certain else piece.courses.possible
            turns = turns_of(piece, certain=certain)
            last = Turn.of(turns[-1].entry) if turns else turn
            stands = course.state is not None and course.turn is None
            points.append((max(piece.start, BEGINNING), self._since(last) if stands else None))
        return last

    def _draw_unknown(self, there: range, start: int, end: int, drawn: Drawn) -> None:
        """Draw which order is unknown; an undated turn may be looked back at from further on."""
        line = self._lines[ORDER_UNKNOWN]
        turns = self.passages.turns_before(there.start, certain=False)
        points = [self._point_before(ORDER_UNKNOWN, start)]
        for index in there:
            turns = self._add_unknown(points, self.passages[index], turns)
        drawn.add(ORDER_UNKNOWN, line.draw(_latest(points), end))
        value = points[-1][1]
        if end == FOR_EVER or (line.at(end) == value and not self._undated):
            return
        beyond = list(islice(self.passages.turning_from(there.stop), MAX_TURNS))
        for index in beyond:
            start = self.passages.start(index, FOR_EVER)
            if end < start:
                drawn.add(ORDER_UNKNOWN, line.draw([(end, value)], start))
            points, end = [(start, value)], self.passages.start(index + 1, FOR_EVER)
            turns = self._add_unknown(points, self.passages[index], turns)
            drawn.add(ORDER_UNKNOWN, line.draw(_latest(points), end))
            value = points[-1][1]
        if len(beyond) < MAX_TURNS and end < FOR_EVER:
            drawn.add(ORDER_UNKNOWN, line.draw([(end, value)], FOR_EVER))

    def _add_unknown(
        self, points: list[Point], passage: Passage, turns: list[Placed]
    ) -> list[Placed]:
        """Add the points of a passage; returns the last turns after it."""
        value = points[-1][1]
        for piece in passage.pieces:
            here = value
            if piece.turns:
                here = self._unknown([*turns, *piece.turns][-MAX_TURNS:], len(piece.turns))
            points.append((max(piece.start, BEGINNING), here))
        return [*turns, *passage.pieces[-1].turns][-MAX_TURNS:]

    def _unknown(self, turns: Sequence[Placed], near: int) -> Value | None:
        """The last turn and those it may have come before; `near` of them share a passage."""
        if near == 1 and turns[-1].lo is not None:
            return None
        last = turns[-1].entry.id
        before = self._before if last in self._before else {last: set()}
        ids = unordered(turns, before)
        if not ids:
            return None
        notes = tuple(Note(i, Mention.of(self.members[i])) for i in ids)
        return Value(format_notes(notes), 0, self.shelves.notes)

    def _draw_notes(self, old: Sequence[Passage], new: Sequence[Passage], drawn: Drawn) -> None:
        was = frozenset(n for passage in old for n in self._notes.pop(passage.start, ()))
        now = {p.start: notes for p in new if (notes := notes_of(p, self.members))}
        self._notes |= now
        self._compare(was, frozenset(n for notes in now.values() for n in notes), drawn)

    def _note_whole(self, about: str, now: frozenset[Noted], drawn: Drawn) -> None:
        self._compare(self._whole.get(about, frozenset()), now, drawn)
        self._whole[about] = now

    def _compare(self, was: frozenset[Noted], now: frozenset[Noted], drawn: Drawn) -> None:
        shelf = self.shelves.notes
        drawn.gone |= {(noted.facet, noted.stretch(shelf)): None for noted in was - now}
        drawn.come |= {(noted.facet, noted.stretch(shelf)): None for noted in now - was}

    def _turn_before(self, index: int, *, certain: bool) -> Turn | None:
        found = self.passages.turns_before(index, certain=certain, limit=1)
        return Turn.of(found[-1].entry) if found else None

    def _point_before(self, facet: str, start: int) -> Point:
        """What a line says just before a minute, which goes on until something new is said."""
        before = None if start == BEGINNING else self._lines[facet].at(start - 1)
        return start, before

    def _value_of(self, courses: Courses) -> Value | None:
        if courses.possible.state is None and courses.certain.state is None:
            return None
        there = courses.possible.is_there + 2 * courses.certain.is_there
        return Value(format_courses(courses), there, self.shelves.states)

    def _since(self, turn: Turn | None) -> Value | None:
        return None if turn is None else Value(format_turn(turn), 0, self.shelves.states)


def _names_others(entry: Entry) -> bool:
    """Whether its place in the story depends on other entries."""
    event = entry.event
    return isinstance(event, WorldEvent) and bool(event.after or event.before or event.contradicts)


def _tangle_of(entry: Entry) -> tuple[UUID, ...]:
    """An entry that names others for its place, and those; none for any other entry."""
    event = entry.event
    if not isinstance(event, WorldEvent) or not _names_others(entry):
        return ()
    return (entry.id, *event.after, *event.before, *event.contradicts)


def _undated(passages: Iterable[Passage]) -> int:
    return sum(placed.lo is None for passage in passages for placed in passage.placed)


def _latest(points: Iterable[Point]) -> list[Point]:
    """Of points at the same minute the last one; the others hold for no time."""
    return list(dict(points).items())
