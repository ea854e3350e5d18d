"""Rectangles on their way into the database: opened, closed, and written in one go."""

from __future__ import annotations

from dataclasses import dataclass

from projections.lines import Stretch
from projections.story_lines import Drawn
from projections.tables import FOR_EVER

Key = tuple[str, str, int]
"""Story, facet and `valid_from`: what is known to this day has only one rectangle of each."""


@dataclass(slots=True)
class Row:
    """A rectangle, in the order of the table's columns."""

    id: int
    shelf: int
    story: str
    facet: str
    valid_from: int
    valid_to: int
    known_from: int
    known_to: int
    there: int
    payload: bytes

    def key(self) -> Key:
        """What it is found by while it is known to this day."""
        return self.story, self.facet, self.valid_from

    def values(self) -> tuple[int | str | bytes, ...]:
        """Its fields in the order of the columns; `dataclasses.astuple` would copy each."""
        return (
            *(self.id, self.shelf, self.story, self.facet),
            *(self.valid_from, self.valid_to, self.known_from, self.known_to),
            *(self.there, self.payload),
        )


class Rows:
    """Rectangles to insert, and rectangles in the database to close."""

    def __init__(self, next_id: int) -> None:
        self.next_id = next_id
        self.opened: list[Row] = []
        self.closed: list[tuple[Key, int]] = []
        self._open: dict[Key, Row] = {}

    def draw(self, story: str, drawn: Drawn, position: int) -> None:
        """Take up what a change at a position does to a story."""
        for facet, stretch in drawn.gone:
            self._close((story, facet, stretch.start), position)
        for facet, stretch in drawn.come:
            self._open_row(story, facet, stretch, position)

    def insertions(self) -> list[Row]:
        """The rectangles to insert; one that was redrawn at once was never known."""
        return [row for row in self.opened if row.known_from < row.known_to]

    def clear(self) -> None:
        """Forget what has been written."""
        self.opened, self.closed, self._open = [], [], {}

    def _close(self, key: Key, position: int) -> None:
        row = self._open.pop(key, None)
        if row is None:
            self.closed.append((key, position))
        else:
            row.known_to = position

    def _open_row(self, story: str, facet: str, stretch: Stretch, position: int) -> None:
        value = stretch.value
        if value is None:
            return
        row = Row(
            id=self.next_id,
            shelf=value.shelf,
            story=story,
            facet=facet,
            valid_from=stretch.start,
            valid_to=stretch.end,
            known_from=position,
            known_to=FOR_EVER,
            there=value.there,
            payload=value.payload,
        )
        self.next_id += 1
        self.opened.append(row)
        self._open[row.key()] = row
