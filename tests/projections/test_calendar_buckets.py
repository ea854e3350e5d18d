"""Buckets: each minute lies in a day, a month and a year, and they fit together without a gap."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.calendar_buckets import (
    EVER,
    FIRST_MINUTE,
    LAST_MINUTE,
    buckets_of,
    is_day,
    is_year,
    parts_of,
    smallest_around,
    span_of,
    upwards,
    whole_before,
)

MINUTES = st.integers(FIRST_MINUTE, LAST_MINUTE)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@given(MINUTES)
def test_a_bucket_reads_like_its_date(minute: int) -> None:
    at = EPOCH + timedelta(minutes=minute)

    day, month, year = buckets_of(minute)

    assert f"{day:08}" == f"{at:%Y%m%d}".zfill(8)
    assert (month, year) == (day - at.day, day - at.day - 100 * at.month)
    assert upwards(day) == (day, month, year)
    assert (is_day(day), is_day(month), is_year(month), is_year(year)) == (True, False, False, True)


@given(MINUTES)
def test_a_minute_lies_in_the_span_of_its_buckets(minute: int) -> None:
    for bucket in (*buckets_of(minute), EVER):
        first, last = span_of(bucket)
        assert first <= minute <= last


@given(MINUTES)
def test_the_parts_of_a_bucket_fill_it_without_a_gap(minute: int) -> None:
    for bucket in buckets_of(minute)[1:]:
        expected, last = span_of(bucket)
        for part in parts_of(bucket):
            first, end = span_of(part)
            assert first == expected
            expected = end + 1
        assert expected == last + 1


@given(MINUTES)
def test_the_whole_buckets_before_a_minute_reach_from_its_year_to_its_day(minute: int) -> None:
    day, _, year = buckets_of(minute)
    found = list(whole_before(minute))

    expected = span_of(year)[0]
    for bucket in found:
        first, end = span_of(bucket)
        assert first == expected
        expected = end + 1
    assert expected == span_of(day)[0]
    assert len(found) <= 11 + 30


@given(MINUTES, st.integers(0, 10**6))
def test_the_smallest_bucket_around_a_span_holds_it_and_no_smaller_one_does(
    first: int, length: int
) -> None:
    last = min(first + length, LAST_MINUTE)

    found = smallest_around(first, last)

    def holds(bucket: int) -> bool:
        begins, ends = span_of(bucket)
        return begins <= first and last <= ends

    candidates = [bucket for bucket in (*buckets_of(first), EVER) if holds(bucket)]
    assert found == candidates[0]


@pytest.mark.parametrize(
    ("bucket", "minutes"), [(20240229, 1440), (20240200, 29 * 1440), (20240000, 366 * 1440)]
)
def test_a_leap_day_is_a_day_of_its_month_and_its_year(bucket: int, minutes: int) -> None:
    first, last = span_of(bucket)

    assert last - first + 1 == minutes
