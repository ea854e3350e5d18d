"""The modules of the pile made anew with a mistake in one of them, in memory and never on disk."""

from __future__ import annotations

import sys
from dataclasses import astuple
from importlib import import_module
from itertools import groupby, product
from types import ModuleType
from typing import Any

from hypothesis import HealthCheck, Phase, find, settings
from hypothesis.errors import NoSuchExample
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from domain.errors import ParleyError
from tests.projections.pile_model import (
    CERTAINTIES,
    SHELF,
    History,
    counted,
    histories,
    known,
    undone,
)
from tests.story.mutants import Mutant, module_of, source_of

IN_ORDER = (
    "calendar_buckets",
    "strike",
    "tally",
    "tally_query",
    "bulk_rows",
    "pile_rows",
    "pile",
    "pile_answer",
    "pile_edges",
    "pile_query",
)
"""Each after those that it needs."""


def made_with(module: str, mutant: Mutant | None) -> dict[str, ModuleType]:
    """All modules of the pile; `module` has the mistake, and the others are made to know it."""
    real = {name: import_module(f"projections.{name}") for name in IN_ORDER}
    made: dict[str, ModuleType] = {}
    try:
        for name in IN_ORDER:
            source = source_of(real[name])
            if mutant is not None and name == module:
                source = mutant.planted_in(source)
            made[name] = module_of(source, f"projections.{name}")
            sys.modules[f"projections.{name}"] = made[name]
    finally:
        for name in IN_ORDER:
            sys.modules[f"projections.{name}"] = real[name]
    return made


def finds(engine: Engine, parts: dict[str, ModuleType], most: int) -> bool:
    """Whether the property finds a history that a pile of these modules counts otherwise."""
    drawn = settings(
        max_examples=most,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    try:
        find(histories(), lambda history: not _counts_alike(engine, parts, history), settings=drawn)
    except NoSuchExample:
        return False
    return True


def _counts_alike(engine: Engine, parts: dict[str, ModuleType], history: History) -> bool:
    questions = list(product(history.minutes, history.positions, CERTAINTIES))
    answers: list[Any] = []
    try:
        with undone(engine) as connection:
            _tell(parts, connection, history)
            pile_at = parts["pile_query"].pile_at
            answers += [_plain(pile_at(connection, 1, SHELF, *asked)) for asked in questions]
    except (SQLAlchemyError, ParleyError):
        # Rows that the database refuses are as wrong as any.
        return False
    expected = [counted(known(history.told, k), t, certainty) for t, k, certainty in questions]
    return answers == expected


def _tell(parts: dict[str, ModuleType], connection: Connection, history: History) -> None:
    """In several batches, so that what stood before a batch is met again."""
    pile = parts["pile"].Pile(1)
    for _, puts in groupby(history.told, key=lambda put: put[0] // 3):
        for position, stream, strike in puts:
            mine = None if strike is None else parts["strike"].Strike(*astuple(strike))
            pile.put(position, stream, mine)
        pile.write(connection)


def _plain(answer: Any) -> tuple[Any, ...]:  # noqa: ANN401 - of a class that was made anew
    windows = tuple((window.certain, window.possible) for window in answer.windows)
    return windows, answer.largest, answer.last
