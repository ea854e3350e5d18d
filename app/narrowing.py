"""A part of a section of the framework: by status, by actor, by element, page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.sections import Section
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
    """The part of a list that is asked for; its items stand in the order of their slugs."""
    items: tuple[Item, ...] = getattr(section, name)
    fit = [item for item in items if item.slug > by.after and _fits(item, name, by)]
    page = tuple(fit if by.limit is None else fit[: by.limit])
    return section.model_copy(update={name: page, "more": len(page) < len(fit)})


def _fits(item: Item, name: str, by: Narrowing) -> bool:
    return (
        by.status in {None, item.status}
        and (by.actor is None or by.actor in ACTORS[name](item))
        and (by.element is None or by.element in ELEMENTS[name](item))
    )
