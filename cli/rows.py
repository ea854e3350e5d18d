"""One look for every list: a status, what it is about, and beneath it when and on whose word.

A narrow screen gets two columns, with the small print under the text; a wide one
gets columns of their own for the date and the voices.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import (
    Console,
    ConsoleOptions,
    Group,
    JustifyMethod,
    RenderableType,
    RenderResult,
)
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

WIDE = 116
"""Columns from which date and voices stand beside the text instead of under it."""
STATUS_WIDTH = 18
"""Columns for the status; "not met, as far as recorded" then takes two lines."""
NAME_WIDTH = 28
"""Columns for names beside the text on a wide screen."""
GAP = 2
"""Columns left free between two of a table."""
DATE_WIDTH = 20
VOICES_WIDTH = 30

GOOD = "green"
OPEN = "yellow"
BAD = "red"
STYLES = {
    "pledged": "cyan",
    "offered": "cyan",
    "floated": "cyan",
    "committed": GOOD,
    "allocated": GOOD,
    "partially delivered": GOOD,
    "delivered": GOOD,
    "met": GOOD,
    "settled": GOOD,
    "withdrawn": BAD,
    "expired": BAD,
    "failed": BAD,
    "standing": BAD,
    "stalled": OPEN,
    "open": OPEN,
    "carried out": BAD,
}
"""Colours of plain statuses. The word says it all; the colour only helps to find it."""
UNCERTAIN = "yellow"
"""The colour of a status that is not certain, which always has a word for it too."""
_UNCERTAIN_WORDS = ("possibly", "perhaps")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a list; `name` is what `parley show` takes to tell more of it.

    `lead` is what the text is about, in bold before it.
    """

    status: str
    what: str
    lead: str = ""
    name: str = ""
    since: str = ""
    voices: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A list under its title, if it has one; `remark` is said before it, or instead of rows."""

    title: str
    rows: tuple[Row, ...] = ()
    remark: str = ""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the title, the remark and the rows for the width there is."""
        del console
        if self.title:
            yield Text(self.title.upper(), style="bold")
        if self.remark:
            yield Text(f"  {self.remark}", style="dim")
        if self.rows:
            yield _wide(self.rows) if options.max_width >= WIDE else _narrow(self.rows)
        yield Text()


def status_text(words: str) -> Text:
    """A status in its colour."""
    if any(word in words for word in _UNCERTAIN_WORDS):
        return Text(words, style=UNCERTAIN)
    return Text(words, style=STYLES.get(words.partition(",")[0], ""))


def stack(parts: Iterable[RenderableType]) -> RenderableType:
    """Parts of an answer, one under the other."""
    return Group(*parts)


@dataclass(frozen=True, slots=True)
class Columns:
    """A plain table with a head; where it is too wide for the screen, a row is a list of lines."""

    head: tuple[str, ...]
    rows: tuple[tuple[Text, ...], ...]
    numbers: frozenset[str] = frozenset()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the table, or the lines, for the width there is."""
        del console
        yield self._table() if self._least() <= options.max_width else self._lines()

    def _least(self) -> int:
        """The columns of a screen that the longest words need beside each other."""
        texts = zip(self.head, *([cell.plain for cell in row] for row in self.rows), strict=True)
        longest = [max(map(cell_len, " ".join(column).split()), default=0) for column in texts]
        return sum(longest) + GAP * (len(longest) - 1)

    def _table(self) -> Table:
        table = Table(box=None, padding=(0, GAP, 0, 0), header_style="bold", pad_edge=False)
        for name in self.head:
            number = name in self.numbers
            justify: JustifyMethod = "right" if number else "left"
            table.add_column(name, justify=justify, no_wrap=number, overflow="fold")
        for row in self.rows:
            table.add_row(*row)
        return table

    def _lines(self) -> Text:
        lines = Text(overflow="fold")
        for row in self.rows:
            for name, cell in zip(self.head, row, strict=True):
                lines.append(f"{name}: " if name else "", style="bold").append_text(cell)
                lines.append("\n")
            lines.append("\n")
        return lines


def columns(
    head: Sequence[str], rows: Iterable[Sequence[str | Text]], *, right: str = ""
) -> Columns:
    """A plain table with a head; the columns named in `right`, split at spaces, hold numbers."""
    cells = (tuple(c if isinstance(c, Text) else Text(c) for c in row) for row in rows)
    return Columns(tuple(head), tuple(cells), frozenset(right.split()))


def _grid() -> Table:
    return Table.grid(padding=(0, 2, 0, 0), pad_edge=False)


def _narrow(rows: Iterable[Row]) -> Table:
    table = _grid()
    table.add_column(width=STATUS_WIDTH + 2, overflow="fold")
    table.add_column(overflow="fold")
    for row in rows:
        beneath = " · ".join(part for part in (row.name, row.since, row.voices) if part)
        table.add_row(_indented(row), _lines(row, beneath))
    return table


def _wide(rows: Iterable[Row]) -> Table:
    table = _grid()
    table.add_column(width=STATUS_WIDTH + 2, overflow="fold")
    table.add_column(overflow="fold", ratio=1)
    table.add_column(width=DATE_WIDTH, overflow="fold", style="dim")
    table.add_column(width=VOICES_WIDTH, overflow="fold", style="dim")
    for row in rows:
        table.add_row(_indented(row), _lines(row, row.name), Text(row.since), Text(row.voices))
    return table


def _indented(row: Row) -> RenderableType:
    return Padding(status_text(row.status), (0, 0, 0, 2))


def _lines(row: Row, beneath: str) -> Text:
    text = Text.assemble((row.lead, "bold"), ": " if row.lead and row.what else "", row.what)
    for note in row.notes:
        text.append(f"\n{note}")
    if beneath:
        text.append(f"\n{beneath}", style="dim")
    return text
