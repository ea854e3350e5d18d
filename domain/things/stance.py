"""Stances: where an actor stands on an issue, an element or a topic.

A stance story spans the streams of many statements. It holds the latest stance,
what that replaced, and the latest of each speaker, so that two voices of one
government can be seen to differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from domain.entry import Entry
from domain.state import State, Step, step
from domain.things.statement import StatementMade

MAX_SPEAKERS_KEPT = 8
"""How many speakers' latest stances a state keeps."""
FAVOURABLE = frozenset(
    {"supports", "satisfied_with", "prioritises", "requires", "demands", "hopes", "offers"}
)
UNFAVOURABLE = frozenset({"reluctant", "opposes", "rules_out"})


@dataclass(frozen=True, slots=True)
class Voice:
    """One stance: the statement and its stream, who spoke, and the word for it."""

    entry: UUID
    stream: str
    speaker: str
    stance: str


@dataclass(frozen=True, slots=True)
class Stand:
    """The latest stance of a principal, what it replaced, and each speaker's latest."""

    latest: Voice
    dated: bool
    replaced: Voice | None = None
    voices: Mapping[str, Voice] = field(default_factory=dict)

    @property
    def at_odds(self) -> tuple[Voice, ...]:
        """The latest voices of different speakers that stand on opposite sides."""
        sides = {
            True: [v for v in self.voices.values() if v.stance in FAVOURABLE],
            False: [v for v in self.voices.values() if v.stance in UNFAVOURABLE],
        }
        return (*sides[True], *sides[False]) if sides[True] and sides[False] else ()


def stance_keys(entry: Entry) -> tuple[str, ...]:
    """The stance stories an entry belongs to: each principal and each thing the statement names.

    `{negotiation}/stance/{principal}/{issue|element|topic}/{slug}`; none for a
    statement without a stance, and none for a non-decision, which is no stance.
    """
    event = entry.event
    if not isinstance(event, StatementMade) or event.stance is None:
        return ()
    if event.statement_type == "non_decision":
        return ()
    named = [
        *(("issue", slug) for slug in event.issues),
        *(("element", slug) for slug in event.elements),
        *(("topic", slug) for slug in event.topics),
    ]
    principals = dict.fromkeys(speaker.principal for speaker in event.speakers)
    return tuple(
        f"{entry.negotiation}/stance/{who}/{what}/{slug}"
        for who in principals
        for what, slug in named
    )


def evolve_for(principal: str) -> _Evolve:
    """How the stance story of one principal evolves."""
    return _Evolve(principal)


@dataclass(frozen=True, slots=True)
class _Evolve:
    principal: str

    def __call__(self, state: State | None, entry: Entry) -> Step:
        """Fold one statement; an undated stance never displaces a dated one."""
        event = entry.event
        if not isinstance(event, StatementMade) or event.stance is None:
            message = "a stance story holds statements with a stance"
            raise TypeError(message)
        speaker = next(s.actor for s in event.speakers if s.principal == self.principal)
        voice = Voice(entry.id, entry.stream, speaker, event.stance)
        dated = entry.span is not None and entry.span.start_lo is not None
        if state is None:
            stand = Stand(voice, dated, None, {speaker: voice})
            return step(None, entry, status=event.stance, content=event, extra=stand)
        old: Stand = state.extra
        if old.dated and not dated:
            voices = _heard({speaker: voice, **old.voices})
            stand = Stand(old.latest, old.dated, old.replaced, voices)
            return step(state, entry, status=state.status, extra=stand)
        others = {who: v for who, v in old.voices.items() if who != speaker}
        # Saying it again replaces nothing: what was replaced is the last stance that differed.
        replaced = old.latest if old.latest.stance != voice.stance else old.replaced
        stand = Stand(voice, dated, replaced, _heard({**others, speaker: voice}))
        return step(state, entry, status=event.stance, content=event, extra=stand)


def _heard(voices: Mapping[str, Voice]) -> Mapping[str, Voice]:
    """The last speakers heard; the dictionary is in the order they were heard."""
    return dict(list(voices.items())[-MAX_SPEAKERS_KEPT:])
