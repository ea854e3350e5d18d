"""Mappings: every mistake in one is named by its line before any row is read."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from domain.errors import NotFound, ParleyError
from domain.registry import KINDS
from exchange.local_times import fault_of
from exchange.mapping_parts import FORMS, models_within
from exchange.table_mapping import find_mapping, mapping_names, read_mapping
from tests.exchange.mapped import ENTRY, HEAD, Bench, with_field


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "visits.yaml:1: mapping: is not an object of fields"),
        ("format: parley-mapping\n", "visits.yaml:1: name: is required and missing — add `name`"),
        (HEAD, "entry: is required and missing"),
        (HEAD.replace("mapping", "case") + ENTRY, "'parley-case' is not read as a mapping"),
        (HEAD.replace("visits", "My Visits") + ENTRY, "visits.yaml:2: name: 'My Visits' is not"),
        (HEAD + "keys: no\n" + ENTRY, "visits.yaml:4: keys: is not a word of the mapping language"),
        (HEAD + "time_zone: Europe/Atlantis\n" + ENTRY, "visits.yaml:4: time_zone: 'Europe/Atl"),
        (HEAD + "delimiter: ';;'\n" + ENTRY, "visits.yaml:4: delimiter: ';;' is not one character"),
        (HEAD + "date_forms: ['%d.%m.%y']\n" + ENTRY, "has %y, which is none of"),
        (HEAD + "negotiation: commons\n" + ENTRY, "'commons' is not the name of a negotiation"),
        (HEAD + "group: maybe\n" + ENTRY, "visits.yaml:4: group: is neither true nor false"),
        (HEAD + "alone: []\nneeds: 5\n" + ENTRY, "needs: is not a list"),
        (HEAD + "needs: [{kind: actor.registered}]\n" + ENTRY, "needs.0: is not an entry with"),
        (HEAD + "needs: [{key: a, kind: pledge.stalled}]\n" + ENTRY, "does not open a thing"),
        (HEAD + "report: no\n" + ENTRY, "report: is not a list"),
        (HEAD + "report: [{red: no}]\n" + ENTRY, "report.0: is not a form of report"),
        (HEAD + "report: [{more: no}]\n" + ENTRY, "report.0.more: is not a pair of columns"),
        (HEAD + "report: [{blank: no, when: x}]\n" + ENTRY, "report.0.when: is not a word"),
        (HEAD + ENTRY.replace("attack.carried_out", "attack"), "entry.kind: 'attack' is not a"),
        (HEAD + ENTRY.replace("attack.carried_out", "entry.linked"), "is not a kind that a row"),
        (HEAD + ENTRY + "  id: {column: no}\n", "entry.id: follows from the key"),
        (HEAD + ENTRY + "  killed: {column: no}\n", "killed: is not a field of attack.carried_out"),
        (
            HEAD + ENTRY + "  munitions: {each_row: {modell: {column: what}}}\n",
            "visits.yaml:13: entry.munitions.each_row.modell: is not a field of a munition",
        ),
        (HEAD + with_field("{colum: what}"), "entry.summary: takes no fields"),
        (HEAD + with_field("{column: what, unit: m}"), "entry.summary.unit: is not a word of"),
        (HEAD + with_field("{column: what, otherwise: x}"), "goes with `words`"),
        (HEAD + with_field("{column: what, words: [a]}"), "is not a table of words"),
        (HEAD + with_field("{column: }"), "entry.summary.column: is not a text"),
        (HEAD + with_field("{template: what}"), "names no column in braces"),
        (HEAD + with_field("{join: what}"), "entry.summary.join: is not a list"),
        (HEAD + with_field("{dates: [a, b, c]}", "occurred"), "is not one column or two"),
        (HEAD + with_field("{dates: a, apart: x}", "occurred"), "apart: is not a whole number"),
        (HEAD + with_field("{from_key: Visit Of}", "slug"), "is not a word to begin a slug with"),
        (HEAD + with_field(f"{{from_key: {'x' * 26}}}", "slug"), "at most 25 characters"),
    ],
)
def test_a_mistake_in_a_mapping_is_named_by_its_line(bench: Bench, text: str, said: str) -> None:
    with pytest.raises(ParleyError) as refused:
        bench.mapping(text)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("form", "fault"),
    [
        ("%d.%m.%Y", ""),
        ("%d %B %Y", ""),
        ("%Y/%m/%d %H:%M:%S", ""),
        ("%m/%d/%Y %I:%M %p", ""),
        ("%d.%m.%Y %H:%M %z", ""),
        ("%d.%m.%y", "has %y, which is none of"),
        ("%c", "has %c"),
        ("%d.%m.%Y 100%", "has %, which"),
        ("%d.%m.%Y %Y", "has the same sign twice"),
        ("%d.%Y", "does not read a year of four figures, a month and a day"),
        ("%m.%Y", "does not read a year of four figures, a month and a day"),
        ("%d.%m.%b.%Y", "does not read a year of four figures, a month and a day"),
        ("%d.%m.%Y %H", "does not read a whole time of day"),
        ("%d.%m.%Y %I:%M", "does not read a whole time of day"),
        ("%d.%m.%Y %p", "does not read a whole time of day"),
        ("%d.%m.%Y %z", "does not read a whole time of day"),
    ],
)
def test_a_form_of_dates_leaves_nothing_to_be_filled_in(form: str, fault: str) -> None:
    assert fault_of(form).startswith(fault)
    assert bool(fault_of(form)) == bool(fault)


def test_a_column_may_be_missing_only_if_it_is_optional(bench: Bench) -> None:
    optional = HEAD + "optional: why\n" + with_field("{either: [{column: why}, {column: what}]}")
    assert [e.body["summary"] for e in bench.case(mapping=optional).entries] == ["A visit"]
    with_column = "no,day,what,why\n1,2031-03-04,A visit,Because\n"
    assert [e.body["summary"] for e in bench.case(with_column, optional).entries] == ["Because"]


@given(st.text(max_size=80) | st.sampled_from(sorted(FORMS)), st.sampled_from(["key", "entry"]))
def test_whatever_stands_in_a_mapping_it_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, text: str, part: str
) -> None:
    bench = Bench(tmp_path_factory.mktemp("drawn"))
    for written in (text, f"{HEAD}{part}: {text}", f"{HEAD}{with_field(f'{{{text}: no}}')}"):
        try:
            bench.case(mapping=written.encode(errors="replace").decode())
        except ParleyError:
            continue


def test_all_mistakes_are_named_at_once(bench: Bench) -> None:
    with pytest.raises(ParleyError) as refused:
        bench.mapping(f"{HEAD}group: 1\ntime_zone: X\n{ENTRY}  a: 1\n  b: 2\n")
    assert len(refused.value.problems) == 4


def test_a_column_that_the_table_does_not_have_is_named_by_the_line_of_the_mapping(
    bench: Bench,
) -> None:
    assert bench.refusal("no,day,why\n1,2031,x\n") == (
        "visits.yaml:11: column: 'what' is no column of visits.csv — name one of no, day, why"
    )


def test_a_mapping_is_named_by_its_path_or_by_its_name(bench: Bench) -> None:
    bench.mapping(HEAD + ENTRY)
    assert find_mapping(bench.folder / "visits.yaml").format == "csv-visits"
    assert find_mapping("attacks").format == "csv-attacks"
    with pytest.raises(NotFound, match="correct the path, or name attacks"):
        find_mapping("atacks")
    with pytest.raises(NotFound, match="cannot be looked up"):
        find_mapping("x" * 5_000)


@pytest.mark.parametrize("name", mapping_names())
def test_a_mapping_that_comes_with_parley_is_named_as_its_file(name: str) -> None:
    assert find_mapping(name).name == name


def test_no_form_is_called_as_a_field_of_an_event_is() -> None:
    fields: set[str] = set()
    ahead: list[type[BaseModel]] = list(KINDS.values())
    while ahead:
        for name, field in ahead.pop().model_fields.items():
            fields.add(field.alias or name)
            ahead += models_within(field.annotation)
    assert fields & FORMS.keys() == set()


def test_a_mapping_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        read_mapping(tmp_path / "none.yaml")
