"""Totals: sums by actor, element, unit and currency, with nothing converted."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import example, given, settings
from hypothesis import strategies as st

from projections.totals import Total
from tests.projections.bodies import Body, joined, made, merged, part, registered, step
from tests.projections.telling import Telling

DAY = "2025-09-04"
LATER = "2025-09-11"
EUROS = {"unit": "million", "currency": "EUR"}


def funds(quantity: str, **more: object) -> Body:
    return part("funds", **{"quantity": quantity, "element": "funding", **EUROS, **more})


def allocated(slug: str, *parts: Body, occurred: str = "2025-09-06") -> Body:
    return step("pledge.allocated", slug, occurred, components=list(parts))


def delivered(slug: str, *parts: Body, occurred: str = "2025-09-08") -> Body:
    return step("pledge.delivered", slug, occurred, components=list(parts), complete=False)


def rows(*bodies: Body, as_of: str = LATER) -> tuple[Total, ...]:
    talks = Telling()
    talks.tell_all(*bodies)
    return talks.totals(as_of).rows


def amounts(row: Total) -> tuple[str, str, str, str]:
    return row.offered, row.pledged, row.allocated, row.delivered


def test_without_a_quantity_there_is_nothing_to_sum_and_it_is_said_of_how_many() -> None:
    talks = Telling()
    talks.tell_all(made("force", DAY, components=[part("ground"), part("air")]), made("words", DAY))

    assert (talks.totals(LATER).rows, talks.totals(LATER).without_quantity) == ((), 2)


def test_pledged_allocated_and_delivered_stand_side_by_side() -> None:
    found = rows(
        made("aid", DAY, components=[funds("100")]),
        allocated("aid", funds("60")),
        delivered("aid", funds("25")),
    )

    assert [amounts(row) for row in found] == [("0", "100", "60", "25")]
    assert (found[0].actors, found[0].element) == (("france",), "funding")


def test_what_is_only_offered_or_floated_is_not_pledged() -> None:
    found = rows(
        made("idea", DAY, level="floated", components=[funds("1")]),
        made("offer", DAY, level="offered", components=[funds("10")]),
        made("pledge", DAY, components=[funds("100")]),
        made("commitment", DAY, level="committed", components=[funds("1000")]),
    )

    assert [amounts(row) for row in found] == [("11", "1100", "0", "0")]


def test_units_currencies_elements_and_actors_are_kept_apart() -> None:
    found = rows(
        made(
            "aid",
            DAY,
            components=[
                funds("1"),
                part("dollars", element="funding", quantity="2", unit="million", currency="USD"),
                part("billions", element="funding", quantity="3", unit="billion", currency="EUR"),
                part("guns", element="arms", quantity="4", unit="howitzers"),
            ],
        ),
        made("more", DAY, pledgors=["united-kingdom"], components=[funds("5")]),
    )

    assert [(row.actors[0], row.element, row.unit, row.currency, row.pledged) for row in found] == [
        ("france", "arms", "howitzers", None, "4"),
        ("france", "funding", "billion", "EUR", "3"),
        ("france", "funding", "million", "EUR", "1"),
        ("france", "funding", "million", "USD", "2"),
        ("united-kingdom", "funding", "million", "EUR", "5"),
    ]


def test_an_allocation_in_another_currency_is_not_converted() -> None:
    found = rows(
        made("aid", DAY, components=[funds("100")]), allocated("aid", funds("110", currency="USD"))
    )

    assert [(row.currency, *amounts(row)) for row in found] == [
        ("EUR", "0", "100", "0", "0"),
        ("USD", "0", "0", "110", "0"),
    ]


def test_a_step_that_repeats_neither_element_nor_unit_belongs_to_the_pledged_component() -> None:
    found = rows(
        made("aid", DAY, components=[funds("100")]),
        allocated("aid", part("funds", quantity="60")),
    )

    assert [amounts(row) for row in found] == [("0", "100", "60", "0")]


def test_a_component_of_a_pledge_for_one_element_is_for_that_element() -> None:
    found = rows(
        made("one", DAY, elements=["funding"], components=[part("a", quantity="1", **EUROS)]),
        made("two", DAY, elements=["funding", "arms"], components=[part("a", quantity="2")]),
    )

    assert {(row.element, row.pledged) for row in found} == {("funding", "1"), (None, "2")}


def test_the_last_word_on_a_component_replaces_the_one_before() -> None:
    found = rows(
        made("aid", DAY, components=[funds("100")]),
        delivered("aid", funds("25"), occurred="2025-09-08"),
        delivered("aid", funds("40"), occurred="2025-09-10"),
    )

    assert amounts(found[0]) == ("0", "100", "0", "40")


def test_an_amended_pledge_counts_as_amended() -> None:
    found = rows(
        made("aid", DAY, components=[funds("100")]),
        step("pledge.amended", "aid", "2025-09-05", set={"components": [funds("80")]}),
    )

    assert amounts(found[0])[1] == "80"


def test_a_withdrawn_pledge_is_out_and_what_had_been_delivered_of_it_stays() -> None:
    bodies = [
        made("aid", DAY, components=[funds("100")]),
        allocated("aid", funds("60")),
        delivered("aid", funds("25")),
        step("pledge.withdrawn", "aid", "2025-09-10"),
    ]

    assert [amounts(row) for row in rows(*bodies, as_of="2025-09-09")] == [("0", "100", "60", "25")]
    assert [amounts(row) for row in rows(*bodies)] == [("0", "0", "0", "25")]


def test_a_withdrawn_pledge_of_which_nothing_was_delivered_leaves_no_row() -> None:
    found = rows(
        made("aid", DAY, components=[funds("100")]), step("pledge.withdrawn", "aid", "2025-09-10")
    )

    assert found == ()


def test_a_stalled_pledge_is_still_pledged() -> None:
    found = rows(
        made("aid", DAY, components=[funds("100")]), step("pledge.stalled", "aid", "2025-09-10")
    )

    assert amounts(found[0])[1] == "100"


def test_a_group_counts_once_and_its_members_not_at_all() -> None:
    found = rows(
        joined("coalition", "france", "2025-03-01"),
        joined("coalition", "united-kingdom", "2025-03-01"),
        made("aid", DAY, pledgors=["coalition"], components=[funds("100")]),
    )

    assert [(row.actors, row.pledged) for row in found] == [(("coalition",), "100")]


def test_several_pledgors_of_one_pledge_are_one_row() -> None:
    found = rows(made("aid", DAY, pledgors=["united-kingdom", "france"], components=[funds("100")]))

    assert [(row.actors, row.pledged) for row in found] == [(("france", "united-kingdom"), "100")]


def test_a_merged_actor_adds_to_the_one_it_was_merged_into_and_is_not_its_own_partner() -> None:
    found = rows(
        registered("britain"),
        made("aid", DAY, pledgors=["britain"], components=[funds("1")]),
        made("more", DAY, pledgors=["united-kingdom"], components=[funds("10")]),
        made("both", DAY, pledgors=["britain", "united-kingdom"], components=[funds("100")]),
        merged("britain", "united-kingdom"),
    )

    assert [(row.actors, row.pledged) for row in found] == [(("united-kingdom",), "111")]


def test_totals_are_as_of_a_date_and_as_known_at_a_position() -> None:
    talks = Telling()
    aid = talks.tell(made("aid", DAY, components=[funds("100")]))
    talks.tell(step("pledge.allocated", "aid", LATER, components=[funds("60")]))
    talks.correct(aid, set={"components": [funds("90")]})

    assert [amounts(row) for row in talks.totals("2025-09-10").rows] == [("0", "90", "0", "0")]
    known = talks.totals(LATER, known=aid.position)
    assert [amounts(row) for row in known.rows] == [("0", "100", "0", "0")]


@settings(max_examples=30)
@given(
    st.lists(
        st.decimals(min_value=0, max_value=10**20, places=12, allow_nan=False).map(
            lambda d: format(d, "f")
        ),
        min_size=1,
        max_size=4,
    )
)
@example(["99999999999999999999.999999999998", "0.000000000001"])
def test_sums_are_exact_whatever_the_quantities(quantities: list[str]) -> None:
    found = rows(*(made(f"aid-{n}", DAY, components=[funds(q)]) for n, q in enumerate(quantities)))

    assert Fraction(found[0].pledged) == sum(map(Fraction, quantities))
