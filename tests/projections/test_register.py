"""Who endorsed what and who recorded how much: out of the tables as by counting the log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from statistics import median_low
from typing import Any, LiteralString
from unittest.mock import patch
from uuid import NAMESPACE_OID, uuid5

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from domain.entries import EntryCorrected, EntryEndorsed
from domain.entry import Draft, Entry
from domain.event import EntryEvent
from domain.registry import read_event
from ledger import lots, schema
from ledger.log import Ledger
from projections import endorsements, recorder_index, recorder_query
from projections.endorsements import reviewed_in
from projections.projector import Projector
from projections.read_model import ReadModel
from projections.rebuilding import compare, rebuild
from projections.recorders import (
    Recorder,
    RecorderSummary,
    least_on,
    median_of,
    recorders_in,
    step_of,
)
from tests.ledger.drafts import ask as ask_database
from tests.ledger.test_query_plans import plan_of
from tests.projections.conftest import NewLog
from tests.projections.drawn_logs import drawn_logs
from tests.projections.test_projector import told
from tests.projections.test_read_model import SIZES, project

SHORT, LONG = 10, 500
"""How many logs are drawn in the short form and in the long one."""
PEOPLE = ("ann", "Bob", "team/є", "zoë")
DAY = 24 * 60
START = 20 * DAY
"""The first minute in which anything is recorded; what happened is of the first days of 1970."""
ACTS = {
    "entry.corrected": "corrected",
    "entry.retracted": "retracted",
    "entry.endorsed": "endorsed",
    "entry.linked": "linked",
}


@dataclass(frozen=True)
class Recorded:
    """Drafts in the order in which they are recorded, and the minute of each."""

    drafts: tuple[Draft, ...]
    minutes: tuple[int, ...]


@st.composite
def recorded_logs(draw: st.DrawFn) -> Recorded:
    """A drawn log by several people, with endorsements, some of which are taken back."""
    log: list[Draft] = []
    for draft in draw(drawn_logs()).drafts:
        log.append(replace(draft, recorded_by=draw(st.sampled_from(PEOPLE))))
        match draw(st.sampled_from(("nothing", "endorse", "endorse again", "take back"))):
            case "endorse again":
                corrected = [d.event.entry for d in log if isinstance(d.event, EntryCorrected)]
                about = [d for d in log if d.id in corrected] or log
                log.append(_about(draw(st.sampled_from(about)), "entry.endorsed", draw, len(log)))
            case "endorse":
                log.append(_about(draw(st.sampled_from(log)), "entry.endorsed", draw, len(log)))
            case "take back":
                said = [d for d in log if isinstance(d.event, EntryEvent)]
                target = draw(st.sampled_from(said or log))
                log.append(_about(target, "entry.retracted", draw, len(log)))
            case _:
                pass
    pauses = st.sampled_from((0, 0, 1, 40, 200, 9 * DAY))
    return Recorded(tuple(log), tuple(accumulate(draw(pauses) for _ in log)))


def _about(target: Draft, kind: str, draw: st.DrawFn, number: int) -> Draft:
    body = {"kind": kind, "entry": str(target.id)}
    if kind == "entry.retracted":
        body["reason"] = "doubtful"
    who = draw(st.sampled_from(PEOPLE))
    return Draft(read_event(body), target.stream, uuid5(NAMESPACE_OID, f"said {number}"), who)


def stands(entry: Entry, log: Sequence[Entry]) -> bool:
    """Whether nothing that stands takes it back."""
    return not any(
        e.kind == "entry.retracted" and e.event.entry == entry.id and stands(e, log)
        for e in log
        if isinstance(e.event, EntryEvent) and e.position > entry.position
    )


def reviewed_by_hand(log: Sequence[Entry]) -> frozenset[int]:
    """The positions of what reads as somebody else endorsed it, said a second time."""
    return frozenset(
        target.position
        for target in log
        for e in endorsements_of(target, log)
        if reads_as_endorsed(target, e, log)
    )


def endorsements_of(target: Entry, log: Sequence[Entry]) -> list[Entry]:
    """The endorsements of an entry by others that nothing takes back."""
    return [
        e
        for e in log
        if isinstance(e.event, EntryEndorsed)
        and e.event.entry == target.id
        and e.recorded_by != target.recorded_by
        and stands(e, log)
    ]


def reads_as_endorsed(target: Entry, endorsement: Entry, log: Sequence[Entry]) -> bool:
    """Whether every correction was seen by another, and none that was seen has gone since."""
    then = log[: endorsement.position]
    for c in log:
        if not (isinstance(c.event, EntryCorrected) and c.event.entry == target.id):
            continue
        was_there, is_there = c in then and stands(c, then), stands(c, log)
        if was_there and not is_there:
            return False
        was_seen = was_there and c.recorded_by != endorsement.recorded_by
        if is_there and not was_seen and not endorsements_of(c, log):
            return False
    return True


def recorder_by_hand(subject: str, log: Sequence[Entry]) -> dict[str, object] | None:
    """A recorder as an answer has it, counted one by one; None for who recorded nothing."""
    own = [e for e in log if e.recorded_by == subject and e.stream != "log"]
    if not own:
        return None
    told = [e for e in own if e.kind not in ACTS]
    ends = [(e, e.span.start_hi) for e in told if e.span and e.span.start_hi is not None]
    delays = [max(0, e.recorded_at // 60_000_000 - end) for e, end in ends]
    found: dict[str, object] = {"subject": subject, "recorded": len(told)}
    for kind, act in ACTS.items():
        found[act] = sum(e.kind == kind for e in own)
    found["last"] = own[-1].position
    found["delay"] = delays and {
        "dated": len(delays),
        "least": min(delays),
        "median": least_on(step_of(median_low(delays))),
        "most": max(delays),
    }
    return {**found, "delay": found["delay"] or None}


def check(ledger: Ledger, known: int, seen: Counter[str]) -> None:
    """Ask everything as known at a position, of the tables and of the reference."""
    model, log = ReadModel(ledger), list(ledger.entries(upto=known))
    reviewed = reviewed_by_hand(log)
    assert reviewed_in(ledger.entries(), known) == reviewed
    positions = range(1, ledger.head().size + 1)
    assert model.reviewed_among(positions, known) == reviewed
    for newest in (False, True):
        in_order = sorted(reviewed, reverse=newest)
        inside = [p for p in in_order if 5 <= p <= known - 5]
        part = model.reviewed_between(5, known - 5, known, 3, newest_first=newest)
        assert part == tuple(inside[:3])
    right = [found for name in sorted(PEOPLE) if (found := recorder_by_hand(name, log))]
    assert [who.model_dump() for who in recorders_in(ledger.entries(), known)] == right
    listed = model.recorders("", known, 50)
    assert listed is not None
    assert [who.model_dump() | {"delay": 0} for who in listed] == [
        {**who, "delay": 0} for who in right
    ]
    behind = tuple(who for who in listed if who.subject > "Bob")
    assert model.recorders("Bob", known, 1) == behind[:1]
    for name in (*PEOPLE, "nobody"):
        own = [e.position for e in log if e.recorded_by == name and e.stream != "log"]
        told = model.recorder(name, known // 2, known, 4)
        assert told is not None
        who, entries = told
        assert (who and who.model_dump()) == recorder_by_hand(name, log)
        assert entries == tuple([p for p in own if p > known // 2][:4])
        seen["delays"] += bool(who and who.delay and who.delay.most > who.delay.least)
    seen["reviewed"] += len(reviewed)
    seen["not reviewed"] += known - len(reviewed)
    seen["taken back"] += sum(not stands(e, log) for e in log if isinstance(e.event, EntryEndorsed))
    for target in log:
        for e in endorsements_of(target, log):
            seen["rewritten"] += not reads_as_endorsed(target, e, log)
            seen["of corrections"] += isinstance(target.event, EntryCorrected)


def check_many(new_log: NewLog, examples: int) -> Counter[str]:
    seen: Counter[str] = Counter()

    # A log takes a database of its own, so that shrinking one would take too long.
    @settings(
        max_examples=examples,
        # Whether a few drawn logs hold all that is to be met would be a matter of luck.
        derandomize=examples == SHORT,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        deadline=None,
    )
    @given(recorded_logs(), st.data())
    def ask(log: Recorded, data: st.DataObject) -> None:
        steps = data.draw(st.lists(st.tuples(st.sampled_from(SIZES), st.booleans()), max_size=6))
        clock = Ticking()
        with new_log() as url, Ledger(url, clock=clock) as ledger:
            for draft, minute in zip(log.drafts, log.minutes, strict=True):
                clock.minute = START + minute
                ledger.append([draft])
            project(ledger, 1, steps)
            Projector(ledger, 2).advance()
            size = len(log.drafts)
            assert compare(ledger.engine, size) == ()
            for known in {size, *data.draw(st.lists(st.integers(1, size), max_size=3))}:
                check(ledger, known, seen)

    ask()
    return seen


@dataclass
class Ticking:
    """A clock at a minute of somebody's choice."""

    minute: int = START

    def __call__(self) -> int:
        return self.minute * 60_000_000


def test_the_register_of_a_drawn_log_is_what_counting_it_gives(new_log: NewLog) -> None:
    with (
        patch.object(recorder_index, "KEPT", 2),
        patch.object(lots, "LOT", 3),
        patch.object(endorsements, "KEPT", 20),
    ):
        seen = check_many(new_log, SHORT)
    wanted = ("reviewed", "not reviewed", "taken back", "rewritten", "of corrections", "delays")
    assert min(seen[name] for name in wanted) > 0


@pytest.mark.long
@pytest.mark.timeout(7_200)
def test_the_register_of_many_more_drawn_logs(new_log: NewLog) -> None:
    check_many(new_log, LONG)


def test_an_upgrade_takes_into_the_register_what_was_recorded_before(database: str) -> None:
    with Ledger(database) as ledger:
        ledger.append(told(1))
        Projector(ledger, 1).advance()
    schema.downgrade(database, "0005")
    schema.upgrade(database)
    with Ledger(database) as ledger:
        size = ledger.head().size
        found = ReadModel(ledger).recorders("", size, 5)
        assert found == tuple(
            RecorderSummary(**counted(who)) for who in recorders_in(ledger.entries(), size)
        )
        assert rebuild(ledger).differing == ()


def counted(who: Recorder) -> dict[str, Any]:
    return who.model_dump(exclude={"delay"})


@pytest.mark.parametrize(
    ("table", "damage"),
    [
        ("recordings", "UPDATE recordings_1 SET endorsed = endorsed + 1 WHERE position = 9"),
        ("recordings", "DELETE FROM recordings_1 WHERE position = 9"),
        ("endorsements", "INSERT INTO endorsements_1 VALUES (9, 9, 9, 2147483647)"),
    ],
)
def test_a_damaged_register_is_reported_and_replaced(
    database: str, table: str, damage: LiteralString
) -> None:
    with Ledger(database) as ledger:
        ledger.append(told(1))
        Projector(ledger, 1).advance()
        ask_database(database, damage)
        assert rebuild(ledger).differing == (table,)
        assert rebuild(ledger).differing == ()


@given(st.integers(0, 2**31), st.integers(0, 2**31))
def test_a_step_is_in_order_and_less_than_a_sixty_fourth_wide(one: int, other: int) -> None:
    assert (step_of(one) <= step_of(other)) == (one <= other) or step_of(one) == step_of(other)
    least = least_on(step_of(one))
    assert step_of(least) == step_of(one)
    assert least <= one < least + max(1, least / 64)


@given(st.lists(st.integers(0, 5_000), min_size=1))
def test_the_median_of_steps_is_on_the_step_of_the_median(delays: list[int]) -> None:
    steps = sorted(Counter(map(step_of, delays)).items())
    assert median_of(steps) == least_on(step_of(median_low(delays)))


def plans(url: str) -> Iterator[str]:
    yield plan_of(url, recorder_query.last_rows(1, "ann", 1_000, 50))
    yield plan_of(url, recorder_query.on_steps(1, "ann", 1_000))


def test_recorders_and_steps_are_found_by_seeks_alone(sqlite_database: str) -> None:
    for plan in plans(sqlite_database):
        assert "recordings_1 USING" in plan
        assert "SCAN recordings_1" not in plan
