"""Every sort of answer, from the read model and from the reference, as the text people get."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from app import read, scenarios
from app.clocks import Asked
from app.parley import Parley
from app.settings import read_settings
from domain.dates import format_minute
from domain.errors import ParleyError
from ledger.log import Ledger
from projections.answers import Answer
from projections.read_model import ReadModel
from projections.read_world import Point as Where
from projections.world import World

NOW = 1_767_225_600_000_000
"""What the clock says, in microseconds: 2026-01-01T00:00Z."""


class NoReadModel(ReadModel):
    """Never has an answer, so that the reference gives it."""

    @contextmanager
    def world(self, point: Where) -> Iterator[World | None]:
        del point
        yield None


@dataclass(frozen=True)
class Point:
    """What is asked for: a negotiation at a minute, as known at a position."""

    negotiation: str
    minute: int
    known: int

    def asked(self, *, certain: bool = False) -> Asked:
        """The question as people write it."""
        return Asked(
            format_minute(self.minute),
            f"@{self.known}",
            certainty="certain" if certain else "possible",
        )


def parley_on(ledger: Ledger) -> Parley:
    """Parley on an open ledger, whatever is in it."""
    return Parley(
        settings=read_settings(database_url="sqlite:///unused.db", subject="ann"),
        ledger=ledger,
        read_model=ReadModel(ledger),
        clock=lambda: NOW,
        new_id=uuid4,
    )


def without_read_model(parley: Parley) -> Parley:
    """The same, answered by the reference alone."""
    return replace(parley, read_model=NoReadModel(parley.ledger))


Ask = Callable[[Parley], Answer]


def questions(
    point: Point, other: Point, streams: Sequence[str], supposed: Sequence[dict[str, Any]]
) -> dict[str, Ask]:
    """Every sort of question at one point; `other` is what a diff goes to."""
    name, asked, then = point.negotiation, point.asked(), other.asked()
    sure = point.asked(certain=True)
    asks: dict[str, Ask] = {
        "framework": lambda parley: read.framework(parley, name, asked),
        "certain framework": lambda parley: read.framework(parley, name, sure),
        "totals": lambda parley: read.totals(parley, name, asked),
        "diff": lambda parley: read.diff(parley, name, asked, then),
    }
    for stream in streams:
        asks[stream] = _thing(name, stream, asked)
    if supposed:
        asks["scenario"] = lambda parley: scenarios.scenario(parley, name, supposed, asked)
    return asks


def _thing(negotiation: str, stream: str, asked: Asked) -> Ask:
    _, sort, slug = stream.split("/")
    return lambda parley: read.thing(parley, negotiation, sort, slug, asked)


def text_of(ask: Ask, parley: Parley) -> str:
    """The whole answer, or why there is none."""
    # The ids of what is supposed are made up anew, and the same each time.
    numbers = count(1)
    parley = replace(parley, new_id=lambda: UUID(int=next(numbers)))
    try:
        return ask(parley).model_dump_json(indent=1)
    except ParleyError as error:
        return f"refused: {error}"


def unlike_answers(parley: Parley, asks: dict[str, Ask]) -> list[tuple[str, list[tuple[str, str]]]]:
    """The questions that the two answer differently, with the lines in which they do."""
    found = []
    for name, ask in asks.items():
        ours, right = text_of(ask, parley), text_of(ask, without_read_model(parley))
        if ours != right:
            lines = zip(ours.splitlines(), right.splitlines(), strict=False)
            found.append((name, [(a, b) for a, b in lines if a != b] or [(ours, right)]))
    return found
