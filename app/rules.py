"""By which rules can a question be answered?"""

from __future__ import annotations

from domain.errors import InvalidInput, Problem
from domain.story import RULES
from projections.answers import Answer


class RuleSet(Answer):
    """A set of rules by which answers are computed."""

    number: int
    newest: bool
    description: str


class Rules(Answer):
    """The rules that answers can be computed by; none is ever taken away."""

    rules: tuple[RuleSet, ...]


_RULES = {
    1: "The story rule: take, amend, order, fold twice; the framework is a function of the states.",
}
"""What each set of rules is, in one line; a test holds it complete."""


def rules() -> Rules:
    """Every set of rules that an answer may be asked by."""
    return Rules(
        rules=tuple(
            RuleSet(number=number, newest=number == RULES, description=text)
            for number, text in _RULES.items()
        )
    )


def read_rules(number: int | None) -> int:
    """The number of the rules that answer; old ones stay, and are answered by the reference.

    Raises InvalidInput for a number that no rules have.
    """
    if number is None:
        return RULES
    if not 1 <= number <= RULES:
        known = "1 is the only one" if RULES == 1 else f"choose one from 1 to {RULES}"
        raise InvalidInput(Problem("rules", f"there are no rules {number}", known))
    return number
