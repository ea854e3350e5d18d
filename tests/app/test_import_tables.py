"""Tables: a row is imported once, corrected where it changed, and refused by its line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.imports import ImportSummary, import_table
from app.parley import Parley
from app.record import record
from app.retract import retract
from domain.entries import EntryCorrected
from domain.errors import InvalidInput, NotFound
from exchange.mapping import import_id
from exchange.table_mapping import read_mapping
from tests.app.bodies import NEGOTIATION, NORTH, OPENED, SETTING
from tests.app.conftest import House

MAPPING = """\
format: parley-mapping
name: visits
key: post
group: true
alone: [day, model]
needs:
  - {key: north, kind: actor.registered, slug: north, name: North, type: state}
  - {key: south, kind: actor.registered, slug: south, name: South, type: state}
  - {key: posts, kind: source.registered, slug: posts, title: Posts, published: "[..2031]"}
entry:
  kind: attack.carried_out
  slug: {from_key: visit}
  occurred: {dates: day}
  perpetrator: north
  target_country: south
  modes: [drone]
  summary: {all_rows: {template: "{model}: {launched}"}}
  munitions: {each_row: {model: {column: model}, launched: {whole: launched}}}
  cite: [{source: posts, row: {template: "post {post}"}}]
"""
HEAD = "post,day,model,launched\n"
ROWS = (
    "p1,2031-03-04,dart,3",
    "p1,2031-03-04,kite,2",
    "p2,2031-03-05,dart,7",
    ",2031-03-06,kite,1",
)
KEYS = {"north", "south", "posts", "p1", "p2"}


class Table:
    """Writes a table and its mapping to files and imports them."""

    def __init__(self, parley: Parley, folder: Path) -> None:
        self.parley, self.folder = parley, folder

    def imports(
        self,
        *rows: str,
        mapping: str = MAPPING,
        negotiation: str = NEGOTIATION,
        **options: Any,  # noqa: ANN401 - those of import_table.
    ) -> ImportSummary:
        table, mapped = self.folder / "visits.csv", self.folder / "visits.yaml"
        table.write_text(HEAD + "".join(f"{row}\n" for row in rows), "utf-8")
        mapped.write_text(mapping, "utf-8")
        return import_table(self.parley, table, read_mapping(mapped), negotiation, **options)

    @property
    def size(self) -> int:
        return self.parley.ledger.head().size


@pytest.fixture
def table(house: House, tmp_path: Path) -> Iterator[Table]:
    """A negotiation that was opened, and nothing else."""
    with house.opened() as parley:
        record(parley, NEGOTIATION, OPENED)
        yield Table(parley, tmp_path)


@pytest.fixture
def each_table(house_on_each: House, tmp_path: Path) -> Iterator[Table]:
    """The same, on each database."""
    with house_on_each.opened() as parley:
        record(parley, NEGOTIATION, OPENED)
        yield Table(parley, tmp_path)


def test_rows_become_entries_with_what_they_need_before_them(each_table: Table) -> None:
    summary = each_table.imports(*ROWS)
    assert len(summary.recorded) == 6
    assert set(summary.recorded) > KEYS
    entry = each_table.parley.ledger.by_id(import_id(NEGOTIATION, "csv-visits", "p1"))
    assert entry.event.body() | {"id": None} == {
        "id": None,
        "kind": "attack.carried_out",
        "slug": "visit-p1",
        "occurred": "2031-03-04",
        "perpetrator": "north",
        "target_country": "south",
        "modes": ["drone"],
        "summary": "dart: 3; kite: 2",
        "munitions": [{"model": "dart", "launched": 3}, {"model": "kite", "launched": 2}],
        "cite": [{"source": "posts", "row": "post p1"}],
    }


def test_a_second_run_records_nothing(each_table: Table) -> None:
    each_table.imports(*ROWS)
    size = each_table.size
    summary = each_table.imports(*ROWS)
    assert (len(summary.unchanged), summary.recorded, summary.vanished) == (6, (), ())
    assert each_table.size == size


def test_a_changed_row_corrects_its_entry_and_nothing_else(each_table: Table) -> None:
    each_table.imports(*ROWS)
    size = each_table.size
    summary = each_table.imports(ROWS[0], "p1,2031-03-04,kite,5", *ROWS[2:])
    assert (summary.corrected, len(summary.unchanged)) == (("p1",), 5)
    (correction,) = each_table.parley.ledger.entries(after=size)
    assert isinstance(correction.event, EntryCorrected)
    assert set(correction.event.set) == {"summary", "munitions"}
    again = each_table.imports(ROWS[0], "p1,2031-03-04,kite,5", *ROWS[2:])
    assert (again.corrected, each_table.size) == ((), size + 1)


def test_a_row_more_or_less_corrects_its_entry(table: Table) -> None:
    table.imports(*ROWS)
    assert table.imports(*ROWS[1:]).corrected == ("p1",)
    assert table.imports(*ROWS, "p2,2031-03-05,kite,1").corrected == ("p1", "p2")


def test_entries_whose_rows_are_gone_are_reported_and_stay(table: Table) -> None:
    table.imports(*ROWS)
    size = table.size
    summary = table.imports(ROWS[2])
    assert "p1" in summary.vanished
    assert len(summary.vanished) == 2
    assert table.size == size


def test_rows_may_come_in_another_order(table: Table) -> None:
    table.imports(*ROWS)
    assert table.imports(ROWS[3], ROWS[2], *ROWS[:2]).corrected == ()


def test_what_is_retracted_by_hand_stays_so(table: Table) -> None:
    table.imports(*ROWS)
    retract(table.parley, import_id(NEGOTIATION, "csv-visits", "p2"), reason="A rumour.")
    assert table.imports(*ROWS).recorded == ()
    assert table.imports(*ROWS[:2], "p2,2031-03-05,dart,8", ROWS[3]).left == ("p2",)


def test_actors_that_others_have_recorded_are_left_as_they_are(table: Table) -> None:
    record(table.parley, NEGOTIATION, {**NORTH, "name": "The North"})
    summary = table.imports(*ROWS)
    assert "north" in summary.unchanged
    assert {"south", "posts"} < set(summary.recorded)
    assert "north" in table.imports(*ROWS).unchanged


def test_what_the_mapping_itself_brought_is_corrected_with_it(table: Table) -> None:
    table.imports(*ROWS)
    later = MAPPING.replace("[..2031]", "[..2032]")
    assert table.imports(*ROWS, mapping=later).corrected == ("posts",)


def test_the_same_table_can_be_imported_into_two_negotiations(table: Table) -> None:
    table.imports(*ROWS)
    record(table.parley, "other", {**OPENED, "slug": "other"})
    summary = table.imports(*ROWS, negotiation="other")
    assert (len(summary.recorded), len(summary.unchanged)) == (3, 3)


def test_a_mapping_may_open_the_negotiation(house: House, tmp_path: Path) -> None:
    opening = "  - {key: talks, kind: negotiation.opened, slug: talks, title: Talks}\nentry:"
    with house.opened() as parley:
        table = Table(parley, tmp_path)
        summary = table.imports(
            *ROWS, mapping=MAPPING.replace("entry:", opening), negotiation="talks"
        )
        assert "talks" in summary.recorded
        assert table.imports(*ROWS, negotiation="talks").recorded == ()


def test_a_negotiation_that_nobody_opened_is_named_once(house: House, tmp_path: Path) -> None:
    with house.opened() as parley, pytest.raises(NotFound) as refused:
        Table(parley, tmp_path).imports(*ROWS)
    assert len(refused.value.problems) == 1
    with house.opened() as parley, pytest.raises(InvalidInput, match="is not the name"):
        Table(parley, tmp_path).imports(*ROWS, negotiation="commons")


BAD = "p1,4 March,kite,2"


def test_a_bad_row_is_refused_with_its_line_and_nothing_is_recorded(table: Table) -> None:
    size = table.size
    with pytest.raises(InvalidInput) as refused:
        table.imports(ROWS[0], BAD, *ROWS[2:])
    (problem,) = refused.value.problems
    assert problem.field == "visits.csv:3: day"
    assert problem.rule == "'4 March' is not read as a date"
    assert table.size == size


def test_with_keep_good_the_other_entries_are_recorded(table: Table) -> None:
    summary = table.imports(ROWS[0], BAD, *ROWS[2:], keep_good=True)
    assert [problem.field for problem in summary.refused] == ["visits.csv:3: day"]
    assert "p1" not in summary.recorded
    assert len(summary.recorded) == 5
    assert table.imports(*ROWS, keep_good=True).recorded == ("p1",)


def test_a_bad_row_does_not_make_its_entry_vanish_or_change(table: Table) -> None:
    table.imports(*ROWS)
    size = table.size
    summary = table.imports(ROWS[0], BAD, *ROWS[2:], keep_good=True)
    assert (summary.vanished, summary.corrected, table.size) == ((), (), size)


def test_what_the_record_refuses_is_refused_with_the_line_of_its_row(table: Table) -> None:
    with pytest.raises(InvalidInput) as refused:
        table.imports(*ROWS, "p2,2031-03-05,dart,99999999")
    (problem,) = refused.value.problems
    assert problem.field == "visits.csv:6: munitions.1.launched"
    with pytest.raises(InvalidInput) as refused:
        table.imports(ROWS[0], f"p1,2031-03-04,{'x' * 9_000},1")
    assert "visits.csv:3: munitions.1.model" in {p.field for p in refused.value.problems}
    with pytest.raises(InvalidInput) as refused:
        table.imports('p9,2031-03-05,"two\nlines",1')
    assert "holds the control character U+000A" in str(refused.value)


def test_a_mistake_that_every_row_makes_is_not_told_for_every_row(table: Table) -> None:
    rows = [f"q{number},2031-03-04,dart,1" for number in range(100)]
    with pytest.raises(NotFound) as refused:
        table.imports(*rows, mapping=MAPPING.replace("perpetrator: north", "perpetrator: west"))
    assert len(refused.value.problems) == 21
    assert "so also 80 more lines" in refused.value.problems[-1].rule


def test_a_dry_run_records_nothing(table: Table) -> None:
    size = table.size
    assert len(table.imports(*ROWS, dry_run=True).recorded) == 6
    assert table.size == size


def test_more_rows_than_an_array_holds_are_recorded_in_parts(table: Table) -> None:
    told: list[tuple[int, int]] = []
    rows = [f"q{number},2031-03-04,dart,1" for number in range(1_200)]
    summary = table.imports(*rows, progress=lambda done, total: told.append((done, total)))
    assert len(summary.recorded) == 1_203
    assert told == [(1_000, 1_203), (1_203, 1_203)]


def test_a_registration_that_was_retracted_has_to_be_brought_back_first(table: Table) -> None:
    record(table.parley, NEGOTIATION, SETTING[:1])
    retract(table.parley, table.size, reason="By mistake.")
    with pytest.raises(NotFound, match="the actor 'north' was retracted"):
        table.imports(*ROWS)
