"""How much was pledged, allocated and delivered, by whom, of what?

Sums are kept apart by unit and currency; nothing is converted. A group's
pledge is counted once, for the group. What was delivered stays delivered
when the pledge ends; the rest of an ended pledge is not counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from decimal import Context, Decimal
from typing import cast

from domain.things.pledge import ENDED, Component, PledgeMade, Progress, rung_at_least
from projections.answers import Answer, Question
from projections.items import amount
from projections.view import View

EXACT = Context(prec=64)
"""Digits enough for sums of the largest quantities with the smallest, so that none is rounded."""


class Total(Answer):
    """One actor's sum for one element in one unit; amounts are decimals as text.

    `offered` is what stands below `pledged` on the ladder. Several pledgors of one
    pledge are one row, named together, because nobody says how they share it.
    """

    actors: tuple[str, ...]
    element: str | None
    unit: str | None
    currency: str | None
    offered: str
    pledged: str
    allocated: str
    delivered: str


class Totals(Answer):
    """The sums, and how many components of live pledges have no quantity to sum."""

    question: Question
    rows: tuple[Total, ...]
    without_quantity: int


Key = tuple[tuple[str, ...], str | None, str | None, str | None]


def totals_of(view: View, question: Question) -> Totals:
    """Sum the components of every pledge, and of one that has ended what had been delivered."""
    sums: dict[Key, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    unquantified = 0
    for _, state in view.of("pledge"):
        pledge, progress = cast("PledgeMade", state.content), cast("Progress", state.extra)
        actors = tuple(sorted(set(map(view.merged, pledge.pledgors))))
        pledged = {c.key: c for c in pledge.components}
        only = pledge.elements[0] if len(pledge.elements) == 1 else None
        columns: dict[str, Mapping[str, Component]] = {"delivered": progress.delivered}
        if progress.side not in ENDED:
            step = "pledged" if rung_at_least(progress.rung, "pledged") else "offered"
            columns |= {step: pledged, "allocated": progress.allocated}
            unquantified += sum(component.quantity is None for component in pledge.components)
        for column, components in columns.items():
            for key, component in components.items():
                whole = pledged.get(key)
                measured = amount(component, whole)
                if measured is not None:
                    element = component.element or (whole.element if whole else None) or only
                    row = sums[actors, element, measured.unit, measured.currency]
                    row[column] = EXACT.add(row[column], Decimal(measured.quantity))
    rows = tuple(
        Total(
            actors=key[0],
            element=key[1],
            unit=key[2],
            currency=key[3],
            offered=format(amounts["offered"], "f"),
            pledged=format(amounts["pledged"], "f"),
            allocated=format(amounts["allocated"], "f"),
            delivered=format(amounts["delivered"], "f"),
        )
        for key, amounts in sorted(sums.items(), key=lambda row: tuple(map(str, row[0])))
    )
    return Totals(question=question, rows=rows, without_quantity=unquantified)
