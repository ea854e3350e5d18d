"""An empty answer says why it is empty."""

from __future__ import annotations

import pytest

from tests.projections.bodies import Body, cited, defined, made, opened, source, step, struck
from tests.projections.telling import Telling

DAY = "2025-09-04"


def why(talks: Telling, as_of: str, **asked: str) -> str:
    reason = talks.framework(as_of, **asked).empty_because  # type: ignore[arg-type]
    assert reason is not None
    return reason


def telling(*bodies: Body) -> Telling:
    talks = Telling()
    talks.tell_all(*bodies)
    return talks


@pytest.mark.parametrize("body", [made("force", DAY), struck("strike", DAY)])
def test_an_answer_with_something_in_it_gives_no_reason(body: Body) -> None:
    assert telling(body).framework(DAY).empty_because is None


def test_before_anything_was_known_it_says_that_nothing_was_known() -> None:
    talks = telling(made("force", DAY))

    reason = talks.framework(DAY, known=1).empty_because

    assert reason == "nothing was known of it at position 1"


def test_a_negotiation_of_which_nothing_is_told_is_registered_and_no_more() -> None:
    talks = telling(defined("force"))

    assert why(talks, DAY) == "it is registered, and nothing that happened in it is recorded"


def test_what_was_retracted_is_as_if_nothing_had_happened() -> None:
    talks = Telling()
    talks.retract(talks.tell(made("force", DAY)))

    assert why(talks, DAY) == "it is registered, and nothing that happened in it is recorded"


def test_before_anything_had_begun_it_names_the_first_beginning() -> None:
    talks = telling(made("force", DAY), struck("strike", "2025-09-02?"))

    assert why(talks, "2025-09-01") == (
        "nothing that is recorded of it had begun; the first has by 2025-09-02T00:00Z"
    )


def test_a_claim_without_a_beginning_is_not_said_to_begin() -> None:
    talks = telling(made("force", "[..2025-09-04]"))

    reason = why(talks, "2025-09-01")

    assert reason.endswith("the first has by 2025-09-04T23:59Z")


def test_the_opening_of_the_negotiation_itself_is_not_taken_for_the_first_beginning() -> None:
    talks = Telling("others")
    talks.negotiation = "dated"
    talks.tell(opened("dated", occurred="2025-03-01"))
    talks.tell(made("force", DAY))

    assert why(talks, "2025-04-01").endswith("the first has by 2025-09-04T00:00Z")


def test_a_negotiation_that_was_opened_on_a_date_has_not_happened_yet() -> None:
    talks = Telling()
    talks.negotiation = "dated"
    talks.tell(opened("dated", occurred="2025-03-01"))

    assert why(talks, DAY) == "it is registered, and nothing that happened in it is recorded"


def test_before_anything_was_published_it_says_so_and_not_that_nothing_is_recorded() -> None:
    talks = telling(source("memoir", "2026-01-15"), defined("force"))
    talks.tell(made("force", DAY, cite=cited("memoir")))

    reason = why(talks, DAY, published_by="2025-12-31")

    assert reason.startswith("no source published by 2025-12-31 says what happened in it")


def test_published_and_not_begun_it_names_the_first_beginning() -> None:
    talks = telling(made("force", DAY))

    reason = why(talks, "2025-09-01", published_by="2025-12-31")

    assert reason.endswith("the first has by 2025-09-04T00:00Z")


def test_where_only_certain_things_are_asked_for_it_does_not_say_that_nothing_had_begun() -> None:
    talks = telling(made("force", "[2025-09-01..2025-09-11]"), made("idea", "2025-08?"))

    reason = why(talks, "2025-09-05", certainty="certain")

    assert reason == (
        "nothing that is recorded of it had certainly begun; the first has by 2025-09-11T23:59Z"
    )


def test_where_no_date_is_certain_it_says_so() -> None:
    talks = telling(made("idea", "2025-08?"))

    reason = why(talks, "2030", certainty="certain")

    assert reason == "nothing that is recorded of it has a date that is certain"


@pytest.mark.parametrize("certainty", ["possible", "certain"])
def test_where_all_that_began_opens_nothing_it_sends_the_reader_to_the_anomalies(
    certainty: str,
) -> None:
    talks = Telling()
    opening = talks.tell(made("force", DAY))
    talks.tell(step("pledge.withdrawn", "force", "2025-09-06"))
    talks.retract(opening)

    assert why(talks, "2025-09-11", certainty=certainty) == (
        "what had begun opens nothing; the anomalies say why"
    )


def test_another_negotiation_in_the_same_log_is_none_of_its_business() -> None:
    talks = telling(made("force", DAY))
    talks.negotiation = "others"
    talks.tell(opened("others"))

    answer = talks.framework("2025-09-11")

    assert answer.pledges == ()
    assert answer.empty_because == "it is registered, and nothing that happened in it is recorded"
