"""The log for people and for programs: what was recorded, when and by whom."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from audit.leaf import format_recorded_at
from cli import words
from cli.rows import Row, Section, stack
from domain.entry import Entry
from ledger.filter import Page
from projections.world import headline


def as_json(entry: Entry) -> dict[str, Any]:
    """An entry: what the log says of it, then the event as it would be recorded again."""
    return {
        "position": entry.position,
        "id": entry.id,
        "stream": entry.stream,
        "version": entry.version,
        "schema": entry.schema,
        "recorded_at": format_recorded_at(entry.recorded_at),
        "recorded_by": entry.recorded_by,
        "event": entry.event.body(),
    }


def log_view(page: Page, size: int, *, newest: bool) -> RenderableType:
    """The entries, one under the other, and how to go on."""
    title = f"the log: {words.count(size, 'entry', 'entries')}"
    remark = "" if page.entries else "None of them is asked for."
    parts: list[RenderableType] = [Section(title, tuple(_rows(page)), remark)]
    if page.entries and not newest and page.scanned_to < size:
        hint = f"There may be more: add --after {page.scanned_to}"
        parts.append(Text(hint, style="dim"))
    return stack(parts)


def followed_view(page: Page) -> RenderableType:
    """The entries of a page, under whatever was printed before."""
    return Section("", tuple(_rows(page)), "")


def _rows(page: Page) -> Iterator[Row]:
    for entry in page.entries:
        recorded = words.instant(format_recorded_at(entry.recorded_at)[:16] + "Z")
        yield Row(
            status=f"{entry.position}",
            lead=entry.kind,
            what=headline(entry.event),
            name=entry.stream,
            since=words.date(entry.event.occurred),
            voices=f"recorded {recorded} by {entry.recorded_by}",
            notes=(f"id {entry.id}",),
        )
