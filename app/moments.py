"""The three clocks as people write them: as of, known at, published by."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from app.parley import Parley
from domain.dates import last_minute, parse_moment
from domain.errors import InvalidInput, NotFound, Problem

MINUTE = 60_000_000
"""Microseconds: valid time is whole minutes, recorded time microseconds."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_INSTANT = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?", re.ASCII
)
"""An instant of RFC 3339, to the minute or finer; Python reads weeks and more besides."""
_POSITION = re.compile(r"@?([0-9]{1,16})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What was known at a moment: the entries up to `position`.

    `recorded_at` is when the last of them was recorded (microseconds since the
    epoch; None if there is none). `closed` says that the answer can never
    change: it was asked by position, or a later entry is durable.
    """

    position: int
    recorded_at: int | None
    closed: bool


def position_in(text: str) -> int | None:
    """The position that a text names (`17`, `@17`); None for what names none."""
    match = _POSITION.fullmatch(text.strip())
    return None if match is None else int(match[1])


def read_as_of(parley: Parley, text: str | None = None) -> int:
    """The minute an answer is for: the last one of a date, or now if none is given.

    Minutes since the epoch; raises InvalidInput on `as_of`.
    """
    return parley.clock() // MINUTE if text is None else parse_moment(text, "as_of")


def read_published_by(text: str | None) -> int | None:
    """The last minute of a date of publication; None if none is asked for."""
    return None if text is None else last_minute(text, "published_by")


def read_known_at(parley: Parley, text: str | None = None) -> Knowledge:
    """What the log knew at a position (`17`, `@17`), by the end of a date, or at an instant.

    Without a text, what it knows now. Raises InvalidInput for what is none of
    them, NotFound for a position the log has not reached.
    """
    # The head is read first: if a later entry is durable by then, nothing can
    # be recorded before the instant any more, and the count below is final.
    head = parley.ledger.head()
    if text is None:
        return Knowledge(head.size, head.recorded_at if head.size else None, closed=False)
    if (position := position_in(text)) is not None:
        closed = True
        _check_reached(position, head.size)
    else:
        instant = _read_instant(text.strip())
        position, closed = parley.ledger.position_at(instant), head.recorded_at > instant
    recorded_at = parley.ledger.entry(position).recorded_at if position else None
    return Knowledge(position, recorded_at, closed)


def is_position(text: str | None) -> bool:
    """Whether knowledge is named by its position, which pins it for ever."""
    return text is not None and position_in(text) is not None


def _check_reached(position: int, size: int) -> None:
    if not 1 <= position <= size:
        raise NotFound(
            Problem(
                "known_at",
                f"the log holds the positions 1 to {size}, not {position}",
                "name one of them, or a date such as 2025-12-31",
            )
        )


def _read_instant(text: str) -> int:
    """The last microsecond of a date, or an instant; microseconds since the epoch."""
    if "T" not in text:
        return (last_minute(text, "known_at") + 1) * MINUTE - 1
    try:
        instant = datetime.fromisoformat(text) if _INSTANT.fullmatch(text) else None
    except ValueError:
        instant = None
    if instant is None:
        # The parser of dates says what is wrong with it better than the library does.
        return parse_moment(text, "known_at") * MINUTE
    if instant.tzinfo is None:
        raise InvalidInput(
            Problem(
                "known_at",
                "an instant needs its offset from UTC, as Z or +hh:mm",
                f"write {text}Z for UTC",
            )
        )
    return (instant - _EPOCH) // timedelta(microseconds=1)
