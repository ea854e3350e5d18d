"""Many refusals as one, so that whoever sends an array hears of every bad member at once."""

from __future__ import annotations

from collections.abc import Sequence

from domain.errors import (
    Conflict,
    DuplicateId,
    InvalidInput,
    NotFound,
    ParleyError,
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


def gather(errors: Sequence[ParleyError]) -> ParleyError:
    """One error with every problem, of the heaviest sort among them."""
    sorts = {type(error) for error in errors}
    sort = next((each for each in _BY_WEIGHT if each in sorts), type(errors[0]))
    return sort(*(problem for error in errors for problem in error.problems))
