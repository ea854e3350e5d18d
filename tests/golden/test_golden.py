"""The sample case answers as it always did, and as its source says it must."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.clocks import Asked
from app.parley import Parley
from app.read import framework
from app.scenarios import scenario
from projections.answers import Framework, Item
from tests.golden.asking import ANSWERS, CASE, CEASEFIRE, COMMITTED, answers, loaded
from tests.golden.checklist import ELEMENTS, EXPECTED, Sections

SECTIONS = (
    "pledges",
    "conditions",
    "issues",
    "positions",
    "statements",
    "threats",
    "measures",
    "agreements",
    "consultations",
)


@pytest.fixture
def parley(database: str) -> Iterator[Parley]:
    with loaded(database) as parley:
        yield parley


def said(item: Item) -> str:
    """The status of an item as the check-list writes it."""
    return item.status if item.certain_status == item.status else f"?{item.status}"


def sections_of(answer: Framework) -> Sections:
    found = {name: {i.slug: said(i) for i in getattr(answer, name)} for name in SECTIONS}
    found["elements"] = {e.slug: said(e) for e in answer.elements if e.status != "not_yet_rated"}
    last = answer.attacks.last
    found["attacks"] = {} if last is None else {last.slug: said(last)}
    return {name: items for name, items in found.items() if items}


def test_every_whole_answer_is_the_one_that_was_kept(parley: Parley) -> None:
    told = dict(answers(parley))
    assert sorted(told) == sorted(path.name for path in ANSWERS.glob("*.json"))
    for name, text in told.items():
        assert text == (ANSWERS / name).read_text(encoding="utf-8"), name


@pytest.mark.parametrize("date", EXPECTED)
def test_a_reader_gets_what_the_source_says_and_nothing_else(parley: Parley, date: str) -> None:
    answer = framework(parley, CASE, Asked(date))
    sections, undated = EXPECTED[date]
    assert sections_of(answer) == sections
    assert {u.stream.removeprefix(f"{CASE}/") for u in answer.undated} == undated
    assert tuple(e.slug for e in answer.elements) == ELEMENTS
    assert not any(e.operative for e in answer.elements)
    assert answer.anomalies == ()
    assert answer.empty_because is None


def test_the_force_is_pledged_by_one_actor_of_twenty_six_unknown_members(parley: Parley) -> None:
    answer = framework(parley, CASE, Asked("2025-09-11"))
    force = next(p for p in answer.pledges if p.slug == "force-26")
    assert [(b.actor, b.reported, b.known) for b in force.pledgors] == [("the-26", 26, 0)]
    assert sorted(c.key for c in force.components) == ["air", "ground", "sea"]
    assert {gate for c in force.components for gate in c.gates} == {"ceasefire-or-peace"}
    assert force.conditional_pending
    assert not force.operative
    gate = next(c for c in answer.conditions if c.slug == "ceasefire-or-peace")
    assert gate.decided_by == "any_of"
    assert {(g.pledge, g.component) for g in gate.gates} == {
        ("force-26", "air"),
        ("force-26", "ground"),
        ("force-26", "sea"),
    }


def test_the_aid_is_pledged_on_the_interviewers_word_alone(parley: Parley) -> None:
    answer = framework(parley, CASE, Asked("2025-09-11"))
    aid = next(p for p in answer.pledges if p.slug == "coalition-aid")
    voices = [(v.actor, v.mode) for a in aid.according_to for v in a.chain]
    assert ("interviewer", "question_presupposition") in voices
    assert "pifer" not in {actor for actor, _ in voices}


def test_one_threat_has_two_reports_that_are_perhaps_the_same(parley: Parley) -> None:
    (threat,) = framework(parley, CASE, Asked("2025-09-11")).threats
    assert [(r.stream.rpartition("/")[2], r.perhaps) for r in threat.reports] == [
        ("putin-retaliation", True)
    ]


def test_an_authors_own_claim_is_nobodys_position(parley: Parley) -> None:
    answer = framework(parley, CASE, Asked("2025-09-11"))
    claim = next(s for s in answer.statements if s.slug == "no-negotiation-with-russia")
    assert claim.statement_type == "normative_claim"
    assert [s.actor for s in claim.speakers] == ["pifer"]
    assert "pifer" not in {p.actor for p in answer.positions}


def test_nothing_was_public_the_day_before_publication(parley: Parley) -> None:
    answer = framework(parley, CASE, Asked("2025-09-11", published_by="2025-09-10"))
    assert sections_of(answer) == {}
    assert answer.empty_because is not None


def test_a_ceasefire_opens_the_gate_and_a_commitment_makes_the_force_operative(
    parley: Parley,
) -> None:
    asked = Asked("2025-12-02")
    size = parley.ledger.head().size
    gate_open = scenario(parley, CASE, [CEASEFIRE], asked).framework
    both = scenario(parley, CASE, [CEASEFIRE, COMMITTED], asked).framework
    alone = scenario(parley, CASE, [COMMITTED], asked).framework
    force = [next(p for p in f.pledges if p.slug == "force-26") for f in (gate_open, both, alone)]
    assert [all(c.gates_met for c in p.components) for p in force] == [True, True, False]
    assert [p.operative for p in force] == [False, True, False]
    assert parley.ledger.head().size == size
