"""The framework that is written in pieces is, byte for byte, the one that its model dumps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from app import read
from app.parley import Parley
from domain.dates import parse_moment
from ledger.log import Ledger
from projections.written import Memory, Pieces
from tests.projections.bodies import (
    Body,
    defined,
    issued,
    joined,
    made,
    measure,
    merged,
    part,
    raised,
    registered,
    said,
    stated,
    step,
)
from tests.projections.both_ways import Point, parley_on, without_read_model
from tests.projections.conftest import NewLog
from tests.projections.drawn import drafts_of
from tests.projections.drawn_logs import NAMES, DrawnLog, drawn_logs
from tests.projections.telling import Telling
from tests.projections.test_read_model import minutes_of

SHORT, LONG = 6, 300
"""How many logs are drawn in the short form and in the long one."""
MINUTES, POSITIONS = 12, 3
"""How many of each a drawn log is asked at, at most."""


def unlike(parley: Parley, points: Sequence[Point]) -> list[Point]:
    """The points at which the pieces come to something else, in either fold, asked twice."""
    found = []
    for point, certain in product((*points, *points), (False, True)):
        asked = point.asked(certain=certain)
        right = read.framework(without_read_model(parley), point.negotiation, asked)
        written = read.framework_json(parley, point.negotiation, asked)
        if written.decode() != right.model_dump_json():
            found.append(point)
    return found


def spread(of: Sequence[int], most: int) -> list[int]:
    """Some of them, evenly, and the last."""
    return sorted({*of[:: max(1, len(of) // most)], of[-1]})


def check_many(new_log: NewLog, examples: int) -> None:
    # Stories have the same names in every log: what is remembered of one could end up in another.
    @settings(
        max_examples=examples,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(drawn_logs())
    def ask(log: DrawnLog) -> None:
        with new_log() as url, Ledger(url) as ledger:
            ledger.append(log.drafts)
            positions = spread(range(log.setting, len(log.drafts) + 1), POSITIONS)
            minutes = spread(minutes_of(log.drafts), MINUTES)
            points = [Point(NAMES[0], *each) for each in product(minutes, positions)]
            assert unlike(parley_on(ledger), points) == []

    ask()


def test_what_is_written_of_a_drawn_log_is_what_the_reference_dumps(new_log: NewLog) -> None:
    check_many(new_log, SHORT)


@pytest.mark.long
@pytest.mark.timeout(7_200)
def test_what_is_written_of_many_more_drawn_logs(new_log: NewLog) -> None:
    check_many(new_log, LONG)


FORCE: Body = made(
    "force",
    "2025-01-02",
    level="committed",
    elements=["troops"],
    components=[part("air", gates=["peace"], element="troops"), part("sea", quantity="2")],
)
GATED = part("all", gates=["peace"])
DUE = made("aid", "2025-01-02", due="2025-01-20", pledgors=["coalition", "poland"])
NEXT: dict[str, tuple[Body, ...]] = {
    "nothing": (),
    "a gate is met": (step("condition.met", "peace", "2025-01-05"),),
    "a gate is perhaps met": (step("condition.met", "peace", "2025-01-05?"),),
    "a part of a gate is met": (step("condition.met", "truce", "2025-01-05"),),
    "a condition gates more": (made("more", "2025-01-05", components=[GATED]),),
    "a threat stands": (issued("soon", "2025-01-05", against={"pledges": ["force"]}),),
    "a group gains a member": (joined("coalition", "france", "2025-01-05"),),
    "a pledgor is merged": (merged("france", "united-kingdom"),),
    "a pledgor enters the register": (registered("poland"),),
    "a pledge is stalled": (step("pledge.stalled", "force", "2025-01-05"),),
    "a pledge is perhaps withdrawn": (step("pledge.withdrawn", "force", "2025-01-05~"),),
    "a step keeps the status": (
        step("issue.narrowed", "who", "2025-01-05", text="Who first?"),
        step("issue.narrowed", "who", "2025-01-06", text="Who at all?"),
    ),
    "a measure is said again": (measure("proposed", "ban", "2025-01-05"),),
    "a question is narrowed": (step("issue.narrowed", "who", "2025-01-05", text="Who first?"),),
    "a stance changes": (said("no", "2025-01-05", "opposes", issues=["who"]),),
}


def told(after: Sequence[Body]) -> Telling:
    talks = Telling("talks")
    talks.tell_all(defined("troops"), stated("truce", "2025-01-01"))
    talks.tell_all(stated("peace", "2025-01-01", any_of=["truce"]), FORCE, DUE)
    talks.tell_all(measure("considered", "ban", "2025-01-02"), raised("who", "2025-01-02"))
    talks.tell(said("yes", "2025-01-02", "supports", issues=["who"]))
    talks.tell_all(*after)
    return talks


@pytest.fixture
def ledger(database: str) -> Iterator[Ledger]:
    with Ledger(database) as ledger:
        yield ledger


@pytest.mark.parametrize("after", NEXT.values(), ids=NEXT.keys())
def test_an_item_is_written_anew_when_what_it_is_made_of_changes(
    ledger: Ledger, after: Sequence[Body]
) -> None:
    log = told(after).log
    ledger.append(drafts_of(log))
    dates = ("2025-01-02", "2025-01-04", "2025-01-05", "2025-01-06", "2025-01-20", "2025-01-21")
    minutes = [parse_moment(date, "as_of") for date in dates]
    points = [Point("talks", m, k) for m, k in product(minutes, (len(log) - len(after), len(log)))]
    assert unlike(parley_on(ledger), points) == []


def test_a_memory_keeps_what_is_asked_for_and_forgets_the_rest() -> None:
    memory = Memory(most=400)
    for number in range(100):
        memory.keep(number, Pieces(b"-" * 40, b"-" * 10, dated=True))
        assert memory.get(0) is not None
    assert memory.get(99) is not None
    assert not any(memory.get(number) for number in range(1, 85))
