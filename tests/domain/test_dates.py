"""A date reads as its four bounds, or is refused with a rule and a way out."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.dates import (
    MAX_TEXT,
    Bounds,
    Occurred,
    first_minute,
    format_minute,
    last_minute,
    parse_moment,
    parse_occurred,
)
from domain.errors import InvalidInput, Problem


def minute(text: str) -> int:
    """The minute of an instant, computed by nothing of ours."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) // 60


def bounds(*ends: str) -> Bounds:
    """Bounds from four instants, `-` for an absent one."""
    start_lo, start_hi, end_lo, end_hi = (None if e == "-" else minute(e) for e in ends)
    return Bounds(start_lo, start_hi, end_lo, end_hi)


def refusal(text: str) -> Problem:
    with pytest.raises(InvalidInput) as caught:
        parse_occurred(text)
    (problem,) = caught.value.problems
    return problem


# --- the table of forms, minute by minute ------------------------------------------

YEAR = ("2025-01-01T00:00", "2025-12-31T23:59")
MONTH = ("2025-08-01T00:00", "2025-08-31T23:59")
DAY = ("2025-09-04T00:00", "2025-09-04T23:59")
NOON = ("2025-09-04T12:00", "2025-09-04T12:00")
NEVER = ("-", "-")

FORMS = [
    # D
    ("2025", (*YEAR, *YEAR), False),
    ("2025-08", (*MONTH, *MONTH), False),
    ("2025-09-04", (*DAY, *DAY), False),
    ("2025-09-04T12:00Z", (*NOON, *NOON), False),
    ("2025-09-04T15:00+03:00", (*NOON, *NOON), False),
    ("2025-09-04T15:00+03", (*NOON, *NOON), False),
    ("2025-09-04T06:30-05:30", (*NOON, *NOON), False),
    ("2025-09-05T02:00+14:00", (*NOON, *NOON), False),
    ("2025-09-04T00:00-12:00", (*NOON, *NOON), False),
    ("2025?", (*YEAR, *YEAR), True),
    ("2025-08~", (*MONTH, *MONTH), True),
    ("2025-09-04%", (*DAY, *DAY), True),
    ("2025-09-04T12:00Z~", (*NOON, *NOON), True),
    # a/b
    ("2025-08/2025-09-04", (*MONTH, *DAY), False),
    ("2025-09-04/2025-09-04", (*DAY, *DAY), False),
    ("2025-08/2025", (*MONTH, *YEAR), False),
    ("2025-09-04/2025", (*DAY, *YEAR), False),
    ("2025/2025-09-04T12:00Z", (*YEAR, *NOON), False),
    ("2025-08?/2025-09-04", (*MONTH, *DAY), True),
    ("2025-08/2025-09-04~", (*MONTH, *DAY), True),
    # [a..b] and [a,b]
    ("[2025-08..2025-09-04]", (MONTH[0], DAY[1], *NEVER), False),
    ("[2024..2025-09-11]", ("2024-01-01T00:00", "2025-09-11T23:59", *NEVER), False),
    ("[2025-08%..2025-09-04]", (MONTH[0], DAY[1], *NEVER), True),
    ("[2025-09-04T12:00Z..2025]", (NOON[0], YEAR[1], *NEVER), False),
    ("[2025-08,2025-09-04]", (MONTH[0], DAY[1], *NEVER), False),
    ("[2023,2025-08,2025-09-04]", ("2023-01-01T00:00", DAY[1], *NEVER), False),
    ("[2023,2025-08?,2025-09-04]", ("2023-01-01T00:00", DAY[1], *NEVER), True),
    # [..b]
    ("[..2025-09-04]", ("-", DAY[1], *NEVER), False),
    ("[..2025?]", ("-", YEAR[1], *NEVER), True),
    # /b, ../b
    ("/2025-08", ("-", MONTH[1], *MONTH), False),
    ("../2025-08", ("-", MONTH[1], *MONTH), False),
    ("../2025-08~", ("-", MONTH[1], *MONTH), True),
    # a/, a/..
    ("2025-08/", (*MONTH, *NEVER), False),
    ("2025-08/..", (*MONTH, *NEVER), False),
    ("2025-08?/..", (*MONTH, *NEVER), True),
    # the ends of the calendar
    ("2024-02", (*("2024-02-01T00:00", "2024-02-29T23:59") * 2,), False),
    ("1900-02", (*("1900-02-01T00:00", "1900-02-28T23:59") * 2,), False),
    ("0001-01-01", (*("0001-01-01T00:00", "0001-01-01T23:59") * 2,), False),
    ("0001", (*("0001-01-01T00:00", "0001-12-31T23:59") * 2,), False),
    ("5999", (*("5999-01-01T00:00", "5999-12-31T23:59") * 2,), False),
]


@pytest.mark.parametrize(("text", "ends", "marked"), FORMS)
def test_every_form_has_the_bounds_of_the_table(
    text: str, ends: tuple[str, ...], *, marked: bool
) -> None:
    assert parse_occurred(text) == Occurred(text, bounds(*ends), marked)


def test_the_epoch_is_minute_zero_and_what_was_before_is_negative() -> None:
    assert parse_occurred("1970-01-01T00:00Z").bounds == Bounds(0, 0, 0, 0)
    assert parse_occurred("1969-12-31").bounds == Bounds(-1440, -1, -1440, -1)
    assert parse_occurred("2025-08").bounds.start_hi == 29_278_079


def test_the_subset_fits_minutes_of_32_bits() -> None:
    assert -(2**31) < first_minute("0001", "date") < last_minute("5999", "date") < 2**31


# --- what is refused, and how -------------------------------------------------------

REFUSED = [
    # what is written, a word of the rule, a word of the way out
    ("", "missing", "2025-09-04"),
    ("September 4, 2025", "figures, year first", "2025-09-04"),
    ("4 Sept 2025", "figures, year first", "2025-09-04"),
    ("yesterday", "figures, year first", "2025-09-04"),
    ("04.09.2025", "year first", "2025-09-04"),
    ("4/9/2025", "year first", "2025-09-04"),
    ("09-04-2025", "year first", "2025-09-04"),
    ("2025/09/04", "hyphens", "2025-09-04"),
    ("20250904", "hyphens", "2025-09-04"),
    ("2025-9-4", "two digits", "2025-09-04"),
    ("2025-13-01", "no month 13", "01 to 12"),
    ("2025-02-29", "2025-02 has no day 29", "2025-02-28"),
    ("2025-09-00", "2025-09 has no day 00", "2025-09-30"),
    ("2025-09-04T12:00:00Z", "no seconds", "2025-09-04T23:59+03:00"),
    ("2025-09-04T12:00", "needs its offset", "2025-09-04T23:59+03:00"),
    ("2025-09-04T12:00+0300", "needs its offset", "2025-09-04T23:59+03:00"),
    ("2025-09-04T12:00 Kyiv", "needs its offset", "2025-09-04T23:59+03:00"),
    ("2025-09-04T24:00Z", "no time 24:00", "00 to 23"),
    ("2025-09-04T12:60Z", "no time 12:60", "00 to 59"),
    ("2025-09-04T12:00+14:01", "no offset +14:01", "+14:00"),
    ("2025-09-04T12:00-12:01", "no offset -12:01", "-12:00"),
    ("2025-09-04T12:00-00:00", "no offset -00:00", "Z for UTC"),
    ("2025-09-04T12:00+03:60", "no offset +03:60", "+03:00"),
    ("2025-09-04T12Z", "not a date", "2025-09-04T23:59+03:00"),
    ("2025-09-04t12:00z", "not a date", "2025-09-04T23:59+03:00"),
    ("2025-09-04 12:00", "no spaces", "2025-09-04T23:59Z"),
    (" 2025", "no spaces", "2025-09-04T23:59Z"),
    ("2025\n", "no spaces", "2025-09-04T23:59Z"),
    ("2025-21", "season", "[2025-03..2025-05]"),
    ("2025-24/2026", "season", "[2025-03..2025-05]"),
    ("2025-0X", "unknown digits", "2025-09"),
    ("2025-09-XX", "unknown digits", "2025-09"),
    ("202X", "unknown digits", "[2020..2029]"),
    ("19uu", "unknown digits", "[2020..2029]"),
    ("0000", "0001 to 5999", "0988"),
    ("6000", "0001 to 5999", "0988"),
    ("-0044", "0001 to 5999", "0988"),
    ("Y17E7", "0001 to 5999", "0988"),
    ("12025", "0001 to 5999", "0988"),
    ("0001-01-01T00:00+00:01", "0001 to 5999", "0988"),
    ("5999-12-31T23:59-00:01", "0001 to 5999", "0988"),
    ("2025?~", "once, at the end", "%"),
    ("2025?-09", "once, at the end", "2025-09?"),
    ("2025/..?", "once, at the end", "2025-09?"),
    ("/", "says nothing", "[..2025-09-11]"),
    ("..", "says nothing", "[..2025-09-11]"),
    ("../..", "says nothing", "[..2025-09-11]"),
    ("[..]", "says nothing", "[..2025-09-11]"),
    ("[]", "says nothing", "[..2025-09-11]"),
    ("2025/2024", "ends before it begins", "2024/2025"),
    ("2025-09-04T12:00Z/2025-09-04T11:59Z", "ends before it begins", "earlier date first"),
    ("[2025..2024]", "ends before it begins", "[2024..2025]"),
    ("[2025,2024]", "follow one another", "earliest first"),
    ("[2025,2025-09-11]", "follow one another", "earliest first"),
    ("[2025,2025]", "follow one another", "each once"),
    ("2024/2025/2026", "one slash", "2025-09-04/2025-09-11"),
    ("[2024/2025]", "one slash", "2025-09-04/2025-09-11"),
    ("2024..2025", "square brackets", "[2024..2025-09-11]"),
    ("2025-09-04/11", "'11' is not a date", "2025-09-04"),
    ("[2024..]", "needs its last date", "2024/.."),
    ("[2024]", "at least two", "without brackets"),
    ("[2024,]", "missing", "2025-09-04"),
    ("[2020..2022,2024]", "not both", "[2024..2025-09-11]"),
    ("[2024, 2025]", "no spaces", "leave them out"),
    ("[2024..2025", "one pair of square brackets", "[2024..2025-09-11]"),
    ("[..2024]/2025", "one pair of square brackets", "[2024..2025-09-11]"),
    ("[..2024]?", "one pair of square brackets", "[2024..2025-09-11]"),
    ("{2024,2025}", "one record is one occurrence", "[2024,2025-09-11]"),
    ("2025-W36", "not a date", "2025-09"),
    ("2025\x00", r"'2025\x00' is not a date", "2025"),
    ("２０２５", "only the figures", "plain characters"),  # fullwidth digits
    ("2025-09\u201004", "only the figures", "plain characters"),  # a typographic hyphen
    ("e\u0301t\u00e9", "only the figures", "plain characters"),  # and not in NFC
    ("\ud800", "only the figures", "plain characters"),  # half a character
]


@pytest.mark.parametrize(("text", "rule", "way_out"), REFUSED)
def test_every_common_mistake_is_told_its_rule_and_a_way_out(
    text: str, rule: str, way_out: str
) -> None:
    problem = refusal(text)
    assert problem.field == "occurred"
    assert rule in problem.rule
    assert way_out in problem.way_out


def test_a_long_text_is_refused_by_its_length_alone() -> None:
    assert (
        "at most 256 characters, this one 10000000" in refusal("[2024," * 1_666_666 + "2024").rule
    )
    longest = "[" + ",".join(f"2025-01-{day:02}" for day in range(1, 24)) + "]"
    assert len(longest) <= MAX_TEXT
    assert parse_occurred(longest).bounds.start_hi == minute("2025-01-23T23:59")


@given(st.one_of(st.text(), st.text("0123456789-T:Z+/.[],?~%{}X \n", max_size=MAX_TEXT + 9)))
@example("[2025-09-04?.." * 18)
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        read = parse_occurred(text)
    except InvalidInput as refused:
        (problem,) = refused.problems
        assert problem.field == "occurred"
        assert problem.rule.isprintable()
        assert problem.way_out.isprintable()
    else:
        assert read.text == text
        assert read.bounds != Bounds(None, None, None, None)


# --- moments that are asked for ----------------------------------------------------


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2025", *YEAR),
        ("2025-08", *MONTH),
        ("2025-09-04", *DAY),
        ("2025-09-04T12:00Z", *NOON),
        ("2025-09-04T15:00+03:00", *NOON),
    ],
)
def test_as_of_a_date_is_its_last_minute(text: str, first: str, last: str) -> None:
    assert parse_moment(text, "as_of") == last_minute(text, "as_of") == minute(last)
    assert first_minute(text, "as_of") == minute(first)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("2025?", "carries no"),
        ("2024/2025", "not an interval or a set"),
        ("[2024..2025]", "not an interval or a set"),
        ("../2025", "not an interval or a set"),
        ("..", "says nothing"),
        ("now", "figures, year first"),
        ("2025-09-04T12:00", "needs its offset"),
        ("2025-13", "no month 13"),
        ("", "missing"),
    ],
)
def test_a_moment_that_does_not_read_names_the_field_it_was_given_in(text: str, rule: str) -> None:
    for read in (parse_moment, first_minute, last_minute):
        with pytest.raises(InvalidInput) as caught:
            read(text, "published_by")
        (problem,) = caught.value.problems
        assert problem.field == "published_by"
        assert rule in problem.rule


MINUTES = st.integers(first_minute("0001", "date"), last_minute("5999", "date"))


@given(MINUTES)
@example(first_minute("0001", "date"))
@example(last_minute("5999", "date"))
def test_a_written_minute_reads_as_itself(moment: int) -> None:
    written = format_minute(moment)
    assert parse_moment(written, "as_of") == first_minute(written, "as_of") == moment


def test_a_minute_is_written_with_four_digits_of_the_year_and_a_z() -> None:
    assert format_minute(minute("2025-09-04T23:59")) == "2025-09-04T23:59Z"
    assert format_minute(minute("0988-08-01T00:00")) == "0988-08-01T00:00Z"


@pytest.mark.parametrize("beyond", [-1, 1])
def test_a_minute_that_no_bound_can_hold_is_not_written(beyond: int) -> None:
    edge = last_minute("5999", "date") if beyond > 0 else first_minute("0001", "date")
    with pytest.raises(ValueError, match="outside the years"):
        format_minute(edge + beyond)


# --- properties of everything that reads --------------------------------------------


@st.composite
def units(draw: st.DrawFn, *, clock: bool = True) -> str:
    """A year, month, day or date-time of the subset, without a mark."""
    year = draw(st.one_of(st.integers(2023, 2026), st.integers(2, 5998)))
    month = draw(st.integers(1, 12))
    day = draw(st.integers(1, monthrange(year, month)[1]))
    hour, past = draw(st.integers(0, 23)), draw(st.integers(0, 59))
    offset = draw(st.sampled_from(["Z", "+03:00", "-05:00", "+05:45", "+14", "-12:00"]))
    whole = f"{year:04}-{month:02}-{day:02}T{hour:02}:{past:02}{offset}"
    return whole[: draw(st.sampled_from([4, 7, 10, *([len(whole)] * clock)]))]


MARKS = st.sampled_from(["", "", "?", "~", "%"])
DATES = st.builds("".join, st.tuples(units(), MARKS))
VALUES = st.one_of(
    DATES,
    st.builds("{}/{}".format, DATES, DATES),
    st.builds("[{}..{}]".format, DATES, DATES),
    st.builds("[..{}]".format, DATES),
    st.builds("{}{}".format, st.sampled_from(["/", "../"]), DATES),
    st.builds("{}{}".format, DATES, st.sampled_from(["/", "/.."])),
    st.builds(
        lambda dates: f"[{','.join(sorted(dates))}]", st.lists(DATES, min_size=2, max_size=6)
    ),
)


# The grammar draws only whole dates, so order is all that can be wrong.
OUT_OF_ORDER = {
    "the interval ends before it begins",
    "the set ends before it begins",
    "the dates of a set follow one another and do not overlap",
}


def read_or_none(text: str) -> Occurred | None:
    try:
        return parse_occurred(text)
    except InvalidInput as refused:
        if refused.problems[0].rule not in OUT_OF_ORDER:
            raise
        return None


@given(VALUES)
def test_bounds_are_in_order_and_the_text_is_untouched(text: str) -> None:
    read = read_or_none(text)
    if read is None:
        return
    found = read.bounds
    for low, high in [
        (found.start_lo, found.start_hi),
        (found.end_lo, found.end_hi),
        (found.start_lo, found.end_hi),
    ]:
        assert low is None or high is None or low <= high
    assert read.text == text
    assert read.marked == any(mark in text for mark in "?~%")


@given(VALUES)
def test_each_bound_reads_back_as_the_same_minute(text: str) -> None:
    read = read_or_none(text)
    ends = [read.bounds.start_lo, read.bounds.start_hi] if read else []
    for end in ends:
        assert end is None or parse_moment(format_minute(end), "as_of") == end


@given(units(clock=False))
def test_a_finer_date_lies_inside_the_coarser_ones(text: str) -> None:
    for length in (4, 7):
        coarse = text[:length]
        assert first_minute(coarse, "date") <= first_minute(text, "date")
        assert last_minute(text, "date") <= last_minute(coarse, "date")


@given(units(clock=False))
def test_the_minute_after_a_date_begins_the_next_of_its_kind(text: str) -> None:
    following = format_minute(last_minute(text, "date") + 1)[: len(text)]
    assert following > text
    assert first_minute(following, "date") == last_minute(text, "date") + 1


@given(DATES, DATES)
def test_the_forms_of_the_table_agree_on_the_ends_they_share(a: str, b: str) -> None:
    interval, one_of = read_or_none(f"{a}/{b}"), read_or_none(f"[{a}..{b}]")
    assert (interval is None) == (one_of is None)
    if interval is None or one_of is None:
        return
    lasting, until = parse_occurred(f"{a}/..").bounds, parse_occurred(f"../{b}").bounds
    assert (interval.bounds.start_lo, interval.bounds.start_hi) == (
        lasting.start_lo,
        lasting.start_hi,
    )
    assert (interval.bounds.end_lo, interval.bounds.end_hi) == (until.end_lo, until.end_hi)
    assert one_of.bounds == Bounds(lasting.start_lo, until.end_hi, None, None)
