"""Local times: the offset a place had then, and nothing guessed where clocks were changed."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.dates import parse_occurred
from domain.errors import InvalidInput
from exchange.local_times import TWICE, read_local, zone_named

KYIV = ZoneInfo("Europe/Kyiv")


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("2025-09-06", "2025-09-06"),
        ("2025-09", "2025-09"),
        ("2025", "2025"),
        ("2025-09-06 17:00", "2025-09-06T17:00+03:00"),
        ("2025-02-06 17:00", "2025-02-06T17:00+02:00"),
        ("2023-05-16 3:30", "2023-05-16T03:30+03:00"),
        ("2025-09-06T17:00:59", "2025-09-06T17:00+03:00"),
        ("2025-09-06T17:00Z", "2025-09-06T17:00Z"),
        ("2025-09-06 17:00 +0100", "2025-09-06T17:00+01:00"),
        ("2025-09-06T17:00:30.125-05:00", "2025-09-06T17:00-05:00"),
    ],
)
def test_a_date_stays_a_date_and_a_time_gets_the_offset_of_its_day(cell: str, text: str) -> None:
    moment = read_local(cell, KYIV)
    assert (moment.text, moment.remark) == (text, "")
    bounds = parse_occurred(moment.text).bounds
    assert (moment.first, moment.last) == (bounds.start_lo, bounds.start_hi)


def test_greenwich_is_written_as_utc() -> None:
    assert read_local("2025-01-06 17:00", ZoneInfo("Europe/London")).text == "2025-01-06T17:00Z"
    assert read_local("2025-01-06 17:00", ZoneInfo("UTC")).text == "2025-01-06T17:00Z"


def test_an_hour_that_came_twice_is_its_day_and_told_of() -> None:
    before, twice, after = (
        read_local(f"2025-10-26 {time}", KYIV) for time in ("02:59", "03:30", "04:00")
    )
    assert (before.text, after.text) == ("2025-10-26T02:59+03:00", "2025-10-26T04:00+02:00")
    assert (twice.text, twice.remark) == ("2025-10-26", TWICE)


@pytest.mark.parametrize(
    ("cell", "zone", "said"),
    [
        ("2025-03-30 03:30", "Europe/Kyiv", "there was no 03:30 on 2025-03-30 in Europe/Kyiv"),
        # The two instants lie in two days of UTC, so that neither day holds both.
        ("2025-10-26 02:30", "Europe/Chisinau", "02:30 came twice on 2025-10-26"),
        ("1890-01-01 12:00", "Europe/Kyiv", "no offset of whole minutes"),
        ("2025-02-30", "Europe/Kyiv", "no day 30"),
        ("2025-02-30 10:00", "Europe/Kyiv", "a date or a time that there is not"),
        ("2025-02-20 24:00", "Europe/Kyiv", "a date or a time that there is not"),
        ("2025-02-20 10:00+19:00", "Europe/Kyiv", "no offset"),
        ("06.09.2025", "Europe/Kyiv", "is not read as a date"),
        ("yesterday", "Europe/Kyiv", "is not read as a date"),
        ("２０２５-09-06", "Europe/Kyiv", "is not read as a date"),
    ],
)
def test_what_is_no_time_of_that_place_is_refused(cell: str, zone: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        read_local(cell, ZoneInfo(zone))


def test_a_time_without_an_offset_needs_a_zone() -> None:
    assert read_local("2025-09-06", None).text == "2025-09-06"
    assert read_local("2025-09-06T17:00Z", None).text == "2025-09-06T17:00Z"
    with pytest.raises(InvalidInput, match="give `time_zone`"):
        read_local("2025-09-06 17:00", None)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("06.09.2025", "2025-09-06"),
        ("06.09.2025 17:05", "2025-09-06T17:05+03:00"),
        ("06.09.2025 17:05 +0000", "2025-09-06T17:05+00:00"),
    ],
)
def test_a_mapping_may_name_the_forms_of_dates(cell: str, text: str) -> None:
    forms = ("%d.%m.%Y", "%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M %z")
    assert read_local(cell, KYIV, forms).text == text
    with pytest.raises(InvalidInput, match="has none of the forms"):
        read_local("2025-09-06", KYIV, forms)


def test_a_zone_nobody_knows_is_refused() -> None:
    for name in ("Europe/Atlantis", "", "../etc/passwd", "Europe"):
        with pytest.raises(InvalidInput, match="no time zone that is known here"):
            zone_named(name)


@given(st.datetimes(), st.sampled_from(["Europe/Kyiv", "America/New_York", "Australia/Lord_Howe"]))
def test_what_is_read_lies_where_the_clock_says_or_is_refused(moment: object, name: str) -> None:
    zone = ZoneInfo(name)
    try:
        found = read_local(f"{moment:%Y-%m-%d %H:%M}".rjust(16, "0"), zone)
    except InvalidInput:
        return
    assert found.first <= found.last
    assert found.day == f"{moment:%Y-%m-%d}".rjust(10, "0")
