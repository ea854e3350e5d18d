"""One section of the framework by itself, with the question that it answers."""

from __future__ import annotations

from collections.abc import Mapping

from projections.answers import (
    AgreementItem,
    Answer,
    Attacks,
    ConditionItem,
    ConsultationItem,
    ElementItem,
    IssueItem,
    MeasureItem,
    PledgeItem,
    PositionItem,
    Question,
    StatementItem,
    ThreatItem,
)
from projections.framework import WHOLE, Page, one_section
from projections.world import World


class Section(Answer):
    """One sort of thing out of the framework; `empty_because` says why the whole holds nothing.

    Where it holds something and nothing of it is asked for, that says why, and what there is.

    `more` says that others that were asked for stand behind the last on this page.
    """

    question: Question
    empty_because: str | None
    more: bool = False


class ElementSection(Section):
    """The elements of the framework."""

    elements: tuple[ElementItem, ...]


class PledgeSection(Section):
    """The pledges that were made by then."""

    pledges: tuple[PledgeItem, ...]


class ConditionSection(Section):
    """The conditions, and what each gates."""

    conditions: tuple[ConditionItem, ...]


class IssueSection(Section):
    """The questions between the parties."""

    issues: tuple[IssueItem, ...]


class PositionSection(Section):
    """Where each actor stands on an issue, an element or a topic."""

    positions: tuple[PositionItem, ...]


class StatementSection(Section):
    """What was said."""

    statements: tuple[StatementItem, ...]


class ThreatSection(Section):
    """The threats."""

    threats: tuple[ThreatItem, ...]


class AttackSection(Section):
    """Attacks, counted by window, with the largest and the last."""

    attacks: Attacks


class MeasureSection(Section):
    """Measures such as sanctions."""

    measures: tuple[MeasureItem, ...]


class AgreementSection(Section):
    """What was agreed."""

    agreements: tuple[AgreementItem, ...]


class ConsultationSection(Section):
    """Meetings, and talks that last."""

    consultations: tuple[ConsultationItem, ...]


SECTIONS: Mapping[str, type[Section]] = {
    "elements": ElementSection,
    "pledges": PledgeSection,
    "threats": ThreatSection,
    "attacks": AttackSection,
    "statements": StatementSection,
    "positions": PositionSection,
    "issues": IssueSection,
    "conditions": ConditionSection,
    "measures": MeasureSection,
    "consultations": ConsultationSection,
    "agreements": AgreementSection,
}
"""The shape of each section of the framework, by its name there."""


def section_of(world: World, question: Question, name: str, page: Page = WHOLE) -> Section:
    """A section under the names of the whole answer, or a page of it; `name` is one of `SECTIONS`.

    Its items are those of the framework, and none of the others is made.
    """
    return SECTIONS[name].model_validate(one_section(world, question, name, page))
