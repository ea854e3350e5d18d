"""Which rules an answer is computed by: the newest, or those that are asked for."""

from __future__ import annotations

import pytest

from app import read, rules, worlds
from app.clocks import Asked
from app.parley import Parley
from app.record import record
from domain.errors import InvalidInput
from projections.read_model import ReadModel
from tests.app.bodies import NEGOTIATION, pledge


@pytest.fixture
def told(parley: Parley) -> Parley:
    record(parley, NEGOTIATION, pledge())
    return parley


def test_an_answer_names_the_rules_and_gives_the_same_when_asked_by_them(told: Parley) -> None:
    newest = read.framework(told, NEGOTIATION, Asked("2025-09-11"))
    by_number = read.framework(told, NEGOTIATION, Asked("2025-09-11", rules=1))
    assert newest.question.rules == 1
    assert by_number == newest


@pytest.mark.parametrize("number", [0, -1, 2, 10**12])
def test_rules_that_do_not_exist_are_refused(told: Parley, number: int) -> None:
    with pytest.raises(InvalidInput, match=f"there are no rules {number} — 1 is the only one"):
        read.framework(told, NEGOTIATION, Asked(rules=number))


def test_old_rules_are_answered_by_the_reference(
    told: Parley, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    world = ReadModel.world

    def note(self: ReadModel, point: object) -> object:
        asked.append(point)
        return world(self, point)  # type: ignore[arg-type]

    monkeypatch.setattr(ReadModel, "world", note)
    for module in (rules, worlds):
        monkeypatch.setattr(module, "RULES", 2)
    old = read.framework(told, NEGOTIATION, Asked("2025-09-11", rules=1))
    assert old.question.rules == 1
    assert old.pledges
    assert asked == []
