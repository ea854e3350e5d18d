"""What the filters of the log find, and that a correction is found by what it newly says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.clocks import Asked, read_clocks
from app.correct import correct
from app.parley import Parley
from app.read_log import LogAsked, log_page
from app.record import Recorded, record
from tests.app.bodies import NEGOTIATION, SETTING, pledge, statement
from tests.app.conftest import House

CORRECTED = "entry.corrected"


@pytest.fixture
def talks(house_on_each: House) -> Iterator[Parley]:
    """Parley with the setting of the talks on a bridge, on each database."""
    with house_on_each.opened() as parley:
        record(parley, NEGOTIATION, SETTING)
        yield parley


def found(parley: Parley, **asked: str) -> list[int]:
    page = log_page(parley, LogAsked(**asked), read_clocks(parley, Asked()))  # type: ignore[arg-type]
    return [entry.position for entry in page.entries]


def only(recorded: Recorded) -> int:
    (entry,) = recorded.entries
    return entry.position


def test_a_correction_is_found_under_the_actor_that_it_newly_names(talks: Parley) -> None:
    made = only(record(talks, NEGOTIATION, pledge(beneficiaries=["north"])))
    one = only(correct(talks, made, set={"pledgors": ["south"]}, reason="Misread."))
    two = only(correct(talks, made, set={"summary": "North will pay."}, reason="Its words."))
    assert found(talks, actor="south", kind=CORRECTED) == [one]
    assert found(talks, actor="north", kind=CORRECTED) == []
    assert found(talks, kind=CORRECTED) == [one, two]
    assert found(talks, actor="south", thing="pledge") == [one]


def test_a_correction_is_found_under_an_actor_inside_what_it_sets(talks: Parley) -> None:
    said = only(record(talks, NEGOTIATION, statement()))
    speakers = [{"actor": "south", "on_behalf_of": "north"}]
    one = only(correct(talks, said, set={"speakers": speakers}, reason="For whom."))
    for name in ("north", "south"):
        assert found(talks, actor=name, kind=CORRECTED) == [one]


def test_a_correction_is_found_under_the_date_that_it_newly_sets(talks: Parley) -> None:
    made = only(record(talks, NEGOTIATION, pledge()))
    one = only(correct(talks, made, set={"occurred": "2024-02"}, reason="A year too late."))
    two = only(correct(talks, made, set={"summary": "North will pay."}, reason="Its words."))
    leap = {"happened_from": "2024-02-29", "happened_to": "2024-02-29"}
    assert found(talks, **leap) == [one]
    assert found(talks, happened_from="2025-01-01") == [made]
    assert found(talks, kind=CORRECTED) == [one, two]
