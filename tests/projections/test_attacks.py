"""Attacks: counted by window, the largest, the last."""

from __future__ import annotations

import pytest

from projections.answers import Attacks
from tests.projections.bodies import Body, struck
from tests.projections.telling import Telling

AS_OF = "2025-09-11"
NIGHT = "2025-09-06/2025-09-07"


def attacks(*bodies: Body, as_of: str = AS_OF) -> Attacks:
    talks = Telling()
    talks.tell_all(*bodies)
    return talks.framework(as_of).attacks


def counts(found: Attacks) -> dict[int | None, tuple[int, int]]:
    """Certain and possible by window."""
    return {window.days: (window.certain, window.possible) for window in found.windows}


def test_without_an_attack_every_window_is_empty() -> None:
    found = attacks()

    assert counts(found) == {7: (0, 0), 30: (0, 0), 365: (0, 0), None: (0, 0)}
    assert (found.largest, found.last) == (None, None)


def test_an_attack_counts_in_every_window_it_is_in() -> None:
    found = attacks(struck("a", "2025-09-06"), struck("b", "2025-08-20"), struck("c", "2024-01-01"))

    assert counts(found) == {7: (1, 0), 30: (2, 0), 365: (2, 0), None: (3, 0)}


@pytest.mark.parametrize(
    ("occurred", "certain"),
    [
        ("2025-09-04T23:59Z", 0),
        ("2025-09-05T00:00Z", 1),
        ("2025-09-05", 1),
        ("2025-09-04", 0),
        ("2025-09-11T23:59Z", 1),
    ],
)
def test_a_window_of_seven_days_is_the_date_asked_for_and_the_six_before(
    occurred: str, certain: int
) -> None:
    assert counts(attacks(struck("a", occurred)))[7] == (certain, 0)


@pytest.mark.parametrize(
    ("as_of", "certain"),
    [
        ("2025-09-06T11:59Z", 0),
        ("2025-09-06T12:00Z", 1),
        ("2025-09-13T11:59Z", 1),
        ("2025-09-13T12:00Z", 0),
    ],
)
def test_asked_at_an_instant_a_window_ends_there_to_the_minute(as_of: str, certain: int) -> None:
    found = attacks(struck("a", "2025-09-06T12:00Z"), as_of=as_of)

    assert counts(found)[7] == (certain, 0)


@pytest.mark.parametrize(
    ("occurred", "expected"),
    [
        ("[2025-09-01..2025-09-06]", (0, 1)),
        ("[2025-09-05..2025-09-11]", (1, 0)),
        ("[2025-09-05..2025-09-12]", (0, 1)),
        ("2025-09", (0, 1)),
        ("2025-09-06?", (0, 1)),
        ("[2025-08-01..2025-09-04]", (0, 0)),
    ],
)
def test_an_imprecise_date_counts_as_certain_or_only_as_possible(
    occurred: str, expected: tuple[int, int]
) -> None:
    assert counts(attacks(struck("a", occurred)))[7] == expected


def test_an_attack_that_is_known_only_to_have_happened_by_then_is_certain_for_no_short_window() -> (
    None
):
    found = counts(attacks(struck("a", "[..2025-09-10]")))

    assert found == {7: (0, 1), 30: (0, 1), 365: (0, 1), None: (1, 0)}


def test_an_attack_that_may_have_happened_by_then_is_listed_as_undated_before() -> None:
    talks = Telling()
    talks.tell(struck("a", "[..2025-09-10]"))

    answer = talks.framework("2025-09-09")

    assert {count for window in counts(answer.attacks).values() for count in window} == {0}
    assert answer.undated[0].kind == "attack.carried_out"


def test_an_attack_of_two_nights_counts_once_by_its_beginning() -> None:
    found = attacks(struck("weekend", NIGHT))

    assert counts(found)[7] == (1, 0)
    assert counts(attacks(struck("weekend", NIGHT), as_of="2025-09-06T00:00Z"))[7] == (0, 1)


def test_the_largest_is_the_one_with_most_launched_and_the_last_the_last_to_begin() -> None:
    found = attacks(
        struck("large", "2025-09-01", 800), struck("small", "2025-09-06", 20), struck("x", "2024")
    )

    assert found.largest is not None
    assert found.last is not None
    assert (found.largest.slug, found.last.slug) == ("large", "small")


def test_an_attack_of_which_nobody_says_since_when_is_last_only_where_there_is_no_other() -> None:
    undated, dated = struck("undated", "[..2025-09-11]"), struck("dated", "2025-09-06")

    alone, both = attacks(undated).last, attacks(undated, dated).last

    assert alone is not None
    assert both is not None
    assert (alone.slug, both.slug) == ("undated", "dated")


def test_attacks_without_a_number_are_never_the_largest() -> None:
    found = attacks(struck("a", "2025-09-01"), struck("b", "2025-09-06", 0))

    assert found.largest is not None
    assert (found.largest.slug, found.largest.launched) == ("b", 0)


def test_figures_are_summed_over_the_munitions_that_have_them() -> None:
    munitions = [
        {"model": "drone", "launched": 805, "intercepted": 747, "not_reached": 4},
        {"model": "missile", "launched": 13, "intercepted": 4},
        {"model": "decoy"},
    ]

    found = attacks(struck("a", "2025-09-06", munitions=munitions)).last

    assert found is not None
    assert (found.launched, found.intercepted) == (818, 751)
    assert [munition.model for munition in found.munitions] == ["drone", "missile", "decoy"]


def test_an_attack_says_what_was_hit_where_and_what_is_claimed_of_it() -> None:
    body = struck(
        "a",
        NIGHT,
        targets=[{"name": "a government building", "civilian": True}],
        places=[{"name": "Kyiv", "precision": "settlement"}],
        casualties={"killed": {"best": 4}, "injured": {"low": 20, "high": 44}},
        superlatives=[{"claim": "the largest", "unit": "drones", "as_of": "2025-09-07"}],
    )

    found = attacks(body).last

    assert found is not None
    assert (found.targets, found.places) == (("a government building",), ("Kyiv",))
    assert found.casualties is not None
    assert found.casualties.killed is not None
    assert found.casualties.killed.best == 4
    assert found.superlatives[0].unit == "drones"


def test_figures_that_rise_change_the_largest_from_the_day_they_were_reassessed() -> None:
    talks = Telling()
    talks.tell_all(struck("a", "2025-09-01", 500), struck("b", "2025-09-06", 400))
    talks.tell(
        {
            "kind": "attack.reassessed",
            "slug": "b",
            "occurred": "2025-09-08",
            "munitions": [{"model": "drone", "launched": 810}],
        }
    )

    def largest(as_of: str) -> tuple[str, int | None]:
        found = talks.framework(as_of).attacks.largest
        assert found is not None
        return found.slug, found.launched

    assert largest("2025-09-07") == ("a", 500)
    assert largest("2025-09-08") == ("b", 810)


def test_a_reassessed_attack_still_counts_on_the_day_it_happened() -> None:
    talks = Telling()
    talks.tell(struck("a", "2025-09-01", 500))
    figures = {"munitions": [{"model": "drone", "launched": 810}]}
    talks.tell({"kind": "attack.reassessed", "slug": "a", "occurred": "2025-09-10", **figures})

    assert counts(talks.framework(AS_OF).attacks)[7] == (0, 0)


def test_a_retracted_attack_is_not_counted() -> None:
    talks = Telling()
    entry = talks.tell(struck("a", "2025-09-06", 10))

    talks.retract(entry)

    assert counts(talks.framework(AS_OF).attacks)[None] == (0, 0)
    assert counts(talks.framework(AS_OF, known=entry.position).attacks)[None] == (1, 0)
