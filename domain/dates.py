"""When something happened: a subset of EDTF, and the four bounds it stands for.

Read are EDTF Level 0 dates and date-times, the marks `?`, `~` and `%` at the
end of a date, intervals with open (`..`) or unknown (empty) ends, and one-of
sets. Valid time is whole UTC minutes: a date is its UTC day, a date-time needs
an offset and has no seconds. With first(x) and last(x) the first and the last
minute of x, both inclusive, a value has these bounds:

    form                  start_lo … start_hi      end_lo … end_hi
    D                     first(D) … last(D)       first(D) … last(D)
    a/b                   first(a) … last(a)       first(b) … last(b)
    [a..b], [a,b], …      first(a) … last(b)       –
    [..b]                 – … last(b)              –
    /b, ../b              – … last(b)              first(b) … last(b)
    a/, a/..              first(a) … last(a)       –

`a/b` lasted from a to b; `[a..b]` happened once, or began, somewhere between;
`[..b]` happened or held by b, and nobody says since when. Bounds are stored in
leaves for ever, so what a text means here can never change; docs/adr/0004 says
why the parser is ours.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from domain.date_mistakes import (
    FIRST_YEAR,
    LAST_YEAR,
    PROSE,
    explain,
    no_bound,
    refuse,
    year_outside,
)
from domain.errors import InvalidInput

# Twenty days in one set are 221 characters; a longer text is no date, and
# refusing it by its length keeps hostile input cheap.
MAX_TEXT = 256

# A record of years speaks of a few thousand days, and of each of them again and again.
DATES_KEPT = 4_096

# The offsets in civil use; one beyond them is a slip of the keyboard.
WESTMOST, EASTMOST = -12 * 60, 14 * 60

_DAY = 24 * 60
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_MINUTE = (date(FIRST_YEAR, 1, 1).toordinal() - _EPOCH_ORDINAL) * _DAY
_LAST_MINUTE = (date(LAST_YEAR + 1, 1, 1).toordinal() - _EPOCH_ORDINAL) * _DAY - 1
_LAST_MONTH = 12
_SEASONS = range(21, 42)  # EDTF numbers seasons, quarters and the like as months 21–41.
_OPEN_ENDS = ("", "..")

_DATE = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(Z|[+-]\d\d(?::\d\d)?))?)?)?([?~%])?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Bounds:
    """The earliest and latest minute of the start and of the end.

    Minutes since 1970-01-01T00:00Z, inclusive, negative before it; None where
    the text gives no such bound.
    """

    start_lo: int | None
    start_hi: int | None
    end_lo: int | None
    end_hi: int | None


@dataclass(frozen=True, slots=True)
class Occurred:
    """A date as it was written, with its bounds.

    `marked` is true when any date in it carries `?`, `~` or `%`.
    """

    text: str
    bounds: Bounds
    marked: bool


class _Span(NamedTuple):
    """One date: its first and last minute, and whether it carries a mark."""

    first: int
    last: int
    marked: bool


@lru_cache(maxsize=DATES_KEPT)
def parse_occurred(text: str) -> Occurred:
    """Read the date of an event (domain.md §1), in time linear in its length.

    Raises InvalidInput on the field `occurred` for every text outside the
    subset in the head of this module.
    """
    _check_characters(text)
    if text.startswith("[") and text.endswith("]"):
        bounds, marked = _read_set(text[1:-1])
    elif "/" in text:
        bounds, marked = _read_interval(text)
    else:
        first, last, marked = _read_date(text)
        bounds = Bounds(first, last, first, last)
    return Occurred(text, bounds, marked)


def parse_moment(text: str, field: str) -> int:
    """The minute an `as_of` stands for: the last one of a date, month or year.

    A date-time with an offset is its own minute. Raises InvalidInput on `field`
    for anything else, marks, intervals and sets included.
    """
    return _read_moment(text, field).last


def first_minute(text: str, field: str) -> int:
    """The first minute of one unmarked date, as `parse_moment` reads it."""
    return _read_moment(text, field).first


def last_minute(text: str, field: str) -> int:
    """The last minute of one unmarked date, as `parse_moment` reads it."""
    return _read_moment(text, field).last


def format_minute(minute: int) -> str:
    """Write a minute since the epoch as `2025-09-04T23:59Z`; `parse_moment` undoes it.

    Raises ValueError for a minute outside the years of this module, which no
    bound can hold.
    """
    if not _FIRST_MINUTE <= minute <= _LAST_MINUTE:
        raise ValueError(f"minute {minute} lies outside the years {FIRST_YEAR}–{LAST_YEAR}")
    instant = _EPOCH + timedelta(minutes=minute)
    return f"{instant.replace(tzinfo=None).isoformat(timespec='minutes')}Z"


def _read_moment(text: str, field: str) -> _Span:
    """Read one unmarked date; its refusals name `field`."""
    try:
        _check_characters(text)
        if "/" in text or "[" in text or ".." in text:
            rule = "one date or instant is wanted, not an interval or a set"
            raise refuse(rule, "write for example 2025-09-04 or 2025-09-04T23:59Z")
        span = _read_date(text)
        if span.marked:
            rule = "a moment that is asked for carries no ?, ~ or %"
            raise refuse(rule, f"write {text[:-1]}")
    except InvalidInput as refused:
        problems = (replace(problem, field=field) for problem in refused.problems)
        raise InvalidInput(*problems) from None
    return span


def _read_interval(text: str) -> tuple[Bounds, bool]:
    start, slash, end = text.partition("/")
    if "/" in end:
        raise explain(text)
    if start in _OPEN_ENDS and end in _OPEN_ENDS:
        raise no_bound()
    if start in _OPEN_ENDS:
        b = _read_date(end)
        return Bounds(None, b.last, b.first, b.last), b.marked
    a = _read_date(start)
    if end in _OPEN_ENDS:
        return Bounds(a.first, a.last, None, None), a.marked
    b = _read_date(end)
    if a.first > b.last:
        rule = "the interval ends before it begins"
        raise refuse(rule, f"write the earlier date first: {end}{slash}{start}")
    return Bounds(a.first, a.last, b.first, b.last), a.marked or b.marked


def _read_set(inner: str) -> tuple[Bounds, bool]:
    """Read what stands between the brackets of a one-of set."""
    if inner in _OPEN_ENDS:
        raise no_bound()
    if "," in inner:
        return _read_members(inner.split(","))
    start, dots, end = inner.partition("..")
    if not dots:
        _read_date(inner)
        rule = "a set has at least two dates"
        raise refuse(rule, f"write {inner} without brackets, or [{inner},2025-09-11]")
    if not end:
        _read_date(start)
        rule = "a set needs its last date"
        way_out = (
            f"write for example [{start}..2025-09-11], or {start}/.. for what began then and lasts"
        )
        raise refuse(rule, way_out)
    b = _read_date(end)
    if not start:
        return Bounds(None, b.last, None, None), b.marked
    a = _read_date(start)
    if a.first > b.last:
        rule = "the set ends before it begins"
        raise refuse(rule, f"write the earlier date first: [{end}..{start}]")
    return Bounds(a.first, b.last, None, None), a.marked or b.marked


def _read_members(members: list[str]) -> tuple[Bounds, bool]:
    """Read a list of dates, each wholly after the one before it.

    In any other order first(a) … last(b) would not enclose all the members.
    """
    if any(".." in member for member in members):
        rule = "a set is either a list of dates or a range, not both"
        raise refuse(rule, "write for example [2024,2025-09-11] or [2024..2025-09-11]")
    spans = [_read_date(member) for member in members]
    if any(a.last >= b.first for a, b in pairwise(spans)):
        rule = "the dates of a set follow one another and do not overlap"
        raise refuse(rule, "write them earliest first, each once, such as [2024,2025-09-11]")
    return Bounds(spans[0].first, spans[-1].last, None, None), any(s.marked for s in spans)


def _read_date(text: str) -> _Span:
    """Read one date or date-time with its mark."""
    match = _DATE.fullmatch(text)
    if match is None:
        raise explain(text)
    year, month, day, hour, minute, offset, mark = match.groups()
    if not FIRST_YEAR <= int(year) <= LAST_YEAR:
        raise year_outside()
    if month is None:
        return _Span(_midnight(year, "1", "1"), _midnight(year, "12", "31") + _DAY - 1, bool(mark))
    days = _count_days(year, month, has_day=day is not None)
    if day is None:
        start = _midnight(year, month, "1")
        return _Span(start, start + days * _DAY - 1, bool(mark))
    if not 1 <= int(day) <= days:
        rule = f"{year}-{month} has no day {day}"
        raise refuse(rule, f"write a day from 01 to {days}, such as {year}-{month}-{days}")
    start = _midnight(year, month, day)
    if hour is None:
        return _Span(start, start + _DAY - 1, bool(mark))
    instant = start + _read_time(hour, minute) - _read_offset(offset)
    if not _FIRST_MINUTE <= instant <= _LAST_MINUTE:
        raise year_outside()
    return _Span(instant, instant, bool(mark))


def _midnight(year: str, month: str, day: str) -> int:
    """The first minute of a day that exists."""
    return (date(int(year), int(month), int(day)).toordinal() - _EPOCH_ORDINAL) * _DAY


def _count_days(year: str, month: str, *, has_day: bool) -> int:
    """How many days the month has; refuses seasons and months there are not."""
    number = int(month)
    if number in _SEASONS and not has_day:
        rule = f"{month} stands for a season, and seasons have no agreed first day"
        raise refuse(rule, f"name the months, such as {year}-03 or the set [{year}-03..{year}-05]")
    if not 1 <= number <= _LAST_MONTH:
        rule = f"there is no month {month}"
        raise refuse(
            rule, f"write the year first, then a month from 01 to 12, such as {year}-12-01"
        )
    return monthrange(int(year), number)[1]


def _read_time(hour: str, minute: str) -> int:
    """Minutes since midnight."""
    if hour > "23" or minute > "59":
        rule = f"there is no time {hour}:{minute}"
        raise refuse(rule, "write hours from 00 to 23 and minutes from 00 to 59, such as 23:59")
    return int(hour) * 60 + int(minute)


def _read_offset(offset: str) -> int:
    """Minutes east of Greenwich; negative to the west."""
    if offset == "Z":
        return 0
    hours, minutes = int(offset[1:3]), int(offset[4:] or 0)
    east = hours * 60 + minutes if offset[0] == "+" else -hours * 60 - minutes
    unknown = offset[0] == "-" and not east
    if unknown or offset[4:] > "59" or not WESTMOST <= east <= EASTMOST:
        rule = f"there is no offset {offset}"
        raise refuse(rule, "write Z for UTC, or an offset from -12:00 to +14:00, such as +03:00")
    return east


def _check_characters(text: str) -> None:
    """Refuse, before any parsing, what can only be hostile or a misunderstanding."""
    if len(text) > MAX_TEXT:
        rule = f"a date has at most {MAX_TEXT} characters, this one {len(text)}"
        raise refuse(rule, "write for example 2025-09-04, or a range such as [2024..2025-09-11]")
    if not text.isascii():
        rule = "a date has only the figures 0–9 and the signs - : . , / [ ] ? ~ % + T Z"
        raise refuse(rule, "type it anew in plain characters, such as 2025-09-04")
    if "{" in text or "}" in text:
        rule = "all-of sets in { } are refused: one record is one occurrence"
        raise refuse(rule, "record each date by itself, or one of them as [2024,2025-09-11]")
    if text == "..":
        raise no_bound()
    if text.find("[", 1) > 0 or "]" in text[:-1] or text.startswith("[") != text.endswith("]"):
        rule = "a set is one pair of square brackets around the whole"
        raise refuse(rule, "write for example [2024..2025-09-11] or [2024,2025-09-11]")
    if PROSE.search(text):
        raise explain(text)
