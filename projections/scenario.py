"""What if? Hypothetical events on top of what is known, folded and never recorded."""

from __future__ import annotations

from projections.answers import Answer, Framework
from projections.changes import Change, changes_between


class Scenario(Answer):
    """The framework as it would be, and what would be different; its ids name nothing recorded."""

    hypothetical: tuple[str, ...]
    framework: Framework
    changes: tuple[Change, ...]


def scenario_of(base: Framework, supposed: Framework, summaries: tuple[str, ...]) -> Scenario:
    """Compare the answer with the hypothetical events to the one without them."""
    return Scenario(
        hypothetical=summaries,
        framework=supposed,
        changes=tuple(changes_between(base, supposed)),
    )
