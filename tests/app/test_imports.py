"""Import: a second run records nothing, a change is a correction, and people keep the last word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.correct import correct
from app.imports import import_case, import_jsonl
from app.link import link
from app.parley import Parley
from app.record import record
from app.retract import retract
from domain.entries import EntryCorrected, EntryRetracted
from domain.entry import Draft
from domain.errors import (
    DuplicateId,
    InvalidInput,
    NotFound,
    ParleyError,
    StoryConflict,
)
from domain.registry import read_event
from exchange.jsonl import write_jsonl
from exchange.mapping import CaseEntry, import_id
from ledger.log import Ledger
from ledger.ticket import IdempotencyKey, Receipt
from tests.app.bodies import (
    NEGOTIATION,
    NORTH,
    OPENED,
    Body,
    pledge,
    statement,
)
from tests.app.desks import BASE, Desk, changed, id_of


def test_every_entry_of_a_new_case_is_recorded_under_the_id_of_its_key(each_desk: Desk) -> None:
    told: list[tuple[int, int]] = []
    summary = each_desk.imports(BASE, progress=lambda done, total: told.append((done, total)))
    assert summary.recorded == tuple(BASE)
    assert told == [(len(BASE), len(BASE))]
    assert [entry.id for entry in each_desk.log[1:]] == [id_of(key) for key in BASE]
    stalls = each_desk.log[7]
    assert stalls.imported is not None
    assert (stalls.imported.format, stalls.imported.key) == ("parley-case", "p1-stalls")
    assert stalls.event.body()["after"] == [str(id_of("p1"))]


def test_a_second_run_records_nothing(each_desk: Desk) -> None:
    each_desk.imports(BASE)
    size = len(each_desk.log)
    summary = each_desk.imports(BASE)
    assert summary.unchanged == tuple(BASE)
    assert (summary.recorded, summary.corrected, summary.vanished) == ((), (), ())
    assert len(each_desk.log) == size


def test_how_an_entry_is_written_down_is_no_change(desk: Desk) -> None:
    desk.imports(changed("p1", cardinality_reported=26, testable=True))
    summary = desk.imports(changed("p1", testable=True, cardinality_reported="26", components=[]))
    assert summary.corrected == ()


def test_a_changed_entry_is_corrected_by_whole_attributes(desk: Desk) -> None:
    desk.imports(changed("p1", due="2026"))
    summary = desk.imports(changed("p1", level="offered", formality="treaty"))
    assert summary.corrected == ("p1",)
    assert len(summary.unchanged) == len(BASE) - 1
    correction = desk.log[-1]
    assert isinstance(correction.event, EntryCorrected)
    assert correction.event.entry == id_of("p1")
    assert correction.event.set == {"level": "offered", "formality": "treaty"}
    assert correction.event.unset == ("due",)
    assert correction.imported is not None
    assert correction.imported.key == "p1"
    assert correction.id.version == 7


def test_a_change_is_imported_once_and_can_be_changed_back(each_desk: Desk) -> None:
    first, second = BASE, changed("p1", level="offered")
    each_desk.imports(first)
    assert each_desk.imports(second).corrected == ("p1",)
    assert each_desk.imports(second).corrected == ()
    assert each_desk.imports(first).corrected == ("p1",)
    assert each_desk.body("p1")["level"] == "pledged"
    assert each_desk.imports(first).corrected == ()


def test_a_changed_date_brings_its_bounds_and_tells_the_dependants(desk: Desk) -> None:
    desk.imports(BASE)
    summary = desk.imports(changed("p1", occurred="2025-02"))
    assert desk.log[-1].span is not None
    assert {d.id for d in summary.effects.dependants} == {id_of("s1")}


def test_a_correction_by_hand_is_not_undone(desk: Desk) -> None:
    desk.imports(BASE)
    correct(desk.parley, id_of("p1"), set={"summary": "By hand."}, reason="Misread.")
    assert desk.imports(BASE).corrected == ()
    assert desk.imports(changed("p1", level="offered")).corrected == ("p1",)
    assert desk.body("p1")["summary"] == "By hand."
    assert desk.body("p1")["level"] == "offered"


def test_a_retraction_by_hand_is_not_undone(desk: Desk) -> None:
    desk.imports(BASE)
    retract(desk.parley, id_of("p1-stalls"), reason="A rumour.")
    assert desk.imports(BASE).recorded == ()
    summary = desk.imports(changed("p1-stalls", note="Still."))
    assert (summary.left, summary.corrected) == (("p1-stalls",), ())
    assert desk.known("p1-stalls") is None


def test_a_vanished_entry_is_reported_and_stays(desk: Desk) -> None:
    desk.imports(BASE)
    size = len(desk.log)
    rest = {key: body for key, body in BASE.items() if key not in {"s1-of-p1", "south-2", "s1"}}
    summary = desk.imports(rest)
    assert summary.vanished == ("s1", "s1-of-p1")
    assert len(desk.log) == size
    assert desk.known("s1") is not None


def test_actors_of_another_negotiation_have_not_vanished(desk: Desk) -> None:
    desk.imports({"west": {**NORTH, "slug": "west"}, **BASE})
    assert desk.imports(BASE).vanished == ("west",)
    record(desk.parley, "other", {**OPENED, "slug": "other"})
    assert desk.imports(BASE).vanished == ()


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("p1-stalls", {"kind": "pledge.withdrawn"}),
        ("s1-of-p1", {"entry": "p1", "to": "s1"}),
    ],
)
def test_an_entry_of_another_kind_or_thing_takes_the_place_of_the_old_one(
    desk: Desk, key: str, values: Body
) -> None:
    desk.imports(BASE)
    case = changed(key, **values)
    summary = desk.imports(case)
    assert summary.replaced == (key,)
    retraction = next(e for e in desk.log if isinstance(e.event, EntryRetracted))
    new = id_of(f"{key}~2")
    assert isinstance(retraction.event, EntryRetracted)
    assert (retraction.event.entry, retraction.event.replaced_by) == (id_of(key), new)
    assert desk.known(key) is None
    replacement = desk.parley.ledger.by_id(new)
    assert replacement.imported is not None
    assert replacement.imported.key == f"{key}~2"

    size = len(desk.log)
    assert desk.imports(case).unchanged == tuple(BASE)
    assert len(desk.log) == size


def test_entries_that_name_a_replaced_one_name_its_replacement(desk: Desk) -> None:
    desk.imports(BASE)
    summary = desk.imports(changed("s1", slug="another-slug"))
    assert summary.replaced == ("s1", "s1-of-p1")
    again = desk.imports(changed("s1", slug="a-third-slug"))
    assert again.replaced == ("s1", "s1-of-p1")
    assert desk.parley.ledger.by_id(id_of("s1~3")).slug == "a-third-slug"


def test_a_bad_entry_is_named_by_file_line_and_field_and_nothing_is_recorded(desk: Desk) -> None:
    case = {**changed("p1", level="sworn"), "s2": statement("s2", "2025-13")}
    with pytest.raises(InvalidInput) as refused:
        desk.imports(case)
    lines = desk.path.read_text("utf-8").splitlines()
    for problem, expected in zip(refused.value.problems, ("level", "occurred"), strict=True):
        file, line, field = problem.field.split(":")
        assert (file, field.strip()) == ("case.yaml", expected)
        assert lines[int(line) - 1].strip().startswith(f"{expected}:")
    assert len(desk.log) == 1


def test_an_entry_that_the_log_refuses_is_named_by_line_too(desk: Desk) -> None:
    case = {**BASE, "s2": statement("s2", speakers=[{"actor": "west"}])}
    with pytest.raises(NotFound) as refused:
        desk.imports(case)
    (problem,) = refused.value.problems
    line = int(problem.field.split(":")[1])
    assert desk.path.read_text("utf-8").splitlines()[line - 1].strip() == "- actor: west"
    assert problem.index is None


def test_a_changed_entry_that_cannot_be_is_named_by_line(desk: Desk) -> None:
    desk.imports(BASE)
    with pytest.raises(NotFound, match=r"case\.yaml:\d+: pledgors\.0"):
        desk.imports(changed("p1", pledgors=["west"]))


def test_the_good_entries_are_kept_if_told_so_without_those_that_need_a_bad_one(
    desk: Desk,
) -> None:
    summary = desk.imports(changed("p1", level="sworn"), keep_good=True)
    assert summary.recorded == ("north", "south", "courier", "talks", "toll")
    fields = [problem.field.split(": ")[-1] for problem in summary.refused]
    assert fields == ["level", "after.0", "after.0", "to"]
    whole = desk.imports(BASE)
    assert whole.recorded == ("p1", "p1-stalls", "s1", "s1-of-p1")


def test_a_replacement_that_cannot_be_recorded_does_not_cost_the_old_entry(desk: Desk) -> None:
    desk.imports(BASE)
    bad = changed("p1-stalls", kind="pledge.resumed")
    summary = desk.imports(bad, keep_good=True)
    assert [problem.field.split(": ")[-1] for problem in summary.refused] == ["kind"]
    assert desk.known("p1-stalls") is not None


def test_an_entry_that_is_named_by_its_id_is_imported_once(desk: Desk) -> None:
    desk.imports(BASE)
    by_id = {
        "n-checked": {"kind": "entry.endorsed", "entry": str(id_of("north"))},
        "p-checked": {"kind": "entry.endorsed", "entry": str(id_of("p1"))},
    }
    case = {**BASE, **by_id}
    assert desk.imports(case, subject="bob").recorded == tuple(by_id)
    assert desk.imports(case, subject="bob").unchanged == tuple(case)
    assert {e.stream for e in desk.log[-2:]} == {
        "commons/actor/north",
        f"{NEGOTIATION}/pledge/steel",
    }


def test_an_id_that_was_taken_before_asks_for_another_key(desk: Desk) -> None:
    # Older logs may hold ids of version 5 that clients chose; records refuse them now.
    draft = Draft(read_event(NORTH), "commons/actor/north", id_of("talks"), "ann")
    desk.parley.ledger.append([draft])
    with pytest.raises(DuplicateId) as refused:
        desk.imports({key: BASE[key] for key in ("south", "talks")})
    assert [p.way_out for p in refused.value.problems] == ["rename the key"]


def test_a_dry_run_tells_and_records_nothing(desk: Desk) -> None:
    summary = desk.imports(BASE, dry_run=True)
    assert summary.dry_run
    assert summary.recorded == tuple(BASE)
    assert len(desk.log) == 1


def test_a_story_that_cannot_be_is_refused_with_its_line(desk: Desk) -> None:
    case = {**BASE, "again": pledge()}
    with pytest.raises(StoryConflict, match=r"case\.yaml:\d+: kind"):
        desk.imports(case)


class Interrupted(Ledger):
    """A log on which the same case is imported by somebody else first."""

    parley: Parley
    path: Path
    waiting = True

    def append(
        self, drafts: Sequence[Any], *, key: IdempotencyKey | None = None
    ) -> tuple[Receipt, ...]:
        if self.waiting:
            self.waiting = False
            import_case(self.parley, self.path)
        return super().append(drafts, key=key)


def test_two_imports_of_one_case_at_once_record_it_once(each_desk: Desk) -> None:
    each_desk.imports(BASE, dry_run=True)
    ledger = Interrupted(each_desk.parley.settings.database_url, clock=each_desk.parley.clock)
    ledger.parley, ledger.path = each_desk.parley, each_desk.path
    try:
        summary = import_case(replace(each_desk.parley, ledger=ledger), each_desk.path)
    finally:
        ledger.close()
    assert summary.unchanged == tuple(BASE)
    assert len(each_desk.log) == len(BASE) + 1


def test_a_long_file_is_recorded_in_parts_and_a_second_run_records_nothing(
    each_desk: Desk,
) -> None:
    told: list[tuple[int, int]] = []
    many = {f"s-{n}": statement(f"s-{n}") for n in range(1_050)}
    case = {**{key: BASE[key] for key in ("north", "south", "courier", "talks")}, **many}
    each_desk.imports(case, progress=lambda done, total: told.append((done, total)))
    assert told == [(1_000, 1_054), (1_054, 1_054)]
    assert len(each_desk.imports(case).unchanged) == 1_054


def test_json_lines_are_imported_as_a_case_is(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "talks.jsonl"
    path.write_text(write_jsonl(CaseEntry(key, body) for key, body in BASE.items()), "utf-8")
    assert import_jsonl(desk.parley, path, NEGOTIATION).recorded == tuple(BASE)
    assert import_jsonl(desk.parley, path, NEGOTIATION).unchanged == tuple(BASE)
    assert desk.log[-1].id == import_id(NEGOTIATION, "parley-jsonl", "s1-of-p1")
    with pytest.raises(InvalidInput):
        import_jsonl(desk.parley, path, "log")


def test_the_sample_case_is_imported_by_its_name_and_twice_is_once(desk: Desk) -> None:
    first = import_case(desk.parley, "ukraine-security-guarantees")
    size = len(desk.log)
    assert len(first.recorded) == size - 1
    assert first.refused == ()
    again = import_case(desk.parley, "ukraine-security-guarantees")
    assert (again.recorded, again.corrected, again.vanished) == ((), (), ())
    assert len(desk.log) == size


@pytest.mark.parametrize("case", ["no-such-case", "/no/such/folder", ""])
def test_a_case_that_is_nowhere_is_refused(
    desk: Desk, case: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ParleyError):
        import_case(desk.parley, case)
    assert len(desk.log) == 1


def test_a_link_by_hand_and_an_import_do_not_disturb_each_other(desk: Desk) -> None:
    desk.imports(BASE)
    link(desk.parley, id_of("p1"), relation="restates", to=id_of("s1"))
    assert desk.imports(BASE).unchanged == tuple(BASE)
