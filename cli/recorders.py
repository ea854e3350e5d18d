"""`parley recorders`: who recorded how much, and how long after it happened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli import options
from cli.log import PAGE
from cli.output import choose_form, write
from cli.session import open_log
from domain.errors import InvalidInput

if TYPE_CHECKING:
    from rich.console import RenderableType

    from app.recorders import RecorderPage, Recorders, TimedEntry
    from cli.rows import Row
    from projections.recorders import Delay, RecorderSummary

MAX_PAGE = 1_000
"""The most recorders or entries of one page; each is looked up by itself."""
MAX_DIGITS = 15
"""Digits of the longest position that is looked for."""
HOUR, DAY = 60, 24 * 60


def recorders(
    ctx: typer.Context,
    *,
    subject: Annotated[
        str | None,
        typer.Argument(
            metavar="SUBJECT",
            help="A recorder, as the log keeps it; without one all of them are listed.",
            show_default=False,
        ),
    ] = None,
    after: Annotated[
        str | None,
        typer.Option(
            "--after",
            metavar="NAME|POSITION",
            help="Go on after this recorder or, for one recorder, after this position.",
            show_default=False,
        ),
    ] = None,
    limit: Annotated[
        int,
        typer.Option(
            "--limit",
            metavar="N",
            min=1,
            max=MAX_PAGE,
            help="The most recorders or entries to print.",
        ),
    ] = PAGE,
    known_at: options.KnownAt = None,
    json: options.AsJson = False,
    table: options.AsTable = False,
) -> None:
    """Say who recorded how much, or what one recorder did and how long after it happened.

    A delay counts from the last minute in which something can have begun.
    """
    from app import recorders as register
    from app.clocks import Asked, read_clocks

    form = choose_form(json=json, table=table)
    with open_log(ctx) as parley:
        at = read_clocks(parley, Asked(known_at=known_at))
        if subject is None:
            listed = register.recorders(parley, at, after=after or "", limit=limit)
            write(listed, form, lambda: list_view(listed))
            return
        page = register.recorder(parley, subject, at, after=_position(after), limit=limit)
        write(page, form, lambda: recorder_view(page))


def list_view(listed: Recorders) -> RenderableType:
    """The recorders, one a row, and how to go on."""
    from rich.text import Text

    from cli.rows import columns, stack

    head = ("recorder", "recorded", "corrected", "retracted", "endorsed", "linked", "last")
    rows = [_cells(each) for each in listed.recorders]
    parts: list[RenderableType] = [columns(head, rows, right=" ".join(head[1:]))]
    if listed.more:
        hint = f"There may be more: add --after {listed.recorders[-1].subject}"
        parts.append(Text(hint, style="dim"))
    return stack(parts)


def recorder_view(page: RecorderPage) -> RenderableType:
    """One recorder: the sums, the delay, and the entries."""
    from rich.text import Text

    from cli.rows import Section, stack

    who = page.recorder
    remark = ", ".join(f"{done} {many}" for done, many in _sums(who) if many)
    section = Section(who.subject, tuple(map(_row, page.entries)), f"{remark}. {_said(who.delay)}")
    parts: list[RenderableType] = [section]
    if page.more:
        hint = f"There may be more: add --after {page.entries[-1].entry.position}"
        parts.append(Text(hint, style="dim"))
    return stack(parts)


def duration(minutes: int) -> str:
    """A number of minutes in the largest unit that it fills twice."""
    if minutes >= 2 * DAY:
        return f"{minutes // DAY} days"
    return f"{minutes // HOUR} hours" if minutes >= 2 * HOUR else f"{minutes} min"


def _position(after: str | None) -> int:
    if after is None:
        return 0
    if after.isascii() and after.isdecimal() and len(after) <= MAX_DIGITS:
        return int(after)
    way_out = "give the position that the page before named"
    raise InvalidInput.of("--after", "is no position in the log", way_out)


def _sums(who: RecorderSummary) -> tuple[tuple[str, int], ...]:
    names = ("recorded", "corrected", "retracted", "endorsed", "linked")
    return tuple((name, getattr(who, name)) for name in names)


def _cells(who: RecorderSummary) -> tuple[str, ...]:
    return who.subject, *(str(many) for _, many in _sums(who)), str(who.last)


def _said(delay: Delay | None) -> str:
    if delay is None:
        return "None of it has a date."
    least, median, most = map(duration, (delay.least, delay.median, delay.most))
    return f"Recorded {median} after it happened, half of the time; from {least} to {most}."


def _row(each: TimedEntry) -> Row:
    from cli import words
    from cli.rows import Row
    from projections.world import headline

    entry = each.entry
    late = "" if each.at_least is None else f"{duration(each.at_least)} after it happened"
    return Row(
        status=f"{entry.position}",
        lead=entry.event.TOPIC,
        what=headline(entry.event),
        name=entry.stream,
        since=words.date(entry.event.occurred),
        voices=late,
    )
