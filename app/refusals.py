"""Many refusals as one, so that whoever sends an array hears of every bad member at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from domain.errors import (
    Conflict,
    DuplicateId,
    InvalidInput,
    NotFound,
    ParleyError,
    Problem,
    StoryConflict,
    TooLarge,
    VersionConflict,
)

_BY_WEIGHT = (
    InvalidInput,
    TooLarge,
    NotFound,
    StoryConflict,
    DuplicateId,
    VersionConflict,
    Conflict,
)
"""The sort of a mixed error: first what the sender got wrong, then what the log lacks."""

MAX_ALIKE = 20
"""The most lines of a file that are named for the same fault; the mistake is made once then."""


def gather(errors: Sequence[ParleyError], most: int | None = None) -> ParleyError:
    """One error with every problem, or the first `most`, of the heaviest sort among them."""
    sorts = {type(error) for error in errors}
    sort = next((each for each in _BY_WEIGHT if each in sorts), type(errors[0]))
    found = [problem for error in errors for problem in error.named]
    more = sum(error.more for error in errors) + len(found[most:] if most is not None else ())
    return sort(*found[:most], more=more)


def fold_alike(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """The problems of a file's lines, with what many lines share said of the first of them."""
    kept: list[Problem] = []
    alike = Counter[Problem]()
    for problem in problems:
        sort = replace(problem, field=problem.field.rpartition(": ")[2])
        alike[sort] += 1
        if alike[sort] <= MAX_ALIKE:
            kept.append(problem)
    more = ((sort, number - MAX_ALIKE) for sort, number in alike.items() if number > MAX_ALIKE)
    folded = (replace(s, rule=f"{s.rule}: so also {number} more lines") for s, number in more)
    return (*kept, *folded)
