"""Keys of the commons are shared by all cases: no import takes another case's actors away."""

from __future__ import annotations

import pytest

from app.retract import retract
from domain.errors import Conflict
from tests.app.bodies import NORTH, OPENED, SOURCE, SOUTH, Body
from tests.app.desks import BASE, Desk, id_of


def of_second(**bodies: Body) -> tuple[str, dict[str, Body]]:
    """A case of another negotiation, which shares the commons with the first."""
    return "second", {**bodies, "opened": {**OPENED, "slug": "second"}}


EAST = {**NORTH, "slug": "east", "name": "East"}
ANOTHERS: dict[str, Body] = {
    "another actor": EAST,
    "a source": {**SOURCE, "slug": "north"},
    "another kind": {"kind": "actor.renamed", "slug": "north", "name": "Up"},
    "an entry event": {"kind": "entry.endorsed", "entry": "south"},
}


@pytest.mark.parametrize("name", ANOTHERS)
def test_a_key_of_the_commons_stays_with_the_actor_of_another_case(
    each_desk: Desk, name: str
) -> None:
    each_desk.imports(BASE)
    size = len(each_desk.log)
    negotiation, case = of_second(south=SOUTH, north=ANOTHERS[name])
    with pytest.raises(Conflict, match=r"key north is actor\.registered on") as refused:
        each_desk.imports(case, negotiation)
    (problem,) = refused.value.problems
    assert problem.field.startswith("case.yaml:")
    assert problem.field.endswith(": key")
    assert problem.way_out == "rename the key"
    assert len(each_desk.log) == size
    retract(each_desk.parley, id_of("north"), reason="A mistake.")
    with pytest.raises(Conflict):
        each_desk.imports(case, negotiation)


def test_a_refused_key_of_the_commons_names_nothing_of_another_case(desk: Desk) -> None:
    desk.imports(BASE)
    negotiation, case = of_second(north=EAST, checked={"kind": "entry.endorsed", "entry": "north"})
    summary = desk.imports(case, negotiation, keep_good=True, subject="bob")
    assert summary.recorded == ("opened",)
    assert [p.field.split(": ")[-1] for p in summary.refused] == ["key", "entry"]


def test_two_cases_that_share_a_key_of_the_commons_correct_the_same_actor(desk: Desk) -> None:
    desk.imports(BASE)
    negotiation, case = of_second(north={**NORTH, "name": "The North"})
    assert desk.imports(case, negotiation).corrected == ("north",)
    assert desk.body("north")["name"] == "The North"


def test_an_entry_about_the_commons_may_still_be_replaced(desk: Desk) -> None:
    checked = {"kind": "entry.endorsed", "entry": "north", "note": "Read."}
    desk.imports(BASE)
    desk.imports({**BASE, "checked": checked}, subject="bob")
    case = {**BASE, "checked": {**checked, "note": "Read twice."}}
    assert desk.imports(case, subject="bob").replaced == ("checked",)
    with pytest.raises(Conflict, match="rename the key"):
        desk.imports({**BASE, "checked": {**checked, "entry": "south"}}, subject="bob")
