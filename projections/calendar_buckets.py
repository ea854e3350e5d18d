"""Minutes, and the days, months and years of UTC they lie in: pure arithmetic.

A bucket is one whole number that reads like its date: 20250906 is a day,
20250900 its month and 20250000 its year. So the buckets of a year stand
together in every index, the year before its months and a month before its days.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import lru_cache

from projections.tables import BEGINNING

DAY = 24 * 60
"""Minutes."""
EVER = 0
"""The bucket of what no year holds."""
FIRST_MINUTE = (date.min.toordinal() - date(1970, 1, 1).toordinal()) * DAY
"""The first minute of year 1; before it there are no buckets."""
LAST_MINUTE = 2**31 - 1
"""The last minute that a row can hold, in year 6053."""
MONTHS = 12
_EPOCH = date(1970, 1, 1).toordinal()
_MONTH, _YEAR = 100, 10_000
_NEARBY_DAYS = 20_000
"""How many days are remembered by their buckets: more than fifty years of them."""


def buckets_of(minute: int) -> tuple[int, int, int]:
    """The day, the month and the year that a minute lies in, in this order."""
    return _buckets(minute // DAY)


@lru_cache(maxsize=_NEARBY_DAYS)
def _buckets(days: int) -> tuple[int, int, int]:
    on = date.fromordinal(_EPOCH + days)
    year, month = on.year * _YEAR, on.month * _MONTH
    return year + month + on.day, year + month, year


def is_day(bucket: int) -> bool:
    """Whether a bucket is a single day."""
    return bucket % _MONTH != 0


def is_year(bucket: int) -> bool:
    """Whether a bucket is a whole year."""
    return bucket % _YEAR == 0


def upwards(day: int) -> tuple[int, int, int]:
    """A day, its month and its year."""
    return day, day // _MONTH * _MONTH, day // _YEAR * _YEAR


def span_of(bucket: int) -> tuple[int, int]:
    """The first and the last minute of a bucket; EVER holds every minute there is."""
    if bucket == EVER:
        return BEGINNING, LAST_MINUTE
    year, month, day = bucket // _YEAR, bucket // _MONTH % _MONTH, bucket % _MONTH
    first = _first(year, month or 1, day or 1)
    if day:
        return first, first + DAY - 1
    following = _first(year, month + 1, 1) if month else _first(year + 1, 1, 1)
    return first, following - 1


def _first(year: int, month: int, day: int) -> int:
    if month > MONTHS:
        year, month = year + 1, 1
    return (date(year, month, day).toordinal() - _EPOCH) * DAY


def parts_of(bucket: int) -> list[int]:
    """The months of a year, or the days of a month."""
    if is_year(bucket):
        return [bucket + month * _MONTH for month in range(1, MONTHS + 1)]
    first, last = span_of(bucket)
    return [bucket + day for day in range(1, (last - first) // DAY + 2)]


def smallest_around(first: int, last: int) -> int:
    """The smallest bucket that holds both minutes: a day, a month, a year, or EVER."""
    if first < FIRST_MINUTE:
        return EVER
    both = zip(buckets_of(first), buckets_of(last), strict=True)
    return next((one for one, other in both if one == other), EVER)


def around(minute: int) -> tuple[int, ...]:
    """Every bucket that holds a minute, from its day to EVER."""
    return *buckets_of(minute), EVER


def following_year(bucket: int) -> int:
    """The year after the one that a bucket lies in."""
    return bucket // _YEAR * _YEAR + _YEAR


def whole_before(minute: int) -> Iterator[int]:
    """The whole months of its year and the whole days of its month that end before a minute.

    With the years before they are every bucket from the beginning up to the day
    of the minute: at most 11 months and 30 days.
    """
    day, month, year = buckets_of(minute)
    yield from range(year + _MONTH, month, _MONTH)
    yield from range(month + 1, day)
