"""Drawn histories that are long and thin: many steps on many days, and few that overlap.

A state forgets an event after eight others, so what a late record changes at a
distance shows only in a story much longer than those of `tests.story.histories`.
"""

from __future__ import annotations

from hypothesis import strategies as st

from domain.bounds import Span
from domain.dates import parse_occurred
from domain.entry import Entry
from domain.registry import read_event
from tests.story.histories import (
    NEGOTIATION,
    History,
    Question,
    entry_at,
    stories_of,
)
from tests.story.steps import STEPS, Body

_MOSTLY = 14
_STEPS: dict[str, tuple[Body, ...]] = {
    "pledge": (STEPS["pledge"][0], *STEPS["pledge"][7:8] * _MOSTLY, *STEPS["pledge"][9:11]),
    "threat": (STEPS["threat"][0], *STEPS["threat"][1:2] * _MOSTLY, *STEPS["threat"][2:]),
    "statement": (*STEPS["statement"][:1] * _MOSTLY, STEPS["statement"][1]),
    "issue": (STEPS["issue"][0], *STEPS["issue"][1:2] * _MOSTLY, *STEPS["issue"][2:]),
}
"""By thing: steps that leave the status as it is more often than those that change it."""
_DAYS = [f"1970-01-{day:02}" for day in range(1, 29)]
_PLAIN = st.sampled_from(_DAYS)
_MARKED = st.sampled_from([f"{day}?" for day in _DAYS])
_VAGUE = st.sampled_from([f"[{a}..{b}]" for a, b in zip(_DAYS, _DAYS[2:], strict=False)])
_UNKNOWN_START = st.sampled_from([f"[..{day}]" for day in _DAYS])
_DATES = st.one_of(_PLAIN, _PLAIN, _PLAIN, _PLAIN, _MARKED, _MARKED, _VAGUE, _UNKNOWN_START)
_ACTIONS = st.sampled_from((*["record"] * 8, "date", "retract"))
_SHORTEST, _LONGEST = 16, 28
_QUESTIONS = 8


@st.composite
def long_histories(draw: st.DrawFn) -> History:
    """A log about one thing, or about one stance in many statements."""
    thing = draw(st.sampled_from(sorted(_STEPS)))
    log: list[Entry] = []
    for position in range(1, draw(st.integers(_SHORTEST, _LONGEST)) + 1):
        match draw(_ACTIONS) if log else "record":
            case "record":
                log.append(_record(draw, thing, position))
            case "date":
                log.append(_redated(draw, log, position))
            case _:
                log.append(_retracted(draw, log, position))
    stories = stories_of(log)
    starts = {b for e in log if e.span for b in (e.span.start_lo, e.span.start_hi) if b is not None}
    minutes = st.sampled_from(sorted({start + by for start in starts for by in (-1, 0, 1)}))
    asked = st.builds(
        Question, st.sampled_from(stories), minutes, st.integers(len(log) // 2, len(log))
    )
    return History(
        tuple(log), stories, tuple(draw(st.lists(asked, min_size=_QUESTIONS, max_size=_QUESTIONS)))
    )


def _record(draw: st.DrawFn, thing: str, position: int) -> Entry:
    slug = f"said-{position}" if thing == "statement" else "one"
    body = {**draw(st.sampled_from(_STEPS[thing])), "slug": slug, "cite": [{"source": "report"}]}
    occurred = draw(_DATES)
    event = read_event({**body, "occurred": occurred})
    return entry_at(position, f"{NEGOTIATION}/{thing}/{slug}", event, _span(occurred))


def _redated(draw: st.DrawFn, log: list[Entry], position: int) -> Entry:
    target = draw(st.sampled_from([e for e in log if e.event.occurred]))
    occurred = draw(_DATES)
    body = {"kind": "entry.corrected", "entry": str(target.id), "schema": 1, "reason": "misread"}
    event = read_event({**body, "set": {"occurred": occurred}})
    return entry_at(position, target.stream, event, _span(occurred))


def _retracted(draw: st.DrawFn, log: list[Entry], position: int) -> Entry:
    target = draw(st.sampled_from(log))
    body = {"kind": "entry.retracted", "entry": str(target.id), "reason": "doubtful"}
    return entry_at(position, target.stream, read_event(body))


def _span(occurred: str) -> Span:
    return Span(parse_occurred(occurred).bounds)
