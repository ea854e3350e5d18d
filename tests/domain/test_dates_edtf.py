"""A second opinion on dates: PyPI `edtf` 5.0.2, where it and our subset overlap.

The overlap is dates without a time of day, and closed intervals of them. Each
gap has a test of its own below, so that a release which closes one is noticed:

- a range of mixed precision, `[2024..2025-09-11]`, does not parse there;
- a time of day must have seconds there, and its bounds are those of its day;
- an unknown end is ten years away there, and bounds nothing here;
- seasons, X digits, year 0, `[a..]` and reversed intervals are read there.
"""

from __future__ import annotations

import time
from datetime import UTC, date, datetime

import edtf
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.dates import Bounds, parse_occurred
from domain.errors import InvalidInput

DAYS = st.one_of(
    st.dates(date(2023, 1, 1), date(2026, 12, 31)), st.dates(date(1, 1, 1), date(5999, 12, 31))
)
DATES = st.builds(lambda day, length: day.isoformat()[:length], DAYS, st.sampled_from([4, 7, 10]))


def minute(text: str) -> int:
    """The minute of an instant, computed by nothing of ours."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) // 60


def assert_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_occurred(text)


def second_opinion(text: str) -> tuple[int, int]:
    """The first and last minute of a date or an interval, as `edtf` has them."""
    read = edtf.parse_edtf(text)
    return days_begin(read.lower_strict()), days_begin(read.upper_strict()) + 1439


def days_begin(day: time.struct_time) -> int:
    return minute(f"{day.tm_year:04}-{day.tm_mon:02}-{day.tm_mday:02}T00:00")


@given(DATES)
def test_edtf_has_the_same_bounds_for_a_date(text: str) -> None:
    first, last = second_opinion(text)
    assert parse_occurred(text).bounds == Bounds(first, last, first, last)


@given(DATES, DATES)
def test_edtf_has_the_same_ends_for_a_closed_interval(a: str, b: str) -> None:
    text = f"{a}/{b}"
    first, last = second_opinion(text)
    if first > last:  # edtf reads a reversed interval, which is refused here
        assert_refused(text)
    else:
        read = parse_occurred(text).bounds
        assert (read.start_lo, read.end_hi) == (first, last)


@given(st.text("0123456789-", max_size=10))
@example("2025-02-29")
@example("2025-13")
def test_edtf_reads_every_date_that_reads_here(text: str) -> None:
    try:
        parse_occurred(text)
    except InvalidInput:
        return
    assert str(edtf.parse_edtf(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "[2024..2025-09-11]",
        "[2025?..2026]",
        "2025-09-04T12:00+03:00",
        "2025-09-04T12:00Z/2025-09-05",
    ],
)
def test_edtf_still_refuses_what_is_read_here(text: str) -> None:
    with pytest.raises(edtf.parser.edtf_exceptions.EDTFParseException):
        edtf.parse_edtf(text)
    assert parse_occurred(text).text == text


def test_edtf_still_drops_the_time_of_day() -> None:
    assert second_opinion("2025-09-04T12:00:00Z") == (
        minute("2025-09-04T00:00"),
        minute("2025-09-04T23:59"),
    )


def test_edtf_still_pads_an_unknown_end_by_ten_years() -> None:
    assert edtf.parse_edtf("2024/").upper_strict()[:3] == (2034, 1, 1)


@pytest.mark.parametrize(
    "text",
    ["2025-21", "202X", "0000", "[2024..]", "2025/2024", "../..", "2025-09-04T12:00:00"],
)
def test_edtf_still_reads_what_is_refused_here(text: str) -> None:
    assert edtf.parse_edtf(text) is not None
    assert_refused(text)
