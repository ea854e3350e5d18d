"""Remembering what was made of an object, for as long as it is the very same object."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Generic, TypeVar

KEPT = 8_192
"""Objects of one sort that are remembered; some answers of a large negotiation."""

T = TypeVar("T")
Made = TypeVar("Made")


class _Same(Generic[T]):
    """An object under its identity: comparing two events would take longer than making anew."""

    __slots__ = ("it",)

    def __init__(self, it: T) -> None:
        self.it = it

    def __hash__(self) -> int:
        return id(self.it)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.it is other.it


def remembered(make: Callable[[T], Made]) -> Callable[[T], Made]:
    """A function of one object that cannot change; the object is kept, so its identity is too."""

    @lru_cache(maxsize=KEPT)
    def made(same: _Same[T]) -> Made:
        return make(same.it)

    @wraps(make)
    def of(it: T) -> Made:
        return made(_Same(it))

    return of
