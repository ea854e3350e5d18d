"""Statuses, dates and voices in words: what is uncertain says so, and nothing is said to be no."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from cli import words
from domain import vocabularies
from domain.things.pledge import LADDER
from projections.answers import Attribution, Behind, HedgeItem, VoiceItem


@pytest.mark.parametrize(
    ("status", "certain", "said"),
    [
        ("pledged", "pledged", "pledged"),
        ("withdrawn", "pledged", "pledged; perhaps withdrawn"),
        ("pledged", None, "possibly pledged"),
        ("partially_delivered", "partially_delivered", "partially delivered"),
        ("not_reported_met", "not_reported_met", "not met, as far as recorded"),
        ("not_reported_met", None, "possibly stated; not met, as far as recorded"),
        ("met", "not_reported_met", "not met, as far as recorded; perhaps met"),
        ("not_yet_rated", "not_yet_rated", "not yet rated"),
        ("offered", "not_yet_rated", "not yet rated; perhaps offered"),
        ("rules_out", "rules_out", "rules out"),
    ],
)
def test_a_status_that_may_be_so_stands_beside_the_one_that_must_be(
    status: str, certain: str | None, said: str
) -> None:
    assert words.standing(status, certain) == said


@pytest.mark.parametrize("status", [*LADDER, *get_args(vocabularies.Stance)])
def test_no_status_is_shown_with_an_underscore(status: str) -> None:
    assert "_" not in words.word(status)


@pytest.mark.parametrize(
    ("edtf", "said"),
    [
        (None, ""),
        ("2024", "2024"),
        ("2025-09-04", "2025-09-04"),
        ("2025-09-04T12:00Z", "2025-09-04 12:00 UTC"),
        ("2025-09-04T12:00+03:00", "2025-09-04 12:00 UTC+03:00"),
        ("2025-09-06/2025-09-07", "2025-09-06 to 2025-09-07"),
        ("2022-02-24/..", "since 2022-02-24"),
        ("2022-02-24/", "since 2022-02-24"),
        ("../2025", "until 2025"),
        ("[..2025-09-11]", "by 2025-09-11"),
        ("[2024..2025-09-11]", "between 2024 and 2025-09-11"),
        ("[2024,2025-02,2025-09-11]", "2024, 2025-02 or 2025-09-11"),
        ("2024?", "2024, perhaps"),
        ("2024~/2025%", "about 2024 to about 2025, perhaps"),
    ],
)
def test_a_date_of_the_record_is_said_in_words(edtf: str | None, said: str) -> None:
    assert words.date(edtf) == said


@pytest.mark.parametrize(
    ("instant", "said"),
    [("2025-09-11T23:59Z", "2025-09-11"), ("2025-09-11T12:30Z", "2025-09-11 12:30 UTC")],
)
def test_the_last_minute_of_a_day_stands_for_the_day(instant: str, said: str) -> None:
    assert words.day(instant) == said


def cited(*supports: str, voices: list[tuple[str, str, str, list[tuple[str, str]]]]) -> Attribution:
    chain = tuple(
        VoiceItem(
            actor=actor,
            role=role,
            mode=mode,
            hedges=tuple(HedgeItem(hedge=hedge, cue=cue) for hedge, cue in hedges),
        )
        for actor, role, mode, hedges in voices
    )
    return Attribution(source="paper", supports=supports, quote=None, chain=chain)


PUBLISHER: Any = ("press", "publisher", "direct_quote", [])
AUTHOR: Any = ("ann", "author", "reports_that", [])


def test_a_chain_is_told_outermost_first_without_its_publisher() -> None:
    minister: Any = ("bob", "speaker", "paraphrase", [])
    assert words.voices([cited(voices=[PUBLISHER, AUTHOR, minister])]) == "ann › bob"


def test_a_publisher_alone_is_told() -> None:
    assert words.voices([cited(voices=[PUBLISHER])]) == "press"


def test_a_source_without_a_chain_is_told_by_its_name() -> None:
    assert words.voices([cited(voices=[])]) == "paper"


def test_a_hedge_is_told_in_the_words_of_the_source() -> None:
    hedged: Any = ("ann", "author", "analyst_inference", [("could", "might one day")])
    assert words.voices([cited(voices=[hedged])]) == "ann (an inference, “might one day”)"


def test_a_claim_in_a_question_is_told_as_one() -> None:
    asked: Any = ("eve", "interviewer", "question_presupposition", [])
    assert words.voices([cited(voices=[asked])]) == "eve (taken for granted in a question)"


def test_a_hedge_on_a_reason_is_not_told_of_the_claim() -> None:
    hedged: Any = ("ann", "author", "reports_that", [("could", "could")])
    both = [cited("summary", voices=[AUTHOR]), cited("rationale", voices=[hedged])]
    assert words.voices(both) == "ann"
    assert words.voices(both, "rationale") == "ann (“could”)"


def test_citations_that_support_no_headline_are_told_all_the_same() -> None:
    assert words.voices([cited("occurred", voices=[AUTHOR])]) == "ann"


@pytest.mark.parametrize(
    ("reported", "known", "said"),
    [
        (1, 1, "The 26"),
        (1, 0, "The 26: members not known"),
        (26, 0, "The 26: 26 reported, none known by name"),
        (26, 3, "The 26: 26 reported, 3 known by name"),
    ],
)
def test_a_group_says_how_many_it_has_and_who_is_known(
    reported: int, known: int, said: str
) -> None:
    group = Behind(actor="the-26", name="The 26", reported=reported, known=known)
    assert words.behind(group) == said
