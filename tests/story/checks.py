"""The one property of the story rule, for any implementation of it.

An implementation is a `Teller`; `told_by` makes one of the functions of
`domain.story` or of a copy of it, and a read model brings its own. All of them
are held to the same histories and to the same oracle.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import ModuleType
from uuid import UUID

from domain.entry import Entry
from domain.registry import EVOLVE
from domain.story import Turn
from domain.things.stance import evolve_for, stance_keys
from tests.story.histories import History
from tests.story.oracle import Told, tell

Teller = Callable[[str, Sequence[Entry], int, int], Told]
"""The story (a stream or a stance key) of a log, at a minute, as known at a position."""
PARTS = ("state", "certain", "anomalies", "undated", "order", "since", "certain_since")


def told_by(rule: ModuleType) -> Teller:
    """The story rule of a module with the functions of `domain.story`."""

    def told(story: str, log: Sequence[Entry], minute: int, known: int) -> Told:
        _, thing, name = story.split("/")[:3]
        if thing == "stance":
            # Statements are amended first: what they name after that tells where they belong.
            amended, _ = rule.amend(rule.take(log, known))
            line = rule.order([entry for entry in amended if story in stance_keys(entry)])
        else:
            line = rule.tell([entry for entry in log if entry.stream == story], known)
        evolve = evolve_for(name) if thing == "stance" else EVOLVE[thing]
        standing = rule.stand(line, minute, evolve)
        complaints = ((a.code, a.entry, a.clashes_with) for a in standing.anomalies)
        return Told(
            state=standing.state,
            certain=standing.certain,
            anomalies=frozenset(complaints),
            undated=frozenset(standing.undated),
            order=tuple(p.entry.id for p in line.placed if p.folds_at <= minute),
            since=turn_id(standing.since),
            certain_since=turn_id(standing.certain_since),
        )

    return told


def turn_id(turn: Turn | None) -> UUID | None:
    """The entry that gave a status; None where there is no status."""
    return None if turn is None else turn.trace.id


def differences(
    teller: Teller, history: History, parts: Sequence[str] = PARTS
) -> list[tuple[str, object, object]]:
    """Each part of each answer that is not the oracle's: what was asked, the answer, the oracle's.

    `parts` names the parts of `Told` that the implementation answers.
    """
    found: list[tuple[str, object, object]] = []
    for asked in history.questions:
        answer = teller(asked.story, history.log, asked.minute, asked.known)
        right = tell(asked.story, history.log, asked.minute, asked.known)
        found += [
            (f"{part} of {asked}", getattr(answer, part), getattr(right, part))
            for part in parts
            if getattr(answer, part) != getattr(right, part)
        ]
    return found
