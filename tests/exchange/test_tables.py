"""Tables as cases: what a mapping makes of rows, and what it tells of them."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import ParleyError
from domain.registry import read_event
from exchange.mapping import KEY, Remark
from exchange.table_keys import key_of, slug_of
from exchange.table_mapping import find_mapping
from exchange.tables import read_table
from tests.exchange.mapped import ENTRY, HEAD, TABLE, Bench, only, with_field

GROUPED = HEAD + "group: true\n"
PARTS = "munitions: {each_row: {model: {column: what}, launched: {whole: many}}}\n"
MANY = "no,day,what,many\n"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_a_row_is_an_entry_with_its_key_its_line_and_its_fields(bench: Bench) -> None:
    entry = only(bench.case(TABLE))
    assert (entry.key, entry.file, entry.line, entry.fault) == ("1", "visits.csv", 2, None)
    assert entry.body == {
        "kind": "attack.carried_out",
        "slug": "visit-1",
        "occurred": "2031-03-04",
        "perpetrator": "north",
        "target_country": "south",
        "modes": ["drone"],
        "summary": "A visit",
        "cite": [{"source": "ledger-of-visits"}],
    }


# --- forms ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "cell", "value"),
    [
        ("a constant", "x", "a constant"),
        ("{column: what}", "x", "x"),
        ("{column: what}", "", None),
        ("{column: what, words: {x: A}}", "x", "A"),
        ("{column: what, words: {x: A}, otherwise: B}", "y", "B"),
        ('{column: what, split: " and ", words: {x: A, y: B}}', "x and y and x", ["A", "B", "A"]),
        ("{column: what, split: /}", "", None),
        ("{whole: what}", "12", 12),
        ("{whole: what}", "12.0", 12),
        ("{whole: what}", "12.5", None),
        ("{whole: what}", "-3", None),
        ("{whole: what}", "about 3", None),
        ("{whole: what}", "٣", None),
        ("{whole: what}", "", None),
        ("{as_found: [what, no]}", "12.5", "what as found: 12.5"),
        ("{as_found: what}", "-3", "what as found: -3"),
        ("{as_found: what}", "3.0", None),
        ("{as_slug: what}", "North & West", "north-west"),
        ("{as_slug: what}", "Київ", None),
        ("{template: 'no {no}: {what}'}", "12.0", "no 1: 12"),
        ("{template: 'no {no}: {what}'}", "", None),
        ("{join: [{column: what}, {column: no}, fixed]}", "", "1; fixed"),
        ("{join: [{column: what}, {column: no}], between: '/'}", "x", "x/1"),
        ("{either: [{column: what}, {column: no}]}", "", "1"),
        ("{either: [{column: what}, {column: no}]}", "x", "x"),
        ("[{column: what}, y]", "", ["y"]),
    ],
)
def test_a_form_makes_a_value_of_a_cell(bench: Bench, form: str, cell: str, value: object) -> None:
    assert bench.value(form, f"no,day,what\n1,2031,{cell}\n") == value


@pytest.mark.parametrize(
    ("form", "value"),
    [
        ("{all_rows: {column: what}}", "x; y"),
        ("{all_rows: {column: what}, between: ' + '}", "x + y"),
        ("{each_row: {column: what}}", ["x", "y"]),
        ("{each_row: {column: what, split: x, words: {}, otherwise: z}}", ["z"]),
        ("{column: day}", "2031"),
    ],
)
def test_a_form_makes_one_value_of_several_rows(bench: Bench, form: str, value: object) -> None:
    table = "no,day,what\n1,2031,x\n1,2031,y\n1,2031,x\n1,2031,\n"
    assert bench.value(form, table, GROUPED) == value


def test_rows_of_one_entry_that_differ_are_refused_unless_the_mapping_says_what_to_do(
    bench: Bench,
) -> None:
    assert bench.fault("no,day,what\n1,2031,x\n1,2031,y\n", GROUPED + ENTRY) == (
        "visits.csv:3: what: is 'y' here and 'x' in another row of the same entry — "
        "map it with `each_row` or `all_rows`"
    )


def test_members_are_kept_row_by_row_and_know_their_lines(bench: Bench) -> None:
    table = MANY + "1,2031,dart,3\n1,2031,,\n1,2031,dart,3\n"
    entry = only(
        bench.case(table, GROUPED + with_field("{all_rows: {column: what}}") + "  " + PARTS)
    )
    assert entry.body["munitions"] == [{"model": "dart", "launched": 3}] * 2
    assert (entry.lines["munitions.0"], entry.lines["munitions.1"]) == (2, 4)


def test_members_may_be_taken_once(bench: Bench) -> None:
    once = "  places: {each_row: {name: {column: what}}, once: true}\n"
    table = "no,day,what\n1,2031,x\n1,2031,x\n"
    entry = only(bench.case(table, GROUPED + ENTRY + once))
    assert entry.body["places"] == [{"name": "x"}]


def test_a_word_that_is_not_in_the_table_is_refused_unless_something_stands_for_it(
    bench: Bench,
) -> None:
    form = with_field("{column: what, words: {x: A}}")
    assert bench.fault(TABLE, HEAD + form).startswith(
        "visits.csv:2: what: 'A visit' is none of the `words` of the mapping"
    )
    case = bench.case(TABLE, HEAD + with_field("{column: what, words: {x: A}, otherwise: B}"))
    rule = "'A visit' is none of the words of the mapping; taken as B"
    assert case.remarks == (Remark("visits.csv", "what", rule, (2,)),)


# --- dates ----------------------------------------------------------------------------

SPAN = HEAD + "group: true\ntime_zone: Europe/Kyiv\n" + with_field("x")
SPAN = SPAN.replace("{dates: day}", "{dates: [start, end], apart: 2}")


@pytest.mark.parametrize(
    ("rows", "occurred"),
    [
        (["2025-09-06,2025-09-06"], "2025-09-06"),
        (["2025-09-06,2025-09-07"], "2025-09-06/2025-09-07"),
        (
            ["2025-09-06 17:00,2025-09-07 09:30"],
            "2025-09-06T17:00+03:00/2025-09-07T09:30+03:00",
        ),
        (["2025-10-25 20:00,2025-10-26 08:00"], "2025-10-25T20:00+03:00/2025-10-26T08:00+02:00"),
        (["2025-09-06,2025-09-06 08:00"], "2025-09-06/2025-09-06T08:00+03:00"),
        (["2025-09-06,"], "2025-09-06/"),
        ([",2025-09-06"], "/2025-09-06"),
        # The earliest start and the latest end, whichever rows they stand in.
        (["2025-09-06,2025-09-08", "2025-09-05,2025-09-06"], "2025-09-05/2025-09-08"),
        (
            ["2025-09-06 10:00,2025-09-06 12:00", "2025-09-06,2025-09-06 11:00"],
            "2025-09-06/2025-09-06T12:00+03:00",
        ),
        (["2025-09-06,2025-09-06", "2025-09-06 10:00,2025-09-06 11:00"], "2025-09-06"),
        (["2025-09-06,", ",2025-09-06 12:00"], "2025-09-06/2025-09-06T12:00+03:00"),
        # 01:15 in Kyiv is the day before in UTC, which is the day a date stands for.
        (["2025-09-06,2025-09-06 01:15"], "2025-09-06"),
    ],
)
def test_rows_last_from_the_earliest_start_to_the_latest_end(
    bench: Bench, rows: list[str], occurred: str
) -> None:
    table = "no,start,end\n" + "".join(f"1,{row}\n" for row in rows)
    entry = only(bench.case(table, SPAN))
    assert (entry.fault, entry.body["occurred"]) == (None, occurred)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("2025-09-06,2025-09-05", "visits.csv:2: end: '2025-09-05' is before '2025-09-06', when"),
        ("2025-09-06 10:00,2025-09-06 09:59", "visits.csv:2: end: '2025-09-06 09:59' is before"),
        ("6 Sept,2025-09-05", "visits.csv:2: start: '6 Sept' is not read as a date"),
        ("2025-03-30 03:30,2025-03-31", "visits.csv:2: start: there was no 03:30"),
        (",", "visits.csv:2: start: is blank"),
    ],
)
def test_a_date_that_cannot_be_is_refused_with_its_line(bench: Bench, row: str, said: str) -> None:
    assert bench.fault(f"no,start,end\n1,{row}\n", SPAN).startswith(said)


@pytest.mark.parametrize(
    ("rows", "rule"),
    [
        (["2025-09-06,2025-09-06 01:15"], "has a time beside a date; both taken as their day"),
        (["2025-10-26 03:30,2025-10-27"], "is an hour that came twice in its time zone; taken"),
        (["2025-09-01,2025-09-02", "2025-09-05,2025-09-05"], "lie more than 2 days from one"),
    ],
)
def test_what_was_done_to_a_date_is_told(bench: Bench, rows: list[str], rule: str) -> None:
    table = "no,start,end\n" + "".join(f"1,{row}\n" for row in rows)
    (remark,) = bench.case(table, SPAN).remarks
    assert rule in remark.rule


def test_days_that_follow_one_another_are_not_told_of(bench: Bench) -> None:
    table = "no,start,end\n1,2025-09-01,2025-09-02\n1,2025-09-04,2025-09-05\n"
    assert bench.case(table, SPAN).remarks == ()


# --- what is told ---------------------------------------------------------------------


def test_cells_that_look_odd_are_told_by_line_and_taken_as_they_are(bench: Bench) -> None:
    report = """\
report:
  - {blank: many}
  - {more: [many, no]}
  - {holds: "&", column: what, say: two in one}
"""
    form = (
        with_field("{column: what}")
        + "  munitions: {each_row: {model: x, launched: {whole: many}}}\n"
    )
    table = MANY + "1,2031,a & b,\n2,2031,x,3.0\n3,2031,y & z,-1\n4,2031,x,many\n5,2031,x,5\n"
    case = bench.case(table, HEAD + report + form)
    assert {(r.column, r.rule): r.lines for r in case.remarks} == {
        ("many", "is blank"): (2,),
        ("many", "is more than no"): (3,),
        ("what", "two in one"): (2, 4),
        ("many", "is below nought"): (4,),
        ("many", "is not a whole number"): (5,),
    }
    assert [entry.fault for entry in case.entries] == [None] * 5


# --- keys -----------------------------------------------------------------------------


def test_rows_with_the_same_key_are_one_entry_only_if_the_mapping_says_so(bench: Bench) -> None:
    table = "no,day,what\n1,2031,x\n2,2031,y\n1,2031,x\n"
    grouped = bench.case(table, GROUPED + ENTRY)
    assert [(entry.key, entry.line) for entry in grouped.entries] == [("1", 2), ("2", 3)]
    assert bench.refusal(table).startswith(
        "visits.csv:4: no: says what visits.csv:2 says already, and is the key"
    )


def test_a_row_without_a_key_stands_alone_if_the_mapping_says_by_what(bench: Bench) -> None:
    table = "no,day,what\n,2031,x\n,2031,y\n"
    case = bench.case(table, GROUPED + "alone: [day, what]\n" + ENTRY)
    assert len({entry.key for entry in case.entries}) == 2
    assert "visits.csv:2: no: is blank, so the row has no key" in bench.refusal(
        table, GROUPED + ENTRY
    )
    twice = bench.refusal(f"{table},2031,x\n", GROUPED + "alone: [day, what]\n" + ENTRY)
    assert twice.startswith("visits.csv:4: no: says what visits.csv:2 says already")


def test_a_key_may_not_be_that_of_an_entry_the_mapping_needs(bench: Bench) -> None:
    needs = "needs: [{key: '1', kind: actor.registered, slug: north, name: North, type: other}]\n"
    assert "visits.csv:2: key: '1' is the key of visits.yaml:4 already" in bench.refusal(
        TABLE, HEAD + needs + ENTRY
    )


def test_what_is_needed_comes_first_and_only_where_nobody_knows_it(bench: Bench) -> None:
    needs = "needs:\n  - {key: n, kind: actor.registered, slug: north, name: North, type: other}\n"
    first, _ = bench.case(TABLE, HEAD + needs + ENTRY).entries
    assert (first.key, first.file, first.line, first.if_unknown) == ("n", "visits.yaml", 5, True)
    assert first.lines["name"] == 5


@pytest.mark.parametrize(
    ("cells", "begins"),
    [
        (["A-1"], "A-1"),
        (["harbour/posts/1"], "harbour-posts-1-"),
        (["A-1", "b"], "A-1-b-"),
        (["Київ"], "row-"),
        (["x" * 300], "x" * 80 + "-"),
    ],
)
def test_a_key_is_what_stands_there_or_begins_with_it(cells: list[str], begins: str) -> None:
    made = key_of(cells)
    assert made.startswith(begins)
    assert KEY.fullmatch(made)
    assert (made == cells[0]) == (cells == ["A-1"])


def test_other_cells_make_another_key() -> None:
    keys = {key_of(cells) for cells in (["a", "b"], ["a-b"], ["b", "a"], ["a/b"], ["a b"])}
    assert len(keys | {key_of(["a", "b"], alone=True)}) == 6
    assert key_of(["A-1"], alone=True).startswith("row-")


def test_keys_and_slugs_of_today_are_those_of_tomorrow() -> None:
    assert key_of(["harbour/posts/1"]) == "harbour-posts-1-a20c72c3f31bf196"
    assert (
        slug_of("attack", key_of(["harbour/posts/1"])) == "attack-harbour-posts-1-a20c72c3f31bf196"
    )
    assert slug_of("visit", "7") == "visit-7"
    assert slug_of("", "north") == "north"
    assert len(slug_of("x" * 25, "y" * 100)) <= 64


cells = st.text(max_size=12) | st.sampled_from(
    ["", "1.0", "-2", "2025-09-06", "2025-09-06 17:00", "2025-10-26 03:30", "X-22 and X-32", "NaN"]
)


@given(st.lists(st.lists(cells, min_size=9, max_size=9), min_size=1, max_size=4))
def test_whatever_stands_in_the_cells_of_an_attack_it_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]
) -> None:
    path = tmp_path_factory.mktemp("drawn") / "attacks.csv"
    names = "time_start time_end model launch_place target launched destroyed "
    names += "not_reach_goal source"
    with path.open("w", encoding="utf-8", errors="replace", newline="") as file:
        csv.writer(file).writerows([names.split(), *rows])
    try:
        entries = read_table(path, find_mapping("attacks"), "talks").entries
    except ParleyError:
        return
    for entry in entries:
        try:
            event = read_event(entry.body)
        except ParleyError:
            continue
        assert entry.if_unknown or entry.fault is not None or event.occurred
