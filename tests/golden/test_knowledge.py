"""A correction changes what is known after it, and never what was known before it.

The sample case, on both databases. Each step is recorded in a process life of
its own, a day after the one before; the whole framework is asked for by date, by
instant and by position, after yet another restart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest

from app.clocks import Asked
from app.correct import correct
from app.imports import import_case
from app.parley import Parley, open_parley
from app.read import diff, framework
from app.record import Recorded
from app.retract import retract
from app.settings import read_settings
from tests.golden.asking import CASE

FORCE = "force-26"
LOADED = 87
STEPS: list[tuple[str, Callable[[Parley], Recorded] | None, str]] = [
    ("2026-01-01T12:00:00+00:00", None, "pledged"),
    (
        "2026-01-02T12:00:00+00:00",
        lambda p: correct(p, _force(p), set={"level": "offered"}, reason="Misread."),
        "offered",
    ),
    (
        "2026-01-03T12:00:00+00:00",
        lambda p: retract(p, LOADED + 1, reason="Read well after all."),
        "pledged",
    ),
    (
        "2026-01-04T12:00:00+00:00",
        lambda p: retract(p, LOADED + 2, reason="No, misread."),
        "offered",
    ),
]
"""When each step is recorded, the step, and what the pledge of a force stands at after it."""
ASKED_BY: dict[str, Callable[[str, int], str]] = {
    "date": lambda time, position: time[:10],  # noqa: ARG005 - all are asked alike.
    "instant": lambda time, position: time,  # noqa: ARG005
    "position": lambda time, position: f"@{position}",  # noqa: ARG005
}


def _force(parley: Parley) -> int:
    entries = parley.ledger.stream(f"{CASE}/pledge/{FORCE}")
    return entries[0].position


@contextmanager
def at(url: str, time: str) -> Iterator[Parley]:
    """Parley started anew at an instant, at which its clock stands still."""
    now = int(datetime.fromisoformat(time).timestamp()) * 1_000_000
    settings = read_settings(database_url=url, subject="ann", origin="example.org/known")
    with open_parley(settings, clock=lambda: now) as parley:
        yield parley


@pytest.fixture
def told(database: str) -> str:
    for time, act, _ in STEPS:
        with at(database, time) as parley:
            if act is None:
                import_case(parley, CASE)
            else:
                act(parley)
    return database


def whole(parley: Parley, known_at: str) -> dict[str, Any]:
    """The whole answer but for the question, which repeats how it was asked."""
    answer = framework(parley, CASE, Asked("2025-09-11", known_at))
    return answer.model_dump(mode="json", exclude={"question"})


def level(answer: dict[str, Any]) -> str:
    found: str = next(p["status"] for p in answer["pledges"] if p["slug"] == FORCE)
    return found


def test_each_step_changes_what_is_known_after_it_and_not_before(told: str) -> None:
    with at(told, "2026-02-01T00:00:00+00:00") as parley:
        answers = {
            by: [whole(parley, ask(time, LOADED + step)) for step, (time, _, _) in enumerate(STEPS)]
            for by, ask in ASKED_BY.items()
        }
    for steps in answers.values():
        assert [level(answer) for answer in steps] == [expected for _, _, expected in STEPS]
    assert answers["date"] == answers["instant"] == answers["position"]


def test_retracting_restores_the_old_answer_and_retracting_that_the_corrected_one(
    told: str,
) -> None:
    with at(told, "2026-02-01T00:00:00+00:00") as parley:
        original, corrected, restored, again = (
            whole(parley, f"@{LOADED + step}") for step in range(len(STEPS))
        )
    assert original != corrected
    assert restored == original
    assert again == corrected


def test_the_instant_before_a_correction_does_not_know_of_it(told: str) -> None:
    with at(told, "2026-02-01T00:00:00+00:00") as parley:
        assert level(whole(parley, "2026-01-02T11:59:59.999999Z")) == "pledged"
        assert level(whole(parley, "2026-01-02T12:00:00Z")) == "offered"


def test_the_last_that_is_known_is_open_until_something_later_is_recorded(told: str) -> None:
    with at(told, "2026-01-04T12:00:00+00:00") as parley:
        closed = {
            asked: framework(parley, CASE, Asked("2025-09-11", asked)).question.known_at.closed
            for asked in ("2026-01-03", "2026-01-04", f"@{LOADED + 3}")
        }
    assert closed == {"2026-01-03": True, "2026-01-04": False, f"@{LOADED + 3}": True}


def test_a_correction_is_a_change_of_knowledge_and_not_of_the_world(told: str) -> None:
    with at(told, "2026-02-01T00:00:00+00:00") as parley:
        before = Asked("2025-09-11", f"@{LOADED}")
        after = Asked("2025-09-11", f"@{LOADED + 1}")
        changed = diff(parley, CASE, before, after)
    assert changed.world == ()
    assert {
        (c.section, c.key.rpartition("/")[2], c.before, c.after) for c in changed.knowledge
    } == {
        ("pledges", FORCE, "pledged", "offered"),
        ("elements", "reassurance-force", "pledged", "offered"),
    }
