"""Positions: who stands where, since when, and in place of what."""

from __future__ import annotations

import pytest

from projections.answers import PositionItem
from tests.projections.bodies import Body, said, speaking
from tests.projections.telling import Telling, one, slugs

LATER = "2025-09-11"
SIZE = {"issues": ["size"]}


def position(talks: Telling, key: str = "france/issue/size", as_of: str = LATER) -> PositionItem:
    return one(talks.framework(as_of).positions, key)


def keys(talks: Telling, as_of: str = LATER) -> list[str]:
    return slugs(talks.framework(as_of).positions)


def telling(*bodies: Body) -> Telling:
    talks = Telling()
    talks.tell_all(*bodies)
    return talks


def minister(slug: str, occurred: str, stance: str, **more: object) -> Body:
    return said(slug, occurred, stance, speakers=speaking("minister", "france"), **more)


def test_a_stance_is_the_position_of_the_one_spoken_for() -> None:
    talks = telling(said("speech", "2025-09-04", "supports", rationale="to deter", **SIZE))

    found = position(talks)

    assert (found.actor, found.on, found.about) == ("france", "issue", "size")
    assert (found.status, found.since, found.dated) == ("supports", "2025-09-04", True)
    assert (found.speaker, found.statement) == ("macron", "talks/statement/speech")
    assert (found.statement_type, found.rationale) == ("position", "to deter")
    assert (found.replaced, found.at_odds) == (None, ())


def test_who_speaks_for_nobody_else_speaks_for_themselves() -> None:
    talks = telling(
        said("essay", "2025-09-04", "opposes", speakers=speaking("expert"), topics=["size"])
    )

    assert keys(talks) == ["expert/topic/size"]


def test_a_statement_takes_a_position_on_each_issue_element_and_topic_it_names() -> None:
    talks = telling(
        said(
            "speech",
            "2025-09-04",
            "supports",
            issues=["size"],
            elements=["force"],
            topics=["size", "air"],
        )
    )

    assert keys(talks) == [
        "france/element/force",
        "france/issue/size",
        "france/topic/air",
        "france/topic/size",
    ]


def test_a_statement_for_two_principals_is_a_position_of_both() -> None:
    speakers = [*speaking("macron", "france"), *speaking("minister", "united-kingdom")]
    talks = telling(said("jointly", "2025-09-04", "requires", speakers=speakers, **SIZE))

    assert keys(talks) == ["france/issue/size", "united-kingdom/issue/size"]
    assert position(talks, "united-kingdom/issue/size").speaker == "minister"


def test_a_statement_without_a_stance_or_without_anything_named_takes_no_position() -> None:
    talks = telling(
        said("mention", "2025-09-04", None, **SIZE), said("mood", "2025-09-04", "supports")
    )

    assert keys(talks) == []


def test_the_latest_stance_counts_with_what_it_replaced() -> None:
    talks = telling(
        said("yes", "2025-09-01", "supports", **SIZE),
        said("no", "2025-09-04", "opposes", **SIZE),
    )

    found = position(talks)

    assert (found.status, found.since) == ("opposes", "2025-09-04")
    assert found.replaced is not None
    assert (found.replaced.stance, found.replaced.statement) == (
        "supports",
        "talks/statement/yes",
    )
    assert position(talks, as_of="2025-09-03").status == "supports"


def test_the_same_stance_again_is_held_since_the_first_time() -> None:
    talks = telling(
        said("first", "2025-09-01", "supports", **SIZE),
        said("again", "2025-09-04", "supports", **SIZE),
    )

    found = position(talks)

    assert (found.status, found.since) == ("supports", "2025-09-01")
    assert found.statement == "talks/statement/again"


def test_a_stance_recorded_late_takes_its_place_by_its_date() -> None:
    talks = telling(
        said("now", "2025-09-04", "supports", **SIZE),
        said("before", "2025-08-01", "opposes", **SIZE),
    )

    found = position(talks)

    assert (found.status, found.since) == ("supports", "2025-09-04")
    assert found.replaced is not None
    assert found.replaced.stance == "opposes"
    assert position(talks, as_of="2025-08-15").status == "opposes"


def test_two_voices_of_one_government_on_opposite_sides_are_at_odds() -> None:
    talks = telling(
        said("yes", "2025-09-01", "supports", **SIZE),
        minister("no", "2025-09-04", "rules_out", **SIZE),
    )

    found = position(talks)

    assert (found.status, found.speaker) == ("rules_out", "minister")
    assert [(voice.speaker, voice.stance) for voice in found.at_odds] == [
        ("macron", "supports"),
        ("minister", "rules_out"),
    ]


@pytest.mark.parametrize("stance", ["requires", "hopes", "undecided"])
def test_two_voices_on_the_same_side_or_on_none_are_not_at_odds(stance: str) -> None:
    talks = telling(
        said("yes", "2025-09-01", "supports", **SIZE),
        minister("also", "2025-09-04", stance, **SIZE),
    )

    assert position(talks).at_odds == ()


def test_a_voice_that_comes_round_is_no_longer_at_odds() -> None:
    talks = telling(
        said("yes", "2025-09-01", "supports", **SIZE),
        minister("no", "2025-09-04", "opposes", **SIZE),
        minister("well", "2025-09-06", "supports", **SIZE),
    )

    assert position(talks, as_of="2025-09-05").at_odds != ()
    assert position(talks).at_odds == ()


@pytest.mark.parametrize("recorded_first", ["dated", "undated"])
def test_an_undated_stance_never_displaces_a_dated_one(recorded_first: str) -> None:
    bodies = [
        said("dated", "2025-08-01", "supports", **SIZE),
        said("undated", "[..2025-09-04]", "opposes", **SIZE),
    ]
    talks = telling(*(bodies if recorded_first == "dated" else reversed(bodies)))

    found = position(talks)

    assert (found.status, found.dated, found.since) == ("supports", True, "2025-08-01")
    assert found.statement == "talks/statement/dated"


def test_an_undated_stance_stands_where_there_is_no_other_and_says_so() -> None:
    talks = telling(said("undated", "[..2025-09-04]", "opposes", **SIZE))

    assert keys(talks, "2025-09-03") == []
    found = position(talks)
    assert (found.status, found.dated) == ("opposes", False)


def test_an_undated_stance_gives_way_to_the_first_dated_one() -> None:
    talks = telling(
        said("undated", "[..2025-08]", "opposes", **SIZE),
        said("dated", "2025-09-04", "supports", **SIZE),
    )

    found = position(talks)

    assert (found.status, found.dated, found.since) == ("supports", True, "2025-09-04")
    assert found.replaced is not None
    assert found.replaced.stance == "opposes"


def test_a_non_decision_is_no_stance() -> None:
    talks = telling(
        said("yes", "2025-09-01", "supports", **SIZE),
        said("nothing", "2025-09-04", "undecided", statement_type="non_decision", **SIZE),
    )

    assert position(talks).statement == "talks/statement/yes"
    assert slugs(talks.framework(LATER).statements) == ["nothing", "yes"]


def test_a_normative_claim_is_never_a_position_of_the_states_it_is_about() -> None:
    talks = telling(
        said(
            "ought",
            "2025-09-11",
            "opposes",
            statement_type="normative_claim",
            speakers=speaking("expert"),
            audience=["france", "united-states"],
            **SIZE,
        )
    )

    assert {found.actor for found in talks.framework(LATER).positions} <= {"expert"}
    assert one(talks.framework(LATER).statements, "ought").statement_type == "normative_claim"


def test_a_correction_of_the_issues_moves_the_stance() -> None:
    talks = Telling()
    speech = talks.tell(said("speech", "2025-09-04", "supports", **SIZE))

    fix = talks.correct(speech, set={"issues": ["mandate"]})
    moved = keys(talks)
    talks.retract(fix)

    assert moved == ["france/issue/mandate"]
    assert keys(talks) == ["france/issue/size"]
    before = talks.framework(LATER, known=speech.position)
    assert slugs(before.positions) == ["france/issue/size"]


def test_a_correction_of_whom_it_was_said_for_moves_the_stance_and_uncovers_the_one_before() -> (
    None
):
    talks = Telling()
    talks.tell(said("early", "2025-09-01", "opposes", **SIZE))
    speech = talks.tell(said("speech", "2025-09-04", "supports", **SIZE))

    talks.correct(speech, set={"speakers": speaking("macron")})

    assert position(talks).status == "opposes"
    assert position(talks, "macron/issue/size").status == "supports"


def test_a_statement_corrected_to_a_non_decision_takes_its_stance_back() -> None:
    talks = Telling()
    speech = talks.tell(said("speech", "2025-09-04", "supports", **SIZE))

    talks.correct(speech, set={"statement_type": "non_decision"})

    assert keys(talks) == []


def test_a_retracted_statement_takes_its_stance_with_it() -> None:
    talks = Telling()
    talks.tell(said("early", "2025-09-01", "opposes", **SIZE))
    speech = talks.tell(said("speech", "2025-09-04", "supports", **SIZE))

    talks.retract(speech)

    assert (position(talks).status, position(talks).replaced) == ("opposes", None)


def test_a_position_perhaps_taken_is_not_certain() -> None:
    talks = telling(
        said("early", "2025-08-01", "opposes", **SIZE),
        said("later", "[2025-09-01..2025-09-20]", "supports", **SIZE),
    )

    found = position(talks)
    certain = one(talks.framework(LATER, certainty="certain").positions, "france/issue/size")

    assert (found.status, found.certain_status) == ("supports", "opposes")
    assert (certain.status, certain.since) == ("opposes", "2025-08-01")


def test_two_stances_whose_order_nobody_knows_are_named() -> None:
    talks = Telling()
    statements = talks.tell_all(
        said("yes", "2025-09", "supports", **SIZE), said("no", "2025-09", "opposes", **SIZE)
    )

    unknown = position(talks, as_of="2025-10-01").order_unknown

    assert {cause.id for cause in unknown} == {statement.id for statement in statements}


def test_a_position_names_the_statements_it_follows_from_and_who_reports_it() -> None:
    talks = Telling()
    statements = talks.tell_all(
        said("yes", "2025-09-01", "supports", **SIZE), said("no", "2025-09-04", "opposes", **SIZE)
    )

    found = position(talks)

    assert [cause.id for cause in found.deciding] == [statement.id for statement in statements]
    assert [who.source for who in found.according_to] == ["report"]
    assert found.summary == "the statement no"
