"""Why is there nothing? An answer with nothing in it says what it would have taken."""

from __future__ import annotations

from domain.dates import format_minute
from projections.answers import Question
from projections.world import Horizon


def why_empty(horizon: Horizon, question: Question) -> str:
    """One sentence: nothing known, published or recorded, or nothing begun by then."""
    certain = question.certainty == "certain"
    first = horizon.certain if certain else horizon.possible
    if first is not None:
        had = "had certainly begun" if certain else "had begun"
        return f"nothing that is recorded of it {had}; the first has by {format_minute(first)}"
    if horizon.there or horizon.possible is not None:
        return "nothing that is recorded of it has a date that is certain"
    if horizon.begun:
        return "what had begun opens nothing; the anomalies say why"
    if horizon.unpublished:
        return (
            f"no source published by {question.published_by} says what happened in it; "
            f"what later sources say is left out ({horizon.unpublished} entries)"
        )
    if not horizon.known:
        return f"nothing was known of it at position {question.known_at.position}"
    return "it is registered, and nothing that happened in it is recorded"
