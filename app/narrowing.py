"""A part of a section of the framework: by status, by actor, by element, page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.sections import Section
from domain.errors import InvalidInput
from projections.answers import (
    ElementItem,
    Item,
    PledgeItem,
    PositionItem,
    StatementItem,
    ThreatItem,
)
from projections.framework import WHOLE, Page


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Which items are asked for; None leaves nothing out.

    `status` is what may be so by then; `actor` and `element` are named by the item. A
    page begins after the slug `after` and holds at most `limit`, where there is one.
    """

    status: str | None = None
    actor: str | None = None
    element: str | None = None
    after: str = ""
    limit: int | None = None

    def page(self) -> Page:
        """The items that have to be looked at: all of them where what they say is asked for."""
        wanted = (self.status, self.actor, self.element)
        return WHOLE if any(each is not None for each in wanted) else Page(self.after, self.limit)


ALL = Narrowing()
MANY = 20
"""The most names that are listed for somebody who asked for none of them; a few lines."""


def _behind(item: ElementItem) -> Iterable[str]:
    return (name for each in item.behind for name in (each.actor, *each.members))


def _in_pledge(item: PledgeItem) -> Iterable[str]:
    named = (name for each in item.pledgors for name in (each.actor, *each.members))
    return (*named, *item.beneficiaries)


def _in_statement(item: StatementItem) -> Iterable[str | None]:
    named = (name for each in item.speakers for name in (each.actor, each.on_behalf_of))
    return (*named, *item.audience)


def _in_threat(item: ThreatItem) -> Iterable[str]:
    return item.issuer, *item.targets


def _of_pledge(item: PledgeItem) -> Iterable[str | None]:
    return (*item.elements, *(component.element for component in item.components))


def _of_position(item: PositionItem) -> Iterable[str]:
    return (item.about,) if item.on == "element" else ()


def _status(item: Item) -> Iterable[str]:
    return (item.status,)


ACTORS: Mapping[str, Callable[[Any], Iterable[str | None]]] = {
    "elements": _behind,
    "pledges": _in_pledge,
    "threats": _in_threat,
    "statements": _in_statement,
    "positions": lambda item: (item.actor, item.speaker),
    "issues": lambda item: item.owners,
    "measures": lambda item: (*item.by, *item.on),
    "consultations": lambda item: item.participants,
    "agreements": lambda item: item.parties,
}
"""The actors that an item of a section names; those through whom a group acts are named too."""
ELEMENTS: Mapping[str, Callable[[Any], Iterable[str | None]]] = {
    "pledges": _of_pledge,
    "threats": lambda item: item.against_elements,
    "statements": lambda item: item.elements,
    "positions": _of_position,
    "issues": lambda item: item.elements,
}
"""The elements that an item of a section names."""


def narrowed(section: Section, name: str, by: Narrowing) -> Section:
    """The part of a list that is asked for; its items stand in the order of their slugs.

    Raises InvalidInput for an actor or an element where the items of a section name none.
    """
    items: tuple[Item, ...] = getattr(section, name)
    fit, reason = _fitting(items, name, by)
    behind = [item for item in fit if item.slug > by.after]
    page = tuple(behind if by.limit is None else behind[: by.limit])
    told = {name: page, "more": len(page) < len(behind)}
    if fit and not behind:
        reason = f"nothing comes after {by.after!r}: the last of these {name} is {fit[-1].slug!r}"
    if reason is not None:
        told["empty_because"] = reason
    return section.model_copy(update=told)


def _fitting(items: Sequence[Item], name: str, by: Narrowing) -> tuple[Sequence[Item], str | None]:
    """The items that are asked for; where none of several is, why, and what there is instead."""
    for field, wanted, told_by in (
        ("status", by.status, _status),
        ("actor", by.actor, ACTORS.get(name)),
        ("element", by.element, ELEMENTS.get(name)),
    ):
        if wanted is None:
            continue
        if told_by is None:
            raise InvalidInput.of(field, f"is nothing that {name} name", "leave it out")
        fit = [item for item in items if wanted in told_by(item)]
        if items and not fit:
            there = sorted({each for item in items for each in told_by(item) if each})
            shown = ", ".join(there[:MANY]) + (", …" if len(there) > MANY else "")
            what = "with the status" if field == "status" else f"that name the {field}"
            return (), f"there are no {name} {what} {wanted!r}; there are some of {shown or 'none'}"
        items = fit
    return items, None
