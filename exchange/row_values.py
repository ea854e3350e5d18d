"""The forms of the mapping language that make a value of the cells of rows.

Every form gives a value for some rows, or None where its cells are blank, so
that the field is left out. docs/reference/mappings.md is their reference.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any, Protocol

from domain.errors import InvalidInput
from exchange.local_times import Moment, read_local
from exchange.row_reading import Reading, plainly, whole_in
from exchange.table_file import Row
from exchange.table_keys import make_slug, slug_of

PLACE = re.compile(r"\{([^{}]+)\}")
"""Where a template takes a cell: the name of its column, in braces."""
_FULL_DATE = 10


class Value(Protocol):
    """A form of the language with everything that it was given."""

    def of(self, rows: Sequence[Row], reading: Reading, path: str) -> Any:  # noqa: ANN401 - a body is made of it.
        """The value for some rows; `path` is the field that it is for."""
        ...


@dataclass(frozen=True, slots=True)
class Constant:
    """What the mapping says itself."""

    value: Any

    def of(self, rows: Sequence[Row], reading: Reading, path: str) -> Any:  # noqa: ANN401 - as above.
        """The same for all rows."""
        del rows, reading, path
        return self.value


@dataclass(frozen=True, slots=True)
class Column:
    """A cell as text, or what a table of words makes of it."""

    column: str
    words: Mapping[str, Any] | None = None
    otherwise: Any = None
    split: str = ""

    def of(self, rows: Sequence[Row], reading: Reading, path: str) -> Any:  # noqa: ANN401 - as above.
        """The text that the rows agree on; a list if it is split."""
        del path
        cell = reading.one_cell(rows, self.column)
        parts = [part.strip() for part in cell.split(self.split)] if self.split else [cell]
        found = [self._in_words(part, rows[0], reading) for part in parts if part]
        return found if self.split and found else next(iter(found), None)

    def _in_words(self, part: str, row: Row, reading: Reading) -> Any:  # noqa: ANN401 - as above.
        if self.words is None:
            return part
        if part in self.words:
            return self.words[part]
        if self.otherwise is None:
            rule = f"{part[:60]!r} is none of the `words` of the mapping"
            reading.refuse(row, self.column, rule, "add it there, or give `otherwise`")
        else:
            rule = f"{part[:60]!r} is none of the words of the mapping; taken as {self.otherwise}"
            reading.remark(row, self.column, rule)
        return self.otherwise


@dataclass(frozen=True, slots=True)
class Whole:
    """A cell as a count; what is none, or is below nought, is told of and left out."""

    whole: str

    def of(self, rows: Sequence[Row], reading: Reading, path: str) -> int | None:
        """The count that the rows agree on."""
        del path
        cell = reading.one_cell(rows, self.whole)
        number = whole_in(cell)
        if cell and number is None:
            reading.remark(rows[0], self.whole, "is not a whole number")
        elif number is not None and number < 0:
            reading.remark(rows[0], self.whole, "is below nought")
            return None
        return number


@dataclass(frozen=True, slots=True)
class AsFound:
    """The cells that `whole` leaves out, word for word."""

    as_found: tuple[str, ...]

    def of(self, rows: Sequence[Row], reading: Reading, path: str) -> str | None:
        """One text of all of them."""
        del path
        cells = ((name, reading.one_cell(rows, name)) for name in self.as_found)
        odd = [f"{name} as found: {cell}" for name, cell in cells if cell and not _counts(cell)]
        return "; ".join(odd) or None


@dataclass(frozen=True, slots=True)
class Slug:
    """A cell as a slug."""

    as_slug: str

    def of(self, rows: Sequence[Row], reading: Reading, path: str) -> str | None:
        """The slug of the text that the rows agree on."""
        del path
        return make_slug(reading.one_cell(rows, self.as_slug)) or None


@dataclass(frozen=True, slots=True)
class FromKey:
    """A slug that follows from the key of the entry, so that it is the same for ever."""

    from_key: str

    def of(self, rows: Sequence[Row], reading: Reading, path: str) -> str:
        """The word before it, and the key made a slug."""
        del rows, path
        return slug_of(self.from_key, reading.key)


@dataclass(frozen=True, slots=True)
class Template:
    """A text with cells in it; nothing if one of them is blank."""

    template: str

    def of(self, rows: Sequence[Row], reading: Reading, path: str) -> str | None:
        """The text with the cells that the rows agree on; whole numbers without a point."""
        del path
        cells = {name: reading.one_cell(rows, name) for name in PLACE.findall(self.template)}
        if not all(cells.values()):
            return None
        return PLACE.sub(lambda match: plainly(cells, match[1]), self.template)


@dataclass(frozen=True, slots=True)
class Join:
    """Several texts as one; blank ones are left out."""

    join: tuple[Value, ...]
    between: str = "; "

    def of(self, rows: Sequence[Row], reading: Reading, path: str) -> str | None:
        """The texts that there are."""
        found = (value.of(rows, reading, path) for value in self.join)
        return self.between.join(str(text) for text in found if text is not None) or None


@dataclass(frozen=True, slots=True)
class Either:
    """The first of several values that is not blank."""

    either: tuple[Value, ...]

    def of(self, rows: Sequence[Row], reading: Reading, path: str) -> Any:  # noqa: ANN401 - as above.
        """The first value that there is."""
        found = (value.of(rows, reading, path) for value in self.either)
        return next((value for value in found if value is not None), None)


@dataclass(frozen=True, slots=True)
class AllRows:
    """One text of the texts of all rows; what comes twice is said once."""

    all_rows: Value
    between: str = "; "

    def of(self, rows: Sequence[Row], reading: Reading, path: str) -> str | None:
        """The texts in the order of the rows."""
        found = (self.all_rows.of([row], reading, path) for row in rows)
        texts = dict.fromkeys(str(text) for text in found if text is not None)
        return self.between.join(texts) or None


@dataclass(frozen=True, slots=True)
class EachRow:
    """A list with a member for each row; a text that comes twice is a member once."""

    each_row: Value
    once: bool = False

    def of(self, rows: Sequence[Row], reading: Reading, path: str) -> list[Any] | None:
        """The members in the order of the rows, blank ones left out."""
        found: list[Any] = []
        for row in rows:
            member = self.each_row.of([row], reading, f"{path}.{len(found)}")
            if isinstance(self.each_row, Fields) and self.each_row.is_blank(member or {}):
                continue
            for each in member if isinstance(member, list) else [member]:
                again = each in found and (self.once or not isinstance(each, Mapping))
                if each is not None and not again:
                    reading.lines[f"{path}.{len(found)}"] = row.line
                    found.append(each)
        return found or None


@dataclass(frozen=True, slots=True)
class Fields:
    """An object by its fields; nothing if it has none."""

    fields: Mapping[str, Value]

    def of(self, rows: Sequence[Row], reading: Reading, path: str) -> dict[str, Any] | None:
        """The fields that there are."""
        inner = f"{path}." if path else ""
        found = {
            name: made
            for name, value in self.fields.items()
            if (made := value.of(rows, reading, f"{inner}{name}")) is not None
        }
        return found or None

    def is_blank(self, found: Mapping[str, Any]) -> bool:
        """Whether it takes cells, and all of them were blank."""
        taking = {name for name, value in self.fields.items() if not isinstance(value, Constant)}
        return bool(taking) and not taking & found.keys()


@dataclass(frozen=True, slots=True)
class Members:
    """A list that the mapping writes out, member by member."""

    members: tuple[Value, ...]

    def of(self, rows: Sequence[Row], reading: Reading, path: str) -> list[Any] | None:
        """The members that there are."""
        made = [value.of(rows, reading, f"{path}.{n}") for n, value in enumerate(self.members)]
        return [member for member in made if member is not None] or None


@dataclass(frozen=True, slots=True)
class Dates:
    """From the earliest start to the latest end of the rows, as EDTF."""

    start: str
    end: str
    apart: int | None = None

    def of(self, rows: Sequence[Row], reading: Reading, path: str) -> str | None:
        """A date, `a/b`, `a/` without an end, or `/b` without a beginning."""
        del path
        before = len(reading.faults)
        spans = [self._span(row, reading) for row in rows]
        starts = [start for start, _ in spans if start is not None]
        ends = [end for _, end in spans if end is not None]
        if not starts and not ends:
            if len(reading.faults) == before:
                reading.refuse(rows[0], self.start, "is blank", "say when, or leave the row out")
            return None
        self._remark_apart([*starts, *ends], rows[0], reading)
        start = min(starts, key=lambda each: (each.first, each.last), default=None)
        end = max(ends, key=lambda each: (each.last, each.first), default=None)
        first, last = (each.text if each is not None else "" for each in (start, end))
        return first if first == last else f"{first}/{last}"

    def _span(self, row: Row, reading: Reading) -> tuple[Moment | None, Moment | None]:
        start = _moment_in(row, self.start, reading)
        end = start if self.end == self.start else _moment_in(row, self.end, reading)
        if start is None or end is None or start.first <= end.last:
            return start, end
        if start.day == end.day and start.is_day != end.is_day:
            # A date is its UTC day, and a time of the same local day may lie in another one.
            reading.remark(row, self.end, "has a time beside a date; both taken as their day")
            return start.as_day(), end.as_day()
        rule = f"{row.cells[self.end]!r} is before {row.cells[self.start]!r}, when it began"
        reading.refuse(row, self.end, rule, "correct one of the two")
        return None, None

    def _remark_apart(self, moments: Sequence[Moment], row: Row, reading: Reading) -> None:
        """Tell of rows that share a key and lie far from one another."""
        full = (each.day for each in moments if len(each.day) == _FULL_DATE)
        days = sorted({date.fromisoformat(day).toordinal() for day in full})
        gap = max((later - earlier for earlier, later in pairwise(days)), default=0)
        if self.apart is not None and gap > self.apart:
            rule = f"rows of one entry lie more than {self.apart} days from one another"
            reading.remark(row, self.start, rule)


def _moment_in(row: Row, column: str, reading: Reading) -> Moment | None:
    cell = row.cells[column]
    if not cell:
        return None
    try:
        moment = read_local(cell, reading.times.zone, reading.times.forms)
    except InvalidInput as refused:
        reading.refuse_with(row, column, refused)
        return None
    if moment.remark:
        reading.remark(row, column, moment.remark)
    return moment


def _counts(cell: str) -> bool:
    number = whole_in(cell)
    return number is not None and number >= 0
