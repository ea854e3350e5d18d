"""What is recorded: the statements of the sample case, again and again under new names."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count, cycle, islice
from typing import Any, TypeAlias

from app.ids import id_maker
from domain.decide import narrow
from domain.entry import Draft, stream_of
from domain.event import ThingEvent
from domain.registry import read_event
from exchange.cases import case_named
from ledger.factory import system_clock, system_nonce

CASE = "ukraine-security-guarantees"
"""The sample case and its negotiation; what the statements name has to be on record."""
SUBJECT = "bench"

Body: TypeAlias = dict[str, Any]

new_id = id_maker(system_clock, lambda size: system_nonce()[:size])
_numbers = count(1)
_statements = cycle(
    body
    for entry in case_named(CASE).entries
    # One that is ordered by other entries names them by the keys of its file.
    if (body := dict(entry.body))["kind"] == "statement.made" and not {"after", "before"} & {*body}
)


def draw_bodies(number: int) -> list[Body]:
    """That many statements, each with a slug that was never used before."""
    drawn = islice(_statements, number)
    return [{**body, "slug": f"statement-{next(_numbers)}"} for body in drawn]


def draft_of(body: Body) -> Draft:
    """From a body to a validated event that is ready to be recorded."""
    event = read_event(body)
    if not isinstance(event, ThingEvent):
        raise TypeError(f"{event.TOPIC} is about no thing")
    stream = stream_of(event, CASE)
    span = narrow(event, stream, {})
    return Draft(event, stream, new_id(), SUBJECT, span, expected_version=0)


def drafts_of(bodies: Sequence[Body]) -> list[Draft]:
    """The drafts of many bodies."""
    return [draft_of(body) for body in bodies]
