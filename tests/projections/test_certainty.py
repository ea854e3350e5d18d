"""What is certain, what is undated, whose order nobody knows, and what does not fit."""

from __future__ import annotations

import pytest

from tests.projections.bodies import (
    Body,
    issued,
    made,
    said,
    stated,
    step,
    struck,
)
from tests.projections.telling import Telling, one, slugs

DAY = "2025-09-04"
LATER = "2025-09-11"


def telling(*bodies: Body) -> Telling:
    talks = Telling()
    talks.tell_all(*bodies)
    return talks


# --- Certain --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("as_of", "possible", "certain"),
    [
        ("2025-09-03T23:59Z", False, False),
        ("2025-09-04T00:00Z", True, False),
        ("2025-09-04T23:58Z", True, False),
        ("2025-09-04T23:59Z", True, True),
    ],
)
def test_a_day_is_possible_from_its_first_minute_and_certain_from_its_last(
    as_of: str,
    possible: bool,  # noqa: FBT001 - a row of the table.
    certain: bool,  # noqa: FBT001 - a row of the table.
) -> None:
    talks = telling(made("force", DAY))

    assert bool(talks.framework(as_of).pledges) is possible
    assert bool(talks.framework(as_of, certainty="certain").pledges) is certain


@pytest.mark.parametrize("mark", ["?", "~", "%"])
def test_what_carries_a_mark_is_never_certain(mark: str) -> None:
    talks = telling(made("force", f"{DAY}{mark}"))

    found = one(talks.framework("2030").pledges, "force")

    assert (found.status, found.certain_status, found.certain_rung) == ("pledged", None, None)
    assert talks.framework("2030", certainty="certain").pledges == ()


def test_where_possible_and_certain_differ_the_answer_gives_both() -> None:
    talks = telling(
        made("force", DAY), step("pledge.withdrawn", "force", "[2025-09-06..2025-09-20]")
    )

    both = one(talks.framework(LATER).pledges, "force")
    certain = one(talks.framework(LATER, certainty="certain").pledges, "force")

    assert (both.status, both.certain_status, both.rung) == ("withdrawn", "pledged", "pledged")
    assert (certain.status, certain.certain_status) == ("pledged", "pledged")
    assert len(certain.deciding) == 1


def test_certain_shows_the_certain_answer_alone_in_every_section() -> None:
    doubtful = "[2025-09-06..2025-09-20]"
    talks = telling(
        made("force", doubtful),
        stated("ceasefire", doubtful),
        said("speech", doubtful, "supports", topics=["force"]),
        issued("targets", doubtful),
        struck("strike", doubtful, 10),
    )

    perhaps = talks.framework(LATER)
    certain = talks.framework(LATER, certainty="certain")

    sections = ("pledges", "conditions", "positions", "statements", "threats")
    assert all(len(getattr(perhaps, section)) == 1 for section in sections)
    assert all(getattr(certain, section) == () for section in sections)
    assert (perhaps.attacks.windows[-1].certain, perhaps.attacks.windows[-1].possible) == (0, 1)
    assert certain.attacks.last is None


# --- Undated --------------------------------------------------------------------------------


def test_a_claim_without_a_beginning_is_listed_as_undated_until_it_folds() -> None:
    talks = Telling()
    entry = talks.tell(issued("targets", "[..2025-09-11]"))

    before, at = talks.framework("2025-09-10"), talks.framework("2025-09-11")

    assert before.threats == ()
    assert [(u.stream, u.summary, u.kind) for u in before.undated] == [
        ("talks/threat/targets", "the threat targets", "threat.issued")
    ]
    assert before.undated[0].event.id == entry.id
    assert slugs(at.threats) == ["targets"]
    assert at.undated == ()


def test_a_claim_without_a_beginning_does_not_haunt_1990_but_is_listed_there() -> None:
    talks = telling(issued("targets", "[..2025-09-11]"), made("force", DAY))

    answer = talks.framework("1990")

    assert (answer.threats, answer.pledges) == ((), ())
    assert [u.stream for u in answer.undated] == ["talks/threat/targets"]


def test_an_undated_statement_is_listed_once_though_it_has_a_stance_story_too() -> None:
    talks = telling(said("speech", "[..2025-09-11]", "opposes", issues=["size"], topics=["force"]))

    assert [u.stream for u in talks.framework("2025-09-10").undated] == ["talks/statement/speech"]


def test_undated_claims_are_in_the_order_they_were_recorded() -> None:
    talks = telling(
        issued("z", "[..2025-09-11]"), said("a", "/2025-09-11"), issued("m", "../2025-09-09")
    )

    assert [u.stream.rpartition("/")[2] for u in talks.framework("2025").undated] == []
    assert [u.stream.rpartition("/")[2] for u in talks.framework("2024").undated] == ["z", "a", "m"]


def test_a_retracted_undated_claim_is_not_listed() -> None:
    talks = Telling()
    entry = talks.tell(issued("targets", "[..2025-09-11]"))

    talks.retract(entry)

    assert talks.framework("1990").undated == ()


# --- Order ----------------------------------------------------------------------------------


def test_steps_whose_order_nobody_knows_are_named_by_the_item() -> None:
    talks = telling(made("force", "2025-08-01"))
    unknown = talks.tell_all(
        step("pledge.strengthened", "force", "2025-09", level="committed"),
        step("pledge.stalled", "force", "2025-09-10"),
    )

    found = one(talks.framework("2025-09-30").pledges, "force")

    assert {cause.id for cause in found.order_unknown} == {entry.id for entry in unknown}


def test_steps_that_a_constraint_orders_are_not() -> None:
    talks = telling(made("force", "2025-08-01"))
    stalled = talks.tell(step("pledge.stalled", "force", "2025-09"))

    talks.tell(step("pledge.resumed", "force", "2025-09", after=[str(stalled.id)]))

    found = one(talks.framework("2025-09-30").pledges, "force")
    assert (found.status, found.order_unknown) == ("pledged", ())


# --- What does not fit ----------------------------------------------------------------------


def test_a_step_left_without_its_beginning_is_an_anomaly_and_no_item() -> None:
    talks = Telling()
    opening = talks.tell(made("force", DAY))
    orphan = talks.tell(step("pledge.withdrawn", "force", "2025-09-06"))
    before = talks.framework(LATER)

    talks.retract(opening)

    after = talks.framework(LATER)
    assert before.anomalies == ()
    assert after.pledges == ()
    assert [(a.stream, a.code) for a in after.anomalies] == [("talks/pledge/force", "not_opened")]
    assert after.anomalies[0].entry.id == orphan.id
    assert talks.framework("2025-09-05").anomalies == ()


def test_an_anomaly_names_what_it_clashes_with() -> None:
    talks = telling(made("force", DAY))
    end, late = talks.tell_all(
        step("pledge.withdrawn", "force", "2025-09-08"),
        step("pledge.allocated", "force", "2025-09-06", components=[{"key": "a"}]),
    )

    talks.correct(late, set={"occurred": "2025-09-10"})

    anomaly = talks.framework(LATER).anomalies[0]
    assert (anomaly.code, anomaly.entry.id) == ("after_end", late.id)
    assert anomaly.entry.occurred == "2025-09-10"
    assert anomaly.clashes_with is not None
    assert anomaly.clashes_with.id == end.id


def test_a_correction_that_no_longer_fits_is_told_and_left_out() -> None:
    talks = Telling()
    condition = talks.tell(stated("either", DAY, any_of=["a"]))
    first = talks.correct(condition, unset=["any_of"])
    second = talks.correct(condition, set={"all_of": ["a", "b"]})
    assert talks.framework(LATER).anomalies == ()

    talks.retract(first)

    answer = talks.framework(LATER)
    assert one(answer.conditions, "either").any_of == ("a",)
    assert [(a.code, a.entry.id) for a in answer.anomalies] == [
        ("correction_impossible", second.id)
    ]
    assert answer.anomalies[0].clashes_with is not None
    assert answer.anomalies[0].clashes_with.id == condition.id


def test_a_disputing_entry_is_shown_and_not_folded() -> None:
    talks = Telling()
    force = talks.tell(made("force", DAY))
    denial = talks.tell(
        step("pledge.withdrawn", "force", "2025-09-06", contradicts=[str(force.id)])
    )

    found = one(talks.framework(LATER).pledges, "force")

    assert (found.status, len(found.deciding)) == ("pledged", 1)
    assert [cause.id for cause in found.disputed_by] == [denial.id]
    assert one(talks.framework("2025-09-05").pledges, "force").disputed_by == ()
    talks.retract(denial)
    assert one(talks.framework(LATER).pledges, "force").disputed_by == ()


def test_every_item_names_its_deciding_events_and_its_sources() -> None:
    talks = Telling()
    quote = [{"source": "report", "supports": ["level"], "locator": {"exact": "we will be there"}}]
    chain = [{"actor": "macron", "role": "speaker", "mode": "direct_quote"}]
    entries = [
        talks.tell(made("force", DAY, cite=[{**quote[0], "chain": chain}])),
        talks.tell(step("pledge.strengthened", "force", "2025-09-06", level="committed")),
    ]

    found = one(talks.framework(LATER).pledges, "force")

    assert [(cause.position, cause.id) for cause in found.deciding] == [
        (entry.position, entry.id) for entry in entries
    ]
    assert (found.since, found.more_events) == ("2025-09-06", False)
    says = found.according_to[0]
    assert (says.source, says.supports, says.quote) == ("report", ("level",), "we will be there")
    assert [(voice.actor, voice.role) for voice in says.chain] == [("macron", "speaker")]


def test_a_correction_changes_the_answer_known_after_it_and_not_before() -> None:
    talks = Telling()
    force = talks.tell(made("force", DAY))
    fix = talks.correct(force, set={"level": "offered", "occurred": "2025-09-02"})

    def told(known: int, as_of: str = LATER) -> list[tuple[str, str | None]]:
        return [(p.status, p.since) for p in talks.framework(as_of, known).pledges]

    assert told(force.position) == [("pledged", DAY)]
    assert told(fix.position) == [("offered", "2025-09-02")]
    assert told(force.position, "2025-09-03") == []
    assert told(fix.position, "2025-09-03") == [("offered", "2025-09-02")]
    undo = talks.retract(fix)
    redo = talks.retract(undo)
    assert told(undo.position) == [("pledged", DAY)]
    assert told(redo.position) == [("offered", "2025-09-02")]
