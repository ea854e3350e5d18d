"""Why is there nothing? An answer with nothing in it says what it would have taken."""

from __future__ import annotations

from collections.abc import Sequence

from domain.dates import format_minute
from domain.story import Placed, place
from projections.answers import Question
from projections.reference import World


def why_empty(world: World, question: Question) -> str:
    """One sentence: nothing known, published or recorded, or nothing begun by then."""
    own = [
        entry
        for entry in world.record.entries.values()
        if entry.negotiation == world.record.negotiation
    ]
    dated = [
        place(entry)
        for entry in own
        if entry.thing != "negotiation" and entry.event.occurred is not None
    ]
    if dated:
        return _not_begun(sorted(dated, key=lambda p: p.key), question, world.minute)
    if world.record.unpublished:
        return (
            f"no source published by {question.published_by} says what happened in it; "
            f"what later sources say is left out ({world.record.unpublished} entries)"
        )
    if not own:
        return f"nothing was known of it at position {world.record.position}"
    return "it is registered, and nothing that happened in it is recorded"


def _not_begun(dated: Sequence[Placed], question: Question, minute: int) -> str:
    """What would begin first; entries that have begun and show nothing are among the anomalies."""
    if question.certainty == "certain":
        waiting = [p for p in dated if p.marked or p.hi > minute]
        sure = [p.hi for p in waiting if not p.marked]
        if not waiting:
            return "what had begun opens nothing; the anomalies say why"
        if not sure:
            return "nothing that is recorded of it has a date that is certain"
        first = format_minute(min(sure))
        return f"nothing that is recorded of it had certainly begun; the first has by {first}"
    waiting = [p for p in dated if p.folds_at > minute]
    if not waiting:
        return "what had begun opens nothing; the anomalies say why"
    first, marked = format_minute(waiting[0].folds_at), " (uncertain)" * waiting[0].marked
    if waiting[0].lo is None:
        return (
            f"nothing that is recorded of it had surely begun; the first holds by {first}{marked}"
        )
    return f"nothing that is recorded of it had begun; the first does at {first}{marked}"
